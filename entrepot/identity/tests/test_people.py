"""People, their phones and their standing."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from entrepot.audit.selectors import of_subject
from entrepot.identity import models, selectors, services
from entrepot.identity.tests.makers import NOW, PASSWORD, buyer, clerk
from entrepot.identity.types import PersonDraft, Role
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal

pytestmark = pytest.mark.django_db


def test_a_person_is_found_by_any_way_of_writing_their_phone() -> None:
    person = buyer(phone="13700007777")
    for written in ("13700007777", "+86 137 0000 7777", "137-0000-7777"):
        assert selectors.id_by_phone(phone=written) == person
    assert selectors.id_by_phone(phone="13700007778") is None
    assert selectors.id_by_phone(phone="nonsense") is None
    assert selectors.login_phone(person_id=person) == ("+8613700007777", True)


@pytest.mark.parametrize(
    ("draft", "code", "field"),
    [
        (PersonDraft(password=PASSWORD), "invalid_login", "email"),
        (PersonDraft(password=PASSWORD, email="anna@"), "invalid_login", "email"),
        (PersonDraft(password=PASSWORD, phone="123"), "invalid_login", "phone"),
        (PersonDraft(password=PASSWORD, email="TAKEN@example.com"), "address_taken", "email"),
        (PersonDraft(password=PASSWORD, phone="13700007777"), "address_taken", "phone"),
    ],
)
def test_bad_or_taken_addresses_are_refused_and_nothing_is_kept(draft: PersonDraft, code: str, field: str) -> None:
    buyer(email="taken@example.com", phone="13700007777")
    with pytest.raises(Refusal) as refused:
        services.enrol(draft=draft, now=NOW)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert models.Person.objects.count() == 1


def test_a_profile_shows_masks_only() -> None:
    person = buyer(email="Anna.Lee@Example.com", phone="13700007777")
    profile = selectors.person(person_id=person)
    assert profile is not None
    assert (profile.email, profile.phone) == ("a***@example.com", "137****7777")
    assert selectors.person(person_id=new_id()) is None
    assert set(selectors.people(ids=[person, new_id()])) == {person}


def test_standing_is_set_with_a_reason_and_logged_once() -> None:
    person = clerk(Role.CATALOGUE)

    def set_standing(roles: set[Role], reason: str = "joined customs", is_active: bool = True) -> None:
        services.set_standing(person_id=person, roles=roles, is_active=is_active, actor="boss", reason=reason, now=NOW)

    set_standing({Role.CUSTOMS, Role.CATALOGUE})
    assert selectors.roles(person_id=person) == {Role.CUSTOMS, Role.CATALOGUE}
    set_standing({Role.CUSTOMS, Role.CATALOGUE})
    [entry, _enrolled] = of_subject(subject_id=person)
    assert entry.detail["after"] == {"roles": ["catalogue", "customs"], "is_active": True}
    with pytest.raises(services.ReasonMissing):
        set_standing(set(), reason=" ")
    set_standing(set(), is_active=False)
    assert selectors.roles(person_id=person) == frozenset()


def test_permissions_follow_from_roles() -> None:
    def has(person_id: Any, permission: str) -> bool:
        return models.Person.objects.get(id=person_id).has_perm(permission)

    assert has(clerk(Role.CUSTOMS), "customs.change_declaration")
    assert not has(clerk(Role.CUSTOMS), "identity.view_person")
    assert not has(buyer(), "catalogue.view_product")
    boss = services.enrol(draft=PersonDraft(password=PASSWORD, email="boss@example.com", is_superuser=True), now=NOW)
    assert has(boss, "payments.delete_payment")
    assert models.Person.objects.get(id=boss).role_set == frozenset(Role)
    models.Person.objects.filter(id=boss).update(is_active=False)
    assert not has(boss, "payments.view_payment")


def test_the_first_superuser_comes_from_the_command_line() -> None:
    call_command("createsuperuser", email="First@Example.com", interactive=False)
    person = models.Person.objects.get(email="first@example.com")
    assert person.is_staff
    assert not person.has_usable_password()


@pytest.mark.parametrize(
    "row",
    [
        {"email": "Upper@Example.com"},
        {"email": "a@example.com", "roles": ["emperor"]},
        {"email": "a@example.com", "phone_hash": b"x" * 32},
        {"email": "a@example.com", "phone_verified": True},
    ],
)
def test_the_database_guards_itself(row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Person.objects.create(password="!", **row)


def test_nobody_is_logged_by_mail_or_phone() -> None:
    person = models.Person.objects.get(id=buyer(email="anna@example.com", phone="13700007777"))
    assert "anna" not in str(person)
    assert "anna" not in repr(person)
