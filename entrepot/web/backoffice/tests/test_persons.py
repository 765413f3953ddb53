"""Who did something is named on pages, never by an id."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.audit.services import record
from entrepot.identity import services
from entrepot.identity.tests import makers as people
from entrepot.identity.types import PersonDraft, Role
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.web.backoffice import persons
from entrepot.web.backoffice.tests.test_pages import shown, staff

pytestmark = pytest.mark.django_db


def test_staff_are_named_with_one_statement_for_all(django_assert_num_queries: Any) -> None:
    draft = PersonDraft(people.PASSWORD, "li@example.com", display_name="Li Na", roles=frozenset({Role.CUSTOMS}))
    named, unnamed = services.enrol(draft=draft, now=now()), people.clerk(Role.SERVICE)
    with django_assert_num_queries(1):
        found = [persons.by_whom(str(one)) for one in (named, unnamed, named)]
    assert found[0] == found[2] == "Li Na"
    assert "@" in found[1] and "*" in found[1]


def test_others_are_told_in_words() -> None:
    buyer = people.buyer()
    assert persons.by_whom(str(buyer), buyer) == "买家"
    assert persons.by_whom("system:limits") == "系统自动"
    assert persons.by_whom("demo") == "demo"
    assert persons.by_whom(str(buyer)) == f"{str(buyer)[:8]}…"


DONE = (
    "orders.corrections_read", "orders.lift_correction", "identity.key_issued", "identity.key_revoked",
    "returns.pay_kept", "customs.release_general", "customs.ask_list_again", "customs.settle_stay",
    "customs.acknowledge",
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Read what customs said"), ("zh-hans", "查看海关告知的年度额度")]
)
def test_what_was_done_with_a_buyers_data_is_told_in_words(language: str, words: str) -> None:
    buyer = people.buyer()
    for action in DONE:
        record(
            actor="system:x", action=action, subject_kind="thing", subject_id=new_id(), buyer_id=buyer, reason="",
            at=now(),
        )  # fmt: skip
    page = shown(staff(Role.OPERATOR, language=language), f"/office/readings/{buyer}/")
    assert words in page
    assert [action for action in DONE if action in page] == []
