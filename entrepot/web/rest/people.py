"""The buyer's own addresses and real-name records: given in the clear, read masked."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from ninja import Router

from entrepot.identity import selectors as identity
from entrepot.identity import services
from entrepot.identity.types import AddressDraft, RealNameDraft, Scope
from entrepot.kit.clock import now
from entrepot.web.common.access import BUYER
from entrepot.web.common.callers import Door
from entrepot.web.rest import render, schemas
from entrepot.web.rest.repeated import me, once
from entrepot.web.rest.schemas import Problem

router = Router(auth=Door(BUYER, scope=Scope.ORDERS_WRITE))
_wrong = {400: Problem, 401: Problem, 403: Problem, 409: Problem, 422: Problem}


@router.get("/addresses", response={200: list[schemas.AddressOut], **_wrong})
def addresses(request: HttpRequest) -> HttpResponse:
    """The caller's addresses, masked."""
    return render.answer([asdict(address) for address in identity.masked_addresses(buyer_id=me(request))])


@router.post("/addresses", response={201: schemas.AddressOut, **_wrong})
def add_address(request: HttpRequest, payload: schemas.AddressIn) -> HttpResponse:
    """Keep a delivery address in mainland China."""
    buyer, at = me(request), now()

    def run() -> tuple[int, object]:
        made = services.add_address(buyer_id=buyer, draft=AddressDraft(**payload.model_dump()), now=at)
        found = next(address for address in identity.masked_addresses(buyer_id=buyer) if address.id == made)
        return 201, {**asdict(found), "id": str(found.id)}

    return once(request, run)


@router.get("/real-names", response={200: list[schemas.RealNameOut], **_wrong})
def real_names(request: HttpRequest) -> HttpResponse:
    """The caller's real-name records, masked."""
    return render.answer([asdict(record) for record in identity.masked_real_names(buyer_id=me(request))])


@router.post("/real-names", response={201: schemas.RealNameOut, **_wrong})
def add_real_name(request: HttpRequest, payload: schemas.RealNameIn) -> HttpResponse:
    """Keep name and resident ID number for customs, encrypted. `consent` must be given: it is stored with its time."""
    buyer, at = me(request), now()

    def run() -> tuple[int, object]:
        made = services.record_real_name(buyer_id=buyer, draft=RealNameDraft(**payload.model_dump()), now=at)
        found = next(record for record in identity.masked_real_names(buyer_id=buyer) if record.id == made)
        return 201, {**asdict(found), "id": str(found.id)}

    return once(request, run)
