"""A buyer chooses how to go on with a parcel that customs stopped at a limit."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.checkout import services as checkout
from entrepot.checkout.types import Way
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.web.common.access import BUYER, access
from entrepot.web.storefront.shell import basket_at
from entrepot.web.storefront.shopper import owner
from entrepot.web.storefront.views.orders import own
from entrepot.web.storefront.views.paying import to_provider


@access(BUYER)
@require_POST
def choose(request: HttpRequest, number: str) -> HttpResponse:
    """`way` is refund, split, wait or general; or `part`: one order of a split goes into the basket; or `pay`: what
    general trade costs more is paid."""
    order = own(request, number)
    try:
        case_id = UUID(request.POST.get("case", ""))
        part, way = request.POST.get("part", ""), request.POST.get("way", "")
    except ValueError as wrong:
        raise checkout.NoCase() from wrong
    try:
        if part.isascii() and part.isdigit() and len(part) < 4:
            checkout.fill(case_id=case_id, buyer_id=order.buyer_id, part=int(part), now=now())
            messages.success(request, _("The goods of this part are in your basket."))
            return HttpResponseRedirect(basket_at(request.get_host(), order.storefront_id))
        if request.POST.get("pay"):
            return to_provider(request, order.number, case_id)
        with suppress(ValueError):
            checkout.choose(
                case_id=case_id, buyer_id=order.buyer_id, way=Way(way), actor=str(owner(request)), now=now()
            )
            messages.success(request, _("Noted. You see here what becomes of it."))
    except Refusal as refusal:
        messages.error(request, refusal.message(get_language() or "zh-hans"))
    return HttpResponseRedirect(reverse("order", args=[order.number]))
