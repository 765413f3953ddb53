"""A payment against the running sandbox: opened, paid, told, refunded, reconciled."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from entrepot.audit import selectors as audit
from entrepot.kit import clock
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.payments import providers, selectors, services, tasks
from entrepot.payments.models import Payment as PaymentRow
from entrepot.payments.models import RawExchange, Statement, TransactionEvent
from entrepot.payments.models import Refund as RefundRow
from entrepot.payments.providers.port import RefundFact
from entrepot.payments.tests.makers import NOTIFY_URL, PAYER, RETURN_URL, captured, intended, intent, opened
from entrepot.payments.types import Captured, DifferenceKind, PaymentState, RefundState, StatementDifference
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


def take(message: dict[str, object]) -> Captured | None:
    return services.take_notice(
        provider="sandbox", body=str(message["body"]).encode(), headers=message["headers"], now=clock.now()
    )


def test_a_payment_is_opened_paid_and_told(sandbox: Sandbox) -> None:
    made = intent(10_000, 2_345, 1)
    payment_id, buyer_id, address = opened(made)
    assert selectors.payment(payment_id=payment_id, buyer_id=buyer_id).state is PaymentState.OPEN
    assert sandbox.pay(address) == RETURN_URL
    [message] = sandbox.collect("pay")
    captured = take(message)
    assert captured is not None and captured.fresh
    payment = captured.payment
    assert payment.state is PaymentState.CAPTURED and payment.payer_is_buyer is True
    assert payment.payment_company_code == "4403169SBX" and payment.verifying_department == "2"
    assert payment.verifying_transaction and payment.provider_payment and payment.captured_at
    assert [split.number for split in payment.splits] == [split.number for split in made.splits]
    assert len({split.transaction for split in payment.splits}) == 3 and all(s.transaction for s in payment.splits)
    assert selectors.payment(order_id=made.order_id, buyer_id=buyer_id) == payment
    assert [kept.kind for kept in selectors.raw_exchange(payment_id=payment_id, buyer_id=buyer_id)] == [
        "create",
        "notice",
    ]


def test_opening_again_continues_the_same_payment(sandbox: Sandbox) -> None:
    payment_id, buyer_id, address = opened()
    again = services.open(
        payment_id=payment_id,
        buyer_id=buyer_id,
        return_url=RETURN_URL + "?other",
        notify_url=NOTIFY_URL,
        payer=PAYER,
        now=clock.now(),
    )
    assert again == address
    assert sandbox.pay(address) == RETURN_URL + "?other"


def test_a_paid_or_closed_payment_is_not_opened(sandbox: Sandbox) -> None:
    payment_id, buyer_id, address = opened()
    sandbox.pay(address)
    services.query(payment_id=payment_id, buyer_id=buyer_id, now=clock.now())

    def again(payment_id: object, buyer_id: object) -> None:
        services.open(
            payment_id=payment_id,  # type: ignore[arg-type]
            buyer_id=buyer_id,  # type: ignore[arg-type]
            return_url=RETURN_URL,
            notify_url=NOTIFY_URL,
            payer=PAYER,
            now=clock.now(),
        )

    with pytest.raises(services.AlreadyPaid):
        again(payment_id, buyer_id)
    with pytest.raises(services.UnknownPayment):
        again(payment_id, new_id())
    late = intended(intent(pay_until=clock.now() - timedelta(seconds=1)))
    with pytest.raises(services.PaymentClosed):
        again(*late)


def test_the_cashier_closes_in_time(sandbox: Sandbox) -> None:
    payment_id, buyer_id, address = opened(intent(pay_until=clock.now() + timedelta(hours=1)))
    PaymentRow.objects.filter(id=payment_id).update(pay_until=clock.now() - timedelta(seconds=1))
    sandbox.lapse(str(payment_id))
    assert sandbox.http.post(address, data={"action": "pay"}).status_code == 409
    assert (
        services.query(payment_id=payment_id, buyer_id=buyer_id, now=clock.now()).payment.state is PaymentState.FAILED
    )
    assert PaymentRow.objects.get(id=payment_id).ask_at is None


def test_who_paid_is_told(sandbox: Sandbox) -> None:
    for wallet, switch, expected in (
        ("own", "", True),
        ("other", "", False),
        ("own", "unchecked", None),
        ("own", "different", False),
    ):
        sandbox.control("pay", identity=switch)
        payment_id, buyer_id, address = opened()
        sandbox.pay(address, wallet)
        captured = services.query(payment_id=payment_id, buyer_id=buyer_id, now=clock.now())
        assert captured.payment.payer_is_buyer is expected


def test_raw_texts_are_sealed_and_reading_is_written_down(sandbox: Sandbox) -> None:
    payment_id, buyer_id, _ = opened()
    [kept] = selectors.raw_exchange(payment_id=payment_id, buyer_id=buyer_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(r)::text FROM payments_rawexchange r")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT encode(request_sealed, 'escape') FROM payments_rawexchange")
        stored += cursor.fetchone()[0]
    assert PAYER[1] not in stored and PAYER[0] not in stored
    request, response = services.open_raw_exchange(
        exchange_id=kept.id, buyer_id=buyer_id, reader="clerk", reason="customs asks", now=clock.now()
    )
    assert json.loads(request)["payer"] == {"name": PAYER[0], "id_number": PAYER[1]}
    assert json.loads(response)["state"] == "open"
    [entry] = audit.of_subject(subject_id=kept.id)
    assert (entry.actor, entry.reason) == ("clerk", "customs asks")
    with pytest.raises(services.UnknownExchange):
        services.open_raw_exchange(exchange_id=kept.id, buyer_id=new_id(), reader="clerk", reason="x", now=clock.now())
    assert len(audit.of_subject(subject_id=kept.id)) == len(audit.of_buyer(buyer_id=buyer_id)) == 1


def test_refunds_in_parts_and_in_full(sandbox: Sandbox) -> None:
    payment_id, buyer_id, address = opened(intent(1_000))
    wish = {"payment_id": payment_id, "buyer_id": buyer_id, "reason": "changed mind", "now": clock.now()}
    with pytest.raises(services.NothingToRefund):
        services.refund(amount_minor=1, key="early", **wish)
    sandbox.pay(address)
    services.query(payment_id=payment_id, buyer_id=buyer_id, now=clock.now())
    part = services.refund(amount_minor=400, key="a", **wish)
    assert part.state is RefundState.DONE and part.provider_refund
    assert services.refund(amount_minor=400, key="a", **wish) == part
    with pytest.raises(services.RefundKeyReused):
        services.refund(amount_minor=399, key="a", **wish)
    with pytest.raises(services.RefundTooLarge) as told:
        services.refund(amount_minor=601, key="b", **wish)
    assert told.value.data["left"] == 600 and told.value.field == "amount_minor"
    payment = selectors.payment(payment_id=payment_id, buyer_id=buyer_id)
    assert (payment.state, payment.refunded_minor) == (PaymentState.CAPTURED, 400)
    services.refund(amount_minor=600, key="b", **wish)
    payment = selectors.payment(payment_id=payment_id, buyer_id=buyer_id)
    assert (payment.state, payment.refunded_minor, payment.refundable_minor) == (PaymentState.REFUNDED, 1_000, 0)
    assert [refund.amount_minor for refund in selectors.refunds(payment_id=payment_id, buyer_id=buyer_id)] == [400, 600]
    with pytest.raises(services.UnknownPayment):
        services.refund(amount_minor=1, key="c", **{**wish, "buyer_id": new_id()})


def test_a_refund_that_takes_time_is_pending_until_told(sandbox: Sandbox) -> None:
    payment_id, buyer_id, address = opened(intent(1_000))
    sandbox.pay(address)
    take(sandbox.collect("pay")[0])
    sandbox.control("pay", refunds_later_s=3600)
    pending = services.refund(
        payment_id=payment_id, buyer_id=buyer_id, amount_minor=1_000, reason="", key="a", now=clock.now()
    )
    assert pending.state is RefundState.PENDING
    payment = selectors.payment(payment_id=payment_id, buyer_id=buyer_id)
    assert (payment.state, payment.refundable_minor) == (PaymentState.REFUND_PENDING, 0)
    [message] = sandbox.collect("pay")
    assert take(message) is None and take(message) is None
    payment = selectors.payment(payment_id=payment_id, buyer_id=buyer_id)
    assert (payment.state, payment.refunded_minor) == (PaymentState.REFUNDED, 1_000)


def test_a_provider_that_is_down_is_not_asked_about_all_refunds_in_one_round(sandbox: Sandbox) -> None:
    """Each silence may take as long as a call may: a recall's hundreds would hold the worker for hours."""
    payment_id, buyer_id, address = opened(intent(1_000))
    sandbox.pay(address)
    take(sandbox.collect("pay")[0])
    sandbox.control("pay", payments="down")
    wish = {"payment_id": payment_id, "buyer_id": buyer_id, "reason": "", "now": clock.now()}
    asked = [services.refund(amount_minor=1, key=str(n), **wish).state for n in range(tasks.silences_max + 2)]
    assert set(asked) == {RefundState.PENDING}
    RefundRow.objects.update(ask_at=clock.now())
    tasks.ask_about_refunds()
    assert len(selectors.refunds_to_ask(now=clock.now())) == 2
    sandbox.control("pay", payments="")
    RefundRow.objects.update(ask_at=clock.now())
    tasks.ask_about_refunds()
    assert set(RefundRow.objects.values_list("state", flat=True)) == {RefundState.DONE}


def test_books_are_compared_with_the_statement(sandbox: Sandbox) -> None:
    today = day_in(CHINA, clock.now())
    before = services.reconcile(provider="sandbox", day=today, now=clock.now())
    told, lost, ours = opened(intent(100)), opened(intent(200)), opened(intent(300))
    for _, _, address in (told, lost):
        sandbox.pay(address)
    take(sandbox.collect("pay")[0])
    services.refund(payment_id=told[0], buyer_id=told[1], amount_minor=40, reason="", key="a", now=clock.now())
    event = {"buyer_id": ours[1], "payment_id": ours[0], "action": "capture", "outcome": "succeeded", "key": ours[0]}
    TransactionEvent.objects.create(  # as if somebody had changed our books by hand
        **event, amount_minor=300, told_by="hand", at=clock.now(), known_at=clock.now()
    )
    TransactionEvent.objects.filter(payment_id=told[0], action="capture").update(amount_minor=101)
    found = services.reconcile(provider="sandbox", day=today, now=clock.now())
    assert found.healed == 1
    assert found.matched - before.matched == 2  # the refund, and the capture whose notice was lost
    fresh = set(found.differences) - set(before.differences)
    assert {(d.kind, d.request_id, d.ours_minor, d.theirs_minor) for d in fresh} == {
        (DifferenceKind.UNKNOWN_THERE, str(ours[0]), 300, None),
        (DifferenceKind.AMOUNT, str(told[0]), 101, 100),
    }
    assert selectors.reconciliation(provider="sandbox", day=today) == found


def test_a_difference_waits_for_a_person_and_stays_closed_when_the_day_is_compared_again(sandbox: Sandbox) -> None:
    today = day_in(CHINA, clock.now())
    services.reconcile(provider="sandbox", day=today, now=clock.now())
    before = {one.id for one in selectors.parked_differences()}
    for one in before:
        services.close_difference(difference_id=one, actor="clerk", note="of another test", now=clock.now())
    payment_id, buyer_id, address = opened(made := intent(500))
    sandbox.pay(address)
    take(sandbox.collect("pay")[0])
    unknown = new_id()  # somebody gave money back at the provider's own counter
    wish = RefundFact(unknown, payment_id, buyer_id, RefundState.PENDING, None, 40, None)
    providers.provider("sandbox").refund(wish, clock.now())
    for _ in range(2):  # comparing twice parks it once
        services.reconcile(provider="sandbox", day=today, now=clock.now())
        [parked] = selectors.parked_differences()
        assert (parked.day, parked.found) == (
            today,
            StatementDifference(DifferenceKind.UNKNOWN_HERE, "refund", str(unknown), None, 40, "CNY"),
        )
        assert (selectors.waiting(now=clock.now()).differences, parked.order_number) == (1, None)
    sandbox_knows_it_not = TransactionEvent.objects.filter(payment_id=payment_id, outcome="succeeded")
    sandbox_knows_it_not.update(amount_minor=501)
    services.reconcile(provider="sandbox", day=today, now=clock.now())
    first, second = selectors.parked_differences()
    assert (first.found.kind, first.order_number, first.order_id) == (
        DifferenceKind.AMOUNT,
        made.order_number,
        made.order_id,
    )
    services.close_difference(difference_id=second.id, actor="clerk", note="refund by telephone", now=clock.now())
    with pytest.raises(services.UnknownDifference):
        services.close_difference(difference_id=second.id, actor="clerk", note="again", now=clock.now())
    [entry] = audit.of_subject(subject_id=second.id)
    assert (entry.actor, entry.reason) == ("clerk", "refund by telephone")
    services.reconcile(provider="sandbox", day=today, now=clock.now())
    assert [one.found for one in selectors.parked_differences()] == [first.found]


def test_a_difference_that_is_closed_while_its_day_is_compared_again_waits_no_more(sandbox: Sandbox) -> None:
    today = day_in(CHINA, clock.now())
    captured(made := intent(500))  # the provider has never heard of it
    services.reconcile(provider="sandbox", day=today, now=clock.now())
    [shown] = [one for one in selectors.parked_differences() if one.order_number == made.order_number]
    services.reconcile(provider="sandbox", day=today, now=clock.now())
    services.close_difference(difference_id=shown.id, actor="clerk", note="by hand", now=clock.now())
    assert made.order_number not in {one.order_number for one in selectors.parked_differences()}
    with pytest.raises(services.UnknownDifference):
        services.close_difference(difference_id=shown.id, actor="clerk", note="again", now=clock.now())


def test_a_day_is_compared_until_its_statement_was_had(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hour, from two in the morning in China on, and never twice by the clock."""
    midnight = datetime(2026, 11, 21, tzinfo=CHINA)
    intended(intent(), midnight - timedelta(hours=36))
    at_once = partial(services.reconcile, now=clock.now())  # signatures are of the real time
    monkeypatch.setattr(services, "reconcile", lambda *, provider, day, now: at_once(provider=provider, day=day))

    def compared(after_h: int) -> list[date]:
        monkeypatch.setattr(tasks, "now", lambda: midnight + timedelta(hours=after_h))
        tasks.compare_books()
        return sorted(Statement.objects.values_list("day", flat=True))

    before, yesterday, today = (date(2026, 11, day) for day in (19, 20, 21))
    assert compared(1) == [before]  # yesterday's statement is not out
    sandbox.control("pay", payments="down")
    assert compared(2) == [before]
    sandbox.control("pay", payments="")
    assert compared(3) == compared(4) == [before, yesterday]
    counted = {"matched": 0, "healed": 0, "difference_count": 0}  # somebody compared what there was of the day so far
    Statement.objects.create(provider="sandbox", day=today, at=midnight + timedelta(hours=5), **counted)
    assert compared(6) == [before, yesterday, today]
    assert compared(26) == [before, yesterday, today, today]  # the rest of the day is compared all the same
    assert compared(27) == [before, yesterday, today, today]
    after_an_outage = selectors.days_to_compare(provider="sandbox", until=today + timedelta(days=30))
    first, last = after_an_outage[0], after_an_outage[-1]
    assert (first, last, len(after_an_outage)) == (date(2026, 12, 21), date(2026, 11, 22), 30)
    long_after = selectors.days_to_compare(provider="sandbox", until=today + timedelta(days=300))
    assert len(long_after) == selectors.days_back  # what no provider hands out any more is not asked for


def test_no_statement_no_comparison(sandbox: Sandbox) -> None:
    sandbox.control("pay", next=["http_500"])
    with pytest.raises(services.NoStatement):
        services.reconcile(provider="sandbox", day=day_in(CHINA, clock.now()), now=clock.now())


def test_the_clock_asks_about_silent_payments(sandbox: Sandbox) -> None:
    payment_id, buyer_id, address = opened()
    sandbox.pay(address)
    sandbox.collect("pay")  # the notice is lost
    tasks.ask_about_payments()
    assert selectors.payment(payment_id=payment_id, buyer_id=buyer_id).state is PaymentState.OPEN  # too early to ask
    PaymentRow.objects.filter(id=payment_id).update(ask_at=clock.now())
    tasks.ask_about_payments()
    assert selectors.payment(payment_id=payment_id, buyer_id=buyer_id).state is PaymentState.CAPTURED
    tasks.ask_about_refunds()
    tasks.compare_books()


def test_what_the_provider_never_heard_of_fails_when_its_time_is_over(sandbox: Sandbox) -> None:
    now = clock.now()
    payment_id, buyer_id = intended(intent(pay_until=now + timedelta(minutes=2)), now)
    assert services.query(payment_id=payment_id, buyer_id=buyer_id, now=now).payment.state is PaymentState.PENDING
    later = now + timedelta(minutes=4)
    assert services.query(payment_id=payment_id, buyer_id=buyer_id, now=later).payment.state is PaymentState.FAILED
    assert RawExchange.objects.get(payment_id=payment_id).kind == "query"
