"""Two people set prices of one article at the same moment: their periods must not overlap."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import WAIT_S, at_once, until_waiting
from entrepot.pricing import services
from entrepot.pricing.models import Price
from entrepot.pricing.services import prices
from entrepot.pricing.tests.makers import koala_list
from entrepot.pricing.types import PriceDraft
from entrepot.storefronts.tests.makers import NOW

OVERLAPS = """SELECT count(*) FROM pricing_price a JOIN pricing_price b
    ON a.sku_id = b.sku_id AND a.price_list_id = b.price_list_id AND a.id < b.id
   AND tstzrange(a.valid_from, a.valid_to) && tstzrange(b.valid_from, b.valid_to)"""


def overlaps_after_a_race(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> int:
    """Both read before either writes, where nothing holds them back; else one has read when the other waits for it."""
    list_id, sku_id = koala_list(), new_id()
    both_read, first = threading.Barrier(2, timeout=WAIT_S), iter([True])
    read = prices._standing

    def read_and_wait(*args):
        found = read(*args)
        if not locked:
            both_read.wait()
        elif next(first, False):
            until_waiting(1)
        return found

    monkeypatch.setattr(prices, "_standing", read_and_wait)

    def set_price(n: int) -> None:
        begins = NOW + timedelta(days=n)
        draft = PriceDraft(sku_id, 100 + n, None, begins, begins + timedelta(days=5))
        services.set_prices(list_id=list_id, prices=[draft], actor="li", now=NOW)

    at_once([partial(set_price, n) for n in (1, 2)])
    assert Price.objects.filter(sku_id=sku_id).exists()
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_periods_do_not_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    assert overlaps_after_a_race(monkeypatch, locked=True) == 0


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_is_told_and_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "LOCK_TIMEOUT", "50ms")
    list_id, told = koala_list(), []

    def set_price() -> None:
        try:
            services.set_prices(list_id=list_id, prices=[PriceDraft(new_id(), 1)], actor="li", now=NOW)
        except services.ListBusy as busy:
            told.append(busy.status)
        finally:
            connection.close()

    with transaction.atomic():
        prices.lock(list_id)
        second = threading.Thread(target=set_price)
        second.start()
        second.join(WAIT_S)
    assert (told, Price.objects.count()) == ([503], 0)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "lock", lambda list_id: None)
    assert overlaps_after_a_race(monkeypatch, locked=False) > 0
