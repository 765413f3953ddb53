"""One parcel from payment to release, against the real port process."""

from __future__ import annotations

import pytest

from entrepot.customs.tests.makers import answered, declared, parcel, seen
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.outbox.testing import drain
from entrepot.stock.types import WarehouseKind
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", [WarehouseKind.BONDED, WarehouseKind.OVERSEAS])
def test_a_parcel_is_declared_matched_listed_and_released(customs_port: Sandbox, kind: WarehouseKind) -> None:
    ready = parcel(lines=3, kind=kind)
    made = declared(ready)
    assert (made.state, made.differences) == (DeclarationState.MATCHING, ())
    assert answered(customs_port) == 6
    assert seen(ready).state is DeclarationState.MATCHING
    drain()
    assert seen(ready).state is DeclarationState.LISTED
    assert answered(customs_port) == 4  # three receipts and the tax bill
    done = seen(ready)
    assert done.state is DeclarationState.RELEASED
    assert len(done.list_number) == 18
    statuses = {one.kind: [receipt.status for receipt in one.receipts] for one in done.documents}
    assert statuses == {
        DocumentKind.ORDER: [2, 120],
        DocumentKind.PAYMENT: [2, 120],
        DocumentKind.WAYBILL: [2, 120],
        DocumentKind.LIST: [2, 120, 800],
    }
