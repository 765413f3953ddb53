"""Small builders for tests here and above. They reach carrier and customs port: use the fixtures of tests/sandboxed.py
and tests/customs_port.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from entrepot.customs import selectors, services
from entrepot.customs.types import Declaration
from entrepot.identity.tests import makers as people
from entrepot.kit import clock
from entrepot.kit.ids import human_number, new_id
from entrepot.orders import services as orders
from entrepot.orders.tests import makers as orders_made
from entrepot.orders.types import OrderDraft, OrderParcel
from entrepot.payments.services.advance import advance
from entrepot.payments.services.exchange import Raw, Said
from entrepot.payments.tests import makers as payments_made
from entrepot.payments.types import PayerCheck, SplitWish
from entrepot.shipping import services as shipping
from entrepot.shipping.types import WaybillWish
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import ON_SHELF, ClaimLine, WarehouseKind
from tests.sandboxed import Sandbox


@dataclass(frozen=True, slots=True)
class Ready:
    """A parcel that can be declared: paid, with a waybill, its goods held."""

    order_id: UUID
    buyer_id: UUID
    parcel: OrderParcel

    @property
    def key(self) -> dict[str, UUID]:
        return {"parcel_id": self.parcel.id, "order_id": self.order_id, "buyer_id": self.buyer_id}


def parcel(lines: int = 1, kind: WarehouseKind = WarehouseKind.BONDED, **changes: Any) -> Ready:
    """A paid parcel of `lines`, 2 tins at 100.00 each. Changes: buyer_id, id_number, line (changes of every line),
    payer_check, waybill_to (a Consignee), carry (False: no waybill), item_records (of the lots)."""
    buyer_id = changes.get("buyer_id") or people.buyer()
    number = changes.get("id_number") or people.id_number(sequence=new_id().int % 900 + 1)
    real_name_id = people.real_name(buyer_id, number=number)
    place = _place(kind)
    draft = _draft(lines, buyer_id, real_name_id, place, kind, changes.get("line", {}))
    order = orders.record(draft=draft)
    _hold(draft, place, kind, changes.get("item_records", ("REC-1",)))
    _pay(draft, changes.get("payer_check"))
    ready = Ready(order.id, buyer_id, order.parcels[0])
    if changes.get("carry", True):
        _carry(draft, ready, changes.get("waybill_to"))
    return ready


def _place(kind: WarehouseKind) -> UUID:
    code = {WarehouseKind.BONDED: "NGB1", WarehouseKind.OVERSEAS: "SYD1"}[kind]
    found = next((one.id for one in stock.warehouses().values() if one.code == code), None)
    return found or warehouse(code, kind)


def _draft(
    lines: int, buyer_id: UUID, real_name_id: UUID, place: UUID, kind: WarehouseKind, line: dict[str, Any]
) -> OrderDraft:
    now = clock.now()
    made = orders_made.draft(
        lines=lines, buyer_id=buyer_id, real_name_id=real_name_id, number=human_number("KL", now), placed_at=now,
        id_hash=new_id().bytes * 2, pay_until=now.replace(year=now.year + 1),
    )  # fmt: skip
    one = made.parcels[0]
    goods = tuple(replace(each, **line) for each in one.lines)
    mode = {WarehouseKind.BONDED: "1210", WarehouseKind.OVERSEAS: "9610"}[kind]
    sums = {
        "goods_minor": sum(each.goods_minor for each in goods),
        "discount_minor": sum(each.discount_minor for each in goods),
        "freight_minor": sum(each.freight_minor for each in goods),
        "tax_minor": sum(each.tax_minor for each in goods),
    }
    return replace(made, parcels=(replace(one, warehouse_id=place, trade_mode=mode, lines=goods, **sums),))


def _hold(draft: OrderDraft, place: UUID, kind: WarehouseKind, records: Iterable[str]) -> None:
    """Put the goods into the warehouse, bonded ones one lot per record, and hold them for the order."""
    lines = draft.parcels[0].lines
    records = tuple(records) if kind is WarehouseKind.BONDED else ("",)
    for line in lines:
        for n, record in enumerate(records):
            units = line.quantity if len(records) == 1 else 1
            stocked(line.sku_id, place, units, lot=f"L{n + 1}", item_record=record, customs_state=ON_SHELF[kind])
    stock_verbs.claim(
        buyer_id=draft.buyer_id,
        parcel_claims=[ClaimLine(line.id, line.sku_id, place, line.quantity) for line in lines],
        reference=draft.id,
        expires_at=draft.pay_until,
        now=clock.now(),
    )


def _pay(draft: OrderDraft, payer_check: Any) -> None:
    one = draft.parcels[0]
    intent = payments_made.intent(
        buyer_id=draft.buyer_id, order_id=draft.id, order_number=draft.number, amount_minor=one.total_minor,
        splits=(SplitWish(one.id, one.number, one.total_minor),), payer_real_name_id=draft.real_name_id,
    )  # fmt: skip
    now = clock.now()
    payment_id, _ = payments_made.intended(intent, now)
    fact = payments_made.captured_fact(intent, payment_id, now, payer_check=payer_check or PayerCheck.SAME)
    advance(fact=fact, raw=Raw("notice", Said(f'{{"payment":"{payment_id}"}}', "", None), once=True), now=now)
    assert orders.mark_paid(order_id=draft.id, buyer_id=draft.buyer_id, payment_id=payment_id, now=now)


def _carry(draft: OrderDraft, ready: Ready, to: Any) -> None:
    one = ready.parcel
    shipping.book(
        wish=WaybillWish(
            buyer_id=ready.buyer_id, order_id=ready.order_id, parcel_id=one.id, number=one.number, carrier="sandbox",
            weight_g=sum(line.gross_weight_g for line in one.lines), freight_minor=one.freight_minor,
            insurance_minor=0, consignee=to or draft.consignee,
            goods_text="婴儿奶粉", trade_mode=one.trade_mode,
        ),
        now=clock.now(),
    )  # fmt: skip


def declared(ready: Ready, now: datetime | None = None) -> Declaration:
    """The parcel's declaration, declared if it was not."""
    services.declare(**ready.key, now=now or clock.now())
    return seen(ready)


def seen(ready: Ready) -> Declaration:
    found = selectors.declaration(parcel_id=ready.parcel.id, buyer_id=ready.buyer_id)
    assert found is not None
    return found


def take(messages: Iterable[dict[str, Any]]) -> None:
    """Hand over receipts that the port would have sent."""
    for message in messages:
        services.take_receipt(body=message["body"].encode(), headers=message["headers"], now=clock.now())


def answered(port: Sandbox) -> int:
    """Take everything that the port has to say; how many receipts that were."""
    messages = port.collect("customs")
    take(messages)
    return len(messages)
