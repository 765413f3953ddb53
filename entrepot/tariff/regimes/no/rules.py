"""Norway: VAT at the sale under VOEC where each item is below NOK 3,000, ordinary import for the rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from entrepot.tariff import border, steps
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import customs_values, each_half_up
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.measures import kind
from entrepot.tariff.regime import Answer, Regime, close, exchange, needed, unconfirmed
from entrepot.tariff.types import Quote, QuoteRequest, Reason

CODE = "NO"
VALUE = "toll.no: value with freight and insurance"
SEND = "Skatteetaten: Sending goods under the VOEC scheme"
NUMBER = steps.plain(
    "voec_number",
    SEND,
    "卖家须登记 VOEC，销售时收取增值税，并随包裹电子传送 VOEC 编号",
    "The seller is registered for VOEC, charges VAT at the sale and sends the VOEC number with the parcel digitally",
)
DECLARATION = steps.plain(
    "import_declaration",
    "toll.no: The VOEC scheme",
    "须办理进口申报（overgang til fri disponering）；限制进口的货物另须许可",
    "A declaration for release is needed; restricted goods need a permit too",
)


@dataclass(frozen=True, slots=True)
class _Way:
    """voec | exempt | import"""

    name: str
    reason: Reason
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()


def _below(params: Mapping[str, Any]) -> int:
    read.only(params, {"below"})
    return read.minor(params, "below")


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the consignment owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    rate, told = exchange(request, books, "NOK")
    at = border.Border(books, request.date, "NOK", VALUE)
    owed = border.begin(request.lines, customs_values(request, "NOK", rate), at)
    way = _way(request, owed, at)
    for one in owed:
        if way.name == "exempt":
            border.no_duty(one, way.reason)
            border.no_vat(one)
            continue
        if way.name == "voec":
            border.no_duty(one, way.reason)
        else:
            border.add_duty(one, at)
            border.add_excise(one, at)
        border.add_vat(one, at, standard=_kind(one, at) != "food")
    worked, warnings = border.settle(owed, at, each_half_up)
    decision = "rates_not_verified" if any(one.missing for one in owed) else "clear"
    collector, demand = ("seller", NUMBER) if way.name == "voec" else ("importer", DECLARATION)
    answer = Answer(CODE, decision, collector, (demand,), reasons=[way.reason, *way.reasons, *told], warnings=warnings)
    answer.warnings += way.warnings
    return close(answer, request, books, "NOK", worked)


def _way(request: QuoteRequest, owed: list[border.Owed], at: border.Border) -> _Way:
    limit = needed(at.books, "no_voec", at.day, "NO")
    against = [_other_goods(one, at) for one in owed if _kind(one, at)]
    exempt = at.books.find("no_exempt", at.day)
    total = sum(one.value.customs for one in owed)
    if not request.registered_seller and exempt is not None and not against and total < exempt.formula:
        return _Way("exempt", _exempt(total, exempt, at))
    against += [_dear(one, limit, at) for one in owed if _item(one) >= limit.formula]
    if not request.registered_seller:
        against.insert(0, _not_registered(limit))
    if not against:
        return _Way("voec", _voec(limit, at))
    # One line that does not fit takes the whole consignment out: what does not meet the scheme is declared.
    doubts = [w for one in owed for w in unconfirmed((_not_voec(one, at),), one.line.id)]
    return _Way("import", against[0], tuple(against[1:]), tuple(doubts))


def _item(one: border.Owed) -> Fraction:
    """Value of one item without freight; a part of a unit counts as the whole line."""
    return Fraction(one.value.intrinsic) / Fraction(max(one.line.quantity, Decimal(1)))


def _not_voec(one: border.Owed, at: border.Border) -> Rate | None:
    return at.books.find("no_not_voec", at.day, one.line.hs_code)


def _kind(one: border.Owed, at: border.Border) -> str:
    row = _not_voec(one, at)
    return row.formula if row else ""


def _other_goods(one: border.Owed, at: border.Border) -> Reason:
    sort, line = _kind(one, at), one.line
    return steps.plain(
        "not_voec_goods",
        SEND,
        f"第 {line.id} 行（{line.hs_code}，{sort}）不适用 VOEC：整批按一般进口申报，分开寄送可避免",
        f"Line {line.id} ({line.hs_code}, {sort}) is outside VOEC: all is declared; sent apart, the rest is not",
        line=line.id,
        kind=sort,
    )


def _dear(one: border.Owed, limit: Rate, at: border.Border) -> Reason:
    each, below, line = at.money(_item(one)), at.money(limit.formula), one.line
    return steps.plain(
        "item_above_threshold",
        limit.source,
        f"第 {line.id} 行每件 {each} 克朗，不低于 {below}：整批按一般进口申报，分开寄送可避免",
        f"Line {line.id}: {each} NOK an item is not below {below}: all is declared; sent apart, the rest is not",
        line=line.id,
        item=each,
        limit=below,
    )


def _not_registered(limit: Rate) -> Reason:
    return steps.plain(
        "seller_not_registered",
        limit.source,
        "卖家未登记 VOEC：按一般进口申报，由收件人纳税",
        "The seller is not in VOEC: the consignment is declared and the recipient pays",
    )


def _exempt(total: int, row: Rate, at: border.Border) -> Reason:
    value, below = at.money(total), at.money(row.formula)
    return steps.plain(
        "exempt",
        row.source,
        f"含运保费 {value} 克朗，低于 {below}：免关税和增值税（2023 年底前）",
        f"{value} NOK with freight and insurance is below {below}: no duty and no VAT (until the end of 2023)",
        customs_value=value,
        limit=below,
    )


def _voec(limit: Rate, at: border.Border) -> Reason:
    below = at.money(limit.formula)
    return steps.plain(
        "voec",
        limit.source,
        f"每件均低于 {below} 克朗：免关税，卖家按 VOEC 在销售时征收增值税（含运费）",
        f"Each item is below {below} NOK: no duty, the seller charges VAT at the sale (on freight too)",
        limit=below,
    )


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"NO"}),
    channels=("direct",),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: "NOK",
    quote=quote,
    measures={"no_voec": _below, "no_exempt": _below, "no_not_voec": kind},
)
