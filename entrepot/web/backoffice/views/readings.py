"""Who did or saw what with a person's data."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from entrepot.audit import selectors as audit
from entrepot.identity import selectors as identity
from entrepot.identity.types import Role
from entrepot.web.backoffice.page import office_page, page_number
from entrepot.web.common.access import access


@access(Role.OPERATOR)
def of_buyer(request: HttpRequest, buyer_id: UUID) -> HttpResponse:
    page = page_number(request)
    entries = audit.of_buyer(buyer_id=buyer_id, page=page)
    ids = {found for entry in entries if (found := _id(entry.actor))}
    people = {str(found): one for found, one in identity.people(ids=ids | {buyer_id}).items()}
    return office_page(
        request,
        "readings",
        _("Doings and readings"),
        entries=[(entry, people.get(entry.actor)) for entry in entries],
        buyer=people.get(str(buyer_id)),
        page=page,
        more=len(entries) == audit.page_size,
    )


def _id(actor: str) -> UUID | None:
    """An actor is a person's id or the name of a process."""
    try:
        return UUID(actor)
    except ValueError:
        return None
