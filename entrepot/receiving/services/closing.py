"""A receipt is opened, closed or given up; what it leaves open is settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.consignments import selectors as consignments
from entrepot.consignments import services as consignment_verbs
from entrepot.consignments.types import ConsignmentState
from entrepot.kit.ids import human_number, new_id
from entrepot.procurement import services as buying
from entrepot.procurement.types import Received
from entrepot.receiving import models, reading
from entrepot.receiving.services.refusals import (
    AlreadySettled,
    CountedBefore,
    LotDisputed,
    NothingCounted,
    NothingToReceive,
    ReasonNeededFor,
    ReceiptNotOpen,
    UnknownDifference,
    UnknownReceipt,
)
from entrepot.receiving.services.shelving import Shelving, put_on_shelves
from entrepot.receiving.types import Difference, GapState, ReceiptState, Weighed
from entrepot.stock import selectors as stock

REASON_MAX = 200


@dataclass(frozen=True, slots=True)
class Closing:
    """`final`: nothing more of the consignment is awaited. `reasons`: why, by the difference's `key`."""

    receipt_id: UUID
    final: bool
    reasons: Mapping[str, str]


def open_receipt(*, consignment_id: UUID, actor: str, now: datetime) -> UUID:
    """Begin to count a consignment, or join those who count it already. Refuses NothingToReceive."""
    found = consignments.consignment(consignment_id=consignment_id, brief=True)
    if found is None or found.state.over:
        raise NothingToReceive
    with transaction.atomic():
        draft = models.Receipt(
            id=new_id(), number=human_number("GR", now), consignment_id=consignment_id, state=ReceiptState.OPEN,
            opened_by=actor, opened_at=now,
        )  # fmt: skip
        models.Receipt.objects.bulk_create([draft], ignore_conflicts=True)  # the other one that is open wins
        return models.Receipt.objects.get(consignment_id=consignment_id, state=ReceiptState.OPEN).id


def close(*, closing: Closing, actor: str, now: datetime) -> Weighed:
    """Book what was counted: lots into stock, units against their orders, differences for claims; all or nothing.
    What is damaged, held or beyond an order stands in quarantine. An article that nobody announced is not ours: it is
    a difference and in no stock.

    Refuses UnknownReceipt, ReceiptNotOpen, NothingToReceive, NothingCounted, LotDisputed, ReasonNeededFor,
    NotDeclaredYet, and what stock, procurement and consignments refuse.
    """
    with transaction.atomic():
        receipt = _locked(closing.receipt_id)
        consignment = consignments.consignment(consignment_id=receipt.consignment_id, brief=True)
        if consignment is None or consignment.state.over:
            raise NothingToReceive
        weighed, _found, wrong = reading.weighed(receipt.id, consignment, final=closing.final)
        if wrong:
            raise LotDisputed(lot=wrong[0].lot or "—")
        if not weighed.counted and not weighed.differences:
            raise NothingCounted
        reasons = _reasons(weighed.differences, closing.reasons)
        shelving = Shelving(consignment, weighed, reasons, receipt.number, closing.final)
        put_on_shelves(shelving, actor=actor, now=now)
        _tell_orders(weighed, receipt.number, consignment.warehouse_id, actor, now)
        consignment_verbs.count_in(
            consignment_id=consignment.id, counted=weighed.counted, final=closing.final, actor=actor, now=now
        )
        _note_differences(receipt, weighed.differences, reasons, now)
        models.Receipt.objects.filter(id=receipt.id).update(state=ReceiptState.CLOSED, closed_by=actor, closed_at=now)
        _trace("close", receipt.id, actor, now)
    return weighed


def give_up(*, receipt_id: UUID, actor: str, now: datetime) -> None:
    """A receipt in which nothing stands, or whose consignment was cancelled, is not needed. Refuses UnknownReceipt,
    ReceiptNotOpen, CountedBefore."""
    with transaction.atomic():
        receipt = _locked(receipt_id)
        coming = consignments.consignment(consignment_id=receipt.consignment_id, brief=True)
        comes = coming is None or coming.state is not ConsignmentState.CANCELLED
        if comes and any(one.units or one.sound for one in reading.groups(receipt.id)):
            raise CountedBefore
        models.Pallet.objects.filter(receipt_id=receipt.id).delete()
        models.Receipt.objects.filter(id=receipt.id).update(
            state=ReceiptState.CANCELLED, closed_by=actor, closed_at=now
        )
        _trace("give_up", receipt.id, actor, now)


def hand_over_pallet(*, receipt_id: UUID, pallet: str, actor: str, now: datetime) -> None:
    """From now on it is this person who counts the pallet; what was counted of it stays. Refuses ReceiptNotOpen,
    UnknownReceipt."""
    with transaction.atomic():
        receipt = _locked(receipt_id)
        code = " ".join(pallet.split()).upper()
        if models.Pallet.objects.filter(receipt_id=receipt.id, code=code).update(held_by=actor):
            _trace("hand_over", receipt.id, actor, now, code)


def settle(*, difference_id: UUID, outcome: str, actor: str, now: datetime) -> None:
    """How a difference ended: credited, sent later, borne by us. Once. Refuses ReasonNeededFor, UnknownDifference,
    AlreadySettled."""
    outcome = " ".join(outcome.split())[:REASON_MAX]
    if not outcome:
        raise ReasonNeededFor(field="outcome", n=1)
    with transaction.atomic():
        rows = models.Difference.objects.filter(id=difference_id)
        done = rows.filter(state=GapState.OPEN).update(
            state=GapState.SETTLED, outcome=outcome, settled_by=actor, settled_at=now
        )
        if not done:
            raise AlreadySettled if rows.exists() else UnknownDifference(what="difference")
        _trace("settle", difference_id, actor, now, outcome)


def _locked(receipt_id: UUID) -> models.Receipt:
    """The open receipt; scans wait until the transaction ends. Refuses UnknownReceipt, ReceiptNotOpen."""
    row = models.Receipt.objects.select_for_update().filter(id=receipt_id).first()
    if row is None:
        raise UnknownReceipt(what="receipt")
    if row.state != ReceiptState.OPEN:
        raise ReceiptNotOpen
    return row


def _reasons(differences: Sequence[Difference], given: Mapping[str, str]) -> dict[str, str]:
    """Refuses ReasonNeededFor."""
    reasons = {one.key: " ".join(given.get(one.key, "").split())[:REASON_MAX] for one in differences}
    missing = [key for key, reason in reasons.items() if not reason]
    if missing:
        raise ReasonNeededFor(field=missing[0], n=len(missing))
    return reasons


def _tell_orders(weighed: Weighed, reference: str, warehouse_id: UUID, actor: str, now: datetime) -> None:
    came = [Received(line_id, units, spoiled) for line_id, (units, spoiled) in sorted(weighed.orders.items())]
    if came:
        place = stock.warehouses()[warehouse_id].code
        buying.receive_against(receipts=came, reference=reference, actor=actor, now=now, place=place)


def _note_differences(
    receipt: models.Receipt, differences: Sequence[Difference], reasons: Mapping[str, str], now: datetime
) -> None:
    models.Difference.objects.bulk_create(
        [
            models.Difference(
                id=new_id(), receipt_id=receipt.id, kind=one.kind, state=GapState.OPEN, sku_id=one.sku_id, lot=one.lot,
                expected=one.expected, found=one.found, reason=reasons[one.key], at=now,
            )
            for one in differences
        ]
    )  # fmt: skip


def _trace(action: str, subject_id: UUID, actor: str, now: datetime, reason: str = "") -> None:
    record(
        actor=actor, action=f"receiving.{action}", subject_kind="receipt", subject_id=subject_id, buyer_id=None,
        reason=reason, at=now,
    )  # fmt: skip
