"""The whole way over the wire: our server and the port's process, receipts delivered by the port itself."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.customs import services
from entrepot.customs.models import Receipt
from entrepot.customs.tests.makers import declared, parcel, seen
from entrepot.customs.types import DeclarationState
from entrepot.kit import clock
from entrepot.outbox.testing import drain
from entrepot.stock.types import WarehouseKind
from tests.house import wait_for
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "faults", [{}, {"duplicate": True, "shuffle": True, "late_s": 0.1}], ids=["as it should be", "twice and shuffled"]
)
def test_two_parcels_are_released(
    live_server: Any,
    customs_port: Sandbox,
    settings: Any,
    faults: dict[str, Any],
) -> None:
    settings.CUSTOMS_NOTIFY_URL = f"{live_server.url}/callbacks/customs"
    services.set_up(now=clock.now())
    customs_port.control("customs", reset=True, pace_s=0.02, **faults)
    ready = [parcel(lines=2), parcel(lines=3, kind=WarehouseKind.OVERSEAS)]
    for one in ready:
        declared(one)

    def all_told() -> bool:
        drain()
        waiting = [row for row in customs_port.http.get("/customs/outbox").json() if row["done_at"] is None]
        return not waiting and all(seen(one).state is DeclarationState.RELEASED for one in ready)

    wait_for(all_told, what="the port to have told everything")
    assert [seen(one).state for one in ready] == [DeclarationState.RELEASED] * 2
    assert Receipt.objects.count() == 18
    assert set(Receipt.objects.values_list("times", flat=True)) == ({2} if faults else {1})
