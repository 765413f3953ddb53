"""Questions about gate passes, inbound accounts, and lists beside their account books; offered by `selectors`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from entrepot.customs import models
from entrepot.customs.rules.standing import Verdict
from entrepot.customs.types import BookDifference, DeclarationState, Delivery, GatePass, Leaving, PassState, Receipt
from entrepot.kit import sql
from entrepot.kit.ids import first_id
from entrepot.stock import selectors as stock

PAGE = 50
OFFERED = 200  # lists that wait, on one page
STEP = 1_000
WAITS_FOR = timedelta(days=30)  # lists released longer ago are not offered any more, but where a pass is required
HELD_FOR = timedelta(days=60)  # that a list may be under way to its release, besides a wait for the next year


def gate_pass(*, pass_id: UUID) -> GatePass | None:
    """One gate pass with what is on it now."""
    return next(iter(_passes(models.GatePass.objects.filter(id=pass_id))), None)


def gate_passes(*, state: str = "", text: str = "", page: int = 1) -> list[GatePass]:
    """Gate passes, the newest first, by state and by how our number or customs' begins; at most `PAGE` and one more."""
    rows = models.GatePass.objects.order_by("-id")
    rows = rows.filter(state=state) if state else rows
    if text:
        rows = rows.filter(number__startswith=text) | rows.filter(customs_number__startswith=text)
    start = (max(page, 1) - 1) * PAGE
    return _passes(rows[start : start + PAGE + 1])


def lists_of_pass(*, pass_id: UUID) -> list[Leaving]:
    """What is on a gate pass, by number."""
    return [_leaving(row) for row in models.Declaration.objects.filter(pass_id=pass_id).order_by("order_number")]


def waits_since(warehouse_id: UUID, now: datetime) -> datetime:
    """What a warehouse released before has left it: without a gate pass, before one was required."""
    place = stock.warehouses().get(warehouse_id)
    closed = place.gate_pass_since if place is not None else None
    return min(closed or now, now - WAITS_FOR)


def declared_since(released_since: datetime) -> UUID:
    """The smallest id of a list that was released since then."""
    return first_id(released_since - HELD_FOR - timedelta(days=settings.LIMIT_WAIT_DAYS_MAX))


def free_lists(
    *,
    warehouse_id: UUID,
    now: datetime,
    since: datetime | None = None,
    text: str = "",
    after: UUID | None = None,
    most: int = OFFERED,
) -> list[Leaving]:
    """Released lists of a bonded warehouse that are on no gate pass, the oldest first; `after` goes on from one.
    `since`: released since then, where that is not what still waits."""
    since = since or waits_since(warehouse_id, now)
    rows = models.Declaration.objects.filter(
        warehouse_id=warehouse_id,
        state=DeclarationState.RELEASED,
        pass_id=None,
        stays_at=None,
        id__gte=declared_since(since),
        since__gte=since,
    )
    rows = rows.filter(order_number__startswith=text) if text else rows
    rows = rows.filter(id__gt=after) if after else rows
    return [_leaving(row) for row in rows.order_by("id")[:most]]


def may_leave(*, parcel_id: UUID, buyer_id: UUID) -> bool:
    """Whether a released parcel may go to its carrier: always, but from a warehouse that requires gate passes, which
    other processes heed within half a minute."""
    guarded = {one.id for one in stock.warehouses().values() if one.gate_pass_since is not None}
    if not guarded:
        return True
    row = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id).only("warehouse_id", "pass_id")
    found = row.first()
    if found is None or found.warehouse_id not in guarded:
        return True
    if found.pass_id is None:
        return found.warehouse_id not in stock.closed_gates()
    return models.GatePass.objects.filter(id=found.pass_id, state=PassState.LEFT).exists()


def delivery(*, delivery_id: UUID) -> Delivery | None:
    """One inbound account with its waybills and answers."""
    return next(iter(_deliveries(models.Delivery.objects.filter(id=delivery_id))), None)


def deliveries(*, text: str = "", page: int = 1) -> list[Delivery]:
    """Inbound accounts, the newest first, by how bill or number begins; at most `PAGE` and one more."""
    rows = models.Delivery.objects.order_by("-id")
    if text:
        rows = rows.filter(bill__startswith=text) | rows.filter(number__startswith=text)
    start = (max(page, 1) - 1) * PAGE
    return _deliveries(rows[start : start + PAGE + 1])


def _deliveries(rows: Any) -> list[Delivery]:
    found = list(rows)
    waybills: dict[UUID, list[str]] = {row.id: [] for row in found}
    answers: dict[UUID, list[Receipt]] = {row.id: [] for row in found}
    for of, number in models.DeliveryWaybill.objects.filter(delivery_id__in=waybills).values_list(
        "delivery_id", "number"
    ):
        waybills[of].append(number)
    said = models.DeliveryAnswer.objects.filter(message__delivery_id__in=answers).order_by("returned_at", "id")
    for one in said.select_related("message"):
        receipt = Receipt(one.status, one.info, one.returned_at, one.received_at)
        answers[one.message.delivery_id].append(receipt)
    return [
        Delivery(
            id=row.id,
            number=row.number,
            bill=row.bill,
            said=row.said,
            waybills=tuple(sorted(waybills[row.id])),
            version=row.version,
            sent_at=row.sent_at,
            accepted=_ACCEPTED.get(row.verdict),
            status=row.status,
            site_number=row.site_number,
            made_at=row.made_at,
            answers=tuple(answers[row.id]),
        )
        for row in found
    ]


_ACCEPTED = {Verdict.TAKEN: True, Verdict.DONE: True, Verdict.REFUSED: False, Verdict.STOPPED: False}


def book_differences(*, book: str, since: datetime) -> list[BookDifference]:
    """Lists of the book declared since then whose release and account book do not agree: released and not written off
    (or other units), written off and not released, or written off though the goods stay. Reads only."""
    return [one for found in _in_steps(book, since) for one in _differing(found)]


def _in_steps(book: str, since: datetime) -> Iterator[list[models.Declaration]]:
    after = first_id(since)
    while True:
        rows = models.Declaration.objects.filter(account_book=book, id__gt=after).order_by("id")
        found = list(rows.defer("standing", "differences")[:STEP])
        if not found:
            return
        yield found
        after = found[-1].id


def _differing(rows: Sequence[models.Declaration]) -> list[BookDifference]:
    entered = stock.written_off(references=[str(row.id) for row in rows])
    found = []
    for row in rows:
        leaves = row.state == DeclarationState.RELEASED and row.stays_at is None
        listed = _units(row.booked) if leaves else 0
        booked = entered.get(str(row.id), 0)
        if listed != booked:
            key = (row.order_number, row.list_number, row.buyer_id, row.parcel_id, row.account_book)
            found.append(BookDifference(*key, listed, booked))
    return found


def _units(booked: dict[str, Any]) -> int:
    return sum(int(units) for *_, units in booked.get("lines", ()))


def _leaving(row: models.Declaration) -> Leaving:
    return Leaving(
        declaration_id=row.id,
        buyer_id=row.buyer_id,
        parcel_id=row.parcel_id,
        order_number=row.order_number,
        list_number=row.list_number,
        account_book=row.account_book,
        state=DeclarationState(row.state),
        units=_units(row.booked),
        gross_g=row.booked.get("gross_g", 0),
        net_g=row.booked.get("net_g", 0),
        changed_at=row.changed_at,
    )


def _passes(rows: Any) -> list[GatePass]:
    found = list(rows)
    open_ids = [row.id for row in found if row.state == PassState.OPEN]
    sums = {}
    if open_ids:
        sums = {row["pass_id"]: row for row in sql.rows(sql.load("customs", "pass_sums"), {"ids": open_ids})}
    return [
        GatePass(
            id=row.id,
            number=row.number,
            warehouse_id=row.warehouse_id,
            state=PassState(row.state),
            customs_number=row.customs_number,
            vehicle=row.vehicle,
            vehicle_kg=row.vehicle_kg,
            lists=sums.get(row.id, {}).get("lists", row.lists),
            gross_g=sums.get(row.id, {}).get("gross_g", row.gross_g),
            net_g=sums.get(row.id, {}).get("net_g", row.net_g),
            opened_at=row.opened_at,
            presented_at=row.presented_at,
            ended_at=row.ended_at,
        )
        for row in found
    ]
