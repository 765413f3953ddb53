"""Small builders for tests here and above: a parcel that was bought, paid and released, and returns of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.tests.makers import draft, line
from entrepot.orders.types import Order, OrderParcel
from entrepot.payments.tests.makers import captured, intent
from entrepot.payments.types import SplitWish
from entrepot.returns import selectors, services
from entrepot.returns.types import Application, Clerk, Counted, CustomsAnswer, Reason, Return
from entrepot.stock import services as stock
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import ON_SHELF, ClaimLine, WarehouseKind

RELEASED = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
NOW = RELEASED + timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Bought:
    """A released parcel: `order` as it stands."""

    order: Order
    warehouse_id: UUID

    @property
    def parcel(self) -> OrderParcel:
        return self.order.parcels[0]

    @property
    def line_ids(self) -> list[UUID]:
        return [one.id for one in self.parcel.lines]

    def clerk(self, found: Return) -> Clerk:
        return Clerk(found.id, self.order.buyer_id, "clerk")


def bought(
    *units: int,
    released_at: datetime = RELEASED,
    kind: WarehouseKind = WarehouseKind.BONDED,
    buyer_id: UUID | None = None,
    **line_fields: Any,
) -> Bought:
    """One line of so many units each: 100.00 a unit, 18.20 tax and no freight a line, but for `line_fields`."""
    place = warehouse("W" + new_id().hex[-8:].upper(), kind)
    made = draft(id_hash=new_id().bytes * 2, buyer_id=buyer_id)
    parcel = made.parcels[0]
    lines = tuple(
        line(parcel.id, n, quantity=quantity, goods_minor=10_000 * quantity, **line_fields)
        for n, quantity in enumerate(units or (2,), 1)
    )
    sums = {
        name: sum(getattr(one, name) for one in lines)
        for name in ("goods_minor", "discount_minor", "freight_minor", "tax_minor")
    }
    value = sums["goods_minor"] - sums["discount_minor"] + sums["freight_minor"]
    parcel = replace(parcel, warehouse_id=place, lines=lines, allowance_minor=value, **sums)
    made = replace(made, parcels=(parcel,))
    for one in lines:
        stocked(one.sku_id, place, one.quantity, customs_state=ON_SHELF[kind])
    order_verbs.record(draft=made)
    stock.claim(
        buyer_id=made.buyer_id,
        parcel_claims=[ClaimLine(one.id, one.sku_id, place, one.quantity) for one in lines],
        reference=made.id,
        expires_at=made.pay_until,
        now=released_at,
    )
    paid = captured(
        intent(
            buyer_id=made.buyer_id,
            order_id=made.id,
            amount_minor=made.total_minor,
            splits=(SplitWish(parcel.id, parcel.number, made.total_minor),),
        )
    )
    key = {"order_id": made.id, "buyer_id": made.buyer_id}
    assert order_verbs.mark_paid(**key, payment_id=paid.payment.id, now=released_at)
    assert order_verbs.release_parcel(**key, parcel_id=parcel.id, now=released_at)
    sku_ids = [one.sku_id for one in lines]
    stock.ship(reference=made.id, line_ids=[one.id for one in lines], sku_ids=sku_ids, now=released_at)
    found = orders.order(order_id=made.id, buyer_id=made.buyer_id)
    assert found is not None
    return Bought(found, place)


def application(of: Bought, *units: int, **changes: Any) -> Application:
    """So many units of each line in turn; 0 leaves a line out."""
    wanted = {line_id: n for line_id, n in zip(of.line_ids, units or (1,), strict=False) if n}
    fields: dict[str, Any] = {"reason": Reason.UNWANTED, "note": "", "key": str(new_id()), **changes}
    return Application(of.order.buyer_id, of.order.id, of.parcel.id, wanted, **fields)


def applied(of: Bought, *units: int, now: datetime = NOW, **changes: Any) -> Return:
    return services.apply(asked=application(of, *units, **changes), now=now)


def approved(of: Bought, *units: int, customs: CustomsAnswer = CustomsAnswer.NONE, **changes: Any) -> Return:
    """Approved by a clerk, and customs' answer heard where there is one."""
    found = applied(of, *units, **changes)
    services.approve(who=of.clerk(found), now=NOW)
    if customs in (CustomsAnswer.ACCEPTED, CustomsAnswer.REFUSED):
        services.hear_customs(return_id=found.id, buyer_id=found.buyer_id, answer=customs, code="", now=NOW)
    return read(found)


def arrive(of: Bought, found: Return, *counted: tuple[int, int], now: datetime = NOW) -> Return:
    """(sound, spoiled) of each line of the return; without them everything is sound."""
    told = counted or tuple((one.quantity, 0) for one in found.lines)
    counts = {one.line_id: Counted(*count) for one, count in zip(found.lines, told, strict=True)}
    services.arrive(who=of.clerk(found), counted=counts, warehouse_id=of.warehouse_id, now=now)
    return read(found)


def read(found: Return) -> Return:
    again = selectors.one(return_id=found.id, buyer_id=found.buyer_id)
    assert again is not None
    return again
