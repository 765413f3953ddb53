"""Gate passes: lists that customs has released leave the bonded area together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min, QuerySet

from entrepot.audit.services import record
from entrepot.customs import models
from entrepot.customs.leaving import declared_since, waits_since
from entrepot.customs.types import PassState
from entrepot.kit import sql
from entrepot.kit.ids import human_number
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import emit
from entrepot.stock import selectors as stock

LISTS_MAX = 1_000  # on one pass
LEFT = "customs.pass_left"
FREE = "customs.lists_free"


class UnknownPass(NotFound):
    code = "unknown_gate_pass"
    zh = "没有找到这张核放单"
    en = "There is no such gate pass"


class PassNotNow(Refusal):
    code = "gate_pass_not_now"
    zh = "核放单当前状态不能进行此操作，请刷新后再看"
    en = "The gate pass is in a state in which this cannot be done: look again first"


class ListsTaken(Refusal):
    code = "lists_taken"
    zh = "部分清单未放行、不属于该仓库，或已在其他核放单上"
    en = "Some of the lists are not released, of another warehouse, or on another gate pass"


class PassFull(Refusal):
    code = "gate_pass_full"
    zh = "一张核放单最多 {most} 票清单"
    en = "A gate pass takes at most {most} lists"


class PassInvalid(Invalid):
    code = "gate_pass_invalid"
    zh = "核放单资料有误：{what}"
    en = "The gate pass's {what} cannot be right"


class ListsStopped(Refusal):
    code = "lists_stopped"
    zh = "核放单上有 {lists} 票清单已不是放行状态，请先移出"
    en = "{lists} of the lists on the gate pass are not released any more: take them off first"


@dataclass(frozen=True, slots=True)
class Presented:
    """What a clerk tells customs, and the number it gave ("" where it gave none)."""

    vehicle: str
    vehicle_kg: int | None = None
    customs_number: str = ""


def open_pass(*, warehouse_id: UUID, actor: str, now: datetime) -> UUID:
    """A gate pass for a bonded warehouse, with nothing on it. Returns its id. Refuses PassInvalid."""
    warehouse = stock.warehouses().get(warehouse_id)
    if warehouse is None or not warehouse.account_book:
        raise PassInvalid(field="warehouse", what="warehouse")
    with transaction.atomic():
        row = models.GatePass.objects.create(
            number=human_number("GP", now), warehouse_id=warehouse_id, state=PassState.OPEN, opened_at=now
        )
        _trace(row, "open", actor, "", now)
    return row.id


def put_on_pass(*, pass_id: UUID, lists: Sequence[UUID], now: datetime) -> int:
    """Put these lists on an open pass, all of them or none. Returns how many.

    Refuses UnknownPass, PassNotNow, PassFull, ListsTaken.
    """
    wanted = list(set(lists))
    with transaction.atomic():
        row = _locked(pass_id, PassState.OPEN)
        if _sums(row)["lists"] + len(wanted) > LISTS_MAX:
            raise PassFull(most=LISTS_MAX)
        if len(_fill(row, wanted, len(wanted), now)) != len(wanted):
            raise ListsTaken(field="lists")
    return len(wanted)


def fill_pass(*, pass_id: UUID, most: int = LISTS_MAX, now: datetime) -> int:
    """Put the oldest lists that wait on an open pass, until it is full. Returns how many.

    Refuses UnknownPass, PassNotNow.
    """
    with transaction.atomic():
        row = _locked(pass_id, PassState.OPEN)
        room = min(most, LISTS_MAX - _sums(row)["lists"])
        return len(_fill(row, None, room, now)) if room > 0 else 0


def take_off_pass(*, pass_id: UUID, lists: Sequence[UUID]) -> int:
    """Take lists off an open pass: they wait again; tells `customs.lists_free`. Returns how many. Refuses UnknownPass,
    PassNotNow."""
    with transaction.atomic():
        row = _locked(pass_id, PassState.OPEN)
        return _free(row, models.Declaration.objects.filter(id__in=list(lists), pass_id=row.id))


def present_pass(*, pass_id: UUID, by: Presented, actor: str, now: datetime) -> None:
    """The pass is told to customs with its vehicle; what is on it stays.

    Refuses UnknownPass, PassNotNow, PassInvalid(field), ListsStopped.
    """
    vehicle, number = by.vehicle.strip().upper(), by.customs_number.strip()
    if not 0 < len(vehicle) <= 20 or not vehicle.isalnum():
        raise PassInvalid(field="vehicle", what="vehicle")
    if len(number) > 40 or not number.isascii():
        raise PassInvalid(field="customs_number", what="customs number")
    if by.vehicle_kg is not None and not 0 < by.vehicle_kg <= 100_000:
        raise PassInvalid(field="vehicle_kg", what="weight")
    with transaction.atomic():
        row = _locked(pass_id, PassState.OPEN)
        sums = _sound(row)
        if not sums["lists"]:
            raise PassInvalid(field="lists", what="lists")
        said = {"vehicle": vehicle, "vehicle_kg": by.vehicle_kg, "customs_number": number}
        _move(row, PassState.PRESENTED, **said, **sums, presented_at=now)
        _trace(row, "present", actor, number, now)


def let_pass_leave(*, pass_id: UUID, actor: str, now: datetime) -> None:
    """The vehicle has left: its parcels are with their carrier. Once; tells `customs.pass_left`.

    Refuses UnknownPass, PassNotNow, ListsStopped.
    """
    with transaction.atomic():
        row = _locked(pass_id, PassState.PRESENTED)
        _sound(row)
        _move(row, PassState.LEFT, ended_at=now)
        emit(topic=LEFT, aggregate_id=row.id, buyer_id=None, payload={"pass_id": str(row.id)})
        _trace(row, "leave", actor, "", now)


def cancel_pass(*, pass_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """The pass is given up; its lists wait again; tells `customs.lists_free`. Refuses UnknownPass, PassNotNow,
    PassInvalid(reason)."""
    if not reason.strip():
        raise PassInvalid(field="reason", what="reason")
    with transaction.atomic():
        row = _locked(pass_id, PassState.OPEN, PassState.PRESENTED)
        sums = _sums(row)
        _move(row, PassState.CANCELLED, **{name: sums[name] for name in _KEPT}, ended_at=now)
        _free(row, models.Declaration.objects.filter(pass_id=row.id))
        _trace(row, "cancel", actor, reason.strip(), now)


_KEPT = ("lists", "gross_g", "net_g")


def _free(row: models.GatePass, lists: QuerySet[models.Declaration]) -> int:
    """They are on no pass: where none is required meanwhile, who hears of it lets them go. Returns how many."""
    since = lists.aggregate(since=Min("since"))["since"]
    if since is None:
        return 0
    payload = {"warehouse_id": str(row.warehouse_id), "since": since.isoformat()}
    emit(topic=FREE, aggregate_id=row.id, buyer_id=None, payload=payload)
    return lists.update(pass_id=None)


def _fill(row: models.GatePass, ids: Sequence[UUID] | None, most: int, now: datetime) -> list[dict[str, Any]]:
    since = waits_since(row.warehouse_id, now)
    params = {
        "pass_id": row.id,
        "warehouse_id": row.warehouse_id,
        "first": declared_since(since),
        "since": since,
        "ids": ids,
        "most": most,
    }
    return sql.rows(sql.load("customs", "fill_pass"), params)


def _sums(row: models.GatePass) -> dict[str, int]:
    rows = sql.rows(sql.load("customs", "pass_sums"), {"ids": [row.id]})
    found = rows[0] if rows else {}
    return {name: found.get(name, 0) for name in (*_KEPT, "stopped")}


def _sound(row: models.GatePass) -> dict[str, int]:
    """The sums of a pass all of whose lists are still released. Refuses ListsStopped."""
    sums = _sums(row)
    if sums["stopped"]:
        raise ListsStopped(lists=sums["stopped"])
    return {name: sums[name] for name in _KEPT}


def _locked(pass_id: UUID, *states: PassState) -> models.GatePass:
    row = models.GatePass.objects.select_for_update().filter(id=pass_id).first()
    if row is None:
        raise UnknownPass(what="gate pass")
    if row.state not in states:
        raise PassNotNow
    return row


def _move(row: models.GatePass, state: PassState, **said: Any) -> None:
    models.GatePass.objects.filter(id=row.id).update(state=state, **said)


def _trace(row: models.GatePass, action: str, actor: str, reason: str, now: datetime) -> None:
    record(
        actor=actor,
        action=f"customs.pass_{action}",
        subject_kind="gate_pass",
        subject_id=row.id,
        buyer_id=None,
        reason=reason,
        at=now,
    )
