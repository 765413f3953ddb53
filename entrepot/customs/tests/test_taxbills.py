"""Tax bills on a real database: in any order, twice, for days, before their list is known; paid once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.customs import services
from entrepot.customs.models import Arrival, Declaration, TaxBill, TaxInbox, TaxLine, TaxNotice, TaxPayment
from entrepot.customs.selectors import taxes
from entrepot.customs.services import taxbills
from entrepot.customs.tests.bills import GUARANTOR, bill, books, hear, line, list_number, listed, take, turn
from entrepot.customs.tests.receipts import T0, document, minutes, receipt
from entrepot.customs.types import DocumentKind
from entrepot.customs.types.taxes import BillState, BillWish, Guarantee, Paid, PaymentWish, TaxCounter, TaxKind
from entrepot.kit import clock, sql
from entrepot.kit.refusals import Refusal
from entrepot.kit.tests.racing import at_once
from tests.examples import many

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("port_key")]
TODAY = date(2026, 11, 21)  # of T0, in China
LATE = T0 + timedelta(days=3)


def one_of(made: Declaration) -> TaxBill:
    return TaxBill.objects.get(declaration_id=made.id)


def pay(amount: int, reference: str = "ICBC-1", **more: Any) -> Any:
    of = more or {"month": date(2026, 11, 1)}
    wish = PaymentWish(GUARANTOR, reference, amount, TODAY, **of)
    return services.pay_tax(wish=wish, actor="Li", now=LATE)


def test_a_bill_is_put_beside_its_list_line_by_line() -> None:
    made, ready, number = listed(2)
    first, second = ready.parcel.lines
    vats = [f"{one.vat_minor / 100:.2f}" for one in (first, second)]
    take(bill(number, "99.99", lines=[line(1, vats[0], code=first.hs_code), line(3, vats[1])], note="x"))
    found = one_of(made)
    assert (found.guarantor, found.made_on, found.due_on) == (GUARANTOR, TODAY, date(2027, 1, 5))
    whole = taxes.bill(bill_id=found.id, buyer_id=found.buyer_id)
    assert whole is not None
    assert [(one.gnum, one.kind) for one in whole.listed] == [
        (0, TaxKind.HEAD), (1, None), (2, TaxKind.MISSING_LINE), (3, TaxKind.FOREIGN_LINE)
    ]  # fmt: skip
    assert sum(one.difference for one in whole.listed) == 9_999 - ready.parcel.tax_minor
    assert (whole.bill.note, whole.bill.differs, [one.gnum for one in whole.lines]) == ("x", True, [1, 3])


def test_what_customs_says_of_a_bill_counts_by_its_own_time() -> None:
    made, _, number = listed()
    take(turn(number, 3, minutes(9)))
    assert (one_of(made).state, one_of(made).notice_id, TaxLine.objects.count()) == ("3", None, 0)
    take(bill(number, "1", minutes(1)), turn(number, 2, minutes(5), summed="S1"))
    assert (one_of(made).state, one_of(made).summed, one_of(made).vat_minor) == ("3", "S1", 100)
    assert {one.kind for one in TaxLine.objects.all()} == {"unbilled"}


def test_a_repeated_statement_only_counts() -> None:
    made, _, number = listed()
    before = Declaration.objects.values().get(id=made.id)
    for _ in range(2):
        take(bill(number, "1"), bill(number, "1.0"))
    (kept,) = TaxNotice.objects.all()
    assert (kept.times, TaxBill.objects.count(), TaxInbox.objects.count()) == (4, 1, 0)
    assert Declaration.objects.values().get(id=made.id) == before


def test_a_bill_of_a_list_that_is_not_ours_is_refused_kept_shown_and_changes_nothing() -> None:
    made, _, _ = listed()
    strange = list_number()
    for _ in range(2):
        with pytest.raises(services.UnknownDocument):
            services.take_receipt(body=bill(strange, "12.3"), headers={}, now=T0)
    services.match_bills(now=T0)
    (stray,) = taxes.strays()
    assert (stray.list_number, stray.total, stray.times, taxes.stray_count()) == (strange, 1_230, 2, 1)
    assert set(Arrival.objects.values_list("outcome", flat=True)) == {"unknown_document"}
    assert books(made.id) == ([], [])
    assert services.purge_bills(now=T0 + timedelta(days=401)) == 1


def test_a_bill_that_comes_before_its_lists_number_waits_for_it() -> None:
    made, _, number = listed(numbered=False)
    take(bill(number, "1"))
    assert [one.list_number for one in taxes.strays()] == [number]
    take(receipt(DocumentKind.LIST, document(made, DocumentKind.LIST).number, 800, T0, invt=number), now=LATE)
    assert (one_of(made).vat_minor, taxes.strays()) == (100, [])
    assert set(Arrival.objects.values_list("outcome", flat=True)) == {""}


def test_a_list_is_without_a_bill_from_the_second_day_after_its_release() -> None:
    """However long customs had held it before."""
    made, ready, number = listed()
    released = clock.now() + timedelta(days=30)
    Declaration.objects.filter(id=made.id).update(since=released)
    assert taxes.unbilled(now=released + timedelta(days=2)) == []
    (one,) = taxes.unbilled(now=released + timedelta(days=2, seconds=1))
    assert (one.list_number, one.released_at, one.collected) == (number, released, ready.parcel.tax_minor)


moments = st.integers(0, 20)
summed = st.sampled_from(["", "S1", "S2"])
numbers = st.sampled_from(["T01", "T02"])
a_bill = st.tuples(st.just("bill"), numbers, moments, st.sampled_from(["12.00", "18.20", "7.005"]), st.just(""))
a_turn = st.tuples(st.just("turn"), numbers, moments, st.sampled_from(["2", "3"]), summed)
a_number = st.tuples(st.just("list"), st.just(""), st.just(0), st.just(""), st.just(""))


@settings(max_examples=many(15), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(a_bill | a_turn, min_size=1, max_size=5), st.data())
def test_any_order_repetition_and_delay_ends_in_the_same_books(
    history: list[tuple[str, str, int, str, str]], data: Any
) -> None:
    """The list's own number comes among them, and the clock goes whenever it likes."""
    whole = [("list", "", 0, "", ""), *history]
    shuffled = data.draw(st.permutations(whole + data.draw(st.lists(st.sampled_from(whole), max_size=2))))
    clock_goes = data.draw(st.lists(st.booleans(), min_size=len(shuffled), max_size=len(shuffled)))
    made, _, number = listed(numbered=False)
    in_order = _heard(made, number, whole, [False] * len(whole))
    assert in_order[0]
    assert _heard(made, number, shuffled, clock_goes) == in_order


def _heard(made: Declaration, number: str, history: list[Any], clock_goes: list[bool]) -> Any:
    """The books after the history; then it is as if nothing had been said."""
    with transaction.atomic():
        for told, goes in zip(history, clock_goes, strict=True):
            hear(_said(made, number, told))
            if goes:
                services.match_bills(now=LATE)
        services.match_bills(now=LATE)
        assert not TaxInbox.objects.exists()
        found = books(made.id)
        transaction.set_rollback(True)
    return found


def _said(made: Declaration, number: str, told: tuple[str, str, int, str, str]) -> bytes:
    kind, which, minute, what, by = told
    if kind == "list":
        return receipt(DocumentKind.LIST, document(made, DocumentKind.LIST).number, 800, T0, invt=number)
    if kind == "bill":
        return bill(number, what, minutes(minute), number=number + which)
    return turn(number, int(what), minutes(minute), number + which, by)


def test_a_batch_takes_the_same_few_statements_whatever_it_holds() -> None:
    def statements(lists: int) -> int:
        for _ in range(lists):
            _, _, number = listed(2)
            hear(bill(number, "1"))
            hear(turn(number, 2, summed="S"))
        with CaptureQueriesContext(connection) as asked:
            assert services.match_bills(now=T0) == 2 * lists
        return len(asked)

    assert statements(1) == statements(12) <= 12


def test_more_lists_than_a_batch_are_taken_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxbills, "LISTS_MAX", 2)
    for _ in range(5):
        hear(bill(listed()[2], "1"))
    assert services.match_bills(now=T0) == 5
    assert services.match_bills(now=T0) == 0


# Paying.


def test_a_months_open_bills_are_paid_once_all_or_none() -> None:
    for vat in ("10", "20", "0"):
        take(bill(listed()[2], vat))
    void = listed()[2]
    take(bill(void, "5"), turn(void, 3, minutes(5)))
    with pytest.raises(services.AmountDiffers) as caught:
        pay(3_500)
    assert "30.00" in caught.value.message("zh")
    assert not TaxPayment.objects.exists()
    assert not TaxBill.objects.filter(payment_id__isnull=False).exists()
    paid = pay(3_000)
    assert (paid.bills, paid.amount_minor) == (2, 3_000)
    assert pay(3_000) == paid
    assert len(sql.rows("SELECT id FROM audit_entry WHERE action = 'customs.pay_tax'")) == 1
    with pytest.raises(services.ReferenceUsed):
        pay(3_001)
    with pytest.raises(services.NothingToPay):
        pay(3_000, "ICBC-2")
    (month,) = taxes.months(since=date(2026, 1, 1), today=date(2027, 6, 1))
    assert (month.bills, month.paid, month.open, month.overdue, month.void, month.void_bills) == (3, 3000, 0, 0, 500, 1)


def test_a_summed_bill_is_paid_across_months_and_what_is_void_after_is_seen() -> None:
    one, two = listed()[2], listed()[2]
    take(bill(one, "10"), bill(two, "20", T0 - timedelta(days=30)), turn(one, 2, minutes(1), summed="S1"))
    take(turn(two, 2, minutes(1), summed="S1"))
    assert pay(3_000, month=None, summed="S1").bills == 2
    take(turn(one, 3, minutes(2)))
    told = {row.month.month: row for row in taxes.months(since=date(2026, 1, 1), today=TODAY)}
    assert (told[11].void_paid, told[11].paid, told[10].paid, told[10].open) == (1_000, 0, 2_000, 0)


def take_back(payment_id: UUID, reason: str = "wrong month", actor: str = "Li") -> TaxCounter:
    return services.take_back_tax(payment_id=payment_id, reason=reason, actor=actor, now=LATE)


def test_a_payment_entered_by_mistake_is_taken_back_by_a_counter_entry_and_entered_anew() -> None:
    for vat in ("10", "20"):
        take(bill(listed()[2], vat))
    wrong = pay(3_000)
    counter = take_back(wrong.id)
    assert (counter.amount_minor, counter.bills, counter.payment_id) == (-3_000, 2, wrong.id)
    (month,) = taxes.months(since=date(2026, 1, 1), today=TODAY)
    assert (month.paid, month.open) == (0, 3_000)
    (use,) = taxes.guarantee_uses(today=TODAY)
    assert use.used_minor == 3_000
    assert [(one.id, one.counter_id) for one in taxes.payments()] == [(wrong.id, counter.id)]
    right = pay(3_000)
    assert (right.bills, right.id != wrong.id) == (2, True)
    assert pay(3_000) == right
    found = taxes.payment(payment_id=wrong.id)
    assert found is not None and found[1:] == (counter, [])
    assert [one.paid_minor for one in (taxes.payment(payment_id=right.id) or [[]])[2]] == [2_000, 1_000]


def test_taking_back_is_repeatable_audited_and_refused_by_name() -> None:
    take(bill(listed()[2], "10"))
    paid = pay(1_000)
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(services.NoReasonToTakeBack):
            take_back(paid.id, reason)
    with pytest.raises(services.NoTaxPayment):
        take_back(UUID(int=1))
    assert TaxBill.objects.get().paid_minor == 1_000
    assert take_back(paid.id) == take_back(paid.id)
    for again in ({"reason": "another"}, {"actor": "Wang"}):
        with pytest.raises(services.PaymentTakenBack) as caught:
            take_back(paid.id, **again)
        assert "ICBC-1" in caught.value.message("zh") and "Li" in caught.value.message("en")
    (entry,) = sql.rows("SELECT reason, detail FROM audit_entry WHERE action = 'customs.take_back_tax'")
    assert entry["reason"] == "wrong month"
    assert sql.json_value(entry["detail"]) == {"amount_minor": -1_000, "bills": 1}


def test_a_bill_that_customs_voids_meanwhile_is_taken_back_too() -> None:
    number = listed()[2]
    take(bill(number, "10"))
    paid = pay(1_000)
    take(turn(number, 3, minutes(2)))
    assert take_back(paid.id).bills == 1
    (month,) = taxes.months(since=date(2026, 1, 1), today=TODAY)
    assert (month.void, month.void_paid, month.open) == (1_000, 0, 0)


def test_what_is_open_is_overdue_after_its_day() -> None:
    take(bill(listed()[2], "10"))
    for today, sum_, state in ((date(2027, 1, 5), 0, Paid.OPEN), (date(2027, 1, 6), 1_000, Paid.OVERDUE)):
        (month,) = taxes.months(since=date(2026, 1, 1), today=today)
        assert (month.open, month.overdue, month.first_due) == (1_000, sum_, date(2027, 1, 5))
        (row,) = taxes.bills(wish=BillWish(), today=today).bills
        assert row.paid(today) is state
        assert len(taxes.bills(wish=BillWish(paid=Paid.OVERDUE), today=today).bills) == bool(sum_)


BAD: dict[str, Callable[[], object]] = {
    "no reference": lambda: pay(1, ""),
    "a long reference": lambda: pay(1, "x" * 61),
    "nothing": lambda: pay(0),
    "no sum that could be": lambda: pay(10**15),
    "a month and a summed bill": lambda: pay(1, month=date(2026, 11, 1), summed="S"),
    "neither": lambda: pay(1, month=None, summed=""),
    "no month": lambda: pay(1, month=date(2026, 11, 2)),
    "tomorrow": lambda: services.pay_tax(
        wish=PaymentWish(GUARANTOR, "1", 1, TODAY + timedelta(days=1), date(2026, 11, 1)), actor="Li", now=T0
    ),
    "a guarantee of nobody": lambda: guarantee(1, guarantor=""),
    "a guarantee without a source": lambda: guarantee(1, source=" "),
    "a guarantee below nothing": lambda: guarantee(-1),
}


def guarantee(amount: int, day: date = TODAY, **more: str) -> None:
    one = Guarantee(more.get("guarantor", GUARANTOR), day, amount, more.get("source", "letter of the bank"))
    services.set_guarantee(guarantee=one, actor="Li", now=T0)


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_is_refused_by_name(what: str) -> None:
    with pytest.raises((services.BadTaxPayment, services.BadGuarantee)) as caught:
        BAD[what]()
    assert caught.value.message("zh") != caught.value.message("en")


def test_the_guarantee_in_force_is_used_by_what_is_billed_and_unpaid() -> None:
    take(bill(listed()[2], "10"))
    (use,) = taxes.guarantee_uses(today=TODAY)
    assert (use.used_minor, use.guarantee, use.left_minor) == (1_000, None, None)
    guarantee(5_000)
    guarantee(5_000)
    guarantee(9_000, TODAY + timedelta(days=9))
    with pytest.raises(services.GuaranteeThere):
        guarantee(6_000)
    assert [one.left_minor for one in taxes.guarantee_uses(today=TODAY)] == [4_000]
    assert [one.left_minor for one in taxes.guarantee_uses(today=TODAY + timedelta(days=9))] == [8_000]
    pay(1_000)
    assert [one.left_minor for one in taxes.guarantee_uses(today=TODAY)] == [5_000]


# At the same moment.


@pytest.mark.django_db(transaction=True)
def test_two_who_pay_at_once_pay_once() -> None:
    take(bill(listed()[2], "10"))
    told = refusals(lambda: pay(1_000), lambda: pay(1_000), lambda: pay(1_000, "ICBC-2"))
    refused = 1 if TaxPayment.objects.get().reference == "ICBC-1" else 2
    assert [one.code for one in told if one] == ["nothing_to_pay"] * refused
    assert TaxBill.objects.get().paid_minor == 1_000


@pytest.mark.django_db(transaction=True)
def test_two_who_take_back_at_once_write_one_counter_entry() -> None:
    take(bill(listed()[2], "10"))
    paid = pay(1_000)
    told = refusals(lambda: take_back(paid.id, "a"), lambda: take_back(paid.id, "b"), lambda: pay(1_000, "ICBC-2"))
    assert [one.code for one in told[:2] if one] == ["payment_taken_back"]
    assert len(sql.rows("SELECT id FROM customs_taxcounter")) == 1
    assert TaxBill.objects.get().paid_minor == (None if told[2] else 1_000)


@pytest.mark.django_db(transaction=True)
def test_two_clocks_and_late_statements_at_once_lose_nothing() -> None:
    made, _, number = listed()
    bodies = [bill(number, "10", minutes(1)), turn(number, 2, minutes(2), summed="S"), turn(number, 3, minutes(3))]
    told = refusals(*[lambda body=body: take(body) for body in bodies * 2])  # type: ignore[misc]
    services.match_bills(now=T0)
    assert [one for one in told if one] == []
    assert (one_of(made).state, one_of(made).summed, one_of(made).vat_minor) == (BillState.VOID, "S", 1_000)
    assert sum(TaxNotice.objects.values_list("times", flat=True)) == 6
    assert TaxLine.objects.get().kind == "unbilled"


def refusals(*calls: Callable[[], object]) -> list[Any]:
    """What each call was refused with, None where it was not; all begin at the same moment."""

    def run(call: Callable[[], object]) -> Refusal | None:
        try:
            call()
        except Refusal as refusal:
            return refusal
        return None

    return at_once([partial(run, call) for call in calls])
