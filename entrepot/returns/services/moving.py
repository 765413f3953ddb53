"""How a return moves: its row is the guard, and every step is an entry of its timeline."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import F

from entrepot.audit.services import record
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.returns import models
from entrepot.returns.types import NOTE_MAX, Clerk, ReturnState


class UnknownReturn(NotFound):
    code = "unknown_return"
    zh = "没有找到这笔退货"
    en = "There is no such return"


class NotNow(Refusal):
    code = "return_not_now"
    zh = "退货当前的状态不能进行此操作，请刷新后再看"
    en = "The return is in a state in which this cannot be done: look again first"


def locked(who: Clerk) -> models.Return:
    """The return, kept from changing until the transaction ends. Refuses UnknownReturn."""
    row = models.Return.objects.select_for_update().filter(buyer_id=who.buyer_id, id=who.return_id).first()
    if row is None:
        raise UnknownReturn(what="return")
    return row


def move(
    who: Clerk, before: Collection[ReturnState], *, kind: str, now: datetime, note: str = "", **changes: Any
) -> models.Return:
    """Change a return that is in one of these states, and say so in its timeline; the row as it is now, locked.

    In the caller's transaction. Refuses UnknownReturn, NotNow.
    """
    rows = models.Return.objects.filter(buyer_id=who.buyer_id, id=who.return_id)
    if not rows.filter(state__in=before).update(sequence=F("sequence") + 1, **changes):
        raise NotNow if rows.exists() else UnknownReturn(what="return")
    row = rows.get()
    note_event(row, kind=kind, actor=who.actor, note=note, now=now)
    return row


def turn_of(row: models.Return) -> str:
    """The lock of jobs about the return at customs: one runs after another."""
    return f"return:{row.id}"


def note_event(row: models.Return, *, kind: str, actor: str, note: str, now: datetime) -> None:
    """The entry that the row's `sequence` counts."""
    models.Event.objects.create(
        id=new_id(),
        buyer_id=row.buyer_id,
        of_id=row.id,
        sequence=row.sequence,
        kind=kind,
        at=now,
        actor=actor,
        note=note[:NOTE_MAX],
    )


def trace(row: models.Return, *, action: str, who: Clerk, reason: str, now: datetime) -> None:
    """What a clerk did, in the log of doings."""
    record(
        actor=who.actor,
        action=f"returns.{action}",
        subject_kind="return",
        subject_id=row.id,
        buyer_id=row.buyer_id,
        reason=reason,
        at=now,
    )


def plain_text(text: str, length: int = NOTE_MAX) -> str:
    """What a person wrote, on one line, without what no page shows."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:length].strip()
