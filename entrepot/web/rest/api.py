"""`/api/v1`: one OpenAPI document, problem+json for every "no", the language of Accept-Language."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.web.common.middleware import answer
from entrepot.web.rest import buying, catalogue, landed_cost, people

problem_type = "application/problem+json"
_log = logging.getLogger(__name__)


class InvalidRequest(Invalid):
    """What the schema does not allow; `data` tells each place and why."""

    code = "invalid_request"
    zh = "请求内容有误：{where}"
    en = "The request is not valid: {where}"


api = NinjaAPI(
    title="Entrepot",
    version="1",
    urls_namespace="api",
    docs_url="/docs",
    openapi_url="/openapi.json",
    description=(
        "Catalogue, landed cost, basket and orders of a storefront. Amounts are decimal strings. Every write takes an "
        "`Idempotency-Key`. Errors are `application/problem+json` (RFC 9457)."
    ),
)
api.add_router("/v1", catalogue.router, tags=["catalogue"])
api.add_router("/v1", landed_cost.router, tags=["landed cost"])
api.add_router("/v1", buying.router, tags=["buying"])
api.add_router("/v1", people.router, tags=["people"])


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return answer(request, refusal)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, _missing: Http404) -> HttpResponse:
    return answer(request, NotFound(what=request.path))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    places = [".".join(str(part) for part in error["loc"][1:] if part != "payload") for error in wrong.errors]
    reasons = [str(error["msg"]) for error in wrong.errors]
    told = "; ".join(f"{place or 'body'}: {reason}" for place, reason in zip(places, reasons, strict=True))
    return answer(request, InvalidRequest(field=places[0] or None, where=told[:1_000]))


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, wrong: HttpError) -> HttpResponse:
    refusal = InvalidRequest(where=str(wrong))
    if wrong.status_code == refusal.status or wrong.status_code == 400:
        return answer(request, refusal)
    body = {"type": "about:blank", "title": str(wrong), "status": wrong.status_code, "code": "http", "field": None}
    return JsonResponse(body, status=wrong.status_code, content_type=problem_type)


@api.exception_handler(Exception)
def fault(request: HttpRequest, wrong: Exception) -> HttpResponse:
    """A fault of ours: logged whole, told without detail."""
    _log.exception("fault at %s %s", request.method, request.path, exc_info=wrong)
    zh = (get_language() or "").startswith("zh")
    body: dict[str, Any] = {
        "type": "/problems/fault",
        "title": "系统出错了，我们已记录" if zh else "Something broke on our side; it has been recorded",
        "status": 500,
        "code": "fault",
        "field": None,
        "data": {},
    }
    return JsonResponse(body, status=500, content_type=problem_type)
