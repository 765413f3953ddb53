"""Reading goods the short way (see `short`): answers that are kept as bytes, sent without Django's request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from django.http import QueryDict
from django.utils import translation
from pydantic import ValidationError

from entrepot.identity import services as identity
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.web.rest import catalogue
from entrepot.web.rest.catalogue import FilterIn, SearchIn
from entrepot.web.rest.reading import Reader
from entrepot.web.rest.short import Call, Reply, ordinary, refused, replied

ROOT = "/api/v1/"
_product = re.compile(r"products/([a-z0-9-]{1,120})")
_lists: dict[str, type[FilterIn]] = {"products": FilterIn, "search": SearchIn}
_several = ["brand", "origin", "warehouse"]
_query_max = 500
_reader = Reader()


def goes(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a request may be answered here."""
    return method == "GET" and path.startswith(ROOT) and ordinary(headers)


def read(call: Call) -> Reply | None:
    """The answer; None where Django is to give it."""
    with translation.override(call.language):
        try:
            return _answer(call)
        except Exception as wrong:  # noqa: BLE001 told as the problem it is
            return refused(call, wrong)


def _answer(call: Call) -> Reply | None:
    what = call.path[len(ROOT) :]
    product = _product.fullmatch(what)
    wanted = _wanted(what, call.query) if what in _lists and len(call.query) <= _query_max else None
    if not (product or wanted or what == "home"):
        return None
    secret = call.secret
    if secret is not None:
        catalogue.reads.let_in(identity.check_key(secret=secret, now=now()))
    if wanted:
        words = wanted.q if isinstance(wanted, SearchIn) else ""
        return replied(call, 200, catalogue.listing_of(call.shop, wanted.to_filter(words), wanted.page, call.language))
    if product:
        return replied(call, 200, catalogue.product_of(call.shop, product[1], call.language))
    return replied(call, 200, catalogue.home_of(call.shop, call.language))


@lru_cache(maxsize=2_000)
def _wanted(what: str, query: str) -> FilterIn | None:
    """What the query asks a list for; None where there is something to be said about it."""
    try:
        return _lists[what].model_validate(_reader.parse_querydict(QueryDict(query), _several, None))  # type: ignore[arg-type]
    except (Refusal, ValidationError):
        return None
