"""Who shops: the person logged in, or the visitor a signed cookie remembers before log-in."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from entrepot.basket import services as basket
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.storefronts import selectors as storefronts

COOKIE = "visitor"
KEEP_S = 30 * 24 * 3600
_signer = signing.Signer(salt="entrepot.visitor")


def visitor(request: HttpRequest) -> UUID | None:
    """The visitor of the cookie; None without one, or when it was tampered with."""
    signed = request.COOKIES.get(COOKIE)
    if not signed:
        return None
    try:
        return UUID(_signer.unsign(signed))
    except (signing.BadSignature, ValueError):
        return None


def buyer(request: HttpRequest) -> UUID | None:
    """The person logged in; asks the database only when there is a session cookie."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return request.user.pk
    return None


def owner(request: HttpRequest) -> UUID:
    """The person logged in, in views that only let those in."""
    person_id = request.user.pk
    assert isinstance(person_id, UUID)
    return person_id


def shopper(request: HttpRequest) -> UUID | None:
    return buyer(request) or visitor(request)


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Give the visitor whose basket was written to their cookie, for as long again."""
    guest: UUID | None = getattr(request, "guest", None)
    if guest is not None:
        response.set_cookie(
            COOKIE,
            _signer.sign(str(guest)),
            max_age=KEEP_S,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )


def shopper_or_new(request: HttpRequest) -> UUID:
    """Whose basket is written to: a visitor without one is given an id; the view calls `remember` on its answer."""
    found = buyer(request)
    if found is None:
        found = request.guest = visitor(request) or new_id()  # type: ignore[attr-defined]
    return found


class CarryBasket:
    """After log-in the visitor's basket becomes the person's: the first request that carries both does it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if COOKIE not in request.COOKIES or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        person, guest = buyer(request), visitor(request)
        if person is None:
            return self.get_response(request)
        if guest is not None:
            home = storefronts.by_host(host=request.get_host())
            basket.merge(visitor_id=guest, buyer_id=person, storefront_id=home.id, now=now())
        response = self.get_response(request)
        response.delete_cookie(COOKIE, samesite="Lax")
        return response
