"""Paid parcels that nobody has declared: worked off in slices, by their ids, not by a job for each."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from entrepot.checkout.explaining import told_again
from entrepot.checkout.services.fulfil import follow_customs, waybill_wish
from entrepot.customs import services as customs
from entrepot.customs.selectors import undeclared
from entrepot.customs.services import Undeclared
from entrepot.customs.types import Known, News
from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.identity.types import Role
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Consignee, Order, OrderParcel, OrderState
from entrepot.outbox.services import order_once
from entrepot.payments import selectors as payments
from entrepot.shipping import selectors as carriage
from entrepot.shipping import services as shipping
from entrepot.shipping.types import Waybill

WORK_OFF = "checkout.work_off"
SLICE = 100
GRACE = timedelta(minutes=10)  # in which a paid parcel is declared by its own event
PATIENCE = timedelta(days=1)  # after which somebody is called to what is not declared
COUNT_MAX = 1_000
PLACES = ("/office/declarations/stuck/", "/office/orders/?state=paid")


def start_working_off(*, now: datetime) -> bool:
    """Order the first slice where a paid parcel waits longer than it should and nobody works them off."""
    if not orders.paid_parcels(made_before=now - GRACE, most=1):
        return False
    return order_once(job=WORK_OFF, args={"after": None})


def work_off(*, after: UUID | None, now: datetime) -> UUID | None:
    """Declare the next slice of paid parcels after an id, and order the slice after it. Returns the last id of the
    slice; None where there is nothing left. What one parcel is refused for is left to its own event, and to a later
    round: which, customs says (`customs.put_off`). Repeatable; calls outside, so not inside a transaction.

    Refuses PortSilent, NotSetUp: then the slice is tried again.
    """
    found = orders.paid_parcels(made_before=now - GRACE, after=after, most=SLICE)
    if not found:
        return None
    told: dict[UUID, OrderParcel] = {}
    waiting = []
    left = undeclared.to_leave_alone(parcel_ids=[parcel_id for parcel_id, _, _ in found], now=now)
    tried = [one for one in found if one[0] not in left]
    for order_id, buyer_id in dict.fromkeys((order_id, buyer_id) for _, order_id, buyer_id in tried):
        ids = {parcel_id for parcel_id, of, _ in tried if of == order_id}
        waiting += _of_order(order_id, buyer_id, ids, now, told)

    def follow(news: News) -> None:
        follow_customs(news=news, now=now, explanation=told_again(told[news.parcel_id]))

    customs.declare_many(parcels=waiting, now=now, then=follow)
    last = found[-1][0]
    order_once(job=WORK_OFF, args={"after": str(last)})
    return last


def call_to_undeclared(*, now: datetime) -> int:
    """A letter to the customs desk and to operators, once a day, that paid parcels are still not declared, whatever
    keeps them: what is refused too often is not tried again by itself, and what a carrier refuses stands nowhere else.
    Returns how many it went to. Calls outside, so not inside a transaction."""
    count = len(orders.paid_parcels(made_before=now - PATIENCE, most=COUNT_MAX))
    if not count:
        return 0
    many, places = f"{count}{'+' if count == COUNT_MAX else ''}", "\n".join(settings.PUBLIC_URL + one for one in PLACES)
    letter = Letter(
        f"已付款包裹尚未申报：{many} 个",
        f"以下数量的包裹已付款超过一天，仍未向海关申报，请处理或取消：{many}\n\n{places}",
        f"Paid parcels not declared: {many}",
        f"So many parcels were paid for more than a day ago and are not declared. See to them, or call them off: {many}"
        f"\n\n{places}",
    )
    return identity.write_to_staff(roles={Role.CUSTOMS, Role.OPERATOR}, letter=letter)


def _of_order(
    order_id: UUID, buyer_id: UUID, ids: set[UUID], now: datetime, told: dict[UUID, OrderParcel]
) -> list[Undeclared]:
    found = orders.with_consignee(order_id=order_id, buyer_id=buyer_id)
    if found is None or found[0].state is not OrderState.PAID or found[0].payment_id is None:
        return []
    order, consignee = found
    payment = payments.payment(payment_id=order.payment_id, buyer_id=buyer_id)
    if payment is None:
        return []
    made = []
    for parcel in order.parcels:
        carried = _carried(order, parcel, consignee, now) if parcel.id in ids else None
        if carried is not None:
            told[parcel.id] = parcel
            waybill, to = carried
            made.append(Undeclared(parcel.id, order_id, buyer_id, Known(order, consignee, payment, waybill, to)))
    return made


def _carried(
    order: Order, parcel: OrderParcel, consignee: Consignee, now: datetime
) -> tuple[Waybill, Consignee] | None:
    """The parcel's waybill and whom it goes to, booked where it was not; None where the carrier says no or nothing."""
    booked = carriage.carriage(parcel_id=parcel.id, buyer_id=order.buyer_id)
    if booked is not None and booked[0].number is not None:
        return booked
    try:
        waybill, _ = shipping.book_once(wish=waybill_wish(parcel, consignee), now=now)
    except Refusal:
        return None
    return waybill, consignee
