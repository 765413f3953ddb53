from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from entrepot.catalogue import selectors, services
from entrepot.catalogue.models import Classification as Row
from entrepot.catalogue.tests.makers import NOW, TODAY, classification, make_product
from entrepot.catalogue.types import Classification, ClassificationDraft
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal

pytestmark = pytest.mark.django_db

A, B, C = "6201401000", "6202401000", "6211339000"


def decide(*drafts: ClassificationDraft, minutes: int = 0) -> list[Any]:
    return services.classify(drafts=drafts, decided_by="Wu", reason="ruling", now=NOW + timedelta(minutes=minutes))


def in_force(sku_id: Any, on: date) -> Classification | None:
    return selectors.classifications(sku_ids=[sku_id], jurisdiction="CN", on=on).get(sku_id)


def code_on(sku_id: Any, on: date) -> str | None:
    found = in_force(sku_id, on)
    return found.hs_code if found else None


def test_a_decision_holds_from_its_first_day_and_says_who_and_why() -> None:
    sku = make_product().skus[0]
    decide(classification(sku.id, valid_from=TODAY))
    assert code_on(sku.id, TODAY - timedelta(days=1)) is None
    found = in_force(sku.id, TODAY)
    assert found is not None
    assert (found.quantity1, found.unit2, found.quantity2) == (Decimal(1), "035", Decimal("0.8"))
    assert (found.decided_by, found.reason) == ("Wu", "ruling")


def test_history_is_kept_and_the_latest_decision_wins() -> None:
    sku = make_product().skus[0]
    decide(classification(sku.id, hs_code=A, valid_from=date(2026, 1, 1)))
    before = list(Row.objects.values())
    decide(classification(sku.id, hs_code=B, valid_from=date(2026, 6, 1)), minutes=1)
    assert [code_on(sku.id, day) for day in (date(2026, 5, 31), date(2026, 6, 1))] == [A, B]
    assert before == list(Row.objects.filter(hs_code=A).values())
    assert [row.hs_code for row in selectors.classification_history(sku_id=sku.id, jurisdiction="CN")] == [B, A]


def test_a_correction_does_not_undo_a_plan() -> None:
    sku = make_product().skus[0]
    decide(classification(sku.id, hs_code=A, valid_from=date(2026, 1, 1)))
    decide(classification(sku.id, hs_code=B, valid_from=date(2027, 1, 1)), minutes=1)
    decide(classification(sku.id, hs_code=C, valid_from=date(2026, 6, 1)), minutes=2)
    assert [code_on(sku.id, date(y, m, 1)) for y, m in ((2026, 5), (2026, 6), (2026, 12), (2027, 1))] == [A, C, C, B]


def test_a_plan_that_was_covered_does_not_end_anything() -> None:
    sku = make_product().skus[0]
    decide(classification(sku.id, hs_code=A, valid_from=date(2027, 3, 1)))
    covering = classification(sku.id, hs_code=B, valid_from=date(2026, 11, 1), valid_to=date(2028, 1, 1))
    decide(covering, minutes=1)
    decide(classification(sku.id, hs_code=C, valid_from=date(2026, 12, 1)), minutes=2)
    assert code_on(sku.id, date(2027, 6, 1)) == C


def test_a_period_ends_half_open() -> None:
    sku = make_product().skus[0]
    decide(classification(sku.id, valid_from=date(2026, 1, 1), valid_to=date(2026, 2, 1)))
    assert code_on(sku.id, date(2026, 1, 31)) == A
    assert code_on(sku.id, date(2026, 2, 1)) is None


def test_repeating_what_is_in_force_adds_nothing() -> None:
    sku = make_product().skus[0]
    draft = classification(sku.id)
    assert len(decide(draft)) == 1
    assert decide(draft, minutes=1) == []
    assert decide(replace(draft, valid_from=TODAY), minutes=1) == []
    assert len(decide(replace(draft, model="另一型号"), minutes=2)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hs_code": "620140"}, "hs_code"), ({"hs_code": "62014010٠0"}, "hs_code"),
        ({"hs_code": 6201401000}, "hs_code"),
        ({"unit1": "kg"}, "unit1"), ({"sales_unit": ""}, "sales_unit"), ({"unit2": None}, "unit2"),
        ({"quantity2": None}, "unit2"), ({"quantity1": Decimal(0)}, "quantity1"),
        ({"quantity1": Decimal("NaN")}, "quantity1"), ({"quantity1": Decimal("1.000001")}, "quantity1"),
        ({"quantity2": Decimal(-1)}, "quantity2"), ({"declared_name": " "}, "declared_name"),
        ({"model": "x" * 511}, "model"), ({"valid_to": date(2026, 1, 1)}, "valid_to"),
        ({"jurisdiction": "XX"}, "jurisdiction"), ({"sku_id": new_id()}, "sku_id"),
    ],
)  # fmt: skip
def test_a_bad_decision_is_refused_by_name_and_nothing_is_written(changes: dict[str, Any], field: str) -> None:
    good = make_product("good").skus[0]
    draft = classification(changes.pop("sku_id", make_product().skus[0].id), **changes)
    with pytest.raises(Refusal) as refused:
        decide(classification(good.id), draft)
    assert refused.value.field == field
    assert not Row.objects.exists()


def test_two_decisions_for_one_sku_and_day_are_refused() -> None:
    sku = make_product().skus[0]
    with pytest.raises(services.NamedTwice):
        decide(classification(sku.id), classification(sku.id, hs_code=B))
