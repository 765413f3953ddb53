"""Refusals that reach the edge become answers: problem+json for the API, a page for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import RateLimited
from allauth.core.ratelimit import respond_429
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, get_language_from_request, override

from entrepot.kit.refusals import Refusal, plain
from entrepot.web.common.away import told_away


class PlainLanguage:
    """The language of addresses that carry none (API, back office): the visitor's cookie, else Accept-Language.

    Django's own middleware gives such addresses the default language, since the shop's pages carry theirs in the path.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_without_language):
            return self.get_response(request)
        language = get_language_from_request(request)
        request.LANGUAGE_CODE = language
        with override(language):
            response = self.get_response(request)
        response.headers["Content-Language"] = language
        patch_vary_headers(response, ("Accept-Language",))
        return response


_without_language = ("/api/", "/office/", "/callbacks/")


class NoNul:
    """Pages read fields without U+0000, which nobody types and PostgreSQL does not take. The API refuses it by name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        if request.path.startswith("/api/"):
            return
        for name in ("GET", "POST"):
            fields = getattr(request, name)
            if any("\0" in value for _, values in fields.lists() for value in values):
                setattr(request, name, _without_nul(fields))


def _without_nul(fields: QueryDict) -> QueryDict:
    clean = fields.copy()
    for name, values in fields.lists():
        clean.setlist(name, [value.replace("\0", "") for value in values])
    return clean


class WrongMethod(Refusal):
    code = "wrong_method"
    status = 405
    zh = "此地址不支持 {method} 方法，可用：{allowed}"
    en = "This address does not know the method {method}; it knows {allowed}"


class Refusals:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and request.path.startswith("/api/"):
            allowed = response.headers.get("Allow", "")
            response = answer(request, WrongMethod(method=(request.method or "")[:20], allowed=allowed))
            response.headers["Allow"] = allowed
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refusal):
            return answer(request, exception)
        if isinstance(exception, RateLimited):  # a code is to be sent: allauth listens to itself at some places only
            return respond_429(request)
        gone = told_away(exception, request.path)
        return answer(request, gone) if gone else None


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal in the visitor's language: problem+json under /api/, else a page."""
    language = get_language() or "zh-hans"
    if request.path.startswith("/api/"):
        body, kind = problem(refusal, language), "application/problem+json"
        response: HttpResponse = JsonResponse(body, status=refusal.status, content_type=kind)
    else:
        office = request.path.startswith("/office/")
        again = request.method == "GET"
        context = {"refusal": refusal, "message": refusal.message(language), "office": office, "again": again}
        page = "busy" if refusal.status in (429, 503) else "refusal"
        page = "away" if refusal.in_doubt else page
        response = render(request, f"errors/{page}.html", context, status=refusal.status)
    if refusal.retry_after_s is not None:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def problem(refusal: Refusal, language: str) -> dict[str, object]:
    """RFC 9457 problem details of a refusal."""
    return {
        "type": f"/problems/{refusal.code}",
        "title": refusal.message(language),
        "status": refusal.status,
        "code": refusal.code,
        "field": refusal.field,
        "data": plain(refusal.data),
    }
