"""What outside parties tell us: `POST /callbacks/…`. Public, no cookies, no CSRF: each service checks the signature.

Any 2xx tells the sender to stop repeating. A refusal is problem+json with its own status, in the language
the sender accepts; most senders try again for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.translation import get_language_from_request
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from entrepot.checkout import services as checkout
from entrepot.customs import services as customs
from entrepot.customs.types import News
from entrepot.kit import clock
from entrepot.kit.refusals import Refusal
from entrepot.payments import services as payments
from entrepot.payments.types import Captured
from entrepot.shipping import services as shipping
from entrepot.shipping.types import Carried
from entrepot.web.common.access import PUBLIC, access
from entrepot.web.common.middleware import problem

body_bytes_max = 1024 * 1024

Take = Callable[[str, bytes, Mapping[str, str], datetime], None]
TooLarge = Callable[[HttpRequest, int, Refusal, datetime], None]


class MessageTooLarge(Refusal):
    code = "message_too_large"
    status = 413
    zh = "消息过大（上限 {limit} 字节）"
    en = "The message is too large (at most {limit} bytes)"


def callback(take: Take, too_large: TooLarge | None = None) -> Callable[..., HttpResponse]:
    """A view around a verb that takes (party, body, headers, now). 204, or the refusal; what is `too_large` may be
    looked at before it is refused."""

    @wraps(take)
    def view(request: HttpRequest, party: str = "") -> HttpResponse:
        try:
            length = request.META.get("CONTENT_LENGTH") or "0"
            if not length.isdigit() or int(length) > body_bytes_max:
                refusal = MessageTooLarge(limit=body_bytes_max)
                if too_large is not None and length.isdigit():
                    too_large(request, int(length), refusal, clock.now())
                raise refusal
            take(party, request.body, request.headers, clock.now())
        except Refusal as refusal:
            content = problem(refusal, get_language_from_request(request))
            return JsonResponse(content, status=refusal.status, content_type="application/problem+json")
        return HttpResponse(status=204)

    declared: Callable[..., HttpResponse] = access(PUBLIC)(csrf_exempt(require_POST(view)))
    return declared


@callback
def payment_notice(party: str, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    def settle(captured: Captured) -> bool:
        return checkout.settle(captured=captured, now=now)

    payments.take_notice(provider=party, body=body, headers=headers, now=now, then=settle)


@callback
def carrier_report(party: str, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    def follow(carried: Carried) -> None:
        checkout.follow_parcel(carried=carried, now=now)

    shipping.take_scan(carrier=party, body=body, headers=headers, now=now, then=follow)


def _take_receipt(party: str, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    def follow(news: News) -> None:
        checkout.follow_customs(news=news, now=now)

    customs.take_receipt(body=body, headers=headers, now=now, then=follow)


def _keep_too_large(request: HttpRequest, size: int, refusal: Refusal, now: datetime) -> None:
    customs.keep_too_large(read=request.read, size=size, refusal=refusal, now=now)


customs_receipt = callback(_take_receipt, too_large=_keep_too_large)


@access(PUBLIC)
@csrf_exempt
@require_POST
def payment_data_request(request: HttpRequest) -> HttpResponse:
    """Customs asks for the raw payment data of an order (announcement 179/2018, `platDataOpen`): answered at once, in
    its own words; the data go to customs' address, never to the caller."""
    at = clock.now()
    try:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > body_bytes_max:
            raise MessageTooLarge(limit=body_bytes_max)
        customs.take_data_request(body=request.body, headers=request.headers, now=at)
    except Refusal as refusal:
        told = {"code": "20000", "message": refusal.message("zh-hans")}
        return JsonResponse({**told, "serviceTime": _ms(at)}, status=refusal.status)
    return JsonResponse({"code": "10000", "message": "", "serviceTime": _ms(at)})


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


urlpatterns = [
    path("payments/sandbox", payment_notice, {"party": "sandbox"}, name="payment_notice"),
    path("carriers/sandbox", carrier_report, {"party": "sandbox"}, name="carrier_report"),
    path("customs", customs_receipt, name="customs_receipt"),
    path("customs/platDataOpen", payment_data_request, name="payment_data_request"),
]
