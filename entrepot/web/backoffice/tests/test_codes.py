"""Codes on goods: made for a lot, printed as labels."""

from __future__ import annotations

import re

import pytest

from entrepot.catalogue.tests.makers import make_sku
from entrepot.identity.types import Role
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff

pytestmark = pytest.mark.django_db


def test_the_office_makes_codes_and_prints_their_labels() -> None:
    sku = make_sku()
    sku_id, code = sku.id, sku.code
    stocked(sku_id, warehouse(), 2)
    client = staff(Role.WAREHOUSE)
    (lot,) = stock.lots_of(sku_ids=[sku_id])
    assert "2 codes are made" in posted(client, "/office/codes/make/", lot=str(lot.id), units="2")
    page = shown(client, f"/office/codes/{lot.id}/")
    assert page.count('class="segno"') == 2
    assert "点收入库" in shown(staff(Role.WAREHOUSE, language="zh-hans"), f"/office/codes/{lot.id}/")
    (key,) = re.findall(r'name="key" value="([0-9a-f-]+)"', shown(client, f"/office/codes/?q={code}"))
    twice = [posted(client, "/office/codes/make/", lot=str(lot.id), units="3", key=key) for _ in range(2)]
    assert ["3 codes are made" in page for page in twice] == [True, False]
    assert ["done before: nothing changed" in page for page in twice] == [False, True]
    assert shown(client, f"/office/codes/{lot.id}/").count('class="segno"') == 5
    assert "Between 1 and 500" in posted(client, "/office/codes/make/", lot=str(lot.id), units="501")
    assert posted(client, "/office/codes/make/", lot="x")
