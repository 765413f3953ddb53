"""Shares of payments declared by wallets, against servers that check what they are sent."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from entrepot.kit import clock
from entrepot.kit.tests.racing import at_once
from entrepot.payments import selectors, services
from entrepot.payments.tests.makers import PAYER, captured
from entrepot.payments.tests.wallets import Wallets, wallets
from entrepot.payments.types import DeclaredShare, PayerCheck, Payment, ShareState, ShareWish

__all__ = ["wallets"]
pytestmark = pytest.mark.django_db
DECLARE = {"alipay": "customs/declare", "wechat": "customdeclareorder"}
QUERY = {"alipay": "inquiryDeclarationRequests", "wechat": "customdeclarequery"}


@pytest.fixture
def name(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.PAYMENT_DECLARER = request.param
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", ["alipay", "wechat"], indirect=True)


def wish(payment: Payment | None = None, part: int = 0, **changes: Any) -> ShareWish:
    payment = payment or captured().payment
    split = payment.splits[part]
    made = ShareWish(
        payment_id=payment.id,
        buyer_id=payment.buyer_id,
        number=split.number,
        amount_minor=split.amount_minor,
        freight_minor=100,
        tax_minor=50,
        customs_code="2991",
        merchant=("3301960SBP", "考拉小巷跨境电商平台"),
        payer=PAYER,
    )
    return replace(made, **changes)


def declared(one: ShareWish, again: bool = False) -> DeclaredShare:
    return services.declare_share(wish=one, now=clock.now(), again=again)


def silent(settings: Any, wallets: Wallets, one: ShareWish) -> None:
    """The call is not answered. Where it hangs, it hangs when this returns."""
    hangs, patience = "hang" in wallets.next[0], settings.OUTSIDE_TIMEOUT_S
    settings.OUTSIDE_TIMEOUT_S = 0.5 if hangs else patience
    with pytest.raises(services.DeclarerSilent):
        declared(one)
    settings.OUTSIDE_TIMEOUT_S = patience
    assert not hangs or wallets.hanging.wait(patience)


def queried(one: ShareWish) -> DeclaredShare:
    return services.query_share(payment_id=one.payment_id, buyer_id=one.buyer_id, number=one.number, now=clock.now())


def kept(one: ShareWish) -> list[str]:
    rows = selectors.raw_exchange(payment_id=one.payment_id, buyer_id=one.buyer_id)
    return [row.kind for row in rows if row.kind.startswith("declare")]


def test_a_share_is_declared_and_what_was_told_is_stored(name: str, wallets: Wallets) -> None:
    one = wish()
    share = declared(one)
    assert (share.state, share.declarer, share.place) == (ShareState.ACCEPTED, name, "ZHENGZHOU_BS")
    [known] = wallets.shares.values()
    assert share.customs_number == known["number"] and share.is_declared
    assert share.customs_order == one.number and share.amount_minor == one.amount_minor
    assert share.payer_check is PayerCheck.SAME
    assert (share.verifying_department, share.verifying_transaction) == {
        "alipay": ("2", "2026112893310001"),
        "wechat": ("1", "2018112288340107038204310100000"),
    }[name]
    assert share.company_code == ("31222699S7" if name == "alipay" else "")
    assert selectors.declared_shares(payment_id=one.payment_id, buyer_id=one.buyer_id) == [share]
    assert kept(one) == ["declare"]


def test_each_parcel_is_a_part_of_its_own(name: str, wallets: Wallets) -> None:
    payment = captured().payment
    shares = [declared(wish(payment, part)) for part in range(2)]
    assert [share.number for share in shares] == [split.number for split in payment.splits]
    assert len({share.customs_number for share in shares}) == 2
    assert sum(share.amount_minor for share in shares) == payment.amount_minor


def test_what_was_answered_is_not_asked_again(name: str, wallets: Wallets) -> None:
    one = wish()
    assert declared(one) == declared(one)
    assert len(wallets.calls) == 1


@pytest.mark.parametrize("fault", ["hang", "drop", "500", "unsigned", "forged", "garbage", "other"])
def test_an_answer_that_is_none_is_asked_for_again_under_the_same_name(
    name: str, wallets: Wallets, fault: str, settings: Any
) -> None:
    one = wish()
    wallets.next = [f"late:{fault}"]
    silent(settings, wallets, one)
    [share] = selectors.declared_shares(payment_id=one.payment_id, buyer_id=one.buyer_id)
    assert share.state is ShareState.PENDING and not share.is_declared
    again = declared(one)
    assert again.state is ShareState.ACCEPTED and again.id == share.id
    assert len(wallets.shares) == 1 and len(wallets.calls) == 2  # it was done the first time, and once
    first, second = (call for _, call in wallets.calls)
    assert first == second
    assert kept(one) == ["declare", "declare"]


@pytest.mark.parametrize("fault", ["hang", "drop", "500"])
def test_what_never_arrived_is_asked_for_again(name: str, wallets: Wallets, fault: str, settings: Any) -> None:
    one = wish()
    wallets.next = [fault]
    silent(settings, wallets, one)
    with pytest.raises(services.DeclarerSilent):
        queried(one)  # the provider has never heard of it: it stays open
    assert declared(one).state is ShareState.ACCEPTED


def test_a_refusal_is_named_and_stays_until_somebody_asks_again(name: str, wallets: Wallets) -> None:
    code = {"alipay": "DUPLICATED_DECLARATIONS", "wechat": "PARAM_ERROR"}[name]
    wallets.next = [f"refuse:{code}"]
    one = wish()
    share = declared(one)
    assert (share.state, share.refusal) == (ShareState.REFUSED, code) and share.words
    assert PAYER[1] not in share.words
    assert declared(one) == share and queried(one) == share and len(wallets.calls) == 1
    after = declared(one, again=True)
    assert (after.state, after.refusal, after.words) == (ShareState.ACCEPTED, "", "")
    assert after.id == share.id


def test_later_is_no_refusal(name: str, wallets: Wallets) -> None:
    wallets.next = ["refuse:" + {"alipay": "UNKNOWN_EXCEPTION", "wechat": "SYSTEMERROR"}[name]]
    one = wish()
    with pytest.raises(services.DeclarerSilent):
        declared(one)
    assert declared(one).state is ShareState.ACCEPTED


@pytest.mark.parametrize(
    ("told", "state"),
    [("PROCESSING", ShareState.ACCEPTED), ("SUCCESS", ShareState.DONE), ("FAIL", ShareState.FAILED)],
)
def test_it_is_asked_what_became_of_it(name: str, wallets: Wallets, told: str, state: ShareState) -> None:
    one = wish()
    before = declared(one)
    wallets.state = told
    share = queried(one)
    assert share.state is state and share.words
    assert share.customs_number == before.customs_number
    assert share.verifying_transaction == before.verifying_transaction  # what is left out stays
    assert kept(one) == ["declare", "declare_query"]
    if state is not ShareState.ACCEPTED:
        assert queried(one) == share and len(wallets.asked(QUERY[name])) == 1


def test_an_answer_without_the_share_is_none(name: str, wallets: Wallets) -> None:
    one = wish()
    declared(one)
    wallets.next = ["other_record"]
    with pytest.raises(services.DeclarerSilent):
        queried(one)
    assert kept(one) == ["declare", "declare_query"]


def test_what_is_decided_does_not_become_open_again(name: str, wallets: Wallets) -> None:
    """Two questions at once: the answer that comes last says what was true before."""
    one = wish()
    declared(one)
    row = services.declaring.ShareDeclaration.objects.get(payment_id=one.payment_id, number=one.number)
    wallets.state = "SUCCESS"
    done = queried(one)
    late = services.declaring.Declared(ShareState.ACCEPTED, customs_number="other")
    assert services.declaring._take(row, late, clock.now()).state is ShareState.DONE
    [share] = selectors.declared_shares(payment_id=one.payment_id, buyer_id=one.buyer_id)
    assert share.customs_number == done.customs_number


def test_what_customs_did_not_take_is_pushed_again(name: str, wallets: Wallets) -> None:
    one = wish()
    first = declared(one)
    wallets.state = "FAIL"
    queried(one)
    assert declared(one).state is ShareState.FAILED  # not by itself
    share = declared(one, again=True)
    assert (share.state, share.customs_number) == (ShareState.ACCEPTED, first.customs_number)
    if name == "wechat":
        assert len(wallets.asked("customdeclareredeclare")) == 1


def test_a_changed_content_is_a_change_there(name: str, wallets: Wallets) -> None:
    one = wish()
    declared(one)
    other = replace(one, payer=("李四", PAYER[1]))
    assert declared(other).state is ShareState.ACCEPTED and len(wallets.calls) == 1  # nobody wants it yet
    declared(other, again=True)
    assert len(wallets.calls) == 2
    _, call = wallets.calls[-1]
    assert (call["name"] if name == "wechat" else call["buyerCertificate"]["holderName"]["fullName"]) == "李四"
    if name == "wechat":
        assert call["action_type"] == "MODIFY"
    declared(other, again=True)
    assert len(wallets.calls) == 2


@pytest.mark.parametrize(
    ("told", "check"),
    [("SAME", PayerCheck.SAME), ("DIFFERENT", PayerCheck.DIFFERENT), ("UNCHECKED", PayerCheck.UNCHECKED)],
)
def test_the_identity_check_is_kept(name: str, wallets: Wallets, told: str, check: PayerCheck) -> None:
    wallets.identity = told
    assert declared(wish()).payer_check is check


def test_the_customs_is_called_as_the_provider_calls_it(name: str, wallets: Wallets, settings: Any) -> None:
    assert declared(wish(customs_code="3105")).place == "ZONGSHU"
    settings.PAYMENT_PLACES = {"2991": "ZHENGZHOU_BS"}
    one = wish(customs_code="3105")
    with pytest.raises(services.NoPlace, match="3105"):
        declared(one)
    assert selectors.declared_shares(payment_id=one.payment_id, buyer_id=one.buyer_id) == []


def test_only_what_was_paid_for_this_parcel_is_declared(name: str, wallets: Wallets) -> None:
    one = wish()
    for wrong in ({"amount_minor": one.amount_minor + 1}, {"amount_minor": 0}, {"freight_minor": one.amount_minor + 1}):
        with pytest.raises(ValueError, match="a part of"):
            declared(replace(one, **wrong))
    with pytest.raises(services.UnknownShare):
        declared(replace(one, number="KL-OTHER"))
    with pytest.raises(services.UnknownPayment):
        declared(replace(one, buyer_id=UUID(int=1)))
    with pytest.raises(services.UnknownShare):
        queried(replace(one, number="KL-OTHER"))
    assert wallets.calls == []


def test_nobody_is_asked_without_keys(name: str, wallets: Wallets, settings: Any, tmp_path: Any) -> None:
    settings.ALIPAY_CLIENT_ID = settings.WECHAT_KEY = ""
    with pytest.raises(services.DeclarerNotSetUp, match=r"ENTREPOT_(ALIPAY_CLIENT_ID|WECHAT_KEY)"):
        declared(wish())
    assert any("ALIPAY_CLIENT_ID" in what or "WECHAT_KEY" in what for what in services.missing())
    settings.PAYMENT_PLACES = {}
    assert any("ENTREPOT_PAYMENT_PLACES" in what for what in services.missing())
    settings.PAYMENT_DECLARER = "paypal"
    assert [what for what in services.missing() if "paypal" in what]


def test_a_key_that_is_none_is_told(wallets: Wallets, settings: Any, tmp_path: Any) -> None:
    settings.PAYMENT_DECLARER = "alipay"
    assert list(services.missing()) == []
    (tmp_path / "ours.pem").write_text("no key")
    assert any("RSA" in what for what in services.missing())
    with pytest.raises(services.DeclarerNotSetUp):
        declared(wish())


def test_nothing_is_missing_where_nobody_is_chosen(settings: Any) -> None:
    settings.PAYMENT_DECLARER = ""
    assert list(services.missing()) == []


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_once_declare_once(name: str, wallets: Wallets) -> None:
    found = at_once([partial(declared, wish())] * 4)
    assert {share.customs_number for share in found} == {next(iter(wallets.shares.values()))["number"]}
    assert len(wallets.shares) == 1
