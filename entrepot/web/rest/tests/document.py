"""The part of JSON Schema that our OpenAPI document uses: does a value conform, and a generator of values that do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from hypothesis import strategies as st

from entrepot.web.rest.api import api

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "array": (list,), "object": (dict,), "null": (type(None),),
}  # fmt: skip


@cache
def document() -> dict[str, Any]:
    """The document as callers get it."""
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), cls=DjangoJSONEncoder))
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, entry in methods.items():
            yield method.upper(), path, entry


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def faults(value: Any, schema: Mapping[str, Any], place: str = "$") -> list[str]:
    """Where a value does not conform; empty when it does."""
    schema = resolved(schema)
    if "anyOf" in schema:
        tried = [faults(value, one, place) for one in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    kinds = schema.get("type", [])
    allowed = tuple(kind for name in ([kinds] if isinstance(kinds, str) else kinds) for kind in _TYPES[name])
    if allowed and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
        return [f"{place}: {value!r} is not {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place}: {value!r} is none of {schema['enum']}"]
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{place}: {value!r} does not match {schema['pattern']}"]
    if isinstance(value, list):
        return [one for i, item in enumerate(value) for one in faults(item, schema.get("items", {}), f"{place}[{i}]")]
    if isinstance(value, dict):
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        found = [f"{place}: {name} is missing" for name in schema.get("required", []) if name not in value]
        if known and not isinstance(rest, dict) and not rest:
            found += [f"{place}: {name} is not known" for name in value if name not in known]
        for name, inner in value.items():
            found += faults(inner, known.get(name, rest if isinstance(rest, dict) else {}), f"{place}.{name}")
        return found
    return []


_NASTY = (
    "",
    "coat-M",
    "CN",
    "1",
    "-1",
    "0.5",
    "2026-11-21",
    "羽绒服",
    "' OR 1=1 --",
    "%00",
    "\0",
    "\U0001f9e5",
    "x" * 300,
)
_TEXT = st.one_of(st.sampled_from(_NASTY), st.text(max_size=12))
_ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=4,
)


def values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Mostly values of the right shape, now and then anything at all in some place."""
    return st.one_of(_shaped(resolved(schema)), _shaped(resolved(schema)), _shaped(resolved(schema)), _ANYTHING)


def _shaped(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "anyOf" in schema:
        return st.one_of([values(one) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        known = {name: values(inner) for name, inner in schema.get("properties", {}).items()}
        needed = {name: known[name] for name in schema.get("required", []) if name in known}
        return st.fixed_dictionaries(needed, optional={n: s for n, s in known.items() if n not in needed})
    if kind == "array":
        return st.lists(values(schema.get("items", {})), max_size=3)
    if kind == "integer":
        return st.one_of(st.integers(0, 3), st.integers(-(10**20), 10**20))
    if kind == "boolean":
        return st.booleans()
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if "pattern" in schema:
        return st.one_of(st.from_regex(schema["pattern"]), _TEXT)
    return _TEXT
