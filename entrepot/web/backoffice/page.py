"""One way to render a page of the back office: unfold's frame, our content, the reader's language."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from entrepot.kit.refusals import NotFound

T = TypeVar("T")
page_max = 1_000


def office_page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    """Render `backoffice/<template>.html` inside the admin's frame."""
    frame = admin.site.each_context(request)
    return render(request, f"backoffice/{template}.html", {**frame, "title": title, **context})


def page_number(request: HttpRequest) -> int:
    """`?page=`, 1 for anything that is no page number."""
    text = request.GET.get("page", "1")
    return min(int(text), page_max) if text.isascii() and text.isdigit() and int(text) > 0 else 1


def choice(request: HttpRequest, name: str, allowed: type[Any]) -> str:
    """A query parameter that must be a value of the enum, else empty."""
    text = request.GET.get(name, "")
    return text if text in {member.value for member in allowed} else ""


def one_language(zh: str, en: str) -> str:
    return zh if (get_language() or "zh").startswith("zh") else en


def existing(thing: T | None, what: UUID | str) -> T:
    """The thing. Refuses NotFound."""
    if thing is None:
        raise NotFound(what=what)
    return thing
