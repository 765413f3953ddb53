"""Cycle counts: a sheet, what was found beside the books, and what differs posted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.stock import selectors as stock
from entrepot.stock import services
from entrepot.stock.types.lots import Count, CountState
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.exports import Form, paged, table
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    form_of,
    office_page,
    once,
    page_number,
    refusals_told,
)
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

READERS = (Role.WAREHOUSE, Role.FINANCE, Role.CUSTOMS)
WORKERS = (Role.WAREHOUSE,)


@access(*READERS)
def listed(request: HttpRequest) -> HttpResponseBase:
    """A page of sheets, or all of them as a file."""
    state, page = choice(request, "state", CountState), page_number(request)
    if form := choice(request, "form", Form):
        return table(rows=_sheets(state), name="counts", form=Form(form))
    rows, places = stock.counts(state=state, page=page), stock.warehouses()
    return office_page(
        request,
        "counts",
        _("Cycle counts"),
        rows=[(row, places.get(row.warehouse_id)) for row in rows],
        state=state,
        states=list(CountState),
        page=page,
        more=len(rows) == stock.PAGE,
        places=places.values(),
        worker=bool(caller(request).roles & set(WORKERS)),
    )


def _sheets(state: str) -> Iterator[list[Any]]:
    counted = pgettext("count sheet", "Counted")
    yield [_("Number"), _("State"), _("Warehouse"), _("Lots"), counted, _("Differences"), _("Made")]
    codes = {place.id: place.code for place in stock.warehouses().values()}
    for row in paged(lambda page: stock.counts(state=state, page=page), size=stock.PAGE):
        sums = [row.lots, row.counted, row.different]
        yield [row.number, str(word(row.state)), codes.get(row.warehouse_id, ""), *sums, row.created_at]


@access(*WORKERS)
@form_of("office_counts")
def open_count(request: HttpRequest) -> HttpResponseBase:
    with refusals_told(request):
        return redirect("office_count", count_id=once(request, _opened))
    return listed(request)


def _opened(request: HttpRequest) -> UUID:
    place = fields.warehouse(request)
    return services.open_count(warehouse_id=place.id, sku_ids=_skus(request), actor=caller(request).name, now=now())


def _skus(request: HttpRequest) -> list[UUID] | None:
    """The articles that were named; None where none was. Refuses FieldWrong."""
    codes = fields.text(request, "skus", 2_000).replace(",", " ").split()
    found = catalogue.sku_by_code(codes=codes) if codes else {}
    lacking = [code for code in codes if code not in found]
    if lacking:
        raise fields.FieldWrong(field="skus", what=lacking[0])
    return [sku.id for sku in found.values()] or None


@access(*READERS)
def one_count(request: HttpRequest, count_id: UUID) -> HttpResponse:
    found = existing(stock.count(count_id=count_id), count_id)
    skus = catalogue.skus(ids={line.level.sku_id for line in found.lines})
    worker = bool(caller(request).roles & set(WORKERS)) and found.state is CountState.OPEN
    return office_page(
        request,
        "count",
        _("Cycle count %(number)s") % {"number": found.number},
        crumbs=[(_("Cycle counts"), reverse("office_counts"))],
        one=found,
        lines=[(line, skus.get(line.level.sku_id)) for line in found.lines],
        warehouse=stock.warehouses().get(found.warehouse_id),
        may_count=worker,
        may_post=worker and found.counted == len(found.lines),
    )


@access(*READERS)
def export(request: HttpRequest, count_id: UUID) -> HttpResponseBase:
    """The sheet as a file; the books' figures only where somebody has counted."""
    found, form = existing(stock.count(count_id=count_id), count_id), Form(choice(request, "form", Form) or Form.CSV)
    return table(rows=_rows(found), name=found.number, form=form)


def _rows(found: Count) -> Iterator[list[Any]]:
    skus = catalogue.skus(ids={line.level.sku_id for line in found.lines})
    counted, difference = pgettext("count sheet", "Counted"), pgettext("count sheet", "Difference")
    yield [_("SKU code"), _("Lot"), _("Best before"), counted, _("In the books"), difference, _("Reason")]
    for line in found.lines:
        sku, blank = skus.get(line.level.sku_id), line.counted is None
        yield [
            sku.code if sku else "", line.level.lot.code, str(line.level.lot.expires_on or ""), line.counted,
            line.expected, None if blank else line.difference, line.reason,
        ]  # fmt: skip


@access(*WORKERS)
@require_POST
def act(request: HttpRequest, count_id: UUID) -> HttpResponse:
    found = existing(stock.count(count_id=count_id), count_id)
    with refusals_told(request):
        doing = _DOING.get(request.POST.get("act", ""))
        if doing is None:
            raise UnknownAct(field="act")
        messages.success(request, doing(request, found))
    return redirect("office_count", count_id=count_id)


def _typed(request: HttpRequest, found: Count) -> dict[UUID, services.Counted]:
    """What stands in the form otherwise than it is written down. Refuses FieldWrong."""
    counted = {}
    for line in found.lines:
        units = fields.number(request, f"units-{line.id}", line.level.lot.code)
        why = fields.text(request, f"reason-{line.id}")
        if units is not None and (units, why) != (line.counted, line.reason):
            counted[line.id] = services.Counted(units, why)
    return counted


def _record(request: HttpRequest, found: Count) -> str:
    different = services.record_count(count_id=found.id, counted=_typed(request, found), now=now())
    return _("%(n)s lines differ from the books") % {"n": different}


def _post(request: HttpRequest, found: Count) -> str:
    """What was typed since is written down first, to be looked at before it is posted."""
    if typed := _typed(request, found):
        services.record_count(count_id=found.id, counted=typed, now=now())
        return _("What you changed is written down and not posted yet: look at the differences, then post them")
    units = services.post_count(count_id=found.id, actor=caller(request).name, now=now())
    return _("Posted: %(n)s units corrected") % {"n": units}


def _cancel(request: HttpRequest, found: Count) -> str:
    services.cancel_count(count_id=found.id, actor=caller(request).name, now=now())
    return _("Given up")


_DOING: dict[str, Callable[[HttpRequest, Count], str]] = {"record": _record, "post": _post, "cancel": _cancel}
