"""What we owe whom and due when: by the terms' facts, never by a guess; payments cover what is due first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from entrepot.kit.ids import new_id
from entrepot.procurement import models, selectors, services
from entrepot.procurement.rules.owing import Moved, Owing, dues
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import NOW, TODAY
from entrepot.procurement.types import (
    Due,
    DueState,
    DuesWish,
    OrderView,
    Overpaid,
    Part,
    PaymentTerms,
    ShipmentDraft,
    Shipped,
    SupplierInvoiceDraft,
    Undetermined,
)

DAY = timedelta(days=1)
db = pytest.mark.django_db


@pytest.fixture
def books_agree(db: None) -> Iterator[None]:
    makers.rates()
    yield
    assert selectors.discrepancies() == []


pytestmark = pytest.mark.usefixtures("books_agree")


def sent(terms: PaymentTerms, days: int = 30, units: tuple[int, ...] = (100,), **changes: Any) -> OrderView:
    """At 10.50 EUR a unit."""
    return makers.sent(units, of=makers.contract(payment=terms, payment_days=days, **changes))


def parts(order: OrderView) -> list[Part]:
    return selectors.dues_of(order_id=order.id)


def ship(order: OrderView, units: int, day: date, *, departed: bool = True, reference: UUID | None = None) -> UUID:
    reference = reference or new_id()
    draft = ShipmentDraft(reference, day, departed, (Shipped(order.lines[0].id, units, units),))
    services.note_shipment(draft=draft)
    return reference


def pay(order: OrderView, minor: int, reference: str = "TT") -> None:
    draft = services.PaymentDraft(order.id, reference, minor, TODAY)
    services.record_payment(draft=draft, actor="f", now=NOW)


def invoice(order: OrderView, number: str, minor: int, day: date = TODAY) -> None:
    draft = SupplierInvoiceDraft(order.id, number, minor, day)
    services.record_invoice(draft=draft, actor="f", now=NOW)


def missing(amount: int, why: Undetermined) -> Part:
    return Part(amount, 0, None, None, why)


def test_after_receipt_each_day_of_receipt_is_a_part_and_what_has_not_come_has_no_day() -> None:
    order = sent(PaymentTerms.RECEIPT)
    assert parts(order) == [missing(105_000, Undetermined.NOT_RECEIVED)]
    makers.receive(order.lines[0], 40)
    makers.receive(order.lines[0], 20, now=NOW + 3 * DAY)
    first, second, rest = parts(order)
    assert (first.amount_minor, first.since, first.due_on) == (42_000, TODAY, TODAY + 30 * DAY)
    assert (second.amount_minor, second.due_on) == (21_000, TODAY + 33 * DAY)
    assert rest == missing(42_000, Undetermined.NOT_RECEIVED)
    pay(order, 50_000)
    assert [one.paid_minor for one in parts(order)] == [42_000, 8_000, 0]


def test_what_never_comes_of_a_closed_order_is_not_owed() -> None:
    order = sent(PaymentTerms.RECEIPT)
    makers.receive(order.lines[0], 40)
    services.close(order_id=order.id, reason="sold out", actor="a", now=NOW)
    assert [one.amount_minor for one in parts(order)] == [42_000]
    other = sent(PaymentTerms.RECEIPT)
    services.cancel(order_id=other.id, reason="r", actor="a", now=NOW)
    assert parts(other) == []


def test_what_was_paid_before_an_order_was_cancelled_is_recorded_by_its_day_and_is_to_come_back() -> None:
    """The bank tells of it a day later."""
    order = sent(PaymentTerms.ADVANCE)
    services.cancel(order_id=order.id, reason="r", actor="a", now=NOW)
    draft = services.PaymentDraft(order.id, "TT", 30_000, TODAY + DAY)
    with pytest.raises(services.MoreThanOwed):
        services.record_payment(draft=draft, actor="f", now=NOW + DAY)
    services.record_payment(draft=replace(draft, paid_on=TODAY), actor="f", now=NOW + DAY)
    [back] = selectors.overpaid(wish=DuesWish())
    assert (back.order_number, parts(order)) == (order.number, [])


def test_after_it_was_closed_no_more_is_paid_for_an_order_than_it_owes() -> None:
    order = sent(PaymentTerms.RECEIPT)
    makers.receive(order.lines[0], 40)
    services.close(order_id=order.id, reason="sold out", actor="a", now=NOW)
    draft = services.PaymentDraft(order.id, "TT", 42_001, TODAY + DAY)
    with pytest.raises(services.MoreThanOwed):
        services.record_payment(draft=draft, actor="f", now=NOW + DAY)
    services.record_payment(draft=replace(draft, amount_minor=42_000), actor="f", now=NOW + DAY)
    assert selectors.overpaid(wish=DuesWish()) == []
    pay(order, 1_000, "written down late")  # it was paid before the order was closed
    assert [one.minor for one in selectors.overpaid(wish=DuesWish())] == [1_000]


def test_what_was_paid_for_an_order_that_is_cancelled_is_to_come_back() -> None:
    order, whole = sent(PaymentTerms.ADVANCE), sent(PaymentTerms.ADVANCE, currency="USD")
    for one in (order, whole):
        pay(one, 50_000)
    assert selectors.overpaid(wish=DuesWish()) == []
    services.cancel(order_id=order.id, reason="too late", actor="a", now=NOW)
    back = [Overpaid(order.id, order.number, "Maison Test SA", "EUR", 50_000)]
    assert selectors.overpaid(wish=DuesWish(order.supplier_id, "EUR")) == back
    assert selectors.overpaid(wish=DuesWish(currency="USD")) == []
    draft = services.PaymentDraft(order.id, "BACK-1", 30_000, TODAY)
    for _ in range(2):
        services.record_repayment(draft=draft, actor="f", now=NOW)
    assert [one.minor for one in selectors.overpaid(wish=DuesWish())] == [20_000]
    assert makers.read(order.id).events[-1].kind == "repaid"
    for wrong, refusal in (
        (replace(draft, reference="BACK-2", amount_minor=20_001), services.MoreThanPaid),
        (replace(draft, reference="TT", amount_minor=50_000), services.ReferenceReused),
        (replace(draft, reference="BACK-2", amount_minor=0), services.BadAmount),
    ):
        with pytest.raises(refusal):
            services.record_repayment(draft=wrong, actor="f", now=NOW)
    services.record_repayment(draft=replace(draft, reference="BACK-2", amount_minor=20_000), actor="f", now=NOW)
    assert selectors.overpaid(wish=DuesWish()) == []


def test_in_advance_counts_back_from_the_day_on_which_goods_leave() -> None:
    order = sent(PaymentTerms.ADVANCE, 10)
    assert parts(order) == [missing(105_000, Undetermined.NOT_SHIPPED)]
    planned = ship(order, 60, TODAY + 40 * DAY, departed=False)
    assert parts(order) == [Part(105_000, 0, TODAY + 30 * DAY, TODAY + 40 * DAY)]
    ship(order, 60, TODAY + 45 * DAY, departed=False, reference=planned)  # told again: later
    assert parts(order)[0].due_on == TODAY + 35 * DAY
    services.note_shipment(draft=ShipmentDraft(planned, TODAY, False, ()))  # it does not come
    assert parts(order)[0].why is Undetermined.NOT_SHIPPED
    makers.receive(order.lines[0], 1)  # it left before it came, whenever that was
    assert parts(order)[0].due_on == TODAY


def test_a_notice_whose_year_was_typed_short_is_due_at_once() -> None:
    order = sent(PaymentTerms.ADVANCE, 30)
    ship(order, 60, date(1, 1, 2), departed=False)
    assert parts(order) == [Part(105_000, 0, date.min, date(1, 1, 2))]


def test_after_shipment_a_plan_determines_nothing_and_goods_that_came_unannounced_say_so() -> None:
    order = sent(PaymentTerms.SHIPMENT, 60)
    ship(order, 50, TODAY - DAY)
    ship(order, 20, TODAY + DAY, departed=False)
    left, rest = parts(order)
    assert (left.amount_minor, left.since, left.due_on) == (52_500, TODAY - DAY, TODAY + 59 * DAY)
    assert rest == missing(52_500, Undetermined.NOT_SHIPPED)
    makers.receive(order.lines[0], 60)
    assert parts(order)[1:] == [
        missing(10_500, Undetermined.SHIPMENT_UNKNOWN), missing(42_000, Undetermined.NOT_SHIPPED),
    ]  # fmt: skip


def test_after_the_invoice_the_suppliers_invoices_name_the_days() -> None:
    order = sent(PaymentTerms.INVOICE, 14)
    assert parts(order) == [missing(105_000, Undetermined.NOT_INVOICED)]
    invoice(order, "RE-1", 5_000)
    invoice(order, "RE-1", 5_000)
    first, rest = parts(order)
    assert (first.amount_minor, first.due_on, rest.amount_minor) == (5_000, TODAY + 14 * DAY, 100_000)
    assert makers.read(order.id).events[-1].kind == "invoiced"
    for number, minor, day, refusal in (
        ("RE-1", 6_000, TODAY, services.ReferenceReused), ("RE-2", 100_001, TODAY, services.MoreThanOrdered),
        ("RE-2", 0, TODAY, services.BadAmount), ("RE-2", 5, TODAY + DAY, services.BadAmount),
        (" ", 5, TODAY, services.BadText),
    ):  # fmt: skip
        with pytest.raises(refusal):
            invoice(order, number, minor, day)
    with pytest.raises(services.NotByInvoice):
        invoice(sent(PaymentTerms.RECEIPT), "RE-1", 5)
    with pytest.raises(services.NotNow):
        invoice(makers.drafted(of=makers.contract(payment=PaymentTerms.INVOICE)), "RE-1", 5)


def test_the_list_finds_by_supplier_currency_and_state_what_is_due_first_first() -> None:
    late = sent(PaymentTerms.RECEIPT, 0)
    makers.receive(late.lines[0], 50)
    later = sent(PaymentTerms.RECEIPT, 20, currency="USD")
    makers.receive(later.lines[0], 100)
    paid = sent(PaymentTerms.RECEIPT)
    makers.receive(paid.lines[0], 100)
    pay(paid, 105_000)
    tomorrow = TODAY + DAY

    def found(**wish: Any) -> list[tuple[str, int]]:
        rows, more = selectors.dues(wish=DuesWish(**wish), today=tomorrow)
        assert not more
        assert rows == list(selectors.exported_dues(wish=DuesWish(**wish), today=tomorrow))
        return [(one.order_number, one.open_minor) for one in rows]

    everything = [(late.number, 52_500), (later.number, 105_000), (late.number, 52_500)]
    assert found() == everything
    assert found(state=DueState.OVERDUE) == everything[:1]
    assert found(state=DueState.COMING) == everything[1:2] == found(currency="USD")
    assert found(state=DueState.UNDETERMINED) == everything[2:]
    assert found(supplier_id=late.supplier_id) == [everything[0], everything[2]]
    rows: list[Due] = selectors.dues(wish=DuesWish(), today=tomorrow)[0]
    assert [one.state(tomorrow) for one in rows] == list(DueState)
    assert selectors.waiting(on=tomorrow).overdue == 1
    sums = selectors.due_sums(wish=DuesWish(), today=tomorrow)
    monday = later_week(TODAY + 20 * DAY)
    assert [(one.currency, one.state, one.week, one.minor) for one in sums] == [
        ("EUR", DueState.OVERDUE, None, 52_500), ("EUR", DueState.UNDETERMINED, None, 52_500),
        ("USD", DueState.COMING, monday, 105_000),
    ]  # fmt: skip
    far = selectors.due_sums(wish=DuesWish(currency="USD"), today=TODAY - 90 * DAY)
    assert [(one.week, one.minor) for one in far] == [(None, 105_000)]


def later_week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def test_finance_is_told_once_before_and_once_after_a_day() -> None:
    clerk(Role.FINANCE)
    order = sent(PaymentTerms.RECEIPT, 20)
    makers.receive(order.lines[0], 50)
    days = [NOW + n * DAY for n in (1, 12, 13, 14, 20, 21, 22)]  # near from the 13th day, over on the 21st
    assert [services.warn_of_dues(now=at) for at in days] == [0, 0, 1, 0, 0, 1, 0]
    payloads = [one["payload"] for one in makers.told("procurement.payments_due")]
    assert payloads == ['{"late": 0, "near": 1}', '{"late": 1, "near": 0}']
    assert services.write_of_dues(now=days[2]) == 1
    assert services.write_of_dues(now=days[5]) == 1
    near, over = (one.body for one in mail.outbox)
    assert "七天内到期：525.00 EUR" in near
    assert "逾期：525.00 EUR" in over
    pay(order, 52_500)
    assert services.write_of_dues(now=days[5]) == 0


def test_another_receipt_does_not_have_what_was_told_told_again() -> None:
    order = sent(PaymentTerms.RECEIPT, 5)
    makers.receive(order.lines[0], 10, now=NOW + DAY)
    assert services.warn_of_dues(now=NOW + DAY) == 1
    makers.receive(order.lines[0], 10)  # a clerk enters an earlier one
    assert [one.due_on for one in parts(order)[:2]] == [TODAY + 5 * DAY, TODAY + 6 * DAY]
    assert services.warn_of_dues(now=NOW + DAY) == 1  # the new one only


def test_orders_from_before_the_list_was_kept_come_onto_it() -> None:
    order = sent(PaymentTerms.RECEIPT)
    models.Due.objects.all().delete()
    assert services.reckon_missing() == 1
    assert parts(order) == [missing(105_000, Undetermined.NOT_RECEIVED)]
    assert services.reckon_missing() == 0


days = st.integers(0, 40).map(lambda n: TODAY + n * DAY)
LINES = [uuid4() for _ in range(3)]
moves = st.lists(st.builds(Moved, days, st.sampled_from(LINES), st.integers(1, 60)), max_size=8)
amounts = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9_999)), min_size=3, max_size=3)
invoices = st.lists(st.tuples(days, st.integers(1, 5_000)), max_size=4)


@given(st.sampled_from(PaymentTerms), amounts, moves, moves, invoices, st.integers(0, 40_000), st.booleans())
def test_parts_sum_to_what_is_owed_and_payments_cover_them_in_order(
    terms: PaymentTerms,
    lines: list[tuple[int, int]],
    received: list[Moved],
    shipped: list[Moved],
    asked: list[tuple[date, int]],
    paid: int,
    closed: bool,
) -> None:
    priced = {line: (units, amount if units else 0) for line, (units, amount) in zip(LINES, lines, strict=True)}
    whole = sum(amount for _units, amount in priced.values())
    first = min((one.day for one in shipped), default=None)
    found = dues(Owing(terms, 7, whole, closed, priced, received, first, shipped, asked), paid)
    owed = sum(one.amount_minor for one in found)
    assert owed <= whole
    assert closed or owed == whole
    assert sum(one.paid_minor for one in found) == min(paid, owed)
    known = [one.due_on for one in found if one.due_on is not None]
    assert known == sorted(known)
    assert [one.due_on for one in found[len(known) :]] == [None] * (len(found) - len(known))
    for one, after in zip(found, found[1:], strict=False):
        assert one.paid_minor == one.amount_minor or after.paid_minor == 0
    for one in found:
        assert one.amount_minor > 0
        assert (one.why is None) == (one.due_on is not None) == (one.since is not None)
