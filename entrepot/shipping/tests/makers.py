"""Small builders for tests here and above. `booked` reaches the sandbox and needs its fixture (tests/sandboxed.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from entrepot.kit import clock
from entrepot.kit.ids import new_id
from entrepot.orders.types import Consignee
from entrepot.shipping import carriers, services
from entrepot.shipping.types import Waybill, WaybillWish

CONSIGNEE = Consignee(
    name="欧阳小红",
    phone="+8613812345678",
    province="浙江省",
    city="宁波市",
    district="鄞州区",
    district_code="330212",
    detail="幸福路88号3幢2单元1502室",
)


def wish(**changes: Any) -> WaybillWish:
    made = WaybillWish(
        buyer_id=new_id(),
        order_id=new_id(),
        parcel_id=new_id(),
        number=f"KL{new_id().int % 10**12:012d}-1",
        carrier="sandbox",
        weight_g=1_250,
        freight_minor=1_500,
        insurance_minor=0,
        consignee=CONSIGNEE,
        goods_text="婴儿奶粉 800g x 2",
        trade_mode="1210",
    )
    return replace(made, **changes)


def booked(**changes: Any) -> Waybill:
    return services.book(wish=wish(**changes), now=clock.now())


def dispatched(**changes: Any) -> Waybill:
    waybill = booked(**changes)
    return services.dispatch(parcel_id=waybill.parcel_id, buyer_id=waybill.buyer_id, now=clock.now())


def with_carrier(waybill_id: UUID) -> None:
    """The carrier has the parcel, and nobody here has handed it over."""
    assert carriers.carrier("sandbox").dispatch(waybill_id, clock.now()) is not None
