"""Sessions in the database, sealed: while a code is checked they hold the e-mail address or phone it went to."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.contrib.sessions.backends import db

from entrepot.kit.sealing import CannotOpen, sealer

_CONTEXT = "session.data"


class SessionStore(db.SessionStore):
    def encode(self, session_dict: dict[str, Any]) -> str:
        return base64.b64encode(sealer().seal(json.dumps(session_dict), _CONTEXT)).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The session; an empty one where the value was changed or its key is gone (the visitor logs in again)."""
        try:
            opened: dict[str, Any] = json.loads(sealer().open(base64.b64decode(session_data), _CONTEXT))
        except (CannotOpen, ValueError):
            return {}
        return opened
