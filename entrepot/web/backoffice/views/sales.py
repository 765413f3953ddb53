"""Flash sales and purchase limits: planned, watched and ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, now
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.pricing import selectors, services
from entrepot.pricing.types import Sale, SaleDraft, SaleItemDraft
from entrepot.web.backoffice.fields import said
from entrepot.web.backoffice.page import existing, office_page, reason, refusals_told
from entrepot.web.backoffice.typed import OFFER_WORDS, UnknownSku, lists, minor_of, moment_of, number_of, titles_of
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language

past_shown = timedelta(days=90)
minutes_shown, column_px, chart_px = 30, 23, 120
goods_max = 50  # lines of the form
FIELDS = ("list", "code", "title_zh", "title_en", "starts_at", "ends_at", "admit_per_s", "goods")
_FIELD_OF = {"list_id": "list", "titles": "title_zh", "items": "goods", "price_minor": "goods", "was_minor": "goods"}
_FIELD_OF |= {"units": "goods", "limit_per_person": "goods"}
WORDS = {
    **OFFER_WORDS, "code": _lazy("Code in the address"), "admit_per_s": _lazy("Let in per second (empty: no line)"),
    "items": _lazy("Articles, one a line: SKU, price, units, limit for one person"),
}  # fmt: skip
ITEM_WORDS = {"price_minor": _lazy("Price"), "units": _lazy("Units"), "limit_per_person": _lazy("limit for one person")}


class BadGoods(Invalid):
    code = "bad_goods"
    zh = "第 {row} 行应为：货号 抢购价 件数 每人限购，如 COAT-M 199.00 50 1"
    en = "Line {row} is to be: SKU price units limit, as in COAT-M 199.00 50 1"


@access(Role.CATALOGUE, Role.FINANCE)
@require_http_methods(["GET", "POST"])
def sales(request: HttpRequest) -> HttpResponse:
    """Sales of the last months and to come, the form for a new one, and the limits in force."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            return redirect("office_sale", sale_id=_plan(request))
        except Refusal as refused:
            refusal = refused
    at = now()
    limits = selectors.limits(at=at)
    found = selectors.sales(storefront_id=None, since=at - past_shown, at=at)
    skus = catalogue.skus(ids=[one.sku_id for one in limits])
    field = (refusal.field or "") if refusal else ""
    answer = office_page(
        request,
        "sales",
        _("Flash sales and limits"),
        sales=[(one, one.state(at)) for one in reversed(found)],
        limits=[(one, skus.get(one.sku_id)) for one in limits],
        lists=lists(),
        form={name: request.POST.get(name, "") for name in FIELDS},
        refusal=_told(refusal) if refusal else "",
        field=_FIELD_OF.get(field, field),
    )
    answer.status_code = refusal.status if refusal else 200
    return answer


def _told(refusal: Refusal) -> str:
    """By the words of the form; what is wrong with an article with the article's place."""
    row = refusal.data.get("row")
    of_row = {name: _("%(what)s of article %(row)s") % {"what": word, "row": row} for name, word in ITEM_WORDS.items()}
    return said(refusal, WORDS | of_row)


def _plan(request: HttpRequest) -> UUID:
    post = request.POST
    chosen = next((one for _code, one in lists() if str(one.id) == post.get("list", "")), None)
    if chosen is None:
        raise services.NoPriceList(field="list")
    admits = post.get("admit_per_s", "").strip()
    draft = SaleDraft(
        list_id=chosen.id,
        code=post.get("code", "").strip(),
        titles=titles_of(post),
        starts_at=moment_of(post, "starts_at"),
        ends_at=moment_of(post, "ends_at"),
        admit_per_s=number_of(admits, "admit_per_s") if admits else None,
        items=_goods(post.get("goods", ""), chosen.currency),
    )
    return services.plan_sale(draft=draft, actor=caller(request).name, now=now())


def _goods(text: str, currency: str) -> tuple[SaleItemDraft, ...]:
    """One article a line. Refuses BadGoods, UnknownSku."""
    rows = [(n, line.split()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    known = catalogue.sku_by_code(codes=[words[0] for _n, words in rows[: goods_max + 1]])
    found = []
    for n, words in rows[: goods_max + 1]:
        if len(words) != 4 or not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words[2:]):
            raise BadGoods(field="goods", row=n)
        if words[0] not in known:
            raise UnknownSku(field="goods", sku=words[0])
        found.append(SaleItemDraft(known[words[0]].id, _price(words[1], currency, n), int(words[2]), int(words[3])))
    return tuple(found)


def _price(text: str, currency: str, row: int) -> int:
    minor = minor_of(text, currency)
    if minor is None:
        raise BadGoods(field="goods", row=row)
    return minor


@access(Role.CATALOGUE, Role.FINANCE)
@require_http_methods(["GET", "POST"])
def sale(request: HttpRequest, sale_id: UUID) -> HttpResponse:
    """One sale as it goes: units taken, orders by the minute. A POST calls it off."""
    if request.method == "POST":
        with refusals_told(request):
            services.call_off(sale_id=sale_id, actor=caller(request).name, reason=reason(request), now=now())
            messages.success(request, _("The sale is called off"))
        return redirect("office_sale", sale_id=sale_id)
    found, at = existing(selectors.sale(sale_id=sale_id), sale_id), now()
    skus = catalogue.skus(ids=[item.sku_id for item in found.items])
    return office_page(
        request,
        "sale",
        found.titles.get(language(), found.code),
        crumbs=[(_("Flash sales and limits"), reverse("office_sales"))],
        sale=found,
        state=found.state(at),
        items=[(item, skus.get(item.sku_id), round(100 * item.taken / item.units)) for item in found.items],
        taken=sum(item.taken for item in found.items),
        units=sum(item.units for item in found.items),
        columns=_columns(found, at),
        inside=min(found.numbers, max(0, (at - found.starts_at) * (found.admit_per_s or 0) // timedelta(seconds=1))),
    )


def _columns(sale: Sale, at: datetime) -> list[Mapping[str, Any]]:
    """Columns of the last half hour's chart, or of the sale's last one, in the drawing's units."""
    last = min(at, sale.over_at)
    counted = selectors.pace(sale_id=sale.id, since=last - timedelta(minutes=minutes_shown), at=last)
    most = max([*counted.values(), 1])
    columns: list[Mapping[str, Any]] = []
    for i in range(minutes_shown):
        ago = minutes_shown - 1 - i
        count = counted.get(ago, 0)
        height = round(chart_px * count / most)
        moment = (last - timedelta(minutes=ago)).astimezone(CHINA)
        place = {"x": i * column_px, "height": height, "y": chart_px - height}
        columns.append({**place, "count": count, "moment": moment, "named": i % 5 == 4})
    return columns


@access(Role.CATALOGUE, Role.FINANCE)
@require_POST
def limit(request: HttpRequest) -> HttpResponse:
    """Set a purchase limit, or end it where a reason is given."""
    code = request.POST.get("sku", "").strip()[:60]
    with refusals_told(request):
        known = catalogue.sku_by_code(codes=[code]).get(code)
        if known is None:
            raise UnknownSku(field="sku", sku=code)
        if "reason" in request.POST:
            services.end_limit(sku_id=known.id, actor=caller(request).name, reason=reason(request), now=now())
            messages.success(request, _("The limit has ended"))
        else:
            quantity, days = (number_of(request.POST.get(name, ""), name) for name in ("quantity", "days"))
            services.set_limit(sku_id=known.id, quantity=quantity, days=days, actor=caller(request).name, now=now())
            messages.success(request, _("The limit is set"))
    return redirect("office_sales")
