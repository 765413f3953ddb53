"""What changes between quote and writing is quoted again: nothing is sold at what it cost before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from entrepot.catalogue import services as catalogue
from entrepot.catalogue.tests.makers import classification
from entrepot.catalogue.types import ProductDraft, SkuDraft
from entrepot.checkout import services
from entrepot.checkout.services import write as writing
from entrepot.checkout.services.basis import OfferMoved
from entrepot.checkout.tests.makers import NOW, Shopper, World, quoted, request, shopper, shoppers, world
from entrepot.checkout.types import Placed
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.pricing import services as pricing
from entrepot.pricing.tests.makers import priced
from entrepot.stock import selectors as stock

pytestmark = pytest.mark.django_db

BEFORE = NOW + timedelta(seconds=30)  # what changes was begun then, and is there after the order was quoted
ASKED = NOW + timedelta(minutes=1)
Change = Callable[[World], None]


def dearer(place: World) -> None:
    priced({place.skus["coat"]: 45_000}, now=BEFORE)


def cheaper(place: World) -> None:
    priced({place.skus["coat"]: 30_000}, now=BEFORE)


def limited(place: World) -> None:
    pricing.set_limit(sku_id=place.skus["coat"], quantity=1, days=30, actor="tests", now=BEFORE)


def reclassified(place: World) -> None:
    drafts = [classification(place.skus["coat"], hs_code="3304990039")]
    catalogue.classify(drafts=drafts, decided_by="tests", reason="it is a cream", now=BEFORE)


def weighed_anew(place: World) -> None:
    _put(place, gross_weight_g=9_000)


def withdrawn(place: World) -> None:
    _put(place, active=False)


def rates_changed(place: World) -> None:
    """A new version of the book, here with the same rows: it is the version that is asked for. Another process has it
    imported, so this one has not forgotten what it keeps."""
    (newest,) = sql.rows("SELECT id FROM tariff_book WHERE name = 'cn-cbec'")
    keys = {"id": new_id(), "old": newest["id"]}
    book, row = (_columns(table) for table in ("tariff_book", "tariff_row"))
    copied = {"id": "%(id)s", "number": "2", "book_id": "%(id)s"}
    values = ", ".join(copied.get(name, name) for name in book)
    sql.run(f"INSERT INTO tariff_book ({', '.join(book)}) SELECT {values} FROM tariff_book WHERE id = %(old)s", keys)
    values = ", ".join({**copied, "id": "gen_random_uuid()"}.get(name, name) for name in row)
    sql.run(f"INSERT INTO tariff_row ({', '.join(row)}) SELECT {values} FROM tariff_row WHERE book_id = %(old)s", keys)


def _columns(table: str) -> list[str]:
    found = sql.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %(table)s", {"table": table}
    )
    return [row["column_name"] for row in found]


def _put(place: World, **changes: Any) -> None:
    sku = SkuDraft(code="coat-M", origin="IT", **{"net_weight_g": 800, "gross_weight_g": 1_000, **changes})
    titles = {"zh-hans": "羽绒服", "en": "Down jacket"}
    catalogue.put_products(drafts=[ProductDraft("coat", "moncler", titles, "clothes", skus=(sku,))], now=BEFORE)


def placed_meanwhile(place: World, change: Change, who: Shopper | None = None, **more: Any) -> Placed | Exception:
    """What becomes of an order of two coats whose quote was read before a change, and which is written after it."""
    asked = services.checked(request=request(place, who or shopper(), {"coat": 2}, **more), now=ASKED)
    write = services.begin_many([asked])
    change(place)
    return write()[asked.id]


def left(place: World) -> int:
    (found,) = stock.available(sku_ids=[place.skus["coat"]])[place.skus["coat"]]
    return found.quantity


@pytest.mark.parametrize("change", [dearer, cheaper, weighed_anew])
def test_what_costs_something_else_by_now_is_charged_as_it_is_now(change: Change) -> None:
    place = world({"coat": 4_000})
    before = quoted(place, {"coat": 2}, now=ASKED)
    found = placed_meanwhile(place, change)
    assert isinstance(found, Placed)
    assert found.total_minor == quoted(place, {"coat": 2}, now=ASKED).total_minor != before.total_minor


@pytest.mark.parametrize("change", [dearer, cheaper, weighed_anew])
def test_who_has_seen_another_sum_is_told_the_new_one_and_charged_nothing(change: Change) -> None:
    place = world({"coat": 4_000})
    seen = quoted(place, {"coat": 2}, now=ASKED).total_minor
    found = placed_meanwhile(place, change, expected_total_minor=seen)
    assert isinstance(found, services.PriceChanged)
    assert found.data == {"expected_minor": seen, "total_minor": quoted(place, {"coat": 2}, now=ASKED).total_minor}
    assert left(place) == 10


def test_what_customs_calls_something_else_by_now_is_declared_as_it_is_now() -> None:
    place, who = world(), shopper()
    found = placed_meanwhile(place, reclassified, who=who)
    assert isinstance(found, Placed)
    order = orders.order(order_id=found.order_id, buyer_id=who.buyer_id)
    assert order is not None
    assert [line.hs_code for parcel in order.parcels for line in parcel.lines] == ["3304990039"]


def test_a_new_version_of_the_rate_book_is_heard_of_at_once() -> None:
    """The process keeps the newest versions for some seconds."""
    place, who = world(), shopper()
    found = placed_meanwhile(place, rates_changed, who=who)
    assert isinstance(found, Placed)
    order = orders.order(order_id=found.order_id, buyer_id=who.buyer_id)
    assert order is not None
    assert "cn-cbec/2" in order.parcels[0].asked["books"]


@pytest.mark.parametrize(("change", "code"), [(withdrawn, "not_sellable"), (limited, "over_limit")])
def test_what_may_not_be_sold_by_now_is_not_sold(change: Change, code: str) -> None:
    found = placed_meanwhile(world(), change)
    assert isinstance(found, Refusal)
    assert found.code == code


@pytest.mark.parametrize("change", [dearer, limited, reclassified, withdrawn])
def test_control_where_nobody_looks_again_it_is_sold_as_it_was(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "overtaken", lambda **_: {})
    place = world()
    before = quoted(place, {"coat": 2}, now=ASKED)
    found = placed_meanwhile(place, change)
    assert isinstance(found, Placed)
    assert found.total_minor == before.total_minor


def test_neighbours_of_what_moved_are_written_as_they_were_agreed() -> None:
    place = world({"coat": 40_000, "bag": 20_000})
    one, two = shoppers(2)
    asked = [
        services.checked(request=request(place, who, {name: 1}), now=ASKED)
        for who, name in ((one, "coat"), (two, "bag"))
    ]
    bag = quoted(place, {"bag": 1}, now=ASKED).total_minor
    write = services.begin_many(asked)
    dearer(place)
    coat, other = write().values()
    assert isinstance(coat, Placed)
    assert isinstance(other, Placed)
    assert (coat.total_minor, other.total_minor) == (quoted(place, {"coat": 1}, now=ASKED).total_minor, bag)


def test_a_price_that_moves_again_and_again_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time the order has been quoted, somebody sets another price before it is written."""
    place, prices = world(), iter(range(41_000, 60_000, 1_000))
    look = writing.overtaken

    def meanwhile(**asked: Any) -> Any:
        priced({place.skus["coat"]: next(prices)}, now=BEFORE)
        return look(**asked)

    monkeypatch.setattr(writing, "overtaken", meanwhile)
    asked = services.checked(request=request(place, shopper(), {"coat": 1}), now=ASKED)
    found = services.place_many(batch=[asked])[asked.id]
    assert isinstance(found, OfferMoved)
    assert left(place) == 10


def test_a_price_that_was_planned_for_a_moment_is_the_one_of_that_moment() -> None:
    """Who asked before it began orders at the price of then, however late it is written."""
    place = world()
    priced({place.skus["coat"]: 45_000}, now=ASKED + timedelta(seconds=1))
    before = quoted(place, {"coat": 2}, now=ASKED)
    found = placed_meanwhile(place, lambda _: None)
    assert isinstance(found, Placed)
    assert found.total_minor == before.total_minor
