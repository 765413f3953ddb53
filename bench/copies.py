"""Copies of what the verbs left behind, made by the database itself: each with ids, numbers and times of its own.

A pattern is the rows that came while a verb was at work. Whatever in them names the act (its ids, its buyer, its goods)
is a mark; a copy is the same rows with every mark replaced by an expression over one row of a table of acts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from psycopg.sql import Literal

T = TypeVar("T")
Rows = Mapping[str, Sequence[Mapping[str, str | None]]]  # by table; every value as text
WORKERS = 2
_TEXTS = ("text", "varchar", "jsonb")
_NUMBER = re.compile(r"\d{16,}")  # of a provider or carrier
_SETTINGS = (
    "SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '1GB';"
    "SET max_parallel_maintenance_workers = 0; SET timezone = 'UTC'"
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """`marks`: what stands in the rows → SQL over the acts `s`. `at`: when it was, as `s.at` is for a copy.
    `instead`: SQL by table and column for values that follow from others."""

    rows: Rows
    marks: Mapping[str, str]
    at: datetime
    instead: Mapping[tuple[str, str], str]


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def read(question: str) -> list[tuple[str | None, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def together(works: Sequence[Callable[[], T]]) -> list[T]:
    """Each on a connection of its own, two at a time."""

    def one(work: Callable[[], T]) -> T:
        try:
            run(_SETTINGS)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, works))


def tables() -> list[str]:
    """Every table of the house whose rows have an id of ours."""
    found = (model._meta for model in apps.get_models(include_auto_created=True))
    return sorted({meta.db_table for meta in found if meta.managed and isinstance(meta.pk, models.UUIDField)})


def since(before: UUID) -> Rows:
    """The rows whose ids this process made after it had made this one."""
    found = {}
    for table in tables():
        names = list(columns(table))
        listed = ", ".join(f'"{name}"::text' for name in names)
        rows = read(f"SELECT {listed} FROM {table} WHERE id > '{before}' ORDER BY {table}.id")
        if rows:
            found[table] = [dict(zip(names, row, strict=True)) for row in rows]
    return found


def columns(table: str) -> dict[str, str]:
    """Name and type of each."""
    question = f"SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = '{table}'"
    return {str(name): str(kind) for name, kind in read(f"{question} ORDER BY ordinal_position")}


def own_ids(rows: Rows) -> dict[str, str]:
    """A mark for each row's id: the act's head (28 hex digits that grow with time) and the row's place."""
    ids = [row["id"] for table in sorted(rows) for row in rows[table]]
    return {str(one): f"(s.head || '{place:04x}')::uuid" for place, one in enumerate(ids)}


def numbers(rows: Rows) -> dict[str, str]:
    """A mark for each number another company gave: the last nine digits become the act's."""
    found = {
        number
        for table in rows
        for name, kind in columns(table).items()
        if kind in _TEXTS
        for row in rows[table]
        for number in _NUMBER.findall(row[name] or "")
    }
    return {number: f"'{number[:-9]}' || lpad(s.n::text, 9, '0')" for number in sorted(found)}


def statements(pattern: Pattern, acts: str) -> list[str]:
    """One INSERT for each row of the pattern; each makes it for every row of `acts` (SQL after FROM, alias `s`)."""
    return [
        f"INSERT INTO {table} ({', '.join(map(json.dumps, kinds))}) SELECT "
        + ", ".join(
            pattern.instead.get((table, name)) or _value(row[name], kind, pattern) for name, kind in kinds.items()
        )
        + f" FROM {acts}"
        for table in sorted(pattern.rows)
        for kinds in [columns(table)]
        for row in pattern.rows[table]
    ]


def _value(text: str | None, kind: str, pattern: Pattern) -> str:
    if text is None:
        return "NULL"
    if kind == "timestamptz":
        return f"s.at + interval '{datetime.fromisoformat(text) - pattern.at}'"
    if kind == "bytea":
        mark = pattern.marks.get(text.removeprefix("\\x"))
        return f"decode({mark}, 'hex')" if mark else f"{_quoted(text)}::bytea"
    if kind != "uuid" and kind not in _TEXTS:
        return f"{_quoted(text)}::{kind}"
    any_mark = "|".join(re.escape(mark) for mark in sorted(pattern.marks, key=len, reverse=True))
    pieces = [piece for piece in re.split(f"({any_mark})", text) if piece]
    if len(pieces) == 1 and pieces[0] in pattern.marks:
        return f"({pattern.marks[pieces[0]]})::{kind}"
    said = [f"({pattern.marks[piece]})::text" if piece in pattern.marks else _quoted(piece) for piece in pieces]
    return f"({' || '.join(said) or _quoted('')})::{kind}"


def _quoted(text: str) -> str:
    return Literal(text).as_string().strip()


@contextmanager
def without_indexes(on: Sequence[str]) -> Iterator[None]:
    """Within it the tables have neither indexes nor keys nor a vacuum; afterwards all are made and checked again."""
    listed = ", ".join(f"'{table}'::regclass" for table in on)
    keys = read(
        "SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint"
        f" WHERE contype IN ('p', 'u', 'f') AND (conrelid IN ({listed}) OR contype = 'f' AND confrelid IN ({listed}))"
    )
    plain = read(
        "SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i"
        f" WHERE indrelid IN ({listed}) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid"
        " AND contype IN ('p', 'u'))"
    )
    keys.sort(key=lambda key: key[2] != "f")  # foreign keys go first and come last
    run(
        *(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for table, name, *_ in keys),
        *(f"DROP INDEX {name}" for _, name, _ in plain),
        *(f"ALTER TABLE {table} SET (autovacuum_enabled = off)" for table in on),
    )
    yield
    made = {table: [str(text) for owner, _, text in plain if owner == table] for table in on}
    foreign = []
    for table, name, kind, text in keys:
        order = f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}'
        if kind == "f":
            foreign.append(order)
        else:
            made[str(table)].append(order)
    works = sorted(made.items(), key=lambda each: -_size(each[0]))
    together([lambda orders=orders: run(*orders) for _, orders in works])
    together([lambda order=order: run(order) for order in foreign])
    run(*(f"ALTER TABLE {table} RESET (autovacuum_enabled)" for table in on))


def _size(table: str) -> int:
    return int(read(f"SELECT pg_relation_size('{table}')")[0][0] or 0)
