"""Access keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entrepot.audit.selectors import of_subject
from entrepot.identity import models, selectors, services
from entrepot.identity.tests.makers import NOW, buyer, clerk
from entrepot.identity.types import IssuedKey, KeyDraft, Role, Scope
from entrepot.kit.refusals import NotFound

pytestmark = pytest.mark.django_db


def issued(person_id: object, **changes: object) -> IssuedKey:
    wish = {"name": "erp", "scopes": frozenset({Scope.ORDERS_READ}), "days": 30} | changes
    return services.issue_key(person_id=person_id, draft=KeyDraft(**wish), now=NOW)  # type: ignore[arg-type]


def test_a_key_tells_who_calls_and_what_for() -> None:
    person = clerk(Role.SERVICE)
    caller = services.check_key(secret=issued(person).secret, now=NOW)
    assert caller.person_id == person
    assert caller.scopes == {"orders:read"}
    assert caller.roles == {Role.SERVICE}


def test_the_secret_is_shown_once_and_only_its_hash_is_kept() -> None:
    key = issued(buyer())
    row = models.AccessKey.objects.get(id=key.id)
    assert key.secret.startswith(key.prefix)
    assert len(key.secret) > 50
    assert key.secret[len(key.prefix) + 1 :] not in str(row.__dict__)
    assert len(row.secret_hash) == 32


@pytest.mark.parametrize("change", [{"is_active": False}])
def test_a_closed_account_has_no_keys(change: dict[str, bool]) -> None:
    person = buyer()
    key = issued(person)
    models.Person.objects.filter(id=person).update(**change)
    with pytest.raises(services.BadKey):
        services.check_key(secret=key.secret, now=NOW)


def test_the_demos_people_have_no_keys_once_the_demo_is_over(settings: Any) -> None:
    """Their password is known to everybody, and so was who had a key made."""
    demo, own = issued(clerk(Role.SERVICE, is_demo=True)).secret, issued(buyer()).secret
    settings.DEMO = True
    assert services.check_key(secret=demo, now=NOW).roles == {Role.SERVICE}
    settings.DEMO = False
    with pytest.raises(services.BadKey):
        services.check_key(secret=demo, now=NOW)
    assert services.check_key(secret=own, now=NOW)


def test_an_expired_revoked_or_made_up_key_opens_nothing() -> None:
    person = buyer()
    key, other = issued(person), issued(person)
    services.check_key(secret=key.secret, now=key.expires_at - timedelta(seconds=1))
    services.revoke_key(key_id=other.id, person_id=person, now=NOW)
    services.revoke_key(key_id=other.id, person_id=person, now=NOW)
    attempts = [(key.secret, key.expires_at), (other.secret, NOW), (key.secret[:-1] + "x", NOW), ("", NOW)]
    attempts += [("ek_" + "x" * 100_000, NOW), ("秘密", NOW)]
    for secret, at in attempts:
        with pytest.raises(services.BadKey):
            services.check_key(secret=secret, now=at)
    said = {entry.action for entry in of_subject(subject_id=other.id)}
    assert said == {"identity.key_revoked", "identity.key_issued"}
    assert len(of_subject(subject_id=other.id)) == 2


def test_last_use_is_written_at_most_every_five_minutes() -> None:
    secret = issued(buyer()).secret
    statements = []
    for seconds in (0, 1, 299, 300, 301):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            services.check_key(secret=secret, now=NOW + timedelta(seconds=seconds))
        statements.append(len(queries))
    assert statements == [2, 1, 1, 2, 1]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": frozenset()}, "scopes"),
        ({"scopes": frozenset({"root"})}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
    ],
)
def test_bad_wishes_are_refused(change: dict[str, object], field: str) -> None:
    with pytest.raises(services.InvalidKeyWish) as refused:
        issued(buyer(), **change)
    assert refused.value.field == field


def test_ten_keys_in_force_are_enough() -> None:
    person = buyer()
    keys = [issued(person) for _ in range(10)]
    with pytest.raises(services.TooManyKeys):
        issued(person)
    services.revoke_key(key_id=keys[0].id, person_id=person, now=NOW)
    issued(person)
    assert len(selectors.keys(person_id=person)) == 11


def test_somebody_elses_key_cannot_be_revoked() -> None:
    key = issued(buyer())
    with pytest.raises(NotFound):
        services.revoke_key(key_id=key.id, person_id=buyer(), now=NOW)
