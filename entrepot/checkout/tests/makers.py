"""A small world in which somebody can buy: shop, book, warehouses, priced and classified goods, a buyer with papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from entrepot.catalogue.tests.makers import make_classified, make_product
from entrepot.checkout import selectors, services
from entrepot.checkout.models import LimitCase
from entrepot.checkout.types import ANNUAL, BasketQuote, Placed, PlaceRequest, Way, Wish
from entrepot.identity.tests import makers as people
from entrepot.kit.ids import new_id
from entrepot.orders.types import Order
from entrepot.payments import selectors as payments
from entrepot.payments.tests.makers import captured, intent, told_captured
from entrepot.payments.types import Captured, PayerCheck, SplitWish
from entrepot.pricing import services as pricing
from entrepot.pricing.tests.makers import priced
from entrepot.pricing.types import PriceDraft
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import ON_SHELF, WarehouseKind
from entrepot.storefronts.selectors import by_code
from entrepot.storefronts.services import open_storefront
from entrepot.storefronts.tests.makers import KOALA, koala_lane
from entrepot.storefronts.tests.makers import NOW as OPENED
from entrepot.storefronts.types import Storefront
from entrepot.tariff.tests.makers import founding_book

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class World:
    """`bonded` and `overseas` are warehouses; `skus` are ids by name."""

    shop: Storefront
    bonded: UUID
    overseas: UUID
    skus: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Shopper:
    buyer_id: UUID
    address_id: UUID
    real_name_id: UUID


def world(
    goods: Mapping[str, int] | None = None, units: int = 10, kinds: tuple[WarehouseKind, ...] = (WarehouseKind.BONDED,)
) -> World:
    """Goods by name with their price in fen, `units` of each in a warehouse of each of the kinds."""
    goods = goods or {"coat": 40_000}
    founding_book()
    places = {
        WarehouseKind.BONDED: warehouse("NGB1", WarehouseKind.BONDED),
        WarehouseKind.OVERSEAS: warehouse("MIL1", WarehouseKind.OVERSEAS),
    }
    skus = {name: make_product(name).skus[0].id for name in goods}
    make_classified(list(skus.values()))
    priced({skus[name]: amount for name, amount in goods.items()})
    for kind in kinds:
        for sku_id in skus.values():
            if units:
                stocked(sku_id, places[kind], units, customs_state=ON_SHELF[kind])
    return World(koala_lane(), places[WarehouseKind.BONDED], places[WarehouseKind.OVERSEAS], skus)


def second_shop(place: World, goods: Mapping[str, int]) -> World:
    """The same house and goods at another storefront, at its own prices in fen."""
    draft = replace(KOALA, code="harbour", names={"zh-hans": "海港", "en": "Harbour"}, hosts=("harbour.example",))
    shop_id = open_storefront(draft=draft, now=OPENED)
    list_id = pricing.open_list(storefront_id=shop_id, currency="CNY", now=OPENED)
    prices = [PriceDraft(place.skus[name], amount) for name, amount in goods.items()]
    pricing.set_prices(list_id=list_id, prices=prices, actor="tests", now=OPENED)
    return replace(place, shop=by_code(code=draft.code))


def shopper(**real_name: Any) -> Shopper:
    """A buyer with an address and a real name, ready to order."""
    buyer_id = people.buyer()
    return Shopper(buyer_id, people.address(buyer_id), people.real_name(buyer_id, **real_name))


def shoppers(count: int) -> list[Shopper]:
    """So many, each with an ID number of their own."""
    return [shopper(number=people.id_number(sequence=1 + 2 * n)) for n in range(count)]


def quoted(place: World, wishes: Mapping[str, int], **more: Any) -> BasketQuote:
    """The quote of goods by name."""
    asked = [Wish(place.skus[name], quantity) for name, quantity in wishes.items()]
    return selectors.quote(**{"storefront": place.shop, "wishes": asked, "buyer_id": None, "now": NOW, **more})


def request(place: World, who: Shopper, wishes: Mapping[str, int] | None, **changes: Any) -> PlaceRequest:
    """What this buyer would send to order goods by name (None = their basket)."""
    made = PlaceRequest(
        buyer_id=who.buyer_id,
        storefront_id=place.shop.id,
        wishes=None if wishes is None else tuple(Wish(place.skus[name], n) for name, n in wishes.items()),
        address_id=who.address_id,
        real_name_id=who.real_name_id,
        notice_accepted=True,
        provider="sandbox",
        idempotency_key=str(new_id()),
        expected_total_minor=None,
        language="zh-hans",
    )
    return replace(made, **changes)


def bought(place: World, who: Shopper, wishes: Mapping[str, int], now: datetime = NOW, **changes: Any) -> Placed:
    """A placed order, unpaid."""
    return services.place(request=request(place, who, wishes, **changes), now=now)


def pay(
    placed: Placed, buyer_id: UUID, now: datetime = NOW, *, settling: bool = True, check: PayerCheck = PayerCheck.SAME
) -> Captured:
    """The provider's notice that the order was paid, without a provider; settled in its own transaction.

    With `settling` false the event `payments.captured` is told instead. `check` is what it says of who paid.
    """
    payment = payments.payment(payment_id=placed.payment_id, buyer_id=buyer_id)
    assert payment is not None

    def then(captured: Captured) -> None:
        services.settle(captured=captured, now=now)

    return told_captured(payment, now, then if settling else None, payer_check=check)


def asked_at_a_limit(order: Order, choice: Way | None, now: datetime) -> None:
    """Customs stopped the order's first parcel at a limit: its buyer is asked, or has chosen."""
    chosen = {} if choice is None else {"choice": choice, "chosen_at": now, "chosen_by": "buyer"}
    LimitCase.objects.create(
        id=new_id(), buyer_id=order.buyer_id, order_id=order.id, parcel_id=order.parcels[0].id, receipt_id=new_id(),
        code=ANNUAL, opened_at=now, answer_by=now, due_at=now, wait_until=now, difference_minor=100, **chosen,
    )  # fmt: skip


def settled_general(order: Order, difference_minor: int, *, outcome: str, now: datetime) -> UUID:
    """A limit case of the order's first parcel: general trade cost so much more (below zero: less), which is settled.
    The payment that the difference came by, or went back on."""
    assert order.payment_id is not None
    parcel, case_id, by = order.parcels[0], new_id(), None
    if difference_minor > 0:
        number = f"{parcel.number}-G"
        splits = (SplitWish(parcel.id, number, difference_minor),)
        wish = {"order_number": number, "amount_minor": difference_minor, "splits": splits}
        by = captured(intent(buyer_id=order.buyer_id, order_id=case_id, **wish)).payment.id
    LimitCase.objects.create(
        id=case_id, buyer_id=order.buyer_id, order_id=order.id, parcel_id=parcel.id, receipt_id=new_id(), code=ANNUAL,
        opened_at=now, answer_by=now, due_at=now, choice=Way.GENERAL, chosen_at=now, chosen_by="buyer", wait_until=now,
        difference_minor=difference_minor, settled_at=now, payment_id=by, ended_at=now, outcome=outcome,
    )  # fmt: skip
    return by or order.payment_id
