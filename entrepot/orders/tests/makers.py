"""Small builders for tests here and above."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from entrepot.kit.ids import human_number, new_id
from entrepot.orders import services
from entrepot.orders.types import Consignee, Order, OrderDraft, OrderLine, OrderParcel, ParcelState, parcel_number

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
ID_HASH = b"h" * 32
CONSIGNEE = Consignee(
    name="张小明",
    phone="+8613800005678",
    province="浙江省",
    city="宁波市",
    district="海曙区",
    district_code="330203",
    detail="中山西路1号2幢301室",
)


def line(parcel_id: UUID, number: int = 1, **changes: Any) -> OrderLine:
    """Two tins at 100.00 with 18.20 VAT and no freight."""
    fields: dict[str, Any] = {
        "id": new_id(),
        "parcel_id": parcel_id,
        "number": number,
        "sku_id": new_id(),
        "sku_code": f"TIN-{number}",
        "titles": {"zh-hans": "婴儿奶粉", "en": "Infant formula"},
        "image": None,
        "gtin": "9421025231209",
        "quantity": 2,
        "unit_price_minor": 10_000,
        "goods_minor": 20_000,
        "discount_minor": 0,
        "freight_minor": 0,
        "duty_minor": 0,
        "excise_minor": 0,
        "vat_minor": 1_820,
        "origin": "NZ",
        "hs_code": "1901101090",
        "sales_unit": "122",
        "unit1": "035",
        "quantity1": Decimal("1.80000"),
        "unit2": None,
        "quantity2": None,
        "declared_name": "婴儿配方奶粉",
        "model": "900克/罐",
        "net_weight_g": 1_800,
        "gross_weight_g": 2_100,
    }
    return OrderLine(**{**fields, **changes})


def draft(parcels: int = 1, lines: int = 1, **changes: Any) -> OrderDraft:
    """An order of `parcels` with `lines` each, as checkout would hand it over."""
    order_id = changes.pop("id", None) or new_id()
    buyer_id = changes.pop("buyer_id", None) or new_id()
    number = changes.pop("number", None) or human_number("KL", NOW)
    made = []
    for position in range(1, parcels + 1):
        parcel_id = new_id()
        goods = tuple(line(parcel_id, n) for n in range(1, lines + 1))
        made.append(
            OrderParcel(
                id=parcel_id,
                order_id=order_id,
                buyer_id=buyer_id,
                number=parcel_number(number, position),
                warehouse_id=new_id(),
                trade_mode="1210",
                state=ParcelState.PLACED,
                goods_minor=20_000 * lines,
                discount_minor=0,
                freight_minor=0,
                tax_minor=1_820 * lines,
                asked={},
                lines=goods,
                allowance_minor=20_000 * lines,
            )
        )
    whole = OrderDraft(
        id=order_id,
        buyer_id=buyer_id,
        storefront_id=new_id(),
        number=number,
        currency="CNY",
        real_name_id=new_id(),
        id_hash=ID_HASH,
        used_minor=0,
        language="zh-hans",
        placed_at=NOW,
        pay_until=NOW + timedelta(minutes=30),
        consignee=CONSIGNEE,
        parcels=tuple(made),
    )
    return replace(whole, **changes)


def placed(**changes: Any) -> Order:
    """A recorded order."""
    return services.record(draft=draft(**changes))


def paid(**changes: Any) -> Order:
    """A recorded order that is paid."""
    order = placed(**changes)
    at = NOW + timedelta(minutes=1)
    assert services.mark_paid(order_id=order.id, buyer_id=order.buyer_id, payment_id=new_id(), now=at)
    return order
