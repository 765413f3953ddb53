"""Landed cost: parts sum to the invoice, what was sold bears its part, and what is taken back was never there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.procurement import selectors, services
from entrepot.procurement.landing import rules
from entrepot.procurement.tests.landed import DAY, added, invoice, landing, lot, rates
from entrepot.procurement.types import Basis, CostKind, LandingLineDraft, Run
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import NOW, claimed, warehouse
from entrepot.stock.types import WarehouseKind

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def place(db: None) -> UUID:
    return warehouse("SH1", WarehouseKind.DOMESTIC)


def run_of(landing_id: UUID) -> Run:
    found = selectors.landing(landing_id=landing_id)
    assert found is not None and found.standing is not None
    return found.standing


def unit_cost(line: LandingLineDraft) -> Decimal:
    (level,) = stock.levels(sku_ids=[line.sku_id])
    return stock.worths(levels=[level], on=DAY + timedelta(days=5))[level.id].unit_cost


def sold(line: LandingLineDraft, place: UUID, units: int) -> None:
    order, line_id = claimed(line.sku_id, place, units)
    stock_verbs.ship(reference=order, line_ids=[line_id], sku_ids=[line.sku_id], now=NOW)


def test_the_worked_table(place: UUID) -> None:
    """docs/algorithms/landing.md, to the fen."""
    rates(JPY="0.0465", KWD="23.1")
    a = lot(place, 100, "50", gross_g=500, volume_ml=900, hs_code="3304990039")
    b = lot(place, 40, "200", gross_g=250, volume_ml=100, hs_code="3304990039")
    c = lot(place, 10, "300", gross_g=2_000, volume_ml=5_000, hs_code="8516500000")
    sold(a, place, 25)
    made = landing(a, b, c)
    freight = added(made, invoice(10_001, "JPY", Basis.WEIGHT))
    added(made, invoice(7_777, "KWD", Basis.VALUE, kind=CostKind.INSURANCE))
    added(
        made, invoice(50_000, basis=Basis.HS, kind=CostKind.DUTY, hs_amounts={"330499": 30_000, "8516500000": 20_000})
    )
    run_id = services.allocate_landing(landing_id=made, actor="t", now=NOW)
    shares = selectors.shares_of_run(run_id=run_id, lines=selectors.landing_lines(landing_id=made))
    table = [
        {one.kind: (one.paid_minor, one.amount_minor, one.stock_minor, one.sold_minor) for one in found}
        for found in (shares[line.sku_id, line.lot_id] for line in (a, b, c))
    ]
    assert table == [
        {
            "freight": (6_251, 29_067, 21_800, 7_267),
            "insurance": (2_430, 5_613, 4_210, 1_403),
            "duty": (11_538, 11_538, 8_654, 2_884),
        },
        {
            "freight": (1_250, 5_813, 5_813, 0),
            "insurance": (3_889, 8_984, 8_984, 0),
            "duty": (18_462, 18_462, 18_462, 0),
        },
        {
            "freight": (2_500, 11_625, 11_625, 0),
            "insurance": (1_458, 3_368, 3_368, 0),
            "duty": (20_000, 20_000, 20_000, 0),
        },
    ]
    charge = next(one for one in run_of(made).charges if one.invoice_id == freight)
    assert (charge.rate, charge.source) == (Decimal("0.0465"), "Bank of Tests JPY")
    assert (charge.paid_minor, charge.amount_minor) == (10_001, 46_505)


def test_a_late_invoice_goes_to_cost_of_sales_for_what_was_sold(place: UUID) -> None:
    a = lot(place, 10, "10")
    made = landing(a)
    added(made, invoice(1_000))
    services.allocate_landing(landing_id=made, actor="t", now=NOW)
    assert unit_cost(a) == 11
    sold(a, place, 4)
    added(made, invoice(505))
    found = selectors.landing(landing_id=made)
    assert found is not None and found.stale
    services.allocate_landing(landing_id=made, actor="t", now=LATER)
    assert [(one.stock_minor, one.sold_minor) for one in run_of(made).charges] == [(600, 400), (303, 202)]
    assert unit_cost(a) == Decimal("11.505")
    (level,) = stock.levels(sku_ids=[a.sku_id])
    assert stock.worths(levels=[level], on=DAY + timedelta(days=5))[level.id].value == Decimal("69.03")
    (holding,) = stock.holdings()
    assert (holding.units, holding.cost) == (6, Decimal("69.03"))


def test_what_was_lost_is_said_apart(place: UUID) -> None:
    a = lot(place, 10, "10")
    (level,) = stock.levels(sku_ids=[a.sku_id])
    stock_verbs.adjust(level_id=level.id, sku_id=a.sku_id, change=-2, reference="broken", now=NOW)
    sold(a, place, 3)
    made = landing(a)
    added(made, invoice(1_001))
    services.allocate_landing(landing_id=made, actor="t", now=NOW)
    (charge,) = run_of(made).charges
    assert (charge.stock_minor, charge.sold_minor, charge.lost_minor) == (501, 300, 200)


def test_a_run_is_reversed_once_and_repeated_alike(place: UUID) -> None:
    rates(USD="7.1")
    lines = [lot(place, units, cost) for units, cost in ((3, "9.99"), (7, "1"), (11, "4.5"))]
    made = landing(*lines)
    added(made, invoice(1_003, "USD"))
    before = [unit_cost(line) for line in lines]
    first = services.allocate_landing(landing_id=made, actor="t", now=NOW)
    after = [unit_cost(line) for line in lines]
    assert after != before
    with pytest.raises(services.InvoiceInvalid):
        services.reverse_landing(landing_id=made, reason=" ", actor="t", now=LATER)
    services.reverse_landing(landing_id=made, reason="wrong ship", actor="t", now=LATER)
    assert [unit_cost(line) for line in lines] == before
    with pytest.raises(services.NothingToReverse):
        services.reverse_landing(landing_id=made, reason="again", actor="t", now=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        stock_verbs.take_back_costs(run_id=first, now=LATER)
    second = services.allocate_landing(landing_id=made, actor="t", now=LATER)
    assert [unit_cost(line) for line in lines] == after
    shares = [
        [(one.paid_minor, one.amount_minor) for of in selectors.shares_of_run(
            run_id=run, lines=selectors.landing_lines(landing_id=made)).values() for one in of]
        for run in (first, second)
    ]  # fmt: skip
    assert shares[0] == shares[1]
    assert stock_verbs.audit_stock(now=LATER) == 0


def test_lots_of_several_currencies_bear_it_each_in_its_own(place: UUID) -> None:
    rates(USD="7", JPY="0.05")
    a, b = lot(place, 10, "70", lot="A"), lot(place, 10, "10", lot="B", currency="USD")
    c = lot(place, 10, "1400", lot="C", currency="JPY")
    made = landing(a, b, c)
    added(made, invoice(300, "USD"))  # each lot is worth 700 yuan
    services.allocate_landing(landing_id=made, actor="t", now=NOW)
    found = {one.currency: (one.paid_minor, one.amount_minor, one.rate) for one in run_of(made).charges}
    assert found == {"CNY": (100, 700, Decimal(7)), "USD": (100, 100, 1), "JPY": (100, 140, Decimal(140))}
    assert "Bank of Tests USD · Bank of Tests JPY" in {one.source for one in run_of(made).charges}


def test_what_cannot_be_shared_is_refused_by_name_and_changes_nothing(place: UUID) -> None:
    a, b = lot(place, 10, "10", gross_g=5, hs_code="3304990039"), lot(place, 10, "0")
    made = landing(a, b)
    with pytest.raises(services.NothingToAllocate):
        services.allocate_landing(landing_id=made, actor="t", now=NOW)
    for draft, refusal in (
        (invoice(5, "CHF"), services.NoExchangeRate),
        (invoice(5, basis=Basis.WEIGHT), services.NoMeasure),
        (invoice(5, basis=Basis.HS, kind=CostKind.DUTY, hs_amounts={"9999999999": 5}), services.NoLotsInLine),
    ):
        one = added(made, draft)
        with pytest.raises(refusal), transaction.atomic():
            services.allocate_landing(landing_id=made, actor="t", now=NOW)
        services.withdraw_invoice(landing_id=made, invoice_id=one, reason="wrong", actor="t", now=NOW)
        with pytest.raises(services.InvoiceNotNow):
            services.withdraw_invoice(landing_id=made, invoice_id=one, reason="wrong", actor="t", now=NOW)
    for wrong in (
        invoice(0), invoice(5, "yen"), invoice(5, supplier=""), invoice(5, basis=Basis.HS, hs_amounts={"330499": 5}),
        invoice(5, basis=Basis.HS, kind=CostKind.DUTY, hs_amounts={"330499": 4}), invoice(5, hs_amounts={"330499": 5}),
    ):  # fmt: skip
        with pytest.raises(services.InvoiceInvalid):
            added(made, wrong)
    added(made, invoice(5, number="N1"))
    with pytest.raises(services.InvoiceKnown):
        added(made, invoice(9, number="N1"))
    with pytest.raises(services.LandingInvalid):
        landing(a, a)
    with pytest.raises(services.LandingInvalid):
        landing(LandingLineDraft(a.sku_id, b.lot_id))
    assert stock.lot_costs(sku_id=a.sku_id, lot_id=a.lot_id) == []


def test_a_rate_of_another_day_does_not_serve(place: UUID) -> None:
    rates(USD="7.1")
    made = landing(lot(place, 1, "1"))
    added(made, invoice(5, "USD", invoiced_on=date(2026, 12, 1)))
    with pytest.raises(services.NoExchangeRate) as refused:
        services.allocate_landing(landing_id=made, actor="t", now=NOW)
    assert "2026-12-01" in refused.value.message("zh")


def test_an_invoice_may_say_itself_what_each_lot_bears(place: UUID) -> None:
    lines = [lot(place, n, "1", lot=code) for n, code in ((4, "A"), (2, "B"), (1, "C"))]
    made = landing(*lines)
    codes = [one.lot for one in selectors.landing_lines(landing_id=made)]
    stated = {codes[0]: 700, codes[2]: 300}
    added(made, invoice(1_000, "CNY", Basis.STATED, lot_amounts=stated))
    services.allocate_landing(landing_id=made, actor="t", now=NOW)
    laid = [stock.lot_costs(sku_id=one.sku_id, lot_id=one.lot_id) for one in lines]
    assert [[cost.amount_minor for cost in costs] for costs in laid] == [[700], [], [300]]
    for bad in ({codes[0]: 999}, {}):
        with pytest.raises(services.InvoiceInvalid):
            added(made, invoice(1_000, "CNY", Basis.STATED, lot_amounts=bad))
    added(made, invoice(5, "CNY", Basis.STATED, number="other", lot_amounts={"nowhere": 5}))
    with pytest.raises(services.NoSuchLot):
        services.allocate_landing(landing_id=made, actor="t", now=NOW)


def test_duty_of_samples_that_cost_nothing_is_borne_by_their_units(place: UUID) -> None:
    """Customs does not value a sample at nothing: its line of the duty bill has lots, though none with a price."""
    samples = [lot(place, units, "0", lot=code, hs_code="3304990039") for units, code in ((30, "A"), (10, "B"))]
    made = landing(*samples, lot(place, 1, "10", hs_code="8516500000"))
    duty = {"330499": 4_000, "851650": 100}
    added(made, invoice(4_100, basis=Basis.HS, kind=CostKind.DUTY, hs_amounts=duty))
    services.allocate_landing(landing_id=made, actor="t", now=NOW)
    laid = [stock.lot_costs(sku_id=one.sku_id, lot_id=one.lot_id) for one in samples]
    assert [cost.amount_minor for costs in laid for cost in costs] == [3_000, 1_000]


# Properties

CURRENCY = st.sampled_from(["CNY", "JPY", "KWD", "USD"])
LOT = st.builds(
    rules.Lot,
    units=st.integers(1, 10**6),
    unit_cost=st.decimals(0, 10**5, places=6),
    currency=st.sampled_from(["CNY", "JPY"]),
    gross_g=st.integers(1, 10**5),
    volume_ml=st.integers(1, 10**6),
    hs_code=st.sampled_from(["3304990039", "3304991000", "8516500000"]),
)
RATE = st.decimals("0.000001", 10**4, places=12)


@given(st.lists(LOT, min_size=1, max_size=40), st.integers(-(10**12), 10**12), CURRENCY, st.sampled_from(Basis), RATE)
def test_parts_sum_to_the_invoice_exactly(
    lots: list[rules.Lot], amount: int, currency: str, basis: Basis, rate: Decimal
) -> None:
    amounts = {"330499": amount - amount // 3, "8516500000": amount // 3} if basis is Basis.HS else {}
    lots = [replace(lot, code=str(n)) for n, lot in enumerate(lots)]
    stated = {"0": amount // 3, str(len(lots) - 1): amount - amount // 3} if len(lots) > 1 else {"0": amount}
    draft = invoice(amount, currency, basis, hs_amounts=amounts, lot_amounts=stated if basis is Basis.STATED else {})
    parts = rules.shared(draft, lots, {"CNY": Decimal(1), "JPY": Decimal("0.046")})
    if isinstance(parts, rules.Lacking):
        assert basis is Basis.HS or not any(lot.unit_cost for lot in lots)
        return
    assert sum(parts) == amount
    assert parts == rules.shared(draft, lots, {"CNY": Decimal(1), "JPY": Decimal("0.046")})
    for wanted in ("CNY", "JPY", "KWD"):
        places = {"CNY": 2, "JPY": 0, "KWD": 3, "USD": 2}
        exact = Decimal(amount) * rate * Decimal(10) ** (places[wanted] - places[currency])
        assert abs(sum(rules.converted(parts, currency, wanted, rate)) - exact) <= Decimal("0.5")


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 999), st.integers(0, 9)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(-999, 9999).filter(bool), CURRENCY), min_size=1, max_size=3),
)
def test_reversal_restores_and_every_fen_is_somewhere(
    lots: list[tuple[int, int, int]], asked: list[tuple[int, str]]
) -> None:
    with transaction.atomic():
        rates(USD="7.1", JPY="0.0465", KWD="23.1")
        place = warehouse("SH1", WarehouseKind.DOMESTIC)
        lines = [lot(place, units, f"{cost}.5") for units, cost, _ in lots]
        for line, (units, _, gone) in zip(lines, lots, strict=True):
            if 0 < gone <= units:
                sold(line, place, gone)
        made = landing(*lines)
        for amount, currency in asked:
            added(made, invoice(amount, currency, Basis.QUANTITY))
        before = stock.totals(on=DAY + timedelta(days=5))
        run = services.allocate_landing(landing_id=made, actor="t", now=NOW)
        charges = run_of(made).charges
        assert sorted(one.paid_minor for one in charges) == sorted(amount for amount, _ in asked)
        shares = selectors.shares_of_run(run_id=run, lines=selectors.landing_lines(landing_id=made))
        laid = [one.amount_minor for of in shares.values() for one in of]
        assert sum(one.amount_minor for one in charges) == sum(laid)
        for charge in charges:
            assert charge.amount_minor == charge.stock_minor + charge.sold_minor + charge.lost_minor
        services.reverse_landing(landing_id=made, reason="r", actor="t", now=LATER)
        assert stock.totals(on=DAY + timedelta(days=5)) == before
        assert stock_verbs.audit_stock(now=LATER) == 0
        transaction.set_rollback(True)
