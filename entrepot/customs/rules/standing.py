"""What receipts mean: for one document the latest by the port's time counts, never the latest to arrive.

A document's standing is a maximum over its receipts and a declaration's state is a function of its standings, so any
order and any repetition of the same receipts ends in the same state. `sql/move.sql` says the same in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from entrepot.customs.rules.words import FORMAT, MATCH, Again, words
from entrepot.customs.types import DeclarationState, DocumentKind

THREE = (DocumentKind.ORDER, DocumentKind.PAYMENT, DocumentKind.WAYBILL)
DUPLICATES = frozenset({-301010, -401007, -504015, -621004})
_STOPPED = frozenset({500, 501, 502, 503, 599})
_REFUSED = frozenset({4, 100, 700})
_DONE = frozenset({800, 899})
_TAKEN_FROM, _TAKEN_TO = 120, 500
RELEASED = 800
BAD = tuple(sorted(_REFUSED | _STOPPED))  # besides what is below zero


class Verdict(StrEnum):
    """What a receipt says of its document."""

    WAITING = "waiting"  # on its way to customs
    TAKEN = "taken"  # customs has it and goes on
    DONE = "done"  # a list: released; a withdrawal, a return: approved
    REFUSED = "refused"
    STOPPED = "stopped"  # held or inspected by customs: a person must act


def verdict(kind: DocumentKind, status: int) -> Verdict:
    """The meaning of a returnStatus. Unknown positive ones outside 121 to 499 change nothing: the document waits."""
    if status < 0 or status in _REFUSED:
        return Verdict.REFUSED
    if status in _STOPPED:
        return Verdict.STOPPED
    if status in _DONE or (kind in (DocumentKind.CANCEL, DocumentKind.RETURN) and status == 399):
        return Verdict.DONE
    return Verdict.TAKEN if _TAKEN_FROM <= status < _TAKEN_TO else Verdict.WAITING


def mark(status: int, returned_at: datetime) -> str:
    """A text that sorts as receipts count: by returnTime, at one moment by status.

    "You sent that before" never outweighs what customs says of the document itself: it sorts below every other receipt.
    A receipt of the same document sent twice is thereby no refusal, while a number that somebody else used is one.
    """
    own = "0" if status in DUPLICATES else "1"
    return f"{own}{int(returned_at.timestamp() * 1000):015d}{status + 10**9:011d}"


def held_code(status: int, badly_made: bool) -> str:
    """The code under which a refusal is explained; `badly_made` for the format receipt 900."""
    return FORMAT if badly_made else str(status)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the newest document of a kind stands. `mark` is empty before the first receipt; `pre` and `invt` are the
    numbers that customs gave the list (preNo, invtNo). `payment`: that payment's provider tells customs, not we."""

    document: UUID
    sent: bool = False
    mark: str = ""
    status: int | None = None
    verdict: Verdict | None = None
    code: str = ""
    pre: str = ""
    invt: str = ""
    payment: UUID | None = None


Standings = Mapping[DocumentKind, Standing]


def outcome(
    standings: Standings, *, differing: bool, cancelled: bool, general: bool = False
) -> tuple[DeclarationState, str]:
    """The declaration's state and, when held, the code that says why. `general`: released as general trade. What was
    given up (`cancelled`) customs may have had all the same: where it releases the list, it is released."""
    listed = standings.get(DocumentKind.LIST)
    withdrawn = standings.get(DocumentKind.CANCEL)
    if general:
        return DeclarationState.RELEASED, ""
    if withdrawn is not None and withdrawn.verdict is Verdict.DONE:
        return DeclarationState.CANCELLED, ""
    if listed is not None and listed.verdict is Verdict.DONE:
        return DeclarationState.RELEASED, ""
    if cancelled:
        return DeclarationState.CANCELLED, ""
    for kind in (DocumentKind.LIST, *THREE):
        standing = standings.get(kind)
        if standing is not None and standing.verdict in (Verdict.REFUSED, Verdict.STOPPED):
            return DeclarationState.HELD, standing.code
    if differing:
        return DeclarationState.HELD, MATCH
    if listed is not None and listed.sent:
        return DeclarationState.LISTED, ""
    if all(kind in standings and standings[kind].sent for kind in THREE):
        return DeclarationState.MATCHING, ""
    return DeclarationState.DRAFT, ""


def list_is_due(standings: Standings) -> bool:
    """Customs has taken in all three documents and has not been sent the list."""
    listed = standings.get(DocumentKind.LIST)
    taken = all(kind in standings and standings[kind].verdict in (Verdict.TAKEN, Verdict.DONE) for kind in THREE)
    return taken and listed is not None and not listed.sent


def unsent(standings: Standings, *, differing: bool, cancelled: bool) -> tuple[DocumentKind, ...]:
    """The documents that should be on their way to the port now. Documents that do not agree or were given up never
    leave, but customs is asked to take back a list that it has."""
    due: list[DocumentKind] = []
    if not differing and not cancelled:
        due = [kind for kind in THREE if kind in standings and not standings[kind].sent]
        due += [DocumentKind.LIST] if list_is_due(standings) else []
    withdrawal = standings.get(DocumentKind.CANCEL)
    if withdrawal is not None and not withdrawal.sent:
        due.append(DocumentKind.CANCEL)
    return tuple(due)


def undecided(standings: Standings) -> set[DocumentKind]:
    """What was sent and customs has not decided: documents not taken in, a list neither released nor refused."""
    return {
        kind
        for kind, one in standings.items()
        if one.sent
        and (one.verdict in (None, Verdict.WAITING) or kind is DocumentKind.LIST and one.verdict is Verdict.TAKEN)
    }


def changes_at_customs(standing: Standing) -> bool:
    """A new document of this kind is a change of what customs has: taken in, on its way, or known from elsewhere."""
    if standing.verdict is Verdict.REFUSED:
        return standing.status in DUPLICATES
    return standing.sent


def to_renew(standings: Standings, changed: Iterable[DocumentKind]) -> dict[DocumentKind, Again]:
    """Which documents a redeclaration sends again and how: refused ones, and those whose content changed.

    What customs has taken in and still is true is not sent again.
    """
    renewed: dict[DocumentKind, Again] = {}
    for kind in (*THREE, DocumentKind.LIST):
        standing = standings.get(kind)
        if standing is not None and standing.verdict is Verdict.REFUSED:
            renewed[kind] = words(standing.code).again
    for kind in changed:
        if renewed.get(kind) is not Again.NO:
            renewed[kind] = Again.NEW
    return renewed
