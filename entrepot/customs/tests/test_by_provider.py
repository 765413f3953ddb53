"""A provider who declares payments by himself: asked before the documents are made, followed until customs has it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from entrepot.customs import models, port, reading, services
from entrepot.customs.ceb import message
from entrepot.customs.services import by_provider
from entrepot.customs.tests.makers import Ready, answered, declared, parcel, seen
from entrepot.customs.types import Declaration, DeclarationState, DocumentKind
from entrepot.kit import clock, sql
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.tests.wallets import Wallets, wallets
from entrepot.payments.types import DeclaredShare, PayerCheck, ShareState
from tests.sandboxed import Sandbox

__all__ = ["wallets"]
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["alipay", "wechat"])
def wallet(request: pytest.FixtureRequest, settings: Any, customs_port: Sandbox, wallets: Wallets) -> Wallets:
    settings.PAYMENT_DECLARER = request.param
    return wallets


def texts(one: Declaration, kind: DocumentKind) -> dict[str, str]:
    document = [each for each in one.documents if each.kind is kind][-1]
    row = models.Document.objects.get(id=document.id)
    return dict(message.read(reading.open_document(row.xml_sealed, row.id)).head)


def share(one: Declaration) -> DeclaredShare:
    payment = payments.payment(order_id=one.order_id, buyer_id=one.buyer_id)
    assert payment is not None
    [found] = payments.declared_shares(payment_id=payment.id, buyer_id=one.buyer_id)
    return found


def asked_again(one: Declaration) -> bool:
    return services.ask_provider(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())


def due(one: Declaration) -> list[str]:
    """The jobs ordered for a declaration, by name."""
    rows = sql.rows(
        "SELECT task_name FROM procrastinate_jobs WHERE lock = %s AND status = 'todo' ORDER BY id",
        (f"customs:{one.id}",),
    )
    return [row["task_name"] for row in rows]


def wallet_tells_the_port(one: Declaration) -> None:
    """What the wallet company sends to customs: the payment document, which here is kept and not sent."""
    document = next(each for each in one.documents if each.kind is DocumentKind.PAYMENT)
    row = models.Document.objects.get(id=document.id)
    xml = reading.open_document(row.xml_sealed, row.id)
    assert port.send(document_id=row.id, kind=DocumentKind.PAYMENT, xml=xml, made_at=row.made_at).arrived


def test_the_documents_say_what_the_provider_told_customs(wallet: Wallets, customs_port: Sandbox) -> None:
    ready = parcel()
    one = declared(ready)
    assert one.state is DeclarationState.MATCHING
    told = share(one)
    order, payment = texts(one, DocumentKind.ORDER), texts(one, DocumentKind.PAYMENT)
    assert order["payTransactionId"] == payment["payTransactionId"] == told.customs_number
    assert payment["orderNo"] == ready.parcel.number == told.customs_order
    assert payment["amountPaid"] == order["acturalPaid"]
    if told.company_code:
        assert order["payCode"] == payment["payCode"] == told.company_code
    # order and waybill went to the port, the payment document did not
    kinds = {
        found for each in customs_port.collect("customs") for found in re.findall(r"CEB(\d12)Message", each["body"])
    }
    assert kinds == {"312", "512"}
    assert due(one) == ["customs.ask_provider"]


def test_the_list_leaves_when_customs_has_the_payment_from_the_provider(wallet: Wallets, customs_port: Sandbox) -> None:
    ready = parcel()
    one = declared(ready)
    answered(customs_port)  # order and waybill are taken in
    assert not asked_again(one)
    assert seen(ready).state is DeclarationState.MATCHING and "customs.send" not in due(one)
    wallet.state = "SUCCESS"
    assert asked_again(one)
    assert "customs.send" in due(one)
    asked = len(wallet.calls)
    assert asked_again(one) and len(wallet.calls) == asked  # there is nothing more to ask
    wallet_tells_the_port(one)
    customs_port.collect("customs")  # its receipt is the wallet's
    assert services.send_list(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    while answered(customs_port):
        pass
    assert seen(ready).state is DeclarationState.RELEASED


def test_a_refusal_holds_it_with_the_providers_reason(wallet: Wallets) -> None:
    wallet.next = ["refuse:PAYMENT_NOT_EXIST"]
    ready = parcel()
    one = declared(ready)
    assert (one.state, one.held_code) == (DeclarationState.HELD, "match")
    [difference] = one.differences
    assert difference.rule == "payment_declaration"
    assert "PAYMENT_NOT_EXIST" in difference.left and "ZONGSHU" in difference.left and difference.right
    assert not one.documents
    wallet.next = ["refuse:PAYMENT_NOT_EXIST"]
    assert redeclared(one) is DeclarationState.HELD
    assert redeclared(one) is not DeclarationState.HELD
    services.send(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    assert seen(ready).state is DeclarationState.MATCHING
    assert share(one).state is ShareState.ACCEPTED and len(wallet.shares) == 1


def redeclared(one: Declaration) -> DeclarationState:
    return services.redeclare(declaration_id=one.id, buyer_id=one.buyer_id, actor="clerk", now=clock.now())


def test_another_payer_is_found_by_the_provider(wallet: Wallets) -> None:
    wallet.identity = "DIFFERENT"
    one = declared(parcel(payer_check=PayerCheck.SAME))
    assert [each.rule for each in one.differences] == ["payer"]
    assert one.state is DeclarationState.HELD


def test_a_payer_nobody_checked_at_payment_is_confirmed_by_the_declaration(wallet: Wallets) -> None:
    one = declared(parcel(payer_check=PayerCheck.UNCHECKED))
    assert one.state is DeclarationState.MATCHING
    assert share(one).payer_check is PayerCheck.SAME


def test_a_silent_provider_leaves_nothing_and_is_asked_again(wallet: Wallets) -> None:
    ready = parcel()
    wallet.next = ["late:drop"]
    with pytest.raises(payment_verbs.DeclarerSilent):
        services.declare(**ready.key, now=clock.now())
    assert not models.Declaration.objects.filter(parcel_id=ready.parcel.id).exists()
    assert declared(ready).state is DeclarationState.MATCHING
    assert len(wallet.shares) == 1


def test_another_order_number_at_the_provider_is_a_difference(
    wallets: Wallets, settings: Any, customs_port: Sandbox
) -> None:
    settings.PAYMENT_DECLARER = "alipay"
    wallets.order = "KL-ANOTHER"
    one = declared(parcel())
    assert {each.rule for each in one.differences} == {"order_number"}
    assert one.state is DeclarationState.HELD


def test_what_customs_refuses_the_provider_holds_the_parcel_and_is_declared_again(wallet: Wallets) -> None:
    ready = parcel()
    one = declared(ready)
    wallet.state = "FAIL"
    assert asked_again(one)
    held = seen(ready)
    assert (held.state, held.held_code) == (DeclarationState.HELD, "pay_refused")
    assert share(one).words
    wallet.state = "PROCESSING"
    assert redeclared(one) is not DeclarationState.HELD
    services.send(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    after = seen(ready)
    assert after.state is DeclarationState.MATCHING
    payments_made = [each for each in after.documents if each.kind is DocumentKind.PAYMENT]
    assert [each.version for each in payments_made] == [1, 2]
    wallet.state = "SUCCESS"
    assert asked_again(one)
    assert share(one).state is ShareState.DONE


def test_a_reminder_asks_the_provider_and_not_the_port(wallet: Wallets, customs_port: Sandbox) -> None:
    ready = parcel()
    one = declared(ready)
    customs_port.collect("customs")  # lost on the way
    before = len(wallet.calls)
    assert services.send_again(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now()) == 3
    assert len(wallet.calls) == before + 1
    wallet.next = ["drop"]
    with pytest.raises(payment_verbs.DeclarerSilent):
        services.send_again(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    assert seen(ready).state is DeclarationState.MATCHING


def test_it_is_asked_ever_more_seldom(wallet: Wallets) -> None:
    one = declared(parcel())
    for _ in range(8):
        asked_again(one)
    rows = sql.rows(
        "SELECT scheduled_at FROM procrastinate_jobs WHERE lock = %s AND task_name = %s ORDER BY id",
        (f"customs:{one.id}", by_provider.ASK),
    )
    pauses = [later["scheduled_at"] - clock.now() for later in rows]
    assert pauses == sorted(pauses)
    assert pauses[0] <= by_provider.FIRST_PAUSE and timedelta(minutes=50) < pauses[-1] <= by_provider.PAUSE_MAX


def test_a_share_without_a_place_is_told(wallet: Wallets, settings: Any) -> None:
    settings.PAYMENT_PLACES = {}
    ready: Ready = parcel()
    with pytest.raises(payment_verbs.NoPlace):
        services.declare(**ready.key, now=clock.now())
