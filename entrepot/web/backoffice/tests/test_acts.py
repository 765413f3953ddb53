"""What staff do from the pages: call off, declare again, give up, open a document, decide about jobs."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client

from entrepot.audit import selectors as audit
from entrepot.checkout.tests.makers import bought, pay, shopper, world
from entrepot.customs import services as customs_verbs
from entrepot.customs.tests import makers as customs_made
from entrepot.customs.types import Declaration, DeclarationState
from entrepot.identity.types import Role
from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.orders.types import ParcelState
from entrepot.payments.types import PayerCheck
from entrepot.web.backoffice.tests.test_pages import NOBODY, shown, staff
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db


def posted(client: Client, address: str, **data: str) -> str:
    """The page that a form leads to."""
    answer = client.post(address, data, follow=True)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def ordered(*, paid: bool) -> tuple[str, UUID, UUID]:
    """(the parcel's call-off address, order, buyer)."""
    place, who = world(), shopper()
    placed = bought(place, who, {"coat": 1})
    if paid:
        pay(placed, who.buyer_id)
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None
    return f"/office/orders/{who.buyer_id}/{order.id}/{order.parcels[0].id}/call-off/", order.id, who.buyer_id


def state_of(order_id: UUID, buyer_id: UUID) -> ParcelState:
    order = orders.order(order_id=order_id, buyer_id=buyer_id)
    assert order is not None
    return order.parcels[0].state


def test_a_parcel_is_called_off_with_a_reason() -> None:
    address, order_id, buyer_id = ordered(paid=True)
    client = staff(Role.SERVICE)
    assert "Give a reason" in posted(client, address, reason=" ")
    assert state_of(order_id, buyer_id) is ParcelState.PAID
    assert "its money goes back" in posted(client, address, reason="buyer moved away")
    assert state_of(order_id, buyer_id) is ParcelState.CANCELLED
    assert "buyer moved away" in [entry.reason for entry in audit.of_buyer(buyer_id=buyer_id)]


@pytest.mark.parametrize(("language", "words"), [("en", "called off"), ("zh-hans", "取消")])
def test_what_cannot_be_called_off_is_refused_in_the_readers_language(language: str, words: str) -> None:
    address, order_id, buyer_id = ordered(paid=False)
    page = posted(staff(Role.SERVICE, language=language), address, reason="x")
    assert words in page
    assert state_of(order_id, buyer_id) is ParcelState.PLACED


def test_only_service_calls_off() -> None:
    address, order_id, buyer_id = ordered(paid=True)
    assert staff(*(role for role in Role if role is not Role.SERVICE)).post(address, {"reason": "x"}).status_code == 403
    assert staff(Role.SERVICE).get(address).status_code == 405
    assert state_of(order_id, buyer_id) is ParcelState.PAID
    strange = address.replace(str(order_id), str(NOBODY))
    assert staff(Role.SERVICE).post(strange, {"reason": "x"}, follow=True).status_code == 404


def held(port: Sandbox, fault: str = "refuse:-621004") -> Declaration:
    port.control("customs", next=[fault])
    ready = customs_made.parcel()
    one = customs_made.declared(ready)
    while customs_made.answered(port):
        customs_verbs.send_list(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    one = customs_made.seen(ready)
    assert one.state is DeclarationState.HELD
    return one


def page_of(one: Declaration) -> str:
    return f"/office/declarations/{one.buyer_id}/{one.parcel_id}/"


def now_in(one: Declaration) -> DeclarationState:
    found = customs_made.selectors.declaration(declaration_id=one.id, buyer_id=one.buyer_id)
    assert found is not None
    return found.state


def test_a_held_declaration_is_declared_again(customs_port: Sandbox) -> None:  # noqa: F811
    one = held(customs_port)
    client = staff(Role.CUSTOMS)
    assert "-621004" in shown(client, "/office/declarations/?state=held")
    page = posted(client, f"{page_of(one)}act/", act="redeclare")
    assert "Declared again" in page
    assert now_in(one) is not DeclarationState.HELD
    assert "not held" in posted(client, f"{page_of(one)}act/", act="redeclare")


def test_documents_that_do_not_agree_show_the_differences(customs_port: Sandbox) -> None:  # noqa: F811
    ready = customs_made.parcel(payer_check=PayerCheck.DIFFERENT)
    one = customs_made.declared(ready)
    assert (one.state, one.held_code) == (DeclarationState.HELD, "match")
    client = staff(Role.CUSTOMS, language="zh-hans")
    page = shown(client, page_of(one))
    assert one.differences[0].zh in page
    assert one.differences[0].rule in page
    assert "单证仍不一致" in posted(client, f"{page_of(one)}act/", act="redeclare")


def test_a_declaration_is_given_up_with_a_reason(customs_port: Sandbox) -> None:  # noqa: F811
    one = held(customs_port)
    client = staff(Role.CUSTOMS)
    assert "Give a reason" in posted(client, f"{page_of(one)}act/", act="cancel")
    assert "nothing of that name" in posted(client, f"{page_of(one)}act/", act="burn")
    assert "nothing of that name" in posted(client, f"{page_of(one)}act/")
    assert now_in(one) is DeclarationState.HELD
    assert "given up" in posted(client, f"{page_of(one)}act/", act="cancel", reason="buyer gave up")
    assert now_in(one) is DeclarationState.CANCELLED


def test_service_reads_declarations_and_customs_clerks_act(customs_port: Sandbox) -> None:  # noqa: F811
    one = customs_made.declared(customs_made.parcel())
    client = staff(Role.SERVICE)
    page = shown(client, page_of(one))
    assert "Give up" not in page
    assert "Open in the clear" not in page
    document = f"{page_of(one)}documents/{one.documents[0].id}/"
    for address in (f"{page_of(one)}act/", document):
        assert client.post(address, {"reason": "x", "act": "cancel"}).status_code == 403


def test_a_document_is_opened_with_a_reason_on_a_page_or_as_a_file(customs_port: Sandbox) -> None:  # noqa: F811
    one = customs_made.declared(customs_made.parcel())
    client = staff(Role.CUSTOMS)
    address = f"{page_of(one)}documents/{one.documents[0].id}/"
    assert "Give a reason" in posted(client, address)
    page = client.post(address, {"reason": "customs rang"})
    assert "CEB311Message" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    file = client.post(address, {"reason": "customs rang", "as": "file"})
    assert file["Content-Type"] == "application/xml"
    assert "attachment" in file["Content-Disposition"]
    reasons = [entry.reason for entry in audit.of_subject(subject_id=one.documents[0].id)]
    assert reasons.count("customs rang") == 2
    assert "no such document" in posted(client, f"{page_of(one)}documents/{NOBODY}/", reason="x")


def parked_job(name: str = "orders.tasks.follow") -> int:
    values = (name, f'{{"order_id": "{new_id()}"}}')
    return int(
        sql.rows(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)"
            " VALUES ('default', %s, %s, 'failed', 12) RETURNING id",
            values,
        )[0]["id"]
    )


def test_the_operator_sees_what_is_being_done() -> None:
    client = staff(Role.OPERATOR)
    assert "Jobs being done" not in shown(client, "/office/jobs/")
    sql.rows(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status, scheduled_at)"
        " SELECT 'jobs', 'walk.slow', 'one', status::procrastinate_job_status, now() - interval '3 hours'"
        " FROM unnest(%s::text[]) AS status RETURNING id",
        (["doing", *["todo"] * 17],),
    )
    page = " ".join(shown(client, "/office/jobs/").split())
    assert "walk.slow" in page
    assert "3 hours" in page
    assert ">17</td>" in page


def test_a_parked_job_is_tried_again_or_dropped() -> None:
    client, first, second = staff(Role.OPERATOR), parked_job(), parked_job()
    page = shown(client, "/office/jobs/")
    assert "orders.tasks.follow" in page
    assert "12 attempts" in page
    assert "nothing of that name" in posted(client, f"/office/jobs/{first}/", act="burn")
    assert "runs again" in posted(client, f"/office/jobs/{first}/", act="unpark")
    assert "is dropped" in posted(client, f"/office/jobs/{second}/", act="dismiss")
    assert "Nothing is parked" in shown(client, "/office/jobs/")
    doings = {job: audit.of_subject(subject_id=UUID(int=job)) for job in (first, second)}
    assert [entry.action for job in (first, second) for entry in doings[job]] == ["outbox.unpark", "outbox.dismiss"]
    who = client.session["_auth_user_id"]
    assert {(entry.actor, entry.reason) for entry in doings[second]} == {(who, f"orders.tasks.follow #{second}")}
    for job_id in (first, 0, 10**30):
        for language, words in (("en", "no parked job"), ("zh-hans", "没有")):
            page = posted(staff(Role.OPERATOR, language=language), f"/office/jobs/{job_id}/", act="unpark")
            assert words in page
