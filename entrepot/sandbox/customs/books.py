"""The port's tables, and the one place where papers are written into them."""

from __future__ import annotations

import json
import sqlite3

from entrepot.sandbox.customs import quota
from entrepot.sandbox.customs.paper import Ground, Judgement, Paper

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS company (dxp_id TEXT PRIMARY KEY, certificate TEXT NOT NULL, notify_url TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS message (guid TEXT PRIMARY KEY, dxp_id TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS paper (
    id INTEGER PRIMARY KEY, guid TEXT NOT NULL, kind TEXT NOT NULL, company TEXT NOT NULL, number TEXT NOT NULL,
    order_no TEXT NOT NULL, head TEXT NOT NULL, lines TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL,
    value TEXT NOT NULL, person TEXT NOT NULL, year INTEGER NOT NULL, invt_no TEXT NOT NULL, released_at REAL
);
CREATE INDEX IF NOT EXISTS paper_number ON paper (kind, number);
CREATE INDEX IF NOT EXISTS paper_order ON paper (order_no);
CREATE TABLE IF NOT EXISTS receipt (
    id INTEGER PRIMARY KEY, guid TEXT NOT NULL, paper INTEGER, status INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS receipt_guid ON receipt (guid);
CREATE INDEX IF NOT EXISTS receipt_paper ON receipt (paper);
CREATE TABLE IF NOT EXISTS arrival (carrier TEXT NOT NULL, number TEXT NOT NULL, paper INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS arrival_number ON arrival (number);
CREATE TABLE IF NOT EXISTS returned (
    paper INTEGER PRIMARY KEY, list INTEGER NOT NULL, wares TEXT NOT NULL, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS returned_list ON returned (list);
CREATE TABLE IF NOT EXISTS bill (
    id INTEGER PRIMARY KEY, paper INTEGER NOT NULL, tax_no TEXT NOT NULL UNIQUE, assure_code TEXT NOT NULL,
    status INTEGER NOT NULL, ent_no TEXT NOT NULL, lines TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS bill_paper ON bill (paper);
CREATE INDEX IF NOT EXISTS bill_status ON bill (status, assure_code);
CREATE TABLE IF NOT EXISTS asked (
    session TEXT PRIMARY KEY, order_no TEXT NOT NULL, at REAL NOT NULL, heard TEXT NOT NULL, upload TEXT NOT NULL,
    code TEXT NOT NULL, told TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS asked_order ON asked (order_no);
"""
    + quota.SCHEMA
)
CHANGES = (
    "ALTER TABLE paper ADD COLUMN status INTEGER NOT NULL DEFAULT 0",  # how far a list came
    "ALTER TABLE message ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE message ADD COLUMN at REAL NOT NULL DEFAULT 0",
    "CREATE INDEX message_at ON message (at)",
    quota.TAKE_OVER,
    "CREATE INDEX paper_invt ON paper (invt_no)",
    "CREATE INDEX sending_payload ON sending (kind, payload)",
)


def file_paper(ground: Ground, guid: str, paper: Paper, judged: Judgement, release_at: float | None) -> int:
    """Write the paper and what it changes beside itself; its id."""
    db, head = ground.db, paper.head
    for state, other in (("replaced", judged.replaces), ("withdrawn", judged.withdraws)):
        if other is not None:
            db.execute("UPDATE paper SET state = ? WHERE id = ?", (state, other))
    row = db.execute(
        "INSERT INTO paper (guid, kind, company, number, order_no, head, lines, state, at, value, person, year,"
        " invt_no, released_at, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            guid, paper.kind, paper.company, paper.number, head.get("orderNo") or _order_of(db, paper),
            json.dumps(dict(head)), json.dumps([dict(line) for line in paper.lines]), judged.state, ground.now,
            str(judged.value), head.get("buyerIdNumber", ""), ground.today.year, judged.invt_no, release_at,
            max(say.status for say in judged.says if say.status <= 120),
        ),
    )  # fmt: skip
    assert row.lastrowid is not None
    if judged.state == "taken":
        _change(ground, row.lastrowid, paper, judged)
    return row.lastrowid


def _order_of(db: sqlite3.Connection, paper: Paper) -> str:
    """The order of a waybill that a document speaks of without naming the order."""
    row = db.execute(
        "SELECT order_no FROM paper WHERE kind = '511' AND company = ? AND number = ? AND ? = '513' ORDER BY id DESC",
        (paper.company, paper.number, paper.kind),
    ).fetchone()
    return str(row["order_no"]) if row else ""


def _change(ground: Ground, id_: int, paper: Paper, judged: Judgement) -> None:
    db, now = ground.db, ground.now
    if paper.kind == "621":
        person = paper.head["buyerIdNumber"]
        quota.meet(db, person, paper.head["buyerName"])
        quota.move(db, quota.Movement(person, ground.today.year, judged.value, "list", id_, now))
    if judged.withdraws is not None:
        quota.give_back(db, judged.withdraws, "cancelled", now)
    if judged.returns is not None:
        wares = json.dumps(dict(judged.wares))
        db.execute("INSERT INTO returned VALUES (?, ?, ?, 'asked')", (id_, judged.returns, wares))
    if paper.kind == "711":
        carrier = paper.head["logisticsCode"]
        db.executemany(
            "INSERT INTO arrival VALUES (?, ?, ?)", [(carrier, line["logisticsNo"], id_) for line in paper.lines]
        )


def last_of(db: sqlite3.Connection, order_no: str, kind: str) -> sqlite3.Row | None:
    """The newest valid paper of this kind for an order."""
    found: sqlite3.Row | None = db.execute(
        "SELECT * FROM paper WHERE order_no = ? AND kind = ? AND state NOT IN ('refused', 'replaced', 'deleted')"
        " ORDER BY id DESC LIMIT 1",
        (order_no, kind),
    ).fetchone()
    return found
