"""Purchase commitments and what is owed, among a million order lines of three hundred brands from thirty countries.

    python -m bench.lot_promises --full

Orders of twenty lines over two years, each line received once, each order paid once and owed in two parts, in five
currencies, written by the database itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bench import lots

DAYS, LINES, BRANDS = 730, 20, 300
COUNTRIES = [
    "FR", "IT", "DE", "ES", "PT", "NL", "BE", "CH", "AT", "DK", "SE", "NO", "FI", "PL", "CZ",
    "GB", "IE", "US", "CA", "MX", "BR", "AU", "NZ", "JP", "KR", "TH", "SG", "IN", "TR", "ZA",
]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Exits with 1 if a page takes longer than `lot_pages.PAGE_MS_MAX` at full size."""
    parser = argparse.ArgumentParser(prog="python -m bench.lot_promises", description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--full", action="store_true", help="a million")
    parser.add_argument("--keep", action="store_true", help="the orders of an earlier run")
    asked = parser.parse_args(arguments)
    lots.DATABASE = "entrepot_promises"
    lots._opened(asked.keep)
    from bench.copies import read

    if not (asked.keep and read("SELECT 1 FROM procurement_programme LIMIT 1")):
        lots._timed("filled", lambda: fill(1_000_000 if asked.full else asked.lines))
    return 0 if measure() else 1


def fill(lines: int) -> None:
    from bench import lot_goods
    from bench.copies import read, run, without_indexes
    from entrepot.kit.clock import CHINA, day_in, now
    from entrepot.procurement import services
    from entrepot.procurement.tests import makers
    from entrepot.procurement.types import ProgrammeDraft

    makers.rates()
    made, count = makers.sent((100,) * LINES), lines // LINES
    today = day_in(CHINA, now())
    begun = today - timedelta(days=DAYS)
    ((brand,),) = read("SELECT id::text FROM catalogue_brand LIMIT 1")
    copied, key = lot_goods._copied, lot_goods._id
    run(copied("catalogue_brand", str(brand), {"id": key("brand", "n"), "slug": "'brand-' || n"},
               f"generate_series(0, {BRANDS - 1}) n"))  # fmt: skip
    day = f"(DATE '{begun}' + (o * {DAYS} / {count})::int)"
    worth = "(10000 + l * 977 + o % 5000)"
    orders, each = f"generate_series(0, {count - 1}) o", f"generate_series(1, {LINES}) l"
    origins = "ARRAY['" + "','".join(COUNTRIES) + "']"
    line = next(iter(made.lines))
    tables = [f"procurement_{name}" for name in ("order", "line", "receipt", "payment")]
    run("SET work_mem = '256MB'", "SET maintenance_work_mem = '512MB'")
    with without_indexes(tables):
        run(
            copied("procurement_order", str(made.id), {
                "id": key("order", "o"), "number": "'B' || o", "state": "'closed'", "approved_on": day,
                "total_minor": f"(SELECT sum({worth}) FROM {each})", "value_minor": "0", "paid_minor": "1000",
                "rate": "8 + (o % 97) / 1000.0",
            }, orders),
            copied("procurement_line", str(line.id), {
                "id": key("line", f"o * {LINES} + l"), "order_id": key("order", "o"), "number": "l",
                "sku_id": "(SELECT array_agg(id ORDER BY id) FROM catalogue_sku)[l]", "amount_minor": worth,
                "brand_id": key("brand", f"(o * 7 + l * 13) % {BRANDS}"), "received": "100",
                "origin": f"({origins})[1 + (o + l * 3) % {len(COUNTRIES)}]",
                "category_ids": f"ARRAY[{key('category', '(o + l) % 12')}]",
            }, f"{orders}, {each}"),
            f"""INSERT INTO procurement_receipt (id, line_id, order_id, reference, units, spoiled, amount_minor,
                value_minor, on_time, received_on, received_at, received_by, place)
            SELECT {key("receipt", f"o * {LINES} + l")}, {key("line", f"o * {LINES} + l")}, {key("order", "o")}, 'R',
                   100, 0, {worth}, {worth} * 8, true, {day} + 50, {day} + 50, 'bench', '' FROM {orders}, {each}""",
            f"""INSERT INTO procurement_payment (id, order_id, reference, amount_minor, rate, rate_source, value_minor,
                paid_on, recorded_by, recorded_at)
            SELECT {key("payment", "o")}, {key("order", "o")}, 'P', 1000, 8 + (o % 89) / 1000.0, '', 8000, {day} + 80,
                   'bench', {day} + 80 FROM {orders}""",
        )  # fmt: skip
    run(f"""INSERT INTO procurement_due (id, order_id, n, supplier_id, currency, amount_minor, paid_minor, due_on,
            since, why, warned)
        SELECT {key("due", "o * 2 + n")}, {key("order", "o")}, n, '{made.supplier_id}',
               (ARRAY['EUR', 'USD', 'JPY', 'GBP', 'AUD'])[1 + o % 5], 100000, CASE n WHEN 1 THEN 1000 ELSE 0 END,
               CASE WHEN o % 7 > 0 THEN {day} + 60 * n END, CASE WHEN o % 7 > 0 THEN {day} END,
               CASE WHEN o % 7 > 0 THEN '' ELSE 'not_received' END, 0 FROM {orders}, generate_series(1, 2) n""")
    run(
        *(f"VACUUM (ANALYZE) {table}" for table in (*tables, "procurement_due")),
        "RESET work_mem",
        "RESET maintenance_work_mem",
    )
    for name, currency, countries in (("all", "CNY", ()), ("some", "CNY", COUNTRIES[:5]), ("dollars", "USD", ())):
        draft = ProgrammeDraft(
            name, currency, 20 * 10**12, begun, begun + timedelta(days=5 * 365), countries=frozenset(countries)
        )
        services.promise(draft=draft, actor="bench", now=now())


def measure() -> bool:
    """Reckoned ahead once, whether the list and each commitment come in time: the middle of nine, warm."""
    from django.test import Client

    from bench.copies import read
    from bench.lot_pages import PAGE_MS_MAX, ROUNDS, Spent, _drawn, worker
    from entrepot.identity.types import Role
    from entrepot.kit.clock import now
    from entrepot.procurement import services
    from entrepot.web.common.tests.makers import log_in

    lots._timed("reckoned ahead by the worker", lambda: services.keep_progress(now=now()))
    client, fine = log_in(Client(), worker(*Role)), True
    paths = {"commitments/": "/office/commitments/"}
    known = read("SELECT id::text, name FROM procurement_programme ORDER BY name")
    ((supplier,),) = read("SELECT supplier_id::text FROM procurement_due LIMIT 1")
    asked = ("", "?page=90", "?state=overdue", "?state=undetermined", "?currency=JPY&page=9", f"?supplier={supplier}")
    paths |= {f"dues/{one}": f"/office/dues/{one[:20]}" for one in asked}
    paths |= {f"commitments/{one}/": f"/office/commitments/…/: {name}" for one, name in known}
    for path, name in paths.items():
        spent: Any = Spent()
        _drawn(client, path, None)
        took = [_drawn(client, path, spent if n == 0 else None)[0] for n in range(ROUNDS)]
        ms = statistics.median(took)
        fine = fine and ms <= PAGE_MS_MAX
        print(f"{name:<46}{spent.count:>11}{ms:>8.0f} ms{max(took):>8.0f} most", flush=True)
    return fine


if __name__ == "__main__":
    sys.exit(main())
