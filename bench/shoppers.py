"""People who can order, and goods that do not run out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from msgspec import structs
from stdnum.cn import ric

from bench import fill, goods
from bench.crowd import Call
from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Sku
from entrepot.checkout.services import Agreed
from entrepot.checkout.types import PlaceRequest, Wish
from entrepot.identity import services as identity
from entrepot.identity.types import AddressDraft, KeyDraft, PersonDraft, RealNameDraft, Scope
from entrepot.kit.ids import human_number, new_id
from entrepot.orders.types import parcel_number
from entrepot.pricing import selectors as pricing_reads
from entrepot.pricing import services as pricing
from entrepot.pricing.types import PriceDraft
from entrepot.stock import selectors as stock_reads
from entrepot.stock import services as stock
from entrepot.stock.types import CustomsState, ReceiptLine, WarehouseKind
from entrepot.storefronts import selectors as storefronts

PEOPLE_AT_ONCE = 500  # in one transaction
PLENTY = "PLENTY"  # the lot that does not run out, and that expires first
_PASSWORD = "only for measuring"
ADDRESS = AddressDraft(
    recipient="张小燕", phone="13800135678", province_code="330000", city_code="330100", district_code="330106",
    detail="文三路 90 号 71 幢 101 室",
)  # fmt: skip


def orders(shoppers: int, skus: int, units: int, price_minor: int, now: datetime) -> list[PlaceRequest]:
    """A request of each shopper that wishes one of two articles; all together wish every article of the goods."""
    storefront = fill.fill(skus, now)
    wanted = supplied([one.draft.skus[0].code for one in goods.products(skus)], units, price_minor, now)
    made = []
    for start in range(0, shoppers, PEOPLE_AT_ONCE):
        with transaction.atomic():
            for n in range(start, min(start + PEOPLE_AT_ONCE, shoppers)):
                wishes = [sku.id for sku in wanted[n::shoppers]]
                made.append(request(enrolled(n, now), n, wishes, storefront.id, now))
    return made


def request(buyer_id: UUID, n: int, sku_ids: Sequence[UUID], storefront_id: UUID, now: datetime) -> PlaceRequest:
    """One unit of each article for a person, who gets papers for it."""
    address_id, real_name_id = papers(buyer_id, n, now)
    return PlaceRequest(
        buyer_id=buyer_id, storefront_id=storefront_id, wishes=tuple(Wish(sku_id, 1) for sku_id in sku_ids),
        address_id=address_id, real_name_id=real_name_id, notice_accepted=True, provider="sandbox", idempotency_key="",
        expected_total_minor=None, language="zh-hans",
    )  # fmt: skip


def supplied(codes: Sequence[str], units: int, price_minor: int, now: datetime) -> list[Sku]:
    """Articles of the goods, all at one price, so many units of each in a lot of their own."""
    wanted = list(catalogue.sku_by_code(codes=codes).values())
    list_id = pricing_reads.lists(storefront_id=storefronts.every()[0].id)[0].id
    pricing.set_prices(
        list_id=list_id, prices=[PriceDraft(sku.id, price_minor) for sku in wanted], actor="bench", now=now
    )
    house = next(one.id for one in stock_reads.warehouses().values() if one.kind is WarehouseKind.BONDED)
    receipts = [
        ReceiptLine(
            sku_id=sku.id, warehouse_id=house, lot=PLENTY, expires_on=date(2029, 1, 1), origin="AU", quantity=units,
            unit_cost=Decimal(5), currency="CNY", customs_state=CustomsState.BONDED, item_record="1",
        )
        for sku in wanted
    ]  # fmt: skip
    stock.receive(receipts=receipts, reference="BENCH-PLENTY", now=now)
    return wanted


def calls(requests: Sequence[PlaceRequest], now: datetime) -> list[Call]:
    """The same orders over the wire, each with a key of its buyer."""
    draft = KeyDraft(name="bench", scopes=frozenset({Scope.ORDERS_WRITE}), days=30)
    ids = {wish.sku_id for request in requests for wish in request.wishes or () if wish.sku_id}
    codes = {sku_id: sku.code for sku_id, sku in catalogue.skus(ids=ids).items()}
    return [
        Call(
            secret=identity.issue_key(person_id=request.buyer_id, draft=draft, now=now).secret,
            body=json.dumps(
                {
                    "lines": [
                        {"sku": codes[wish.sku_id], "quantity": wish.quantity}
                        for wish in request.wishes or ()
                        if wish.sku_id
                    ],
                    "address_id": str(request.address_id),
                    "real_name_id": str(request.real_name_id),
                    "notice_accepted": True,
                }
            ),
        )
        for request in requests
    ]


def again(agreed: Agreed, at: datetime) -> Agreed:
    """The same order as that of another buyer under another name: all its ids are new."""
    old = agreed.draft
    buyer_id, order_id, number = new_id(), new_id(), human_number("KL", at)
    parcels = []
    for position, parcel in enumerate(old.parcels, 1):
        parcel_id = new_id()
        lines = tuple(structs.replace(line, id=new_id(), parcel_id=parcel_id) for line in parcel.lines)
        name = parcel_number(number, position)
        parcels.append(
            structs.replace(parcel, id=parcel_id, order_id=order_id, buyer_id=buyer_id, number=name, lines=lines)
        )
    splits = tuple(
        structs.replace(split, parcel_id=parcel.id, number=parcel.number)
        for split, parcel in zip(agreed.intent.splits, parcels, strict=True)
    )
    draft = structs.replace(
        old, id=order_id, buyer_id=buyer_id, number=number, parcels=tuple(parcels), id_hash=buyer_id.bytes * 2,
        used_minor=0, place_key=str(order_id),
    )  # fmt: skip
    intent = structs.replace(agreed.intent, buyer_id=buyer_id, order_id=order_id, order_number=number, splits=splits)
    return replace(agreed, draft=draft, intent=intent)


def enrolled(n: int, now: datetime) -> UUID:
    return identity.enrol(draft=PersonDraft(password=_PASSWORD, email=f"shopper{n}@example.com"), now=now)


def papers(buyer_id: UUID, n: int, now: datetime) -> tuple[UUID, UUID]:
    """An address and a real name of a buyer's own: their ids."""
    body = f"110105{date(1950 + n // 500, 1, 7):%Y%m%d}{1 + n % 500:03d}"
    number = body + ric.calc_check_digit(body + "0")
    name = RealNameDraft(name="张小燕", id_number=number, phone="13800135678", consent=True)
    return (
        identity.add_address(buyer_id=buyer_id, draft=ADDRESS, now=now),
        identity.record_real_name(buyer_id=buyer_id, draft=name, now=now),
    )
