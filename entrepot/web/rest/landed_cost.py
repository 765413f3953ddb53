"""The landed cost of any goods, without a basket: what `tariff` answers, over the wire."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from entrepot.identity.types import Scope
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import wire
from entrepot.web.common.access import PUBLIC
from entrepot.web.common.callers import Door
from entrepot.web.rest import render
from entrepot.web.rest.landed_cost_schema import ANSWER, REQUEST
from entrepot.web.rest.reading import body_of
from entrepot.web.rest.schemas import Problem

asks = Door(PUBLIC, scope=Scope.QUOTES_READ)
router = Router()


@router.post(
    "/landed-cost/quotes",
    auth=asks,
    response={200: dict[str, Any], 413: Problem, 422: Problem},
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": REQUEST}}},
        "responses": {200: {"description": "OK", "content": {"application/json": {"schema": ANSWER}}}},
    },
)
def quote_landed_cost(request: HttpRequest) -> HttpResponse:
    """Which regime applies, what is owed to the cent, who collects it, and why. Computes only: nothing is kept.

    A refusal names the field (`lines[0].hs_code`) and, in `data`, what was wrong with it.
    """
    return render.answer(wire.render(tariff.quote(request=wire.parse(body_of(request)))))
