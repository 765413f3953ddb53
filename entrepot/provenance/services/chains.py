"""The chain of a lot: appended to by whoever knows something, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction

from entrepot.consignments import selectors as consignments
from entrepot.consignments.types import Consignment
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.provenance import models, rules
from entrepot.provenance.services.facts import Facts
from entrepot.provenance.types import Step
from entrepot.stock import selectors as stock
from entrepot.stock.types import Lot

BATCH = 1_000
FIRST = (UUID(int=0), UUID(int=0))
DAYS_MAX = 400  # a house that rested longer gathers all its chains


def append(*, sku_id: UUID, lot_id: UUID, steps: Sequence[Step]) -> int:
    """Add events to a lot's chain, each once by its key; in the caller's transaction where there is one. Returns how
    many were new. Facts never change: a step with a known key is not looked at again."""
    with transaction.atomic():
        models.Chain.objects.get_or_create(sku_id=sku_id, lot_id=lot_id)
        chain = models.Chain.objects.select_for_update().get(sku_id=sku_id, lot_id=lot_id)
        rows = models.Event.objects.filter(sku_id=sku_id, chain_id=chain.id, key__in=[one.key for one in steps])
        known = set(rows.values_list("key", flat=True))
        added = []
        for step in steps:
            if step.key in known:
                continue
            known.add(step.key)
            chain.length += 1
            before, chain.head = chain.head, rules.hash_of(str(lot_id), chain.length, step, chain.head)
            added.append(
                models.Event(
                    id=new_id(),
                    sku_id=sku_id,
                    chain_id=chain.id,
                    number=chain.length,
                    kind=step.kind,
                    key=step.key,
                    at=step.at,
                    country=step.country,
                    facts=dict(step.facts),
                    before=before,
                    hash=chain.head,
                )  # fmt: skip
            )
        models.Event.objects.bulk_create(added)
        models.Chain.objects.filter(sku_id=sku_id, id=chain.id).update(length=chain.length, head=chain.head)
    return len(added)


def gather(*, sku_id: UUID, lot_id: UUID, now: datetime) -> int:
    """Append everything that is known of a lot and stands in no event yet: the rights it was bought by, its order, its
    consignment, its declaration into the zone, receipts, and what left on days that are over. Returns how many events
    were new. Refuses NotFound."""
    lot = stock.lots(ids=[lot_id]).get(lot_id)
    if lot is None or lot.sku_id != sku_id:
        raise NotFound(what="lot")
    return _gather([lot], Facts(now))


def follow_consignment(*, consignment_id: UUID, now: datetime) -> int:
    """The chains of the lots that came with a consignment, as far as it was received. Returns how many events were
    new."""
    found = consignments.consignment(consignment_id=consignment_id)
    return 0 if found is None else _gather(_lots_of(found), Facts(now))


def follow_inbound(*, inbound_id: UUID, now: datetime) -> int:
    """The chains of the lots of an inbound declaration. Returns how many events were new."""
    found = stock.inbound(inbound_id=inbound_id)
    names = {(line.sku_id, line.lot) for line in found.lines} if found else set()
    lots = stock.lots(ids=stock.lots_named(names=names).values())
    return _gather(list(lots.values()), Facts(now))


def sweep(*, now: datetime) -> int:
    """Each day that is over is gone through once: chains of lots that came or left gather. The first time all chains
    do. Returns how many events were new."""
    facts, yesterday = Facts(now), day_in(CHINA, now) - timedelta(days=1)
    last = models.SweptDay.objects.order_by("-day").values_list("day", flat=True).first()
    if last is None or (yesterday - last).days > DAYS_MAX:
        added = _every_chain(facts)
        models.SweptDay.objects.get_or_create(day=yesterday)
        return added
    added = 0
    for n in range((yesterday - last).days):
        day = last + timedelta(days=n + 1)
        added += _day(day, facts)
        models.SweptDay.objects.get_or_create(day=day)
    models.SweptDay.objects.filter(day__lt=yesterday).delete()
    return added


def _every_chain(facts: Facts) -> int:
    added, after = 0, UUID(int=0)
    while page := list(models.Chain.objects.filter(id__gt=after).order_by("id").values_list("id", "lot_id")[:BATCH]):
        after = page[-1][0]
        added += _gather(list(stock.lots(ids=[lot_id for _, lot_id in page]).values()), facts)
    return added


def _day(day: date, facts: Facts) -> int:
    """Goods that nobody put on a chain are left alone: it begins with a consignment, a declaration or a code."""
    since, until = (datetime.combine(one, time(), CHINA) for one in (day, day + timedelta(days=1)))
    added, after = 0, FIRST
    while page := stock.moved_lots(since=since, until=until, after=after, most=BATCH):
        after = page[-1]
        chains = models.Chain.objects.filter(sku_id__in={sku for sku, _ in page}, lot_id__in=[lot for _, lot in page])
        lots = stock.lots(ids=list(chains.values_list("lot_id", flat=True)))
        added += _gather(list(lots.values()), facts)
    return added


def _lots_of(found: Consignment) -> list[Lot]:
    return stock.lots_ending(sku_ids={line.sku_id for line in found.lines}, ending=f"/{found.number}")


def _gather(lots: Sequence[Lot], facts: Facts) -> int:
    return sum(append(sku_id=lot.sku_id, lot_id=lot.id, steps=rules.in_order(facts.of(lot))) for lot in lots)
