"""Articles that cannot be sold, and why: what a catalogue clerk still has to find out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.web.backoffice.page import office_page, page_number, search_text
from entrepot.web.common.access import access

JURISDICTION = "CN"


@access(Role.CATALOGUE, Role.CUSTOMS, Role.SERVICE, Role.OPERATOR)
def listed(request: HttpRequest) -> HttpResponse:
    today = day_in(CHINA, now())
    counts = catalogue.unsellable_counts(jurisdiction=JURISDICTION, on=today)
    why = request.GET.get("why", "")
    why = why if why in counts else ""
    text, page = search_text(request), page_number(request)
    ids = catalogue.unsellable(jurisdiction=JURISDICTION, on=today, why=why, text=text, page=page)
    skus = catalogue.skus(ids=ids)
    problems = catalogue.sellability(sku_ids=ids, jurisdiction=JURISDICTION, on=today)
    return office_page(
        request,
        "unsellable_rows" if request.headers.get("HX-Target") == "rows" else "unsellable",
        _("Articles that cannot be sold"),
        rows=[(skus[one], problems.get(one, ())) for one in ids if one in skus],
        counts=counts.items(),
        why=why,
        q=text,
        page=page,
        more=len(ids) == catalogue.UNSELLABLE_PAGE,
    )
