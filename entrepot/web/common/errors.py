"""Pages for what went wrong. None of them reads the database, so that they stand when it does not."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import get_language

from entrepot.web.common.away import away
from entrepot.web.common.middleware import answer

_TITLES = {
    400: ("请求有误", "The request cannot be understood"),
    403: ("没有权限", "You may not do this"),
    404: ("没有找到", "Not found"),
    500: ("服务出错，请稍后再试", "Something went wrong; try again later"),
}


def _answer(request: HttpRequest, kind: str, status: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        zh, en = _TITLES[status]
        title = zh if (get_language() or "").startswith("zh") else en
        body = {"type": f"/problems/{kind}", "title": title, "status": status, "code": kind, "field": None, "data": {}}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    page = loader.render_to_string(
        f"errors/{kind}.html", {"language": get_language() or "zh-hans", "path": request.path}
    )
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "bad_request", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "forbidden", 403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The CSRF token did not match: mostly a page left open too long, or cookies switched off."""
    return _answer(request, "stale_form", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "not_found", 404)


def fault(request: HttpRequest) -> HttpResponse:
    if gone := away(sys.exc_info()[1]):
        return answer(request, gone)
    return _answer(request, "fault", 500)
