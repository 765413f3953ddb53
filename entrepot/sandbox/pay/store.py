"""The provider's books: payments, their splits and refunds in SQLite, and how they look on the wire."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

CHINA = timezone(timedelta(hours=8))
COMPANY = {"code": "4403169SBX", "name": "沙盒支付有限公司"}
VERIFYING_DEPARTMENT = "2"  # NetsUnion, as most wallet payments

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    request_id TEXT PRIMARY KEY, payment TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL,
    attach TEXT NOT NULL, merchant_order TEXT NOT NULL, currency TEXT NOT NULL, amount_minor INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL DEFAULT 0, splits TEXT NOT NULL, payer_shown TEXT NOT NULL,
    payer_named INTEGER NOT NULL, return_url TEXT NOT NULL, notify_url TEXT NOT NULL, language TEXT NOT NULL,
    expires_at REAL, state TEXT NOT NULL DEFAULT 'open', created_at REAL NOT NULL, captured_at REAL,
    payer_check TEXT NOT NULL DEFAULT 'unchecked', verifying_transaction TEXT NOT NULL DEFAULT '',
    fault TEXT NOT NULL DEFAULT '', charges INTEGER NOT NULL DEFAULT 0,
    CHECK (refunded_minor BETWEEN 0 AND amount_minor), CHECK (charges IN (0, 1))
);
CREATE INDEX IF NOT EXISTS payment_captured ON payment (captured_at);
CREATE TABLE IF NOT EXISTS reserve_first (request_id TEXT PRIMARY KEY REFERENCES payment);
CREATE TABLE IF NOT EXISTS refund (
    request_id TEXT PRIMARY KEY, refund TEXT NOT NULL UNIQUE, payment_request_id TEXT NOT NULL REFERENCES payment,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), reason TEXT NOT NULL, state TEXT NOT NULL,
    created_at REAL NOT NULL, done_at REAL
);
CREATE INDEX IF NOT EXISTS refund_done ON refund (done_at);
"""


def number(prefix: str, at: float) -> str:
    """A transaction number as wallets give them: prefix, China time to the second, twelve random digits."""
    return f"{prefix}{datetime.fromtimestamp(at, CHINA):%Y%m%d%H%M%S}{secrets.randbelow(10**12):012d}"


def moment(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def payment_of(db: sqlite3.Connection, request_id: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = db.execute("SELECT * FROM payment WHERE request_id = ?", (request_id,)).fetchone()
    return found


def payment_view(row: sqlite3.Row | Mapping[str, Any]) -> dict[str, Any]:
    return {
        "request_id": row["request_id"],
        "payment": row["payment"],
        "attach": row["attach"],
        "merchant_order": row["merchant_order"],
        "state": row["state"],
        "currency": row["currency"],
        "amount_minor": row["amount_minor"],
        "refunded_minor": row["refunded_minor"],
        "captured_at": moment(row["captured_at"]),
        "payer_check": row["payer_check"],
        "verifying_department": VERIFYING_DEPARTMENT if row["captured_at"] else "",
        "verifying_transaction": row["verifying_transaction"],
        "company": COMPANY,
        "splits": json.loads(row["splits"]),
    }


def refund_view(row: sqlite3.Row, payment: sqlite3.Row) -> dict[str, Any]:
    return {
        "request_id": row["request_id"],
        "refund": row["refund"],
        "payment_request_id": row["payment_request_id"],
        "attach": payment["attach"],
        "currency": payment["currency"],
        "amount_minor": row["amount_minor"],
        "state": row["state"],
        "done_at": moment(row["done_at"]),
    }


def reserve_first(db: sqlite3.Connection, request_id: str) -> None:
    """The merchant takes this payment in two steps."""
    db.execute("INSERT INTO reserve_first (request_id) VALUES (?)", (request_id,))


def agree(db: sqlite3.Connection, row: sqlite3.Row, payer_check: str, at: float) -> bool:
    """The buyer agrees: the sum is reserved or, in one step, taken. False if that was done before or it is closed."""
    two_steps = db.execute("SELECT 1 FROM reserve_first WHERE request_id = ?", (row["request_id"],)).fetchone()
    if not two_steps:
        return capture(db, row, payer_check, at)
    moved = db.execute(
        "UPDATE payment SET state = 'authorised', payer_check = ?"
        " WHERE request_id = ? AND state = 'open' AND (expires_at IS NULL OR expires_at > ?)",
        (payer_check, row["request_id"], at),
    )
    return moved.rowcount == 1


def capture(db: sqlite3.Connection, row: sqlite3.Row, payer_check: str, at: float, before: str = "open") -> bool:
    """Charge the buyer once: false if that was done before or the payment is closed."""
    splits = [{**split, "transaction": number("43", at)} for split in json.loads(row["splits"])]
    moved = db.execute(
        "UPDATE payment SET state = 'captured', captured_at = ?, payer_check = ?, verifying_transaction = ?,"
        " splits = ?, charges = charges + 1"
        " WHERE request_id = ? AND state = ? AND (expires_at IS NULL OR expires_at > ?)",
        (at, payer_check, number("NU", at), json.dumps(splits), row["request_id"], before, at),
    )
    return moved.rowcount == 1


def close(db: sqlite3.Connection, request_id: str) -> None:
    db.execute(
        "UPDATE payment SET state = 'closed' WHERE request_id = ? AND state IN ('open', 'authorised')", (request_id,)
    )


def close_expired(db: sqlite3.Connection, request_id: str, at: float) -> bool:
    moved = db.execute(
        "UPDATE payment SET state = 'closed' WHERE request_id = ?"
        " AND state IN ('open', 'authorised') AND expires_at <= ?",
        (request_id, at),
    )
    return moved.rowcount == 1


def give_back(db: sqlite3.Connection, refund_request_id: str, at: float) -> bool:
    """Finish a refund: pending → done, and the payment's refunded sum grows. False if it was done before."""
    moved = db.execute(
        "UPDATE refund SET state = 'done', done_at = ? WHERE request_id = ? AND state = 'pending'",
        (at, refund_request_id),
    )
    if moved.rowcount == 1:
        db.execute(
            "UPDATE payment SET refunded_minor = refunded_minor + r.amount_minor FROM refund r"
            " WHERE r.request_id = ? AND payment.request_id = r.payment_request_id",
            (refund_request_id,),
        )
    return moved.rowcount == 1


def statement(db: sqlite3.Connection, day: str) -> str:
    """Everything that moved on a day in China, as CSV: what merchants reconcile their books against."""
    start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=CHINA)
    span = (start.timestamp(), (start + timedelta(days=1)).timestamp())
    captures = db.execute(
        "SELECT 'capture', request_id, request_id, payment, currency, amount_minor, captured_at FROM payment"
        " WHERE captured_at >= ? AND captured_at < ? ORDER BY captured_at",
        span,
    ).fetchall()
    refunds = db.execute(
        "SELECT 'refund', r.request_id, p.request_id, p.payment, p.currency, r.amount_minor, r.done_at"
        " FROM refund r JOIN payment p ON p.request_id = r.payment_request_id"
        " WHERE r.done_at >= ? AND r.done_at < ? ORDER BY r.done_at",
        span,
    ).fetchall()
    lines = [",".join([*(str(value) for value in row[:-1]), moment(row[-1]) or ""]) for row in [*captures, *refunds]]
    return "\n".join(["kind,request_id,payment_request_id,payment,currency,amount_minor,at", *lines]) + "\n"
