"""The reader's language, kept in a cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from entrepot.web.common.access import STAFF, access


@access(*STAFF)
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the language and lead back to where the form was."""
    return set_language(request)
