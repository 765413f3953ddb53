"""Logged-in clients for page tests, and what their answers' headers say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend
from django.test import Client

from entrepot.kit.clock import now

_RECORDS = "account_authentication_methods"  # where allauth keeps how a session was proved
_WHOSE = "account_authentication_methods_user"


def log_in(client: Client, person_id: UUID, *, second_factor: bool = True) -> Client:
    """Log `client` in as somebody, by password and (unless told otherwise) a second factor."""
    user = AuthenticationBackend().get_user(person_id)
    client.force_login(user)
    at = now().timestamp()
    records: list[dict[str, Any]] = [{"method": "password", "at": at - 3600}]
    if second_factor:
        records.append({"method": "mfa", "at": at, "type": "totp"})
    session = client.session
    session[_RECORDS], session[_WHOSE] = records, str(person_id)
    session.save()
    return client


def directives(policy: str) -> dict[str, set[str]]:
    """A Content-Security-Policy by directive: their order means nothing and differs from process to process."""
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name: set(values) for name, *values in parts}
