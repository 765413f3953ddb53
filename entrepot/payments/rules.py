"""Pure: when to ask a silent provider again, and what a statement and our books disagree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from entrepot.payments.types import Action, Balance, DifferenceKind, Outcome, StatementDifference, TransactionEvent

first_ask = timedelta(minutes=2)
last_pause = timedelta(hours=1)
forget_after = timedelta(days=1)
refund_pause_min = timedelta(minutes=1)


def next_ask(*, since: datetime, now: datetime) -> datetime:
    """When to ask again about something that began at `since`: after as long as it has waited, 2 minutes to an hour."""
    return now + min(max(now - since, first_ask), last_pause)


def next_refund_ask(*, since: datetime, now: datetime) -> datetime:
    return now + min(max(now - since, refund_pause_min), last_pause)


def is_forgotten(*, created_at: datetime, pay_until: datetime | None, now: datetime) -> bool:
    """A payment the provider never heard of: given up when its time to pay is over."""
    return now > (pay_until or created_at + forget_after)


def balance(events: Sequence[TransactionEvent]) -> Balance:
    """What was asked for, reserved, taken and given back, in whatever order the events came.

    A success outweighs a failure told before or after it. What was taken is no longer merely reserved, and a capture
    that failed reserves nothing.
    """
    sums = {action: [0, 0] for action in Action}  # asked for and unanswered, succeeded
    failed = False
    for action, key in sorted({(event.action, event.key) for event in events}):
        told = [event for event in events if (event.action, event.key) == (action, key)]
        outcomes = {event.outcome for event in told}
        failed |= action is Action.CAPTURE and Outcome.FAILED in outcomes
        if Outcome.SUCCEEDED in outcomes:
            sums[action][1] += told[0].amount_minor
        elif Outcome.FAILED not in outcomes:
            sums[action][0] += told[0].amount_minor
    captured = sums[Action.CAPTURE][1]
    return Balance(
        authorising_minor=sums[Action.AUTHORISE][0],
        authorised_minor=0 if captured or failed else sums[Action.AUTHORISE][1],
        capturing_minor=sums[Action.CAPTURE][0],
        captured_minor=captured,
        refunding_minor=sums[Action.REFUND][0],
        refunded_minor=sums[Action.REFUND][1],
    )


@dataclass(frozen=True, slots=True)
class Booked:
    """One movement of money, in a statement or in our books."""

    movement: str  # capture or refund
    request_id: str
    currency: str
    amount_minor: int


def compare(
    *, ours: Sequence[Booked], theirs: Sequence[Booked], known: frozenset[str]
) -> tuple[int, tuple[StatementDifference, ...]]:
    """How many movements meet, and every one that does not. `known`: request ids that exist here in any state.

    A movement the statement names twice is a difference for each time too many. Sorted, so runs can be compared.
    """
    mine = {(entry.movement, entry.request_id): entry for entry in ours}
    matched = 0
    met: set[tuple[str, str]] = set()
    found: list[StatementDifference] = []
    for entry in theirs:
        key = (entry.movement, entry.request_id)
        here = mine.get(key)
        if here is None or key in met:
            kind = DifferenceKind.NOT_CAPTURED_HERE if entry.request_id in known else DifferenceKind.UNKNOWN_HERE
            found.append(StatementDifference(kind, *key, None, entry.amount_minor, entry.currency))
            continue
        met.add(key)
        if (here.currency, here.amount_minor) == (entry.currency, entry.amount_minor):
            matched += 1
        else:
            sums = (here.amount_minor, entry.amount_minor)
            found.append(StatementDifference(DifferenceKind.AMOUNT, *key, *sums, entry.currency))
    found += [
        StatementDifference(DifferenceKind.UNKNOWN_THERE, *key, entry.amount_minor, None, entry.currency)
        for key, entry in mine.items()
        if key not in met
    ]
    return matched, tuple(sorted(found, key=lambda d: (d.movement, d.request_id, d.kind)))
