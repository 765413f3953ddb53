"""The short way: the API's two hottest operations without Django's request, for callers that need none of it.

Whoever comes without cookies and with JSON is answered here, byte for byte as `api` answers (a test compares
them); everybody else goes the long way. Both the web process (WSGI) and the intake process (ASGI) go it.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection
from django.http.request import split_domain_port, validate_host
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header
from pydantic import ValidationError

from entrepot.checkout import services as checkout
from entrepot.checkout.services import Asked
from entrepot.checkout.types import Placed, PlaceRequest
from entrepot.identity import services as identity
from entrepot.identity.types import ANONYMOUS, Caller
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.kit.turns import Turns
from entrepot.repeats import services as repeats
from entrepot.stock import selectors as stock
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import wire
from entrepot.web.common.access import MustLogIn
from entrepot.web.common.away import told_away
from entrepot.web.common.callers import Door
from entrepot.web.common.headers import usual
from entrepot.web.common.middleware import problem
from entrepot.web.rest import buying, faults, landed_cost, openapi, render
from entrepot.web.rest.reading import decoded, json_types
from entrepot.web.rest.schemas import OrderIn

ORDERS, QUOTES = "/api/v1/orders", "/api/v1/landed-cost/quotes"
DOORS: Mapping[str, Door] = {ORDERS: buying.writes, QUOTES: landed_cost.asks}
NONE: Mapping[str, str] = {}
ORDERS_BUSY = checkout.Busy()
_turns = Turns()  # a quote is arithmetic
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A POST to one of DOORS, or a GET (`short_reads`). Header names are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""

    @property
    def language(self) -> str:
        return _language(self.headers.get("accept-language", ""))

    @property
    def secret(self) -> str | None:
        """The access key, None where there is no Authorization. Refuses BadKey for another scheme."""
        header = self.headers.get("authorization")
        if header is None:
            return None
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            raise identity.BadKey()
        return secret.strip()

    @property
    def shop(self) -> Storefront:
        return storefronts.by_host(host=self.headers["host"])


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def goes(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is answered here: what is unusual in any way goes the long way."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return method == "POST" and path in DOORS and kind in json_types and ordinary(headers)


def ordinary(headers: Mapping[str, str]) -> bool:
    """No cookie, a host of ours, and TLS where it is asked for."""
    return (
        "cookie" not in headers
        and _known(headers.get("host", ""))
        and (not settings.SECURE_SSL_REDIRECT or _secure(headers))
    )


def warm() -> None:
    """Read what every order asks, so that the first one does not wait for it: shops, warehouses, China's rate books."""
    try:
        storefronts.every()
        stock.warehouses()
        tariff.newest(destination="CN")
    except DatabaseError:
        _log.warning("the database is not there yet: the first visitors wait a little longer")


def serve(call: Call) -> Reply:
    """Answer one, in the caller's thread; an order together with those that come at the same time."""
    try:
        if call.path == ORDERS:
            return place_together([call])[0] if connection.in_atomic_block else intake.place(_Seated(new_id(), call))
        secret = call.secret
        return _quoted(call, ANONYMOUS if secret is None else identity.check_key(secret=secret, now=now()))
    except Exception as wrong:  # noqa: BLE001 told as the problem it is
        return refused(call, wrong)


def quote_together(calls: Sequence[Call]) -> list[Reply]:
    """Answer QUOTES, in their order; one look at all keys."""
    return [_replied(call, _quoted, bearer) for call, bearer in zip(calls, _bearers(calls), strict=True)]


def place_together(calls: Sequence[Call]) -> list[Reply]:
    """Answer ORDERS, first come first served: one look at all keys, one batch of orders."""
    seated = [_Seated(new_id(), call) for call in calls]
    replies = _begin(seated)()
    return [replies[one.id] for one in seated]


@dataclass(frozen=True, slots=True)
class _Seated:
    """A call to ORDERS that waits to be answered with others."""

    id: UUID
    call: Call


def _begin(batch: Sequence[_Seated]) -> Callable[[], dict[UUID, Reply]]:
    """Who may order, and their quotes; what is returned writes the orders."""
    replies: dict[UUID, Reply] = {}
    ready: list[tuple[_Seated, Asked]] = []
    for one, bearer in zip(batch, _bearers([one.call for one in batch]), strict=True):
        try:
            ready.append((one, checkout.checked(request=_order(one.call, _known_bearer(bearer)), now=now())))
        except Exception as wrong:  # noqa: BLE001 told as the problem it is
            replies[one.id] = refused(one.call, wrong)
    write = checkout.begin_many([asked for _, asked in ready]) if ready else dict

    def write_all() -> dict[UUID, Reply]:
        answers = write()
        return replies | {one.id: _placed(one.call, answers[asked.id]) for one, asked in ready}

    return write_all


intake: checkout.Intake[_Seated, Reply] = checkout.Intake(_begin)  # of a web process; the intake process has its own
TOGETHER = {ORDERS: place_together, QUOTES: quote_together}
Bearer = Caller | Refusal


def _bearers(calls: Sequence[Call]) -> list[Bearer]:
    """Who calls, or why that is not known."""
    said: list[str | None | Refusal] = []
    for call in calls:
        try:
            said.append(call.secret)
        except identity.BadKey as bad:
            said.append(bad)
    found = identity.check_keys(secrets={secret for secret in said if isinstance(secret, str)}, now=now())
    return [
        ANONYMOUS if secret is None else secret if isinstance(secret, Refusal) else found[secret] or identity.BadKey()
        for secret in said
    ]


def _known_bearer(bearer: Bearer) -> Caller:
    if isinstance(bearer, Refusal):
        raise bearer
    return bearer


def _replied(call: Call, answer: Callable[[Call, Caller], Reply], bearer: Bearer) -> Reply:
    try:
        return answer(call, _known_bearer(bearer))
    except Exception as wrong:  # noqa: BLE001 told as the problem it is
        return refused(call, wrong)


def _order(call: Call, bearer: Caller) -> PlaceRequest:
    """What the bearer asks to be placed. Refuses what the long way refuses."""
    person = _entered(call, bearer)
    if person is None:
        raise MustLogIn()
    payload = OrderIn.model_validate(decoded(call.body))
    key = repeats.checked_key(key=call.headers.get("idempotency-key"))
    return buying.ordered(payload, buyer_id=person, shop=call.shop, key=key, language=call.language)


def _quoted(call: Call, bearer: Caller) -> Reply:
    """The landed cost. Refuses what the tariff refuses."""
    _entered(call, bearer)
    with _turns:
        body = render.encode(wire.render(tariff.quote(request=wire.parse(call.body))))
    return replied(call, 200, body)


def _placed(call: Call, placed: Placed | Exception) -> Reply:
    if isinstance(placed, Exception):
        return refused(call, placed)
    more = {"Idempotency-Replayed": "true"} if placed.replayed else {}
    return replied(call, 201, render.encode(render.placed(placed, call.shop, call.language)), more=more)


def refused(call: Call, wrong: Exception) -> Reply:
    """A refusal as problem+json; a fault of ours is logged whole and told without detail."""
    language = call.language
    wrong = buying.in_words(wrong)
    if isinstance(wrong, ValidationError):
        errors = [{**error, "loc": ("body", *error["loc"])} for error in wrong.errors(include_url=False)]
        wrong = faults.refusal(errors, chinese=language.startswith("zh"))
    wrong = told_away(wrong, call.path) or wrong
    if not isinstance(wrong, Refusal):
        _log.error("fault at %s", call.path, exc_info=wrong)
        return replied(call, 500, json.dumps(faults.fault(language)).encode(), kind=openapi.problem_type)
    more = {} if wrong.retry_after_s is None else {"Retry-After": str(wrong.retry_after_s)}
    body = json.dumps(problem(wrong, language)).encode()
    return replied(call, wrong.status, body, kind=openapi.problem_type, more=more)


def busy(call: Call, why: Refusal = ORDERS_BUSY) -> Reply:
    """That too many wait: told without work, since whoever is told so comes again at once."""
    return _busy(call.language, "authorization" in call.headers, why)


@lru_cache(maxsize=100)
def _busy(language: str, named: bool, why: Refusal) -> Reply:
    headers = {"accept-language": language} | ({"authorization": ""} if named else {})
    return refused(Call(ORDERS, headers, b""), why)


def _entered(call: Call, bearer: Caller) -> UUID | None:
    """The bearer's person, once they may enter. Refuses ScopeMissing, NotAllowed, MustLogIn."""
    door = DOORS[call.path]
    if bearer.scopes is not None:
        door.let_in(bearer)
    elif not door.entrepot_access.public:
        raise MustLogIn()
    return bearer.person_id


def replied(
    call: Call, status: int, body: bytes, *, kind: str = "application/json", more: Mapping[str, str] = NONE
) -> Reply:
    of_body = {"Content-Type": kind, "Content-Length": str(len(body)), "Content-Language": call.language}
    vary = "Accept-Language" if "authorization" in call.headers else "Cookie, Accept-Language"
    return Reply(status, {**usual(), **of_body, "Vary": vary, **more}, body)


@lru_cache(maxsize=1_000)
def _language(accepted: str) -> str:
    """As Django chooses it where there is no cookie."""
    for code, _ in parse_accept_lang_header(accepted):
        if code == "*":
            break
        with contextlib.suppress(LookupError):
            return get_supported_language_variant(code)
    return get_supported_language_variant(settings.LANGUAGE_CODE)


def _secure(headers: Mapping[str, str]) -> bool:
    """What a proxy of ours says; without one Django redirects to where it is safe."""
    return settings.SECURE_PROXY_SSL_HEADER is not None and headers.get("x-forwarded-proto") == "https"


@lru_cache(maxsize=1_000)
def _known(host: str) -> bool:
    name, _ = split_domain_port(host)
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)
