"""The demo loads through the house's own doors; what it loads can be sold, stored, taxed and declared."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from entrepot.catalogue import selectors as catalogue
from entrepot.consignments import selectors as consignments
from entrepot.consignments.types import ConsignmentState
from entrepot.demo import content, people, pictures
from entrepot.demo.load import is_loaded, load, log_ins
from entrepot.identity.types import Role
from entrepot.pricing import selectors as pricing
from entrepot.pricing.types import SaleState
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import Measure, OrderState
from entrepot.receiving import selectors as receipts
from entrepot.receiving.types import ReceiptState
from entrepot.replenishment import selectors as planning
from entrepot.replenishment.types import FileKind, ProposalState
from entrepot.shelf import selectors as shelf
from entrepot.shelf.types import Filter
from entrepot.stock import selectors as stock
from entrepot.stock.types import CustomsState, WarehouseKind
from entrepot.storefronts import selectors as storefronts
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import LineRequest, QuoteRequest
from entrepot.web.common.tests.makers import log_in

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
DAY = date(2026, 11, 21)
PICTURED = 5  # products that get pictures in these tests
LATER = datetime(2026, 12, 8, 4, tzinfo=UTC)  # before the first right ends, which takes its brand off the shelf
CODES = [variant.code for item in content.items() for variant in item.variants]
LINK = re.compile(r'href="(/[^"#]*)')
# Of a thing, and what is asked for.
A_NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d|[A-Z]{2}\d+|=[^&]*|\d+/change|(?<=/[pcb]/)[^/]+")
OF_A_KIND = 3
MEASURES = {"035": "kg", "095": "l", "011": "piece", "020": "sheet"}
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float]]:
    """The steps as they were reported."""
    return []


@pytest.fixture(scope="module")
def loaded(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, told: list[tuple[str, float]]
) -> Iterator[dict[str, UUID]]:
    """The demo, loaded once for all tests of this module; SKU ids by code."""
    with django_db_blocker.unblock(), transaction.atomic():
        load(lambda step, part: told.append((step, part)), NOW, pictured=PICTURED)
        yield {code: sku.id for code, sku in catalogue.sku_by_code(codes=CODES).items()}
        transaction.set_rollback(True)


def rows() -> dict[str, int]:
    """Rows of every table of ours."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if not name.startswith("procrastinate")]
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counts[name] = cursor.fetchone()[0]
    return counts


def test_every_article_is_classified_priced_in_stock_and_quotable(
    loaded: dict[str, UUID], told: list[tuple[str, float]]
) -> None:
    assert set(loaded) == set(CODES)
    ids = list(loaded.values())
    shop = storefronts.by_host(host="anything.test")
    prices = pricing.prices(storefront_id=shop.id, currency="CNY", sku_ids=ids, at=NOW)
    classified = catalogue.classifications(sku_ids=ids, jurisdiction="CN", on=DAY)
    available = stock.available(sku_ids=ids, on=DAY)
    assert all(not problems for problems in catalogue.sellability(sku_ids=ids, jurisdiction="CN", on=DAY).values())
    assert set(prices) == set(classified) == set(available) == set(ids)
    assert all(entry.quantity > 0 for entries in available.values() for entry in entries)
    skus = catalogue.skus(ids=ids)
    requests = []
    for sku_id, found in classified.items():
        legal = ((found.unit1, found.quantity1), (found.unit2, found.quantity2))
        measures = {MEASURES[unit]: amount for unit, amount in legal if unit in MEASURES and amount}
        price = prices[sku_id].amount.decimal
        line = LineRequest(
            skus[sku_id].code,
            found.hs_code,
            skus[sku_id].origin,
            Decimal(1),
            found.sales_unit,
            price,
            measures=measures,
        )
        requests.append(QuoteRequest("CN", DAY, "CNY", (line,), "bonded"))
    for quote in tariff.quotes(requests=requests):
        assert quote.decision == "clear" and 0 < quote.total_tax < quote.customs_value, quote
    assert told[-1] == ("shelves", 1) and ("pictures", 1) in told
    assert all(0 <= part <= 1 for _, part in told)


def test_classes_of_consumption_tax_occur(loaded: dict[str, UUID]) -> None:
    """The demo shows the law at work: a serum above 10 yuan per gram, a cream below, wine, spirits and beer."""
    taxed = {}
    for code in ("ESTEE-LAUDER-ANR-30ML", "NIVEA-CREME-150ML", "PENFOLDS-BIN389", "GLENFIDDICH-12", "HEINEKEN-CANS"):
        found = catalogue.classifications(sku_ids=[loaded[code]], jurisdiction="CN", on=DAY)[loaded[code]]
        measures = {MEASURES[found.unit1]: found.quantity1}
        item, variant = next((i, v) for i in content.items() for v in i.variants if v.code == code)
        price = Decimal(variant.price_minor) / 100
        line = LineRequest(code, found.hs_code, item.origin, Decimal(1), "011", price, measures=measures)
        taxed[code] = tariff.quote(request=QuoteRequest("CN", DAY, "CNY", (line,), "bonded")).excise > 0
    assert taxed.pop("NIVEA-CREME-150ML") is False
    assert all(taxed.values())


def test_a_sale_runs_and_another_comes_and_their_goods_are_in_stock(loaded: dict[str, UUID]) -> None:
    shop = storefronts.by_host(host="anything.test")
    running, coming = pricing.sales(storefront_id=shop.id, since=NOW)
    assert (running.state(NOW), coming.state(NOW)) == (SaleState.RUNNING, SaleState.COMING)
    assert timedelta(hours=2) <= coming.starts_at - NOW <= timedelta(hours=26)
    assert [len(sale.items) for sale in (running, coming)] == [3, 3]
    for item in (*running.items, *coming.items):
        free = sum(place.quantity for place in stock.available(sku_ids=[item.sku_id], on=DAY)[item.sku_id])
        assert item.units <= free, catalogue.skus(ids=[item.sku_id])[item.sku_id].code


def test_stock_adds_up_and_keeps(loaded: dict[str, UUID]) -> None:
    assert stock.discrepancies() == []
    kinds = {house.kind for house in stock.warehouses().values()}
    assert kinds == {WarehouseKind.BONDED, WarehouseKind.OVERSEAS}
    assert sum(1 for house in stock.warehouses().values() if house.account_book) == 3
    books = stock.book_states()
    assert len({one.book for one in books}) == 3 and len(books) > 100
    assert all(one.balance == one.in_stock == one.inbound > 0 and not one.wrong and not one.moving for one in books)
    two_houses = [entries for entries in stock.available(sku_ids=loaded.values()).values() if len(entries) > 1]
    assert len(two_houses) >= 12
    levels = stock.levels(sku_ids=[loaded["APTAMIL-PROFUTURA-1"], loaded["SHISEIDO-ULTIMUNE-50ML"]])
    bonded = [level for level in levels if level.customs_state is CustomsState.BONDED]
    assert len(bonded) == 4, "two lots each"
    assert all(level.lot.expires_on and level.lot.expires_on > DAY and level.lot.item_record for level in bonded)


def test_buying_is_in_every_state_and_its_books_agree(loaded: dict[str, UUID]) -> None:
    assert procurement.discrepancies() == []
    counts = procurement.counts()
    assert all(counts[state] for state in OrderState), counts
    rows, more = procurement.orders()
    assert {row.currency for row in rows} == {"EUR", "USD", "JPY", "AUD"} and not more
    assert any(row.amending for row in rows)
    overdue = [line for line in procurement.awaited_lines() if line.expected_on < DAY]
    assert overdue == [] and len(procurement.awaited_lines()) > 8
    cards = procurement.scorecards(supplier_ids=procurement.suppliers(), now=NOW).values()
    assert min(card.on_time_share for card in cards if card.on_time_share is not None) < 1
    assert any(card.spoiled for card in cards) and any(card.missing for card in cards)


def test_consignments_are_on_the_way_late_and_counted(loaded: dict[str, UUID]) -> None:
    counts, late = consignments.counts(today=DAY)
    alive = {state: counts[state] for state in ConsignmentState if state is not ConsignmentState.CANCELLED}
    assert all(alive.values()) and late == 2
    assert consignments.discrepancies() == receipts.discrepancies() == stock.discrepancies() == []
    found = consignments.consignments(today=DAY)[0]
    states = [receipt.state for one in found for receipt in receipts.receipts(consignment_id=one.id)]
    assert sorted(states) == sorted([ReceiptState.OPEN, ReceiptState.CLOSED])
    (landing,) = procurement.landings()
    assert (landing.invoices, landing.stale) == (4, True) and landing.run_number is not None


def test_planning_has_history_proposals_and_shared_freight(loaded: dict[str, UUID]) -> None:
    assert {one.kind for one in planning.files()} == set(FileKind)
    open_ones = planning.proposals(state=ProposalState.PROPOSED)
    assert len({one.supplier for one in open_ones}) >= 3
    assert all(one.orderable and one.sums.room_known for one in open_ones)
    assert planning.last_backtest() is not None
    reasons = {why for one in planning.shipments(unresolved=True)[0] for why in one.reasons}
    assert reasons == {"invoiced_separately", "line_missing"}


def test_rights_of_two_brands_end_soon_and_one_is_told_already(loaded: dict[str, UUID]) -> None:
    links = {(link.ends_on - DAY).days: link.notice_days for link in procurement.authorisations()}
    assert (links[20], links[45], links[400]) == (30, 60, None)
    assert procurement.waiting(on=DAY).ending == 2
    brands = {brand.slug: brand.id for brand in catalogue.brands().values()}
    until = procurement.standings(brand_ids=[brands["lumene"]], on=DAY)[brands["lumene"]].until
    assert until == DAY + timedelta(days=20)


def test_a_commitment_is_under_way(loaded: dict[str, UUID]) -> None:
    (programme,) = procurement.programmes()
    progress = procurement.progress(of=programme, today=DAY)
    signed, ordered, received, paid = (progress.totals[measure] for measure in Measure)
    assert programme.target_minor > signed > ordered > max(received, paid)
    assert min(received, paid) > 0
    assert progress.unvalued == 0


def test_loading_again_changes_nothing(loaded: dict[str, UUID]) -> None:
    before = rows()
    load(lambda *_: None, LATER, pictured=PICTURED)
    assert rows() == before
    assert not is_loaded(), "the last product has no picture yet: the next start takes the load up"


def test_pictures_hang_on_products_and_their_variants(loaded: dict[str, UUID]) -> None:
    item = next(item for item in content.items() if item.slug == "sony-wh1000")
    products = {
        item.slug: catalogue.skus(ids=[loaded[item.variants[0].code]])[loaded[item.variants[0].code]].product_id
    }
    made = pictures.hang(items=[item], products=products, ids=loaded, report=lambda *_: None, now=NOW)
    again = pictures.hang(items=[item], products=products, ids=loaded, report=lambda *_: None, now=NOW)
    product = catalogue.product(slug=item.slug)
    assert product is not None and (made, again) == (5, 0)
    assert len(product.images) == 5, "three colours, a close look, the carton"
    assert {sku.image for sku in product.skus} == set(product.images[:3])
    first = [catalogue.product(slug=one.slug) for one in content.items()[:PICTURED]]
    assert all(one is not None and 2 <= len(one.images) <= 5 for one in first)
    assert all(catalogue.media_file(path=path) for one in first if one for path in one.images)


def test_the_shelves_are_filled(loaded: dict[str, UUID]) -> None:
    shop = storefronts.by_host(host="anything.test")
    everything = shelf.listing(storefront=shop, filter=Filter(), page=1, language="zh-hans")
    assert everything.total == len(content.items())
    found = shelf.listing(storefront=shop, filter=Filter(text="降噪耳机"), page=1, language="zh-hans")
    assert found.cards and found.cards[0].image is not None or found.total >= 1
    assert shelf.listing(storefront=shop, filter=Filter(category="beauty"), page=1, language="en").total >= 12


def test_the_people_can_log_in(loaded: dict[str, UUID]) -> None:
    names = " ".join(log_ins())
    assert people.PASSWORD in names and people.BUYER in names
    for role in ("buyer", "operator", "catalogue", "warehouse", "customs", "service", "finance", "purchasing"):
        person = authenticate(email=f"{role}@{people.DOMAIN}", password=people.PASSWORD)
        assert person is not None and person.is_demo  # type: ignore[attr-defined]
        assert person.roles == ([] if role == "buyer" else [role])  # type: ignore[attr-defined]


def test_every_link_that_the_demo_shows_leads_somewhere(loaded: dict[str, UUID], settings) -> None:  # type: ignore[no-untyped-def]
    """To a visitor, the buyer and each of the staff, from the first page on, each kind of page and file a few times:
    what is shown to somebody is for him, and a page that works on little data works on this. Of the records, which are
    alike to all, each kind once."""
    settings.DEMO, met, seen, wrong = True, set[tuple[str, str]](), Counter[tuple[str, str]](), []
    for who in ("visitor", "buyer", *Role):
        client, home = Client(raise_request_exception=False), "/office/" if isinstance(who, Role) else "/en/"
        if who != "visitor":
            person = authenticate(email=f"{who}@{people.DOMAIN}", password=people.PASSWORD)
            log_in(client, person.id)  # type: ignore[union-attr]
        client.cookies["django_language"] = "zh-hans" if who in (Role.CUSTOMS, Role.CATALOGUE) else "en"
        waiting = [home]
        while waiting:
            address = waiting.pop()
            is_record = "/records/" in address
            kind = ("" if is_record else who, A_NAME.sub("*", address))
            if (who, address) in met or seen[kind] >= (1 if is_record else OF_A_KIND):
                continue
            met.add((who, address))
            seen[kind] += 1
            answer = client.get(address, follow=True)
            text = b"".join(answer) if answer.streaming else answer.content
            wrong += [(who, address, answer.status_code)] if answer.status_code != 200 else []
            if "html" in answer["Content-Type"]:
                found = (html.unescape(link) for link in LINK.findall(text.decode()))
                waiting += [link for link in found if link.startswith(home) and "logout" not in link]
    assert not wrong, "\n".join(map(str, wrong))
    assert len(met) > 200


def test_the_command_wants_the_demo_setting(settings) -> None:  # type: ignore[no-untyped-def]
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("demo")
