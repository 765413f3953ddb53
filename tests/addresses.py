"""Every URL pattern of the project and every operation of the API, with what it declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from ninja.operation import PathView

from entrepot.web.common.access import Access, declaration_of
from entrepot.web.common.callers import Door

_ARGUMENT = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


@dataclass(frozen=True)
class Address:
    """One URL pattern. `name` carries its namespaces; `arguments` are its path parameters."""

    route: str
    name: str
    arguments: tuple[str, ...]
    view: Callable[..., Any]
    access: Access | None

    @property
    def is_page(self) -> bool:
        """Whether the gate decides (the API's operations decide by themselves)."""
        return self.access is not None and not self.access.inside

    def path(self, arguments: Mapping[str, Any]) -> str:
        if self.name and not self.name.endswith(":"):
            return reverse(self.name, kwargs=dict(arguments))
        return "/" + _ARGUMENT.sub(lambda found: str(arguments[found[1]]), self.route)


@dataclass(frozen=True)
class Operation:
    """One method of one API path; `route` is its address with `<argument>`s."""

    method: str
    route: str
    arguments: tuple[str, ...]
    door: Door | None

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    def path(self, arguments: Mapping[str, Any]) -> str:
        return _ARGUMENT.sub(lambda found: str(arguments[found[1]]), self.route)


def _walk(resolver: URLResolver, route: str, namespaces: tuple[str, ...]) -> Iterator[tuple[str, str, URLPattern]]:
    for entry in resolver.url_patterns:
        where = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry, where, inner)
        else:
            yield where, ":".join((*namespaces, entry.name or "")), entry


@cache
def addresses() -> tuple[Address, ...]:
    found = []
    for route, name, pattern in _walk(get_resolver(), "", ()):
        arguments = tuple(pattern.pattern.converters) or tuple(pattern.pattern.regex.groupindex)
        found.append(Address(route, name, arguments, pattern.callback, declaration_of(pattern.callback, name)))
    return tuple(found)


def path_view(view: Callable[..., Any]) -> PathView | None:
    """The ninja PathView that a URL pattern's view closes over, if it is one of ninja's."""
    cells = getattr(view, "__closure__", None) or ()
    return next((cell.cell_contents for cell in cells if isinstance(cell.cell_contents, PathView)), None)


@cache
def operations() -> tuple[Operation, ...]:
    found = {}
    for address in addresses():
        behind = path_view(address.view)
        for operation in behind.operations if behind else ():
            doors = [callback for callback in operation.auth_callbacks if isinstance(callback, Door)]
            door = doors[0] if len(operation.auth_callbacks) == len(doors) == 1 else None
            for method in operation.methods:
                one = Operation(method, f"/{address.route}", address.arguments, door)
                found[str(one)] = one
    return tuple(found.values())
