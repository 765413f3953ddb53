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
from entrepot.web.rest.reading import body_of
from entrepot.web.rest.schemas import Problem

router = Router(auth=Door(PUBLIC, scope=Scope.QUOTES_READ))

_DECIMAL = {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,10})?$"}
_RATE = {"type": ["string", "null"]}
_LINE = {
    "type": "object",
    "required": ["id", "hs_code", "origin", "quantity", "unit", "unit_price"],
    "properties": {
        "id": {"type": "string"},
        "hs_code": {"type": "string"},
        "origin": {"type": "string"},
        "quantity": _DECIMAL,
        "unit": {"type": "string"},
        "unit_price": _DECIMAL,
        "discount": _DECIMAL,
        "measures": {"type": "object", "additionalProperties": _DECIMAL},
        "table_value": _RATE,
        "rates": {"type": "object", "properties": {"duty": _RATE, "excise": _RATE, "vat": _RATE}},
    },
}
REQUEST = {
    "type": "object",
    "required": ["destination", "date", "currency", "lines"],
    "properties": {
        "destination": {"type": "string"},
        "channel": {"type": ["string", "null"], "enum": ["bonded", "direct", "postal", "general", "express", None]},
        "date": {"type": "string", "format": "date"},
        "currency": {"type": "string"},
        "freight": _DECIMAL,
        "insurance": _DECIMAL,
        "incoterm": {"type": ["string", "null"], "enum": ["DDP", "DAP", None]},
        "registered_seller": {"type": "boolean"},
        "buyer": {"type": "object"},
        "lines": {"type": "array", "minItems": 1, "items": _LINE},
    },
}


@router.post(
    "/landed-cost/quotes",
    response={200: dict[str, Any], 413: Problem, 422: Problem},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": REQUEST}}}},
)
def quote_landed_cost(request: HttpRequest) -> HttpResponse:
    """Which regime applies, what is owed to the cent, who collects it, and why. Computes only: nothing is kept."""
    return render.answer(wire.render(tariff.quote(request=wire.parse(body_of(request)))))
