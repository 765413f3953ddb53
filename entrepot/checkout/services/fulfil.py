from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.checkout.explaining import told_again
from entrepot.checkout.limits import given_back
from entrepot.checkout.services import limits
from entrepot.customs import selectors as declarations
from entrepot.customs import services as customs
from entrepot.customs.types import DeclarationState, DocumentKind, Known, Leaving, News
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import first_id
from entrepot.kit.refusals import NotFound
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import Consignee, Delivery, Order, OrderParcel, OrderState, ParcelState, units_of
from entrepot.outbox.services import defer
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.types import Payment
from entrepot.pricing import services as pricing
from entrepot.shipping import services as shipping
from entrepot.shipping.types import Carried, WaybillState, WaybillWish
from entrepot.stock import selectors as stock_selectors
from entrepot.stock import services as stock

HAND_OVER = "checkout.hand_over"
HAND_OVER_BATCH = 1_000
HAND_OVER_LATE = timedelta(hours=2)  # a job that is tried again and again is parked before
CARRIER = "sandbox"  # the one carrier there is; a choice by warehouse comes with the second

CUSTOMS_NEWS = {
    DeclarationState.MATCHING: ParcelState.DECLARED,
    DeclarationState.LISTED: ParcelState.DECLARED,
    DeclarationState.HELD: ParcelState.HELD,
    DeclarationState.RELEASED: ParcelState.RELEASED,
    DeclarationState.CANCELLED: ParcelState.CANCELLED,
}
LISTING = (DeclarationState.MATCHING, DeclarationState.LISTED, DeclarationState.RELEASED)
CARRIER_NEWS = {WaybillState.DISPATCHED: ParcelState.SHIPPED, WaybillState.DELIVERED: ParcelState.DELIVERED}


def declare(*, order_id: UUID, buyer_id: UUID, now: datetime, payment: Payment | None = None) -> None:
    """A paid order's parcels get their waybills and go to customs. Repeating it continues where it stopped.

    `payment` is the order's as it was captured, where the event told it: what customs is told of it never changes.
    Calls outside, so not inside a transaction. Refuses what shipping and customs refuse; the caller tries again.
    """
    found = orders.with_consignee(order_id=order_id, buyer_id=buyer_id)
    if found is None:
        raise NotFound(what="order")
    order, consignee = found
    if order.state is not OrderState.PAID or order.payment_id is None:
        return
    if payment is None or payment.id != order.payment_id:
        payment = payments.payment(payment_id=order.payment_id, buyer_id=buyer_id)

    told = {parcel.id: told_again(parcel) for parcel in order.parcels if parcel.state is ParcelState.PAID}

    def follow(news: News) -> None:
        follow_customs(news=news, now=now, explanation=told.get(news.parcel_id))

    waiting = [parcel for parcel in order.parcels if parcel.state is ParcelState.PAID]
    for parcel in waiting:
        waybill, fresh = shipping.book_once(wish=waybill_wish(parcel, consignee), now=now)
        customs.declare(
            parcel_id=parcel.id,
            order_id=order_id,
            buyer_id=buyer_id,
            known=Known(order, consignee, payment, waybill, consignee) if fresh and payment else None,
            then=follow,
            last=parcel is waiting[-1],
            now=now,
        )


def follow_customs(*, news: News, now: datetime, explanation: Mapping[str, Any] | None = None) -> None:
    """What customs said moves the parcel, in the transaction that holds its declaration. At release its goods leave the
    warehouse, and handing it to the carrier is ordered. A declaration that was cancelled takes the parcel back: goods
    free, money returned. One that was stopped at a limit waits for its buyer's choice (`services/limits.py`). Repeated
    and late news change nothing. With the first documents the `explanation` of its taxes
    is written down.
    """
    state = CUSTOMS_NEWS.get(news.state)
    key = {"parcel_id": news.parcel_id, "order_id": news.order_id, "buyer_id": news.buyer_id}
    if state is None:
        return
    _count_where_customs_does(news, now)
    if state is ParcelState.RELEASED:
        _let_go(news, now)
    elif state is ParcelState.CANCELLED:
        if take_back(**key, now=now):
            limits.close(parcel_id=news.parcel_id, buyer_id=news.buyer_id, outcome="refunded", now=now)
    elif not order_verbs.mark_parcel(**key, state=state, note=news.code, now=now, explanation=explanation):
        _give_up_at_customs(**key, now=now)
    if state is ParcelState.HELD:  # also where it was held before, for another reason or by an older list
        limits.meet(news=news, now=now)


def _count_where_customs_does(news: News, now: datetime) -> None:
    """Customs counts a parcel against the year in which its list came, though it was ordered in the year before.
    Nothing is read of an order that was made in this year."""
    year = day_in(CHINA, now).year
    if news.state not in LISTING or news.order_id >= first_id(datetime(year, 1, 1, 0, 1, tzinfo=CHINA)):
        return
    key = {"parcel_id": news.parcel_id, "buyer_id": news.buyer_id}
    if news.state is not DeclarationState.MATCHING and (found := declarations.declaration(**key)) is not None:
        lists = [one.sent_at for one in found.documents if one.kind is DocumentKind.LIST and one.sent_at]
        year = day_in(CHINA, max(lists, default=now)).year
    order_verbs.count_in_year(**key, order_id=news.order_id, year=year)


def hear_customs(*, parcel_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """The queue says that customs had news of a parcel: follow how its declaration stands now. Released goods of a lot
    that was called back or has expired are replaced by the same goods of another lot, or the parcel is taken back and
    customs asked to take its list back."""
    with transaction.atomic():
        news = customs.news(parcel_id=parcel_id, buyer_id=buyer_id)
        if news is None:
            return
        try:
            with transaction.atomic():
                follow_customs(news=news, now=now)
        except stock.LotStopped:
            _instead(news, now)


def _instead(news: News, now: datetime) -> None:
    order = _order(news.order_id, news.buyer_id)
    parcel = _parcel(order, news.parcel_id)
    skus, channel_id = {line.sku_id for line in parcel.lines}, order.storefront_id
    if stock.replace_stopped(reference=news.order_id, sku_ids=skus, channel_id=channel_id, same_record=True, now=now):
        follow_customs(news=news, now=now)
        return
    if take_back(parcel_id=parcel.id, order_id=news.order_id, buyer_id=news.buyer_id, now=now):
        limits.close(parcel_id=parcel.id, buyer_id=news.buyer_id, outcome="refunded", now=now)
        customs.stay(parcel_id=parcel.id, buyer_id=news.buyer_id, now=now)  # the list has left the book by its release


def take_back(*, parcel_id: UUID, order_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """A paid parcel that will not leave: it is cancelled, its goods are free, its money goes back. True if done now.

    Refuses NotFound. Nothing happens to a parcel that is released or was taken back before.
    """
    with transaction.atomic():
        moved = order_verbs.mark_parcel(
            parcel_id=parcel_id,
            order_id=order_id,
            buyer_id=buyer_id,
            state=ParcelState.CANCELLED,
            note="called_off",
            now=now,
        )
        order = _order(order_id, buyer_id)
        parcel = _parcel(order, parcel_id)
        if not moved:
            return False
        pricing.give_back(order_id=order_id, units=units_of([parcel]), at=now)
        stock.release(
            reference=order_id,
            sku_ids=[line.sku_id for line in parcel.lines],
            line_ids=[line.id for line in parcel.lines],
            now=now,
        )
        if parcel.discount_minor:
            pricing.withdraw(order_id=order_id, buyer_id=buyer_id, amount_minor=parcel.discount_minor)
        assert order.payment_id is not None
        payment_verbs.give_back_later(
            payment_id=order.payment_id,
            buyer_id=buyer_id,
            amount_minor=parcel.total_minor - given_back(parcel_id=parcel_id, buyer_id=buyer_id),
            key=f"called_off:{parcel_id}",
        )
    return True


def follow_parcel(*, carried: Carried, now: datetime) -> None:
    """What the carrier did moves the parcel; the last one delivered ends the order."""
    order_verbs.mark_parcel(
        parcel_id=carried.parcel_id,
        order_id=carried.order_id,
        buyer_id=carried.buyer_id,
        state=CARRIER_NEWS[carried.state],
        note="",
        now=now,
    )


def hand_over(*, parcel_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """A released parcel goes to its carrier; from a warehouse that requires gate passes, when its pass has left.
    What its carrier reported before the release was heard of could not move it then, and moves it now. Repeatable;
    calls outside, so not inside a transaction.

    Refuses what `shipping.dispatch` refuses; the caller tries again.
    """
    if not declarations.may_leave(parcel_id=parcel_id, buyer_id=buyer_id):
        return

    followed: list[Carried] = []

    def follow(carried: Carried) -> None:
        follow_parcel(carried=carried, now=now)
        followed.append(carried)

    waybill = shipping.dispatch(parcel_id=parcel_id, buyer_id=buyer_id, now=now, then=follow, last=True)
    if not followed and waybill.state in CARRIER_NEWS:  # its carrier has it already, and says so no more
        follow_parcel(carried=Carried(parcel_id, waybill.order_id, buyer_id, waybill.state), now=now)


def hand_over_pass(*, pass_id: UUID) -> int:
    """A gate pass has left: each of its parcels goes to its carrier, by a job. Returns how many."""
    with transaction.atomic():
        return _hand_over_later(declarations.lists_of_pass(pass_id=pass_id))


def hand_over_waiting(*, warehouse_id: UUID, since: datetime, now: datetime) -> int:
    """The warehouse requires gate passes no more, or lists came off one: what was released since and is on none goes to
    its carrier, unless passes are required; so does what was released shortly before, for the job that hands it over
    may have come to a closed gate. Returns how many parcels, those that left long before among them: a carrier is
    handed a parcel once."""
    if warehouse_id in stock_selectors.closed_gates():
        return 0
    count, after = 0, None
    mine: dict[str, Any] = {"warehouse_id": warehouse_id, "since": since - HAND_OVER_LATE, "most": HAND_OVER_BATCH}
    while found := declarations.free_lists(**mine, after=after, now=now):
        with transaction.atomic():
            count += _hand_over_later(found)
        after = found[-1].declaration_id
    return count


def _hand_over_later(lists: Sequence[Leaving]) -> int:
    for one in lists:
        args = {"parcel_id": str(one.parcel_id), "buyer_id": str(one.buyer_id)}
        defer(job=HAND_OVER, lock=f"parcel:{one.parcel_id}", args=args)
    return len(lists)


def _let_go(news: News, now: datetime) -> None:
    """Released: the goods leave the books with the parcel's state, in one transaction. Those of a parcel that was taken
    back before stay, and customs is asked to take its list back."""
    with transaction.atomic(savepoint=False):
        lines = order_verbs.release_parcel(
            parcel_id=news.parcel_id, order_id=news.order_id, buyer_id=news.buyer_id, now=now
        )
        if lines is not None:
            stock.ship(
                reference=news.order_id,
                line_ids=[line_id for line_id, _ in lines],
                sku_ids=[sku_id for _, sku_id in lines],
                booking=news.booking,
                now=now,
            )
            return
        if news.booking is not None:
            stock.write_off(lists=[news.booking], now=now)
        if _parcel(_order(news.order_id, news.buyer_id), news.parcel_id).state is ParcelState.CANCELLED:
            customs.stay(parcel_id=news.parcel_id, buyer_id=news.buyer_id, now=now)


def _give_up_at_customs(*, parcel_id: UUID, order_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """News of a parcel that was called off while it was being declared: customs must not wait for it."""
    parcel = _parcel(_order(order_id, buyer_id), parcel_id)
    declaration = declarations.declaration(parcel_id=parcel_id, buyer_id=buyer_id)
    if parcel.state is ParcelState.CANCELLED and declaration is not None:
        reason = "parcel called off"
        customs.cancel(
            declaration_id=declaration.id, buyer_id=buyer_id, actor="system:checkout", reason=reason, now=now
        )


def _parcel(order: Order, parcel_id: UUID) -> OrderParcel:
    found = next((one for one in order.parcels if one.id == parcel_id), None)
    if found is None:
        raise NotFound(what="parcel")
    return found


def _order(order_id: UUID, buyer_id: UUID) -> Order:
    order = orders.order(order_id=order_id, buyer_id=buyer_id)
    if order is None:
        raise NotFound(what="order")
    return order


def waybill_wish(parcel: OrderParcel, consignee: Consignee) -> WaybillWish:
    names = [line.titles.get("zh-hans") or line.declared_name for line in parcel.lines]
    return WaybillWish(
        buyer_id=parcel.buyer_id,
        order_id=parcel.order_id,
        parcel_id=parcel.id,
        number=parcel.number,
        carrier=CARRIER,
        weight_g=sum(line.gross_weight_g for line in parcel.lines),
        freight_minor=parcel.freight_minor,
        insurance_minor=0,
        consignee=consignee,
        goods_text="；".join(f"{name}×{line.quantity}" for name, line in zip(names, parcel.lines, strict=True)),
        trade_mode=parcel.trade_mode,
        express=parcel.delivery is Delivery.EXPRESS,
    )
