"""A backlog of parcels that nobody declared, from the first slice to the lists: `python -m bench.customs --backlog N`.

One paid parcel of two lines is made through the verbs and copied by the database (`bench.copies`), its sealed addresses
sealed anew. Then, in this one process beside PostgreSQL: the slices are declared (documents into a folder, as to a
carrier's program), a port's receipts come in a hundred to a message, and the lists that are due by them leave. Each
line: so many a second by the clock, in the whole and in the first and last tenth, the CPU of both sides for each, and
the most memory the process had. With `--of` more parcels wait than are worked off, and with `--again` those of an
earlier run go on to be.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg

from bench import browse
from entrepot.kit.ids import first_id, new_id

DATABASE, MEMORY_MB_MAX, RECEIPTS_PER_S_MIN = "entrepot_backlog", 300, 2_000
HUNDRED, TENTHS, MANY = 100, 10, 50_000
COPIED = ("orders_", "payments_", "shipping_", "stock_claim")
SUMS = ("orders_annualuse",)  # of a person, and stays one
ROOTS = {"311": ("312", "OrderReturn", "orderNo"), "411": ("412", "PaymentReturn", "payTransactionId"),
         "511": ("512", "LogisticsReturn", "logisticsNo")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pace:
    """Units done, when, and the CPU of this process and of the database's by then."""

    done: int
    at: float
    ours: float
    database: float


def opened(name: str, fresh: bool = True) -> None:
    """An empty, migrated house whose customs messages go into a folder; not `fresh`: as an earlier run left it."""
    url = browse._database(name)
    other = browse._database("entrepot_yardstick")
    with psycopg.connect(other, autocommit=True) as db:
        if fresh:
            db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]
            db.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    os.environ.update(browse._environment(url, 8132))
    os.environ["ENTREPOT_CUSTOMS_TRANSPORT"] = "folder"
    os.environ["ENTREPOT_PAYMENT_SECRET"] = os.environ["ENTREPOT_CARRIER_SECRET"] = "only-for-measuring"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    home = Path("var/bench/customs").resolve()
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    settings.CUSTOMS_FOLDER = str(home)
    settings.CUSTOMS_KEY_FILE = str(home / "our.pem")
    settings.CUSTOMS_PORT_CERTIFICATE_FILE = str(home / "port.pem")
    call_command("migrate", verbosity=0)
    from cryptography.hazmat.primitives.serialization import Encoding

    from entrepot.customs import services
    from entrepot.customs.tests.paper_makers import identity
    from entrepot.kit import clock

    (home / "port.pem").write_bytes(identity("port").certificate.public_bytes(Encoding.PEM))
    services.set_up(now=clock.now())


def seed(count: int) -> None:
    """So many paid, booked parcels of a day ago, each an order of its own."""
    from django.conf import settings
    from django.db import connection

    from bench import copies
    from entrepot.customs.tests import makers
    from entrepot.kit import clock
    from entrepot.orders import selectors as orders
    from tests.sandboxed import started

    with started() as outside:
        settings.SANDBOX_URL = outside.url
        settings.CARRIER_URL, settings.PAYMENT_URL = f"{outside.url}/carrier", f"{outside.url}/pay"
        before = new_id()
        made = makers.parcel(lines=2)
    everything = copies.since(before)
    rows = {table: found for table, found in everything.items() if table.startswith(COPIED) and table not in SUMS}
    marks = copies.own_ids(rows) | copies.numbers(rows)
    (waybill,), (order,) = rows["shipping_waybill"], rows["orders_order"]
    marks |= {str(waybill["number"]): "'SX' || lpad(s.n::text, 11, '0') || 'CN'"}
    for row in (waybill, order):
        marks[str(row["consignee_sealed"]).removeprefix("\\x")] = "s.to_carrier" if row is waybill else "s.to_buyer"
    at = clock.now()
    copies.run(
        "DROP TABLE IF EXISTS acts",
        "CREATE UNLOGGED TABLE acts (n int, head text, at timestamptz, to_carrier text, to_buyer text)",
    )
    places = {key: marks[str(row["id"])] for key, row in (("carrier", waybill), ("order", order))}
    found = orders.with_consignee(order_id=made.order_id, buyer_id=made.buyer_id)
    assert found is not None  # read before the copy, which keeps the connection to itself
    with connection.cursor() as cursor, cursor.copy("COPY acts FROM STDIN") as into:
        for act in _acts(count, at - timedelta(days=1), found[1], places):
            into.write_row(act)
    pattern = copies.Pattern(rows, marks, at, {})
    with copies.without_indexes(sorted(rows)) if count >= MANY else nullcontext():
        for statement in copies.statements(pattern, "acts s"):
            copies.run(statement)
    copies.run("DELETE FROM procrastinate_jobs", "VACUUM ANALYZE")


def _acts(count: int, begin: datetime, to: Any, places: dict[str, str]) -> Iterator[tuple[object, ...]]:
    from entrepot.orders import sealed as of_orders
    from entrepot.shipping.services import booking

    endings = {key: mark.split("'")[1] for key, mark in places.items()}
    for n in range(1, count + 1):
        at = begin + timedelta(milliseconds=n)
        head = f"{first_id(at).hex[:16]}{n:012x}"
        carrier, order = UUID(head + endings["carrier"]), UUID(head + endings["order"])
        to_carrier = booking.seal_consignee(to, carrier).hex()
        yield n, head, at, to_carrier, of_orders.seal_consignee(to, order).hex()


def cpu_s() -> tuple[float, float]:
    """Of this process, and of every process of PostgreSQL that works for it."""
    database = sum(
        sum(process.cpu_times()[:2])
        for process in psutil.process_iter(["name"])
        if process.info["name"] == "postgres" and any(DATABASE in part for part in _cmdline(process))
    )
    return time.process_time(), database


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def paced(work: Callable[[], int], units: int) -> list[Pace]:
    """Work until it is done: after each piece how much was."""
    found = [Pace(0, time.perf_counter(), *cpu_s())]
    looked = 0
    while found[-1].done < units:
        done = found[-1].done + work()
        looked = looked + 1
        if done == found[-1].done:
            break
        found.append(Pace(done, time.perf_counter(), *cpu_s()))
    return found


def told(name: str, paces: Sequence[Pace]) -> float:
    """One line; units a second by the clock."""
    tenth = max(len(paces) // TENTHS, 1)
    first, last = _rate(paces[0], paces[tenth]), _rate(paces[-1 - tenth], paces[-1])
    whole = (paces[-1].done - paces[0].done, paces[0], paces[-1])
    ours, database = (1e3 * (b - a) / whole[0] for a, b in ((whole[1].ours, whole[2].ours),
                                                           (whole[1].database, whole[2].database)))  # fmt: skip
    rates = f"{_rate(paces[0], paces[-1]):>9,.0f}{first:>9,.0f}{last:>9,.0f}"
    print(f"{name:<28}{whole[0]:>9,}{rates}{ours:>9.2f}{database:>9.2f}{memory_mb():>8.0f}", flush=True)
    return _rate(paces[0], paces[-1])


def _rate(begin: Pace, end: Pace) -> float:
    return (end.done - begin.done) / max(end.at - begin.at, 1e-9)


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def messages(kind: str, since: UUID) -> Iterator[bytes]:
    """A receipt "taken in" for every document of the kind made since, a hundred to a message, signed by the port."""
    from django.db import connection
    from lxml import etree

    from entrepot.customs.ceb import message, signing
    from entrepot.customs.tests.paper_makers import identity
    from entrepot.kit.clock import CHINA, now

    number, element, key = ROOTS[kind]
    after, moment = str(since), f"{now().astimezone(CHINA):%Y%m%d%H%M%S}000"
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id::text, number FROM customs_document WHERE kind = %s AND id > %s ORDER BY id LIMIT 100",
                (kind, after),
            )
            found = cursor.fetchall()
        if not found:
            return
        after = found[-1][0]
        inside = "".join(
            f"<{element}><guid>{id_.upper()}</guid><{key}>{number_of}</{key}><returnStatus>120</returnStatus>"
            f"<returnTime>{moment}</returnTime><returnInfo>[Code:1800;Desc:逻辑校验通过]</returnInfo></{element}>"
            for id_, number_of in found
        )
        text = (
            f'<CEB{number}Message xmlns="http://www.chinaport.gov.cn/ceb" guid="{str(new_id()).upper()}" version="1.0">'
            f"{inside}</CEB{number}Message>"
        )
        content = etree.tostring(etree.fromstring(text), method="c14n")
        yield message.to_bytes(signing.sealed(content, identity("port")))


def main(count: int, of: int = 0, again: bool = False) -> int:
    """Exits with 1 where memory or the rate of receipts misses its aim."""
    waiting = max(of, count)
    opened(f"{DATABASE}_{waiting}", fresh=not again)
    began, since = time.perf_counter(), new_id()
    if not again:
        seed(waiting)
    print(f"{waiting:,} parcels seeded in {time.perf_counter() - began:,.0f} s\n")
    columns = ("units", "a s", "first", "last", "CPU ms", "of db", "MB")
    print(f"{'':<28}" + "".join(f"{one:>{8 if one == 'MB' else 9}}" for one in columns))
    from entrepot.checkout.services import backlog
    from entrepot.customs import services
    from entrepot.kit import clock

    place: list[UUID | None] = [None]

    def declare() -> int:
        place[0] = backlog.work_off(after=place[0], now=clock.now())
        return backlog.SLICE if place[0] else 0

    told("parcels declared", paced(declare, count))
    print(_standing(), flush=True)
    rates = []
    for kind in ROOTS:
        coming = list(messages(kind, since))

        def take(coming: list[bytes] = coming) -> int:
            return services.take_receipt(body=coming.pop(), headers={}, now=clock.now()) if coming else 0

        rates.append(told(f"receipts on {kind} taken in", paced(take, count)))
    left = _waiting()
    told("lists due, sent", paced(lambda: _sent(left), count))
    print(_standing(), flush=True)
    fine = memory_mb() <= MEMORY_MB_MAX and min(rates) >= RECEIPTS_PER_S_MIN
    return 0 if fine else 1


def _sent(left: list[int]) -> int:
    """Run one job of those that wait, with what it takes along; how many fewer wait."""
    from bench import copies

    copies.run("DELETE FROM procrastinate_jobs WHERE task_name <> 'customs.send'")
    _run_one()
    waits = _waiting()[0]
    done, left[0] = left[0] - waits, waits
    return done


def _run_one() -> None:
    from entrepot.customs import services
    from entrepot.kit import clock, sql

    row = sql.rows("DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs"
                   " WHERE task_name = 'customs.send') RETURNING args")  # fmt: skip
    if row:
        args = sql.json_value(row[0]["args"])
        services.send_along(
            declaration_id=UUID(args["declaration_id"]), buyer_id=UUID(args["buyer_id"]), now=clock.now()
        )


def _waiting() -> list[int]:
    from bench import copies

    return [
        int(copies.read("SELECT count(*)::int FROM procrastinate_jobs WHERE task_name = 'customs.send'")[0][0] or 0)
    ]


def _standing() -> str:
    from bench import copies

    rows = copies.read("SELECT state, count(*)::text FROM customs_declaration GROUP BY 1 ORDER BY 1")
    sent = copies.read("SELECT kind, count(*)::text, sum(documents)::text FROM customs_batch GROUP BY 1 ORDER BY 1")
    return f"  {dict(rows)}; messages: " + ", ".join(f"CEB{kind} {n} of {of} documents" for kind, n, of in sent)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.exit(main(*numbers, again="again" in sys.argv))
