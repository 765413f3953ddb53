from __future__ import annotations

from collections.abc import Iterator

import pytest

from entrepot.checkout.services import door
from entrepot.orders import selectors as orders
from entrepot.pricing import selectors as pricing
from entrepot.stock import selectors as stock


@pytest.fixture
def books_agree() -> Iterator[None]:
    """After the test, that is."""
    door._numbers.reset()
    yield
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []
    assert pricing.discrepancies() == []
