"""Questions about payments. Everything of a buyer is asked with the buyer's id."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.payments import declarers, models, rules
from entrepot.payments.reading import difference_of, read_payment, refund_of, share_of, unbegun
from entrepot.payments.types import (
    AGAIN,
    Action,
    Balance,
    DeclaredShare,
    DifferenceKind,
    LateRefund,
    Outcome,
    ParkedDifference,
    Payment,
    PaymentState,
    RawExchange,
    Reconciliation,
    Refund,
    StatementDifference,
    TransactionEvent,
    Waiting,
)

batch_max = 200
exchanges_max = 200
differences_page = 50
refund_late = timedelta(days=1)
days_back = 90  # WeChat Pay hands a bill out for three months


def payment(*, buyer_id: UUID, payment_id: UUID | None = None, order_id: UUID | None = None) -> Payment | None:
    """One payment by its id, or the one of an order (a failed one only if there is no other). One statement."""
    if (payment_id is None) == (order_id is None):
        raise ValueError("ask by payment_id or by order_id")
    return read_payment(buyer_id=buyer_id, payment_id=payment_id, order_id=order_id)


def ids(*, orders: Collection[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The payments of many orders, given as (buyer_id, order_id), by order; chosen as `payment` does. One statement."""
    if not orders:
        return {}
    rows = models.Payment.objects.filter(
        buyer_id__in={buyer_id for buyer_id, _ in orders}, order_id__in={order_id for _, order_id in orders}
    )
    found = list(rows.order_by("created_at", "id").values_list("order_id", "id", "state"))
    failed_first = sorted(found, key=lambda row: row[2] != PaymentState.FAILED)
    return {order_id: payment_id for order_id, payment_id, _ in failed_first}


def closed(*, orders: Collection[tuple[UUID, UUID]]) -> set[UUID]:
    """Which of these orders, given as (buyer_id, order_id), were to be paid and cannot be any more. One statement."""
    rows = models.Payment.objects.filter(
        buyer_id__in={buyer_id for buyer_id, _ in orders}, order_id__in={order_id for _, order_id in orders}
    )
    counted = rows.values_list("order_id").annotate(others=Count("id", filter=~Q(state=PaymentState.FAILED)))
    return {order_id for order_id, others in counted if not others}


def refunds(*, payment_id: UUID, buyer_id: UUID) -> list[Refund]:
    """A payment's refunds, oldest first."""
    found = models.Refund.objects.filter(buyer_id=buyer_id, payment_id=payment_id).order_by("requested_at", "id")
    rows = found.annotate(currency=F("payment__currency")).values()
    return [refund_of(row, row["currency"]) for row in rows]


def transaction_events(*, payment_id: UUID, buyer_id: UUID) -> list[TransactionEvent]:
    """Every step of a payment's money, as they became known. One statement."""
    rows = sql.hot_rows(sql.load("payments", "events"), {"payment_id": payment_id, "buyer_id": buyer_id})
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
    """What was said with the provider about a payment, oldest first, the newest `exchanges_max`, without the texts.

    `services.open_raw_exchange` opens one and writes down who read it.
    """
    rows = models.RawExchange.objects.filter(buyer_id=buyer_id, payment_id=payment_id).order_by("-at", "-id")
    newest = list(rows.values("id", "payment_id", "kind", "status", "at")[:exchanges_max])
    return [RawExchange(**row) for row in reversed(newest)]


def declarer() -> str:
    """Who declares payments to customs by himself; empty where we send the payment document."""
    return declarers.chosen()


def declared_shares(*, payment_id: UUID, buyer_id: UUID) -> list[DeclaredShare]:
    """The shares of a payment that its provider was asked to declare, by parcel number."""
    rows = models.ShareDeclaration.objects.filter(buyer_id=buyer_id, payment_id=payment_id).order_by("number")
    return [share_of(row) for row in rows]


def payments_to_ask(*, now: datetime) -> list[tuple[UUID, UUID]]:
    """(payment_id, buyer_id) of unpaid payments whose provider should be asked now, longest waiting first. Not of those
    that it cannot know, since nobody went to the cashier."""
    rows = models.Payment.objects.filter(ask_at__lte=now).exclude(unbegun())
    return list(rows.order_by("ask_at").values_list("id", "buyer_id")[:batch_max])


def refunds_to_ask(*, now: datetime) -> list[tuple[UUID, UUID]]:
    """(refund_id, buyer_id) of refunds whose provider has not said done."""
    rows = models.Refund.objects.filter(ask_at__lte=now).order_by("ask_at").values_list("id", "buyer_id")
    return list(rows[:batch_max])


def late_refunds(*, now: datetime, page: int = 1) -> list[LateRefund]:
    """Refunds that were asked for longer than `refund_late` ago and are not done, or were refused and not asked for
    anew, the longest waiting first."""
    part = {"limit": differences_page, "offset": (page - 1) * differences_page}
    rows = sql.rows(sql.load("payments", "late_refunds"), _late(now) | part)
    return [
        LateRefund(
            refund_of(row, row["currency"]), row["provider"], row["order_id"], row["order_number"], row["refusal"]
        )
        for row in rows
    ]


def _late(now: datetime) -> dict[str, Any]:
    return {"before": now - refund_late, "again": AGAIN}


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
            difference_of(row)
            for row in models.Difference.objects.filter(statement=run).order_by("movement", "request_id", "kind")
        ),
        at=run.at,
    )


def parked_differences(*, page: int = 1) -> list[ParkedDifference]:
    """Differences that wait for a person, of the latest comparison of each day, newest day first."""
    params = {"limit": differences_page, "offset": (page - 1) * differences_page}
    return [_parked(row) for row in sql.rows(sql.load("payments", "parked"), params)]


def waiting(*, now: datetime) -> Waiting:
    """How much waits for a person. One statement."""
    return Waiting(**sql.rows(sql.load("payments", "waiting"), _late(now))[0])


def compared_days(*, provider: str, since: date) -> list[Reconciliation]:
    """The latest comparison of each day, newest first, without its differences."""
    runs = models.Statement.objects.filter(provider=provider, day__gte=since).order_by("-day", "-at").distinct("day")
    return [Reconciliation(run.provider, run.day, run.matched, run.healed, (), run.at) for run in runs]


def days_to_compare(*, provider: str, until: date) -> list[date]:
    """Days up to `until` that were not compared since they ended, newest first: `days_back`, and not before the first
    payment."""
    oldest = models.Payment.objects.filter(provider=provider).order_by("id")  # ids grow with time, and are an index
    first = oldest.values_list("created_at", flat=True).first()
    if first is None:
        return []
    since = max(day_in(CHINA, first), until - timedelta(days=days_back - 1))
    runs = compared_days(provider=provider, since=since)
    done = {run.day for run in runs if run.at and run.day < day_in(CHINA, run.at)}
    days = [until - timedelta(days=n) for n in range((until - since).days + 1)]
    return [day for day in days if day not in done]


def _parked(row: Mapping[str, Any]) -> ParkedDifference:
    found = StatementDifference(
        DifferenceKind(row["kind"]),
        row["movement"],
        row["request_id"],
        row["ours_minor"],
        row["theirs_minor"],
        row["currency"],
    )
    where = (row["buyer_id"], row["order_id"], row["order_number"])
    return ParkedDifference(row["id"], row["provider"], row["day"], found, *where)
