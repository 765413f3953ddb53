"""Pages that are the same for everybody but for a few gaps: drawn once, kept for seconds, the gaps filled per request.

A view of such a page is given a Visit and nothing else: it cannot see a cookie, so it cannot keep anything of anybody.
What is a visitor's own (log-in, basket count, notes, token of forms) stands in no kept byte, nor does the time.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.backends.utils import csrf_input
from django.template.loader import get_template
from django.utils.cache import patch_vary_headers
from markupsafe import Markup

from entrepot.kit.kept import Kept
from entrepot.storefronts.types import Storefront
from entrepot.web.common.formats import language, settled_language
from entrepot.web.common.memo import GOODS_AGED_S, GOODS_KEPT_S, in_this_language
from entrepot.web.storefront.shell import Frame, Shell, around, storefront_at

entries_max, bytes_max = 4_000, 64 * 1024 * 1024
query_kept_max = 500  # longer ones are nobody else's
KEPT_AS = "entrepot.kept_page"  # where the WSGI environment says which page was answered
P = ParamSpec("P")

_secret = secrets.token_hex(16)  # no text of goods or of a query can be taken for a gap
_gap = re.compile(rf"<!--{_secret}:([a-z]+)-->")
_own: Mapping[str, Callable[[Shell], str]] = {
    "door": lambda shell: shell.door,
    "count": lambda shell: shell.count,
    "notes": lambda shell: shell.notes,
    "now": lambda shell: shell.now,
    "csrf": lambda shell: csrf_input(shell.request),
}


def _marked(name: str) -> Markup:
    return Markup(f"<!--{_secret}:{name}-->")  # noqa: S704 nothing of a visitor's is in it


@dataclass(frozen=True)
class Visit:
    """All that a kept page is made from."""

    storefront: Storefront
    host: str
    language: str
    path: str
    query_string: str

    @cached_property
    def query(self) -> QueryDict:
        return QueryDict(self.query_string)


@dataclass(frozen=True, slots=True)
class Page:
    """A template and what it shows."""

    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The bytes between the gaps, and the gaps' names: `parts` is one longer than `gaps`."""

    parts: tuple[bytes, ...]
    gaps: tuple[str, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))


_kept: Kept[Drawn] = Kept(
    keep_s=GOODS_KEPT_S,
    aged_s=GOODS_AGED_S,
    redrawn_behind=True,
    entries_max=entries_max,
    size=len,
    size_max=bytes_max,
)


class _Gaps(Frame):
    """The frame of a kept page."""

    door, count, notes, now = (_marked(name) for name in ("door", "count", "notes", "now"))


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page by the address it has, and how to draw it again."""

    visit: Visit
    draw: Callable[[], Drawn]

    def filled(self, request: HttpRequest) -> bytes:
        """The page for one visitor. Raises what drawing it raises."""
        visit = self.visit
        key = (visit.storefront.id, visit.language, visit.path, visit.query_string)
        return _filled(_kept.get(key, self.draw), Shell(request))


def kept_page(view: Callable[Concatenate[Visit, P], Page]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Make a view of a page that is kept by storefront, language and address."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        host = request.get_host()
        query = request.META.get("QUERY_STRING", "")
        visit = Visit(storefront_at(host), host, language(), request.path, query)

        def draw() -> Drawn:
            with settled_language():
                return _draw(view(visit, *args, **kwargs), visit)

        if len(query) <= query_kept_max:
            page = request.META[KEPT_AS] = KeptPage(visit, in_this_language(draw))
            response = HttpResponse(page.filled(request))
        else:
            response = HttpResponse(_filled(draw(), Shell(request)))
        response.headers["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ("Cookie",))
        return response

    return answer


def _draw(page: Page, visit: Visit) -> Drawn:
    """Without a request: a template that asked for something of the visitor's would fail."""
    context = {**around(_Gaps(visit.host, visit.path, visit.query_string)), **page.context}
    context["csrf_input"] = _marked("csrf")
    pieces = _gap.split(get_template(page.template).render(context))
    return Drawn(tuple(piece.encode() for piece in pieces[::2]), tuple(pieces[1::2]))


def _filled(drawn: Drawn, shell: Shell) -> bytes:
    own = {name: _own[name](shell).encode() for name in set(drawn.gaps)}
    filled = [drawn.parts[0]]
    for name, part in zip(drawn.gaps, drawn.parts[1:], strict=True):
        filled += (own[name], part)
    return b"".join(filled)
