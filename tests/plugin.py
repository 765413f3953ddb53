"""Loaded before Django: gives the suite its settings and, unless DATABASE_URL names a server, its PostgreSQL."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.cache import caches
from django.db import connection
from hypothesis import HealthCheck, settings

from entrepot.kit.kept import forget_all
from entrepot.server import embedded

pytest_plugins = ["tests.live"]
ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("ENTREPOT_HOME", str(ROOT / "var" / "test"))
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("ENTREPOT_FIELD_KEYS", "1:" + base64.b64encode(b"t" * 32).decode())
os.environ.setdefault("ENTREPOT_INDEX_KEY", base64.b64encode(b"i" * 32).decode())
os.environ.setdefault("ENTREPOT_PAYMENT_SECRET", "payment-secret-for-tests")
os.environ.setdefault("ENTREPOT_CARRIER_SECRET", "carrier-secret-for-tests")
os.environ.setdefault("ENTREPOT_STATIC_FROM_PACKAGES", "1")
# In the browser's own tests an event loop stands in the thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
_LONG = ("browser", "house")  # what takes longest begins first
# How long an example takes says more of the machine than of the rule: speed is measured by `make bench`.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
SERVER: embedded.EmbeddedServer | None = None
if "DATABASE_URL" not in os.environ:
    SERVER = embedded.EmbeddedServer(ROOT / "var" / os.environ.get("ENTREPOT_TEST_PG", "test-pg"))
    os.environ["DATABASE_URL"] = SERVER.ensure_running()


def pytest_unconfigure(config: pytest.Config) -> None:
    """In CI nothing is left running; at a desk the server stays for the next run."""
    if SERVER is not None and os.environ.get("CI") and not hasattr(config, "workerinput"):
        SERVER.stop()


@pytest.fixture(autouse=True)
def _no_loop_of_the_browser(request: pytest.FixtureRequest) -> Iterator[None]:
    """Between the browser's tests its driver's event loop stands as running in this thread: others must not meet it."""
    loop = asyncio._get_running_loop()
    if loop is None or request.node.get_closest_marker("browser") is not None:
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A group goes to one worker: a file each, but all that walk through the open house together, and those first."""
    for item in items:
        walks = item.get_closest_marker("browser") is not None
        item.add_marker(pytest.mark.xdist_group("open house" if walks else item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: min((i for i, name in enumerate(_LONG) if item.get_closest_marker(name)), default=9))
