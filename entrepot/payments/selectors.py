"""Questions about payments. Everything of a buyer is asked with the buyer's id."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from entrepot.kit import sql
from entrepot.payments import models, rules
from entrepot.payments.reading import read_payment, refund_of
from entrepot.payments.types import (
    Action,
    Balance,
    DifferenceKind,
    Outcome,
    Payment,
    RawExchange,
    Reconciliation,
    Refund,
    StatementDifference,
    TransactionEvent,
)

batch_max = 200
exchanges_max = 200


def payment(*, buyer_id: UUID, payment_id: UUID | None = None, order_id: UUID | None = None) -> Payment | None:
    """One payment by its id, or the one of an order (a failed one only if there is no other). One statement."""
    if (payment_id is None) == (order_id is None):
        raise ValueError("ask by payment_id or by order_id")
    return read_payment(buyer_id=buyer_id, payment_id=payment_id, order_id=order_id)


def refunds(*, payment_id: UUID, buyer_id: UUID) -> list[Refund]:
    """A payment's refunds, oldest first."""
    currency = (
        models.Payment.objects.filter(buyer_id=buyer_id, id=payment_id).values_list("currency", flat=True).first()
    )
    rows = (
        models.Refund.objects.filter(buyer_id=buyer_id, payment_id=payment_id).order_by("requested_at", "id").values()
    )
    return [refund_of(row, currency or "") for row in rows]


def transaction_events(*, payment_id: UUID, buyer_id: UUID) -> list[TransactionEvent]:
    """Every step of a payment's money, as they became known. One statement."""
    rows = sql.rows(sql.load("payments", "events"), {"payment_id": payment_id, "buyer_id": buyer_id})
    return [
        TransactionEvent(**{**row, "action": Action(row["action"]), "outcome": Outcome(row["outcome"])}) for row in rows
    ]


def balance(*, events: list[TransactionEvent]) -> Balance:
    """What the events add up to."""
    return rules.balance(events)


def discrepancies() -> list[dict[str, Any]]:
    """Payments whose state or counters do not follow from their events: {rule, payment_id}. None is right."""
    return sql.rows(sql.load("payments", "discrepancies"))


def raw_exchange(*, payment_id: UUID, buyer_id: UUID) -> list[RawExchange]:
    """What was said with the provider about a payment, oldest first, without the texts.

    `services.open_raw_exchange` opens one and writes down who read it.
    """
    rows = models.RawExchange.objects.filter(buyer_id=buyer_id, payment_id=payment_id).order_by("at", "id")
    return [
        RawExchange(id=row["id"], payment_id=row["payment_id"], kind=row["kind"], status=row["status"], at=row["at"])
        for row in rows.values("id", "payment_id", "kind", "status", "at")[:exchanges_max]
    ]


def payments_to_ask(*, now: datetime) -> list[tuple[UUID, UUID]]:
    """(payment_id, buyer_id) of unpaid payments whose provider should be asked now, longest waiting first."""
    rows = models.Payment.objects.filter(ask_at__lte=now).order_by("ask_at").values_list("id", "buyer_id")
    return list(rows[:batch_max])


def refunds_to_ask(*, now: datetime) -> list[tuple[UUID, UUID]]:
    """(refund_id, buyer_id) of refunds whose provider has not said done."""
    rows = models.Refund.objects.filter(ask_at__lte=now).order_by("ask_at").values_list("id", "buyer_id")
    return list(rows[:batch_max])


def reconciliation(*, provider: str, day: date) -> Reconciliation | None:
    """The latest comparison of a day with the provider's statement."""
    run = models.Statement.objects.filter(provider=provider, day=day).order_by("-at").first()
    if run is None:
        return None
    return Reconciliation(
        provider=run.provider,
        day=run.day,
        matched=run.matched,
        healed=run.healed,
        differences=tuple(
            StatementDifference(
                kind=DifferenceKind(row.kind),
                movement=row.movement,
                request_id=row.request_id,
                ours_minor=row.ours_minor,
                theirs_minor=row.theirs_minor,
            )
            for row in models.Difference.objects.filter(statement=run).order_by("movement", "request_id")
        ),
    )
