"""Every address of the house, called by everybody, with objects of their own and of others.

What is expected follows from what each view declares (`entrepot.web.common.access`). An address that declares nothing
fails here, and so does one with an argument for which `tests/access_objects.py` makes no object: one line each.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path, resolve

from entrepot.identity.types import Role
from entrepot.web.common.access import BUYER, PUBLIC, Access, Gate, access, declaration_of, declared
from entrepot.web.common.sessions import SessionStore
from tests.access_objects import NOBODY, OBJECTS, UNCALLED, World, belongs_to_a_buyer
from tests.addresses import Address, addresses, operations, path_view
from tests.examples import LONG

ALL = addresses()
PAGES = [address for address in ALL if address.is_page and address.name not in UNCALLED]
OPERATIONS = operations()
CLIENT = Client(raise_request_exception=False)  # one for all calls: each new one reads the static files anew
NINJAS_OWN = {"openapi-json", "openapi-view", "api-root"}


def test_every_address_declares_who_may_call_it() -> None:
    assert [address.route for address in ALL if address.access is None] == []


def test_only_operations_of_the_api_decide_by_themselves() -> None:
    inside = [address for address in ALL if address.access and address.access.inside]
    strangers = [one.name for one in inside if not path_view(one.view) and one.name.split(":")[-1] not in NINJAS_OWN]
    assert strangers == []


def test_every_operation_of_the_api_has_one_door() -> None:
    assert [str(operation) for operation in OPERATIONS if operation.door is None] == []


def test_every_argument_has_an_object() -> None:
    lacking = {f"{one.name}/{arg}" for one in PAGES for arg in one.arguments if not _known(one.name, arg)}
    lacking |= {f"{one}/{arg}" for one in OPERATIONS for arg in one.arguments if not _known(str(one), arg)}
    assert sorted(lacking) == []


def _known(name: str, argument: str) -> bool:
    return f"{name}/{argument}" in OBJECTS or argument in OBJECTS


def test_nothing_is_excused_that_is_gone() -> None:
    assert sorted(set(UNCALLED) - {address.name for address in ALL}) == []


@dataclass(frozen=True)
class Answer:
    status: int
    location: str

    @property
    def word(self) -> str:
        """In, log in, second factor, refused, not found, or a fault."""
        if self.status >= 500:
            return f"fault {self.status}"
        if self.status in {401, 403}:
            return "refused"
        if self.status == 404:
            return "not found"
        if self.status in {301, 302} and "/accounts/login/" in self.location and "next=" in self.location:
            return "log in"
        if self.status in {301, 302} and "/accounts/2fa/" in self.location and "next=" in self.location:
            return "second factor"
        return "in"


@pytest.fixture(autouse=True)
def _nothing_written_of_refusals() -> Iterator[None]:
    """Thousands of calls are refused, as they should be; faults are told by the test itself."""
    log = logging.getLogger("django.request")
    log.disabled = True
    yield
    log.disabled = False


@contextmanager
def undone() -> Iterator[None]:
    """Whatever a call writes is taken back, so that each call meets the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def call(session: str, method: str, path: str, **headers: str) -> Answer:
    CLIENT.cookies.clear()
    if session:
        CLIENT.cookies["sessionid"] = session
    with undone():
        answer = CLIENT.generic(method, path, b"", content_type="application/x-www-form-urlencoded", headers=headers)
        return _answer(answer)


def _answer(told: Any) -> Answer:
    return Answer(told.status_code, told.headers.get("Location", ""))


def expected(wanted: Access, roles: frozenset[Role], *, anonymous: bool) -> set[str]:
    """What a caller is answered about something that is theirs to see."""
    let_in = {"in", "not found"}
    if wanted.public:
        return let_in
    if anonymous:
        return {"log in"}
    return let_in if wanted.own or wanted.roles & roles else {"refused"}


def roles_of(caller: str) -> frozenset[Role]:
    return frozenset({Role(caller)}) if caller in set(Role) else frozenset()


def callers_for(wanted: Access, world: World, name: str = "") -> list[str]:
    """One of each kind: the gate alone is asked for everybody. In a long search everybody comes where roles decide; a
    record of the admin has one door before all its pages, so there to its list."""
    if wanted.roles and LONG and (name.endswith("_changelist") or not name.startswith("admin:")):
        return list(world.sessions)
    buyers = ["buyer A"] if wanted.roles else ["buyer A", "buyer B"]  # where roles decide, one buyer is as another
    return ["anonymous", *buyers, *sorted({Role.SERVICE.value, *sorted(wanted.roles)[:1]})]


def methods_for(one: Address, caller: str) -> tuple[str, ...]:
    """Both. Records of the admin have one door before all their methods: there one role of each kind writes too."""
    assert one.access is not None
    writers = {"anonymous", "buyer A", Role.SERVICE.value, *sorted(one.access.roles)[:1]}
    return ("GET", "POST") if not one.name.startswith("admin:") or caller in writers else ("GET",)


def wrong_answers(one: Address, world: World) -> Iterator[str]:
    assert one.access is not None
    for caller in callers_for(one.access, world, one.name):
        address = one.path(world.arguments(one.name, one.arguments, world.owner(caller)))
        allowed = expected(one.access, roles_of(caller), anonymous=caller == "anonymous")
        if one.name.startswith("admin:"):
            allowed = allowed | {"refused"} if "in" in allowed else allowed  # each record has permissions of its own
        for method in methods_for(one, caller):
            word = call(world.sessions[caller], method, address).word
            if word not in allowed:
                yield f"{method} {address} ({one.name}) as {caller}: {word}, expected {sorted(allowed)}"


@pytest.mark.django_db
def test_before_every_page_the_gate_knows_every_caller() -> None:
    """Without the page behind it, which is dear to draw."""
    world, wrong = World(), []
    gate = Gate(lambda _: HttpResponse())
    requests = {caller: _request(session) for caller, session in world.sessions.items()}
    for one in PAGES:
        assert one.access is not None
        address = one.path(world.arguments(one.name, one.arguments, world.buyer_a))
        match = resolve(address)
        for caller, request in requests.items():
            request.resolver_match, request.path = match, address
            turned_away = gate.process_view(request, match.func, match.args, match.kwargs)
            word = "in" if turned_away is None else _answer(turned_away).word
            if word not in expected(one.access, roles_of(caller), anonymous=caller == "anonymous"):
                wrong.append(f"{address} ({one.name}) as {caller}: {word}")
    assert wrong == []


def _request(session: str) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = SessionStore(session or None)
    request.user = get_user(request)
    return request


@pytest.mark.django_db
def test_pages_let_in_whom_they_declare() -> None:
    world = World()
    assert [wrong for one in PAGES for wrong in wrong_answers(one, world)] == []


@pytest.mark.django_db
def test_what_belongs_to_somebody_else_is_not_found() -> None:
    world, wrong = World(), []
    for one in PAGES:
        if one.access is None or not one.access.own or not belongs_to_a_buyer(one.name, one.arguments):
            continue
        address = one.path(world.arguments(one.name, one.arguments, world.buyer_a))
        for caller in ("buyer B", *Role):
            for method in ("GET", "POST"):
                status = call(world.sessions[str(caller)], method, address).status
                if status not in {404, 405}:
                    wrong.append(f"{method} {address} as {caller}: {status}")
    assert wrong == []


@pytest.mark.django_db
def test_staff_without_a_second_factor_are_sent_to_get_one() -> None:
    world, wrong = World(), []
    for one in PAGES:
        if one.access and one.access.roles:
            address = one.path(world.arguments(one.name, one.arguments, NOBODY))
            if (word := call(world.half_proved, "GET", address).word) != "second factor":
                wrong.append(f"{address}: {word}")
    assert wrong == []


@pytest.mark.django_db
def test_operations_let_in_whom_they_declare() -> None:
    world, wrong = World(), []
    for one in OPERATIONS:
        assert one.door is not None
        wanted, scope = one.door.entrepot_access, one.door.scope
        for caller in callers_for(wanted, world):
            address = one.path(world.arguments(str(one), one.arguments, world.owner(caller)))
            allowed = expected(wanted, roles_of(caller), anonymous=caller == "anonymous")
            allowed = {"refused" if word == "log in" else word for word in allowed}
            if (word := call(world.sessions[caller], one.method, address).word) not in allowed:
                wrong.append(f"{one} as {caller}: {word}, expected {sorted(allowed)}")
        if scope is None:
            continue
        address = one.path(world.arguments(str(one), one.arguments, world.buyer_a))
        for name, secret in world.keys(scope).items():
            let_in = name == "with the scope" and not wanted.roles
            word = call("", one.method, address, Authorization=f"Bearer {secret}").word
            if word not in ({"in", "not found"} if let_in else {"refused"}):
                wrong.append(f"{one} by a key {name}: {word}")
    assert wrong == []


@pytest.mark.django_db
def test_operations_do_not_find_what_belongs_to_somebody_else() -> None:
    world, wrong = World(), []
    for one in OPERATIONS:
        if not belongs_to_a_buyer(str(one), one.arguments):
            continue
        address = one.path(world.arguments(str(one), one.arguments, world.buyer_a))
        status = call(world.sessions["buyer B"], one.method, address).status
        if status not in {400, 404, 422}:  # 400, 422: refused before anything was looked up
            wrong.append(f"{one} as buyer B: {status}")
    assert wrong == []


# The machinery itself: what it must notice.


def _view(*who: Access | Role) -> Callable[..., None]:
    def view() -> None: ...

    return access(*who)(view) if who else view


def test_a_view_without_a_declaration_is_noticed() -> None:
    assert declaration_of(path("x/", _view(), name="x").callback, "x") is None
    assert declaration_of(path("x/", _view(BUYER), name="x").callback, "x") == BUYER


def test_a_declaration_says_one_thing() -> None:
    for muddle in ((), (PUBLIC, BUYER), (BUYER, Role.CUSTOMS)):
        with pytest.raises(ValueError, match="declare"):
            declared(*muddle)
