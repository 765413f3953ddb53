"""Flash sales: what they offer, what is left of it, and the line at their door."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from time import monotonic
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from ninja import Field, Query, Router, Schema

from entrepot.catalogue.types import text
from entrepot.checkout import services as checkout
from entrepot.checkout.services import Turn
from entrepot.identity.types import Scope
from entrepot.kit.clock import now
from entrepot.kit.refusals import NotFound
from entrepot.pricing.types import Sale
from entrepot.storefronts.types import Storefront
from entrepot.web.common.access import PUBLIC, MustLogIn
from entrepot.web.common.callers import Door, caller
from entrepot.web.common.memo import kept
from entrepot.web.common.rush import Window, window, windows
from entrepot.web.rest import render, schemas
from entrepot.web.rest.schemas import Problem
from entrepot.web.rest.shop import language, storefront

router = Router(auth=Door(PUBLIC, scope=Scope.CATALOGUE_READ))
list_kept_s, sale_kept_s = 5, 1


class Crowd:
    """Spreads those who look on: a process is asked about `asks_per_s_max` times a second, however many they are."""

    asks_per_s_max, pause_min_s, pause_max_s = 100, 3, 120

    def __init__(self) -> None:
        self._asked, self._since, self._pause_s = 0, 0.0, self.pause_min_s

    def count(self) -> None:
        self._asked += 1  # a lost count does no harm

    def pause_s(self, at: float) -> int:
        """For how long to wait now, from how often it was asked since the last look, while all waited as told then.

        Each sale's answer in each language asks this: whoever comes within the same second is told the same, for so
        shortly after a look hardly anybody has asked.
        """
        passed_s = at - self._since
        if passed_s < sale_kept_s:
            return self._pause_s
        wanted = self._pause_s * self._asked / (passed_s * self.asks_per_s_max)
        self._asked, self._since = 0, at
        self._pause_s = min(max(ceil(wanted), self.pause_min_s), self.pause_max_s)
        return self._pause_s


_crowd = Crowd()


class LineIn(Schema):
    ticket: Annotated[str, Field(max_length=400)] = ""


@router.get("/flash-sales", response={200: list[schemas.SaleOut]})
def flash_sales(request: HttpRequest) -> HttpResponse:
    """Flash sales that run, come or have ended within twelve hours, as old as five seconds."""
    return _shared(_listed(storefront(request), language()), list_kept_s)


@kept(seconds=list_kept_s)
def _listed(shop: Storefront, tongue: str) -> bytes:
    return render.encode([_sale(one, tongue) for one in windows(shop)])


@router.get("/flash-sales/{code}", response={200: schemas.SaleOut, 404: Problem})
def flash_sale(request: HttpRequest, code: schemas.PathText) -> HttpResponse:
    """A flash sale with the units that are left, as old as one second. Ask again after `poll_after_s`, which grows with
    how many look on."""
    _crowd.count()
    return _shared(_one(storefront(request), code, language()), sale_kept_s)


@kept(seconds=sale_kept_s)
def _one(shop: Storefront, code: str, tongue: str) -> bytes:
    return render.encode(_sale(window(shop, code), tongue, _crowd.pause_s(monotonic())))


def _shared(body: bytes, age_s: int) -> HttpResponse:
    """What everybody may be given a copy of for as long."""
    response = render.sent(body)
    patch_cache_control(response, public=True, max_age=age_s)
    return response


def _sale(shown: Window, tongue: str, poll_after_s: int = list_kept_s) -> dict[str, Any]:
    sale = shown.sale
    goods = [
        {
            "sku": good.sku.code,
            "product": good.sku.product_slug,
            "title": text(good.sku.titles, tongue),
            "image": good.sku.image,
            "price": render.amount(good.item.price_minor, sale.currency),
            "was": None if good.was_minor is None else render.amount(good.was_minor, sale.currency),
            "units": good.item.units,
            "left": good.item.left,
            "limit_per_person": good.item.limit_per_person,
        }
        for good in shown.goods
    ]
    return {
        "code": sale.code,
        "title": text(sale.titles, tongue),
        "state": shown.state.value,
        "starts_at": sale.starts_at.isoformat(),
        "ends_at": sale.over_at.isoformat(),
        "now": shown.at.isoformat(),
        "currency": sale.currency,
        "admit_per_s": sale.admit_per_s,
        "poll_after_s": poll_after_s,
        "items": goods,
    }


@router.get("/flash-sales/{code}/line", response={200: schemas.TurnOut, 401: Problem, 404: Problem})
def line(request: HttpRequest, code: schemas.PathText, wanted: Query[LineIn]) -> HttpResponse:
    """Where one stands in the line of a sale; ask again after `poll_after_s` with the ticket, also without a log-in.

    An account that shows no ticket is given one: before the start to take part in the draw, afterwards with the next
    number. To the account whose turn has come a pass is given, which orders have to show while it is valid.
    """
    at = now()
    sale = window(storefront(request), code).sale
    if sale.admit_per_s is None:
        raise NotFound(what=code[:60])
    buyer_id = caller(request).person_id
    if buyer_id is None:
        turn = checkout.look(sale=sale, ticket=wanted.ticket, now=at)
        if turn is None:
            raise MustLogIn
    else:
        turn = checkout.line_up(sale=sale, buyer_id=buyer_id, ticket=wanted.ticket, now=at)
    shown = None
    if buyer_id is not None and turn.answer.standing is checkout.Standing.ADMITTED:
        shown = checkout.let_in(sale=sale, buyer_id=buyer_id, ticket=turn.ticket, now=at)
    response = render.answer(_turn(sale, turn, at, shown))
    response.headers["Cache-Control"] = "no-store"
    return response


def _turn(sale: Sale, turn: Turn, at: datetime, shown: str | None) -> dict[str, Any]:
    until = checkout.read_pass(shown=shown) if shown else None
    return {
        "state": turn.answer.standing.value,
        "place": turn.answer.place,
        "first": turn.answer.first,
        "wait_s": turn.answer.wait_s,
        "poll_after_s": turn.answer.poll_after_s,
        "admit_per_s": sale.admit_per_s,
        "ticket": turn.ticket,
        "entry_pass": shown,
        "entry_until": until.until.isoformat() if until else None,
        "now": at.isoformat(),
    }
