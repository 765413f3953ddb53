"""Before and beyond an order: the quote sheet, and purchase commitments with their chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import text
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.money import allocate_each, to_minor
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.pricing import selectors as pricing
from entrepot.procurement import selectors, services
from entrepot.procurement.types import Market, Measure, Offer, Programme, ProgrammeDraft, Progress, Sheet
from entrepot.storefronts import selectors as storefronts
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.page import existing, office_page
from entrepot.web.backoffice.typed import BadSum, UnknownSku
from entrepot.web.backoffice.views.buying import asked
from entrepot.web.common import formats
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language

chart_px, wide_px = 120, 700
offers_max = 20
SHARED = Decimal(10_000)  # freight and insurance are shared to four places, as prices are


class NoPriceThere(Invalid):
    code = "no_price_there"
    zh = "{sku} 在该店铺没有价格：请填写售价"
    en = "{sku} has no price in that storefront: give one"


class TooManyOffers(Invalid):
    code = "too_many_offers"
    zh = "一次最多测算 {most} 行"
    en = "At most {most} lines at once"


class BadOfferLine(Invalid):
    code = "bad_offer_line"
    zh = "第 {row} 行应为：货号 数量 单价 [售价]，如 COAT-M 120 35.50 899.00"
    en = "Line {row} is to be: SKU units price [selling price], as in COAT-M 120 35.50 899.00"


@access(Role.PURCHASING, Role.FINANCE, Role.CATALOGUE)
@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, the margins below it, or as a file. Nothing is kept."""
    refusal: Refusal | None = None
    found: list[Sheet] = []
    if request.method == "POST":
        try:
            found = _sheets(request)
        except Refusal as refused:
            refusal = refused
    form = request.POST.get("form", "")
    if found and form in set(Form):
        return table(rows=_rows(found), name=f"margins-{found[0].day.isoformat()}", form=Form(form))
    context = {
        "stores": storefronts.every(),
        "store": request.POST.get("store", ""),
        "day": request.POST.get("day", "") or day_in(CHINA, now()).isoformat(),
        "sheets": found,
        "rates": found[0].rates if found else (),
        "ways": ways(),
        "lines": [
            {"line": line, "ways": [(way, ways().get(way.channel, way.channel)) for way in line.ways]}
            for one in found
            for line in one.lines
        ],
    }
    return asked.answered(request, "buying/sheet", _("Margin before buying"), refusal, context)


def ways() -> dict[str, str]:
    return {
        "bonded": _("bonded (1210)"),
        "direct": _("sent directly (9610)"),
        "postal": _("by post"),
        "express": _("by express carrier"),
        "general": _("general trade"),
    }


def _sheets(request: HttpRequest) -> list[Sheet]:
    """One a line of the form, since each article has its own price. Freight, insurance and fees are of all lines
    together and shared by what the lines cost."""
    post, at = request.POST, now()
    on = asked.day(post, "day")
    stores = storefronts.every()
    store = next((one for one in stores if one.code == post.get("store")), None) or next(iter(stores), None)
    if store is None:
        raise asked.ChooseOne(field="store")
    rows = asked.rows(post.get("offers", ""), offers_max)
    if len(rows) > offers_max:
        raise TooManyOffers(field="offers", most=offers_max)
    skus = catalogue.sku_by_code(codes=[words[0] for _n, words in rows])
    prices = pricing.prices(
        storefront_id=store.id, currency=store.currency, sku_ids=[sku.id for sku in skus.values()], at=at
    )
    offers = [_offer(n, words, skus, post) for n, words in rows]
    found = []
    for (_n, words), offer in zip(rows, _shared(offers, post), strict=True):
        known = prices.get(offer.sku_id)
        if len(words) < 4 and known is None:
            raise NoPriceThere(field="offers", sku=words[0])
        own = asked.decimal(words[3], "offers") if len(words) > 3 else known.amount.decimal if known else Decimal(0)
        market = Market(text(store.names, language()), "CN", _minor(own, store.currency), store.currency)
        found.append(selectors.quote_sheet(offers=[offer], markets=[market, *_abroad(post)], day=on))
    if not found:
        raise BadOfferLine(field="offers", row=1)
    return found


def _minor(amount: Decimal, currency: str) -> int:
    return to_minor(amount, currency)


def _offer(n: int, words: Sequence[str], skus: Mapping[str, Any], post: Any) -> Offer:
    if len(words) not in (3, 4) or not (words[1].isascii() and words[1].isdigit() and 0 < len(words[1]) < 9):
        raise BadOfferLine(field="offers", row=n)
    if words[0] not in skus:
        raise UnknownSku(field="offers", sku=words[0])
    currency = post.get("currency", "").strip().upper()[:3]
    return Offer(skus[words[0]].id, int(words[1]), asked.decimal(words[2], "offers"), currency)


def _shared(offers: Sequence[Offer], post: Any) -> Iterator[Offer]:
    """The offers with their shares of freight, insurance and fees, evenly where all are for nothing."""
    freight, insurance = (asked.decimal(post.get(name, ""), name) for name in ("freight", "insurance"))
    fees = asked.minor(post, "fees", "CNY")
    weights = [max(offer.unit_price * offer.units, Decimal(0)) for offer in offers]
    wholes = [int((whole * SHARED).to_integral_value(ROUND_HALF_UP)) for whole in (freight, insurance)]
    parts = allocate_each([*wholes, fees], weights) if offers else []
    for offer, (moved, insured, minor) in zip(offers, zip(*parts, strict=True), strict=True):
        yield Offer(
            offer.sku_id, offer.units, offer.unit_price, offer.currency, moved / SHARED, insured / SHARED, minor
        )


def _abroad(post: Any) -> list[Market]:
    """Another market, where one is given: country, price and currency."""
    words = post.get("abroad", "").upper().split()[:3]
    if not words:
        return []
    if len(words) != 3 or len(words[2]) != 3 or not (words[2].isascii() and words[2].isalpha()):
        raise BadSum(field="abroad")
    return [Market(formats.country(words[0]), words[0], _minor(asked.decimal(words[1], "abroad"), words[2]), words[2])]


def _rows(found: Sequence[Sheet]) -> Iterator[list[Any]]:
    named = ways()
    heads = [_("Article"), _("Units"), _("Cost of one"), _("Market"), _("Way in"), _("Tax of one"), _("ours of it")]
    heads += [_("Revenue"), _("Margin"), _("Share"), _("Why not")]
    return chain([heads], _cells(found, named, language()))


def _cells(found: Sequence[Sheet], named: Mapping[str, str], lang: str) -> Iterator[list[Any]]:
    for line in (line for one in found for line in one.lines):
        for way in line.ways:
            sums = [way.tax, way.ours, way.revenue, way.margin, way.share]
            why = way.why[1 if lang == "en" else 0] if way.why else ""
            head = [line.sku_code, line.offer.units, str(line.cost.total), way.market.name]
            told = ["" if one is None else str(one) for one in sums]
            yield [*head, named.get(way.channel, way.channel), *told, why]


@access(Role.PURCHASING, Role.FINANCE)
@require_http_methods(["GET", "POST"])
def programmes(request: HttpRequest) -> HttpResponse:
    """Commitments with how far they are, and the form for a new one."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            made = services.promise(draft=_programme(request), actor=caller(request).name, now=now())
            return redirect("office_programme", programme_id=made)
        except Refusal as refused:
            refusal = refused
    today = day_in(CHINA, now())
    rows = []
    for one in selectors.programmes():
        ordered = selectors.ordered_minor(of=one)
        rows.append((one, ordered, min(100, 100 * ordered // one.target_minor)))
    context = {"rows": rows, "today": today}
    return asked.answered(request, "buying/programmes", _("Purchase commitments"), refusal, context)


def _programme(request: HttpRequest) -> ProgrammeDraft:
    post = request.POST
    currency = post.get("currency", "").strip().upper()[:3]
    brands = {one.slug: one.id for one in catalogue.brands().values()}
    categories = {one.slug: one.id for one in catalogue.categories()}
    return ProgrammeDraft(
        name=post.get("name", ""),
        currency=currency,
        target_minor=asked.minor(post, "target", currency),
        starts_on=asked.day(post, "starts_on"),
        ends_on=asked.last_day(post, "ends_on"),
        countries=asked.codes(post, "countries"),
        brand_ids=_named(post, "brands", brands),
        category_ids=_named(post, "categories", categories),
    )


def _named(post: Any, name: str, known: Mapping[str, UUID]) -> frozenset[UUID]:
    """The ids of slugs. Refuses UnknownParty."""
    slugs = {slug.lower() for slug in asked.codes(post, name)}
    if slugs - known.keys():
        raise services.UnknownParty(field=name, what=min(slugs - known.keys()))
    return frozenset(known[slug] for slug in slugs)


@access(Role.PURCHASING, Role.FINANCE)
@require_GET
def programme(request: HttpRequest, programme_id: UUID) -> HttpResponse:
    """One commitment: sums, the chart with its forecast, and what it is made of."""
    found = existing(selectors.programme(programme_id=programme_id), programme_id)
    today = day_in(CHINA, now())
    told = selectors.progress(of=found, today=today)
    brands = catalogue.brands(ids=[one for one, _worth in told.by_brand])
    categories = {one.id: text(one.names, language()) for one in catalogue.categories()}
    names = {Measure.SIGNED: _("signed"), Measure.ORDERED: _("ordered")}
    names |= {Measure.RECEIVED: _("received"), Measure.PAID: _("paid")}
    return office_page(
        request,
        "buying/programme",
        found.name,
        crumbs=[(_("Purchase commitments"), reverse("office_programmes"))],
        found=found,
        told=told,
        today=today,
        measures=[(one.value, names[one], told.totals[one]) for one in Measure],
        percent=100 * told.totals[Measure.ORDERED] / Decimal(found.target_minor),
        chart=_chart(found, told, today),
        bars=[
            (_("By country of origin"), _bars([(formats.country(one), worth) for one, worth in told.by_country])),
            (_("By brand"), _bars([(text(brands[one].names, language()), worth) for one, worth in told.by_brand])),
            (_("By category"), _bars([(categories.get(one, ""), worth) for one, worth in told.by_category])),
        ],
        series=[(day, [sums[one] for one in Measure]) for day, sums in told.series],
    )


def _chart(found: Programme, told: Progress, today: date) -> dict[str, Any]:
    """Lines over the whole period, as high as their share of the target or of what was reached beyond it."""
    days = (found.ends_on - found.starts_on).days
    most = max(found.target_minor, told.forecast.at_end_minor, *told.totals.values())

    def point(day: date, minor: int) -> str:
        return f"{(day - found.starts_on).days * wide_px // days},{chart_px - minor * chart_px // most}"

    lines = {one.value: " ".join(point(day, sums[one]) for day, sums in told.series) for one in Measure}
    last = told.series[-1]
    ahead = [point(last[0], last[1][Measure.ORDERED]), point(found.ends_on, told.forecast.at_end_minor)]
    return {
        "lines": lines,
        "target_y": chart_px - found.target_minor * chart_px // most,
        "straight": f"{point(found.starts_on, 0)} {point(found.ends_on, found.target_minor)}",
        "ahead": " ".join(ahead),
        "today_x": min(max((today - found.starts_on).days, 0), days) * wide_px // days,
        "most": most,
    }


def _bars(pairs: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    most = max((worth for _name, worth in pairs), default=1) or 1
    return [{"name": name, "worth": worth, "width": max(1, 100 * worth // most)} for name, worth in pairs]
