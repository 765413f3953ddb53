"""Promotions with a budget: planned, watched and ended."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.pricing import selectors, services
from entrepot.pricing.types import PromotionDraft
from entrepot.web.backoffice.fields import said
from entrepot.web.backoffice.page import office_page, reason, refusals_told
from entrepot.web.backoffice.typed import OFFER_WORDS, UnknownSku, amount_of, lists, moment_of, number_of, titles_of
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

past_shown = timedelta(days=90)
skus_max = 500
FIELDS = (
    "list", "code", "title_zh", "title_en", "starts_at", "ends_at", "threshold", "off", "times", "per_person", "budget",
    "skus",
)  # fmt: skip
_FIELD_OF = {
    "list_id": "list", "titles": "title_zh", "threshold_minor": "threshold", "off_minor": "off", "times_max": "times",
    "budget_minor": "budget", "sku_ids": "skus",
}  # fmt: skip
WORDS = {
    **OFFER_WORDS, "code": _lazy("Code"), "threshold_minor": _lazy("For goods of"), "off_minor": _lazy("take off"),
    "times_max": _lazy("at most so many times an order"),
    "per_person": _lazy("at most so many orders of one person (empty: any number)"),
    "budget_minor": _lazy("Budget for all orders"), "sku_ids": _lazy("SKUs that count (empty: all articles)"),
}  # fmt: skip


@access(Role.CATALOGUE, Role.FINANCE)
@require_http_methods(["GET", "POST"])
def promotions(request: HttpRequest) -> HttpResponse:
    """Promotions of the last months and to come with what its budget has given, and the form for a new one."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            _plan(request)
            messages.success(request, _("The promotion is planned"))
            return redirect("office_promotions")
        except Refusal as refused:
            refusal = refused
    at = now()
    field = (refusal.field or "") if refusal else ""
    answer = office_page(
        request,
        "promotions",
        _("Promotions"),
        promotions=[
            (one, one.state(at), round(100 * one.given_minor / one.budget_minor))
            for one in selectors.planned_promotions(since=at - past_shown, at=at)
        ],
        lists=lists(),
        form={name: request.POST.get(name, "") for name in FIELDS},
        refusal=said(refusal, WORDS) if refusal else "",
        field=_FIELD_OF.get(field, field),
    )
    answer.status_code = refusal.status if refusal else 200
    return answer


def _plan(request: HttpRequest) -> UUID:
    post = request.POST
    chosen = next((one for _code, one in lists() if str(one.id) == post.get("list", "")), None)
    if chosen is None:
        raise services.NoPriceList(field="list")
    per_person = post.get("per_person", "").strip()
    draft = PromotionDraft(
        list_id=chosen.id,
        code=post.get("code", "").strip(),
        titles=titles_of(post),
        threshold_minor=amount_of(post, "threshold", chosen.currency),
        off_minor=amount_of(post, "off", chosen.currency),
        times_max=number_of(post.get("times", "1").strip() or "1", "times"),
        per_person=number_of(per_person, "per_person") if per_person else None,
        starts_at=moment_of(post, "starts_at"),
        ends_at=moment_of(post, "ends_at"),
        budget_minor=amount_of(post, "budget", chosen.currency),
        sku_ids=_skus(post.get("skus", "")),
    )
    return services.plan_promotion(draft=draft, actor=caller(request).name, now=now())


def _skus(text: str) -> tuple[UUID, ...]:
    """The articles named, by code. Refuses UnknownSku."""
    codes = list(dict.fromkeys(text.split()))[: skus_max + 1]
    known = catalogue.sku_by_code(codes=codes)
    for code in codes:
        if code not in known:
            raise UnknownSku(field="skus", sku=code)
    return tuple(known[code].id for code in codes)


@access(Role.CATALOGUE, Role.FINANCE)
@require_POST
def promotion(request: HttpRequest, promotion_id: UUID) -> HttpResponse:
    """Call a promotion off."""
    with refusals_told(request):
        services.call_off_promotion(
            promotion_id=promotion_id, actor=caller(request).name, reason=reason(request), now=now()
        )
        messages.success(request, _("The promotion is called off"))
    return redirect("office_promotions")
