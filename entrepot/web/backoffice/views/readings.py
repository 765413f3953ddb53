"""Who did or saw what with a person's data."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from entrepot.audit import selectors as audit
from entrepot.identity.types import Role
from entrepot.web.backoffice.page import office_page, page_number
from entrepot.web.common.access import access


@access(Role.OPERATOR)
def of_buyer(request: HttpRequest, buyer_id: UUID) -> HttpResponse:
    entries = audit.of_buyer(buyer_id=buyer_id, page=page_number(request))
    context = {"entries": entries, "buyer_id": buyer_id, "page": page_number(request)}
    return office_page(request, "readings", "查阅记录 · Doings and readings", **context)
