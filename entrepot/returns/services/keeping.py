"""Units that are paid for without coming back: what a recall offers where goods cannot or need not return."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from entrepot.audit.services import record
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderParcel
from entrepot.payments import services as payments
from entrepot.returns import models, selectors
from entrepot.returns.rules.sums import Units, part, with_tax
from entrepot.returns.services.asking import NotReleased, await_no_more, checked_lines, take
from entrepot.returns.types import Amounts, KeptWish


def pay_kept(*, wish: KeptWish, now: datetime) -> Amounts:
    """Give back price, freight and tax of units that stay with their buyer. The same key again pays nothing more.

    The tax is borne by the house: customs lifts it for what comes back only, and the yearly allowance stays used. What
    general trade changed of it is counted, and goes back by the payment that it came by. Units that a return has taken
    which was not back in time may be among them, if nothing of it was sent: it is withdrawn.
    Refuses NotFound, NotReleased, NothingToReturn, MoreThanLeft, ReturnBusy.
    """
    order = orders.order(order_id=wish.order_id, buyer_id=wish.buyer_id)
    parcel = None if order is None else next((one for one in order.parcels if one.id == wish.parcel_id), None)
    if order is None or parcel is None or order.payment_id is None:
        raise NotFound(what="parcel")
    checked_lines(parcel, wish.units)
    if parcel.state not in selectors.RELEASED:
        raise NotReleased
    try:
        with transaction.atomic():
            return _paid(wish) or _pay(order, parcel, wish, now)
    except IntegrityError:
        if (found := _paid(wish)) is None:  # somebody else paid under the same key in this very moment
            raise
        return found


def kept_units(buyer_id: UUID, parcel_id: UUID) -> dict[UUID, int]:
    """Units of each line of a parcel that were paid for and kept."""
    rows = models.Kept.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id).values_list("line_id")
    return dict(rows.annotate(units=Sum("units")).order_by())


def _paid(wish: KeptWish) -> Amounts | None:
    rows = models.Kept.objects.filter(buyer_id=wish.buyer_id, key=wish.key)
    found = [Amounts(*sums) for sums in rows.values_list("goods_minor", "freight_minor", "tax_minor")]
    return sum(found, Amounts()) if found else None


def _pay(order: Order, parcel: OrderParcel, wish: KeptWish, now: datetime) -> Amounts:
    await_no_more(parcel_id=parcel.id, buyer_id=wish.buyer_id, line_ids=wish.units, actor=wish.actor, now=now)
    take(parcel, wish.buyer_id, wish.units)
    known = {line.id: line for line in with_tax(parcel.lines, parcel.tax_minor - wish.less_minor)}
    above = {line.id: line for line in with_tax(parcel.lines, wish.more_minor)}
    books = models.Book.objects.filter(buyer_id=wish.buyer_id, parcel_id=parcel.id, line_id__in=wish.units)
    total, more = Amounts(), Amounts()
    for book in books.order_by("line_id"):
        units = wish.units[book.line_id]
        before = Units(book.priced, book.freighted, book.taxed)
        amounts = part(known[book.line_id], before, Units(units, units, units))
        on_top = Amounts(tax_minor=part(above[book.line_id], before, Units(taxed=units)).tax_minor)
        total, more = total + amounts, more + on_top
        models.Kept.objects.create(
            id=new_id(), buyer_id=wish.buyer_id, order_id=order.id, parcel_id=parcel.id, line_id=book.line_id,
            units=units, goods_minor=amounts.goods_minor, freight_minor=amounts.freight_minor,
            tax_minor=amounts.tax_minor + on_top.tax_minor, key=wish.key, actor=wish.actor, at=now,
        )  # fmt: skip
        models.Book.objects.filter(buyer_id=wish.buyer_id, id=book.id).update(
            priced=F("priced") + units, freighted=F("freighted") + units, taxed=F("taxed") + units
        )
    for payment_id, minor in ((order.payment_id, total.total_minor), (wish.more_by, more.total_minor)):
        if minor:
            assert payment_id is not None
            payments.give_back_later(
                payment_id=payment_id, buyer_id=wish.buyer_id, amount_minor=minor, key=f"kept:{wish.key}"
            )
    record(
        actor=wish.actor, action="returns.pay_kept", subject_kind="parcel", subject_id=parcel.id,
        buyer_id=wish.buyer_id, reason=wish.key, at=now,
    )  # fmt: skip
    return total + more
