"""The port's own book of people: names it is sure of, and what each has bought in a calendar year, as movements.

A person is an ID number. The sum of a year's movements is what was used; a movement is never changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# From, single purchase, year (Ministry of Finance, customs and tax: 财关税[2016]18, 财关税[2018]49).
_LIMITS = ((date(2016, 4, 8), Decimal(2000), Decimal(20000)), (date(2019, 1, 1), Decimal(5000), Decimal(26000)))
SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY, id_number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, sure INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS quota (
    id INTEGER PRIMARY KEY, person TEXT NOT NULL, year INTEGER NOT NULL, amount TEXT NOT NULL, why TEXT NOT NULL,
    paper INTEGER, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS quota_person ON quota (person, year);
CREATE INDEX IF NOT EXISTS quota_paper ON quota (paper);
"""
# Lists of a port that kept no book yet.
TAKE_OVER = (
    "INSERT INTO quota (person, year, amount, why, paper, at)"
    " SELECT person, year, value, 'list', id, at FROM paper WHERE kind = '621' AND state IN ('taken', 'released')"
)


@dataclass(frozen=True, slots=True)
class Movement:
    """`why`: list, cancelled, sent_back, returned, seeded."""

    person: str
    year: int
    amount: Decimal
    why: str
    paper: int | None
    at: float


def limits(today: date) -> tuple[Decimal, Decimal]:
    """(of one purchase, of the year), as they are on this day."""
    return next((one, whole) for since, one, whole in reversed(_LIMITS) if since <= today)


def used(db: sqlite3.Connection, person: str, year: int, elsewhere: Mapping[str, str]) -> Decimal:
    """What the person has used of the year; `elsewhere`: told from outside, for any year."""
    rows = db.execute("SELECT amount FROM quota WHERE person = ? AND year = ?", (person, year))
    return sum((Decimal(row["amount"]) for row in rows), Decimal(elsewhere.get(person, "0")))


def move(db: sqlite3.Connection, one: Movement) -> None:
    db.execute(
        "INSERT INTO quota (person, year, amount, why, paper, at) VALUES (?, ?, ?, ?, ?, ?)",
        (one.person, one.year, str(one.amount), one.why, one.paper, one.at),
    )


def give_back(db: sqlite3.Connection, paper: int, why: str, at: float, amount: Decimal | None = None) -> None:
    """Give back `amount` of what a list booked, or all that is left of it; to the year it was booked in."""
    rows = db.execute("SELECT person, year, amount FROM quota WHERE paper = ?", (paper,)).fetchall()
    left = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
    back = left if amount is None else min(amount, left)
    if back > 0:
        move(db, Movement(rows[0]["person"], rows[0]["year"], -back, why, paper, at))


def seed(db: sqlite3.Connection, person: str, year: int, wanted: Decimal, at: float) -> None:
    """One movement that brings what was used to `wanted`."""
    difference = wanted - used(db, person, year, {})
    if difference:
        move(db, Movement(person, year, difference, "seeded", None, at))


def meet(db: sqlite3.Connection, person: str, name: str) -> None:
    """A person a list names; what the port is sure of stays."""
    db.execute(
        "INSERT INTO person (id_number, name, sure) VALUES (?, ?, 0)"
        " ON CONFLICT (id_number) DO UPDATE SET name = excluded.name WHERE sure = 0",
        (person, name),
    )


def register(db: sqlite3.Connection, person: str, name: str) -> None:
    """From now on the port is sure: a list that names this number must name this person."""
    db.execute(
        "INSERT INTO person (id_number, name, sure) VALUES (?, ?, 1)"
        " ON CONFLICT (id_number) DO UPDATE SET name = excluded.name, sure = 1",
        (person, name),
    )


def is_another(db: sqlite3.Connection, person: str, name: str) -> bool:
    """The port is sure that this number is somebody else's."""
    row = db.execute("SELECT name FROM person WHERE id_number = ? AND sure = 1", (person,)).fetchone()
    return row is not None and row["name"] != name
