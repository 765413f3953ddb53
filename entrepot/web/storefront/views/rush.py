"""Flash sales: the list, one sale with what is left of it, and the line at its door."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from entrepot.checkout import services as checkout
from entrepot.checkout.services import Standing, Turn
from entrepot.kit.clock import now
from entrepot.pricing.types import Sale
from entrepot.web.common.access import PUBLIC, access
from entrepot.web.common.formats import text
from entrepot.web.common.rush import Window, window, windows
from entrepot.web.storefront.pages import Page, Visit, kept_page
from entrepot.web.storefront.shell import storefront_at
from entrepot.web.storefront.shopper import buyer

TICKET, PASS = "line_", "pass_"  # beginnings of cookies; the sale's code follows
passes_max = 10


@access(PUBLIC)
@kept_page
def sales(visit: Visit) -> Page:
    return Page("shop/sales.html", {"here": "sales", "windows": windows(visit.storefront)})


@access(PUBLIC)
@kept_page
def sale(visit: Visit, code: str) -> Page:
    shown = window(visit.storefront, code)
    return Page("shop/sale.html", {"here": "sales", "window": shown, "name": text(shown.sale.titles)})


@access(PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def line(request: HttpRequest, code: str) -> HttpResponse:
    """Where somebody stands. A POST lines up; whose turn has come is given the pass and shown the goods."""
    shown = window(storefront_at(request.get_host()), code)
    if not shown.door:
        return HttpResponseRedirect(reverse("sale", args=[code]))
    buyer_id, at = buyer(request), now()
    here = reverse("line", args=[code])
    if request.method == "POST":
        if buyer_id is None:
            return HttpResponseRedirect(_log_in(here))
        turn = checkout.line_up(sale=shown.sale, buyer_id=buyer_id, ticket=_ticket(request, shown.sale), now=at)
        answer: HttpResponse = HttpResponseRedirect(here)
        _keep(answer, TICKET + shown.sale.code, turn.ticket, shown.sale)
        return answer
    turn_now = checkout.look(sale=shown.sale, ticket=_ticket(request, shown.sale), now=at)
    held = checkout.read_ticket(ticket=turn_now.ticket) if turn_now else None
    if held is None or held.buyer_id != buyer_id:
        turn_now = None  # none yet, or that of somebody else who used this browser
    return _line(request, shown, turn_now, at)


def _line(request: HttpRequest, shown: Window, turn: Turn | None, at: datetime) -> HttpResponse:
    buyer_id = buyer(request)
    over = shown.state in ("over", "sold_out")
    token = ""
    if turn is not None and turn.answer.standing is Standing.ADMITTED and buyer_id is not None:
        token = checkout.let_in(sale=shown.sale, buyer_id=buyer_id, ticket=turn.ticket, now=at)
    context = {
        "here": "sales",
        "window": shown,
        "name": text(shown.sale.titles),
        "standing": Standing.OVER if over else turn.answer.standing if turn else None,
        "turn": turn,
        "known": buyer_id is not None,
        "log_in": _log_in(reverse("line", args=[shown.sale.code])),
        "until_pass": admitted.until if (admitted := checkout.read_pass(shown=token)) else None,
    }
    answer = render(request, "shop/line.html", context)
    if token:
        _keep(answer, PASS + shown.sale.code, token, shown.sale)
    return answer


def _log_in(here: str) -> str:
    return f"{reverse('account_login')}?{urlencode({'next': here})}"


def _ticket(request: HttpRequest, sale: Sale) -> str:
    return request.COOKIES.get(TICKET + sale.code, "")


def _keep(answer: HttpResponse, name: str, token: str, sale: Sale) -> None:
    if token:
        answer.set_cookie(
            name,
            token,
            expires=sale.ends_at,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )


def passes(request: HttpRequest) -> tuple[str, ...]:
    """What the doors gave this browser and has not run out."""
    shown = [value for name, value in request.COOKIES.items() if name.startswith(PASS)]
    at = now()
    held = [one for one in shown if (told := checkout.read_pass(shown=one)) and at < told.until]
    return tuple(held[:passes_max])
