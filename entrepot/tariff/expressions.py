"""Duty expressions as tariffs print them ("$1.035/kg + 14.9%"), read into levies and written again. Pure.

    expression = sum { "but not less than" bound | "but not more than" bound }
    bound      = sum | "(" expression ")"
    sum        = term { "+" term }
    term       = 14.9% | $1.035/kg | 3.5¢/kg | 3.5 cents/kg | 0.9¢ each

Amounts are dollars and cents. What is measured by anything a line does not have (drained weight, metal content, the
case of a watch, jewels) or refers to another provision is refused with the reason; nothing of it is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from entrepot.kit.refusals import Invalid
from entrepot.tariff.measures import Levy, Specific

EXPRESSION_MAX = 100  # characters, as long as the parameters of a row may hold
DEPTH_MAX = 5
_ZERO, _HUNDRED = Fraction(0), Fraction(100)

# The words of the tariff for the units that a levy may be measured by.
_UNITS = {
    "kg": "kg", "g": "g", "t": "t", "ton": "t", "tonne": "t", "metric ton": "t",
    "liter": "l", "litre": "l", "l": "l",
    "pf.liter": "proof_l", "pf. liter": "proof_l", "proof liter": "proof_l",
    "each": "piece", "no.": "piece", "no": "piece", "piece": "piece", "pc.": "piece", "pc": "piece", "head": "piece",
    "article": "piece", "sheet": "sheet",
    "pr.": "pair", "pr": "pair", "prs.": "pair", "pair": "pair",
    "doz.": "dozen", "doz": "dozen", "dozen": "dozen", "gross": "gross",
    "1000": "thousand", "1,000": "thousand", "thousand": "thousand",
    "m": "m", "m2": "m2", "m²": "m2", "m3": "m3", "m³": "m3", "carat": "carat",
}  # fmt: skip
_PRINTED = {
    "kg": "/kg", "g": "/g", "t": "/t", "l": "/liter", "proof_l": "/pf. liter", "piece": " each", "sheet": "/sheet",
    "pair": "/pr.", "dozen": "/doz.", "gross": "/gross", "thousand": "/1000", "m": "/m", "m2": "/m2", "m3": "/m3",
    "carat": "/carat",
}  # fmt: skip
_TOKENS = re.compile(
    r"""\s*(?:
        (?P<percent>\d+(?:\.\d+)?)\s?(?:%|percent\b)
      | (?P<money>\$\s?(?P<dollars>\d+(?:,\d{3})*(?:\.\d+)?)|(?P<cents>\d+(?:\.\d+)?)\s?(?:¢|cents?\b))
        \s*(?:/|per\b|(?=each\b))\s*(?P<unit>UNIT)(?![\w.,])
      | (?P<bound>but\ not\ (?:less|more)\ than)\b
      | (?P<mark>[+()])
    )""".replace("UNIT", "|".join(re.escape(unit).replace(r"\ ", r"\ ") for unit in sorted(_UNITS, key=len)[::-1])),
    re.VERBOSE | re.IGNORECASE,
)
# "6.5% on the entire set" is the value of what the line describes: a rate like any other.
_WHOLE = re.compile(r"(?<=%) on the entire set$")

# Why a text is not read: the first that is found in it speaks.
_REASONS: tuple[tuple[str, str, str, str], ...] = (
    ("condition", r"^free\b.", "免税附有条件", "free under a condition"),
    ("reference", r"rates? (?:of duty )?(?:applicable|provided)|\bnote\b|provided for|\ba duty\b|notice|announcement"
     r"|additional duty|duty rate", "引用其他条款", "it refers to another provision"),
    ("degree", r"\bdegrees?\b", "按糖度计征", "it is measured by polarisation degrees"),
    ("part", r"on the (?:case|strap|battery|movement|apparatus)|on case|value of the (?:rifle|telescopic)|jewel"
     r"|piece or part|\bpins\b|/line/", "按货物的组成部分计征", "it is measured by parts of the article"),
    ("content", r"content|drained|total sugars|container|\bclean\b", "按成分、沥干重或容器计征",
     "it is measured by content, drained weight or container"),
    ("base", r"retail value|cost of", "以其他价值为基数", "it is a rate on another value"),
    ("unit", r"(?:\d\s?(?:¢|cents?)|\$\s?[\d.,]+)\s*/", "计量单位未知", "its unit is none of ours"),
)  # fmt: skip
_EMPTY = ("empty", "没有税率文字", "there is no text")
_FORM = ("form", "写法未知", "it has no known form")
REASONS = (_EMPTY[0], *(row[0] for row in _REASONS), _FORM[0])


class UnparsableDuty(Invalid):
    """The duty expression is not read; `data["reason"]` is one of REASONS."""

    code = "unparsable_duty"
    zh = "税率“{text}”无法解析：{why_zh}"
    en = "The duty “{text}” is not read: {why_en}"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    value: Fraction = _ZERO
    unit: str = ""


def parse(text: str) -> Levy:
    """The levy a duty expression means; its `expression` is the text. Raises UnparsableDuty."""
    shown = " ".join(text.split())
    if shown.lower() == "free":
        return Levy(expression=shown)
    if not shown or len(shown) > EXPRESSION_MAX:
        raise _refused(shown)
    tokens = list(_tokens(shown))
    if sum(token.text == "(" for token in tokens) > DEPTH_MAX:
        raise _refused(shown)
    levy, rest = _expression(tokens, shown)
    if rest:
        raise _refused(shown)
    return replace(levy, expression=shown)


def printed(levy: Levy) -> str:
    """The levy as a tariff would print it: `parse` reads the same levy from it. Its own `expression` is not looked at.

    Raises ValueError for what no expression can say: an amount without a finite decimal, a unit without a word.
    """
    if levy == Levy(expression=levy.expression):
        return "Free"
    return _text(levy)


def _text(levy: Levy) -> str:
    terms = [_money(specific) for specific in levy.specific]
    if levy.rate or not terms:
        terms.append(f"{_decimal(levy.rate * _HUNDRED)}%")
    text = " + ".join(terms)
    for word, bound in (("less", levy.least), ("more", levy.most)):
        if bound is not None:
            nested = bound.least is not None or bound.most is not None
            inner = _text(bound)
            text += f" but not {word} than " + (f"({inner})" if nested else inner)
    return text


def params(levy: Levy) -> dict[str, Any]:
    """The levy as a rate-book row holds it: `measures.levy` reads the same levy from it."""
    made: dict[str, Any] = {}
    if levy.rate or not levy.specific:
        made["rate"] = _decimal(levy.rate)
    if levy.specific:
        made["specific"] = [_specific(specific) for specific in levy.specific]
    for name, bound in (("least", levy.least), ("most", levy.most)):
        if bound is not None:
            made[name] = params(bound)
    if levy.expression:
        made["expression"] = levy.expression
    return made


def _tokens(text: str) -> Iterator[_Token]:
    plain = _WHOLE.sub("", text)
    at = 0
    while at < len(plain):
        found = _TOKENS.match(plain, at)
        if found is None:
            raise _refused(text)
        at = found.end()
        if found["percent"]:
            yield _Token("rate", found[0], Fraction(found["percent"]) / _HUNDRED)
        elif found["money"]:
            dollars = found["dollars"]
            amount = Fraction(dollars.replace(",", "")) if dollars else Fraction(found["cents"]) / _HUNDRED
            yield _Token("specific", found[0], amount, _UNITS[found["unit"].lower()])
        elif found["bound"]:
            yield _Token("bound", "least" if "less" in found["bound"].lower() else "most")
        else:
            yield _Token("mark", found["mark"])


def _expression(tokens: list[_Token], text: str) -> tuple[Levy, list[_Token]]:
    levy, tokens = _sum(tokens, text)
    bounds: dict[str, Levy] = {}
    while tokens and tokens[0].kind == "bound":
        name, tokens = tokens[0].text, tokens[1:]
        if name in bounds:
            raise _refused(text)
        if tokens and tokens[0].text == "(":
            bounds[name], tokens = _expression(tokens[1:], text)
            if not tokens or tokens[0].text != ")":
                raise _refused(text)
            tokens = tokens[1:]
        else:
            bounds[name], tokens = _sum(tokens, text)
    return replace(levy, least=bounds.get("least"), most=bounds.get("most")), tokens


def _sum(tokens: list[_Token], text: str) -> tuple[Levy, list[_Token]]:
    """Terms joined by "+". Two plain rates in one sum would mean two different values: refused."""
    rates: list[Fraction] = []
    specific: list[Specific] = []
    while True:
        if not tokens or tokens[0].kind not in {"rate", "specific"}:
            raise _refused(text)
        term, tokens = tokens[0], tokens[1:]
        if term.kind == "rate":
            rates.append(term.value)
        else:
            specific.append(Specific(term.unit, term.value))
        if not tokens or tokens[0].text != "+":
            break
        tokens = tokens[1:]
    if len(rates) > 1:
        raise _refused(text)
    return Levy(rate=rates[0] if rates else _ZERO, specific=tuple(specific)), tokens


def _refused(text: str) -> UnparsableDuty:
    said = _EMPTY
    if text:
        matching = ((name, zh, en) for name, form, zh, en in _REASONS if re.search(form, text, re.IGNORECASE))
        said = next(matching, _FORM)
    reason, why_zh, why_en = said
    return UnparsableDuty(field="expression", text=text, reason=reason, why_zh=why_zh, why_en=why_en)


def _money(specific: Specific) -> str:
    if specific.per not in _PRINTED:
        raise ValueError(f"no expression names the unit {specific.per}")
    amount = specific.amount
    shown = f"{_decimal(amount * _HUNDRED)}¢" if amount < 1 else f"${_decimal(amount)}"
    return shown + _PRINTED[specific.per]


def _specific(specific: Specific) -> dict[str, Any]:
    made: dict[str, Any] = {"per": specific.per, "amount": _decimal(specific.amount)}
    return made if specific.confirmed else made | {"confirmed": False}


def _decimal(value: Fraction) -> str:
    """Exact, without a trailing zero. Raises ValueError where no finite decimal is the value."""
    places, scaled = 0, value
    while scaled.denominator != 1:
        if places == 30:
            raise ValueError(f"{value} is no finite decimal")
        places, scaled = places + 1, scaled * 10
    digits = f"{scaled.numerator:0{places + 1}}"
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits
