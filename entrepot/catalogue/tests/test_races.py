"""Two writers at once, on the real database; the control shows that the guard is what keeps them apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError

from entrepot.catalogue import services
from entrepot.catalogue.models import Sku
from entrepot.catalogue.services import products
from entrepot.catalogue.tests.makers import NOW, make_product
from entrepot.catalogue.types import SkuDraft
from entrepot.kit.tests.racing import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)

SKUS, ROUNDS = 400, 6


def both(*verbs: Callable[[], Any]) -> list[Any]:
    """What each verb gave or raised, begun at the same moment."""

    def run(verb: Callable[[], Any]) -> Any:
        try:
            return verb()
        except (OperationalError, services.GtinTaken, services.SameVariant) as refused:
            return refused

    return at_once([partial(run, verb) for verb in verbs])


def change_from_both_ends(product_id: UUID, rounds: int = ROUNDS) -> list[Any]:
    """Two lists of the same SKUs, one backwards, each changing all of them."""

    def put(weight: int, step: int) -> Any:
        codes = [f"S{n:03}" for n in range(SKUS)][::step]
        drafts = [SkuDraft(code, axes={"size": {"en": code}}, net_weight_g=weight) for code in codes]
        return services.put_skus(skus={product_id: drafts}, now=NOW)

    put(1, 1)
    answers = []
    for n in range(rounds):
        answers += both(lambda n=n: put(10 + n, 1), lambda n=n: put(50 + n, -1))  # type: ignore[misc]
    return answers


def test_two_lists_in_opposite_orders_never_wait_for_each_other() -> None:
    answers = change_from_both_ends(make_product().id)
    assert [answer for answer in answers if isinstance(answer, OperationalError)] == []


def test_control_without_one_order_of_locks_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds the row that the other one comes to last when both go on."""
    product, unordered = make_product(), products.load("catalogue", "put_skus")
    for old, new in (
        ("FOR UPDATE", ""),
        ("ORDER BY d.active, d.code", "ORDER BY d.id"),
        ("WHERE s.product_id", f"WHERE {meeting(2)} IS NOT NULL AND s.product_id"),  # looked at once a row is locked
    ):
        assert old in unordered
        unordered = unordered.replace(old, new)
    monkeypatch.setattr(products, "load", lambda *name: unordered)
    assert ["deadlock" in str(answer) for answer in change_from_both_ends(product.id, rounds=1)].count(True) == 1


def test_of_two_skus_with_one_barcode_one_wins() -> None:
    for n in range(ROUNDS):
        a, b = make_product(f"a-{n}"), make_product(f"b-{n}")
        gtin = f"9008700{n:05}"
        gtin += products.rules.ean.calc_check_digit(gtin)
        answers = both(
            lambda: services.put_sku(product_id=a.id, draft=SkuDraft(f"A{n}", gtin), now=NOW),  # noqa: B023
            lambda: services.put_sku(product_id=b.id, draft=SkuDraft(f"B{n}", f"0{gtin}"), now=NOW),  # noqa: B023
        )
        assert sum(isinstance(answer, services.GtinTaken) for answer in answers) == 1
        assert Sku.objects.filter(gtin__endswith=gtin).count() == 1


def test_of_two_skus_of_one_variant_one_wins() -> None:
    for n in range(ROUNDS):
        product = make_product(f"p-{n}")
        axes = {"size": {"en": "L"}}
        answers = both(
            lambda: services.put_sku(product_id=product.id, draft=SkuDraft(f"A{n}", axes=axes), now=NOW),  # noqa: B023
            lambda: services.put_sku(product_id=product.id, draft=SkuDraft(f"B{n}", axes=axes), now=NOW),  # noqa: B023
        )
        assert sum(isinstance(answer, services.SameVariant) for answer in answers) == 1
        assert Sku.objects.filter(product_id=product.id, axes=axes).count() == 1
