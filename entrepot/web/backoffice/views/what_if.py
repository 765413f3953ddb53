"""What rows of law would change: laid over the books in force, for what is offered, in stock and on order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from entrepot.catalogue.types import text
from entrepot.identity.types import Role
from entrepot.insight import selectors
from entrepot.insight.types import FULL, Effect, Kind, Total, WhatIf
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront
from entrepot.tariff import selectors as tariff
from entrepot.tariff.services import BadBook
from entrepot.web.backoffice.page import office_page
from entrepot.web.common.access import access
from entrepot.web.common.formats import country, language

content_bytes_max = 1024 * 1024
faults_shown, groups_shown, articles_shown = 20, 12, 50
EXAMPLE = '3304,US,CN,additional.what_if,"{""rate"":""0.25""}",2027-01-01,,no,what if,'


class RowsTooLong(Invalid):
    code = "rows_too_long"
    zh = "数据最多 {most} 字节：更多请用命令 entrepot what_if"
    en = "At most {most} bytes of rows: for more use the command entrepot what_if"


class NotADay(Invalid):
    code = "not_a_day"
    zh = "请填写日期，例如 2026-11-28"
    en = "Enter a date such as 2026-11-28"


class NoStorefrontYet(Invalid):
    code = "no_storefront_yet"
    zh = "尚无店铺，也就没有价格"
    en = "There is no storefront yet, and so no price"


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was sent."""

    content: bytes
    day: str
    way: str
    store: str


@access(Role.CATALOGUE, Role.CUSTOMS, Role.FINANCE, Role.PURCHASING)
@require_http_methods(["GET", "POST"])
def what_if(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, the answer below it, or as a table for spreadsheets. Nothing is kept."""
    at = now()
    if request.method != "POST":
        return _page(request, Asked(b"", day_in(CHINA, at).isoformat(), "", ""))
    file = request.FILES.get("file")
    content = file.read(content_bytes_max + 1) if file else request.POST.get("rows", "").encode()
    asked = Asked(content, *(request.POST.get(name, "")[:40] for name in ("day", "way", "store")))
    try:
        found, store = _found(asked, at)
    except Refusal as refusal:
        return _page(request, asked, refusal=refusal)
    if "csv" in request.POST:
        return _csv(found)
    return _page(request, asked, found, store)


def _found(asked: Asked, at: datetime) -> tuple[WhatIf, Storefront]:
    """Refuses RowsTooLong, NotADay, NoStorefrontYet, BadBook."""
    if len(asked.content) > content_bytes_max:
        raise RowsTooLong(field="rows", most=content_bytes_max)
    try:
        day = date.fromisoformat(asked.day)
    except ValueError as wrong:
        raise NotADay(field="day") from wrong
    every = storefronts.every()
    if not every:
        raise NoStorefrontYet(field="store")
    store = next((one for one in every if one.code == asked.store), every[0])
    way = asked.way if asked.way in dict(_ways()) else ""
    overlay = selectors.overlay(content=asked.content)
    positions = selectors.every_position(storefront=store, day=day, now=at, way=way)
    return selectors.what_if(positions=positions, overlay=overlay, day=day), store


def _page(
    request: HttpRequest,
    asked: Asked,
    found: WhatIf | None = None,
    store: Storefront | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    faults = refusal.faults[:faults_shown] if isinstance(refusal, BadBook) else ()
    answer = office_page(
        request,
        "what_if",
        _("What if"),
        asked=asked,
        rows=asked.content.decode("utf-8", "replace").removeprefix("\ufeff"),
        example=EXAMPLE,
        ways=_ways(),
        storefronts=storefronts.every(),
        store=store,
        refusal=refusal.message(language()) if refusal else "",
        refused=refusal.field if refusal else "",
        faults=faults,
        answer=_shown(found) if found else None,
    )
    answer.status_code = refusal.status if refusal else 200
    return answer


def _ways() -> list[tuple[str, str]]:
    """The ways in that the tariff computes for China, and the full tax over the buyer's limits."""
    named = {
        "bonded": _("bonded (1210)"),
        "direct": _("sent directly (9610)"),
        "postal": _("by post"),
        "express": _("by express carrier"),
        "general": _("general trade"),
    }
    served = tariff.served().get("CN")
    ways = [(channel, named.get(channel, channel)) for channel in (served.channels if served else ())]
    return [("", _("as each comes in")), *ways, (FULL, _("over the limits: the full tax"))]


@dataclass(frozen=True, slots=True)
class Bar:
    """A sum as it is drawn: `share` of the largest difference shown, in percent; `bad` where more is owed."""

    name: str
    total: Total
    share: int

    @property
    def bad(self) -> bool:
        return self.total.difference > 0


def _shown(found: WhatIf) -> dict[str, Any]:
    lang = language()
    kinds = {
        "catalogue": _("On offer, one of each"),
        "stock": _("In stock, all units"),
        "purchase": _("On order, units awaited"),
    }
    changed, ways = found.changed, dict(_ways())
    return {
        "found": found,
        "currency": next((effect.currency for effect in found.effects if effect.currency), "CNY"),
        "kinds": [(kinds.get(total.key, total.key), total) for total in _sums(found.effects, "kind", found)],
        "groups": _groups(found),
        "articles": [(effect, ways.get(effect.position.channel, "")) for effect in changed[:articles_shown]],
        "articles_more": len(changed) - articles_shown,
        "uncomputed": [(one.zh if lang != "en" else one.en, count) for one, count in found.uncomputed.values()],
    }


def _groups(found: WhatIf) -> list[tuple[str, list[Bar]]]:
    """Kinds are not added up: stock and orders are drawn where they change, else what is on offer."""
    titles = {
        Kind.STOCK: (_("Stock by country of origin"), _("Stock by brand")),
        Kind.PURCHASE: (_("On order by country of origin"), _("On order by brand")),
        Kind.CATALOGUE: (_("On offer by country of origin"), _("On offer by brand")),
    }
    of = {kind: [effect for effect in found.changed if effect.position.kind == kind] for kind in titles}
    drawn = [kind for kind in (Kind.STOCK, Kind.PURCHASE) if of[kind]] or [Kind.CATALOGUE]
    return [
        (title, _bars(_sums(of[kind], by, found)))
        for kind in drawn
        for title, by in zip(titles[kind], ("origin", "brand"), strict=True)
    ]


def _sums(effects: Iterable[Effect], by: str, found: WhatIf) -> list[Total]:
    def key(effect: Effect) -> str:
        if by == "brand":
            return text(found.brands.get(effect.sku.brand_id, {}), language()) if effect.sku else ""
        return str(effect.position.kind) if by == "kind" else country(effect.origin)

    return selectors.totals(effects=effects, key=key)


def _bars(totals: Sequence[Total]) -> list[Bar]:
    shown = [total for total in totals if total.difference][:groups_shown]
    most = max((abs(total.difference) for total in shown), default=1)
    return [Bar(total.key, total, max(1, 100 * abs(total.difference) // most)) for total in shown]


def _csv(found: WhatIf) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(_lines(found, language()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="what-if-{found.day.isoformat()}.csv"'
    return answer


def _lines(found: WhatIf, lang: str) -> Iterator[str]:
    yield "\ufeff"
    for row in selectors.table(found=found, language=lang):
        out = io.StringIO()
        csv.writer(out).writerow(row)
        yield out.getvalue()
