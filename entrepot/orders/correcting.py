"""A person's year as customs knows it: our forecast takes its answer on, and a parcel may wait for the next year."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum

from entrepot.audit.services import record
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound
from entrepot.orders import models
from entrepot.orders.rules import corrected, year_of
from entrepot.orders.types import Answer, Correction, ParcelState

CUSTOMS = "system:customs"
WHY_MAX = 300
WAITING = (ParcelState.PAID, ParcelState.DECLARED, ParcelState.HELD)


class WhyMissing(Invalid):
    code = "reason_missing"
    zh = "请说明理由"
    en = "Say why"


class NoCorrection(NotFound):
    code = "no_correction"
    zh = "没有找到有效的额度更正"
    en = "There is no such correction in force"


def correct_allowance(*, told: Answer, now: datetime) -> bool:
    """The forecast of a person's year takes on what customs said, once per receipt. True if it is in force now.

    The newest answer by customs' own time counts; an older one that comes late is only kept, also where a clerk lifted
    the newer. The year is the one in China in which customs said it. Refuses NotFound.
    """
    with transaction.atomic():
        id_hash, year = _person(told.order_id, told.buyer_id), year_of(told.told_at)
        use = _held(id_hash, year)
        rows = models.Correction.objects.filter(id_hash=id_hash, year=year)
        if rows.filter(receipt_id=told.receipt_id).exists():
            return False
        known = use.committed_minor + _booked(told, id_hash, year)
        minor = corrected(told_minor=told.told_minor, least_minor=told.least_minor, known_minor=known)
        newer = rows.filter(told_at__gt=told.told_at).exists()
        ended = {"ended_at": now, "ended_by": CUSTOMS, "why": "a newer answer of customs"}
        if not newer:
            rows.filter(ended_at__isnull=True).update(**ended)
            models.AnnualUse.objects.filter(id=use.id).update(corrected_minor=minor)
        models.Correction.objects.create(
            id=new_id(),
            id_hash=id_hash,
            year=year,
            minor=minor,
            told_minor=told.told_minor,
            known_minor=known,
            receipt_id=told.receipt_id,
            told_at=told.told_at,
            of_buyer_id=told.buyer_id,
            order_id=told.order_id,
            parcel_id=told.parcel_id,
            at=now,
            **(ended if newer else {}),
        )
        return not newer


def _booked(told: Answer, id_hash: bytes, year: int) -> int:
    """Of the parcels that customs has booked and not released, what is this person's and of this year."""
    rows = models.Parcel.objects.filter(buyer_id=told.buyer_id, id__in=told.booked, state__in=WAITING)
    mine = rows.exclude(id=told.parcel_id).filter(order__buyer_id=told.buyer_id, order__id_hash=id_hash)
    of_year = mine.filter(Q(year=year) | Q(year__isnull=True, order__year=year))
    return of_year.aggregate(minor=Sum("allowance_minor"))["minor"] or 0


def lift_correction(*, correction_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """A clerk knows better than customs' answer: it counts no more, and the log says who decided so and why.

    Refuses WhyMissing, NoCorrection (unknown, or ended before).
    """
    reason = " ".join(reason.split())[:WHY_MAX]
    if not reason:
        raise WhyMissing(field="reason")
    with transaction.atomic():
        row = models.Correction.objects.filter(id=correction_id).first()
        if row is None:
            raise NoCorrection()
        use = _held(bytes(row.id_hash), row.year)
        ends = models.Correction.objects.filter(id=correction_id, ended_at__isnull=True)
        if not ends.update(ended_at=now, ended_by=actor, why=reason):
            raise NoCorrection()
        models.AnnualUse.objects.filter(id=use.id).update(corrected_minor=0)
        record(
            actor=actor,
            action="orders.lift_correction",
            subject_kind="allowance_correction",
            subject_id=correction_id,
            buyer_id=row.of_buyer_id,
            reason=reason,
            at=now,
        )


def count_in_year(*, parcel_id: UUID, order_id: UUID, buyer_id: UUID, year: int) -> bool:
    """A parcel that customs has not released counts against another year than its order: it waits for that one. True
    if this call moved it. Repeating it changes nothing."""
    with transaction.atomic():
        order = models.Order.objects.select_for_update().filter(buyer_id=buyer_id, id=order_id).first()
        rows = models.Parcel.objects.select_for_update().filter(buyer_id=buyer_id, id=parcel_id, order_id=order_id)
        parcel = rows.filter(state__in=WAITING).first()
        if order is None or parcel is None or (parcel.year or order.year) == year:
            return False
        id_hash, before = bytes(order.id_hash), parcel.year or order.year
        uses = {one: _held(id_hash, one) for one in sorted((before, year))}
        models.Parcel.objects.filter(buyer_id=buyer_id, id=parcel_id).update(year=year)
        used = models.AnnualUse.objects
        used.filter(id=uses[before].id).update(used_minor=F("used_minor") - parcel.allowance_minor)
        used.filter(id=uses[year].id).update(used_minor=F("used_minor") + parcel.allowance_minor)
    return True


def read_corrections(order_id: UUID, buyer_id: UUID, reader: str, reason: str, now: datetime) -> list[Correction]:
    """See `selectors.corrections`."""
    if not reader.strip() or not reason.strip():
        raise WhyMissing(field="reason")
    with transaction.atomic():
        id_hash = _person(order_id, buyer_id)
        record(
            actor=reader,
            action="orders.corrections_read",
            subject_kind="order",
            subject_id=order_id,
            buyer_id=buyer_id,
            reason=reason,
            at=now,
        )
    rows = models.Correction.objects.filter(id_hash=id_hash).order_by("-told_at", "-id")
    return [Correction(**{name: getattr(row, name) for name in Correction.__dataclass_fields__}) for row in rows]


def _person(order_id: UUID, buyer_id: UUID) -> bytes:
    """The keyed hash of whom an order is for. Refuses NotFound."""
    rows = models.Order.objects.filter(buyer_id=buyer_id, id=order_id)
    found = rows.values_list("id_hash", flat=True).first()
    if found is None:
        raise NotFound(what="order")
    return bytes(found)


def _held(id_hash: bytes, year: int) -> models.AnnualUse:
    """A person's year, there and kept from changing until the transaction ends."""
    key = {"id_hash": id_hash, "year": year}
    models.AnnualUse.objects.bulk_create([models.AnnualUse(**key, used_minor=0)], ignore_conflicts=True)
    return models.AnnualUse.objects.select_for_update().get(**key)
