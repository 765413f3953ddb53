"""Open the shop: tables, static files, the demo on the first start, then all processes until stopped.

Imported after `django.setup()`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import get_resolver

from entrepot.customs import services as customs
from entrepot.demo import load as demo
from entrepot.identity import selectors as identity
from entrepot.kit.clock import now
from entrepot.kit.lasting import loading
from entrepot.server import prepare, supervise, tables
from entrepot.server.embedded import CannotStart, EmbeddedServer
from entrepot.web.rest import short

sandbox_wait_s = 20.0
OTHER_KEYS = (
    "ENTREPOT_FIELD_KEYS or ENTREPOT_INDEX_KEY are not those that this database was written with: names and addresses"
    " could not be read, nor yearly limits be found. Give them back; all that ever sealed are needed, each with its id"
)


def open_shop(
    *, steps: prepare.Steps, server: EmbeddedServer | None, port: int, sandbox_port: int, sandbox_pid: int, first: bool
) -> None:
    """Prepare what is missing and run everything, with the sandbox that is starting already, until Ctrl-C."""
    supervisor = _supervisor(server)
    supervisor.adopt("sandbox", lambda: prepare.sandbox(settings.HOME, sandbox_port), sandbox_pid)
    try:
        _migrate(steps)
        _refuse_other_keys()
        _collect_static(steps)
        if first or not demo.is_loaded():
            pictured = os.environ.get("ENTREPOT_DEMO_PICTURES")  # how many products get pictures: tests need few
            demo.load(report=steps, now=now(), pictured=int(pictured) if pictured else None)
        _add_house(supervisor, port)
        _meet_the_sandbox(steps)
        sys.stdout.write(_welcome(port, server))
        sys.stdout.flush()
        supervisor.run()
    finally:
        supervisor.end_all()
        if server is not None:
            server.leave()


def _meet_the_sandbox(steps: prepare.Steps) -> None:
    """Wait until it answers and exchange certificates with its customs port."""
    steps("outside world", 0)
    deadline = time.monotonic() + sandbox_wait_s
    while True:
        try:
            customs.set_up(now=now())
        except customs.PortSilent:
            if time.monotonic() > deadline:
                raise CannotStart(f"the sandbox did not answer in {sandbox_wait_s:.0f} s") from None
            time.sleep(0.1)
        else:
            break
    steps("outside world", 1)


def serve(*, server: EmbeddedServer | None, port: int) -> None:
    """Web, worker and scheduler until stopped. Raises CannotStart without tables, keys or files that fit."""
    try:
        tables.refuse_stale()
        _refuse_other_keys()
        if not (settings.STATIC_FROM_PACKAGES or _static_is_fresh()):
            raise CannotStart("the pages' files are not those of this version: run `entrepot collectstatic` first")
        supervisor = _supervisor(server)
        _add_house(supervisor, port)
        supervisor.run()
    finally:
        if server is not None:
            server.leave()


def _refuse_other_keys() -> None:
    if not identity.keys_fit():
        raise CannotStart(OTHER_KEYS)


def _supervisor(server: EmbeddedServer | None) -> supervise.Supervisor:
    supervisor = supervise.Supervisor()
    if server is not None:
        embedded = server

        def bring_back() -> None:
            embedded.ensure_running()

        supervisor.where_needed("database", bring_back, lambda: not embedded.is_alive())
    return supervisor


def _add_house(supervisor: supervise.Supervisor, port: int) -> None:
    with loading():  # all pages and the books, before the fork: the processes share them
        get_wsgi_application()
        get_resolver().url_patterns  # noqa: B018
        short.warm()
    address = os.environ.get("ENTREPOT_BIND", "127.0.0.1")
    supervisor.add("web", lambda: supervise.web(address, port))
    if settings.INTAKE_PORT:
        supervisor.add("intake", lambda: supervise.intake(address, settings.INTAKE_PORT))
    supervisor.add("worker", supervise.worker)
    supervisor.add("scheduler", supervise.scheduler)


def _migrate(steps: prepare.Steps) -> None:
    steps("tables", 0)
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    done = 0

    def progress(action: str, *_: object) -> None:
        nonlocal done
        if action == "apply_success":
            done += 1
            steps("tables", min(done / max(len(plan), 1), 0.99))

    if plan:
        executor.progress_callback = progress
        executor.migrate(executor.loader.graph.leaf_nodes())
        call_command("migrate", verbosity=0)  # content types and permissions, made by signals of the command
    call_command("createcachetable", verbosity=0)
    steps("tables", 1)


def _collect_static(steps: prepare.Steps) -> None:
    if settings.STATIC_FROM_PACKAGES:
        return
    steps("pages' files", 0)
    if not _static_is_fresh():
        call_command("collectstatic", interactive=False, verbosity=0)
    steps("pages' files", 1)


def _static_is_fresh() -> bool:
    sources = [Path(storage.location) for finder in get_finders() for storage in finder.storages.values()]  # type: ignore[attr-defined]
    return prepare.static_is_fresh(Path(settings.STATIC_ROOT), sources)


def _welcome(port: int, server: EmbeddedServer | None) -> str:
    address, places = f"http://127.0.0.1:{port}", [settings.HOME]
    if server is not None and not server.data.is_relative_to(settings.HOME):
        places.append(server.data)
    lines = [
        "",
        f"  shop         {address}/        (English: {address}/en/)",
        f"  back office  {address}/office/",
        f"  API          {address}/api/docs",
        "",
        *(f"  {line}" for line in demo.log_ins()),
        "",
        "  Ctrl-C stops everything; the data stays in " + " and ".join(map(str, places)),
        "",
    ]
    return "\n".join(lines)
