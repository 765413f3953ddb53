"""Which warehouse serves what: few parcels, bonded before overseas, the same answer every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from uuid import UUID

from entrepot.stock.types import Warehouse, WarehouseKind

EXHAUSTIVE_MAX = 10  # warehouses among which every combination is tried; beyond, the widest is taken first
RANK = {WarehouseKind.BONDED: 0, WarehouseKind.OVERSEAS: 1}  # other kinds do not sell into this flow

Wants = Mapping[UUID, int]  # units by SKU, in the order of the basket
Supply = Mapping[UUID, Mapping[UUID, int]]  # free units by SKU and warehouse
Places = Mapping[UUID, Warehouse]  # in the order of preference


@dataclass(frozen=True, slots=True)
class Plan:
    """`parts`: per warehouse, units by SKU, in the order of preference. `short`: units that there are, by SKU."""

    parts: tuple[tuple[UUID, Mapping[UUID, int]], ...]
    short: Mapping[UUID, int]


def preferred(warehouses: Mapping[UUID, Warehouse]) -> Places:
    """Those that sell into this flow, in the order of preference."""
    mine = (one for one in warehouses.values() if one.kind in RANK)
    return {one.id: one for one in sorted(mine, key=lambda one: (RANK[one.kind], one.code))}


def split(*, wants: Wants, supply: Supply, places: Places) -> Plan:
    """Share the wished units out to warehouses.

    1. One warehouse that can serve everything, the bonded before the overseas, then by code.
    2. Else what bonded warehouses can serve comes from as few of them as possible, the rest from as few overseas.
    3. A line that no single warehouse can serve whole is divided, the fullest warehouse first.
    A line for which there are not enough units anywhere is short; nothing of it is planned.
    """
    alone = _alone(places, wants, supply)
    if alone is not None:
        return Plan(((alone, dict(wants)),) if wants else (), {})
    found = _found(wants, supply, places)
    short = {sku: sum(found[sku].values()) for sku, n in wants.items() if sum(found[sku].values()) < n}
    rest = {sku: n for sku, n in wants.items() if sku not in short}
    taken: dict[UUID, dict[UUID, int]] = {at: {} for at in places}

    alone = _alone(places, rest, found)
    if alone is not None:
        taken[alone].update(rest)
        rest = {}
    for kind in RANK:
        mine = [at for at, one in places.items() if one.kind is kind]
        whole = {sku: n for sku, n in rest.items() if any(found[sku].get(at, 0) >= n for at in mine)}
        for at, sku in _fewest(whole, found, mine):
            taken[at][sku] = whole[sku]
        rest = {sku: n for sku, n in rest.items() if sku not in whole}
    for sku, n in rest.items():
        _divide(sku, n, found[sku], list(places), taken)
    order = list(wants)
    parts = [(at, dict(sorted(units.items(), key=lambda u: order.index(u[0])))) for at, units in taken.items() if units]
    return Plan(tuple(parts), short)


def there(*, wants: Wants, supply: Supply, places: Places) -> dict[UUID, int]:
    """The wishes as far as they can be had: lessened to the units there are; what is gone is left out."""
    found = _found(wants, supply, places)
    return {sku: had for sku, n in wants.items() if (had := min(n, sum(found[sku].values())))}


def _alone(places: Places, wants: Wants, supply: Supply) -> UUID | None:
    """The first that can serve everything."""
    nothing: Mapping[UUID, int] = {}
    for at in places:
        if all(supply.get(sku, nothing).get(at, 0) >= n for sku, n in wants.items()):
            return at
    return None


def _found(wants: Wants, supply: Supply, places: Places) -> Supply:
    return {sku: {at: n for at, n in supply.get(sku, {}).items() if at in places and n > 0} for sku in wants}


def _fewest(wants: Wants, found: Supply, places: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """(warehouse, SKU) for each SKU, each whole from one warehouse, from the fewest; ties by order of preference."""
    if not wants:
        return []
    serves = {at: {sku for sku, n in wants.items() if found[sku].get(at, 0) >= n} for at in places}
    useful = [at for at in places if serves[at]]
    chosen = _cover(set(wants), serves, useful)
    return [(next(at for at in chosen if sku in serves[at]), sku) for sku in wants]


def _cover(wanted: set[UUID], serves: Mapping[UUID, set[UUID]], useful: Sequence[UUID]) -> list[UUID]:
    if len(useful) <= EXHAUSTIVE_MAX:
        tried = chain.from_iterable(combinations(useful, size) for size in range(1, len(useful) + 1))
        return list(next(chosen for chosen in tried if wanted <= set().union(*(serves[at] for at in chosen))))
    picked: list[UUID] = []
    left = set(wanted)
    while left:
        best = max(useful, key=lambda at: (len(serves[at] & left), -useful.index(at)))
        picked.append(best)
        left -= serves[best]
    return sorted(picked, key=useful.index)


def _divide(
    sku: UUID, units: int, there: Mapping[UUID, int], places: Sequence[UUID], taken: dict[UUID, dict[UUID, int]]
) -> None:
    """Take the units from warehouses that send a parcel anyway, then from the fullest, until there are enough."""
    for at in sorted(there, key=lambda at: (not taken[at], -there[at], places.index(at))):
        part = min(units, there[at])
        if part:
            taken[at][sku] = part
            units -= part
