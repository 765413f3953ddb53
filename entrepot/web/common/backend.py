"""Who is logged in: allauth's ways of logging in; each page's look at its person is a hot read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend

from entrepot.identity import selectors


class Backend(AuthenticationBackend):
    def get_user(self, user_id: UUID) -> Any:
        return selectors.login(person_id=user_id)
