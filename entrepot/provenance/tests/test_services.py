from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.kit.tests.racing import at_once
from entrepot.provenance import models, selectors, services
from entrepot.provenance.types import Broken, Happening, Step
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import NOW, book, brought_in, claimed, declared_line, item, stocked, warehouse

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)


def lot_of(sku_id: UUID) -> dict[str, UUID]:
    (lot,) = stock.lots_of(sku_ids=[sku_id])
    return {"sku_id": sku_id, "lot_id": lot.id}


def kinds(key: dict[str, UUID]) -> list[Happening]:
    return [link.kind for link in selectors.links(**key)]


def test_a_lot_is_followed_from_the_declaration_to_what_left_on_days_that_are_over() -> None:
    sku_id, place = new_id(), warehouse()
    book()
    item(sku_id)
    brought_in(place, [declared_line(sku_id, 5)])
    key = lot_of(sku_id)
    for _ in range(2):
        reference, line_id = claimed(sku_id, place, 1)
        stock_verbs.ship(reference=reference, line_ids=[line_id], sku_ids=[sku_id], now=NOW)
    assert services.gather(**key, now=NOW) == 3
    assert kinds(key) == [Happening.DECLARED, Happening.ARRIVED, Happening.RECEIVED]
    assert services.sweep(now=NOW) == 0
    assert services.sweep(now=TOMORROW) == 1
    assert services.sweep(now=TOMORROW) == services.gather(**key, now=TOMORROW) == 0
    links = selectors.links(**key)
    assert (links[-1].kind, links[-1].facts["units"]) == (Happening.SOLD, 2)
    assert selectors.verify(**key) is None


def test_a_day_is_gone_through_once_and_goods_without_a_chain_are_left_alone() -> None:
    place, followed, other = warehouse(), new_id(), new_id()
    assert services.sweep(now=NOW) == 0
    for sku_id in (followed, other):
        stocked(sku_id, place, 5)
        reference, line_id = claimed(sku_id, place, 1)
        stock_verbs.ship(reference=reference, line_ids=[line_id], sku_ids=[sku_id], now=NOW)
    key = lot_of(followed)
    assert services.gather(**key, now=NOW) == 1
    assert services.sweep(now=NOW + timedelta(days=3)) == 1
    assert kinds(key) == [Happening.RECEIVED, Happening.SOLD]
    assert selectors.links(**lot_of(other)) == []
    assert list(models.SweptDay.objects.values_list("day", flat=True)) == [NOW.date() + timedelta(days=2)]


def test_rooms_above_append_once_by_key_and_a_change_in_the_database_is_found() -> None:
    sku_id = new_id()
    stocked(sku_id, warehouse(), 3)
    key = lot_of(sku_id)
    authorised = Step(Happening.AUTHORISED, "auth:1", NOW, "AU", {"document": "A-1"})
    assert services.append(**key, steps=[authorised, authorised]) == 1
    assert services.append(**key, steps=[authorised]) == 0
    assert services.gather(**key, now=NOW) == 1
    models.Event.objects.filter(number=1).update(facts={"document": "A-2"})
    assert selectors.verify(**key) == Broken(1, "hash")
    models.Event.objects.filter(number=2).delete()
    models.Event.objects.filter(number=1).update(facts={"document": "A-1"})
    assert selectors.verify(**key) == Broken(2, "head")


def test_codes_are_made_read_and_limited() -> None:
    sku_id = new_id()
    stocked(sku_id, warehouse(), 3)
    key = lot_of(sku_id)
    made = services.issue(**key, units=3, actor="clerk", now=NOW)
    codes = selectors.codes(ids=made)
    assert len({one.code for one in codes}) == 3
    assert all(one.unit for one in codes)
    assert selectors.by_code(text=codes[0].code.lower()) == codes[0]
    assert selectors.by_code(text="0" * 13) is None
    (whole,) = selectors.codes(ids=services.issue(**key, units=0, actor="clerk", now=NOW))
    assert not whole.unit
    for units in (-1, 501):
        with pytest.raises(services.CodesInvalid):
            services.issue(**key, units=units, actor="clerk", now=NOW)
    with pytest.raises(NotFound):
        services.issue(sku_id=new_id(), lot_id=key["lot_id"], units=1, actor="clerk", now=NOW)


def test_many_readers_are_suspicious_one_reader_is_one_and_addresses_are_not_kept() -> None:
    sku_id = new_id()
    stocked(sku_id, warehouse(), 1)
    (code,) = selectors.codes(ids=services.issue(**lot_of(sku_id), units=1, actor="clerk", now=NOW))
    for n in (1, 1, 1, 2, 3, 4):
        services.count_scan(code_id=code.id, code=code.code, address=f"203.0.113.{n}", now=NOW)
    assert (selectors.scans(code=code).readers, selectors.scans(code=code).suspicious) == (4, False)
    services.count_scan(code_id=code.id, code=code.code, address="203.0.113.1", now=TOMORROW)
    found = selectors.scans(code=code)
    assert (found.readers, found.days, found.first_at, found.suspicious) == (5, 2, NOW, True)
    assert services.forget(now=TOMORROW + timedelta(hours=2)) == 1
    assert list(models.DayKey.objects.values_list("day", flat=True)) != []


@pytest.mark.django_db(transaction=True)
def test_many_append_at_once_and_the_chain_fits() -> None:
    sku_id = new_id()
    stocked(sku_id, warehouse(), 1)
    key = lot_of(sku_id)

    def one(n: int) -> int:
        return services.append(**key, steps=[Step(Happening.ORDERED, f"po:{n % 3}", NOW, "AU", {"n": n})])

    assert sum(at_once([partial(one, n) for n in range(6)])) == 3
    assert selectors.verify(**key) is None
    assert [link.number for link in selectors.links(**key)] == [1, 2, 3]
