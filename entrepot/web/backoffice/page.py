"""One way to render a page of the back office: unfold's frame, our content, the reader's language."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.repeats import services as repeats
from entrepot.web.backoffice.fields import said
from entrepot.web.common.callers import caller

T = TypeVar("T")
View = Callable[..., HttpResponseBase]
Crumbs = Sequence[tuple[str, str]]  # (words, address) of the pages above, the outermost first
page_max = 1_000
text_max = 60
reason_max = 200


class ReasonMissing(Invalid):
    code = "reason_missing"
    zh = "请说明理由"
    en = "Give a reason"


class UnknownAct(Invalid):
    code = "unknown_act"
    zh = "没有这项操作"
    en = "There is nothing of that name to do"


def office_page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    """Render `backoffice/<template>.html` inside the admin's frame. `crumbs`: `Crumbs` of the pages above. `key` is new
    on every page, for forms that make something; `form` is what was sent, on a page that tells why it was refused."""
    frame = admin.site.each_context(request)
    told = {"title": title, "key": new_id(), "form": request.POST}
    return render(request, f"backoffice/{template}.html", {**frame, **told, **context})


def form_of(page: str) -> Callable[[View], View]:
    """The view of an address that forms of a page are sent to, where that page is shown again if they are refused. Who
    is led back to the address, by a link of the page, by another language or by logging in, is led to the page."""

    def declare(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            asked = request.META.get("QUERY_STRING", "")
            return redirect(reverse(page, args=args, kwargs=kwargs) + (f"?{asked}" if asked else ""))

        return answer

    return declare


def once(request: HttpRequest, make: Callable[[HttpRequest], UUID]) -> UUID:
    """Make what a form is for. The same form sent again, with the `key` that its page gave it and nothing changed, is
    answered with what it made before, and says so. A refusal of `make` keeps nothing."""
    told = sorted((name, one) for name, one in request.POST.lists() if name != "csrfmiddlewaretoken")
    person_id = caller(request).person_id
    if person_id is None or not request.POST.get("key"):
        return make(request)
    asked = json.dumps([request.path, told]).encode()
    key = sha256(asked).hexdigest()

    def run() -> tuple[int, str]:
        return 303, str(make(request))

    given = repeats.once(buyer_id=person_id, key=key, request=asked, now=now(), run=run)
    if given.replayed:
        messages.warning(request, _("This was done before: nothing changed"))
    return UUID(given.body)


def page_number(request: HttpRequest) -> int:
    """`?page=`, 1 for anything that is no page number."""
    text = request.GET.get("page", "1")
    return min(int(text), page_max) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else 1


def search_text(request: HttpRequest) -> str:
    """`?q=`, one line of at most `text_max` characters."""
    return request.GET.get("q", "").strip()[:text_max]


def choice(request: HttpRequest, name: str, allowed: type[Any]) -> str:
    """A query parameter that must be a value of the enum, else empty."""
    text = request.GET.get(name, "")
    return text if text in {member.value for member in allowed} else ""


def reason(request: HttpRequest) -> str:
    """Why somebody does this, as the log keeps it. Refuses ReasonMissing."""
    text = " ".join(request.POST.get("reason", "").split())[:reason_max]
    if not text:
        raise ReasonMissing(field="reason")
    return text


class refusals_told:
    """A refusal ends the block and is shown on the next page, in the reader's language."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> bool:
        if not isinstance(raised, Refusal):
            return False
        messages.error(self.request, said(raised))
        return True


def existing(thing: T | None, what: UUID | str) -> T:
    """The thing. Refuses NotFound."""
    if thing is None:
        raise NotFound(what=what)
    return thing
