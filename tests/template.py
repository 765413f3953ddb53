"""The database that each worker's own is copied from: migrated once, by the first who asks, and kept while nothing that
makes it what it is has changed. Migrating takes half a minute, copying less than a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

ROOT = Path(__file__).resolve().parent.parent
NAMED = "entrepot_template_"
MAKING = f"{NAMED}making"
_LOCK = 0x7E57  # of those who would make it
# Ours orders by code points, most servers of others as a dictionary, "a-c" after "ab": nothing may rest on either.
_AS_WORDS = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US-u-ka-shifted'"
_ORDER = _AS_WORDS if os.environ.get("ENTREPOT_TEST_ORDER") == "words" else ""


def template(url: str) -> str:
    """Its name on the server that `url` leads to. Raises CalledProcessError where a migration fails."""
    name = f"{NAMED}{_digest()}"
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SELECT pg_advisory_lock(%s)", [_LOCK])  # until the connection ends
        found = db.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [NAMED])
        made = {str(one) for (one,) in found}
        if name in made:
            return name
        for old in made:  # a run that was killed may still be at it
            db.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(old)))
        db.execute(SQL("CREATE DATABASE {} {}").format(Identifier(MAKING), SQL(_ORDER)))
        env = {**os.environ, "DATABASE_URL": urlsplit(url)._replace(path=f"/{MAKING}").geturl()}
        subprocess.run([sys.executable, "-m", "entrepot", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
        db.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(MAKING), Identifier(name)))
    return name


def _digest() -> str:
    """Of all migrations, ours and, by the versions we lock, those of others."""
    found = sha256((ROOT / "requirements.lock").read_bytes() + _ORDER.encode())
    for path in sorted(ROOT.glob("entrepot/*/migrations/**/*")):
        if path.suffix in {".py", ".sql"}:
            found.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]
