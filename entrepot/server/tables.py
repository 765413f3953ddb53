"""Whether the database has the tables of this version."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from entrepot.server.embedded import CannotStart


def are_stale() -> bool:
    """Whether migrations are to be run."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def refuse_stale() -> None:
    """Raises CannotStart."""
    if are_stale():
        raise CannotStart("the database is not up to date: run `entrepot migrate` first")
