"""Two refreshes of one product at the same moment: the one that read the older state must not have the last word."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction

from entrepot.kit.clock import now
from entrepot.kit.tests.racing import WAIT_S, alone, at_once, until_waiting
from entrepot.pricing.tests.makers import priced
from entrepot.shelf import services, tasks
from entrepot.shelf.models import Entry
from entrepot.shelf.services import refreshing as module
from entrepot.shelf.tests.makers import NOW, a_product, opened_shop, refreshed, sku_id_of

LATER = NOW + timedelta(hours=1)


def price_after_a_race(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> int:
    """One reads, the price changes, the other one refreshes (or waits for the first), the first one writes."""
    shop = opened_shop()
    product_id = a_product("bar", prices=[10_000])
    refreshed(product_id)
    priced({sku_id_of("bar-1"): 9_000}, now=NOW)
    first_read, second_done = threading.Event(), threading.Event()
    read = module.offers

    def read_slowly(**asked):
        found = read(**asked)
        if not first_read.is_set():
            first_read.set()
            if locked:
                until_waiting(1)
            else:
                assert second_done.wait(WAIT_S)
        return found

    monkeypatch.setattr(module, "offers", read_slowly)

    def refresh() -> None:
        services.refresh(storefront_id=shop.id, product_ids=[product_id], clock=lambda: LATER)

    def second() -> None:
        assert first_read.wait(WAIT_S)
        priced({sku_id_of("bar-1"): 8_000}, now=NOW + timedelta(minutes=1))
        refresh()
        second_done.set()

    at_once([refresh, second])
    return Entry.objects.get(product_id=product_id).price_minor


@pytest.mark.django_db(transaction=True)
def test_the_newer_state_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert price_after_a_race(monkeypatch, locked=True) == 8_000


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_older_one_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_lock", lambda storefront: None)
    assert price_after_a_race(monkeypatch, locked=False) == 9_000


@pytest.mark.django_db(transaction=True)
def test_whoever_waited_for_the_shelf_shows_the_prices_of_then() -> None:
    shop = opened_shop()
    product_id = a_product("bar", prices=[10_000])
    refreshed(product_id)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            module._lock(shop)
            night = pool.submit(alone, tasks.new_day)
            until_waiting(1)
            priced({sku_id_of("bar-1"): 8_000}, now=now())
        night.result(WAIT_S)
    assert Entry.objects.get(product_id=product_id).price_minor == 8_000
