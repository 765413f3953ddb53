"""How many statements the lists around lots take: a fixed number each, however much there is."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.procurement import services as procurement
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.types import LandingLineDraft
from entrepot.receiving.tests.makers import dock, scan
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import CustomsState, Level, LevelUnits, WarehouseKind
from entrepot.web.backoffice.tests.test_pages import shown, staff

pytestmark = pytest.mark.django_db
LISTS = {
    "": 21, "stock/": 12, "stock/value/": 14, "purchases/": 12, "purchases/?state=sent": 12, "consignments/": 12,
    "consignments/?state=late": 12, "receipts/differences/": 12, "landings/": 12, "transfers/": 12, "counts/": 12,
    "recalls/": 12, "replenishment/": 12, "dues/": 12, "dues/?state=overdue&currency=EUR": 12,
}  # fmt: skip


def taken(client: Client) -> dict[str, int]:
    """Statements by page, each read once more with everything warm."""
    found = {}
    for page in LISTS:
        shown(client, f"/office/{page}")
        with CaptureQueriesContext(connection) as caught:
            shown(client, f"/office/{page}")
        found[page] = len(caught)
    return found


def grown(home: UUID, shop: UUID) -> None:
    """Two more of everything, each with lines of its own."""
    for _ in range(2):
        at = dock((100, 100), place=home)
        at.scan(scan(0, 90), scan(1, 100))
        at.close()
        dock((50, 50), place=home)
        sku_id = at.order.lines[0].sku_id
        level: Level = next(one for one in stock.levels(sku_ids=[sku_id]) if one.free)
        sent = [LevelUnits(sku_id, level.id, 1)]
        stock_verbs.plan_transfer(source_id=home, target_id=shop, lines=sent, note="", actor="t", now=now())
        stock_verbs.open_count(warehouse_id=home, sku_ids=[sku_id], actor="t", now=now())
        lines = [LandingLineDraft(sku_id, level.lot.id)]
        procurement.open_landing(name="Ship", lines=lines, actor="t", now=now())


def test_lists_take_the_same_number_of_statements_however_much_there_is() -> None:
    buying.rates()
    home, shop = warehouse("SH1", WarehouseKind.DOMESTIC), warehouse("SHOP1", WarehouseKind.SHOP)
    stocked(buying.articles()[0].id, home, 10, customs_state=CustomsState.DUTY_PAID, item_record="")
    client = staff(*Role)
    grown(home, shop)
    before = taken(client)
    grown(home, shop)
    assert taken(client) == before
    assert {page: count for page, count in before.items() if count > LISTS[page]} == {}
