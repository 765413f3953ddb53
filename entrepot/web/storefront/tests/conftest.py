from __future__ import annotations

import pytest

from entrepot.kit.tests.clocks import Clock
from entrepot.web.storefront.tests.makers import Shop, open_shop
from tests.plugin import ForTheFile


@pytest.fixture(scope="module")
def shop(for_the_file: ForTheFile) -> Shop:
    """Opened once for all tests of a file; a file with a test that commits opens its own for each."""
    shop: Shop = for_the_file(open_shop)
    return shop


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)
