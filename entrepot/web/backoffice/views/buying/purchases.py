"""Purchase orders: the list, a draft, one order with its versions, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.money import to_decimal
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.procurement import selectors, services
from entrepot.procurement.types import (
    OpenLine,
    OrderDraft,
    OrderState,
    OrderView,
    Part,
    PaymentTerms,
    Row,
    SupplierInvoiceDraft,
    Version,
)
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.navigation import may_open
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    form_of,
    office_page,
    once,
    page_number,
    reason,
    refusals_told,
    search_text,
)
from entrepot.web.backoffice.views.buying import asked
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import NotAllowed, access
from entrepot.web.common.callers import caller

IN_FORCE = (OrderState.APPROVED, OrderState.SENT, OrderState.CONFIRMED, OrderState.PARTLY_RECEIVED)
MAY: dict[str, tuple[Role, ...]] = {
    "approve": (Role.PURCHASING, Role.FINANCE),
    "send": (Role.PURCHASING,),
    "confirm": (Role.PURCHASING,),
    "drop": (Role.PURCHASING,),
    "close": (Role.PURCHASING,),
    "cancel": (Role.PURCHASING,),
    "pay": (Role.FINANCE,),
    "repay": (Role.FINANCE,),
    "invoice": (Role.FINANCE,),
}
FILES: dict[str, tuple[Callable[..., bytes], str]] = {
    "pdf": (selectors.as_pdf, "application/pdf"),
    "xml": (selectors.as_ubl, "application/xml; charset=utf-8"),
}


@access(Role.PURCHASING, Role.FINANCE, Role.WAREHOUSE)
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    wanted = _wanted(request)
    rows, more = selectors.orders(**wanted, page=page_number(request))
    told = selectors.counts()
    return office_page(
        request,
        "buying/purchases_rows" if request.headers.get("HX-Target") == "rows" else "buying/purchases",
        _("Purchase orders"),
        rows=rows,
        page=page_number(request),
        more=more,
        state=wanted["state"],
        q=wanted["text"],
        chosen=str(wanted["supplier_id"] or ""),
        suppliers=selectors.suppliers().values(),
        counts=[(one, told[one]) for one in OrderState if told[one] or one.value == wanted["state"]],
        may_draft=Role.PURCHASING in caller(request).roles,
    )


def _wanted(request: HttpRequest) -> dict[str, Any]:
    given = request.GET.get("supplier", "")
    known = {str(one): one for one in selectors.suppliers()} if given else {}
    return {
        "state": choice(request, "state", OrderState),
        "supplier_id": known.get(given),
        "text": search_text(request),
    }


@access(Role.PURCHASING, Role.FINANCE, Role.WAREHOUSE)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the list finds, as a file."""
    form = Form(choice(request, "form", Form) or Form.CSV)
    rows = _rows(selectors.exported(**_wanted(request)))
    return table(rows=rows, name=f"purchases-{day_in(CHINA, now()).isoformat()}", form=form)


def _rows(found: Iterable[Row]) -> Iterator[list[Any]]:
    """In the reader's language, though the file is sent when that is forgotten."""
    states = {state: str(word(state)) for state in OrderState}
    heads = [_("Purchase order"), _("State"), _("Supplier"), _("Currency"), _("Total"), _("In yuan"), _("Units")]
    heads += [_("Received"), _("Expected"), _("Made")]
    return chain([heads], (_cells(one, states[one.state]) for one in found))


def _cells(one: Row, state: str) -> list[Any]:
    sums = [str(to_decimal(one.total_minor, one.currency)), str(to_decimal(one.value_minor, "CNY"))]
    units = [one.units, one.received, one.expected_on.isoformat(), one.made_at]
    return [one.number, state, one.supplier, one.currency, *sums, *units]


@access(Role.PURCHASING)
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """The form for a new order under a contract in force."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            return redirect("office_purchase", order_id=once(request, _drafted))
        except Refusal as refused:
            refusal = refused
    context = _form(request) | {"crumbs": [(_("Purchase orders"), reverse("office_purchases"))]}
    return asked.answered(request, "buying/draft", _("New purchase order"), refusal, context)


def _drafted(request: HttpRequest) -> UUID:
    return services.draft(wish=_wish(request), actor=caller(request).name, now=now())


def _wish(request: HttpRequest, contract_id: UUID | None = None) -> OrderDraft:
    post = request.POST
    return OrderDraft(
        contract_id=contract_id or asked.identity(post, "contract"),
        expected_on=asked.day(post, "expected_on"),
        lines=asked.lines(post),
        destination=post.get("destination", "").strip() or "CN",
        note=post.get("note", ""),
    )


def _form(request: HttpRequest) -> dict[str, Any]:
    found = selectors.contracts(in_force_on=day_in(CHINA, now()))
    names = selectors.suppliers(ids={one.supplier_id for one in found})
    return {
        "contracts": [(one, names[one.supplier_id]) for one in found],
        "contract": request.POST.get("contract", "") or request.GET.get("contract", ""),
    }


@access(Role.PURCHASING, Role.FINANCE, Role.WAREHOUSE)
@require_GET
def purchase(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = existing(selectors.order(order_id=order_id), order_id)
    return _shown(request, found, None)


def _shown(request: HttpRequest, found: OrderView, refusal: Refusal | None) -> HttpResponse:
    version = _version(found, request.GET.get("v", "")) or found.pending or found.in_force or found.latest
    skus = catalogue.skus(ids=[line.sku_id for line in version.document.lines])
    lines = {line.sku_id: line for line in found.lines} if version.number == found.version else {}
    pending, dues = found.pending, selectors.dues_of(order_id=found.id)
    owed = _owed(found, dues)
    supplier = selectors.suppliers(ids=[found.supplier_id])[found.supplier_id]
    context = {
        "crumbs": [(_("Purchase orders"), reverse("office_purchases"))],
        "found": found,
        "version": version,
        "paper": version.document,
        "rate": f"{version.document.rate.normalize():f}",
        "supplier": supplier,
        "lines": [(line, skus.get(line.sku_id), lines.get(line.sku_id)) for line in version.document.lines],
        "pending": pending,
        "owed": max(owed, 0),
        "to_come_back": max(-owed, 0) if found.state.over else 0,
        "dues": dues,
        "as_typed": request.POST.get("lines")
        or "\n".join(f"{line.sku_code} {line.units} {line.unit_price}" for line in version.document.lines),
        "four_eyes": pending is not None and pending.document.value_minor >= settings.FOUR_EYES_FROM_FEN,
        "today": day_in(CHINA, now()),
        "may_see_supplier": may_open(request, "office_suppliers"),
        **_allowed(request, found),
    }
    title = _("Purchase order %(number)s") % {"number": found.number}
    return asked.answered(request, "buying/purchase", title, refusal, context)


def _owed(found: OrderView, dues: Sequence[Part]) -> int:
    """What is not paid of its dues, below zero what is to come back; of an order that has none, as of another system,
    what was not paid of what came."""
    parts: Sequence[Part | OpenLine] = dues or [line for line in found.lines if line.received]
    return sum(one.amount_minor for one in parts) - found.paid_minor


def _version(found: OrderView, text: str) -> Version | None:
    return next((one for one in found.versions if str(one.number) == text), None)


def _allowed(request: HttpRequest, found: OrderView) -> dict[str, bool]:
    """What this member of staff may do with it now."""
    roles, pending, over = caller(request).roles, found.pending is not None, found.state.over
    came = any(line.received for line in found.lines)
    possible = {
        "approve": pending and not over,
        "send": found.state is OrderState.APPROVED,
        "confirm": found.state is OrderState.SENT,
        "drop": pending and found.version > 0,
        "close": found.state in IN_FORCE,
        "cancel": not over and not came,
        "pay": found.version > 0,  # also what was paid before it was cancelled, which is then to come back
        "repay": found.paid_minor > 0,
    }
    owes = found.version > 0 and found.state is not OrderState.CANCELLED
    possible["invoice"] = owes and found.latest.document.payment is PaymentTerms.INVOICE
    may = {f"may_{act}": possible[act] and bool(roles & set(MAY[act])) for act in MAY}
    expected = any(line.receivable and line.awaited for line in found.lines)
    may["may_announce"] = expected and may_open(request, "office_announce")
    return may | {"may_amend": not over and Role.PURCHASING in roles}


@access(Role.PURCHASING)
@form_of("office_purchase")
def amend(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The next version, from the form on the order's page."""
    found = existing(selectors.order(order_id=order_id), order_id)
    try:
        wish = _wish(request, found.contract_id)
        services.amend(order_id=order_id, wish=wish, actor=caller(request).name, now=now())
        messages.success(request, _("A new version waits to be approved"))
    except Refusal as refused:
        return _shown(request, found, refused)
    return redirect("office_purchase", order_id=order_id)


@access(Role.PURCHASING, Role.FINANCE, Role.WAREHOUSE)
@require_POST
def act(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Approve, send, confirm, record money that went or came back, or an invoice, close or cancel. Goods are counted at
    the dock, into stock and order at once."""
    found = existing(selectors.order(order_id=order_id), order_id)
    wanted = request.POST.get("act", "")
    with refusals_told(request):
        if wanted not in MAY:
            raise UnknownAct(field="act")
        if not caller(request).roles & set(MAY[wanted]):
            raise NotAllowed
        _done(request, wanted, found)
    return redirect("office_purchase", order_id=order_id)


def _done(request: HttpRequest, wanted: str, found: OrderView) -> None:
    post = request.POST
    who: dict[str, Any] = {"order_id": found.id, "actor": caller(request).name, "now": now()}
    if wanted == "approve":
        version = asked.number(post, "version")
        services.approve(**who, version=version, four_eyes_from_minor=settings.FOUR_EYES_FROM_FEN)
        messages.success(request, _("Approved"))
    elif wanted == "send":
        services.send(**who)
        messages.success(request, _("Sent to the supplier"))
    elif wanted == "confirm":
        services.confirm(**who, reference=post.get("reference", "")[:80])
        messages.success(request, _("Confirmed by the supplier"))
    elif wanted == "drop":
        services.drop_amendment(**who)
        messages.success(request, _("The amendment is dropped"))
    elif wanted in ("pay", "repay"):
        _pay(request, found, back=wanted == "repay")
    elif wanted == "invoice":
        _invoice(request, found)
    elif wanted == "close":
        services.close(**who, reason=reason(request))
        messages.success(request, _("The order is closed"))
    else:
        services.cancel(**who, reason=reason(request))
        messages.success(request, _("The order is cancelled"))


def _pay(request: HttpRequest, found: OrderView, *, back: bool) -> None:
    currency = (found.in_force or found.latest).document.currency
    draft = services.PaymentDraft(
        order_id=found.id,
        reference=request.POST.get("reference", ""),
        amount_minor=asked.minor(request.POST, "amount", currency),
        paid_on=asked.day(request.POST, "paid_on"),
    )
    record = services.record_repayment if back else services.record_payment
    record(draft=draft, actor=caller(request).name, now=now())
    messages.success(request, _("It is recorded that money came back") if back else _("The payment is recorded"))


def _invoice(request: HttpRequest, found: OrderView) -> None:
    draft = SupplierInvoiceDraft(
        order_id=found.id,
        number=request.POST.get("reference", ""),
        amount_minor=asked.minor(request.POST, "amount", found.latest.document.currency),
        invoiced_on=asked.day(request.POST, "invoiced_on"),
    )
    services.record_invoice(draft=draft, actor=caller(request).name, now=now())
    messages.success(request, _("The invoice is recorded"))


@access(Role.PURCHASING, Role.FINANCE, Role.WAREHOUSE)
@require_GET
def paper(request: HttpRequest, order_id: UUID, version: int, form: str) -> HttpResponseBase:
    """A version as the supplier gets it: PDF, UBL, or rows."""
    found = existing(selectors.order(order_id=order_id), order_id)
    one = existing(_version(found, str(version)), f"v{version}")
    name = f"{found.number}-v{one.number}"
    if form in set(Form):
        return table(rows=selectors.as_rows(order=found, version=one), name=name, form=Form(form))
    if form not in FILES:
        raise NotFound(what=form)
    made, media_type = FILES[form]
    answer = HttpResponse(made(order=found, version=one, buyer=settings.SHOP_NAME), content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer
