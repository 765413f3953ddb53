"""Codes on goods: made for a lot, printed as labels."""

from __future__ import annotations

import pytest

from entrepot.catalogue.tests.makers import make_sku
from entrepot.identity.types import Role
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff

pytestmark = pytest.mark.django_db


def test_the_office_makes_codes_and_prints_their_labels() -> None:
    sku_id = make_sku().id
    stocked(sku_id, warehouse(), 2)
    client = staff(Role.WAREHOUSE)
    (lot,) = stock.lots_of(sku_ids=[sku_id])
    assert "2 codes are made" in posted(client, "/office/codes/make/", lot=str(lot.id), units="2")
    page = shown(client, f"/office/codes/{lot.id}/")
    assert page.count('class="segno"') == 2
    assert "点收入库" in shown(staff(Role.WAREHOUSE, language="zh-hans"), f"/office/codes/{lot.id}/")
    assert "Between 1 and 500" in posted(client, "/office/codes/make/", lot=str(lot.id), units="501")
    assert posted(client, "/office/codes/make/", lot="x")
