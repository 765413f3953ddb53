"""What happened to an order's money, and what the provider's statement and our books disagree on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entrepot.audit import selectors as audit
from entrepot.checkout.tests.makers import bought, pay, shopper, world
from entrepot.identity.types import Role
from entrepot.kit import clock, sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.payments import selectors as payments
from entrepot.payments import services as paying
from entrepot.payments.tests.bank import Bank
from entrepot.payments.tests.makers import captured, intent, opened
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff, within_budget
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db
PAGE = "/office/payments/"


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ("The sum is asked for", "The sum was taken", "It was given back", "known ", "notice")),
        ("zh-hans", ("请求付款", "已扣款", "已退款", "得知", "资金流水")),
    ],
)
def test_an_orders_page_tells_what_happened_to_the_money(
    sandbox: Sandbox,  # noqa: F811
    language: str,
    texts: tuple[str, ...],
) -> None:
    place, who = world(), shopper()
    placed = bought(place, who, {"coat": 1}, clock.now())
    payment_id, buyer_id = placed.payment_id, who.buyer_id
    address = paying.open(
        payment_id=payment_id,
        buyer_id=buyer_id,
        return_url="http://testserver/",
        notify_url="http://testserver/callbacks/payments/sandbox",
        payer=("张", "1"),
        now=clock.now(),
    )
    sandbox.pay(address)
    [notice] = sandbox.collect("pay")
    late = clock.now() + timedelta(minutes=3)  # the notice takes its time
    paying.take_notice(provider="sandbox", body=notice["body"].encode(), headers=notice["headers"], now=late)
    paying.refund(payment_id=payment_id, buyer_id=buyer_id, amount_minor=100, reason="", key="a", now=clock.now())
    page = within_budget(staff(Role.SERVICE, language=language), f"/office/orders/{buyer_id}/{placed.order_id}/")
    assert "已抢" not in page  # a word of flash sales
    payment = payments.payment(payment_id=payment_id, buyer_id=buyer_id)
    assert payment is not None and payment.provider_payment in page
    assert [text for text in texts if text not in page] == []


def test_a_difference_waits_on_the_page_until_somebody_says_what_it_was(sandbox: Sandbox) -> None:  # noqa: F811
    """Two captures: one that we know and the provider does not, one whose notice was lost."""
    _, _, address = opened(intent(500))
    sandbox.pay(address)
    ours = captured(intent(12_300)).payment
    finance, operator = staff(Role.FINANCE), staff(Role.OPERATOR)
    today = day_in(CHINA, clock.now()).isoformat()
    assert "No difference waits" in within_budget(finance, PAGE)
    for wrong in ("", "yesterday", "2999-01-01"):
        assert "Choose a day up to today" in posted(finance, f"{PAGE}compare/", day=wrong)
    page = posted(finance, f"{PAGE}compare/", day=today)
    assert "1 were taken over" in page
    assert ours.order_number in page and "¥123.00" in page and "the statement does not name it" in page
    assert "对账单中没有" in shown(staff(Role.FINANCE, language="zh-hans"), PAGE)
    assert "Differences with the provider" in shown(operator, "/office/")
    [parked] = [one for one in payments.parked_differences() if one.order_number == ours.order_number]
    close = f"{PAGE}differences/{parked.id}/"
    assert close in page and close not in shown(operator, PAGE)
    assert operator.post(close, {"reason": "x"}).status_code == 403
    assert "Give a reason" in posted(finance, close, reason=" ")
    before = payments.waiting(now=clock.now()).differences
    assert "The difference is closed" in posted(finance, close, reason="booked by hand in a test")
    assert payments.waiting(now=clock.now()).differences == before - 1
    assert audit.of_subject(subject_id=parked.id)[0].reason == "booked by hand in a test"
    for gone in (parked.id, new_id()):
        assert "No such difference waits" in posted(finance, f"{PAGE}differences/{gone}/", reason="again")
    sandbox.control("pay", next=["down"])
    assert "could not be had" in posted(finance, f"{PAGE}compare/", day=today)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Refunds not done after a day"), ("zh-hans", "超过一天未完成的退款")]
)
def test_a_refund_that_its_provider_does_not_do_is_told_after_a_day(
    monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    bank = Bank()
    bank.over(monkeypatch)
    of, bank.down = captured(intent(12_300)).payment, True
    paying.refund(payment_id=of.id, buyer_id=of.buyer_id, amount_minor=4_500, reason="", key="a", now=clock.now())
    finance = staff(Role.FINANCE, language=language)
    assert of.order_number not in shown(finance, PAGE)
    sql.run("UPDATE payments_refund SET requested_at = requested_at - interval '25 hours'")
    page = within_budget(finance, PAGE)
    assert said in page and of.order_number in page and "¥45.00" in page
    assert said in shown(finance, "/office/")
    [late] = payments.late_refunds(now=clock.now())
    assert (late.refund.amount_minor, late.order_id, payments.waiting(now=clock.now()).refunds) == (
        4_500, of.order_id, 1,
    )  # fmt: skip
    bank.down = False
    paying.ask_refund_again(refund_id=late.refund.id, buyer_id=of.buyer_id, now=clock.now())
    assert of.order_number not in shown(finance, PAGE)


def test_a_refund_that_its_provider_refuses_waits_until_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its job is the operators': who drops it must not leave the buyer without money and nobody told."""
    bank = Bank()
    bank.over(monkeypatch)
    of, bank.empty = captured(intent(12_300)).payment, True
    back = {"payment_id": of.id, "buyer_id": of.buyer_id, "amount_minor": 4_500, "key": f"late:{of.id}"}
    for _ in range(2):
        with pytest.raises(paying.RefundRefused):
            paying.give_back(**back, now=clock.now())
    finance = staff(Role.FINANCE)
    assert of.order_number not in shown(finance, PAGE)
    sql.run("UPDATE payments_refund SET requested_at = requested_at - interval '25 hours'")
    page = within_budget(finance, PAGE)
    assert page.count(of.order_number) == 1 and "Refused: not_enough_balance" in page and "¥45.00" in page
    assert payments.waiting(now=clock.now()).refunds == 1
    bank.empty = False
    paying.give_back(**back, now=clock.now())
    assert of.order_number not in shown(finance, PAGE)
    assert payments.waiting(now=clock.now()).refunds == 0


def test_payments_whose_books_disagree_are_named(sandbox: Sandbox) -> None:  # noqa: F811
    place, who = world(), shopper()
    pay(bought(place, who, {"coat": 1}), who.buyer_id)
    sql.run("DELETE FROM payments_transactionevent WHERE outcome = 'succeeded'")
    page = shown(staff(Role.FINANCE), PAGE)
    assert "What was taken is not what the events say" in page


def test_days_whose_statement_could_not_be_had_are_named(sandbox: Sandbox) -> None:  # noqa: F811
    today = day_in(CHINA, clock.now())
    captured(intent(500))
    sql.run("UPDATE payments_payment SET created_at = created_at - interval '4 days'")
    gone = [today - timedelta(days=n) for n in range(5)]
    page = within_budget(staff(Role.FINANCE), PAGE)
    assert [day.isoformat() in page.partition("Not compared yet")[2][:200] for day in gone] == [
        False, False, True, True, True,
    ]  # fmt: skip
    chinese = staff(Role.FINANCE, language="zh-hans")
    assert "尚未核对" in shown(chinese, PAGE)
    for day in gone[2:]:
        paying.reconcile(provider="sandbox", day=day, now=clock.now())
    assert "Not compared yet" not in shown(staff(Role.FINANCE), PAGE)
    assert "尚未核对" not in shown(chinese, PAGE)
