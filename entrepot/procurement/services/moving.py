"""The way of an order: approved by a second pair of eyes, sent, confirmed, closed or cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import emit
from entrepot.procurement import models, reading
from entrepot.procurement.rules.sums import over_units
from entrepot.procurement.services.checking import trace
from entrepot.procurement.services.drafting import categories_of, shown
from entrepot.procurement.services.guarding import contract_in_force, refuse_unauthorised
from entrepot.procurement.services.history import NotNow, locked, move, note_event
from entrepot.procurement.services.limits import refuse_below
from entrepot.procurement.services.owing import reckon
from entrepot.procurement.types import DocLine, Document, OrderState, VersionState

IN_FORCE = (OrderState.APPROVED, OrderState.SENT, OrderState.CONFIRMED, OrderState.PARTLY_RECEIVED)


class FourEyes(Refusal):
    code = "four_eyes"
    status = 403
    zh = "金额达到复核线：须由起草人以外的人批准"
    en = "From this sum on somebody else than the author approves"


class Superseded(Refusal):
    code = "version_superseded"
    zh = "该版本已被新版本取代，请刷新后再看"
    en = "A newer version took this one's place: look again first"


class GoodsCame(Refusal):
    code = "goods_came"
    zh = "已有到货，不能取消：请关闭订单"
    en = "Goods have come: close the order instead of cancelling it"


class GoodsAnnounced(Refusal):
    code = "goods_announced"
    zh = "供应商已通知发货 {coming} 件，不能取消订单：请先取消或收完到货单"
    en = "{coming} units are announced: cancel their consignment, or count it in, before the order is cancelled"


def approve(*, order_id: UUID, version: int, actor: str, four_eyes_from_minor: int, now: datetime) -> None:
    """Put a version into force. From a value of `four_eyes_from_minor` (fen) on its author cannot do that.

    Contract and authorisations must hold on the day too. Refuses UnknownParty, NotNow, Superseded, FourEyes,
    BelowReceived, BelowShipped, BelowPaid, and what `draft` refuses for them.
    """
    today = day_in(CHINA, now)
    with transaction.atomic():
        order = locked(order_id)
        row = models.Version.objects.filter(order_id=order_id, number=version).first()
        if row is None or OrderState(order.state).over:
            raise NotNow
        document = reading.document(row.document)
        if document.value_minor >= four_eyes_from_minor and row.author == actor:
            raise FourEyes
        _refuse_today(order, document, today)
        _decide(order, version, actor, now)
        refuse_below(order, document)
        _put_lines(order, document)
        changes: dict[str, Any] = {"state": OrderState.APPROVED, "version": version, "amending": False}
        models.Order.objects.filter(id=order_id).update(**changes, **shown(document), approved_on=today)
        reckon(order_id)
        note_event(order, kind="approved", actor=actor, note=f"v{version}", now=now)
        trace("purchase_order", order_id, action="approve", actor=actor, now=now)


def _refuse_today(order: models.Order, document: Document, today: date) -> None:
    """Contract and authorisations may have ended since the document was written."""
    brands = {line.brand_id for line in document.lines}
    supplier = models.Supplier.objects.get(id=order.supplier_id)
    contract = contract_in_force(order.contract_id, today)
    refuse_unauthorised(contract, supplier, brands, document.destination, today)


def _decide(order: models.Order, version: int, actor: str, now: datetime) -> None:
    """The condition that lets one approval through. Refuses NotNow, Superseded."""
    drafts = models.Version.objects.filter(order_id=order.id, number=version, state=VersionState.DRAFT)
    if not drafts.update(state=VersionState.APPROVED, approved_by=actor, approved_at=now):
        waiting = models.Version.objects.filter(order_id=order.id, state=VersionState.DRAFT).exists()
        raise Superseded if waiting else NotNow


def _put_lines(order: models.Order, document: Document) -> None:
    """Lines in force become those of the document; what is not named any more has no units."""
    wanted = {line.sku_id for line in document.lines}
    there = models.Line.objects.filter(order_id=order.id).values_list("sku_id", flat=True)
    skus = catalogue.skus(ids=wanted | set(there))
    categories = categories_of(list(skus.values()))
    for line in document.lines:
        columns = _columns(line, document, categories)
        models.Line.objects.update_or_create(
            order_id=order.id, sku_id=line.sku_id, defaults=columns, create_defaults={"id": new_id(), **columns}
        )
    gone = models.Line.objects.filter(order_id=order.id).exclude(sku_id__in=wanted)
    gone.update(units=0, over=0, amount_minor=0)


def _columns(line: DocLine, document: Document, categories: Mapping[UUID, tuple[UUID, ...]]) -> dict[str, Any]:
    return {
        "number": line.number,
        "brand_id": line.brand_id,
        "origin": line.origin,
        "category_ids": list(categories.get(line.sku_id, ())),
        "units": line.units,
        "over": over_units(line.units, document.over_receipt),
        "unit_price": line.unit_price,
        "amount_minor": line.amount_minor,
    }


def send(*, order_id: UUID, actor: str, now: datetime) -> None:
    """The version in force goes to the supplier, by mail if he has an address. Contract and authorisations must hold on
    the day.

    Refuses UnknownParty, NotNow, and what `draft` refuses for them.
    """
    with transaction.atomic():
        order = locked(order_id)
        row = models.Version.objects.filter(order_id=order_id, number=order.version).first()
        if row is None or order.state != OrderState.APPROVED:
            raise NotNow
        _refuse_today(order, reading.document(row.document), day_in(CHINA, now))
        move(order_id, (OrderState.APPROVED,), state=OrderState.SENT, sent_at=order.sent_at or now)
        note_event(order, kind="sent", actor=actor, note=f"v{order.version}", now=now)
        emit(topic="procurement.sent", aggregate_id=order_id, buyer_id=None, payload={"version": order.version})


def confirm(*, order_id: UUID, reference: str, actor: str, now: datetime) -> None:
    """The supplier agrees. An order of which goods came goes on being received. Refuses NotNow, UnknownParty."""
    with transaction.atomic():
        order = locked(order_id)
        came = models.Line.objects.filter(order_id=order_id, received__gt=0).exists()
        state = OrderState.PARTLY_RECEIVED if came else OrderState.CONFIRMED
        move(order_id, (OrderState.SENT,), state=state)
        note_event(order, kind="confirmed", actor=actor, note=reference, now=now)
        close_if_complete(order_id, actor=actor, now=now)


def drop_amendment(*, order_id: UUID, actor: str, now: datetime) -> None:
    """What is in force stays, the draft after it goes; an order of which all came meanwhile is closed. Refuses
    UnknownParty, NotNow."""
    with transaction.atomic():
        order = locked(order_id)
        drafts = models.Version.objects.filter(order_id=order_id, state=VersionState.DRAFT)
        if order.version == 0 or not drafts.update(state=VersionState.DROPPED):
            raise NotNow
        models.Order.objects.filter(id=order_id).update(amending=False)
        note_event(order, kind="amendment_dropped", actor=actor, now=now)
        if order.state == OrderState.PARTLY_RECEIVED:  # what is still to be sent or confirmed goes on its way first
            close_if_complete(order_id, actor=actor, now=now)


def close(*, order_id: UUID, reason: str, actor: str, now: datetime) -> None:
    """Nothing more is awaited; what did not come counts as missing. Refuses UnknownParty, NotNow."""
    with transaction.atomic():
        order = move(order_id, IN_FORCE, state=OrderState.CLOSED, amending=False)
        models.Version.objects.filter(order_id=order_id, state=VersionState.DRAFT).update(state=VersionState.DROPPED)
        reckon(order_id)
        note_event(order, kind="closed", actor=actor, note=reason, now=now)
        trace("purchase_order", order_id, action="close", actor=actor, now=now, reason=reason)


def cancel(*, order_id: UUID, reason: str, actor: str, now: datetime) -> None:
    """The order is taken back, as long as nothing of it came or is announced. Refuses UnknownParty, NotNow, GoodsCame,
    GoodsAnnounced."""
    with transaction.atomic():
        locked(order_id)
        if models.Line.objects.filter(order_id=order_id, received__gt=0).exists():
            raise GoodsCame
        announced = models.Shipment.objects.filter(line__order_id=order_id)
        if coming := announced.aggregate(sum=Sum("coming"))["sum"]:
            raise GoodsAnnounced(coming=coming)
        order = move(order_id, (OrderState.DRAFT, *IN_FORCE), state=OrderState.CANCELLED, amending=False)
        models.Version.objects.filter(order_id=order_id, state=VersionState.DRAFT).update(state=VersionState.DROPPED)
        reckon(order_id)
        note_event(order, kind="cancelled", actor=actor, note=reason, now=now)
        trace("purchase_order", order_id, action="cancel", actor=actor, now=now, reason=reason)


def close_if_complete(order_id: UUID, *, actor: str, now: datetime) -> None:
    """In the transaction that holds the order's row: closed when all lines have their units and nothing is amended."""
    if models.Line.objects.filter(order_id=order_id, received__lt=F("units")).exists():
        return
    ready = models.Order.objects.filter(id=order_id, amending=False, state__in=list(IN_FORCE))
    if ready.update(state=OrderState.CLOSED):
        reckon(order_id)
        note_event(ready.model(id=order_id), kind="closed", actor=actor, note="complete", now=now)
