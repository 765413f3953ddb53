"""The reckoner's form: what was typed, as a question to the tariff, and what is wrong with it, field by field.

Everything stands in the address: a reckoning can be sent to somebody, and nothing typed is lost on the way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from msgspec.structs import replace

from entrepot.kit.refusals import Refusal
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import Quote, wire
from entrepot.tariff.types.refusals import BadAmount, BadQuoteRequest, MissingMeasure, UnknownHsCode
from entrepot.web.common.formats import language

lines_max = 20
text_max = 40
LINE_FIELDS = (
    "hs", "origin", "quantity", "price", "discount", "amount", "unit", "amount2", "unit2", "duty", "table",
)  # fmt: skip
FIELDS = ("to", "way", "day", "currency", "freight", "insurance", "rate", "used", "sent_from", "region", "incoterm",
          "transport")  # fmt: skip
# Our field for the request's: of a line, of the whole.
_OF_LINE = {
    "hs_code": "hs", "origin": "origin", "quantity": "quantity", "unit_price": "price", "discount": "discount",
    "measures": "amount", "table_value": "table", "rates": "duty",
}  # fmt: skip
_OF_WHOLE = {
    "destination": "to", "channel": "way", "date": "day", "currency": "currency", "freight": "freight",
    "insurance": "insurance", "exchange_rate": "rate", "buyer": "used", "buyer.origin_region": "sent_from",
    "buyer.region": "region", "incoterm": "incoterm", "transport": "transport",
}  # fmt: skip
_PERCENT = re.compile(r"\d{1,4}(\.\d{1,4})?", re.ASCII)
# What stands in for a field that is wrong, so that the others are looked at too.
_STAND_IN: Mapping[str, Any] = {
    "hs_code": "4901990000", "origin": "CN", "quantity": "1", "unit_price": "1", "discount": "0", "measures": {},
    "rates": None, "table_value": None,
    "destination": "CN", "channel": None, "date": "2026-01-01", "currency": "CNY", "freight": "0", "insurance": "0",
    "exchange_rate": None, "buyer": None, "incoterm": None, "transport": None,
}  # fmt: skip
_AMOUNTS = {"quantity", "price", "discount", "amount", "duty", "table", "freight", "insurance", "rate", "used"}


@dataclass(slots=True)
class Typed:
    """The form as it was filled in. `faults` are sentences by the id of the field ("hs-1", "day")."""

    whole: dict[str, str]
    lines: list[dict[str, str]]
    registered: bool
    asked: bool  # whether an answer is wanted: the empty form and a new line are not a question
    faults: dict[str, str] = field(default_factory=dict)

    def quote(self) -> Quote | None:
        """The answer, or None with the faults told."""
        try:
            return tariff.quote(request=wire.parse(self.as_json()))
        except Refusal as refusal:
            self._tell(refusal.field or "", refusal)
            self._look_further()
            return None

    def _look_further(self) -> None:
        """All that is wrong, not the first thing alone: what was told gets a stand-in, and the rest is looked at."""
        asked, seen = self.as_json(), set[str]()
        while (found := _next_fault(asked, seen)) is not None:
            field, refusal = found
            seen.add(field)
            self._tell(field, refusal)
            _stand_in(asked, field)

    def as_json(self) -> dict[str, Any]:
        """The same question for the API."""
        whole = self.whole
        optional = {
            "channel": whole["way"],
            "incoterm": whole["incoterm"],
            "transport": whole["transport"],
            "freight": _figure(whole["freight"]),
            "insurance": _figure(whole["insurance"]),
            "exchange_rate": _figure(whole["rate"]),
        }
        buyer = {
            "used_this_year": _figure(whole["used"]),
            "origin_region": whole["sent_from"],
            "region": whole["region"].upper(),
        }
        asked: dict[str, Any] = {name: value for name, value in optional.items() if value}
        if told := {name: value for name, value in buyer.items() if value}:
            asked["buyer"] = told
        if not self.registered:
            asked["registered_seller"] = False
        lines = [_line(line, number) for number, line in enumerate(self.lines, 1)]
        named = {"destination": whole["to"], "date": whole["day"], "currency": whole["currency"]}
        return {**named, **asked, "lines": lines}

    def _tell(self, field: str, refusal: Refusal) -> None:
        place, named = _place(field)
        said = refusal.message(language())
        if isinstance(refusal, BadQuoteRequest):
            said = _sentence(named, refusal)
        elif isinstance(refusal, BadAmount):
            said = str(refusal.data["why_en" if language() == "en" else "why_zh"])
        elif isinstance(refusal, MissingMeasure) and named == "amount" and (what := _measure(refusal)):
            said = _("The tax depends on it. Enter how much the whole line is, in %(what)s.") % {"what": what}
        self.faults.setdefault(place, said)


def typed(query: QueryDict, today: date) -> Typed:
    """What the address says; where it says nothing, what most visitors want."""
    usual = {"to": "CN", "day": today.isoformat(), "currency": "CNY"}
    whole = {name: _clean(query.get(name, usual.get(name, ""))) for name in FIELDS}
    lists = {name: query.getlist(name)[:lines_max] for name in LINE_FIELDS}
    count = max(1, *(len(values) for values in lists.values()))
    lines = [
        {name: _clean(values[n]) if n < len(values) else "" for name, values in lists.items()} for n in range(count)
    ]
    drop = query.get("drop", "")
    if drop.isascii() and drop.isdigit() and 0 < int(drop[:3]) <= len(lines) and len(lines) > 1:
        del lines[int(drop[:3]) - 1]
    adding = "add" in query
    if adding and len(lines) < lines_max:
        lines.append(dict.fromkeys(LINE_FIELDS, "") | {"origin": lines[-1]["origin"]})
    registered = "form" not in query or "registered" in query
    return Typed(whole, lines, registered, asked=bool(any(lists["hs"]) or "ask" in query) and not adding)


def _clean(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFKC", text))
    return plain.strip()[:text_max]


def _figure(text: str) -> str:
    """An amount as people write it, as the wire has it: "¥1,299.5" is "1299.5"."""
    return text.lstrip("¥$€£").replace(",", "").replace(" ", "")


def _share(text: str) -> str:
    """A percentage as typed, as a rate: "6.5" and "6.5 %" are "0.065". What is no percentage stays as it is."""
    figure = _figure(text).rstrip("%")
    return f"{Decimal(figure).scaleb(-2):f}" if _PERCENT.fullmatch(figure) else text


def _line(line: Mapping[str, str], number: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": str(number),
        "hs_code": line["hs"].replace(".", "").replace(" ", ""),
        "origin": line["origin"],
        "quantity": _figure(line["quantity"]),
        "unit": "piece",
        "unit_price": _figure(line["price"]),
    }
    if line["discount"]:
        made["discount"] = _figure(line["discount"])
    if line["table"]:
        made["table_value"] = _figure(line["table"])
    if line["duty"]:
        made["rates"] = {"duty": _share(line["duty"])}
    pairs = ((line["unit"], line["amount"]), (line["unit2"], line["amount2"]))
    if found := {unit or "g": _figure(amount) for unit, amount in pairs if amount}:
        made["measures"] = found
    return made


def _next_fault(asked: dict[str, Any], seen: set[str]) -> tuple[str, Refusal] | None:
    """The first field not seen yet that is refused: of the form as a whole, else of each line asked for alone."""
    try:
        request = wire.parse(asked)
    except BadQuoteRequest as refusal:
        return None if refusal.field in seen else (refusal.field or "", refusal)
    for number, line in enumerate(request.lines):
        try:
            tariff.quote(request=replace(request, lines=(line,)))
        except (BadAmount, MissingMeasure, UnknownHsCode) as refusal:
            field = (refusal.field or "").replace("lines[0]", f"lines[{number}]")
            if field not in seen:
                return field, refusal
        except Refusal:  # of the whole: told already, or it comes of a stand-in
            continue
    return None


def _place(field: str) -> tuple[str, str]:
    """The id of our field for the request's, and the name it has without the line's number."""
    if field.startswith("lines["):
        number, _dot, rest = field.removeprefix("lines[").partition("].")
        named = _OF_LINE.get(rest.partition(".")[0], "hs")
        return f"{named}-{int(number) + 1}", named
    named = _OF_WHOLE.get(field, _OF_WHOLE.get(field.partition(".")[0], "to"))
    return named, named


def _stand_in(asked: dict[str, Any], field: str) -> None:
    holder, name = asked, field.partition(".")[0]
    if field.startswith("lines["):
        number, _dot, rest = field.removeprefix("lines[").partition("].")
        holder, name = asked["lines"][int(number)], rest.partition(".")[0]
    holder[name] = _STAND_IN.get(name)


def _sentence(named: str, refusal: BadQuoteRequest) -> str:
    """For people, where the wire speaks to programs."""
    if named in _AMOUNTS:
        return _("Enter a number such as 425.00.")
    sentences = {
        "hs": _("Enter the commodity code: eight or ten digits."),
        "origin": _("Choose where the goods were made."),
        "to": _("Choose where the goods go."),
        "day": _("Enter a date such as 2026-11-28."),
        "currency": _("Choose a currency."),
        "way": _("Choose one of the ways in."),
    }
    half = "why_en" if language() == "en" else "why_zh"
    return sentences.get(named, str(refusal.data[half]))


def _measure(refusal: Refusal) -> str:
    """The measures asked for, in words where we have them."""
    names = units()
    return " / ".join(names.get(one, one) for one in re.findall(r"\w+", str(refusal.data["what"])) if one in names)


def labels() -> dict[str, str]:
    """What each field is called, by name."""
    return {
        "hs": _("Commodity code (HS)"),
        "origin": _("Made in"),
        "quantity": _("Quantity"),
        "price": _("Price of one"),
        "amount": _("Weight or volume"),
        "amount2": _("Second legal quantity"),
        "discount": _("Discount open to all"),
        "duty": _("Duty rate (percent)"),
        "table": _("Customs table value"),
        "to": _("Goes to"),
        "way": _("Way in"),
        "day": _("Day"),
        "currency": _("Currency of the prices"),
        "freight": _("Freight of the parcel"),
        "insurance": _("Insurance"),
        "rate": _("Exchange rate"),
        "used": _("Used of the yearly limit"),
        "sent_from": _("Sent from"),
        "region": _("State or province"),
        "incoterm": _("Who pays at the border"),
        "transport": _("Travels"),
    }


def place_name(place: str) -> str:
    """A field by its id, for the list of what is wrong: "Line 2, Quantity"."""
    named, _dash, number = place.partition("-")
    label = labels().get(named, named)
    return _("Line %(n)s, %(label)s") % {"n": number, "label": label} if number else label


def units() -> dict[str, str]:
    """Names of the legal units, the usual ones first."""
    return {
        "g": _("grams"),
        "kg": _("kilograms"),
        "ml": _("millilitres"),
        "l": _("litres"),
        "piece": _("pieces"),
        "sheet": _("sheets"),
        "pair": _("pairs"),
        "dozen": _("dozens"),
        "thousand": _("thousands"),
        "m": _("metres"),
        "m2": _("square metres"),
        "m3": _("cubic metres"),
        "carat": _("carats"),
        "l_alcohol": _("litres of pure alcohol"),
        "proof_l": _("proof litres"),
        "t": _("tonnes"),
    }
