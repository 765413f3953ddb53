"""What clerks do: declare again from corrected facts, give up, ask customs to take a list back."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest

from entrepot.audit import selectors as audit
from entrepot.audit.types import AuditEntry
from entrepot.customs import reading, selectors, services
from entrepot.customs.ceb import message
from entrepot.customs.models import Declaration as DeclarationTable
from entrepot.customs.models import Document, Number
from entrepot.customs.tests.makers import Ready, answered, declared, parcel, seen
from entrepot.customs.tests.receipts import topics
from entrepot.customs.types import Declaration, DeclarationState, DocumentKind
from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id
from entrepot.orders.tests.makers import CONSIGNEE
from entrepot.outbox.testing import drain
from entrepot.payments.tests.bank import Bank
from entrepot.payments.types import PayerCheck
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customs_port")]


@pytest.fixture(autouse=True)
def _bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was paid in our books only can be paid back."""
    Bank().over(monkeypatch)


def _redeclare(made: Declaration) -> DeclarationState:
    return services.redeclare(declaration_id=made.id, buyer_id=made.buyer_id, actor="clerk-1", now=clock.now())


def _cancel(made: Declaration, reason: str = "买家取消") -> bool:
    return services.cancel(
        declaration_id=made.id, buyer_id=made.buyer_id, actor="clerk-1", reason=reason, now=clock.now()
    )


def _traces(ready: Ready, action: str) -> list[AuditEntry]:
    return [one for one in audit.of_buyer(buyer_id=ready.buyer_id) if one.action == action]


def _versions(ready: Ready) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in seen(ready).documents:
        found[one.kind.value] = max(found.get(one.kind.value, 0), one.version)
    return found


def _through(port: Sandbox) -> None:
    """Everything that follows by itself, until nothing does."""
    for _ in range(4):
        drain()
        answered(port)


def _held(port: Sandbox, *faults: str) -> Ready:
    """A parcel that the port refused as told."""
    ready = parcel()
    port.control("customs", next=list(faults))
    declared(ready)
    _through(port)
    assert seen(ready).state is DeclarationState.HELD
    return ready


def _app_type(ready: Ready, kind: DocumentKind) -> str:
    row = Document.objects.filter(declaration_id=seen(ready).id, kind=kind).latest("version")
    return message.read(reading.open_document(row.xml_sealed, row.id)).head["appType"]


def test_a_refused_list_gets_a_new_guid_and_the_rest_stays(customs_port: Sandbox) -> None:
    ready = _held(customs_port, "refuse:-621013")
    before = seen(ready)
    assert (before.held_code, before.state) == ("-621013", DeclarationState.HELD)
    assert _redeclare(before) is DeclarationState.MATCHING
    _through(customs_port)
    assert seen(ready).state is DeclarationState.RELEASED
    assert _versions(ready) == {"311": 1, "411": 1, "511": 1, "621": 2}
    assert len({one.guid for one in seen(ready).documents}) == 5
    assert [one.actor for one in _traces(ready, "customs.redeclare")] == ["clerk-1"]
    assert topics(ready.parcel.id) == ["customs.declared", "customs.held", "customs.declared", "customs.released"]


def test_a_refused_order_goes_alone(customs_port: Sandbox) -> None:
    ready = _held(customs_port, "refuse:100")
    assert seen(ready).held_code == "100"
    _redeclare(seen(ready))
    _through(customs_port)
    assert seen(ready).state is DeclarationState.RELEASED
    assert _versions(ready)["311"] == 2
    assert _versions(ready)["411"] == 1


def test_what_the_port_could_not_pass_on_leaves_as_it_was(customs_port: Sandbox) -> None:
    ready = _held(customs_port, "refuse:4")
    before = [(one.guid, one.version) for one in seen(ready).documents]
    assert _redeclare(seen(ready)) is DeclarationState.DRAFT
    drain()
    assert [(one.guid, one.version) for one in seen(ready).documents] == before
    assert [one.attempts for one in seen(ready).documents][0] == 2
    assert len(_traces(ready, "identity.real_name_read")) == 1  # nothing was read again


def test_a_number_that_customs_has_is_changed_not_doubled(customs_port: Sandbox) -> None:
    ready = _held(customs_port, "refuse:-301010")
    _redeclare(seen(ready))
    assert _app_type(ready, DocumentKind.ORDER) == "2"
    assert _app_type(ready, DocumentKind.PAYMENT) == "1"


def test_documents_that_differed_leave_after_the_facts_were_corrected(customs_port: Sandbox) -> None:
    ready = parcel(payer_check=PayerCheck.DIFFERENT)
    declared(ready)
    assert _redeclare(seen(ready)) is DeclarationState.HELD
    assert {one.rule for one in seen(ready).differences} == {"payer"}
    sql.run("UPDATE payments_payment SET payer_check = 'same' WHERE order_id = %s", (ready.order_id,))
    assert _redeclare(seen(ready)) is DeclarationState.DRAFT
    assert seen(ready).differences == ()
    _through(customs_port)
    assert seen(ready).state is DeclarationState.RELEASED


def test_facts_that_made_no_document_make_one_once_corrected(customs_port: Sandbox) -> None:
    ready = parcel(line={"origin": "XX"})
    assert declared(ready).documents == ()
    sql.run("UPDATE orders_line SET origin = 'NZ' WHERE parcel_id = %s", (ready.parcel.id,))
    _redeclare(seen(ready))
    _through(customs_port)
    assert seen(ready).state is DeclarationState.RELEASED


def test_a_document_whose_facts_changed_is_sent_as_a_change(customs_port: Sandbox) -> None:
    ready = _held(customs_port, "refuse:-621014")
    sql.run("UPDATE payments_payment SET company_name = '新名支付公司' WHERE order_id = %s", (ready.order_id,))
    _redeclare(seen(ready))
    assert _versions(ready) == {"311": 2, "411": 2, "511": 1, "621": 2}
    assert _app_type(ready, DocumentKind.ORDER) == _app_type(ready, DocumentKind.PAYMENT) == "2"
    assert _app_type(ready, DocumentKind.LIST) == "1"
    _through(customs_port)
    assert seen(ready).state is DeclarationState.RELEASED


def test_a_number_taken_meanwhile_keeps_it_held(customs_port: Sandbox) -> None:
    ready = _held(customs_port, "refuse:100")
    Number.objects.filter(kind="411", declaration_id=seen(ready).id).update(declaration_id=new_id())
    assert _redeclare(seen(ready)) is DeclarationState.HELD
    assert {one.rule for one in seen(ready).differences} == {"number_used"}
    assert _versions(ready)["311"] == 1


@pytest.mark.parametrize("status", ["500", "501", "700"])
def test_what_customs_decides_cannot_be_redeclared(customs_port: Sandbox, status: str) -> None:
    ready = _held(customs_port, f"status:{status}")
    with pytest.raises(services.CustomsDecides) as caught:
        _redeclare(seen(ready))
    assert status in caught.value.message("zh")
    assert caught.value.message("en").isascii()


def test_inspected_goods_are_released_by_the_official(customs_port: Sandbox) -> None:
    ready = _held(customs_port, "status:500")
    answer = customs_port.http.post("/customs/lists/decide", json={"order_no": ready.parcel.number, "status": 800})
    assert answer.status_code == 200
    answered(customs_port)
    assert seen(ready).state is DeclarationState.RELEASED


def test_a_receipt_in_between_stops_the_clerk(customs_port: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at is not what would be acted on: look again."""
    ready = _held(customs_port, "refuse:100")
    made = seen(ready)
    clerk = sys.modules["entrepot.customs.services.clerk"]
    gathered = clerk.gather

    def while_customs_answers(**key: Any) -> Any:
        changed = '{"311": {"document": "00000000-0000-0000-0000-000000000000", "sent": true}}'
        sql.run("UPDATE customs_declaration SET standing = standing || %s::jsonb WHERE id = %s", (changed, made.id))
        return gathered(**key)

    monkeypatch.setattr(clerk, "gather", while_customs_answers)
    with pytest.raises(services.DeclarationMoved):
        _redeclare(made)
    assert _versions(ready)["311"] == 1


def test_only_held_declarations_of_the_buyer_are_redeclared() -> None:
    made = declared(parcel())
    with pytest.raises(services.NotHeld):
        _redeclare(made)
    with pytest.raises(services.NoDeclaration):
        services.redeclare(declaration_id=made.id, buyer_id=new_id(), actor="x", now=clock.now())
    with pytest.raises(services.NoDeclaration):
        services.cancel(declaration_id=new_id(), buyer_id=made.buyer_id, actor="x", reason="y", now=clock.now())


# Giving up.


def test_before_the_list_a_declaration_is_cancelled_at_once(customs_port: Sandbox) -> None:
    ready = parcel()
    made = declared(ready)
    assert _cancel(made) is True
    assert _cancel(made) is True
    _through(customs_port)
    assert seen(ready).state is DeclarationState.CANCELLED
    assert DocumentKind.LIST not in {one.kind for one in seen(ready).documents if one.sent_at}
    assert topics(ready.parcel.id) == ["customs.declared", "customs.cancelled"]
    assert {one.reason for one in _traces(ready, "customs.cancel")} == {"买家取消"}


def test_giving_up_needs_a_reason() -> None:
    made = declared(parcel())
    with pytest.raises(services.CancelReasonMissing) as caught:
        _cancel(made, " \n ")
    assert caught.value.field == "reason"


def test_a_refused_list_is_cancelled_at_once(customs_port: Sandbox) -> None:
    ready = _held(customs_port, "refuse:-621018")
    assert _cancel(seen(ready)) is True
    assert seen(ready).state is DeclarationState.CANCELLED


def _under_review(port: Sandbox) -> Ready:
    ready = parcel()
    port.control("customs", review=True)
    declared(ready)
    _through(port)
    assert seen(ready).state is DeclarationState.LISTED
    return ready


def test_a_list_at_customs_is_taken_back_with_their_approval(customs_port: Sandbox) -> None:
    ready = _under_review(customs_port)
    made = seen(ready)
    assert made.list_number
    assert _cancel(made) is False
    assert _cancel(made) is False  # asked once
    assert seen(ready).state is DeclarationState.LISTED
    _through(customs_port)
    assert seen(ready).state is DeclarationState.CANCELLED
    statuses = {one.kind: [r.status for r in one.receipts] for one in seen(ready).documents}
    assert statuses[DocumentKind.CANCEL] == [2, 120, 399]
    papers = customs_port.http.get("/customs/papers", params={"order_no": ready.parcel.number}).json()
    assert [one["state"] for one in papers if one["kind"] == "621"] == ["withdrawn"]


def test_a_refused_withdrawal_leaves_the_list_and_may_be_asked_again(customs_port: Sandbox) -> None:
    ready = _under_review(customs_port)
    customs_port.control("customs", next=["refuse:-623005"])
    _cancel(seen(ready))
    _through(customs_port)
    assert seen(ready).state is DeclarationState.LISTED
    assert _cancel(seen(ready)) is False
    _through(customs_port)
    assert seen(ready).state is DeclarationState.CANCELLED
    assert _versions(ready)["623"] == 2


def test_a_withdrawal_of_a_held_list_that_customs_is_silent_on_is_asked_again_and_raised(
    customs_port: Sandbox,
) -> None:
    ready = _held(customs_port, "status:500")
    customs_port.control("customs", lose=True)
    assert _cancel(seen(ready)) is False
    _through(customs_port)
    assert seen(ready).state is DeclarationState.HELD
    services.escalate(now=clock.now() + timedelta(hours=7))
    raised = selectors.escalations_of(parcel_id=ready.parcel.id, buyer_id=ready.buyer_id)
    assert {one.kind for one in raised} == {"621", "623"}
    customs_port.control("customs", lose=False)
    assert services.remind(now=clock.now() + timedelta(minutes=16)) == 1
    _through(customs_port)
    assert seen(ready).state is DeclarationState.CANCELLED
    services.escalate(now=clock.now() + timedelta(hours=7))
    assert selectors.escalations_of(parcel_id=ready.parcel.id, buyer_id=ready.buyer_id) == []


def test_a_list_at_customs_is_taken_back_also_where_the_documents_do_not_agree_any_more(customs_port: Sandbox) -> None:
    ready = _under_review(customs_port)
    row = DeclarationTable.objects.get(parcel_id=ready.parcel.id)
    row.standing["311"] |= {"verdict": "refused", "code": "100"}  # on second thoughts
    DeclarationTable.objects.filter(id=row.id).update(standing=row.standing, state="held", held_code="100")
    sql.run("UPDATE payments_payment SET payer_check = 'different' WHERE order_id = %s", (ready.order_id,))
    assert _redeclare(seen(ready)) is DeclarationState.HELD
    assert {one.rule for one in seen(ready).differences} == {"payer"}
    assert _cancel(seen(ready)) is False
    _through(customs_port)
    assert seen(ready).state is DeclarationState.CANCELLED


def test_a_released_parcel_is_only_returned(customs_port: Sandbox) -> None:
    ready = parcel()
    declared(ready)
    _through(customs_port)
    with pytest.raises(services.AlreadyReleased):
        _cancel(seen(ready))


def test_a_list_that_customs_has_though_nobody_knew_when_it_was_given_up_is_asked_back(customs_port: Sandbox) -> None:
    """The port took it and hung up: to us it had not left."""
    ready = parcel()
    declared(ready)
    answered(customs_port)
    customs_port.control("customs", next=["hang_up"], review=True)
    made = seen(ready)
    with pytest.raises(services.PortSilent):
        services.send_list(declaration_id=made.id, buyer_id=made.buyer_id, now=clock.now())
    assert _cancel(made) is True
    _through(customs_port)
    assert seen(ready).state is DeclarationState.CANCELLED
    papers = customs_port.http.get("/customs/papers", params={"order_no": ready.parcel.number}).json()
    assert [one["state"] for one in papers if one["kind"] == "621"] == ["withdrawn"]
    assert [one.reason for one in _traces(ready, "customs.cancel")].count("包裹已取消") == 1


def test_a_list_without_number_has_to_be_waited_for(customs_port: Sandbox) -> None:
    ready = parcel()
    declared(ready)
    answered(customs_port)
    drain()
    assert seen(ready).state is DeclarationState.LISTED
    with pytest.raises(services.CustomsHasNotAnswered):
        _cancel(seen(ready))


def test_refusals_speak_both_languages() -> None:
    refusals: list[Any] = [
        services.NotHeld(), services.DeclarationMoved(), services.AlreadyReleased(),
        services.CustomsHasNotAnswered(), services.NoDeclaration(),
        services.CustomsDecides(code="500", zh_way="等", en_way="wait"), services.NotPaid(), services.NoWaybill(),
        services.NotSetUp(what="X"), services.PortSilent(), services.PortSaysNo(answer="403"),
        services.UnknownDocument(), services.WrongSchema(faults="x"), services.ForgedReceipt(why="x"),
    ]  # fmt: skip
    for refusal in refusals:
        assert not refusal.message("zh-hans").isascii()
        assert refusal.message("en").isascii()
        assert 400 <= refusal.status < 600
    assert CONSIGNEE
