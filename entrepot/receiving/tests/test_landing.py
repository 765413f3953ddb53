"""What was received of a consignment is one landing: opened by the receipt, run again by late invoices and goods."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from entrepot.kit.tests.racing import racing
from entrepot.outbox.testing import drain
from entrepot.procurement import selectors as procurement
from entrepot.procurement import services as buying_verbs
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.tests.landed import invoice
from entrepot.procurement.tests.makers import NOW
from entrepot.procurement.types import Basis, Landing
from entrepot.receiving import selectors, services
from entrepot.receiving.tests.makers import Dock, bonded_dock, dock, scan
from entrepot.stock import selectors as stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books_agree(db: None) -> Iterator[None]:
    buying.rates()
    yield
    for books in (selectors, procurement, stock):
        assert books.discrepancies() == []


def landing(at: Dock) -> Landing:
    found = procurement.landing_of(source=at.consignment.id)
    assert found is not None
    return found


def more(at: Dock, *units: int, final: bool = True) -> None:
    """Count and close; the queue does what follows."""
    receipt_id = services.open_receipt(consignment_id=at.consignment.id, actor="ann", now=NOW)
    again = Dock(at.order, at.consignment, receipt_id)
    again.scan(*(scan(n, count) for n, count in enumerate(units) if count))
    again.close(final=final)
    drain()


def laid(at: Dock) -> dict[str, Decimal]:
    """What each unit of a lot bears beyond its price, by the lot as its package has it."""
    found = landing(at)
    lines = procurement.landing_lines(landing_id=found.id)
    facts = stock.lot_facts(lots=[(line.sku_id, line.lot_id) for line in lines])
    run = found.standing
    shares = procurement.shares_of_run(run_id=run.id, lines=lines) if run else {}
    sums = {key: sum(one.amount_minor for one in of) for key, of in shares.items()}
    return {
        line.lot.split("/")[0]: Decimal(sums.get((line.sku_id, line.lot_id), 0)) / facts[line.sku_id, line.lot_id].units
        for line in lines
    }


@pytest.mark.parametrize("bonded", [False, True])
def test_a_closed_receipt_opens_the_landing_with_the_orders_price(bonded: bool) -> None:
    at = bonded_dock((100, 40)) if bonded else dock((100, 40))
    more(at, 100, 40)
    found = landing(at)
    assert (found.name, found.lots, found.standing) == (at.consignment.number, 2, None)
    lines = procurement.landing_lines(landing_id=found.id)
    assert [line.gross_g for line in lines] == [1000, 1000]
    facts = stock.lot_facts(lots=[(line.sku_id, line.lot_id) for line in lines])
    assert {one.unit_cost for one in facts.values()} == {Decimal("86.10")}  # 10.50 € at 8.2
    services.land(consignment_id=at.consignment.id, now=NOW)
    drain()
    assert landing(at) == found


def test_late_invoices_and_late_goods_run_it_again_by_themselves() -> None:
    at = dock((100, 100))
    more(at, 100, 0, final=False)
    buying_verbs.add_invoice(landing_id=landing(at).id, draft=invoice(10_000, basis=Basis.WEIGHT), actor="t", now=NOW)
    drain()
    assert laid(at) == {"L1": Decimal(100)}
    more(at, 0, 100)
    assert laid(at) == {"L1": Decimal(50), "L2": Decimal(50)}
    services.land(consignment_id=at.consignment.id, now=NOW)  # told again: nothing is new
    drain()
    assert len(landing(at).runs) == 2
    late = buying_verbs.add_invoice(landing_id=landing(at).id, draft=invoice(20_000), actor="t", now=NOW)
    drain()
    assert laid(at) == {"L1": Decimal(150), "L2": Decimal(150)}
    assert [run.reversed_at is None for run in landing(at).runs] == [True, False, False]
    buying_verbs.withdraw_invoice(landing_id=landing(at).id, invoice_id=late, reason="wrong", actor="t", now=NOW)
    drain()
    assert laid(at) == {"L1": Decimal(50), "L2": Decimal(50)}
    (left,) = (one for one in landing(at).invoices if one.withdrawn_at is None)
    buying_verbs.withdraw_invoice(landing_id=landing(at).id, invoice_id=left.id, reason="wrong", actor="t", now=NOW)
    drain()
    assert landing(at).standing is None


def test_what_keeps_an_invoice_from_being_shared_leaves_the_landing_stale() -> None:
    at = dock()
    more(at, 100)
    buying_verbs.add_invoice(landing_id=landing(at).id, draft=invoice(500, currency="KWD"), actor="t", now=NOW)
    drain()
    assert landing(at).standing is None
    assert landing(at).stale
    assert buying_verbs.run_waiting(now=NOW) == 0
    buying.put_rates(("KWD", "23", "2026-11-01", ""), name="late-fx")
    assert buying_verbs.run_waiting(now=NOW) == 1
    assert laid(at) == {"L1": Decimal("11.5")}  # half a dinar of three places on 100 units
    buying_verbs.reverse_landing(landing_id=landing(at).id, reason="wrong goods", actor="t", now=NOW)
    assert buying_verbs.run_waiting(now=NOW) == 0  # what somebody took back is not laid again


@pytest.mark.django_db(transaction=True)
def test_two_who_land_at_once_make_one_landing() -> None:
    at = dock((100, 40))
    at.scan(scan(0, 100), scan(1, 40))
    at.close()
    made = racing([lambda: services.land(consignment_id=at.consignment.id, now=NOW)] * 3)
    assert made == [str(landing(at).id)] * 3
    assert landing(at).lots == 2
