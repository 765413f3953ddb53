"""The basket, split into parcels as it would be ordered now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from entrepot.basket import selectors as baskets
from entrepot.basket import services as basket
from entrepot.catalogue import selectors as catalogue
from entrepot.checkout import selectors as checkout
from entrepot.checkout.types import How
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.web.common.access import PUBLIC, access
from entrepot.web.storefront.forms import PutForm, wishes_of
from entrepot.web.storefront.shell import storefront_at
from entrepot.web.storefront.shopper import buyer, remember, shopper, shopper_or_new


@access(PUBLIC)
@never_cache
@require_safe
def basket_page(request: HttpRequest) -> HttpResponse:
    return _page(request, 200)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    """The basket as it would be ordered; where stock alone is short, what is there of it, beside what is left out.
    Stock may have changed between the two looks: the later one says."""
    store, who = storefront_at(request.get_host()), shopper(request)
    lines = baskets.lines(buyer_id=who, storefront_id=store.id) if who else []
    asked: dict[str, Any] = {"storefront": store, "wishes": wishes_of(lines), "buyer_id": buyer(request), "now": now()}
    quote = checkout.quote(**asked) if lines else None
    context: dict[str, Any] = {"here": "basket", "quote": quote, "short": {}, "left_out": quote and quote.unplaced}
    if quote and quote.partly:
        there = checkout.quote(**asked, how=How(partial=True))
        short = {one.sku.id: one for one in there.shortages}
        quoted = [*quote.unplaced, *(line for parcel in quote.parcels for line in parcel.lines)]
        asked_for = {line.sku.id: line for line in quoted}
        gone = [asked_for[sku_id] for sku_id, one in short.items() if not one.there]
        context |= {"quote": there, "short": short, "left_out": [*there.unplaced, *gone]}
    return render(request, "shop/basket.html", context, status=status)


@access(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def put(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":  # a page that said no, asked for in the other language or by its address
        return HttpResponseRedirect(reverse("basket"))
    form = PutForm(request.POST)
    if not form.is_valid():
        return _said_no(request, form.first_error(), 422)
    sku_id, quantity = form.cleaned_data["sku"], form.cleaned_data["quantity"]
    store, who = storefront_at(request.get_host()), shopper_or_new(request)
    adding = form.cleaned_data["mode"] == "add"
    write = basket.add if adding else basket.put
    try:
        write(buyer_id=who, storefront_id=store.id, sku_id=sku_id, quantity=quantity, now=now())
    except Refusal as refusal:
        return _said_no(request, refusal.message(get_language() or "zh-hans"), refusal.status)
    stays = adding and request.htmx and form.cleaned_data["next"] != "checkout"  # type: ignore[attr-defined]
    answer = _added(request, who, store.id, sku_id) if stays else _onward(request, form)
    remember(request, answer)
    return answer


def _added(request: HttpRequest, who: UUID, storefront_id: UUID, sku_id: UUID) -> HttpResponse:
    """What a page shows in place after an article went in, with the new number for the badges."""
    context = {
        "sku": catalogue.skus(ids=[sku_id])[sku_id],
        "count": baskets.count(buyer_id=who, storefront_id=storefront_id),
    }
    return render(request, "parts/added.html", context)


def _onward(request: HttpRequest, form: PutForm) -> HttpResponse:
    if form.cleaned_data["mode"] == "add" and form.cleaned_data["next"] != "checkout":
        messages.success(request, _("It is in your basket."))
    address, leaves = reverse(form.cleaned_data["next"] or "basket"), bool(form.cleaned_data["next"])
    # The basket's own forms are drawn in their place: there htmx follows by itself.
    return HttpResponseClientRedirect(address) if request.htmx and leaves else HttpResponseRedirect(address)  # type: ignore[attr-defined]


def _said_no(request: HttpRequest, message: str, status: int) -> HttpResponse:
    """In place for htmx (which shows only answers with status 200), else on the basket page."""
    if request.htmx and request.POST.get("mode") == "add":  # type: ignore[attr-defined]
        return render(request, "parts/refused.html", {"message": message})
    messages.error(request, message)
    return _page(request, 200 if request.htmx else status)  # type: ignore[attr-defined]
