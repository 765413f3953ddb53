"""What is open to a parcel that customs stopped at a limit, reckoned from its own goods and the books of the day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, Sum
from msgspec import structs

from entrepot.catalogue import selectors as catalogue
from entrepot.checkout.models import LimitCase
from entrepot.checkout.rules import ways
from entrepot.checkout.rules.ways import Told
from entrepot.checkout.types import ANNUAL, SINGLE, LimitAsked, Offer, OtherWay, Settled, Way
from entrepot.identity import selectors as identity
from entrepot.identity.services import NoRealName
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import to_minor
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderParcel, ParcelState
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import NOT_COMPUTED, OPEN, QuoteRequest, wire

GENERAL = "general"
MOVED_ON = {  # what has become of a parcel whose case is closed with the next look at it
    ParcelState.RELEASED: "released",
    ParcelState.SHIPPED: "released",
    ParcelState.DELIVERED: "released",
    ParcelState.CANCELLED: "refunded",
}
OTHER_WAYS = {"1210": (GENERAL,), "1239": (GENERAL,), "9610": (GENERAL, "postal")}  # from where the goods are


def of_order(*, order: Order, now: datetime, offers: bool) -> dict[UUID, LimitAsked]:
    """The newest case of each parcel of an order, by parcel. One statement, and what the `offers` of open ones are
    reckoned from."""
    found: dict[UUID, LimitAsked] = {}
    for case in LimitCase.objects.filter(buyer_id=order.buyer_id, order_id=order.id).order_by("opened_at", "id"):
        parcel = next(one for one in order.parcels if one.id == case.parcel_id)
        still = offers and case.ended_at is None and parcel.state is ParcelState.HELD
        offered = offer(case=case, order=order, parcel=parcel, now=now) if still else None
        parts = case.parts or (offered.parts if offered else ())
        lines = {str(line.sku_id): line for line in parcel.lines}
        found[parcel.id] = LimitAsked(
            id=case.id,
            parcel_id=parcel.id,
            code=case.code,
            opened_at=case.opened_at,
            answer_by=case.answer_by,
            choice=case.choice,
            chosen_at=case.chosen_at,
            chosen_by=case.chosen_by,
            wait_until=case.wait_until,
            outcome=case.outcome or MOVED_ON.get(parcel.state, ""),
            offer=offered,
            parts=tuple(tuple((lines[sku_id], units) for sku_id, units in part.items()) for part in parts),
            difference_minor=case.difference_minor,
            settled_at=case.settled_at,
            may_choose=_left(case, offered) if offered else (),
        )
    return found


def _left(case: LimitCase, offered: Offer) -> tuple[Way, ...]:
    settled = case.settled_at is not None
    return tuple(way for way in Way if offered.allows(way) and ways.may_follow(case.choice, way, settled=settled))


def order_of(*, case_id: UUID, buyer_id: UUID) -> UUID | None:
    """The order that a case is about."""
    return LimitCase.objects.filter(buyer_id=buyer_id, id=case_id).values_list("order_id", flat=True).first()


def unanswered(*, buyer_id: UUID, order_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Which of these orders wait for their buyer's choice (True), or for what general trade costs more (False). One
    statement."""
    rows = LimitCase.objects.filter(buyer_id=buyer_id, order_id__in=order_ids, ended_at__isnull=True)
    waits = Q(choice="") | Q(choice=Way.GENERAL, settled_at__isnull=True)
    found: dict[UUID, bool] = {}
    for order_id, choice in rows.filter(waits).values_list("order_id", "choice"):
        found[order_id] = found.get(order_id, False) or not choice
    return found


def given_back(*, parcel_id: UUID, buyer_id: UUID) -> int:
    """What of a parcel's price went back because general trade owes less."""
    rows = LimitCase.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id, settled_at__isnull=False)
    found = rows.filter(difference_minor__lt=0).aggregate(sum=Sum("difference_minor"))["sum"]
    return -(found or 0)


def settled(*, parcel_id: UUID, buyer_id: UUID) -> Settled:
    """What general trade changed of what a parcel cost its buyer."""
    rows = LimitCase.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id, outcome=Way.GENERAL)
    paid = rows.filter(payment_id__isnull=False).first()
    more = 0 if paid is None else paid.difference_minor or 0
    by = None if paid is None else paid.payment_id
    return Settled(less_minor=given_back(parcel_id=parcel_id, buyer_id=buyer_id), more_minor=more, more_by=by)


def offer(*, case: LimitCase, order: Order, parcel: OrderParcel, now: datetime) -> Offer:
    """The ways that are open now. A refund always is; what the books or the facts cannot tell is not offered."""
    refund = Offer(parcel.total_minor - given_back(parcel_id=parcel.id, buyer_id=parcel.buyer_id))
    question = _question(parcel, now)
    if question is None:
        return refund
    others = [other for way in OTHER_WAYS.get(parcel.trade_mode, ()) if (other := _other(parcel, question, way))]
    general = next((one for one in others if one.channel == GENERAL and settings.GENERAL_TRADE_IMPORTER), None)
    parts = _parts(case, order, parcel, question, now) if case.code == SINGLE else ()
    until = _wait(case, order, parcel, now) if case.code == ANNUAL else None
    told = tuple(one for one in others if one is not general)
    return replace(refund, parts=parts, wait_until=until, general=general, others=told)


def _question(parcel: OrderParcel, now: datetime) -> QuoteRequest | None:
    """What the tariff was asked of the parcel, of today."""
    if not parcel.asked:
        return None
    return structs.replace(wire.asked(parcel.asked["question"]), date=day_in(CHINA, now))


def _other(parcel: OrderParcel, question: QuoteRequest, channel: str) -> OtherWay | None:
    """The parcel by another way in; None where the books have no price for it or it is not open."""
    try:
        answer = tariff.quote(request=structs.replace(question, channel=channel))
    except Refusal:
        return None
    if answer.decision not in OPEN or answer.decision in NOT_COMPUTED:
        return None
    tax = to_minor(answer.total_tax, answer.currency)
    return OtherWay(channel, tax, parcel.total_minor - parcel.tax_minor + tax, answer.demands)


def _parts(
    case: LimitCase, order: Order, parcel: OrderParcel, question: QuoteRequest, now: datetime
) -> tuple[Mapping[str, int], ...]:
    ours, annual = tariff.single_limit(on=question.date), tariff.annual_limit(on=question.date)
    if ours is None or annual is None or not _sold(parcel, question.date):
        return ()
    said = Told(None, case.limit_minor, case.value_minor)
    limit = ways.limit_for_parts(value_minor=_value(parcel), ours_minor=to_minor(ours, "CNY"), said=said)
    used = used_of(order, now)
    if limit is None or used is None or used > to_minor(annual, "CNY"):
        return ()  # above the year too: in parts it would be refused as well
    try:
        parts = tariff.parts(request=question, limit_minor=limit)
    except Refusal:
        return ()
    if not ways.splits(parts):
        return ()
    skus = {line.sku_code: str(line.sku_id) for line in parcel.lines}
    return tuple(ways.units_of(part, skus) for part in parts)


def _wait(case: LimitCase, order: Order, parcel: OrderParcel, now: datetime) -> datetime | None:
    begins = ways.next_year(now)
    law, used = tariff.annual_limit(on=begins.date()), used_of(order, begins)
    if law is None or used is None:
        return None
    limit = to_minor(law, "CNY")
    limit = limit if case.limit_minor is None else min(limit, case.limit_minor)
    most = timedelta(days=settings.LIMIT_WAIT_DAYS_MAX)
    value = max(_value(parcel), case.value_minor or 0)
    may = ways.may_wait(now=now, value_minor=value, used_minor=used, limit_minor=limit, most=most)
    return begins if may else None


def _value(parcel: OrderParcel) -> int:
    """The customs value: goods less discounts, with freight."""
    return parcel.goods_minor - parcel.discount_minor + parcel.freight_minor


def used_of(order: Order, at: datetime) -> int | None:
    """What the order's person has used of a year, as we forecast it; None where the real name was taken back."""
    try:
        id_hash = identity.id_hash(record_id=order.real_name_id, buyer_id=order.buyer_id)
    except NoRealName:
        return None
    return orders.used_this_year(id_hashes=[id_hash], at=at).get(id_hash, 0)


def _sold(parcel: OrderParcel, day: date) -> bool:
    """Whether all of it is still sold: only then can it be ordered again."""
    skus = catalogue.skus(ids=[line.sku_id for line in parcel.lines])
    found = {sku_id for sku_id, sku in skus.items() if sku.active and sku.authorised(day)}
    return all(line.sku_id in found for line in parcel.lines)
