"""The journey of one lot, whole: the brand's right, the purchase order, the consignment, the declaration at the first
line, the receipt and the sale through the sandbox; then what somebody changed afterwards is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client

from entrepot.catalogue import selectors as catalogue
from entrepot.checkout.tests.makers import world
from entrepot.consignments import services as consignment_verbs
from entrepot.consignments.tests import makers as coming
from entrepot.consignments.types import Consignment, ConsignmentDraft, Happened, LegDraft, LineDraft, Mode, Stage
from entrepot.kit import clock, sql
from entrepot.orders.types import OrderState
from entrepot.outbox.testing import drain
from entrepot.procurement import services as buying_verbs
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.types import Incoterm, OrderView
from entrepot.provenance import selectors, services
from entrepot.provenance.types import Broken, Happening, Link
from entrepot.receiving import services as receiving
from entrepot.receiving.tests.makers import scan
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import book, item
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_story import Story

pytestmark = pytest.mark.django_db
LEFT, CAME, BEST = date(2026, 11, 23), date(2026, 11, 25), date(2028, 1, 31)
WAY = (
    LegDraft(Stage.MAIN, Mode.AIR, "Milano", "Ningbo", LEFT, CAME, "Cargolux", "CV 77"),
    LegDraft(Stage.AFTER, Mode.ROAD, "Ningbo", "NGB1", CAME, CAME),
)


@dataclass(frozen=True)
class Lot:
    """A lot in stock and what it came with."""

    sku_id: UUID
    lot_id: UUID
    order: OrderView
    consignment: Consignment

    @property
    def key(self) -> dict[str, UUID]:
        return {"sku_id": self.sku_id, "lot_id": self.lot_id}

    def links(self) -> list[Link]:
        return selectors.links(**self.key)


@pytest.fixture
def story(customs_port: Sandbox, client: Client) -> Iterator[Story]:  # noqa: F811
    yield Story(world({"coat": 40_000}, units=0), customs_port, client)
    assert stock.discrepancies() == []


def ordered(sku_id: UUID) -> OrderView:
    """Ten units, of a supplier whom the brand's owner authorised and who authorised us."""
    buying.rates()
    (sku,) = catalogue.skus(ids=[sku_id]).values()
    supplier_id = buying.supplier(country="IT")
    brand_id = sku.brand_id
    buying.owner([brand_id])
    buying.authorised(brand_id, None, supplier_id)
    buying.authorised(brand_id, supplier_id, None, valid_from=date(2026, 6, 1))
    wish = buying.wish(buying.contract(supplier_id), [(sku, 10, "30.00")])
    made = buying_verbs.draft(wish=wish, actor="author", now=buying.NOW)
    buying_verbs.approve(order_id=made, version=1, actor="chief", four_eyes_from_minor=buying.BIG, now=buying.NOW)
    buying_verbs.send(order_id=made, actor="author", now=buying.NOW)
    return buying.read(made)


def on_its_way(order: OrderView, place: UUID, now: datetime) -> Consignment:
    """Announced, declared into the book, under way and there."""
    book()
    (line,) = order.lines
    item(line.sku_id, origin="IT")
    draft = ConsignmentDraft(
        supplier_id=order.supplier_id,
        asn="ASN-77",
        warehouse_id=place,
        incoterm=Incoterm.FCA,
        place="Milano",
        lines=(LineDraft(line.id, 10, "B-77", date(2026, 5, 1), BEST, "IT"),),
        legs=WAY,
    )
    made = consignment_verbs.announce(draft=draft, actor="tests", now=buying.NOW)
    inbound_id = consignment_verbs.declare_into_book(consignment_id=made, actor="tests", now=now)
    stock_verbs.declare_inbound(inbound_id=inbound_id, number="310520261100000077", on=CAME, actor="tests", now=now)
    for leg in (1, 2):
        coming.told(made, leg, Happened.DEPARTED, WAY[leg - 1].departs_on, now=now)
        coming.told(made, leg, Happened.ARRIVED, WAY[leg - 1].arrives_on, now=now)
    return coming.read(made)


def received(story: Story) -> Lot:
    sku_id, now = story.place.skus["coat"], clock.now()
    order = ordered(sku_id)
    consignment = on_its_way(order, story.place.bonded, now)
    receipt_id = receiving.open_receipt(consignment_id=consignment.id, actor="ann", now=now)
    code = catalogue.skus(ids=[sku_id])[sku_id].code
    receiving.take_scans(receipt_id=receipt_id, scans=[scan(units=10, code=code)], actor="ann", now=now)
    receiving.close(closing=receiving.Closing(receipt_id, True, {}), actor="chief", now=now)
    ((_, lot_id),) = stock.lots_named(names=[(sku_id, f"B-77/{consignment.number}")]).items()
    return Lot(sku_id, lot_id, order, consignment)


def kinds(links: list[Link]) -> list[str]:
    return [link.kind.value for link in links]


def test_a_lot_is_told_from_the_brands_right_to_the_sale_and_a_change_is_found(story: Story) -> None:
    lot = received(story)
    assert lot.links() == []
    drain()
    bought = ["authorised", "authorised", "ordered"]
    came = ["departed", "departed", "declared", "arrived", "received"]
    assert kinds(lot.links()) == [*bought, *came]
    number = story.order({"coat": 2})
    story.pay(number)
    story.clear()
    story.hear("carrier")
    drain()
    assert story.read(number).state is OrderState.DELIVERED
    assert services.sweep(now=clock.now()) == 0  # the day is not over
    assert services.sweep(now=clock.now() + timedelta(days=1)) == 1
    links = lot.links()
    assert kinds(links) == [*bought, *came, "sold"]
    assert [link.country for link in links] == ["FR", "IT", "IT", "IT", "CN", "CN", "CN", "CN", "CN"]
    facts = {link.kind: link.facts for link in links}
    assert facts[Happening.ORDERED]["order"] == lot.order.number
    assert facts[Happening.DEPARTED]["consignment"] == lot.consignment.number
    assert facts[Happening.DECLARED]["declaration"] == "310520261100000077"
    assert facts[Happening.RECEIVED]["units"] == 10
    assert facts[Happening.SOLD]["units"] == 2
    assert selectors.verify(**lot.key) is None
    sql.run("UPDATE provenance_event SET facts = facts || '{\"units\": 3}' WHERE kind = 'sold'")
    assert selectors.verify(**lot.key) == Broken(len(links), "hash")


def test_what_is_told_twice_or_late_stands_once_and_the_page_shows_the_way(story: Story, client: Client) -> None:
    lot = received(story)
    drain()
    before = lot.links()
    for _ in range(2):
        assert services.follow_consignment(consignment_id=lot.consignment.id, now=clock.now()) == 0
        assert services.follow_inbound(inbound_id=lot.consignment.inbound_id, now=clock.now()) == 0
    assert lot.links() == before
    (code,) = selectors.codes(ids=services.issue(**lot.key, units=1, actor="clerk", now=clock.now()))
    page = client.get(f"/en/t/{code.code}/").content.decode()
    shown = ("The brand authorises the sale", "Ordered from the supplier", "Milano → Ningbo", "310520261100000077")
    assert all(word in page for word in shown)
    assert "B-77/" not in page and "B-77" in page  # as the package has it
