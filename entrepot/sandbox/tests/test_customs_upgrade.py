"""A port whose books were begun by an earlier version goes on with them."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

from entrepot.sandbox.customs import Port
from entrepot.sandbox.party import World

OLD = """
CREATE TABLE company (dxp_id TEXT PRIMARY KEY, certificate TEXT NOT NULL, notify_url TEXT NOT NULL);
CREATE TABLE message (guid TEXT PRIMARY KEY, dxp_id TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE paper (
    id INTEGER PRIMARY KEY, guid TEXT NOT NULL, kind TEXT NOT NULL, company TEXT NOT NULL, number TEXT NOT NULL,
    order_no TEXT NOT NULL, head TEXT NOT NULL, lines TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL,
    value TEXT NOT NULL, person TEXT NOT NULL, year INTEGER NOT NULL, invt_no TEXT NOT NULL, released_at REAL
);
CREATE TABLE receipt (
    id INTEGER PRIMARY KEY, guid TEXT NOT NULL, paper INTEGER, status INTEGER NOT NULL, body BLOB NOT NULL
);
"""


@pytest.mark.parametrize("starts", [1, 3])
def test_lists_of_an_older_database_count_once_to_the_quota(tmp_path: Path, starts: int) -> None:
    before = sqlite3.connect(tmp_path / "state.sqlite3")
    before.executescript(OLD)
    row = ["G", "621", "A", "N", "O", json.dumps({}), "[]", "", time.time(), "123.45", "P1", 2026, "I", None]
    for state in ("released", "taken", "refused"):
        before.execute(f"INSERT INTO paper VALUES (NULL{', ?' * 14})", [*row[:7], state, *row[8:]])
    before.execute("INSERT INTO company VALUES ('D', 'C', 'http://x/')")
    before.commit()
    before.close()
    for _ in range(starts):
        port = Port(World(tmp_path, "http://x/customs", {}, lambda: None))
    with port.write() as db:
        assert [one["amount"] for one in db.execute("SELECT amount FROM quota WHERE person = 'P1'")] == ["123.45"] * 2
        assert db.execute("SELECT status FROM paper").fetchone()["status"] == 0
        assert db.execute("SELECT count(*) FROM company").fetchone()[0] == 1
