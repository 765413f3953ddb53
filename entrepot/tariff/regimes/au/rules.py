"""Australia: inside AUD 1,000 a registered vendor charges GST at the sale; above, duty and GST at the border. Pure."""

from __future__ import annotations

from datetime import date

from entrepot.tariff import limits, parcels
from entrepot.tariff.arithmetic import customs_values
from entrepot.tariff.book import Books
from entrepot.tariff.parcels import Border, Parcel
from entrepot.tariff.regime import Regime, exchange, needed
from entrepot.tariff.steps import plain
from entrepot.tariff.types import Quote, QuoteRequest

CODE = "AU"
BORDER = Border(
    code=CODE,
    currency="AUD",
    tax=("货物和劳务税（GST）", "GST"),
    duty_on="goods",
    collector="importer",
    law="Customs value is FOB; GST is on value + duty + transport and insurance (Australian Border Force, examples)",
)
VENDOR = plain(
    "vendor_number",
    "Home Affairs, GST on low value imported goods (2018)",
    "卖方在运输申报中填写其税务登记号（ABN 或 ARN），否则边境可能重复征税",
    "The vendor's number (ABN or ARN) is given with the cargo report, or the border may tax again",
)
DECLARATION = plain(
    "import_declaration",
    "Australian Border Force: consignments above AUD 1,000",
    "收货人（进口人）须办理进口申报并缴税后方可提货",
    "The importer declares the consignment and pays before it is released",
)


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What a parcel to Australia owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    row = needed(books, "parcel_limit", request.date, "AU parcel limit")
    rate, told = exchange(request, books, BORDER.currency)
    values = customs_values(request, BORDER.currency, rate)
    total, more = limits.tested(request, values, row, BORDER.currency, books)
    inside = total <= row.formula.amount
    reasons = [limits.inside_limit(total, row, inside=inside), *told, *more]
    demand = ((VENDOR,) if request.registered_seller else ()) if inside else (DECLARATION,)
    return parcels.assess(request, books, BORDER, row, Parcel(values, inside, reasons, demand))


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"AU"}),
    channels=("direct",),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: BORDER.currency,
    quote=quote,
    measures=limits.MEASURES,
)
