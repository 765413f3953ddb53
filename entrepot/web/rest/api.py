"""`/api/v1`: one OpenAPI document, problem+json for every "no", the language of Accept-Language."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from entrepot.kit.refusals import NotFound, Refusal
from entrepot.web.common.away import told_away
from entrepot.web.common.middleware import answer
from entrepot.web.rest import buying, catalogue, faults, landed_cost, limits, openapi, people, returns, rush
from entrepot.web.rest.reading import BodyTooLarge, BrokenJson, Reader, body_bytes_max

_log = logging.getLogger(__name__)


class BadRequest(Refusal):
    code = "bad_request"
    status = 400
    zh = "请求超出限制或无法识别"
    en = "The request is beyond the limits or cannot be understood"


class Api(NinjaAPI):
    """With the whole OpenAPI document, made once a process."""

    _document: OpenAPISchema | None = None

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        if self._document is None:
            made = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
            self._document = openapi.complete(made, self)
        return self._document


api = Api(
    parser=Reader(),
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
api.add_router("/v1", rush.router, tags=["flash sales"])
api.add_router("/v1", landed_cost.router, tags=["landed cost"])
api.add_router("/v1", buying.router, tags=["buying"])
api.add_router("/v1", limits.router, tags=["limits at customs"])
api.add_router("/v1", returns.router, tags=["returns"])
api.add_router("/v1", people.router, tags=["people"])


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return answer(request, refusal)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, _missing: Http404) -> HttpResponse:
    return answer(request, NotFound(what=request.path))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    return answer(request, faults.refusal(wrong.errors, chinese=(get_language() or "").startswith("zh")))


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, wrong: HttpError) -> HttpResponse:
    """What django-ninja could not parse; our own reader's refusal stands behind it."""
    behind = wrong.__cause__
    return answer(request, behind if isinstance(behind, Refusal) else BrokenJson(field="body"))


@api.exception_handler(SuspiciousOperation)
def suspicious(request: HttpRequest, wrong: SuspiciousOperation) -> HttpResponse:
    """Limits that Django keeps itself: too large a body, too many parameters."""
    too_large = isinstance(wrong, RequestDataTooBig)
    return answer(request, BodyTooLarge(field="body", most=body_bytes_max) if too_large else BadRequest())


@api.exception_handler(Exception)
def fault(request: HttpRequest, wrong: Exception) -> HttpResponse:
    """A fault of ours: logged whole, told without detail."""
    if gone := told_away(wrong, request.path):
        return answer(request, gone)
    _log.exception("fault at %s %s", request.method, request.path, exc_info=wrong)
    return JsonResponse(faults.fault(get_language() or ""), status=500, content_type=openapi.problem_type)
