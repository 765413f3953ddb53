"""Each rule of the books is shown an order that breaks it."""

from __future__ import annotations

import pytest

from entrepot.kit import sql
from entrepot.orders import selectors
from entrepot.orders.tests.makers import paid

pytestmark = pytest.mark.django_db

BROKEN = {
    "events": "DELETE FROM orders_event WHERE sequence = 1",
    "total": "UPDATE orders_order SET total_minor = total_minor + 1",
    "parcel": "UPDATE orders_line SET vat_minor = vat_minor + 1",
    "open": "UPDATE orders_order SET parcels_open = 1",
    "state": "UPDATE orders_parcel SET state = 'placed' WHERE position = 1",
    "annual": "UPDATE orders_annualuse SET used_minor = used_minor - 1",
    "annual, committed": "UPDATE orders_annualuse SET committed_minor = 1",
    "orphan, line": "UPDATE orders_line SET parcel_id = gen_random_uuid()",
    "orphan, event": "UPDATE orders_event SET order_id = gen_random_uuid()",
    "orphan, parcel": "UPDATE orders_parcel SET order_id = gen_random_uuid()",
}


@pytest.mark.parametrize(("rule", "statement"), BROKEN.items())
def test_a_broken_book_is_found_and_named(rule: str, statement: str) -> None:
    paid(parcels=2, lines=2)
    assert selectors.discrepancies() == []
    sql.run(statement)
    assert rule.partition(",")[0] in {found["rule"] for found in selectors.discrepancies()}
