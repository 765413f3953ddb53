"""An article put in twice at the same moment, on the real database."""

from __future__ import annotations

from functools import partial

import pytest

from entrepot.basket import selectors as baskets
from entrepot.basket import services as basket
from entrepot.kit.clock import now
from entrepot.kit.tests.racing import behind
from entrepot.web.storefront.tests.makers import buyer, code_id, open_shop


@pytest.mark.django_db(transaction=True)
def test_units_added_while_another_window_adds_are_not_lost() -> None:
    shop, who, sku_id = open_shop().storefront, buyer(), code_id("dark-1")
    mine = {"buyer_id": who.id, "storefront_id": shop.id}
    add = partial(who.client.post, "/en/basket/put/", {"sku": str(sku_id), "quantity": 2, "mode": "add"})
    add()
    [answer] = behind(partial(basket.add, **mine, sku_id=sku_id, quantity=3, now=now()), [add])
    assert answer.status_code == 302
    assert [line.quantity for line in baskets.lines(**mine)] == [7]
