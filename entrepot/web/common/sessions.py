"""Sessions in the database, sealed: while a code is checked they hold the e-mail address or phone it went to."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from entrepot.kit import sql
from entrepot.kit.clock import now
from entrepot.kit.sealing import CannotOpen, sealer

_CONTEXT = "session.data"
_HOT = (
    "SELECT session_key, session_data, expire_date FROM django_session"
    " WHERE session_key = %(key)s AND expire_date > %(now)s"
)


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        """As Django's, but each page asks: a hot read."""
        key = self.session_key or ""
        if "\0" not in key:  # no session has a key with a NUL in it
            for row in sql.hot_rows(_HOT, {"key": key, "now": now()}):
                return Session(**row)
        self._session_key = None
        return None

    def encode(self, session_dict: dict[str, Any]) -> str:
        return base64.b64encode(sealer().seal(json.dumps(session_dict), _CONTEXT)).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The session; an empty one where the value was changed or its key is gone (the visitor logs in again)."""
        try:
            opened: dict[str, Any] = json.loads(sealer().open(base64.b64decode(session_data), _CONTEXT))
        except (CannotOpen, ValueError):
            return {}
        return opened
