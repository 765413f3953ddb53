"""A list that customs refuses to take back: its page says why, and what a clerk may do; the comparison is explained."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entrepot.customs import services
from entrepot.customs.selectors import staying
from entrepot.customs.tests.makers import answered
from entrepot.customs.tests.test_staying import PAPER, Ready, stays
from entrepot.customs.types.staying import StayState
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.outbox.testing import drain
from entrepot.payments.tests.bank import Bank
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff, within_budget
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db
COMPARED = "/office/books/compared/"


@pytest.fixture(autouse=True)
def _bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was paid in our books only can be paid back."""
    Bank().over(monkeypatch)


def page_of(ready: Ready) -> str:
    return f"/office/declarations/{ready.buyer_id}/{ready.parcel.id}/"


def state(ready: Ready) -> tuple[StayState, int]:
    found = staying.stay(parcel_id=ready.parcel.id, buyer_id=ready.buyer_id)
    assert found is not None
    return found.state, found.version


def test_the_desk_sees_the_no_and_asks_again(customs_port: Sandbox) -> None:  # noqa: F811
    ready = stays(customs_port, -625024)
    clerk, service, page = staff(Role.CUSTOMS), staff(Role.SERVICE), page_of(ready)
    seen = within_budget(clerk, page)
    assert "Return: the allowance was not adjusted" in seen
    assert "-625024" in seen and 'value="ask_list_again"' in seen and 'value="settle_stay"' in seen
    told = within_budget(service, page)
    assert "-625024" in told and "ask_list_again" not in told and "settle_stay" not in told
    assert service.post(f"{page}act/", {"act": "ask_list_again", "refused": "1"}).status_code == 403
    assert ready.parcel.number in shown(clerk, COMPARED)
    assert "Customs is asked once more" in posted(clerk, f"{page}act/", act="ask_list_again", refused="1")
    assert "asked before: nothing changed" in posted(clerk, f"{page}act/", act="ask_list_again", refused="1")
    assert "has not answered yet" in posted(clerk, f"{page}act/", act="settle_stay", paper=PAPER)
    assert "ask_list_again" not in shown(clerk, page)
    drain()
    answered(customs_port)
    assert state(ready) == (StayState.TAKEN_BACK, 2)
    assert "Taken back by customs" in within_budget(clerk, page)
    assert "Every released list is written off" in shown(clerk, COMPARED)


def test_a_paper_explains_the_difference(customs_port: Sandbox) -> None:  # noqa: F811
    ready = stays(customs_port, -625014)
    clerk, page = staff(Role.CUSTOMS), page_of(ready)
    services.escalate(now=now() + timedelta(days=365))
    assert "goods stay, list not taken back" in shown(clerk, "/office/declarations/stuck/")
    assert "at most 60 characters" in posted(clerk, f"{page}act/", act="settle_stay", paper="")
    assert "in the book again" in posted(clerk, f"{page}act/", act="settle_stay", paper=PAPER)
    assert "entered before" in posted(clerk, f"{page}act/", act="settle_stay", paper=PAPER)
    assert "has settled this list by its paper" in posted(clerk, f"{page}act/", act="ask_list_again", refused="1")
    assert PAPER in within_budget(clerk, page)
    compared = within_budget(clerk, COMPARED)
    assert "Every released list is written off" in compared
    assert PAPER in compared and ready.parcel.number in compared
    assert PAPER in within_budget(staff(Role.CUSTOMS, language="zh-hans"), page)
    assert state(ready) == (StayState.SETTLED, 1)
