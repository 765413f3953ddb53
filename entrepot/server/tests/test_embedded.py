"""The launcher against a real PostgreSQL: races, stale pids, kills, other versions, long paths, full disks."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from entrepot.server import embedded
from entrepot.server.embedded import CannotStart, EmbeddedServer, OtherVersion

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A home with a stopped, whole cluster; tests copy it, which is quicker than initdb."""
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        os.chmod(folder, 0o755)
        server = EmbeddedServer(Path(folder) / "home")
        server.ensure_running()
        server.stop()
        yield server.home


@pytest.fixture
def server(cluster: Path) -> Iterator[EmbeddedServer]:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        os.chmod(folder, 0o755)
        made = _copy(cluster, Path(folder) / "home")
        yield made
        made.stop()


def _copy(cluster: Path, home: Path) -> EmbeddedServer:
    subprocess.run(["cp", "-a", cluster, home], check=True)
    return EmbeddedServer(home)


def _ask(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(server.url) as db:
        row = db.execute(question).fetchone()
        return row[0] if row else None


def test_it_is_durable_and_closed_to_the_network(server: EmbeddedServer) -> None:
    assert server.ensure_running() == server.url
    for setting, wanted in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
    }.items():
        assert _ask(server, f"SHOW {setting}") == wanted, setting


def test_where_it_listens_is_not_lost_with_the_servers_own_settings(server: EmbeddedServer) -> None:
    server.ensure_running()
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute("ALTER SYSTEM RESET ALL")
        db.execute("ALTER SYSTEM SET listen_addresses = '*'")
    server.stop()
    server.ensure_running()
    assert _ask(server, "SHOW listen_addresses") == ""
    assert _ask(server, "SHOW max_connections") == "200"


def test_its_log_tells_what_was_refused_but_no_value(server: EmbeddedServer) -> None:
    server.ensure_running()
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute("CREATE TABLE kept (name text CONSTRAINT kept_once UNIQUE)")
        with pytest.raises(psycopg.errors.UniqueViolation, match="张小燕"):
            db.execute("INSERT INTO kept VALUES ('张小燕'), ('张小燕')")
    told = server.log.read_text()
    assert "kept_once" in told
    assert "张小燕" not in told


def test_it_knows_the_case_of_all_letters_and_orders_by_code_points(server: EmbeddedServer) -> None:
    server.ensure_running()
    assert _ask(server, "SELECT upper('é') || lower('Я')") == "Éя"
    assert _ask(server, "SELECT 'É' ILIKE 'é' AND 'Zebra' < 'apple'") is True


@pytest.mark.parametrize(
    ("version", "known", "wanted"),
    [
        (18, False, ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]),
        (15, True, ["--lc-ctype=C.UTF-8"]),
        (15, False, []),
    ],
)
def test_letters_come_from_the_server_or_the_system_or_are_plain(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, version: int, known: bool, wanted: list[str]
) -> None:
    monkeypatch.setattr(server, "_version", lambda: version)
    monkeypatch.setattr(embedded, "_system_knows", lambda locale: known)
    assert server._letters() == wanted


def test_what_the_system_does_not_have_is_not_asked_for() -> None:
    assert embedded._system_knows("C")
    assert not embedded._system_knows("xx_XX.nowhere")


def test_a_second_start_finds_the_running_server(server: EmbeddedServer) -> None:
    server.ensure_running()
    pid = server.pid()
    assert EmbeddedServer(server.home).ensure_running() == server.url
    assert server.pid() == pid
    assert server.is_alive()


def test_it_is_known_where_the_system_has_no_ps(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the images that are called slim."""
    monkeypatch.setenv("PATH", "/nowhere")
    server.ensure_running()
    assert server.is_alive()
    server.stop()
    assert not server.is_alive()


def test_a_server_that_does_not_answer_yet_is_waited_for(server: EmbeddedServer) -> None:
    """The start before was broken off while it recovered: its server goes on."""
    server.ensure_running()
    pid, second, recovers = server.pid(), EmbeddedServer(server.home), [True] * 20
    second.is_running = lambda: not recovers or not recovers.pop()  # type: ignore[method-assign]
    assert second.ensure_running() == server.url
    assert (server.pid(), recovers) == (pid, [])


def _race(home: Path, answers: multiprocessing.Queue[object]) -> None:
    try:
        mine = EmbeddedServer(home)
        mine.ensure_running()
        with psycopg.connect(mine.url) as db:
            db.execute("SELECT 1")
        answers.put(mine.pid())
    except Exception as wrong:  # noqa: BLE001 told to the parent, which fails
        answers.put(repr(wrong))


def test_eight_processes_race_for_the_first_start_and_share_one_server() -> None:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        os.chmod(folder, 0o755)
        home = Path(folder) / "home"
        answers: multiprocessing.Queue[object] = multiprocessing.Queue()
        racers = [multiprocessing.Process(target=_race, args=(home, answers)) for _ in range(8)]
        for racer in racers:
            racer.start()
        pids = {answers.get(timeout=600) for _ in racers}
        for racer in racers:
            racer.join()
        EmbeddedServer(home).stop()
    assert len(pids) == 1 and isinstance(pids.pop(), int)


def test_killed_processes_come_back_with_what_was_acknowledged(server: EmbeddedServer) -> None:
    server.ensure_running()
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute("CREATE TABLE kept (n int)")
        db.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    pid = server.pid()
    assert pid is not None
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    for each in [pid, *map(int, children)]:
        with contextlib.suppress(ProcessLookupError):  # children leave by themselves once their postmaster is gone
            os.kill(each, signal.SIGKILL)
    # The postmaster may stay a zombie of this test process: PostgreSQL alone would refuse to start.
    server.ensure_running()
    assert _ask(server, "SELECT count(*) FROM kept") == 1000


def test_a_stale_pid_of_a_living_stranger_does_not_keep_it_from_starting(server: EmbeddedServer) -> None:
    stranger = subprocess.Popen(["sleep", "600"], **server._who)
    try:
        pidfile = server.data / "postmaster.pid"
        pidfile.write_text(f"{stranger.pid}\n{server.data}\n1\n5432\n{server.socket_dir}\n\n 0 0\nready\n")
        if server._who:
            os.chown(pidfile, server._who["user"], -1)
        assert not server.is_alive()
        server.ensure_running()
        assert server.pid() != stranger.pid
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_cluster_of_another_version_is_refused_with_the_way_on(server: EmbeddedServer) -> None:
    version = server.data / "PG_VERSION"
    right = version.read_text()
    version.write_text("14\n")
    with pytest.raises(OtherVersion, match="pg_upgrade"):
        server.ensure_running()
    version.write_text(right)


def test_a_path_too_long_for_a_socket_gets_a_short_runtime_directory() -> None:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        os.chmod(folder, 0o755)
        deep = Path(folder) / ("long-name-" * 10)
        server = EmbeddedServer(deep)
        assert len(str(server.socket_dir)) < 60 < len(str(deep))
        server.ensure_running()
        assert _ask(server, "SELECT 1") == 1
        server.stop()
        assert EmbeddedServer(deep).socket_dir == server.socket_dir
        shutil.rmtree(server.socket_dir)


def test_somebody_elses_runtime_directory_is_refused() -> None:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        os.chmod(folder, 0o755)
        deep = Path(folder) / ("long-name-" * 10)
        short = EmbeddedServer(deep).socket_dir
        short.chmod(0o777)
        try:
            with pytest.raises(CannotStart, match="open to others"):
                EmbeddedServer(deep)
        finally:
            short.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_says_so_and_leaves_no_half_cluster() -> None:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        os.chmod(folder, 0o755)
        small = Path(folder) / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", small]).returncode != 0:
            pytest.skip("this machine does not let us mount")
        try:
            server = EmbeddedServer(small / "home")
            with pytest.raises(CannotStart, match="(?i)no space left"):
                server.ensure_running()
            assert not server.data.exists()
            assert not (server.home / "pg.new").exists()
        finally:
            subprocess.run(["umount", "-l", small], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for a service user")
def test_root_runs_it_as_the_owner_of_the_home_and_opens_no_closed_directory() -> None:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:  # mode 0700: like a home directory of root
        server = EmbeddedServer(Path(folder) / "home")
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        assert server.home.is_relative_to(embedded.root_home)
        server.ensure_running()
        assert Path(f"/proc/{server.pid()}").stat().st_uid != 0
        server.stop()
        shutil.rmtree(server.home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root copies the binaries")
def test_binaries_that_were_upgraded_in_their_place_are_the_ones_that_root_starts() -> None:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:  # mode 0700: nobody else may run what lies in it
        program = Path(folder) / "tree" / "bin" / "postgres"
        program.parent.mkdir(parents=True)
        started = list[Path]()
        for version in ("15.1", "15.10"):
            program.write_text(f"#!/bin/sh\necho postgres {version}\n")
            program.chmod(0o755)
            started.append(EmbeddedServer(Path(folder) / "home", program.parent)._bin)
        try:
            assert "15.10" in (started[-1] / "postgres").read_text()
        finally:
            for copy in {one.parent for one in started}:
                shutil.rmtree(copy)


def test_stop_ends_it_and_may_be_repeated(server: EmbeddedServer) -> None:
    server.ensure_running()
    server.stop()
    server.stop()
    assert not server.is_running()
    assert not server.is_alive()


def test_a_shop_that_ends_leaves_the_server_to_the_one_that_began_meanwhile(server: EmbeddedServer) -> None:
    second = EmbeddedServer(server.home)
    server.ensure_running()
    second.ensure_running()
    server.leave()
    assert _ask(second, "SELECT 1") == 1
    second.leave()
    assert not second.is_alive()


def test_no_binaries_is_told_with_what_helps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENTREPOT_PG_BIN", str(tmp_path))
    with pytest.raises(CannotStart, match="ENTREPOT_PG_BIN"):
        embedded.bindir()


def test_what_was_backed_up_is_brought_back_into_an_empty_database_only(server: EmbeddedServer, cluster: Path) -> None:
    server.ensure_running()
    with psycopg.connect(server.url) as db:
        db.execute("CREATE TABLE kept AS SELECT '考拉'::text AS name")
    file = server.home.parent / "kept.dump"
    server.dump(file)
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        server.dump(file)
    with pytest.raises(CannotStart, match="holds data already"):
        server.restore(file)
    other = _copy(cluster, server.home.parent / "other")
    try:
        other.restore(file)
        assert _ask(other, "SELECT name FROM kept") == "考拉"
    finally:
        other.stop()


def test_a_backup_that_is_none_is_told_and_leaves_nothing(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = server.home.parent / "broken.dump"
    broken.write_bytes(b"PGDMP half of it")
    with pytest.raises(CannotStart, match="pg_restore failed"):
        server.restore(broken)

    def full(*_: str, **streams: object) -> None:
        raise CannotStart("pg_dump failed")

    monkeypatch.setattr(server, "_client", full)
    with pytest.raises(CannotStart, match="pg_dump failed"):
        server.dump(server.home.parent / "new.dump")
    assert not (server.home.parent / "new.dump").exists()
