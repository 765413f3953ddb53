"""Hot statements live in `<context>/sql/<verb>.sql`, one verb each; this reads and runs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from django.db import connection

_INCLUDE = re.compile(r"^-- include (\w+)/(\w+)$", re.MULTILINE)
_PLACE = re.compile(r"%\((\w+)\)s|%%")


@cache
def load(context: str, verb: str) -> str:
    """The text of `entrepot/<context>/sql/<verb>.sql`. Raises FileNotFoundError where there is none.

    A line `-- include <context>/<fragment>` stands for the parts of a WITH that a context below offers (outbox, audit):
    so a fact, its event and its jobs are one statement.
    """
    text = files(f"entrepot.{context}").joinpath("sql", f"{verb}.sql").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda found: load(found[1], found[2]).rstrip("\n"), text)


def rows(statement: str, params: Mapping[str, Any] | tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    """Run one statement on the default connection and return its rows as dicts by column name."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        names = _names(cursor.pgresult)
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []


def tuples(statement: str, params: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of one statement one after the other, where they are too many for dicts."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        yield from cursor


def hot(statement: str, params: Mapping[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run what every page or order does: names of its columns and its rows. The server keeps it prepared, so its text
    is to be the same each time, and a parameter that may be NULL or a number needs a cast."""
    with _prepared(statement, params) as cursor:
        return _names(cursor.pgresult), cursor.fetchall()


@contextmanager
def _prepared(statement: str, params: Mapping[str, Any]) -> Iterator[Any]:
    text, names = _numbered(statement)
    with connection.prepared() as cursor:  # type: ignore[attr-defined] # entrepot.server.database
        cursor.execute(text, [params[name] for name in names])
        yield cursor


@lru_cache(maxsize=1_000)
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """The text as the server wants it, and which parameter is $1, $2 and so on. The driver would look through the whole
    text each time it is run."""
    names: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}" if found[1] else "%"

    return _PLACE.sub(place, statement), tuple(names)


def _names(result: Any) -> list[str]:
    """Of a result's columns, none where the statement returns no rows. The cursor's description would build an object
    for each of them."""
    return [result.fname(i).decode() for i in range(result.nfields)]


def hot_rows(statement: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`hot`, each row as a dict by column name."""
    names, found = hot(statement, params)
    return [dict(zip(names, row, strict=True)) for row in found]


def hot_run(statement: str, params: Mapping[str, Any]) -> int:
    """`run` for what every order does, under the rules of `hot`."""
    with _prepared(statement, params) as cursor:
        return int(cursor.rowcount)


def run(statement: str, params: Mapping[str, Any] | tuple[Any, ...] = ()) -> int:
    """Run one writing statement and return how many rows it touched: the count says who won."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def document(value: Any) -> str:
    """A parameter that holds rows for `json_to_recordset`, or a jsonb value: ids, numbers, times and texts as JSON."""
    return msgspec.json.encode(value).decode()


def array(values: Iterable[object]) -> str:
    """A parameter that holds numbers or ids, to be cast to an array: one text, where a list is dumped one by one."""
    return f"{{{','.join(map(str, values))}}}"


def bytes_array(values: Iterable[bytes]) -> str:
    """`array` for bytea[]."""
    return array('"\\\\x' + one.hex() + '"' for one in values)


def json_value(value: Any) -> Any:
    """A jsonb column of a raw statement: Django hands it over as text."""
    return json.loads(value) if isinstance(value, str) else value
