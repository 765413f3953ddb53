"""What a phone at the dock needs beside its page: codes read off its pictures, and the page without a line."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from entrepot.identity.types import Role
from entrepot.receiving import services
from entrepot.web.common.access import access


@access(Role.WAREHOUSE)
@require_POST
def read(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """The codes on one picture of the camera; nothing is counted by it. Refuses NoPicture."""
    if int(request.headers.get("Content-Length") or 0) > services.PICTURE_BYTES_MAX:
        raise services.NoPicture(field="picture", side=0)
    return JsonResponse({"codes": services.codes_on(request.body)})


@access(Role.WAREHOUSE)
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the page for a reload without a line. Its address is what it may answer for."""
    return HttpResponse(_script(), content_type="text/javascript; charset=utf-8")


@cache
def _script() -> str:
    place = files("entrepot.web.backoffice").joinpath("static", "office", "receiving-worker.js")
    return place.read_text(encoding="utf-8")
