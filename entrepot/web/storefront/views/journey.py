"""What the code on a package opens: the journey of its lot, for everybody, without a log-in."""

from __future__ import annotations

from datetime import date

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from entrepot.catalogue import selectors as catalogue
from entrepot.consignments.types import lot_parts
from entrepot.kit.clock import now
from entrepot.provenance import selectors, services
from entrepot.stock import selectors as stock
from entrepot.web.common.access import PUBLIC, access
from entrepot.web.storefront import tracing

A_MINUTE_MAX = 30
MINUTE_S = 60


@access(PUBLIC)
@never_cache
@require_safe
def journey(request: HttpRequest, trace_code: str) -> HttpResponse:
    address = get_adapter().get_client_ip(request)
    if _too_many(address):
        return render(request, "429.html", status=429)
    found = selectors.by_code(text=trace_code)
    if found is None:
        return render(request, "shop/journey_unknown.html", {"trace_code": trace_code[:20]}, status=404)
    before = selectors.scans(code=found)
    if request.method == "GET":
        services.count_scan(code_id=found.id, code=found.code, address=address, now=now())
    links = selectors.links(sku_id=found.sku_id, lot_id=found.lot_id)
    lot = stock.lots(ids=[found.lot_id])[found.lot_id]
    context = {
        "found": found,
        "sku": catalogue.skus(ids=[found.sku_id]).get(found.sku_id),
        "lot": lot,
        "printed": lot_parts(lot.code)[0],
        "steps": tracing.told(links),
        "way_of": tracing.way_of,
        "day_of": date.fromisoformat,
        "map": tracing.drawn([lot.origin, *tracing.travelled(links)]),
        "called_back": tracing.called_back(links),
        "broken": selectors.verify(sku_id=found.sku_id, lot_id=found.lot_id),
        "head": links[-1].hash if links else "",
        "scans": selectors.scans(code=found),
        "first": before.first_at is None,
    }
    return render(request, "shop/journey.html", context)


def _too_many(address: str) -> bool:
    """More than a person opens: each minute is counted by itself."""
    key = f"journey:{address}:{int(now().timestamp()) // MINUTE_S}"
    return not cache.add(key, 1, MINUTE_S) and cache.incr(key) > A_MINUTE_MAX
