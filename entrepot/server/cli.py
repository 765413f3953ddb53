"""`entrepot`: one command for everything. What is not ours is Django's (`entrepot help`)."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, execute_from_command_line
from django.db import NotSupportedError, OperationalError, connection

from entrepot.kit.clock import now
from entrepot.kit.lasting import loading
from entrepot.server import check, prepare
from entrepot.server.embedded import CannotStart, EmbeddedServer
from entrepot.server.given import flag
from entrepot.server.mortal import fork
from entrepot.web.common.away import DatabaseAway, away

ALONE = ("web", "intake", "worker", "scheduler")
WITH_WORDS = ("sandbox", "database", "quote")  # the other commands of ours take none
ASKS = {"-h", "--help"}
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # what is told without a file's name
NO_ROOM = (*DISK, errno.EACCES, errno.EPERM)
PORT_WAIT_S = 15.0  # longer than the last requests take that a house's processes end with
OF_ITS_OWN = {"ENTREPOT_FIELD_KEYS", "ENTREPOT_INDEX_KEY", "ENTREPOT_PAYMENT_SECRET", "ENTREPOT_CARRIER_SECRET"}
IMPORTS = {"sales": "import_sales", "consignments": "import_shipments"}
usage = """entrepot COMMAND

  run                     open the shop on this machine with database, demo and sandbox (what `make run` does)
  serve                   web, worker and scheduler, supervised; settings from the environment. With
                          ENTREPOT_INTAKE_PORT an intake process too, which takes orders for a proxy to send there
  web | intake | worker | scheduler   one of them alone
  sandbox [--port N]      the outside world of the demo: payment provider, carrier, customs port
  check                   what is missing or unsafe in the settings
  enrol LOGIN --superuser the first operator of a new shop; --role NAME makes a member of staff
  accesskey issue|list|revoke LOGIN   a person's keys for the API
  customs_setup           exchange certificates with the customs port; a key of our own is made where there is none
  database start|stop|url the embedded PostgreSQL of this home; `database remove` deletes it with all data,
                          `database dump FILE` backs it up, also while the shop is open, `database restore FILE` brings
                          it back into an empty one (docs/OPERATION.md)
  import products FILE    bring a catalogue in: rows are staged, shown as a difference, then committed
  import consignments FILE... --warehouse CODE [--dry-run]   deliveries of another system become orders, consignments
                          and lots; shared freight lies on the lots it is for, what cannot be resolved says why;
                          `import sales FILE` takes sales in
  import_rates FILE --name BOOK --as-of DAY [--dry-run]   a version of a rate book, compared before it counts
  quote [--shipped]       landed cost: requests as JSON (Lines) on standard input, one answer a line; --shipped needs no
                          database and asks the rate books that ship, else the database's newest
  what_if FILE            what rows of a rate book would change: catalogue, stock, orders (entrepot what_if --help)
  import_sales FILE, import_shipments FILE   histories of another system, with their dirt by kind
  backtest [FILE]         how the methods of forecasting would have done on real sales; propose FILE proposes orders
  demo                    load the demo catalogue and people
  messages PACKAGE        bring a web package's Chinese up to date with its code, and say what lacks it
  migrate, shell, …       Django's commands: `entrepot help`

ENTREPOT_HOME (default ./var) holds the embedded database, keys, media and logs. DATABASE_URL names another PostgreSQL.
PORT (default 8000) and ENTREPOT_BIND (default 127.0.0.1) say where the shop is served.
"""


def main() -> None:
    """Run the command of the command line; exits with 1 and one sentence when it cannot."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.server.settings")
    command, *rest = sys.argv[1:] or ["help-entrepot"]
    ours: dict[str, Callable[[list[str]], None]] = {
        "run": _run,
        "serve": _serve,
        "web": _alone,
        "intake": _alone,
        "worker": _alone,
        "scheduler": _alone,
        "sandbox": _sandbox,
        "check": _check,
        "database": _database,
        "quote": _quote,
    }
    try:
        if command in ("help-entrepot", *ASKS) or (command in ours and _asks_how(command, rest)):
            sys.stdout.write(usage)
        elif command in ours:
            ours[command](_words(command, rest))
        else:
            _laptop_defaults()
            execute_from_command_line(["entrepot", *_spelled_out(command, rest)])
    except (CannotStart, ImproperlyConfigured, NotSupportedError) as wrong:
        sys.exit(f"entrepot: {wrong}")
    except OperationalError as gone:
        if not isinstance(away(gone), DatabaseAway):
            raise
        sys.exit(f"entrepot: the database does not answer: {str(gone).partition(chr(10))[0]}")
    except OSError as wrong:
        if wrong.filename is None and wrong.errno not in DISK:
            raise
        advice = "; ENTREPOT_HOME names another place for the shop's data" if wrong.errno in NO_ROOM else ""
        sys.exit(f"entrepot: {wrong.filename or 'the disk'}: {wrong.strerror}{advice}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _asks_how(command: str, rest: list[str]) -> bool:
    """Sandbox and quote have a help of their own."""
    return not ASKS.isdisjoint(rest) and command not in ("sandbox", "quote")


def _words(command: str, rest: list[str]) -> list[str]:
    """What a command of ours is given. Raises CannotStart for a word that nobody would read."""
    if rest and command not in WITH_WORDS:
        raise CannotStart(f"{command} takes nothing more, and {rest[0]} would change nothing; see `entrepot --help`")
    return [command] if command in ALONE else rest


def _spelled_out(command: str, rest: list[str]) -> list[str]:
    """`import` is one word for the user; what is taken in belongs to contexts, each with a command of its own."""
    if command == "import" and rest and rest[0] in IMPORTS:
        return [IMPORTS[rest[0]], *rest[1:]]
    return [command, *rest]


def _home() -> Path:
    return Path(os.environ.get("ENTREPOT_HOME", Path.cwd() / "var")).resolve()


def _laptop_defaults(*, demo: bool = False) -> EmbeddedServer | None:
    """On a laptop fill in what the environment leaves open; the server it has then."""
    if not _laptop_settings(demo=demo) or "DATABASE_URL" in os.environ:
        return None
    server = EmbeddedServer(_home() / "db")
    os.environ["DATABASE_URL"] = server.ensure_running()
    return server


def _laptop_settings(*, demo: bool = False) -> bool:
    """Whether `entrepot run` made a settings file here and the environment leaves something open, which is filled in.
    One that is whole is not told by a file left behind that it is a demo, nor is one with keys or secrets of its own:
    where one of them was forgotten, a laptop's would seal what it sells. `demo`: in any case."""
    if not (_home() / "entrepot.env").exists() or not _missing():
        return False
    made = prepare.laptop_environment(_home())
    if not demo and any(os.environ.get(name, made[name]) != made[name] for name in made.keys() & OF_ITS_OWN):
        return False
    for name, value in made.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("ENTREPOT_URL", f"http://127.0.0.1:{_port()}")
    return True


def _missing() -> list[str]:
    return [finding.what for finding in check.environment_findings() if finding.fatal]


def _run(_rest: list[str]) -> None:
    steps = prepare.Steps()
    home = _home()
    first = not (home / "entrepot.env").exists()
    port = _port()
    sandbox_port = _port("SANDBOX_PORT", port + 99)
    for taken in (port, sandbox_port):
        prepare.refuse_taken(taken)
    os.environ.setdefault("ENTREPOT_URL", f"http://127.0.0.1:{port}")
    os.environ.setdefault("ENTREPOT_SANDBOX_URL", f"http://127.0.0.1:{sandbox_port}")
    # Where the sandbox's customs asks for payment data (announcement 179): us, unless another platform is named.
    data_url = f"{os.environ['ENTREPOT_URL']}/callbacks/customs/platDataOpen"
    os.environ.setdefault("ENTREPOT_CUSTOMS_PLATFORM_DATA_URL", data_url)
    sys.stdout.write("Entrepot prepares the shop\n")
    steps("keys", 0)
    prepare.laptop_environment(home)
    steps("keys", 1)
    steps("database", 0)
    server = _laptop_defaults(demo=True)
    steps("database", 1)
    sandbox_pid = fork("sandbox", lambda: prepare.sandbox(home, sandbox_port))
    with loading():
        django.setup()
        from entrepot.server import opening  # noqa: PLC0415 needs Django's applications

    opening.open_shop(
        steps=steps, server=server, port=port, sandbox_port=sandbox_port, sandbox_pid=sandbox_pid, first=first
    )


def _serve(_rest: list[str]) -> None:
    server = _laptop_defaults()
    missing = _missing() or [found.what for found in check.database_findings(os.environ["DATABASE_URL"]) if found.fatal]
    if missing:
        raise CannotStart("the settings are not complete; `entrepot check` tells:\n  " + "\n  ".join(missing))
    for note in check.unknown():
        sys.stderr.write(f"entrepot: {note.what}\n")
    if flag("ENTREPOT_DEMO"):
        sys.stdout.write("The demo's outside world is not part of it: start it by `entrepot sandbox`\n")
        sys.stdout.flush()
    with loading():
        django.setup()
        from entrepot.server import opening  # noqa: PLC0415

    _refuse_taken(_port(), settings.INTAKE_PORT)
    opening.serve(server=server, port=_port())


def _alone(names: list[str]) -> None:
    _laptop_defaults()
    django.setup()
    from entrepot.server import supervise, tables  # noqa: PLC0415

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if names == ["web"]:
        _refuse_taken(_port())
        supervise.web(os.environ.get("ENTREPOT_BIND", "127.0.0.1"), _port())
    elif names == ["intake"]:
        _refuse_taken(settings.INTAKE_PORT or _port())
        supervise.intake(os.environ.get("ENTREPOT_BIND", "127.0.0.1"), settings.INTAKE_PORT or _port())
    else:  # web and intake say meanwhile that it is away
        tables.refuse_stale()
        connection.close()
        supervise.worker() if names == ["worker"] else supervise.scheduler()


def _refuse_taken(*ports: int) -> None:
    """Those of a house that was killed may still be ending."""
    for port in filter(None, ports):
        prepare.refuse_taken(port, wait_s=PORT_WAIT_S, advice="PORT or ENTREPOT_INTAKE_PORT chooses another")


def _sandbox(rest: list[str]) -> None:
    _laptop_settings()  # its secrets are ours
    state = ["--state", str(_home() / "sandbox")]
    os.execv(sys.executable, [sys.executable, "-m", "entrepot.sandbox", *state, *rest])  # noqa: S606


def _check(_rest: list[str]) -> None:
    _laptop_settings()
    findings = list(check.environment_findings())
    if url := os.environ.get("DATABASE_URL"):
        findings += check.database_findings(url)
    for finding in findings:
        sys.stdout.write(f"{'MISSING' if finding.fatal else 'note   '}  {finding.what}\n")
    if any(finding.fatal for finding in findings):
        sys.exit(1)
    django.setup()
    from entrepot.customs import services as customs  # noqa: PLC0415 needs Django's applications
    from entrepot.identity import selectors as identity  # noqa: PLC0415
    from entrepot.payments import services as payments  # noqa: PLC0415
    from entrepot.server import opening, tables  # noqa: PLC0415

    if tables.are_stale():
        sys.stdout.write("note     the database is not up to date: `entrepot migrate` comes next\n")
    elif not identity.keys_fit():
        sys.exit(f"MISSING  {opening.OTHER_KEYS}")
    demo = flag("ENTREPOT_DEMO")  # there the first start introduces us to the sandbox's port
    undeclarable = [
        *customs.missing(now=now()),
        *payments.missing(),
        *customs.missing_for_data(),
        *customs.bad_settings(),
    ]
    for what in undeclarable:
        sys.stdout.write(f"{'note   ' if demo else 'MISSING'}  {what}\n")
    call_command("check", deploy=not demo)
    if undeclarable and not demo:
        sys.exit(1)
    sys.stdout.write("Everything that is needed is there.\n")


def _database(rest: list[str]) -> None:
    server = EmbeddedServer(_home() / "db")
    if rest == ["start"]:
        sys.stdout.write(f"{server.ensure_running()}\n")
    elif rest == ["stop"]:
        server.stop()
    elif rest == ["remove"]:
        server.remove()
    elif rest == ["url"]:
        sys.stdout.write(f"{server.url}\n")
    elif len(rest) == 2 and rest[0] in ("dump", "restore"):
        ran = server.is_alive()
        try:
            {"dump": server.dump, "restore": server.restore}[rest[0]](Path(rest[1]))
        finally:
            if not ran:
                server.leave()
    else:
        raise CannotStart("database start, stop, url, remove, dump FILE or restore FILE")


def _quote(rest: list[str]) -> None:
    if rest == ["--shipped"]:
        os.execv(sys.executable, [sys.executable, "-m", "entrepot.tariff"])  # noqa: S606
    _laptop_defaults()
    execute_from_command_line(["entrepot", "quote", *rest])


def _port(name: str = "PORT", default: int = 8000) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise CannotStart(f"{name}={text} is not a port number")
    return int(text)
