"""Consignments of other systems that were taken in: their freight, and the lines whose freight nobody can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from entrepot.kit.money import to_decimal
from entrepot.replenishment import selectors
from entrepot.replenishment.types import ShipmentLine
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.navigation import may_open
from entrepot.web.backoffice.page import choice, existing, office_page, page_number, search_text
from entrepot.web.backoffice.replenishment_words import FREIGHT, LEFT_OUT, told
from entrepot.web.backoffice.views.replenishment import READERS
from entrepot.web.common.access import access


@access(*READERS)
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """The latest first; `?source=` of one system, `?unresolved=` those with a line without a known freight."""
    begin, unresolved, source = search_text(request).upper(), "unresolved" in request.GET, _source(request)
    rows, more = selectors.shipments(source=source, begin=begin, unresolved=unresolved, page=page_number(request))
    return office_page(
        request, "replenishment/shipments", _("Consignments of other systems"),
        rows=[(one, [FREIGHT.get(code, code) for code in one.reasons]) for one in rows], q=begin, unresolved=unresolved,
        source=source, page=page_number(request), more=more, crumbs=_above(),
    )  # fmt: skip


@access(*READERS)
@require_GET
def shipment(request: HttpRequest) -> HttpResponse:
    """One consignment: what each line says of its freight, and what it bears."""
    number = request.GET.get("number", "")[:40]
    found = list(selectors.shipment_lines(source=_source(request), consignment=number.replace("\0", "")))
    existing(found or None, number)
    known = [one.freight_minor or 0 for one in found if not one.unresolved]
    return office_page(
        request, "replenishment/shipment", number, first=found[0], freight=sum(known), unknown=len(found) - len(known),
        rows=[(one, FREIGHT.get(one.basis, ""), FREIGHT.get(one.unresolved, one.unresolved)) for one in found],
        ours={one.became_id for one in found if one.became_id}, may_see_ours=may_open(request, "office_consignments"),
        left_out=told(LEFT_OUT, Counter(one.left_out for one in found if one.left_out)),
        crumbs=[*_above(), (_("Consignments of other systems"), reverse("office_shipments"))],
    )  # fmt: skip


@access(*READERS)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Every line as a file; `?source=` of one system, `?unresolved=` those without a known freight."""
    form = Form(choice(request, "form", Form) or Form.CSV)
    found = selectors.shipment_lines(source=_source(request) or None, unresolved="unresolved" in request.GET)
    return table(rows=_rows(found), name="consignments", form=form)


def _rows(found: Iterable[ShipmentLine]) -> Iterator[list[Any]]:
    heads = [_("Other system"), _("Consignment"), _("Line"), _("Supplier"), _("Place"), _("Article"), _("Delivered")]
    heads += [
        _("Units"),
        _("Currency"),
        _("Value"),
        _("Freight as told"),
        _("Freight borne"),
        _("Why not"),
        pgettext("history", "Left out"),
    ]
    return chain([heads], (_cells(one) for one in found))


def _cells(one: ShipmentLine) -> list[Any]:
    borne = "" if one.freight_minor is None else str(to_decimal(one.freight_minor, one.currency))
    head = [one.source, one.consignment, one.reference, one.supplier, one.place, one.article]
    worth = [one.delivered_on.isoformat(), one.quantity, one.currency, str(to_decimal(one.value_minor, one.currency))]
    why, left = FREIGHT.get(one.unresolved, one.unresolved), LEFT_OUT.get(one.left_out, one.left_out)
    return [*head, *worth, one.freight_told, borne, str(why), str(left)]


def _above() -> list[tuple[str, str]]:
    return [
        (_("Order proposals"), reverse("office_replenishment")),
        (_("Histories of other systems"), reverse("office_histories")),
    ]


def _source(request: HttpRequest) -> str:
    return request.GET.get("source", "")[:60]
