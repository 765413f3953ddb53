"""What the night does: how long deliveries took, and what to order under the contracts in force."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import F, Sum

from entrepot.kit.clock import CHINA, day_in
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import Supply
from entrepot.replenishment.models import DayOfSales, LeadTime, Proposal
from entrepot.replenishment.rules.reorder import CONTAINERS, fits
from entrepot.replenishment.services.proposals import SOURCES_MAX, propose
from entrepot.replenishment.types import OWN, Plan, ProposalState, Source, Terms
from entrepot.stock import selectors as stock

log = logging.getLogger(__name__)
NIGHTLY = Plan(container=CONTAINERS["20"], top_up=False)
SOLD_DAYS = 182  # a place that sold none of an article for half a year needs none
DELIVERED_DAYS = 730
_BATCH = 1_000


def reckon_lead_times(*, today: date) -> int:
    """How long deliveries of the last two years took, from the receipts of orders; twice changes nothing. Their
    number."""
    found = procurement.deliveries(since=today - timedelta(days=DELIVERED_DAYS))
    rows = {
        (one.supplier_code, one.place, f"{one.order_number} {one.reference}"[:60]): one
        for one in found
        if one.sent_on <= one.received_on
    }
    LeadTime.objects.bulk_create(
        (
            LeadTime(supplier=code, place=place, reference=told, ordered_on=one.sent_on, arrived_on=one.received_on)
            for (code, place, told), one in rows.items()
        ),
        _BATCH, update_conflicts=True, unique_fields=["supplier", "place", "reference"],
        update_fields=["ordered_on", "arrived_on"],
    )  # fmt: skip
    return len(rows)


def propose_from_contracts(*, now: datetime, plan: Plan = NIGHTLY) -> list[UUID]:
    """Propose anew what to order for every place that sells what a contract in force names. Open proposals of
    contracts and places that need nothing any more are replaced by nothing.

    A supplier is a transaction of its own.
    """
    today, histories = day_in(CHINA, now), _histories()
    sources = [one for one in contract_sources(today=today) if _fitting(one, plan)]
    _drop_stale({(one.terms.contract_id, one.place) for one in sources if one.terms})
    made: list[UUID] = []
    for _supplier, group in groupby(sorted(sources, key=lambda one: one.supplier), key=lambda one: one.supplier):
        made += propose(sources=list(group)[:SOURCES_MAX], plan=plan, today=today, now=now, history=histories)
    return made


def contract_sources(*, today: date) -> list[Source]:
    """Where what our places sell can be ordered, by the contracts in force; what is ordered already counts as coming.

    An order that was written from a proposal comes to the proposal's place, any other one to the place that sells most
    of the article.
    """
    supplies = {one.sku_code: one for one in procurement.supplies(on=today)}
    places = _places(supplies, today)
    coming = _coming({one.sku_id: places[code] for code, one in supplies.items() if code in places})
    return [
        source for code, where in sorted(places.items()) for source in _sources(supplies[code], where, coming)
    ]  # fmt: skip


def _sources(supply: Supply, places: Sequence[str], coming: Mapping[tuple[UUID, str], int]) -> Iterator[Source]:
    for place in places:
        yield Source(
            supplier=supply.supplier_code,
            place=place,
            article=supply.sku_code,
            minimum=supply.units_min,
            pack=supply.pack,
            volume_cm3=supply.volume_cm3,
            weight_g=supply.weight_g,
            on_order=coming.get((supply.sku_id, place), 0),
            terms=Terms(supply.contract_id, supply.currency, supply.order_units_min),
            unit_price=supply.unit_price,
        )


def _fitting(one: Source, plan: Plan) -> bool:
    right = plan.container is None or fits(one, plan.container)
    if not right:
        log.warning("one pack of %s does not fit into the container: it is not proposed", one.article)
    return right


def _places(supplies: Mapping[str, Supply], today: date) -> dict[str, list[str]]:
    """Our warehouses that sold an article lately, those that sold most first."""
    ours = [one.code for one in stock.warehouses().values()]
    since = today - timedelta(days=SOLD_DAYS)
    lately = DayOfSales.objects.filter(source__in=_histories(), place__in=ours, day__gte=since)
    rows = lately.filter(article__in=list(supplies)).values("article", "place").order_by()
    rows = rows.annotate(sold=Sum(F("units") - F("cancelled")))
    found: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (-row["sold"], row["place"])):
        if row["sold"] > 0:
            found[row["article"]].append(row["place"])
    return found


def _histories() -> list[str]:
    """Our own sales, and what other systems sold from our warehouses before us."""
    ours = [one.code for one in stock.warehouses().values()]
    rows = DayOfSales.objects.filter(place__in=ours).exclude(source=OWN)
    return [OWN, *rows.order_by("source").values_list("source", flat=True).distinct()]


def _coming(places: Mapping[UUID, Sequence[str]]) -> dict[tuple[UUID, str], int]:
    """Units on order by article and place."""
    rows = procurement.outstanding()
    told = dict(Proposal.objects.filter(order_id__in={one.order_id for one in rows}).values_list("order_id", "place"))
    found: dict[tuple[UUID, str], int] = defaultdict(int)
    for one in rows:
        if one.sku_id in places:
            found[one.sku_id, told.get(one.order_id, places[one.sku_id][0])] += one.units
    return found


def _drop_stale(alive: set[tuple[UUID, str]]) -> None:
    rows = Proposal.objects.filter(state=ProposalState.PROPOSED, contract__isnull=False)
    gone = [row.id for row in rows if (row.contract_id, row.place) not in alive]
    Proposal.objects.filter(id__in=gone, state=ProposalState.PROPOSED).update(state=ProposalState.REPLACED)
