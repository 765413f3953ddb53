"""A house that has bought for two years, for `bench.lots`: articles, lots, their ledger, and the papers they came by.

Orders, consignments and receipts are copies of two that the verbs made (`bench.copies`): one that came and was closed,
one on its way that somebody counts. Stock, landings, transfers, counts, recalls and proposals are rows by the
thousand of the same kind, written by the database. A transfer, count, order or proposal is as long as the verbs allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bench import copies
from bench.copies import Pattern, read, run, without_indexes
from entrepot.kit.ids import new_id
from entrepot.procurement import services as buying
from entrepot.procurement.tests import makers as orders
from entrepot.receiving.tests import makers as dock
from entrepot.stock.tests.makers import warehouse
from entrepot.stock.types import WarehouseKind

DAYS = 730
LINES = 20  # lots of an order, a consignment, a receipt
SUPPLIERS = 500
TRANSFER_LINES, COUNT_LINES, PROPOSAL_LINES = 500, 200, 500
LANDING_LOTS, RECALL_LOTS, RECALL_LINES = 100, 20, 1_000
EVERY_OPEN = 40  # a consignment of so many is on its way
_HOUSE = "'00000000-0000-0000-0000-000000000000'"
_PAPERS = ("procurement_", "consignments_", "receiving_")
_NUMBERED = ("procurement_order", "consignments_consignment", "receiving_receipt")
_EXPECTED = {
    ("procurement_order", "expected_on"): "(s.at + interval '60 days')::date",
    ("consignments_consignment", "planned_on"): "(s.at + interval '60 days')::date",
    ("consignments_consignment", "expected_on"): "(s.at + interval '64 days')::date",
}
_CAME = _EXPECTED | {("consignments_consignment", "arrived_on"): "(s.at + interval '64 days')::date"}
_LATER = _EXPECTED | {("consignments_consignment", "due_on"): "(s.at + interval '5 days')::date"}
_STOCK = ("stock_lot", "stock_level", "stock_movement", "stock_lotcost", "stock_lotlanded")


@dataclass(frozen=True, slots=True)
class Wanted:
    lots: int
    movements: int
    now: datetime

    @property
    def begun(self) -> datetime:
        return self.now - timedelta(days=DAYS)

    @property
    def skus(self) -> int:
        return self.lots // 2

    @property
    def papers(self) -> int:
        """Orders, each with a consignment and a receipt."""
        return max(self.lots // LINES, EVERY_OPEN)

    def share(self, of: int) -> int:
        """One of so many lots, at least ten."""
        return max(self.lots // of, 10)


def fill(wanted: Wanted, timed: Callable[[str, Callable[[], object]], object]) -> None:
    run("SET work_mem = '256MB'", "SET maintenance_work_mem = '512MB'", "SET synchronous_commit = off")
    places = {
        "home": warehouse("SH1", WarehouseKind.DOMESTIC),
        "shop": warehouse("SHOP1", WarehouseKind.SHOP),
        "rare": warehouse("FEW", WarehouseKind.DOMESTIC),
    }
    patterns = _patterns(places["home"], wanted)
    timed("  articles", lambda: _articles(wanted))
    timed("  lots, levels, ledger", lambda: _stock(wanted, places))
    timed("  orders, consignments, receipts", lambda: _papers(wanted, patterns))
    timed("  landings", lambda: _landings(wanted))
    timed("  transfers, counts, proposals", lambda: _sheets(wanted, places))
    timed("  recalls", lambda: _recalls(wanted))
    run("RESET work_mem", "RESET maintenance_work_mem", "RESET synchronous_commit")


def _copied(table: str, example: str, said: dict[str, str], rows: str) -> str:
    """The example's row for each of `rows`, with other values where `said`."""
    names = list(copies.columns(table))
    values = [said.get(name, f't."{name}"') for name in names]
    listed = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({listed}) SELECT {', '.join(values)} FROM {rows}, {table} t WHERE t.id = '{example}'"


def _articles(wanted: Wanted) -> None:
    ((product, sku),) = read("SELECT product_id::text, id::text FROM catalogue_sku ORDER BY id LIMIT 1")
    numbers = f"generate_series(0, {wanted.skus - 1}) n"
    products = f"generate_series(0, {wanted.skus // 5}) n"
    with without_indexes(["catalogue_product", "catalogue_sku"]):
        run(
            _copied("catalogue_product", str(product), {"id": _id("product", "n"), "slug": "'goods-' || n"}, products),
            _copied(
                "catalogue_sku", str(sku),
                {
                    "id": _id("sku", "n"), "product_id": _id("product", "n / 5"), "code": "'SKU-' || n",
                    "gtin": "'2' || lpad(n::text, 12, '0')",
                    "axes": "jsonb_build_object('size', jsonb_build_object('en', n::text))",
                },
                numbers,
            ),
        )  # fmt: skip
    run("VACUUM (ANALYZE) catalogue_product, catalogue_sku")


def _id(what: str, n: str) -> str:
    return f"md5('{what}' || ({n}))::uuid"


def _at(of: int, wanted: Wanted, i: str = "i") -> str:
    return f"('{wanted.begun}'::timestamptz + interval '{DAYS} days' * (({i})::double precision / {of}))"


def _key(what: str, n: str, at: str) -> str:
    """A key that grows with time, as those that the house makes do."""
    return f"overlay(md5('{what}' || ({n})) PLACING {_millisecond(at)} FROM 1)::uuid"


def _millisecond(at: str) -> str:
    return f"lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0')"


def _stock(wanted: Wanted, places: dict[str, UUID]) -> None:
    """Every tenth movement is a lot that comes, if there are as many; between them lots of chance are sold and counted,
    each claim before its shipment. Two costs stand on each lot, a day after it came."""
    lots, every = wanted.lots, wanted.movements // wanted.lots
    at, kind = _at(lots * every, wanted), f"i % {every}"
    which = f"(CASE WHEN {kind} = 0 THEN i / {every} ELSE abs(hashint8((i + 1) / 2)) % (i / {every} + 1) END)"
    laid = f"({_at(lots, wanted, 'n')} + interval '1 day')"
    home, shop, rare = places["home"], places["shop"], places["rare"]
    place = f"CASE WHEN n % 100000 = 7 THEN '{rare}' WHEN n % 5 = 0 THEN '{shop}' ELSE '{home}' END"
    with without_indexes(_STOCK):
        run(
            f"""INSERT INTO stock_lot (id, sku_id, code, expires_on, origin, unit_cost, currency, item_record,
                declaration_number)
            SELECT {_id("lot", "n")}, {_id("sku", "n / 2")}, 'L' || n, DATE '2030-01-01' + n % 900, 'AU',
                   (n % 9000 + 100) / 7.0, 'CNY', '', '' FROM generate_series(0, {lots - 1}) n""",
            f"""INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
            SELECT {_key("move", "i", "at")}, {_id("sku", "lot / 2")}, {_id("level", "lot")}, kind,
                   CASE kind WHEN 'receive' THEN 1000 WHEN 'claim' THEN 0 ELSE -1 END,
                   CASE kind WHEN 'claim' THEN 1 WHEN 'ship' THEN -1 ELSE 0 END, 'bench-' || i, at
              FROM (SELECT i, {at} AS at, {which} AS lot,
                           CASE WHEN {kind} = 0 THEN 'receive'
                                WHEN {kind} = {every - 1} AND {every} % 2 = 0 THEN 'count'
                                WHEN {kind} % 2 = 1 THEN 'claim' ELSE 'ship' END AS kind
                      FROM generate_series(0, {lots * every - 1}) i) s""",
            f"""INSERT INTO stock_level (id, sku_id, warehouse_id, lot_id, owner_id, customs_state, on_hand, claimed)
            SELECT {_id("level", "n")}, {_id("sku", "n / 2")}, ({place})::uuid, {_id("lot", "n")}, {_HOUSE},
                   'duty_paid', coalesce(m.on_hand, 0), coalesce(m.claimed, 0)
              FROM generate_series(0, {lots - 1}) n
              LEFT JOIN (SELECT level_id, sum(on_hand) AS on_hand, sum(claimed) AS claimed FROM stock_movement
                          GROUP BY level_id) m ON m.level_id = {_id("level", "n")}""",
            f"""INSERT INTO stock_lotcost (id, sku_id, lot_id, run_id, charge_id, kind, paid_minor, paid_currency,
                amount_minor, currency, rate, source, units, unit_amount, stock_minor, sold_minor, lost_minor, at)
            SELECT {_key("cost", "n * 2 + c", laid)}, {_id("sku", "n / 2")}, {_id("lot", "n")},
                   {_id("run", f"n / {LANDING_LOTS}")}, {_id("charge", f"n / {LANDING_LOTS} * 2 + c")},
                   CASE c WHEN 0 THEN 'freight' ELSE 'duty' END, 5000 + n % 999, 'CNY', 5000 + n % 999, 'CNY', 1, '',
                   1000, (5000 + n % 999) / 100000.0, 5000 + n % 999, 0, 0, {laid}
              FROM generate_series(0, {lots - 1}) n, generate_series(0, 1) c""",
            f"""INSERT INTO stock_lotlanded (id, sku_id, lot_id, unit_amount)
            SELECT {_key("landed", "n", laid)}, {_id("sku", "n / 2")}, {_id("lot", "n")}, (5000 + n % 999) / 50000.0
              FROM generate_series(0, {lots - 1}) n""",
        )
    run(*(f"VACUUM (ANALYZE) {table}" for table in _STOCK))


def _patterns(home: UUID, wanted: Wanted) -> dict[bool, Pattern]:
    """By whether it is on its way: an order with its consignment and receipt, through the verbs of the house."""
    orders.rates()
    contract, made = orders.contract(), {}
    for on_its_way in (False, True):
        before = new_id()
        at = dock.dock((100,) * LINES, place=home, of=contract)
        lots = [dock.scan(n, 60, lot=f"L{n + 1}") for n in range(LINES)]
        at.scan(*lots[: LINES // 4 if on_its_way else LINES])
        if on_its_way:
            lines = [(sku, 5, "3") for sku in orders.articles(LINES, slug="coat")]
            buying.draft(wish=orders.wish(contract, lines), actor="bench", now=orders.NOW)
        else:
            at.scan(*(dock.scan(n, 39 if n else 41, lot=f"L{n + 1}") for n in range(LINES)))
            at.close()
        rows = {table: found for table, found in copies.since(before).items() if table.startswith(_PAPERS)}
        marks = copies.own_ids(rows) | {at.consignment.asn: "'ASN-' || s.n"}
        marks |= {str(contract.id): _id("contract", f"s.n % {SUPPLIERS}")}
        marks |= {str(contract.supplier_id): _id("supplier", f"s.n % {SUPPLIERS}")}
        for k, line in enumerate(at.order.lines):
            marks[str(line.sku_id)] = _id("sku", f"(s.n * {LINES} + {k}) % {wanted.skus}")
        numbered = [one for table, found in rows.items() if table in _NUMBERED for one in found]
        for k, one in enumerate(numbered):
            prefix = f"'{str(one['number'])[:2]}' || to_char(s.at, 'YYMMDD')"
            marks[str(one["number"])] = f"{prefix} || lpad(s.n::text, 8, '0') || {k}"
        made[on_its_way] = Pattern(rows, marks, orders.NOW, _LATER if on_its_way else _CAME)
    run("TRUNCATE procrastinate_jobs CASCADE")
    return made


def _papers(wanted: Wanted, patterns: dict[bool, Pattern]) -> None:
    ((supplier, contract),) = read("SELECT supplier_id::text, id::text FROM procurement_contract ORDER BY id LIMIT 1")
    numbers = f"generate_series(0, {SUPPLIERS - 1}) n"
    said = {"id": _id("supplier", "n"), "code": "'SUP-' || n", "name": "'Supplier ' || n"}
    run(
        _copied("procurement_supplier", str(supplier), said, numbers),
        _copied(
            "procurement_contract", str(contract),
            {"id": _id("contract", "n"), "number": "'CON-' || n", "supplier_id": _id("supplier", "n")}, numbers,
        ),
    )  # fmt: skip
    acts = (
        f"(SELECT n, {_head('n', 'at')} AS head, at FROM (SELECT n, {_at(wanted.papers, wanted, 'n')} AS at"
        f" FROM generate_series(1, {wanted.papers}) n) m) s WHERE"
    )
    newest = wanted.papers - wanted.papers // EVERY_OPEN
    inserts = [
        text
        for on_its_way, pattern in patterns.items()
        for text in copies.statements(pattern, f"{acts} s.n {'>' if on_its_way else '<='} {newest}")
    ]
    tables = sorted({table for pattern in patterns.values() for table in pattern.rows})
    with without_indexes(tables):
        run(*inserts)
    run(*(f"VACUUM (ANALYZE) {table}" for table in tables))


def _head(n: str, at: str) -> str:
    """The first 28 digits of the ids of one act: a UUIDv7 of its time."""
    return f"{_millisecond(at)} || substr(md5('act' || {n}), 1, 16)"


def _landings(wanted: Wanted) -> None:
    """Of a hundred lots each, two invoices laid on them by the run that stands."""
    count = wanted.share(LANDING_LOTS)
    at = _at(count, wanted, "n")
    of = _key("landing", "n", at)
    each, two = f"generate_series(0, {count - 1}) n", "generate_series(0, 1) c"
    lot = f"n * {LANDING_LOTS} + k - 1"
    tables = ["landing", "landingline", "landinginvoice", "landingrun", "runcharge"]
    with without_indexes([f"procurement_{table}" for table in tables]):
        run(
            f"""INSERT INTO procurement_landing (id, number, name, lots, created_at)
            SELECT {of}, 'LC' || lpad(n::text, 10, '0'), 'Ship ' || n, {LANDING_LOTS}, {at} FROM {each}""",
            f"""INSERT INTO procurement_landingline (id, of_id, n, sku_id, lot_id, lot, gross_g, volume_ml, hs_code)
            SELECT {_key("lline", lot, at)}, {of}, k, {_id("sku", f"({lot}) / 2")}, {_id("lot", lot)}, 'L' || {lot},
                   200 + k, 300 + k, '33049900' || lpad((k % 40)::text, 2, '0')
              FROM {each}, generate_series(1, {LANDING_LOTS}) k""",
            f"""INSERT INTO procurement_landinginvoice (id, of_id, number, supplier, kind, basis, currency,
                amount_minor, hs_amounts, lot_amounts, invoiced_on, created_at)
            SELECT {_key("invoice", "n * 2 + c", at)}, {of}, 'F-' || c, 'Ocean Line',
                   CASE c WHEN 0 THEN 'freight' ELSE 'duty' END, 'value', 'CNY', 549900, '{{}}', '{{}}',
                   ({at})::date, {at}
              FROM {each}, {two}""",
            f"""INSERT INTO procurement_landingrun (id, of_id, number, actor, at, reversed_by, reason)
            SELECT {_id("run", "n")}, {of}, 1, 'bench', {at}, '', '' FROM {each}""",
            f"""INSERT INTO procurement_runcharge (id, run_id, invoice_id, currency, rate, source, paid_minor,
                amount_minor, stock_minor, sold_minor, lost_minor)
            SELECT {_id("charge", "n * 2 + c")}, {_id("run", "n")}, {_key("invoice", "n * 2 + c", at)}, 'CNY', 1, '',
                   549900, 549900, 549900, 0, 0 FROM {each}, {two}""",
        )
    run(*(f"VACUUM (ANALYZE) procurement_{table}" for table in tables))


def _sheets(wanted: Wanted, places: dict[str, UUID]) -> None:
    """Transfers, counts and proposals, each as long as it may be; the newest of them are open."""
    home, shop = places["home"], places["shop"]
    _pairs(
        wanted, "stock_transfer", "stock_transferline", TRANSFER_LINES,
        f"""(id, number, source_id, target_id, state, note, created_at)
        SELECT {{of}}, 'TR' || lpad(n::text, 10, '0'), '{home}', '{shop}',
               CASE WHEN n >= {{newest}} THEN 'planned' WHEN n % 10 = 0 THEN 'short' ELSE 'done' END, '', {{at}}""",
        f"""(id, sku_id, of_id, n, level_id, lot_id, owner_id, customs_state, quantity, arrived, lost, reason)
        SELECT {{key}}, {_id("sku", "{lot} / 2")}, {{of}}, k, {_id("level", "{lot}")}, {_id("lot", "{lot}")}, {_HOUSE},
               'duty_paid', 10, CASE WHEN n < {{newest}} THEN 10 - (n % 10 = 0 AND k = 7)::int END, 0, ''""",
    )  # fmt: skip
    _pairs(
        wanted, "stock_count", "stock_countline", COUNT_LINES,
        f"""(id, number, warehouse_id, state, created_at)
        SELECT {{of}}, 'CC' || lpad(n::text, 10, '0'), '{home}',
               CASE WHEN n >= {{newest}} THEN 'open' ELSE 'posted' END, {{at}}""",
        f"""(id, sku_id, of_id, level_id, counted, expected, counted_at, reason)
        SELECT {{key}}, {_id("sku", "{lot} / 2")}, {{of}}, {_id("level", "{lot}")}, k, k + (k = 9)::int, {{at}}, ''""",
    )  # fmt: skip
    _pairs(
        wanted, "replenishment_proposal", "replenishment_proposalline", PROPOSAL_LINES,
        f"""(id, contract_id, currency, units_min, supplier, place, state, plan, lead_time, containers, at, decided_at,
           decided_by)
        SELECT {{of}}, {_id("contract", f"n % {SUPPLIERS}")}, 'CNY', 0, 'Supplier ' || n, 'SH1',
               CASE WHEN n >= {{newest}} THEN 'proposed' ELSE 'approved' END,
               '{{{{"service": "0.95", "method": "croston", "review_days": 7, "container": "40", "top_up": true}}}}',
               '{{{{"days": "40", "spread_days": "5", "deliveries": 9}}}}',
               '{{{{"code": "40", "number": 3, "volume_percent": 91, "weight_percent": 40}}}}', {{at}},
               CASE WHEN n < {{newest}} THEN {{at}} END, CASE WHEN n < {{newest}} THEN 'bench' ELSE '' END""",
        """(id, proposal_id, position, article, unit_price, units, pack, needed, forecast, safety, stock, volume_cm3,
           weight_g, reasons)
        SELECT {key}, {of}, k, 'SKU-' || {lot} / 2, 3, 120, 12, 118, 100.5, 18, 0, 90000, 80000, '["pack"]'""",
    )  # fmt: skip


def _pairs(wanted: Wanted, head: str, line: str, lines: int, of_head: str, of_line: str) -> None:
    """Documents with their lines, as many lines in all as there are lots. In the texts: of, at, newest, key, lot."""
    count = wanted.share(lines)
    at = _at(count, wanted, "n")
    lot = f"((n * {lines} + k - 1) % {wanted.lots})"
    words = {
        "of": _key(head, "n", at), "at": at, "newest": count - max(count // 50, 1), "lot": lot,
        "key": _key(line, f"n * {lines} + k", at),
    }  # fmt: skip
    each = f"generate_series(0, {count - 1}) n"
    with without_indexes([head, line]):
        run(
            f"INSERT INTO {head} {of_head.format(**words)} FROM {each}",
            f"INSERT INTO {line} {of_line.format(**words)} FROM {each}, generate_series(1, {lines}) k",
        )
    run(f"VACUUM (ANALYZE) {head}", f"VACUUM (ANALYZE) {line}")


def _recalls(wanted: Wanted) -> None:
    """Of twenty lots and a thousand order lines each; the newest are open."""
    count = wanted.share(5_000)
    at = _at(count, wanted, "n")
    of, newest = _key("recall", "n", at), count - max(count // 10, 1)
    lot = f"((n * {RECALL_LOTS} + k % {RECALL_LOTS}) % {wanted.lots})"
    each = f"generate_series(0, {count - 1}) n"
    run(
        f"""INSERT INTO recalls_recall (id, number, key, state, remedy, reason_zh, reason_en, instruction_zh,
            instruction_en, opened_at, opened_by, closed_at, closed_by, close_reason, pass_number, counted_at)
        SELECT {of}, 'RC' || n, 'bench-' || n, CASE WHEN n >= {newest} THEN 'open' ELSE 'closed' END, 'return', '密封',
               'Seal', '停用', 'Stop', {at}, 'bench', CASE WHEN n < {newest} THEN {at} END,
               CASE WHEN n < {newest} THEN 'bench' ELSE '' END, CASE WHEN n < {newest} THEN 'done' ELSE '' END, 1, {at}
          FROM {each}""",
        f"""INSERT INTO recalls_recalllot (id, recall_id, sku_id, lot_id, code, open, received, read_part, gathered_at)
        SELECT {_key("rlot", "n * 100 + k", at)}, {of}, {_id("sku", f"{lot} / 2")}, {_id("lot", lot)}, 'L' || {lot},
               n >= {newest}, 1000, 0, {at} FROM {each}, generate_series(0, {RECALL_LOTS - 1}) k""",
        f"""INSERT INTO recalls_affected (id, buyer_id, recall_id, claim_id, sku_id, lot_id, lot_code, order_id,
            line_id, order_number, parcel_number, line_number, sku_code, titles, quantity, state, relief, asked, coming,
            back, kept, paid)
        SELECT {_key("aff", f"n * {RECALL_LINES} + k", at)}, {_id("buyer", "k")}, {of}, {_id("claim", "k")},
               {_id("sku", f"{lot} / 2")}, {_id("lot", lot)}, 'L' || {lot}, {_id("order", "k")}, {_id("line", "k")},
               'KL' || k, 'P' || k, 1, 'SKU', '{{}}', 2, CASE WHEN k % 9 = 0 THEN 'held' ELSE 'sold' END, '', false,
               0, 1, 0, 0
          FROM {each}, generate_series(1, {RECALL_LINES}) k""",
        f"""INSERT INTO recalls_notice (id, buyer_id, recall_id, facts, told, written_at, told_at, mailed)
        SELECT {_key("notice", f"n * {RECALL_LINES} + k", at)}, {_id("buyer", "k")}, {of}, 'a', 'a', {at}, {at}, true
          FROM {each}, generate_series(1, {RECALL_LINES}) k""",
        *(f"VACUUM (ANALYZE) recalls_{table}" for table in ("recall", "recalllot", "affected", "notice")),
    )
