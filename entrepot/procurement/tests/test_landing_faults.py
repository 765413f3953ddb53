"""Controls of the properties of landed cost: with a fault planted each of them goes wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from entrepot.kit.tests.faults import planted
from entrepot.procurement.landing import rules
from entrepot.procurement.tests import test_landing
from entrepot.procurement.types import Basis

sums: Any = test_landing.test_parts_sum_to_the_invoice_exactly
restores: Any = test_landing.test_reversal_restores_and_every_fen_is_somewhere
LOT = rules.Lot(1, Decimal(5), "CNY", 10, 10, "3304990039")


@pytest.mark.parametrize("basis", [Basis.VALUE, Basis.WEIGHT, Basis.VOLUME, Basis.QUANTITY])
def test_control_shares_rounded_down_do_not_sum_to_the_invoice(basis: Basis, monkeypatch: pytest.MonkeyPatch) -> None:
    example = [LOT] * 3, 100, "CNY", basis, Decimal(1)
    sums.hypothesis.inner_test(*example)
    monkeypatch.setattr(rules, "allocate", lambda total, weights: [total * one // sum(weights) for one in weights])
    with pytest.raises(AssertionError):
        sums.hypothesis.inner_test(*example)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("where", "old", "new"),
    [
        ("stock/unlay_costs", "-unit_amount", "-unit_amount / 2"),
        ("stock/unlay_costs", "l.unit_amount + EXCLUDED.unit_amount", "l.unit_amount"),
        ("stock/lay_costs", "sold, lost, NULL", "sold, lost, %(run_id)s"),
    ],
)
def test_control_a_reversal_that_forgets_something_restores_nothing(
    where: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = [(2, 1, 0), (3, 5, 1)], [(100, "CNY"), (77, "JPY")]
    restores.hypothesis.inner_test(*example)
    planted(monkeypatch, where, old, new)
    with pytest.raises(AssertionError):
        restores.hypothesis.inner_test(*example)
