"""Django's PostgreSQL, with statements that the server keeps prepared, and no question before each request."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base, features, operations
from django.db.backends.utils import CursorWrapper
from psycopg import RawCursor

from entrepot.server.check import oldest_server

PREPARED_MAX = 300  # texts of a connection, so that lists filtered in every way do not push out what places orders


class DatabaseFeatures(features.DatabaseFeatures):
    minimum_database_version = (oldest_server,)


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: CursorWrapper, sql: str, params: Any) -> str:
        """The driver sends a prepared statement by its name and does not tell its text."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    features_class = DatabaseFeatures

    def init_connection_state(self) -> None:
        """What is prepared is planned once for all values: planning costs such reads more than a better plan saves."""
        super().init_connection_state()
        self.connection.prepared_max = PREPARED_MAX
        session = {"plan_cache_mode": "force_generic_plan", **self.settings_dict.get("SESSION", {})}
        with self.connection.cursor() as cursor:
            cursor.execute("; ".join(f"SET {name} = '{value}'" for name, value in session.items()))

    def prepared(self) -> CursorWrapper:
        """A cursor for what thousands of pages and orders do alike, parameters numbered ($1), which is planned once."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = RawCursor(self.connection)
            wrapped: CursorWrapper = self._prepare_cursor(cursor)  # type: ignore[attr-defined]
            return wrapped

    def is_usable(self) -> bool:
        """A connection at rest says nothing until its server goes: only then is it asked, as Django always does."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or bool(super().is_usable())
