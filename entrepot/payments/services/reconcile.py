from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.kit.clock import CHINA
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.payments import providers, rules
from entrepot.payments.models import Difference, Payment, Refund, Statement, TransactionEvent
from entrepot.payments.providers.port import Movement
from entrepot.payments.reading import difference_of, read_payment
from entrepot.payments.rules import Booked
from entrepot.payments.services.query import ask
from entrepot.payments.services.refunding import ask_refund_again
from entrepot.payments.types import Action, Outcome, Reconciliation, RefundState, StatementDifference

chunk_max = 1_000
note_chars_max = 200


class NoStatement(Refusal):
    code = "no_statement"
    status = 503
    zh = "无法取得支付机构 {day} 的对账单"
    en = "The provider's statement of {day} could not be had"


class UnknownDifference(NotFound):
    code = "unknown_difference"
    zh = "没有这条待处理的对账差异"
    en = "No such difference waits to be looked into"


def reconcile(*, provider: str, day: date, now: datetime) -> Reconciliation:
    """Compare our events of a day (China time) with the provider's statement and park every difference.

    Captures and refunds that the provider has and we have not finished are asked about first and taken over
    (`healed`): what remains is for a person. What a person has closed stays closed when the day is compared again.
    Calls outside, so not inside a transaction. Refuses NoStatement.
    """
    statement = providers.provider(provider).statement(day, now)
    if statement is None:
        raise NoStatement(day=day.isoformat())
    healed = _heal(statement, now)
    matched, differences = rules.compare(
        ours=_ours(provider, day),
        theirs=[Booked(m.kind, m.request_id, m.currency, m.amount_minor) for m in statement],
        known=frozenset(str(found) for found in [*_payments(statement), *_refunds(statement)]),
    )
    with transaction.atomic():
        closed = _closed(provider, day)
        run = Statement.objects.create(
            provider=provider,
            day=day,
            at=now,
            matched=matched,
            healed=healed,
            difference_count=len(differences),
        )
        Difference.objects.bulk_create(
            Difference(
                statement=run,
                kind=difference.kind,
                movement=difference.movement,
                request_id=difference.request_id,
                currency=difference.currency,
                ours_minor=difference.ours_minor,
                theirs_minor=difference.theirs_minor,
                **closed.get(difference, {}),
            )
            for difference in differences
        )
    return Reconciliation(provider, day, matched, healed, differences, now)


def close_difference(*, difference_id: UUID, actor: str, note: str, now: datetime) -> None:
    """A person has looked into a difference: `note` says what it was. It is written into the log. Where the day was
    compared again meanwhile, what was found there is the same and closed with it.

    Refuses UnknownDifference where there is none or somebody else has closed it.
    """
    with transaction.atomic():
        row = Difference.objects.select_related("statement").filter(id=difference_id).first()
        if row is None:
            raise UnknownDifference(what=str(difference_id))
        of_day = {"statement__provider": row.statement.provider, "statement__day": row.statement.day}
        same = Difference.objects.filter(**of_day, **asdict(difference_of(row)), closed_at__isnull=True)
        if not same.update(closed_at=now, closed_by=actor, closing_note=note[:note_chars_max]):
            raise UnknownDifference(what=str(difference_id))
        record(
            actor=actor,
            action="payments.close_difference",
            subject_kind="difference",
            subject_id=difference_id,
            buyer_id=None,
            reason=note[:note_chars_max],
            at=now,
        )


def _closed(provider: str, day: date) -> dict[StatementDifference, dict[str, Any]]:
    rows = Difference.objects.filter(statement__provider=provider, statement__day=day, closed_at__isnull=False)
    return {
        difference_of(row): {name: getattr(row, name) for name in ("closed_at", "closed_by", "closing_note")}
        for row in rows
    }


def _heal(statement: Sequence[Movement], now: datetime) -> int:
    """Ask about everything that moved there and not here; returns how much has moved here now."""
    healed = 0
    for payment_id, (buyer_id, captured_at) in _payments(statement).items():
        payment = read_payment(buyer_id=buyer_id, payment_id=payment_id) if captured_at is None else None
        if payment is not None:
            with suppress(Refusal):  # what cannot be taken over stays a difference
                healed += ask(payment=payment, now=now, then=None).fresh
    for refund_id, (buyer_id, state) in _refunds(statement).items():
        if state == RefundState.PENDING:
            with suppress(Refusal):
                healed += ask_refund_again(refund_id=refund_id, buyer_id=buyer_id, now=now).state is RefundState.DONE
    return healed


def _payments(statement: Sequence[Movement]) -> dict[UUID, tuple[UUID, datetime | None]]:
    """Those of the statement's payments that we have: buyer, and when we booked the capture."""
    ids = _ids(movement.request_id for movement in statement if movement.kind == "capture")
    found: dict[UUID, tuple[UUID, datetime | None]] = {}
    for part in _chunks(ids):
        rows = Payment.objects.filter(id__in=part).values_list("id", "buyer_id", "captured_at")
        found.update({payment_id: (buyer_id, captured_at) for payment_id, buyer_id, captured_at in rows})
    return found


def _refunds(statement: Sequence[Movement]) -> dict[UUID, tuple[UUID, str]]:
    ids = _ids(movement.request_id for movement in statement if movement.kind == "refund")
    found: dict[UUID, tuple[UUID, str]] = {}
    for part in _chunks(ids):
        rows = Refund.objects.filter(id__in=part).values_list("id", "buyer_id", "state")
        found.update({refund_id: (buyer_id, state) for refund_id, buyer_id, state in rows})
    return found


def _ids(texts: Iterable[str]) -> list[UUID]:
    """A statement may name what is none of ours."""
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(UUID(text))
    return found


def _chunks(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), chunk_max):
        yield ids[start : start + chunk_max]


def _ours(provider: str, day: date) -> list[Booked]:
    start = datetime.combine(day, time.min, CHINA)
    told = TransactionEvent.objects.filter(
        payment__provider=provider,
        outcome=Outcome.SUCCEEDED,
        action__in=[Action.CAPTURE, Action.REFUND],
        at__gte=start,
        at__lt=start + timedelta(days=1),
    )
    return [Booked(*row) for row in told.values_list("action", "key", "payment__currency", "amount_minor")]
