"""To the payment provider and back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from entrepot.checkout import services as checkout
from entrepot.kit.clock import now
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.orders.types import Order
from entrepot.payments import selectors as payments
from entrepot.payments import services as paying
from entrepot.payments.types import Captured
from entrepot.web.storefront.shopper import owner


@dataclass(frozen=True, slots=True)
class Way:
    code: str
    names: Mapping[str, str]


# Ways to pay that the shop offers, by the payments context's provider name.
WAYS = (Way("sandbox", {"zh-hans": "演示支付（沙箱）", "en": "Demo payment (sandbox)"}),)

log = logging.getLogger(__name__)


def to_provider(request: HttpRequest, number: str, case_id: UUID | None = None) -> HttpResponse:
    """Open the order's payment, or what its limit case asks on top, and send the buyer to pay; to the order's page when
    the provider does not answer."""
    back = request.build_absolute_uri(reverse("order_paid", args=[number]))
    try:
        cashier = checkout.open_payment(
            order_id=case_id,
            number=number,
            buyer_id=owner(request),
            reader="storefront.pay",
            return_url=f"{back}?case={case_id}" if case_id else back,
            notify_url=f"{settings.PUBLIC_URL}/callbacks/payments/{{provider}}",
            now=now(),
        )
    except NotFound as unknown:
        raise Http404 from unknown
    except Refusal as refusal:
        messages.error(request, refusal.message(get_language() or "zh-hans"))
        return HttpResponseRedirect(reverse("order", args=[number]))
    return HttpResponseRedirect(cashier)


def ask_provider(request: HttpRequest, order: Order, case_id: UUID | None = None) -> None:
    """Ask whether the order, or what its limit case asks on top, is paid, and settle it if so; the page says what came
    of it."""
    payment = payments.payment(order_id=case_id or order.id, buyer_id=order.buyer_id)
    if payment is None:
        return
    moment = now()

    def settle(captured: Captured) -> None:
        checkout.settle(captured=captured, now=moment)

    try:
        paying.query(payment_id=payment.id, buyer_id=order.buyer_id, now=moment, then=settle)
    except Refusal as refusal:
        log.info("payment %s: %s", payment.id, refusal.code)
        messages.warning(request, _("The payment is not confirmed yet. This page changes by itself when it is."))
