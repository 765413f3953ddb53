"""Tax of a parcel, whole, through the sandbox: collected at sale, billed after release, lifted by a return, billed
anew, summed, paid. Twice and backwards it ends in the same books."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from entrepot.checkout.tests.makers import world
from entrepot.customs import services as customs
from entrepot.customs.selectors import taxes
from entrepot.customs.types.taxes import BillState, PaymentWish, TaxKind, WholeBill
from entrepot.kit import clock
from entrepot.kit.clock import CHINA, day_in
from entrepot.orders.types import Order
from entrepot.outbox.testing import drain
from entrepot.returns import services as returns
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_return_story import asked, clerk, delivered
from tests.test_story import Story

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(customs_port: Sandbox, client: Client) -> Story:  # noqa: F811
    return Story(world({"coat": 40_000, "bag": 15_000}, units=5), customs_port, client)


def bills(order: Order) -> list[WholeBill]:
    customs.match_bills(now=clock.now())
    return taxes.of_parcel(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)


def heard(story: Story) -> None:
    """All that the port says, each in turn twice and the last first."""
    said: list[dict[str, Any]] = []
    while (more := story.port.collect("customs")) or drain():
        said += more
        story.port.deliver(story.client, more[::-1] + more)
    story.port.deliver(story.client, said[::-1])
    drain()


def test_what_was_collected_is_billed_to_the_cent_lifted_and_paid(story: Story) -> None:
    order = delivered(story, coat=2, bag=1)
    (whole,) = bills(order)
    assert whole.bill.taxes.total == order.parcels[0].tax_minor
    assert [(line.kind, line.difference) for line in whole.listed] == [(None, 0), (None, 0)]
    returns.approve(who=clerk(asked(story, order, coat=1)), now=clock.now())
    heard(story)
    old, new = bills(order)
    assert (old.bill.state, new.bill.state) == (BillState.VOID, BillState.MADE)
    assert {line.kind for line in new.listed} <= {None, TaxKind.ROUNDING}
    lifted = sum(line.lifted.total for line in new.listed)
    difference = sum(line.difference for line in new.listed)
    assert new.bill.taxes.total == order.parcels[0].tax_minor - lifted + difference
    assert lifted > 0
    story.port.http.post("/customs/bills/sum", json={"assure_code": new.bill.guarantor}).raise_for_status()
    heard(story)
    summed = bills(order)[-1].bill
    assert (summed.state, bool(summed.summed)) == (BillState.SUMMED, True)
    today = day_in(CHINA, clock.now())
    wish = PaymentWish(summed.guarantor, "ICBC-1", summed.taxes.total, today, summed=summed.summed)
    assert customs.pay_tax(wish=wish, actor="Li", now=clock.now()).bills == 1
    assert bills(order)[-1].bill.paid_minor == summed.taxes.total


def test_a_bill_that_is_wrong_by_three_fen_is_found(story: Story) -> None:
    story.port.control("customs", tax_off_by=3)
    order = delivered(story, coat=1)
    (whole,) = bills(order)
    assert [(line.kind, line.difference) for line in whole.listed] == [(TaxKind.RATE, 3)]
    assert whole.bill.differs
