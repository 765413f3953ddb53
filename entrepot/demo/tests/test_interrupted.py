"""A load that was broken off is taken up where it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue import services as catalogue_services
from entrepot.demo import content, houses, load, people, sheets
from entrepot.identity import selectors as identity
from entrepot.stock import selectors as stock

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class BrokenOff(Exception):
    pass


def breaks_off(*_: Any, **__: Any) -> Any:
    raise BrokenOff


def test_the_buyer_gets_an_address_and_a_real_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken, pytest.raises(BrokenOff):
        broken.setattr(people.services, "record_real_name", breaks_off)
        people.put_people(now=NOW)
    people.put_people(now=NOW)
    buyer_id = identity.id_by_login(login=people.BUYER)
    assert buyer_id is not None
    assert len(identity.masked_addresses(buyer_id=buyer_id)) == len(identity.masked_real_names(buyer_id=buyer_id)) == 1


def test_all_lots_of_an_article_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one that stands in a bonded warehouse and abroad."""
    item = next(item for item in content.items() if item.slug == "curel-wash")
    catalogue_services.put_brands(drafts=content.brands())
    catalogue_services.put_categories(drafts=content.categories())
    catalogue_services.put_product_types(drafts=sheets.product_types())
    catalogue_services.put_products(drafts=[item.draft(content.parents())], now=NOW)
    codes = [variant.code for variant in item.variants]
    ids = {code: sku.id for code, sku in catalogue.sku_by_code(codes=codes).items()}
    load._classify([item], ids, NOW)
    places = houses.put_houses()
    with monkeypatch.context() as broken, pytest.raises(BrokenOff):
        broken.setattr(houses.services, "put_away", breaks_off)
        houses.put_stock(items=[item], ids=ids, houses=places, now=NOW)
    received = houses.put_stock(items=[item], ids=ids, houses=places, now=NOW)
    assert received == sum(level.on_hand for level in stock.levels(sku_ids=ids.values()))
    assert {level.warehouse_id for level in stock.levels(sku_ids=ids.values())} == {places["NS"], places["TYO"]}
    assert all(one.balance == one.in_stock and not one.moving for one in stock.book_states())
