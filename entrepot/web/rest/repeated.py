"""Idempotency of the API's writes: header in, kept answer out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from entrepot.kit.clock import now
from entrepot.repeats import services as repeats
from entrepot.storefronts.types import Storefront
from entrepot.web.common.access import MustLogIn
from entrepot.web.common.callers import caller
from entrepot.web.rest import render


def me(request: HttpRequest) -> UUID:
    """The caller's person. Refuses MustLogIn."""
    person = caller(request).person_id
    if person is None:
        raise MustLogIn()
    return person


def key_of(request: HttpRequest) -> str:
    """The Idempotency-Key. Refuses KeyMissing."""
    return repeats.checked_key(key=request.headers.get("Idempotency-Key"))


def once(request: HttpRequest, run: Callable[[], tuple[int, Any]], *, shop: Storefront | None = None) -> HttpResponse:
    """Run a write once per caller and key. The answer must not hold personal data in the clear: it is kept.

    `shop`: of what each shop has for itself. The same path and body are another request at another shop.
    """
    where = f"{shop.id}\n" if shop else ""
    asked = f"{request.method} {request.path}\n{where}".encode() + request.body
    key = request.headers.get("Idempotency-Key")
    given = repeats.once(buyer_id=me(request), key=key, request=asked, now=now(), run=run)
    response = render.answer(given.body, given.status)
    if given.replayed:
        response["Idempotency-Replayed"] = "true"
    return response
