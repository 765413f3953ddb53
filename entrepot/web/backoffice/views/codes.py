"""Codes for goods: made for the lots of an article, printed as labels, and the chain they open."""

from __future__ import annotations

from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.provenance import selectors, services
from entrepot.stock import selectors as stock
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.page import existing, office_page, once, refusals_told, search_text
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

WORKERS = (Role.WAREHOUSE, Role.OPERATOR)


@access(*WORKERS)
def listed(request: HttpRequest) -> HttpResponse:
    text = search_text(request)
    skus = {one.id: one for one in catalogue.sku_by_code(codes={text, text.upper()}).values()} if text else {}
    lots = stock.lots_of(sku_ids=skus) if skus else []
    return office_page(
        request, "codes/list", _("Codes on goods"), q=text, lots=[(one, skus[one.sku_id]) for one in lots]
    )


@access(*WORKERS)
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    with refusals_told(request):
        return redirect("office_labels", lot_id=once(request, _issued))
    return redirect("office_codes")


def _issued(request: HttpRequest) -> UUID:
    """The lot that the codes are made for."""
    try:
        lot_id = UUID(fields.text(request, "lot"))
    except ValueError:
        raise fields.FieldWrong(field="lot", what=_("Lot")) from None
    lot = existing(stock.lots(ids=[lot_id]).get(lot_id), lot_id)
    units = fields.number(request, "units") or 0
    made = services.issue(sku_id=lot.sku_id, lot_id=lot_id, units=units, actor=caller(request).name, now=now())
    messages.success(request, _("%(n)s codes are made") % {"n": len(made)})
    return lot_id


@access(*WORKERS)
def labels(request: HttpRequest, lot_id: UUID) -> HttpResponse:
    """A sheet of labels to print, the newest codes first, and the chain that they open."""
    lot = existing(stock.lots(ids=[lot_id]).get(lot_id), lot_id)
    codes = selectors.codes(lot_id=lot_id)
    return office_page(
        request, "codes/labels", _("Labels of lot %(lot)s") % {"lot": lot.code},
        crumbs=[(_("Codes on goods"), reverse("office_codes"))], lot=lot,
        sku=catalogue.skus(ids=[lot.sku_id]).get(lot.sku_id), labels=[(one, _qr(one.code)) for one in codes],
        links=selectors.links(sku_id=lot.sku_id, lot_id=lot_id),
        broken=selectors.verify(sku_id=lot.sku_id, lot_id=lot_id),
    )  # fmt: skip


def _qr(code: str) -> SafeString:
    """The drawing of segno holds nothing but a path."""
    drawing = segno.make(f"{settings.PUBLIC_URL}/t/{code}/", error="m").svg_inline(scale=2, omitsize=True)
    return mark_safe(drawing)  # noqa: S308
