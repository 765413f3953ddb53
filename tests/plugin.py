"""Loaded before Django: gives the suite its settings and, unless DATABASE_URL names a server, its PostgreSQL."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import connection
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from entrepot.kit.behind import behind
from entrepot.kit.kept import forget_all
from entrepot.server import embedded

pytest_plugins = ["tests.live"]
ROOT = Path(__file__).resolve().parent.parent
# Where Python is told to leave no bytecode, each of a run's hundred processes would compile the whole house again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("ENTREPOT_HOME", str(ROOT / "var" / "test"))
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("ENTREPOT_FIELD_KEYS", "1:" + base64.b64encode(b"t" * 32).decode())
os.environ.setdefault("ENTREPOT_INDEX_KEY", base64.b64encode(b"i" * 32).decode())
os.environ.setdefault("ENTREPOT_PAYMENT_SECRET", "payment-secret-for-tests")
os.environ.setdefault("ENTREPOT_CARRIER_SECRET", "carrier-secret-for-tests")
os.environ.setdefault("ENTREPOT_STATIC_FROM_PACKAGES", "1")
_WALKS = "_in_browser.py"
_LONG = ("browser", "house")  # what takes longest begins first
# How long an example takes says more of the machine than of the rule: speed is measured by `make bench`.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
SERVER: embedded.EmbeddedServer | None = None
if "DATABASE_URL" not in os.environ:
    SERVER = embedded.EmbeddedServer(ROOT / "var" / os.environ.get("ENTREPOT_TEST_PG", "test-pg"))
    os.environ["DATABASE_URL"] = SERVER.ensure_running()


def pytest_configure() -> None:
    django_settings.PASSWORD_HASHERS = ["tests.hashing.QuickHasher"]


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
        behind.end()  # its database connection would hold the test's database
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_periodic_defers")
            cursor.execute("DELETE FROM procrastinate_jobs")


class _Files(LoadFileScheduling):
    """A file goes to one worker, and all that walk through the open house go to the same."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "open house" if file.endswith(_WALKS) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Files:
    return _Files(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first. Raises UsageError for a walk whose file the scheduler would not know."""
    for item in items:
        walks = item.get_closest_marker("browser") is not None
        if walks != item.path.name.endswith(_WALKS):
            raise pytest.UsageError(f"{item.nodeid}: tests in the browser are in files that end in {_WALKS}")
    items.sort(key=lambda item: min((i for i, name in enumerate(_LONG) if item.get_closest_marker(name)), default=9))
