"""Singapore: inside SGD 400 by air or post a registered seller charges GST at the sale; above, import GST. Pure."""

from __future__ import annotations

from datetime import date

from entrepot.tariff import limits, parcels
from entrepot.tariff.arithmetic import customs_values
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.limits import Limit
from entrepot.tariff.parcels import Border, Parcel
from entrepot.tariff.regime import Regime, exchange, needed
from entrepot.tariff.steps import plain
from entrepot.tariff.types import Quote, QuoteRequest, Reason

CODE = "SG"
BORDER = Border(
    code=CODE,
    currency="SGD",
    tax=("货物和服务税（GST）", "GST"),
    duty_on="cif",
    collector="importer",
    law="IRAS and Singapore Customs: GST on the CIF value + duties",
)
VENDOR = plain(
    "vendor_information",
    "IRAS, GST on imported low-value goods",
    "已登记的卖方须随货提供 GST 登记号并注明已收 GST，否则海关按一般进口征收",
    "The registered seller passes on its GST number and that GST was paid; without them customs taxes the import",
)
ASSUMED = plain(
    "transport_assumed",
    "IRAS, GST on imported low-value goods",
    "未说明运输方式：按空运或邮寄计算；海运和陆运没有限额",
    "The way of transport was not given: air or post was taken; by sea or land there is no limit",
)
SALES_VALUE = plain(
    "limit_read_differently",
    "IRAS, GST on imported low-value goods",
    "货价未超过限额，到岸价值超过：IRAS 对已登记卖方按货价判定，届时由卖方在销售时收取 GST；两者不重复征收",
    "The goods alone are inside the limit and the CIF value is above it: IRAS tests a registered seller's goods by "
    "their sales value, and then the seller charges the GST at the sale; it is not owed twice",
)


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What a parcel to Singapore owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    row = needed(books, "parcel_limit", request.date, "SG parcel limit")
    limit: Limit = row.formula
    rate, told = exchange(request, books, BORDER.currency)
    values = customs_values(request, BORDER.currency, rate)
    total, more = limits.tested(request, values, row, BORDER.currency, books)
    by = _transport(request)
    relieved = by is None or not limit.by or by in limit.by
    inside = relieved and total <= limit.amount
    decided = limits.inside_limit(total, row, inside=inside) if relieved else _no_limit(row, by or "")
    parcel = Parcel(values, inside, [decided, *told, *more])
    parcel.warnings += [ASSUMED] if by is None else []
    if inside and limit.inside == "seller" and request.registered_seller:
        parcel.demands = (VENDOR,)
    goods = sum(value.intrinsic for value in values)
    if relieved and not inside and limit.inside == "seller" and request.registered_seller:
        parcel.warnings += [SALES_VALUE] if goods <= limit.amount * 100 else []
    return parcels.assess(request, books, BORDER, row, parcel)


def _transport(request: QuoteRequest) -> str | None:
    """air, post, …; a postal parcel goes by post however it flies, and an express one by air unless it says else."""
    if request.channel == "postal":
        return "post"
    return request.transport or ("air" if request.channel == "express" else None)


def _no_limit(row: Rate, by: str) -> Reason:
    return plain(
        "no_limit_by_transport",
        row.source,
        f"运输方式 {by}：限额只适用于空运和邮寄，全部价值征税",
        f"By {by}: the limit is for air and post, the whole value is taxed",
        transport=by,
    )


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"SG"}),
    channels=("direct", "express", "postal"),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: BORDER.currency,
    quote=quote,
    measures=limits.MEASURES,
)
