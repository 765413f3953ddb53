"""People in the back office: masked, findable, and given roles only with a reason."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.test import Client

from entrepot.audit.selectors import of_subject
from entrepot.identity import selectors, services
from entrepot.identity.tests.makers import NOW, PASSWORD, buyer, clerk, key
from entrepot.identity.types import PersonDraft, Role
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db
LIST = "/office/records/identity/person/"


@pytest.fixture
def operator(client: Client) -> Client:
    return log_in(client, clerk(Role.OPERATOR))


def change(client: Client, person_id: UUID, **form: Any) -> Any:
    return client.post(f"{LIST}{person_id}/change/", form)


def test_the_list_shows_masks_and_finds_a_whole_phone_number(operator: Client) -> None:
    buyer(email="anna.lee@example.com", phone="13700007777")
    for search in ("", "?q=13700007777", "?q=anna.lee@example.com"):
        page = operator.get(LIST + search).content.decode()
        assert "137****7777" in page
        assert "a***@example.com" in page
        without_search_box = page.replace("anna.lee@example.com", "", 1) if "anna" in search else page
        assert "13700007777" not in page or "13700007777" in search
        assert "anna.lee" not in without_search_box or "anna" in search
    assert "137****7777" not in operator.get(LIST + "?q=1370000").content.decode()


def test_roles_are_given_with_a_reason_and_logged(operator: Client) -> None:
    person = buyer()
    answer = change(operator, person, roles=["customs"], is_active="on", reason="")
    assert answer.status_code == 200
    assert selectors.roles(person_id=person) == frozenset()
    assert change(operator, person, roles=["customs"], is_active="on", reason="joined customs").status_code == 302
    assert selectors.roles(person_id=person) == {Role.CUSTOMS}
    [entry] = of_subject(subject_id=person)
    assert (entry.action, entry.reason) == ("identity.standing_set", "joined customs")
    assert change(operator, person, roles=["emperor"], is_active="on", reason="x").status_code == 200


def test_nobody_raises_themselves_and_an_operator_touches_no_superuser(client: Client) -> None:
    me = clerk(Role.OPERATOR)
    log_in(client, me)
    boss = services.enrol(draft=PersonDraft(password=PASSWORD, email="boss@example.com", is_superuser=True), now=NOW)
    for person in (me, boss):
        assert change(client, person, roles=["finance"], is_active="on", reason="more").status_code == 403
    assert selectors.roles(person_id=me) == {Role.OPERATOR}


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.OPERATOR, Role.SERVICE}])
def test_other_roles_do_not_see_people(client: Client, role: Role) -> None:
    log_in(client, clerk(role))
    assert client.get(LIST).status_code == 403


def test_service_sees_people_and_changes_none(client: Client) -> None:
    log_in(client, clerk(Role.SERVICE))
    person = buyer()
    assert client.get(LIST).status_code == 200
    assert change(client, person, roles=["customs"], is_active="on", reason="x").status_code == 403


def test_nobody_is_added_or_deleted_here(operator: Client) -> None:
    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.post(f"{LIST}{buyer()}/delete/", {"post": "yes"}).status_code == 403


def test_keys_are_listed_without_their_secret(operator: Client) -> None:
    secret = key(buyer())
    page = operator.get("/office/records/identity/accesskey/").content.decode()
    assert secret[:11] in page
    assert secret not in page


def test_no_page_shows_log_in_addresses_or_second_factors_of_other_packages() -> None:
    shown = {model._meta.label for model in admin.site._registry}
    assert {"account.EmailAddress", "account.EmailConfirmation", "mfa.Authenticator", "auth.Group"}.isdisjoint(shown)
    assert {"identity.Address", "identity.RealName", "sessions.Session"}.isdisjoint(shown)


@pytest.mark.parametrize("part", ["anna.l", "a", "example.com", "anna.lee@example.co"])
def test_what_is_masked_is_not_guessed_by_searching_for_its_parts(operator: Client, part: str) -> None:
    person = buyer(email="anna.lee@example.com")
    assert str(person) not in operator.get(f"{LIST}?q={part}").content.decode()
    assert str(person) in operator.get(f"{LIST}?q=Anna.Lee@example.com").content.decode()


@pytest.mark.parametrize("asked", ["password__startswith=ar", "phone_hash__isnull=0", "email__startswith=anna"])
def test_what_is_masked_is_not_guessed_by_the_address(operator: Client, asked: str) -> None:
    buyer(email="anna.lee@example.com", phone="13700007777")
    assert operator.get(f"{LIST}?{asked}").status_code == 400
    assert operator.get(f"{LIST}?is_active__exact=1").status_code == 200


def test_the_reason_is_asked_for_in_a_box_that_can_be_seen(operator: Client) -> None:
    page = operator.get(f"{LIST}{buyer()}/change/").content.decode()
    [field] = re.findall(r'<input[^>]*name="reason"[^>]*>', page)
    assert "border" in field
