"""A released list whose goods stay, for its parcel was taken back after the release: customs is asked to undo it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from entrepot.customs import models, reading
from entrepot.customs.rules.standing import Verdict
from entrepot.customs.services.clerk import NoDeclaration, about_list
from entrepot.customs.services.returning import bring_back
from entrepot.customs.types import DocumentKind, ReturnWish
from entrepot.kit.ids import human_number
from entrepot.outbox.services import defer

STAY = "customs.take_list_back"
PREFIX, REASON = "TB", "商品召回，未出区"


def stay(*, parcel_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """The goods of a released list do not leave: it goes on no gate pass any more, and a job asks customs to take it
    back, which brings its units into the account book again. Once; in the caller's transaction."""
    mine = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id, stays_at__isnull=True)
    if not mine.update(stays_at=now):
        return False
    args = {"parcel_id": str(parcel_id), "buyer_id": str(buyer_id)}
    defer(job=STAY, lock=f"parcel:{parcel_id}", args=args)
    return True


def take_list_back(*, parcel_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """Ask customs for the whole list (CEB625), under the declaration's own id, so that the account book knows that
    nothing of it left. False where customs did not release a list: by general trade, or not any more. Repeatable; signs
    and calls outside, so not inside a transaction. Refuses NoDeclaration and what `bring_back` refuses."""
    row = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id).first()
    if row is None:
        raise NoDeclaration()
    listed = reading.standings_of(row.standing).get(DocumentKind.LIST)
    if listed is None or listed.verdict is not Verdict.DONE or row.stays_at is None:
        return False
    _, lines = about_list(row, listed)
    units = {int(line["gnum"]): int(Decimal(line["qty"])) for line in lines}
    number = human_number(PREFIX, now)
    bring_back(wish=ReturnWish(row.id, buyer_id, parcel_id, number, units, REASON), now=now)
    return True
