"""Korea: free inside USD 150 (200 by list clearance from the US); above it the whole value is taxed. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from entrepot.tariff import limits, parcels
from entrepot.tariff.arithmetic import customs_values
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.parcels import Border, Parcel
from entrepot.tariff.regime import Regime, exchange, needed
from entrepot.tariff.steps import plain
from entrepot.tariff.types import Quote, QuoteRequest, Value

CODE = "KR"
BORDER = Border(
    code=CODE,
    currency="KRW",
    tax=("增值税", "VAT"),
    duty_on="cif",
    collector="importer",
    law="관세법: customs value with freight and insurance; VAT on value + duty, whole won",
)
PCCC = plain(
    "pccc",
    "관세청: 개인통관고유부호",
    "收货人须提供个人通关固有号码（PCCC），姓名与电话须与登记一致",
    "The buyer gives a personal customs clearance code (PCCC); name and telephone must be those it was issued for",
)
SAME_DAY = plain(
    "same_day_added",
    "관세청: 합산과세",
    "同一人同日的多个包裹合并计算是否超过限额；本报价只含本包裹",
    "Parcels of one person on one day are added before the limit is tested; this quote knows this parcel alone",
)
LISTED = plain(
    "list_clearance",
    "목록통관: goods sent from the US by list clearance",
    "美国发货的较高限额仅适用于清单通关的货物；须正式申报的货物（食品、保健品、药品等）仍适用一般限额",
    "The higher limit for parcels from the US is for list clearance; goods that must be declared have the lower one",
)

GOODS_ALONE = plain(
    "limit_read_differently",
    "관세법 시행규칙 제45조",
    "货物价值本身未超过限额，连同运费和保险费才超过：本税率簿按到岸价值判定，施行规则第45条按货物价格判定，请向海关核实",
    "The goods alone are inside the limit and only freight and insurance carry them above it: the book tests the "
    "value with freight, article 45 of the rules the price of the goods. Ask customs which holds",
)


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What a parcel to Korea owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    row, listed = _limit(request, books)
    rate, told = exchange(request, books, BORDER.currency)
    values = customs_values(request, BORDER.currency, rate)
    total, more = limits.tested(request, values, row, BORDER.currency, books)
    inside = total <= row.formula.amount
    parcel = Parcel(values, inside, [limits.inside_limit(total, row, inside=inside), *told, *more], (PCCC,))
    if inside:
        parcel.warnings.append(SAME_DAY)
        parcel.warnings += [LISTED] if listed else []
    elif _goods_inside(request, values, row, books):
        parcel.warnings.append(GOODS_ALONE)
    return parcels.assess(request, books, BORDER, row, parcel)


def _limit(request: QuoteRequest, books: Books) -> tuple[Rate, bool]:
    """The limit of the way in, and whether it is that of list clearance from the US (not by post)."""
    listed = request.buyer.origin_region == "US" and request.channel != "postal"
    measure = "parcel_limit.us_list" if listed else "parcel_limit"
    return needed(books, measure, request.date, "KR parcel limit"), listed


def _goods_inside(request: QuoteRequest, values: list[Value], row: Rate, books: Books) -> bool:
    """Is the parcel inside the limit where freight and insurance are left out?"""
    goods = replace(row, formula=replace(row.formula, value="goods"))
    limit: limits.Limit = row.formula
    return limits.tested(request, values, goods, BORDER.currency, books)[0] <= limit.amount


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"KR"}),
    channels=("direct", "express", "postal"),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: BORDER.currency,
    quote=quote,
    measures=limits.MEASURES,
)
