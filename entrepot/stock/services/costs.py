"""What lots cost beyond their price: charges are laid on them and taken back, each as dated rows that never change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.money import allocate_each, exponent
from entrepot.stock.types.lots import Borne, Charge, LotFacts

SHARES = 20_000  # in one statement


def _nobody(_laid: int) -> None:
    return None


def lay_costs(
    *,
    run_id: UUID,
    charges: Sequence[Charge],
    lots: Sequence[LotFacts],
    now: datetime,
    told: Callable[[int], None] = _nobody,
) -> list[Borne]:
    """Lay charges on these lots. A share is parted by where the lot's units are by now: what is in stock raises its
    value, what was sold goes to cost of sales, the rest is lost. Nothing about a lot changes. `told` hears on how many
    lots they are laid.

    Levels are not locked: units sold at the same moment bear the new cost as sold, for a lot's value follows its units.
    """
    borne = [[0, 0, 0] for _ in charges]
    order = sorted(range(len(lots)), key=lambda i: (lots[i].sku_id.int, lots[i].lot_id.int))
    size = max(SHARES // max(len(charges), 1), 1)
    about = {
        "run_id": run_id, "at": now, "charge_ids": [one.id for one in charges], "kinds": [one.kind for one in charges],
        "paid_currencies": [one.paid_currency for one in charges], "currencies": [one.currency for one in charges],
        "scales": [10 ** exponent(one.currency) for one in charges], "rates": [one.rate for one in charges],
        "sources": [one.source for one in charges],
    }  # fmt: skip
    laid, slices = 0, [order[start : start + size] for start in range(0, len(order), size)]
    with transaction.atomic(), ThreadPoolExecutor(1) as beside:  # reckons the next slice while the server writes one
        ahead = (beside.submit(_shares, part, charges, lots, borne) for part in slices)
        coming = next(ahead, None)
        while coming is not None:
            shares, coming = coming.result(), next(ahead, None)
            if shares:
                sql.run(sql.load("stock", "lay_costs"), {**about, **shares, "base": new_id(), "landed_base": new_id()})
            laid = min(laid + size, len(order))
            told(laid)
    return [Borne(charge.id, *parts) for charge, parts in zip(charges, borne, strict=True)]


def take_back_costs(*, run_id: UUID, now: datetime) -> int:
    """What the run laid on lots is taken back, entry by entry. Once: a second call meets the database's refusal.
    Returns the entries."""
    params = {"base": new_id(), "landed_base": new_id(), "run_id": run_id, "at": now}
    with transaction.atomic():
        sql.run("SET LOCAL work_mem = '64MB'")  # half a million entries are sorted in memory
        (row,) = sql.rows(sql.load("stock", "unlay_costs"), params)
    return int(row["entries"])


def _shares(
    order: Sequence[int], charges: Sequence[Charge], lots: Sequence[LotFacts], borne: Sequence[list[int]]
) -> dict[str, str]:
    """The columns of what these lots bear, lot by lot, as parameters; what becomes of each charge is added up in
    `borne`."""
    bearing = [(i, place) for i in order for place, charge in enumerate(charges) if charge.paid[i]]
    if not bearing:
        return {}
    amounts = [charges[place].amounts[i] for i, place in bearing]
    borne_by = [[charge.amounts[i] for charge in charges if charge.paid[i]] for i in order]
    parts = [part for i, shares in zip(order, borne_by, strict=True) for part in _parted(shares, lots[i])]
    for (_, place), (stock, sold, lost) in zip(bearing, parts, strict=True):
        sums = borne[place]
        sums[0], sums[1], sums[2] = sums[0] + stock, sums[1] + sold, sums[2] + lost
    names = {i: (str(lots[i].sku_id), str(lots[i].lot_id)) for i in order}
    columns: dict[str, list[Any]] = {
        "sku_ids": [names[i][0] for i, _ in bearing],
        "lot_ids": [names[i][1] for i, _ in bearing],
        "units": [lots[i].units for i, _ in bearing],
        "places": [place + 1 for _, place in bearing],
        "paids": [charges[place].paid[i] for i, place in bearing],
        "amounts": amounts,
        "stocks": [stock for stock, _, _ in parts],
        "solds": [sold for _, sold, _ in parts],
        "losts": [lost for _, _, lost in parts],
    }
    return {name: sql.array(values) for name, values in columns.items()}


def _parted(amounts: Sequence[int], lot: LotFacts) -> Sequence[Sequence[int]]:
    """Each in stock, sold, lost."""
    if lot.in_stock == lot.units:
        return [(amount, 0, 0) for amount in amounts]
    return allocate_each(amounts, [lot.in_stock, lot.sold, lot.units - lot.in_stock - lot.sold])
