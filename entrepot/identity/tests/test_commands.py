"""People and keys from the command line."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from entrepot.audit.selectors import of_buyer
from entrepot.identity import selectors, services
from entrepot.identity.tests.makers import PASSWORD
from entrepot.identity.types import Role
from entrepot.kit.clock import now

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_the_first_operator_is_entered_and_given_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_NEW_PASSWORD", PASSWORD)
    run("enrol", "boss@example.com", "--role", "operator", "--role", "customs", "--name", "Boss")
    person = selectors.id_by_login(login="boss@example.com")
    assert person is not None
    assert selectors.roles(person_id=person) == {Role.OPERATOR, Role.CUSTOMS}
    secret = run("accesskey", "issue", "boss@example.com", "--scope", "orders:read", "--days", "1").split()[0]
    assert services.check_key(secret=secret, now=now()).person_id == person
    listed = run("accesskey", "list", "boss@example.com")
    assert "orders:read" in listed
    assert secret not in listed
    assert run("accesskey", "revoke", "boss@example.com", "--id", listed.split()[0]) == "revoked\n"
    with pytest.raises(services.BadKey):
        services.check_key(secret=secret, now=now())
    doings = [(entry.action, entry.actor) for entry in of_buyer(buyer_id=person)]
    assert doings == [
        ("identity.key_revoked", "command line"),
        ("identity.key_issued", "command line"),
        ("identity.enrolled", "command line"),
    ]


@pytest.mark.parametrize(
    ("words", "password"),
    [
        (("enrol", "boss@example.com"), "short"),
        (("enrol", "nonsense"), PASSWORD),
        (("accesskey", "issue", "nobody@example.com"), PASSWORD),
        (("accesskey", "issue", "buyer@example.com", "--days", "0"), PASSWORD),
        (("accesskey", "revoke", "buyer@example.com"), PASSWORD),
        (("accesskey", "revoke", "buyer@example.com", "--id", "01a1fd3c-7b6c-77bb-9ce7-61c30257b442"), PASSWORD),
    ],
)
def test_bad_commands_are_told_why(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], password: str) -> None:
    monkeypatch.setenv("ENTREPOT_NEW_PASSWORD", PASSWORD)
    run("enrol", "buyer@example.com")
    monkeypatch.setenv("ENTREPOT_NEW_PASSWORD", password)
    with pytest.raises(CommandError):
        run(*words)
