"""Loaded before Django: gives the suite its settings and, unless DATABASE_URL names a server, its PostgreSQL."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.cache import caches
from django.db import connection
from hypothesis import settings

from entrepot.kit.kept import forget_all
from entrepot.server import embedded

ROOT = Path(__file__).resolve().parent.parent
# What a test finds does not hang on how busy the machine is. The rest of the profile in force (CI has its own) stays.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")
os.environ.setdefault("ENTREPOT_HOME", str(ROOT / "var" / "test"))
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("ENTREPOT_FIELD_KEYS", "1:" + base64.b64encode(b"t" * 32).decode())
os.environ.setdefault("ENTREPOT_INDEX_KEY", base64.b64encode(b"i" * 32).decode())
os.environ.setdefault("ENTREPOT_PAYMENT_SECRET", "payment-secret-for-tests")
os.environ.setdefault("ENTREPOT_CARRIER_SECRET", "carrier-secret-for-tests")
os.environ.setdefault("ENTREPOT_STATIC_FROM_PACKAGES", "1")
# Playwright leaves an event loop in the test thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
SERVER: embedded.EmbeddedServer | None = None
if "DATABASE_URL" not in os.environ:
    SERVER = embedded.EmbeddedServer(ROOT / "var" / os.environ.get("ENTREPOT_TEST_PG", "test-pg"))
    os.environ["DATABASE_URL"] = SERVER.ensure_running()


def pytest_unconfigure(config: pytest.Config) -> None:
    """In CI nothing is left running; at a desk the server stays for the next run."""
    if SERVER is not None and os.environ.get("CI") and not hasattr(config, "workerinput"):
        SERVER.stop()


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """What a process keeps for a while (`kit.kept`, the local cache) must not leak from one test into the next."""
    forget_all()
    yield
    if apps.ready:
        caches["local"].clear()


@pytest.fixture(autouse=True)
def _queue_left_empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Django empties its own tables after a test that commits; the queue's belong to procrastinate."""
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and bool(marker.kwargs.get("transaction"))
    if commits:
        request.getfixturevalue("transactional_db")
    yield
    if commits:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_periodic_defers")
            cursor.execute("DELETE FROM procrastinate_jobs")
