"""The return before customs: asked by a job, answered by an event, asked again by a clerk."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.customs import selectors as customs_read
from entrepot.customs import services as customs
from entrepot.customs.types import ReturnWish
from entrepot.outbox.services import defer
from entrepot.returns import models
from entrepot.returns.services.moving import NotNow, UnknownReturn, locked, move, trace, turn_of
from entrepot.returns.services.settling import hear_customs
from entrepot.returns.types import Clerk, CustomsAnswer, Reason, ReturnState

ASK = "returns.ask_customs"
ASKED = "customs_asked"


def ask_later(row: models.Return, now: datetime) -> None:
    """Customs is to be asked: by a job, in the caller's transaction, for signing and sending take their time."""
    who = Clerk(row.id, row.buyer_id, "system:returns")
    states = (ReturnState.APPROVED, ReturnState.ARRIVED, ReturnState.LAPSED, ReturnState.COMPLETED)
    move(who, states, kind=ASKED, customs=CustomsAnswer.ASKED, customs_code="", now=now)
    args = {"return_id": str(row.id), "buyer_id": str(row.buyer_id)}
    defer(job=ASK, lock=turn_of(row), args=args)


def ask_again(*, who: Clerk, now: datetime) -> None:
    """A clerk asks customs once more after a no, with a message of its own. Refuses UnknownReturn, NotNow."""
    with transaction.atomic():
        row = locked(who)
        if row.customs != CustomsAnswer.REFUSED:
            raise NotNow
        ask_later(row, now)
        trace(row, action="ask_customs", who=who, reason=row.customs_code, now=now)


def ask_customs(*, return_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """Send the application to customs (CEB625). Repeating it continues where it stopped.

    Calls outside, so not inside a transaction. Refuses UnknownReturn and what `customs.bring_back` refuses.
    """
    row = models.Return.objects.filter(buyer_id=buyer_id, id=return_id).first()
    if row is None:
        raise UnknownReturn(what="return")
    if row.state == ReturnState.WITHDRAWN:
        customs.keep_back(return_id=return_id, buyer_id=buyer_id)
        return
    if row.customs != CustomsAnswer.ASKED:
        return
    lines = models.Line.objects.filter(buyer_id=buyer_id, of_id=row.id)
    customs.bring_back(
        wish=ReturnWish(
            return_id=row.id,
            buyer_id=buyer_id,
            parcel_id=row.parcel_id,
            number=row.number,
            units=dict(lines.values_list("number", "quantity")),
            reason=Reason(row.reason).zh,
            version=_times_asked(row),
        ),
        now=now,
    )


def follow_customs(*, return_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """Customs has decided: the return takes over how its application stands now, so that old news change nothing. The
    answer to an earlier question is none to a new one."""
    said = customs_read.return_answer(return_id=return_id, buyer_id=buyer_id)
    row = models.Return.objects.filter(buyer_id=buyer_id, id=return_id).first()
    if said is None or said.accepted is None or row is None or said.version < _times_asked(row):
        return
    answer = CustomsAnswer.ACCEPTED if said.accepted else CustomsAnswer.REFUSED
    hear_customs(return_id=return_id, buyer_id=buyer_id, answer=answer, code=said.code, now=now)


def _times_asked(row: models.Return) -> int:
    return models.Event.objects.filter(buyer_id=row.buyer_id, of_id=row.id, kind=ASKED).count()
