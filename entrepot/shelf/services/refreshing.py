"""Bringing the shelf in step with the contexts below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Category, Product
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.shelf import kept
from entrepot.shelf.models import Entry
from entrepot.shelf.models import Storefront as Lock
from entrepot.shelf.rules import cards, spelling
from entrepot.shelf.services.offers import JURISDICTION, offers
from entrepot.shelf.types import RefreshReport
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront
from entrepot.tariff import selectors as tariff

CHUNK = 500  # products in one transaction
LOCK_TIMEOUT = "60s"  # some dozens of chunks; a handler that waits longer fails and is tried again by the outbox
BOOK_SETTLES = timedelta(minutes=2)  # writing it takes a while, and processes ask the one before for some seconds
_NOTHING = RefreshReport(shown=0, changed=0, removed=0)


def refresh(*, storefront_id: UUID, product_ids: Collection[UUID], clock: Callable[[], datetime]) -> RefreshReport:
    """Show these products as they are now, or take them off. Repeating it changes nothing. Refuses NoStorefront.

    The clock is read once nobody else writes: prices of a moment before the wait would be an older state.
    """
    storefront = _storefront(storefront_id)
    report = _NOTHING
    for chunk in _chunks(sorted(set(product_ids))):
        report += _refresh(storefront, chunk, clock)[0]
    return report


def refresh_everywhere(*, product_ids: Collection[UUID], clock: Callable[[], datetime]) -> None:
    """`refresh` on every storefront."""
    for storefront in storefronts.every():
        refresh(storefront_id=storefront.id, product_ids=product_ids, clock=clock)


def rebuild(*, storefront_id: UUID, clock: Callable[[], datetime]) -> RefreshReport:
    """Refresh every product of the catalogue, drop what it has no more, count the vocabulary anew.

    Other refreshes and the shop go on meanwhile: it works chunk by chunk. Refuses NoStorefront.
    """
    storefront, began = _storefront(storefront_id), clock()
    report = _NOTHING
    counts: Counter[str] = Counter()
    after: UUID | None = None
    while ids := catalogue.product_ids(after=after, limit=CHUNK):
        done, spelt = _refresh(storefront, ids, clock, heal=True)
        report += done
        counts.update(spelt)
        gone = _strangers(storefront, after, ids)
        report += RefreshReport(shown=0, changed=0, removed=_take_off(storefront, gone))
        after = ids[-1]
    gone = _strangers(storefront, after, ())
    report += RefreshReport(shown=0, changed=0, removed=_take_off(storefront, gone))
    with transaction.atomic():
        _lock(storefront)
        params = {"storefront_id": storefront.id, "terms": list(counts), "counts": list(counts.values())}
        sql.run(sql.load("shelf", "recount"), params)
        Lock.objects.filter(storefront_id=storefront.id).update(rebuilt_at=began)
    kept.forget()
    return report


def follow_rates(*, clock: Callable[[], datetime]) -> None:
    """Rebuild every shelf that was not since the last rate book came, and settled."""
    came = tariff.last_import(destination=JURISDICTION)
    if came is None or clock() < came + BOOK_SETTLES:
        return
    done = Lock.objects.filter(rebuilt_at__gte=came + BOOK_SETTLES).values_list("storefront_id", flat=True)
    for storefront in storefronts.every():
        if storefront.id not in done:
            rebuild(storefront_id=storefront.id, clock=clock)


def _storefront(storefront_id: UUID) -> Storefront:
    for known in storefronts.every():
        if known.id == storefront_id:
            return known
    raise storefronts.NoStorefront(field="storefront_id", name=str(storefront_id))


def _chunks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _refresh(
    storefront: Storefront, ids: Sequence[UUID], clock: Callable[[], datetime], *, heal: bool = False
) -> tuple[RefreshReport, Counter[str]]:
    """One chunk; also how many of its products have each term. `heal` puts places of unchanged entries right too."""
    with transaction.atomic():
        _lock(storefront)
        now = clock()
        tree = {category.id: category for category in catalogue.categories()}
        products = catalogue.products(ids=ids)
        found = offers(storefront=storefront, products=list(products.values()), now=now)
        rows = [cards.row(products[product_id], mine, tree) for product_id, mine in found.of.items()]
        changed = _put(storefront, rows, now, heal)
        removed = _take_off(storefront, [product_id for product_id in ids if product_id not in found.of])
        surfaces, counts = _spellings([products[product_id] for product_id in found.of], tree)
        _learn(storefront, surfaces, counts)
    kept.forget()
    left_out = Counter(found.left_out.values())
    return RefreshReport(shown=len(rows), changed=changed, removed=removed, left_out=dict(left_out)), counts


def _lock(storefront: Storefront) -> None:
    Lock.objects.bulk_create([Lock(storefront_id=storefront.id)], ignore_conflicts=True)
    sql.rows(sql.load("shelf", "lock"), {"storefront_id": storefront.id, "lock_timeout": LOCK_TIMEOUT})


def _put(storefront: Storefront, rows: Sequence[Mapping[str, Any]], now: datetime, heal: bool) -> int:
    """Write entries and their places; how many changed."""
    if not rows:
        return 0
    stamped = [{"id": new_id(), **row} for row in rows]
    params = {"storefront_id": storefront.id, "currency": storefront.currency, "now": now, "rows": _json(stamped)}
    changed = {row["product_id"] for row in sql.rows(sql.load("shelf", "entries"), params)}
    placed = [row for row in rows if heal or row["product_id"] in changed]
    if placed:
        ids = [new_id() for row in placed for _ in range(len(row["categories"]) + 1)]
        product_ids = [row["product_id"] for row in placed]
        params = {"storefront_id": storefront.id, "product_ids": product_ids, "ids": ids}
        sql.run(sql.load("shelf", "places"), params)
    return len(changed)


def _take_off(storefront: Storefront, product_ids: Sequence[UUID]) -> int:
    if not product_ids:
        return 0
    params = {"storefront_id": storefront.id, "product_ids": list(product_ids)}
    return sql.run(sql.load("shelf", "take_off"), params)


def _strangers(storefront: Storefront, after: UUID | None, ids: Sequence[UUID]) -> list[UUID]:
    """Products on the shelf in the stretch of ids just read that the catalogue does not have."""
    shown = Entry.objects.filter(storefront_id=storefront.id).exclude(product_id__in=ids)
    if after is not None:
        shown = shown.filter(product_id__gt=after)
    if ids:
        shown = shown.filter(product_id__lt=ids[-1])
    suspects = list(shown.values_list("product_id", flat=True))
    known = catalogue.products(ids=suspects)  # it may have come after the stretch was read
    return [product_id for product_id in suspects if product_id not in known]


def _spellings(products: Sequence[Product], tree: Mapping[UUID, Category]) -> tuple[dict[str, str], Counter[str]]:
    surfaces: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for product in products:
        mine = cards.spellings(product, cards.shelves(product, tree))
        counts.update(mine.keys())
        surfaces.update(mine)
    return surfaces, counts


def _learn(storefront: Storefront, surfaces: Mapping[str, str], counts: Mapping[str, int]) -> None:
    if not surfaces:
        return
    rows = [
        {"id": new_id(), "term": term, "surface": surface, "products": counts[term], "near": spelling.near_forms(term)}
        for term, surface in sorted(surfaces.items())
    ]
    sql.run(sql.load("shelf", "terms"), {"storefront_id": storefront.id, "rows": _json(rows)})


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
