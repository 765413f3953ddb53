"""A laptop's settings are made once and kept to their owner; `entrepot check` names what is missing or unsafe."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings as django_settings
from django.db import connection

from entrepot.server import check, cli, opening, prepare, supervise
from entrepot.server.embedded import CannotStart, EmbeddedServer
from entrepot.server.mortal import fork
from tests.house import ROOT, free_port

PRODUCTION = {
    "SECRET_KEY": "s" * 50,
    "DATABASE_URL": "postgresql://db.example/entrepot",
    "ENTREPOT_FIELD_KEYS": "1:" + "A" * 43 + "=",
    "ENTREPOT_INDEX_KEY": "A" * 43 + "=",
    "ENTREPOT_URL": "https://shop.example",
    "ENTREPOT_HOSTS": "shop.example",
    "ENTREPOT_PAYMENT_SECRET": "x" * 32,
    "ENTREPOT_CARRIER_SECRET": "x" * 32,
    "ENTREPOT_PAYMENT_URL": "https://pay.example",
    "ENTREPOT_CARRIER_URL": "https://carrier.example",
    "ENTREPOT_CUSTOMS_URL": "https://customs.example",
    "ENTREPOT_SMTP": "smtp://mail.example",
    "ENTREPOT_BEHIND_PROXY": "1",
}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("ENTREPOT_"):
            monkeypatch.delenv(name)
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def fatal() -> list[str]:
    return [finding.what for finding in check.environment_findings() if finding.fatal]


def test_a_whole_environment_has_nothing_fatal(production: pytest.MonkeyPatch) -> None:
    assert fatal() == []


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_each_missing_setting_is_named_with_its_meaning(production: pytest.MonkeyPatch, name: str) -> None:
    production.delenv(name)
    (said,) = fatal()
    assert said.startswith(f"{name} is not set: ")


def test_plain_http_and_a_short_secret_are_unsafe(production: pytest.MonkeyPatch) -> None:
    production.setenv("ENTREPOT_URL", "http://shop.example")
    production.setenv("SECRET_KEY", "short")
    assert [said.split()[0] for said in fatal()] == ["ENTREPOT_URL", "SECRET_KEY"]


@pytest.mark.parametrize(("hosts", "named"), [("www.shop.example", False), ("a.b, .shop.example", True), ("*", True)])
def test_an_address_under_which_nobody_would_be_answered_is_told(
    production: pytest.MonkeyPatch, hosts: str, named: bool
) -> None:
    """Visitors would notice; who tells of a payment would be turned away unheard."""
    production.setenv("ENTREPOT_HOSTS", hosts)
    assert [said.split()[0] for said in fatal()] == ([] if named else ["ENTREPOT_HOSTS"])


@pytest.mark.parametrize("yes", ["1", "true", "on"])
def test_the_demo_says_that_it_is_one(production: pytest.MonkeyPatch, yes: str) -> None:
    production.setenv("ENTREPOT_DEMO", yes)
    assert any("never in production" in finding.what for finding in check.environment_findings())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENTREPOT_FIELD_KEYS", "A" * 43 + "="),
        ("ENTREPOT_FIELD_KEYS", "1:" + "A" * 42),
        ("ENTREPOT_FIELD_KEYS", "1:" + "A" * 22 + "=="),
        ("ENTREPOT_FIELD_KEYS", "0:" + "A" * 43 + "="),
        ("ENTREPOT_INDEX_KEY", "A" * 22 + "=="),
        ("ENTREPOT_INDEX_KEY", "A" * 42),
    ],
)
def test_a_key_that_seals_nothing_is_named(production: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Else the first buyer who gives his name finds out."""
    production.setenv(name, value)
    (said,) = fatal()
    assert said.startswith(f"{name} cannot be right: ")


@pytest.mark.parametrize("url", ["mysql://us:secret@db.example/x", "postgresql://us:secret@db.example:abc/x"])
def test_an_address_that_is_none_is_told_without_its_password(url: str) -> None:
    (finding,) = check.database_findings(url)
    assert finding.fatal
    assert "secret" not in finding.what


@pytest.mark.django_db
def test_the_tests_own_server_is_fit() -> None:
    known = connection.settings_dict
    url = f"postgresql://{known['USER']}@/{known['NAME']}?host={known['HOST']}"
    assert [finding for finding in check.database_findings(url) if finding.fatal] == []


def test_a_server_that_does_not_answer_is_told() -> None:
    (finding,) = check.database_findings("postgresql://127.0.0.1:1/none?connect_timeout=1")
    assert finding.fatal
    assert "does not answer" in finding.what


def test_a_laptops_settings_that_could_not_be_written_whole_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(prepare.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            prepare.laptop_environment(tmp_path)
    assert "SECRET_KEY" in prepare.laptop_environment(tmp_path)


def test_a_start_that_is_killed_while_it_makes_the_settings_leaves_no_half_of_them(tmp_path: Path) -> None:
    def killed() -> None:
        prepare.os.fdopen = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
        prepare.laptop_environment(tmp_path)

    os.waitpid(fork("killed", killed), 0)
    assert "SECRET_KEY" in prepare.laptop_environment(tmp_path)


def test_two_first_starts_at_once_agree_on_one_set_of_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, others = os.fdopen, list[object]()

    def meanwhile(*how: Any) -> Any:
        if not others:
            others.append(None)
            others[:] = [prepare.laptop_environment(tmp_path)]
        return opened(*how)

    monkeypatch.setattr(prepare.os, "fdopen", meanwhile)
    assert [prepare.laptop_environment(tmp_path)] == others


def test_a_laptops_keys_are_made_once_and_are_its_owners_alone(tmp_path: Path) -> None:
    made = prepare.laptop_environment(tmp_path)
    assert prepare.laptop_environment(tmp_path) == made
    assert made != prepare.laptop_environment(tmp_path / "other")
    assert (tmp_path / "entrepot.env").stat().st_mode & 0o077 == 0
    assert made["ENTREPOT_DEMO"] == "1"


def test_static_files_are_fresh_until_a_source_changes(tmp_path: Path) -> None:
    root, source = tmp_path / "static", tmp_path / "source"
    root.mkdir()
    source.mkdir()
    (source / "a.css").write_text("a")
    assert not prepare.static_is_fresh(root, [source]), "nothing is collected yet"
    (root / "staticfiles.json").write_text("{}")
    assert prepare.static_is_fresh(root, [source])
    later = (root / "staticfiles.json").stat().st_mtime + 5
    os.utime(source / "a.css", (later, later))
    assert not prepare.static_is_fresh(root, [source])


def entrepot(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")}
    for name in ("SECRET_KEY", "DATABASE_URL", "PORT"):
        kept.pop(name, None)
    command = [sys.executable, "-m", "entrepot", *words]
    return subprocess.run(command, env={**kept, **env}, capture_output=True, text=True, timeout=60)


def test_serving_without_settings_says_what_is_missing(tmp_path: Path) -> None:
    done = entrepot("serve", ENTREPOT_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "DATABASE_URL is not set" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("run",), ("database", "start"), ("database", "url")])
def test_a_home_that_cannot_be_written_is_named_in_one_sentence(command: tuple[str, ...]) -> None:
    ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
    done = entrepot(*command, ENTREPOT_HOME="/sys/entrepot", **ports)  # the kernel's own: nobody writes there
    assert done.returncode == 1
    assert "/sys/entrepot" in done.stderr
    assert "Traceback" not in done.stderr


def test_serving_without_its_database_says_so(tmp_path: Path) -> None:
    nowhere = {**PRODUCTION, "DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    done = entrepot("serve", ENTREPOT_HOME=str(tmp_path), **nowhere)
    assert done.returncode == 1
    assert "the database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_laptops_file_that_was_left_behind_makes_no_demo_of_a_house_with_settings_of_its_own(
    production: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    production.setenv("ENTREPOT_HOME", str(tmp_path))
    production.setenv("ENTREPOT_DEMO", "0")
    prepare.laptop_environment(tmp_path)
    production.delenv("ENTREPOT_DEMO")
    cli._laptop_defaults()
    assert "ENTREPOT_DEMO" not in os.environ


def test_a_laptops_home_is_served_with_its_own_settings(tmp_path: Path) -> None:
    os.chmod(tmp_path.parent, 0o755)
    prepare.laptop_environment(tmp_path)
    done = entrepot("serve", ENTREPOT_HOME=str(tmp_path))
    server = EmbeddedServer(tmp_path / "db")
    try:
        assert "run `entrepot migrate` first" in done.stderr
        assert "`entrepot sandbox`" in done.stdout  # or nobody would know why no payment is answered
        assert not server.is_alive()
    finally:
        server.stop()


def test_the_outside_world_of_a_laptops_demo_is_started_alone_with_its_own_books(tmp_path: Path) -> None:
    secret = prepare.laptop_environment(tmp_path)["ENTREPOT_PAYMENT_SECRET"]
    command = [sys.executable, "-m", "entrepot", "sandbox", "--port", "0"]
    env = {name: value for name, value in os.environ.items() if name not in PRODUCTION}
    with subprocess.Popen(command, env={**env, "ENTREPOT_HOME": str(tmp_path)}, stdout=subprocess.PIPE) as world:
        try:
            assert world.stdout is not None
            assert world.stdout.readline().startswith(b"sandbox on http://127.0.0.1:")
            environment = psutil.Process(world.pid).environ()
        finally:
            world.terminate()
    assert environment["ENTREPOT_PAYMENT_SECRET"] == secret
    assert {one.name for one in (tmp_path / "sandbox").iterdir()} >= {"pay", "carrier", "customs"}
    assert not (tmp_path / "db").exists()


def test_a_laptops_house_that_is_served_at_another_port_is_told_of_payments_there(tmp_path: Path) -> None:
    prepare.laptop_environment(tmp_path)
    env = {name: value for name, value in os.environ.items() if name not in PRODUCTION}
    asked = "import os; from entrepot.server import cli; cli._laptop_settings(); print(os.environ.get('ENTREPOT_URL'))"
    for given, told in (({"PORT": "8010"}, "http://127.0.0.1:8010"), ({"ENTREPOT_URL": "http://x"}, "http://x")):
        house = {**env, **given, "ENTREPOT_HOME": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", asked], env=house, capture_output=True, text=True, check=True)
        assert done.stdout == f"{told}\n"


def test_names_of_hosts_may_stand_apart() -> None:
    env = {**os.environ, **PRODUCTION, "ENTREPOT_HOSTS": "shop.example, www.shop.example"}
    asked = [sys.executable, "-c", "from entrepot.server import settings; print(*settings.ALLOWED_HOSTS, sep='|')"]
    done = subprocess.run(asked, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "shop.example|www.shop.example\n"


def test_a_start_that_is_broken_off_by_hand_says_nothing_of_a_fault(tmp_path: Path) -> None:
    own = {"ENTREPOT_HOME": str(tmp_path), "DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    env = {**os.environ, **own, "PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
    command = [sys.executable, "-u", "-m", "entrepot", "run"]
    # A shell lets what it begins in the background ignore Ctrl-C, the suite with all that it begins among them.
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=env, preexec_fn=heeding, **pipes) as begun:
        assert begun.stdout is not None
        assert begun.stdout.readline() == "Entrepot prepares the shop\n"
        begun.send_signal(signal.SIGINT)
        _, told = begun.communicate(timeout=120)
    assert (begun.returncode, told) == (130, "")


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    done = entrepot("run", ENTREPOT_HOME=str(tmp_path), PORT=port)
    assert done.returncode == 1
    assert f"PORT={port} is not a port number" in done.stderr


@pytest.mark.parametrize(("port", "sandbox"), [("65500", {}), ("8000", {"SANDBOX_PORT": "here"})])
def test_a_port_of_the_sandbox_that_is_none_is_refused(tmp_path: Path, port: str, sandbox: dict[str, str]) -> None:
    done = entrepot("run", ENTREPOT_HOME=str(tmp_path), PORT=port, **sandbox)
    assert done.returncode == 1
    assert f"SANDBOX_PORT={sandbox.get('SANDBOX_PORT', '65599')} is not a port number" in done.stderr


def test_only_a_port_that_is_taken_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody, pytest.raises(CannotStart, match="is taken"):
        prepare.refuse_taken(somebody.getsockname()[1])
    monkeypatch.setenv("ENTREPOT_BIND", "192.0.2.1")
    with pytest.raises(CannotStart, match=r"192\.0\.2\.1.*annot assign"):
        prepare.refuse_taken(free_port())


def test_a_port_that_another_house_has_is_not_shared_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As web processes listen: several may, and each visitor would come to one of them by chance."""
    monkeypatch.setattr(cli, "PORT_WAIT_S", 0.0)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    with socket.socket() as others:
        others.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        others.bind(("127.0.0.1", 0))
        others.listen()
        monkeypatch.setenv("PORT", str(others.getsockname()[1]))
        monkeypatch.setattr(supervise, "web", lambda *_: None)
        with pytest.raises(CannotStart, match="is taken"):
            cli._alone(["web"])
        monkeypatch.setattr(opening, "serve", lambda **_: None)
        monkeypatch.setattr(check, "database_findings", lambda _: [])
        monkeypatch.setattr(cli, "_missing", list)
        with pytest.raises(CannotStart, match="is taken"):
            cli._serve([])


def test_a_port_whose_last_house_is_still_ending_is_waited_for() -> None:
    looks, free = list[int](), free_port()
    with pytest.MonkeyPatch.context() as slow:
        gone = OSError(errno.EADDRINUSE, "in use")
        slow.setattr(prepare, "_unusable", lambda *_: looks.append(1) or (gone if len(looks) < 3 else None))
        prepare.refuse_taken(free, wait_s=60)
    assert len(looks) == 3


def test_the_embedded_server_is_started_asked_and_stopped_by_command(tmp_path: Path) -> None:
    os.chmod(tmp_path.parent, 0o755)
    started = entrepot("database", "start", ENTREPOT_HOME=str(tmp_path))
    assert started.returncode == 0, started.stderr
    assert started.stdout == entrepot("database", "url", ENTREPOT_HOME=str(tmp_path)).stdout
    server = EmbeddedServer(tmp_path / "db")
    assert server.is_running()
    entrepot("database", "stop", ENTREPOT_HOME=str(tmp_path))
    assert not server.is_running()


def test_the_data_of_an_open_shop_are_not_deleted_under_it(tmp_path: Path) -> None:
    os.chmod(tmp_path.parent, 0o755)
    server = EmbeddedServer(tmp_path / "db")
    server.ensure_running()  # as the shop does
    refused = entrepot("database", "remove", ENTREPOT_HOME=str(tmp_path))
    assert (refused.returncode, "end it first" in refused.stderr, server.is_running()) == (1, True, True)
    server.leave()
    assert entrepot("database", "remove", ENTREPOT_HOME=str(tmp_path)).returncode == 0
    assert not server.data.exists()


def test_what_is_forgotten_is_the_database_first_while_there_is_something_to_stop_it_with() -> None:
    told = subprocess.run(["make", "-n", "forget"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    removed, files, programs = (told.index(what) for what in ("database remove", "rm -rf var", "rm -rf .venv"))
    assert removed < files
    assert removed < programs


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps the data elsewhere")
def test_what_root_keeps_elsewhere_is_forgotten_too(tmp_path: Path) -> None:
    """Without its keys it would be found again by the next first start, which could open nothing in it."""
    tmp_path.chmod(0o700)
    home = EmbeddedServer(tmp_path / "db").home
    assert not home.is_relative_to(tmp_path)
    entrepot("database", "start", ENTREPOT_HOME=str(tmp_path))
    assert (home / "pg").is_dir()
    done = entrepot("database", "remove", ENTREPOT_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert not home.exists()


def test_the_settings_refuse_other_databases() -> None:
    done = entrepot("check", **{**PRODUCTION, "DATABASE_URL": "mysql://db.example/x"})
    assert done.returncode != 0
    assert django_settings.DATABASES["default"]["ENGINE"] == "entrepot.server.database"
