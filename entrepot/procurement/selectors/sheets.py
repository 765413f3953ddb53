"""The quote sheet: an article's costs against what each market pays through each way in, before anything is bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Classification, Sku
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.procurement.rules import margins, sums
from entrepot.procurement.types import HOUSE_CURRENCY, Market, Offer, Sheet, SheetLine, Way
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import OPEN, ExchangeRate, LineRequest, Quote, QuoteRequest

OFFERS_MAX = 50
MARKETS_MAX = 10
UNKNOWN = ("未归类或原产国未知", "Not classified there, or its origin is unknown")


class BadOffer(Invalid):
    code = "bad_offer"
    zh = "报价须有货号、正的数量和不为负的价格、运费、保险费和费用"
    en = "An offer has an article, units above 0, and price, freight, insurance and fees not below 0"


class BadMarket(Invalid):
    code = "bad_market"
    zh = "不能计算市场：{destination}"
    en = "The market {destination} is not computed here"


class NoRateForSheet(Refusal):
    code = "no_rate_on_the_day"
    status = 422
    zh = "{day} 没有 {currency} 对人民币的汇率：请先在税率簿中导入 fx.{currency}"
    en = "There is no exchange rate of {currency} to yuan on {day}: import fx.{currency} into a rate book first"


def quote_sheet(*, offers: Sequence[Offer], markets: Sequence[Market], day: date) -> Sheet:
    """Each offer in each market through each of its ways in. What cannot be computed says why and has no sum.

    Refuses BadOffer, BadMarket, NoRateForSheet.
    """
    served = tariff.served()
    for market in markets:
        if market.destination not in served or market.price_minor < 0:
            raise BadMarket(field="market", destination=market.destination)
    if not 0 < len(offers) <= OFFERS_MAX or not 0 < len(markets) <= MARKETS_MAX or not all(map(_sound, offers)):
        raise BadOffer(field="offer")
    rates = _rates({one.currency for one in offers} | {one.currency for one in markets}, day)
    skus = catalogue.skus(ids={one.sku_id for one in offers})
    if any(one.sku_id not in skus for one in offers):
        raise BadOffer(field="offer")
    decided = {
        place: catalogue.classifications(sku_ids=list(skus), jurisdiction=place, on=day)
        for place in {market.destination for market in markets}
    }
    lines = []
    for offer in offers:
        sku, cost = skus[offer.sku_id], margins.cost_of(offer, rates[offer.currency].rate)
        ways = [
            _Asker(offer, sku, market, decided[market.destination].get(sku.id), rates, day).way(channel)
            for market in markets
            for channel in served[market.destination].channels
        ]
        lines.append(SheetLine(offer, sku.code, dict(sku.titles), cost, tuple(ways)))
    used = sorted(rates.items())
    return Sheet(day, tuple((code, one.rate, one.source) for code, one in used if code != HOUSE_CURRENCY), tuple(lines))


def _sound(offer: Offer) -> bool:
    amounts = (offer.unit_price, offer.freight, offer.insurance)
    finite = all(one.is_finite() and 0 <= one <= sums.PRICE_MAX for one in amounts)
    return finite and 0 < offer.units <= sums.UNITS_MAX and 0 <= offer.fees_minor <= 10**15


def _rates(currencies: set[str], day: date) -> Mapping[str, ExchangeRate]:
    rates = tariff.exchange_rates(currencies=currencies, on=day)
    missing = min(currencies - rates.keys(), default=None)
    if missing is not None:
        raise NoRateForSheet(field="currency", currency=missing, day=day.isoformat())
    return rates


class _Asker:
    """One offer in one market."""

    def __init__(
        self,
        offer: Offer,
        sku: Sku,
        market: Market,
        decided: Classification | None,
        rates: Mapping[str, ExchangeRate],
        day: date,
    ) -> None:
        self.offer, self.sku, self.market, self.decided, self.rates, self.day = offer, sku, market, decided, rates, day
        self.cost = margins.cost_of(offer, rates[offer.currency].rate)

    def way(self, channel: str) -> Way:
        if self.decided is None or not self.sku.origin:
            return Way(self.market, channel, why=UNKNOWN)
        general = channel == margins.GENERAL
        try:
            answer = tariff.quote(request=self._imported(channel) if general else self._parcel(channel))
        except Refusal as no:
            return Way(self.market, channel, why=(no.message("zh-hans"), no.message("en")))
        if answer.decision not in OPEN:
            last = answer.warnings[-1] if answer.warnings else None
            why = (last.zh, last.en) if last else (answer.decision, answer.decision)
            return Way(self.market, channel, answer.decision, books=answer.books, why=why)
        rate = tariff.exchange_rates(currencies={answer.currency}, on=self.day).get(answer.currency)
        if rate is None:
            why = (f"缺少 {answer.currency} 汇率", f"No exchange rate of {answer.currency}")
            return Way(self.market, channel, answer.decision, books=answer.books, why=why)
        return self._reckoned(channel, answer, rate.rate)

    def _reckoned(self, channel: str, answer: Quote, rate: Decimal) -> Way:
        general = channel == margins.GENERAL
        units = self.offer.units if general else 1
        tax = margins.rounded(answer.total_tax * rate / units)
        price = margins.price_of(self.market, self.rates[self.market.currency].rate)
        if general:
            levies = margins.rounded((answer.total_tax - answer.vat) * rate / units)
            vat = Decimal(answer.lines[0].rates.get("vat", "0"))
            revenue, ours, margin = margins.general(price, self.cost, vat, levies)
        else:
            revenue, ours, margin = margins.retail(price, self.cost)
        return Way(self.market, channel, answer.decision, tax, ours, revenue, margin, answer.books)

    def _parcel(self, channel: str) -> QuoteRequest:
        """One unit at the market's price: what a buyer's parcel owes."""
        price = margins.price_of(self.market, Decimal(1))
        return self._request(channel, self.market.currency, self._line(1, price))

    def _imported(self, channel: str) -> QuoteRequest:
        """The whole offer at what it costs up to the border."""
        line = self._line(self.offer.units, self.offer.unit_price)
        request = self._request(channel, self.offer.currency, line)
        return QuoteRequest(
            destination=request.destination,
            date=request.date,
            currency=request.currency,
            lines=request.lines,
            channel=channel,
            freight=self.offer.freight,
            insurance=self.offer.insurance,
        )

    def _request(self, channel: str, currency: str, line: LineRequest) -> QuoteRequest:
        return QuoteRequest(
            destination=self.market.destination, date=self.day, currency=currency, lines=(line,), channel=channel
        )

    def _line(self, units: int, unit_price: Decimal) -> LineRequest:
        assert self.decided is not None
        return LineRequest(
            id=self.sku.code,
            hs_code=self.decided.hs_code,
            origin=self.sku.origin,
            quantity=Decimal(units),
            unit=self.decided.sales_unit,
            unit_price=unit_price,
            measures=self.decided.measures(units),
        )
