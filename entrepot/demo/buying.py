"""The demo's buying: suppliers with contracts, two chains of rights that end soon, a commitment, orders in every state.

Suppliers, owners' names and exchange rates are made up. All or nothing in one transaction, and once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.demo.content import Item
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import exponent
from entrepot.procurement import selectors, services
from entrepot.procurement.types import (
    ArticleTerms,
    AuthorisationDraft,
    ContractDraft,
    Incoterm,
    LineDraft,
    OrderDraft,
    OrderView,
    OwnerDraft,
    PaymentTerms,
    ProgrammeDraft,
    Received,
    SupplierDraft,
    Tier,
)
from entrepot.tariff import selectors as tariff
from entrepot.tariff import services as tariff_services

BUYER, SECOND, KEEPER = "采购 Purchasing", "财务 Finance", "仓库 Warehouse"
FOUR_EYES_FROM_FEN = 10_000_000
RATES = {"EUR": Decimal("8.2"), "USD": Decimal("7.1"), "JPY": Decimal("0.047"), "AUD": Decimal("4.6")}
RATES_BOOK, RATES_SOURCE = "fx-cn", "demo: made up"
COST_SHARE = Decimal("0.45")  # of our price: what a supplier takes
PROGRAMME = "进博会采购意向（演示） CIIE commitment (demo)"
TARGET_FEN = 600_000_000
DAY = timedelta(days=1)
LINES_MAX = 3


@dataclass(frozen=True, slots=True)
class House:
    """A supplier, the terms with it and the brands it sells."""

    code: str
    name: str
    country: str
    currency: str
    incoterm: Incoterm
    place: str
    payment: tuple[PaymentTerms, int]
    brands: tuple[str, ...]
    email: str = ""
    signed: int = 0  # whole units of the currency towards the commitment


SUPPLIERS = (
    House("DUVAL", "Maison Duval Distribution SAS", "FR", "EUR", Incoterm.FOB, "Le Havre", (PaymentTerms.SHIPMENT, 30),
          ("avene", "bioderma", "caudalie", "la-roche-posay"), signed=180_000),
    House("HANSE", "Hanse Kontor Markenvertrieb GmbH", "DE", "EUR", Incoterm.FCA, "Hamburg", (PaymentTerms.RECEIPT, 45),
          ("aptamil", "hipp", "nivea", "eucerin"), signed=150_000),
    House("KOMOREBI", "株式会社こもれび商事 Komorebi Trading K.K.", "JP", "JPY", Incoterm.CIF, "Ningbo",
          (PaymentTerms.ADVANCE, 10), ("hada-labo", "curel", "shiseido", "merries"), signed=24_000_000),
    House("HUDSON", "Hudson Harbor Goods LLC", "US", "USD", Incoterm.CIP, "Zhengzhou", (PaymentTerms.INVOICE, 60),
          ("kiehls", "clinique", "estee-lauder"), "orders@hudson-harbor.example"),
    House("CROSS", "Southern Cross Wholesale Pty Ltd", "AU", "AUD", Incoterm.CIF, "Nansha", (PaymentTerms.INVOICE, 30),
          ("swisse", "bellamys", "jurlique"), "sales@southern-cross.example"),
    House("NORDLYS", "Nordlys Kosmetik Oy", "FI", "EUR", Incoterm.DAP, "Ningbo", (PaymentTerms.RECEIPT, 30),
          ("lumene",)),
)  # fmt: skip
# Brand, its supplier, days until the owner's link ends, days until the supplier's ends
CHAINS = (("lumene", "NORDLYS", 20, 400), ("avene", "DUVAL", 300, 45), ("clinique", "HUDSON", 500, 420))


@dataclass(frozen=True, slots=True)
class Story:
    """An order: days ago it was drafted, days from now it is expected, and how far it came."""

    supplier: str
    drafted: int
    expected: int
    units: int  # of its first line; each further one has a third less
    steps: str  # words of `_step`, in order


STORIES = (
    Story("DUVAL", 88, -44, 600, "approve send confirm late rest pay"),
    Story("KOMOREBI", 80, -41, 1_200, "approve send confirm first close pay"),
    Story("HANSE", 34, 6, 1_500, "approve send confirm first half"),
    Story("CROSS", 30, 15, 400, "approve send cancel"),
    Story("NORDLYS", 26, 9, 240, "approve send confirm first"),
    Story("DUVAL", 18, 21, 800, "approve send confirm amend"),
    Story("KOMOREBI", 12, 24, 2_000, "approve send half"),
    Story("HUDSON", 4, 40, 700, "approve"),
    Story("CROSS", 2, 45, 500, ""),
)


@transaction.atomic
def put_buying(*, items: Sequence[Item], ids: Mapping[str, UUID], brands: Mapping[str, UUID], now: datetime) -> None:
    """Load it unless it was loaded before: suppliers are known by their codes."""
    if {one.code for one in selectors.suppliers().values()} & {one.code for one in SUPPLIERS}:
        return
    _rates(now)
    suppliers = {one.code: _supplier(one, now) for one in SUPPLIERS}
    _chains(suppliers, brands, now)
    goods = _goods(items, ids)
    contracts = _contracts(suppliers, goods, now)
    for story in STORIES:
        house = next(one for one in SUPPLIERS if one.code == story.supplier)
        _Teller(house, contracts[house.code], [sku for brand in house.brands for sku in goods[brand]], now).tell(story)
    services.new_day(now=now)  # what ends soon is told at once


def _rates(now: datetime) -> None:
    """For the days of the stories, unless somebody imported rates before."""
    if any(shown.version.name == RATES_BOOK for shown in tariff.books_shown()):
        return
    first = day_in(CHINA, now - 400 * DAY)
    rows = [f'"","",CN,fx.{one},"{{""rate"":""{RATES[one]}""}}",{first},,no,{RATES_SOURCE},' for one in RATES]
    head = "hs_prefix,origin,destination,measure,params,valid_from,valid_to,confirmed,source,note"
    content = "\n".join((head, *rows)).encode()
    tariff_services.import_book(name=RATES_BOOK, content=content, as_of=first, actor=BUYER, now=now)


def _supplier(house: House, now: datetime) -> UUID:
    draft = SupplierDraft(house.code, house.name, house.country, house.currency, house.email)
    return services.put_supplier(draft=draft, actor=BUYER, now=now)


def _chains(suppliers: Mapping[str, UUID], brands: Mapping[str, UUID], now: datetime) -> None:
    today = day_in(CHINA, now)
    known = catalogue.brands(ids=[brands[brand] for brand, *_ in CHAINS])
    for slug, code, owner_days, supplier_days in CHAINS:
        brand, since = known[brands[slug]], today - 345 * DAY
        name = f"{brand.names['en']} rights holder (demo)"
        owner = OwnerDraft(f"RIGHTS-{slug.upper()}", name, brand.country, frozenset({brand.id}))
        services.put_owner(draft=owner, actor=BUYER, now=now)
        for giver, taker, days in ((None, suppliers[code], owner_days), (suppliers[code], None, supplier_days)):
            link = AuthorisationDraft(brand.id, giver, taker, since, today + days * DAY, frozenset({"CN"}))
            services.authorise(draft=link, actor=BUYER, now=now)


Goods = Mapping[str, Sequence[tuple[UUID, Decimal]]]


def _contracts(suppliers: Mapping[str, UUID], goods: Goods, now: datetime) -> dict[str, UUID]:
    """Signed 200 days ago, with the articles of their brands; towards the commitment where a sum was signed."""
    at, today = now - 200 * DAY, day_in(CHINA, now)
    promise = ProgrammeDraft(PROGRAMME, "CNY", TARGET_FEN, today - 210 * DAY, today + 155 * DAY)
    programme_id = services.promise(draft=promise, actor=BUYER, now=at)
    tiers = (Tier(500, Decimal("0.02")), Tier(1_500, Decimal("0.035")))
    signed = {}
    for house in SUPPLIERS:
        draft = ContractDraft(
            supplier_id=suppliers[house.code],
            number=f"KL-{house.code}-{at.year}",
            valid_from=today - 200 * DAY,
            valid_to=today + 530 * DAY,
            currency=house.currency,
            incoterm=house.incoterm,
            place=house.place,
            payment=house.payment[0],
            payment_days=house.payment[1],
            order_units_min=200,
            line_units_min=12,
            over_receipt=Decimal("0.03"),
            value_minor=house.signed * 10 ** exponent(house.currency),
            tiers=tiers,
            articles=_articles(house, goods),
            programme_id=programme_id if house.signed else None,
        )
        signed[house.code] = services.sign(draft=draft, actor=BUYER, now=at)
    return signed


def _articles(house: House, goods: Goods) -> tuple[ArticleTerms, ...]:
    """Cartons of twelve, or of six where a unit is heavy; goods take twice the room of their weight in water."""
    found = [one for brand in house.brands for one in goods[brand]]
    skus = catalogue.skus(ids=[sku_id for sku_id, _price in found])
    return tuple(
        ArticleTerms(
            sku_id=sku_id,
            unit_price=_cost(house, price),
            units_min=24,
            pack=12 if skus[sku_id].gross_weight_g < 900 else 6,
            volume_cm3=max(2 * skus[sku_id].gross_weight_g, 150),
        )
        for sku_id, price in found
    )


def _cost(house: House, price: Decimal) -> Decimal:
    """What the supplier takes for what we sell at a price."""
    return round(price * COST_SHARE / RATES[house.currency], exponent(house.currency))


def _goods(items: Sequence[Item], ids: Mapping[str, UUID]) -> dict[str, list[tuple[UUID, Decimal]]]:
    """SKUs of each brand with our price in yuan, at most two variants of a product."""
    found: dict[str, list[tuple[UUID, Decimal]]] = {}
    for item in items:
        for variant in item.variants[:2]:
            found.setdefault(item.brand, []).append((ids[variant.code], Decimal(variant.price_minor) / 100))
    return found


class _Teller:
    """Writes orders with one supplier as if the days had passed."""

    def __init__(self, house: House, contract_id: UUID, goods: Sequence[tuple[UUID, Decimal]], now: datetime) -> None:
        self._house, self._contract_id, self._goods, self._now = house, contract_id, goods, now

    def tell(self, story: Story) -> None:
        """Steps lie a seventh of the way to the expected day apart, and all in the past."""
        at = self._now - story.drafted * DAY
        step = min(timedelta(days=story.drafted + story.expected) / 7, timedelta(days=story.drafted) / 8)
        order_id = services.draft(wish=self._wish(story, story.units), actor=BUYER, now=at)
        for word in story.steps.split():
            at += step
            self._step(word, order_id, story, at)

    def _wish(self, story: Story, units: int) -> OrderDraft:
        lines = []
        for sku_id, price in self._goods[:LINES_MAX]:
            lines.append(LineDraft(sku_id, max(units // 12, 2) * 12, _cost(self._house, price)))  # whole cartons
            units = units * 2 // 3
        return OrderDraft(self._contract_id, day_in(CHINA, self._now + story.expected * DAY), tuple(lines))

    def _step(self, word: str, order_id: UUID, story: Story, at: datetime) -> None:
        who: dict[str, Any] = {"order_id": order_id, "actor": BUYER, "now": at}
        if word == "approve":
            services.approve(
                order_id=order_id, version=1, actor=SECOND, four_eyes_from_minor=FOUR_EYES_FROM_FEN, now=at
            )
        elif word == "send":
            services.send(**who)
        elif word == "confirm":
            services.confirm(**who, reference=f"{self._house.code}-{at:%m%d}")
        elif word == "amend":
            services.amend(**who, wish=self._wish(story, story.units + 300))
        elif word == "cancel":
            services.cancel(**who, reason="价格谈不拢 The price was too high")
        elif word == "close":
            services.close(**who, reason="余量断货 The rest is out of stock")
        elif word in ("half", "pay"):
            self._pay(_read(order_id), whole=word == "pay", at=at)
        else:
            late = timedelta(days=story.drafted + story.expected + 9)
            arrived = self._now - story.drafted * DAY + late if word == "late" else at
            self._receive(_read(order_id), rest=word == "rest", at=arrived)

    def _receive(self, order: OrderView, *, rest: bool, at: datetime) -> None:
        """First two thirds of each line, a few of them spoiled; then what is still awaited."""
        came = [
            Received(line.id, line.awaited, 0) if rest else Received(line.id, line.units * 2 // 3, line.units // 150)
            for line in order.lines
        ]
        note = f"{order.number}-DN{2 if rest else 1}"
        services.receive_against(receipts=came, reference=note, actor=KEEPER, now=at)

    def _pay(self, order: OrderView, *, whole: bool, at: datetime) -> None:
        owed = sum(one.amount_minor for one in selectors.dues_of(order_id=order.id))  # less where it was closed short
        draft = services.PaymentDraft(
            order_id=order.id,
            reference=f"TT-{order.number}",
            amount_minor=owed if whole else owed // 2,
            paid_on=day_in(CHINA, at),
        )
        services.record_payment(draft=draft, actor=SECOND, now=at)


def _read(order_id: UUID) -> OrderView:
    found = selectors.order(order_id=order_id)
    assert found is not None
    return found
