"""Landed cost over many lots, the value of stock on a past day over many movements, scans, and the pages of all that.

Fills a database of its own by set-based SQL (`bench.lot_goods`). The aims hold at full size (`--full`): 100,000 lots in
a run, 10,000,000 movements, 1,000,000 lots.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import psycopg

from bench import browse, intake

T = TypeVar("T")
DATABASE, PORT, HOME = "entrepot_lots", 8171, Path("var/bench/lots")
RUN_S_MAX, VALUE_S_MAX, MEMORY_MB_MAX = 20, 2, 400
ROUNDS = 7
PARTS = ("value", "landing", "dock", "pages")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exits with 1 if an aim is missed at full size, or a value differs from the whole ledger's."""
    asked = _arguments(arguments)
    _opened(asked.keep)
    from bench import lot_dock, lot_goods, lot_pages
    from bench.copies import read
    from entrepot.kit.clock import now

    if not (asked.keep and read("SELECT 1 FROM stock_lot LIMIT 1")):
        wanted = lot_goods.Wanted(asked.lots, asked.movements, now())
        _timed("filled", lambda: lot_goods.fill(wanted, _timed))
    parts = {
        "value": _values, "landing": lambda: _landing(asked.landing), "dock": lot_dock.measure,
        "pages": lot_pages.measure,
    }  # fmt: skip
    fine = [measure() for name, measure in parts.items() if name in asked.only]
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'memory':<34}{held:>9,.0f} MB at most ({MEMORY_MB_MAX})")
    return 0 if all(fine) and held <= MEMORY_MB_MAX else 1


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.lots", description=__doc__.partition("\n")[0])
    parser.add_argument("--lots", type=int, default=20_000)
    parser.add_argument("--movements", type=int, default=200_000)
    parser.add_argument("--landing", type=int, default=5_000, help="lots in the run")
    parser.add_argument("--full", action="store_true", help="the sizes that the aims are for")
    parser.add_argument("--keep", action="store_true", help="the goods of an earlier run")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    found = parser.parse_args(given)
    if found.full:
        found.lots, found.movements, found.landing = 1_000_000, 10_000_000, 100_000
    return found


def _opened(keep: bool) -> None:
    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or intake.server(HOME)
    if not keep:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
            db.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")  # type: ignore[arg-type]
    os.environ.update(browse._environment(browse._database(DATABASE), PORT))
    os.environ["ENTREPOT_HOME"] = str(Path("var/bench").resolve())
    os.environ.setdefault("ENTREPOT_PAYMENT_SECRET", "only-for-measuring")
    os.environ.setdefault("ENTREPOT_CARRIER_SECRET", "only-for-measuring")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody logs in with one here
    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def _values() -> bool:
    """Today and days of the last months; two of them beside the sum of the whole ledger."""
    from bench.copies import run
    from entrepot.kit.clock import CHINA, day_in, now
    from entrepot.stock import selectors, services

    _timed("days closed", lambda: services.close_days(now=now()))
    run("VACUUM (ANALYZE) stock_closing")
    today = day_in(CHINA, now())
    days = [today - timedelta(days=53 * n) for n in range(ROUNDS)]  # today, which no night has closed, too
    took = [_seconds(lambda day=day: selectors.totals(on=day)) for day in days]  # type: ignore[misc]
    worst = max(took)
    print(
        f"{'value on a past day':<34}{statistics.median(took):>9.2f} s, {worst:.2f} at most ({VALUE_S_MAX})", flush=True
    )
    found, due = ([worth(day) for day in days[:2]] for worth in (_told, _whole))
    if found != due:
        print(f"  {found} is not the ledger's {due}")
    return worst <= VALUE_S_MAX and found == due


def _told(on: date) -> object:
    from entrepot.stock import selectors

    return sum(one.value for one in selectors.totals(on=on))


def _whole(on: date) -> object:
    """The value from the whole ledger, without closings."""
    from entrepot.kit import sql
    from entrepot.stock.selectors.worth import begins

    (row,) = sql.rows(
        """SELECT sum(m.units * (o.unit_cost + coalesce(c.amount, 0))) AS value
             FROM (SELECT level_id, sku_id, sum(on_hand) AS units FROM stock_movement WHERE at < %(until)s
                    GROUP BY 1, 2) m
             JOIN stock_level l ON l.sku_id = m.sku_id AND l.id = m.level_id JOIN stock_lot o ON o.id = l.lot_id
             LEFT JOIN (SELECT lot_id, sum(unit_amount) AS amount FROM stock_lotcost WHERE at < %(until)s GROUP BY 1) c
                    ON c.lot_id = o.id""",
        {"until": begins(on + timedelta(days=1))},
    )
    return row["value"]


def _landing(count: int) -> bool:
    """A landing of so many lots, an invoice of each kind, each by another basis; run, and run again."""
    from entrepot.kit.clock import CHINA, day_in, now
    from entrepot.procurement import services
    from entrepot.procurement.types import Basis, CostKind, InvoiceDraft

    made = _timed("landing opened", lambda: _together(count))
    bill = {f"33049900{n:02}": 1_000_003 for n in range(40)}
    for kind, basis, amount, amounts in (
        (CostKind.FREIGHT, Basis.WEIGHT, 98_765_432, {}), (CostKind.INSURANCE, Basis.VALUE, 7_654_321, {}),
        (CostKind.HANDLING, Basis.VOLUME, 5_432_101, {}), (CostKind.BANK, Basis.QUANTITY, 999_983, {}),
        (CostKind.DUTY, Basis.HS, sum(bill.values()), bill),
    ):  # fmt: skip
        draft = InvoiceDraft(kind.value, "bench", kind, basis, "CNY", amount, day_in(CHINA, now()), amounts)
        services.add_invoice(landing_id=made, draft=draft, actor="bench", now=now())

    def once() -> None:
        services.allocate_landing(landing_id=made, actor="bench", now=now())

    def back() -> None:
        services.reverse_landing(landing_id=made, reason="bench", actor="bench", now=now())

    works = {f"run over {count:,} lots, 5 invoices": once, "reversed and run again": once, "reversed": back}
    took = []
    for what, work in works.items():
        before = intake._cpu_s()
        took.append(_seconds(work))
        ours, servers = (b - a for a, b in zip(before, intake._cpu_s(), strict=True))
        print(f"{what:<34}{took[-1]:>9.2f} s ({RUN_S_MAX}); CPU {ours:.1f} ours, {servers:.1f} server's", flush=True)
    return max(took) <= RUN_S_MAX


def _together(count: int) -> UUID:
    """A landing of so many lots."""
    from entrepot.kit.clock import now
    from entrepot.procurement import services
    from entrepot.procurement.types import LandingLineDraft
    from entrepot.stock.models import Lot

    lines = [
        LandingLineDraft(sku, lot, 200 + n % 700, 300 + n % 900, f"33049900{n % 40:02}")
        for n, (sku, lot) in enumerate(Lot.objects.values_list("sku_id", "id")[:count].iterator())
    ]
    return services.open_landing(name="bench", lines=lines, actor="b", now=now())


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    made = work()
    print(f"{what:<34}{time.perf_counter() - began:>9.2f} s", flush=True)
    return made


if __name__ == "__main__":
    sys.exit(main())
