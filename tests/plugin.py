"""Loaded before Django: gives the suite its settings and, unless DATABASE_URL names a server, its PostgreSQL."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.apps import apps
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import connection, transaction
from django.db.backends.postgresql.creation import DatabaseCreation
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from entrepot.kit.behind import behind
from entrepot.kit.kept import forget_all
from entrepot.server import embedded
from tests.examples import SHORT, many
from tests.template import template

pytest_plugins = ["tests.live"]
ForTheFile = Callable[[Callable[[], Any]], Any]
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
settings.register_profile("house", deadline=None, max_examples=many(100), suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
SERVER: embedded.EmbeddedServer | None = None
if "DATABASE_URL" not in os.environ:
    SERVER = embedded.EmbeddedServer(ROOT / "var" / os.environ.get("ENTREPOT_TEST_PG", "test-pg"))
    os.environ["DATABASE_URL"] = SERVER.ensure_running()
# As Django's flush, but tables that are empty cost next to nothing, and what it would make anew is left alone. One
# transaction, at whose end the keys are looked at; those of the queue are looked at once, so its jobs go last.
_EMPTY = """
DO $$
DECLARE one regclass;
BEGIN
    FOR one IN
        SELECT c.oid FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND c.relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
        ORDER BY c.relname = 'procrastinate_workers', c.relname = 'procrastinate_jobs'
    LOOP
        EXECUTE format('DELETE FROM %s', one);
    END LOOP;
END $$
"""


def pytest_configure() -> None:
    django_settings.PASSWORD_HASHERS = ["tests.hashing.QuickHasher"]
    TransactionTestCase._fixture_teardown = _emptied
    DatabaseCreation.create_test_db = _copied


def _emptied(_case: TransactionTestCase) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)


def _copied(self: DatabaseCreation, *how: Any, _migrated: Any = DatabaseCreation.create_test_db, **more: Any) -> str:
    self.connection.settings_dict["TEST"]["TEMPLATE"] = template(os.environ["DATABASE_URL"])
    return str(_migrated(self, *how, **more))


def pytest_unconfigure(config: pytest.Config) -> None:
    """In CI nothing is left running; at a desk the server stays for the next run."""
    if SERVER is not None and os.environ.get("CI") and not hasattr(config, "workerinput"):
        SERVER.stop()


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """What a process keeps for a while (`kit.kept`, the local cache) must not leak from one test into the next."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    forget_all()
    if apps.ready:
        caches["local"].clear()


@pytest.fixture(autouse=True)
def _nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that commits: the connection of the thread behind would hold the test's database."""
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and bool(marker.kwargs.get("transaction"))
    if commits:
        request.getfixturevalue("transactional_db")
    yield
    if commits:
        behind.end()


@pytest.fixture(scope="module")
def for_the_file(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[ForTheFile]:
    """`for_the_file(make)`: what all tests of a file find, made once, in a transaction that each test's own lies in.

    Only for files without tests that commit; what a test writes is taken back after it, as always.
    """
    around: Any = transaction.atomic()
    around._from_testcase = True  # so that verbs which must be outermost may run in it
    _forget()  # module fixtures come before those of the test
    with django_db_blocker.unblock():
        around.__enter__()

    def make(what: Callable[[], Any]) -> Any:
        assert not connection.savepoint_ids, "made inside a test, with which it would go: let the test name the fixture"
        with django_db_blocker.unblock():
            return what()

    yield make
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


class _Files(LoadFileScheduling):
    """A file goes to one worker, and all that walk through the open house go to the same."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "open house" if file.endswith(_WALKS) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Files:
    return _Files(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins first. Raises UsageError for a walk whose file the scheduler would not know."""
    if SHORT:
        _first_and_last_parameters(config, items)
    for item in items:
        walks = item.get_closest_marker("browser") is not None
        if walks != item.path.name.endswith(_WALKS):
            raise pytest.UsageError(f"{item.nodeid}: tests in the browser are in files that end in {_WALKS}")
    items.sort(key=lambda item: min((i for i, name in enumerate(_LONG) if item.get_closest_marker(name)), default=9))


def _first_and_last_parameters(config: pytest.Config, items: list[pytest.Item]) -> None:
    of_a_test: dict[str, list[pytest.Item]] = {}
    for item in items:
        of_a_test.setdefault(item.nodeid.partition("[")[0], []).append(item)
    config.hook.pytest_deselected(items=[item for each in of_a_test.values() for item in each[1:-1]])
    items[:] = [item for each in of_a_test.values() for item in (each if len(each) < 3 else (each[0], each[-1]))]
