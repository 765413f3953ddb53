"""A house that has traded for two years: a database of many orders, SKUs and buyers, for `bench.growth`.

Some goods, a buyer and a few orders are made through the verbs of the house, an order of each kind from its placing to
its end; the database then copies their rows set-wise (`bench.copies`), each copy for another buyer and other goods.
What is a sum (levels, tallies, what a person has used of the year) is summed up from the copies afterwards.

Every table that placing an order reads or writes is filled. `LEFT_OUT` is what it does not touch and what would be most
of the bytes: customs' and carriers' documents, messages of providers, and the explanation of the tax, which the
database keeps beside the row. The sealed papers of most buyers are copies that do not open; those of whoever will shop
do.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from bench import copies, fill, goods, lives, shoppers
from bench.copies import Pattern, Rows, read, run
from entrepot.checkout.types import Placed, PlaceRequest, Wish
from entrepot.identity import services as identity
from entrepot.identity.types import KeyDraft, Scope
from entrepot.kit.ids import new_id
from entrepot.pricing import services as pricing

T = TypeVar("T")
Article = Mapping[str, str]
DAYS = 730
ORDERS_OF_A_BUYER = 5
CHUNK = 20_000  # copies in one transaction
UNITS, PRICE_MINOR, LIMIT = 1_000_000, 100, 1_000
EVERY_TENTH = 10  # article is limited
WISHES = 8
LEFT_OUT = frozenset(
    (
        "customs_arrival", "customs_batch", "customs_batchexchange", "customs_declaration", "customs_document",
        "customs_exchange", "customs_number", "customs_receipt", "customs_taxinbox", "payments_rawexchange",
        "shipping_scan", "shipping_waybill",
    )
)  # fmt: skip
SUMMED = frozenset(("orders_annualuse", "pricing_tally"))
KINDS: Mapping[str, tuple[bool, Callable[[PlaceRequest, lives.Outside], Placed]]] = {
    "unpaid": (False, lives.unpaid),
    "expired": (False, lives.expired),
    "limited": (True, lives.delivered),  # with an article under a purchase limit
    "delivered": (False, lives.delivered),
}
_KIND = (  # of order n of %(orders)s
    "CASE WHEN n > {orders} - {orders} / 1000 THEN 'unpaid' WHEN n % 100 < 8 THEN 'expired'"
    " WHEN n % 100 < 18 THEN 'limited' ELSE 'delivered' END"
)
_INSTEAD = {
    ("orders_order", "year"): "extract(year FROM s.at AT TIME ZONE 'Asia/Shanghai')",
    ("orders_parcel", "explanation"): "NULL",
    ("pricing_take", "period"): "s.period",
    ("outbox_event", "at"): "s.at",
}
_EARLIER = "lpad(to_hex(('x' || left(t.{name}::text, 6))::bit(24)::int - c), 6, '0')"  # of a copied row, by 4.7 h each
# Columns of the goods' tables that name a row of theirs, and texts that are unique.
_GOODS = {
    "catalogue_product": (("id",), ("slug",)),
    "catalogue_sku": (("id", "product_id"), ("code",)),
    "catalogue_classification": (("id", "sku_id"), ("model",)),
    "pricing_price": (("id", "sku_id"), ()),
    "pricing_purchaselimit": (("id", "sku_id"), ()),
    "stock_lot": (("id", "sku_id"), ()),
    "stock_level": (("id", "sku_id", "lot_id"), ()),
    "stock_movement": (("id", "sku_id", "level_id"), ()),
    "shelf_entry": (("id", "product_id"), ("slug",)),
    "shelf_place": (("id", "product_id"), ()),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    orders: int
    skus: int
    shoppers: int
    now: datetime

    @property
    def begun(self) -> datetime:
        return self.now - timedelta(days=DAYS)

    @property
    def buyers(self) -> int:
        return max(self.orders // ORDERS_OF_A_BUYER, 2 * self.shoppers)


@dataclass(frozen=True, slots=True)
class Grown:
    """Requests of buyers who have ordered before; by whether the first is limited, two articles that were ordered."""

    requests: Sequence[PlaceRequest]
    articles: Mapping[bool, Sequence[Article]]


def grow(wanted: Wanted) -> Grown:
    """Fill an empty, migrated database. Says how far it is."""
    run("DROP SCHEMA IF EXISTS grown CASCADE", "CREATE SCHEMA grown")
    storefront_id = _timed("goods through the verbs", lambda: _base(wanted))
    _timed("goods", lambda: _goods(wanted))
    person = _person(wanted)
    _timed("buyers", lambda: _buyers(person, wanted))
    requests = _timed("papers of those who will shop", lambda: _shoppers(storefront_id, wanted))
    articles = {limited: (_article(limited, 0), _article(False, 1)) for limited in (False, True)}
    patterns = _timed("an order of each kind through the verbs", lambda: _patterns(requests[0], articles))
    _timed("orders", lambda: _orders(patterns, wanted))
    _timed(
        "vacuum", lambda: copies.together([lambda one=one: run(f"VACUUM (ANALYZE) {one}") for one in copies.tables()])
    )
    run("DROP SCHEMA grown CASCADE")
    return Grown(requests, articles)


def kinds(orders: int) -> str:
    """A query: the kind of each of so many orders."""
    return f"SELECT {_KIND.format(orders=orders)} AS kind FROM generate_series(1, {orders}) n"


def products(skus: int) -> int:
    """How many products are made through the verbs and then copied."""
    return 1_000 if skus >= 100_000 else 60


def asking(request: PlaceRequest, articles: Sequence[Article]) -> PlaceRequest:
    """The same buyer asks for one unit of each."""
    return replace(request, wishes=tuple(Wish(UUID(one["sku_id"]), 1) for one in articles))


def _base(wanted: Wanted) -> UUID:
    """Some products on the shelf with plenty of each article; of every tenth a buyer may have so many only."""
    storefront = fill.fill(products(wanted.skus), wanted.begun)
    codes = [sku.code for one in goods.products(products(wanted.skus)) for sku in one.draft.skus]
    for start in range(0, len(codes), fill.BATCH):
        batch = codes[start : start + fill.BATCH]
        for place, sku in enumerate(shoppers.supplied(batch, UNITS, PRICE_MINOR, wanted.begun)):
            if place % EVERY_TENTH == 0:
                pricing.set_limit(sku_id=sku.id, quantity=LIMIT, days=365, actor="bench", now=wanted.begun)
    fill.show(storefront, wanted.now)
    run("DELETE FROM procrastinate_jobs")
    return storefront.id


def _goods(wanted: Wanted) -> None:
    """Copies of the products with all that hangs on them, then the articles in an order of chance."""
    have = int(read("SELECT count(*) FROM catalogue_sku")[0][0] or 1)
    times = max(round(wanted.skus / have) - 1, 1)
    run(*(f"CREATE TABLE grown.{table} AS TABLE {table}" for table in _GOODS))
    with copies.without_indexes(list(_GOODS)):
        copies.together([lambda table=table: run(_more(table, times)) for table in reversed(_GOODS)])
    run(
        f"UPDATE shelf_term SET products = products * {times + 1}",
        "CREATE TABLE grown.article AS SELECT q.id IS NOT NULL AS limited, row_number() OVER (PARTITION BY q.id IS NULL"
        " ORDER BY md5(s.id::text)) - 1 AS no, s.id AS sku_id, s.code, l.id AS level_id, q.id AS limit_id"
        f" FROM catalogue_sku s JOIN stock_lot o ON o.sku_id = s.id AND o.code = '{shoppers.PLENTY}'"
        " JOIN stock_level l ON l.sku_id = s.id AND l.lot_id = o.id"
        " LEFT JOIN pricing_purchaselimit q ON q.sku_id = s.id",
        "ALTER TABLE grown.article ADD PRIMARY KEY (limited, no)",
        f"VACUUM (ANALYZE) grown.article, {', '.join(_GOODS)}",
    )


def _more(table: str, times: int) -> str:
    """A copy's ids are of some hours earlier than those of the copy before it: the rest of a UUIDv7 stays."""
    ids, texts = _GOODS[table]
    said = {name: f"t.{name}" for name in copies.columns(table)}
    said |= {name: f"overlay(t.{name}::text placing {_EARLIER.format(name=name)} from 1)::uuid" for name in ids}
    said |= {name: f"t.{name} || '-' || c" for name in texts}
    return (
        f"INSERT INTO {table} ({', '.join(said)}) SELECT {', '.join(said.values())}"
        f" FROM generate_series(1, {times}) c CROSS JOIN grown.{table} t"
    )


def _person(wanted: Wanted) -> Pattern:
    """A buyer with papers and an access key, as they are once enrolled."""
    before = new_id()
    with transaction.atomic():
        buyer_id = shoppers.enrolled(0, wanted.now)
        shoppers.request(buyer_id, 0, [], buyer_id, wanted.now)
        identity.issue_key(
            person_id=buyer_id, draft=KeyDraft("bench", frozenset({Scope.ORDERS_WRITE}), 30), now=wanted.now
        )
    rows = copies.since(before)
    (name,), (key,) = rows["identity_realname"], rows["identity_accesskey"]
    marks = copies.own_ids(rows) | {
        "shopper0@": "'buyer' || s.n || '@'",
        str(name["id_hash"])[2:]: "s.id_hash",
        str(key["secret_hash"])[2:]: "encode(sha256(('key' || s.n)::bytea), 'hex')",
    }
    return Pattern(rows, marks, wanted.now, {})


def _buyers(person: Pattern, wanted: Wanted) -> None:
    rows = person.rows
    buyer, name = (person.marks[str(rows[table][0]["id"])] for table in ("identity_person", "identity_realname"))
    joined = f"'{wanted.begun}'::timestamptz + interval '{DAYS} days' / {wanted.buyers} * n"
    run(
        f"CREATE TABLE grown.buyer AS SELECT s.*, {buyer} AS buyer_id, {name} AS real_name_id FROM ("
        f"SELECT n, {_head('n', 'b')} AS head, at, encode(sha256(('id' || n)::bytea), 'hex') AS id_hash FROM ("
        f"SELECT n, {joined} AS at FROM generate_series(0, {wanted.buyers - 1}) n) m) s",
        "ALTER TABLE grown.buyer ADD PRIMARY KEY (n)",
        "ANALYZE grown.buyer",
    )
    with copies.without_indexes(list(rows)):
        acts = "SELECT * FROM grown.buyer WHERE n BETWEEN {low} AND {high}"
        _in_chunks(0, wanted.buyers - 1, acts, copies.statements(person, "acts s"))
    run(f"VACUUM (ANALYZE) {', '.join(rows)}")


def _shoppers(storefront_id: UUID, wanted: Wanted) -> list[PlaceRequest]:
    """Buyers from the whole of them get papers that open; each wishes some articles from the whole of the goods."""
    chance = random.Random(goods.SEED)
    chosen = chance.sample(range(wanted.buyers), wanted.shoppers)
    listed = ", ".join(map(str, chosen))
    buyers = [
        UUID(str(found)) for (found,) in read(f"SELECT buyer_id FROM grown.buyer WHERE n IN ({listed}) ORDER BY n")
    ]
    articles = [UUID(str(one)) for (one,) in read("SELECT sku_id FROM grown.article ORDER BY no, limited")]
    made: list[PlaceRequest] = []
    for start in range(0, len(buyers), shoppers.PEOPLE_AT_ONCE):
        with transaction.atomic():
            for n, buyer_id in enumerate(buyers[start : start + shoppers.PEOPLE_AT_ONCE], start + 1):
                wishes = chance.sample(articles, WISHES)
                made.append(shoppers.request(buyer_id, n, wishes, storefront_id, wanted.now))
    run(
        "UPDATE grown.buyer b SET real_name_id = r.id, id_hash = encode(r.id_hash, 'hex') FROM identity_realname r"
        f" WHERE r.buyer_id = b.buyer_id AND r.id <> b.real_name_id AND b.n IN ({listed})"
    )
    return made


def _patterns(request: PlaceRequest, articles: Mapping[bool, Sequence[Article]]) -> dict[str, Pattern]:
    """One order of each kind, placed and followed to its end by one of those who will shop."""
    found = {}
    with lives.outside() as world:
        for kind, (limited, live) in KINDS.items():
            before = new_id()
            live(asking(request, articles[limited]), world)
            found[kind] = _pattern(copies.since(before), articles[limited])
    return found


def _article(limited: bool, no: int) -> Article:
    names = ("sku_id", "code", "level_id", "limit_id")
    (found,) = read(f"SELECT {', '.join(names)} FROM grown.article WHERE limited = {limited} AND no = {no}")
    return {name: str(value) for name, value in zip(names, found, strict=True)}


def _pattern(rows: Rows, articles: Sequence[Article]) -> Pattern:
    kept = {table: found for table, found in rows.items() if table not in LEFT_OUT | SUMMED}
    (order,) = kept["orders_order"]
    marks = copies.numbers(kept) | copies.own_ids(kept)
    marks |= {str(order[name]): f"s.{name}" for name in ("buyer_id", "real_name_id", "number", "place_key")}
    marks[str(order["id_hash"])[2:]] = "s.id_hash"
    for letter, article in zip("ab", articles, strict=True):
        marks |= {value: f"s.{letter}_{name}" for name, value in article.items() if value != "None"}
    return Pattern(kept, marks, datetime.fromisoformat(str(order["placed_at"])), _INSTEAD)


def _orders(patterns: Mapping[str, Pattern], wanted: Wanted) -> None:
    """The copies, their sums, and all keys again."""
    filled = sorted({table for pattern in patterns.values() for table in pattern.rows} | SUMMED)
    inserts = [
        text
        for kind, pattern in patterns.items()
        for text in copies.statements(pattern, f"acts s WHERE s.kind = '{kind}'")
    ]
    with copies.without_indexes(filled):
        _in_chunks(1, wanted.orders, _acts(wanted), inserts)
        _timed("sums", lambda: copies.together([_used, _tallies, _levels]))
        _say("keys and indexes")


def _acts(wanted: Wanted) -> str:
    """Who ordered what and when, the numbers {low} to {high}: each buyer and each article about as often."""
    free, limited = (
        int(read(f"SELECT count(*) FROM grown.article WHERE limited = {one}")[0][0] or 0) for one in (False, True)
    )
    half, apart = free // 2, f"interval '{DAYS} days' / {wanted.orders}"
    return (
        f"SELECT o.*, to_char(o.at AT TIME ZONE 'Asia/Shanghai', '\"KL\"YYMMDD') || lpad(o.n::text, 10, '0') AS number,"
        " (o.head || 'ffff')::uuid::text AS place_key, b.buyer_id, b.real_name_id, b.id_hash,"
        " x.sku_id AS a_sku_id, x.code AS a_code, x.level_id AS a_level_id, x.limit_id AS a_limit_id,"
        " y.sku_id AS b_sku_id, y.code AS b_code, y.level_id AS b_level_id,"
        f" floor(extract(epoch FROM o.at - '{wanted.begun}'::timestamptz) / 86400 / 365)::int AS period"
        f" FROM (SELECT m.*, {_head('n', 'o')} AS head FROM (SELECT n, {_KIND.format(orders=wanted.orders)} AS kind,"
        f" '{wanted.begun}'::timestamptz + {apart} * n AS at FROM generate_series({{low}}, {{high}}) n) m) o"
        f" JOIN grown.buyer b ON b.n = {_chance(2654435761)} % {wanted.buyers}"
        " JOIN grown.article x ON x.limited = (o.kind = 'limited') AND x.no = "
        f"{_chance(2246822519)} % CASE WHEN o.kind = 'limited' THEN {limited} ELSE {half} END"
        f" JOIN grown.article y ON NOT y.limited AND y.no = {half} + {_chance(3266489917)} % {free - half}"
    )


def _chance(factor: int) -> str:
    """25 bits that look like chance, of an order's number."""
    return f"(o.n::bigint * {factor} % 4294967296 / 128)"


def _head(n: str, salt: str) -> str:
    """The first 28 digits of the ids of one act: a UUIDv7 of its time."""
    digits = f"md5('{salt}' || {n})"
    millisecond = "lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')"
    return f"{millisecond} || '7' || substr({digits}, 1, 3) || '8' || substr({digits}, 4, 11)"


def _used() -> None:
    released = (
        "SELECT sum(p.allowance_minor) AS minor, p.order_id FROM orders_parcel p WHERE p.state = 'delivered' GROUP BY 2"
    )
    run(
        "DELETE FROM orders_annualuse",
        "INSERT INTO orders_annualuse (id, id_hash, year, used_minor, committed_minor, corrected_minor)"
        " SELECT (array_agg(o.id ORDER BY o.id))[1], o.id_hash, o.year,"
        " sum(CASE WHEN o.state <> 'cancelled' THEN o.allowance_minor ELSE 0 END), sum(coalesce(r.minor, 0)), 0"
        f" FROM orders_order o LEFT JOIN ({released}) r ON r.order_id = o.id GROUP BY o.id_hash, o.year",
    )


def _tallies() -> None:
    run(
        "DELETE FROM pricing_tally",
        "INSERT INTO pricing_tally (id, sku_id, rule_id, period, person, quantity, most)"
        " SELECT gen_random_uuid(), t.sku_id, t.limit_id, t.period, d.person, sum(t.quantity), max(q.quantity)"
        " FROM pricing_take t JOIN pricing_purchaselimit q ON q.id = t.limit_id"
        " CROSS JOIN LATERAL (VALUES (uuid_send(t.buyer_id)), (t.identity)) d(person)"
        " WHERE t.state = 'taken' GROUP BY t.sku_id, t.limit_id, t.period, d.person",
    )


def _levels() -> None:
    run(
        "UPDATE stock_level l SET on_hand = m.on_hand, claimed = m.claimed FROM ("
        "SELECT level_id, sum(on_hand) AS on_hand, sum(claimed) AS claimed FROM stock_movement GROUP BY level_id) m"
        " WHERE m.level_id = l.id AND (l.on_hand, l.claimed) IS DISTINCT FROM (m.on_hand, m.claimed)"
    )


def _in_chunks(low: int, high: int, acts: str, inserts: Sequence[str]) -> None:
    """The acts {low} to {high} in parts, each in a transaction, two at a time."""
    done, began = count(1), time.perf_counter()
    parts = [(start, min(start + CHUNK - 1, high)) for start in range(low, high + 1, CHUNK)]

    def one(start: int, end: int) -> None:
        with transaction.atomic():
            run(f"CREATE TEMP TABLE acts ON COMMIT DROP AS {acts.format(low=start, high=end)}", *inserts)
        _say(f"{next(done) / len(parts):.0%}, {time.perf_counter() - began:,.0f} s", end="\r")

    copies.together([partial(one, *part) for part in parts])


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    _say(what)
    made = work()
    _say(f"{what}: {time.perf_counter() - began:,.1f} s")
    return made


def _say(what: str, end: str = "\n") -> None:
    print(f"  {what}", end=end, flush=True)
