"""Open purchase orders in the what-if: what is still to come, once, at the value customs would take."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.catalogue import selectors as catalogue
from entrepot.insight import reporting, selectors
from entrepot.insight.tests.test_what_if import DAY, DUTY_8, NOW, VAT_20
from entrepot.insight.types import FULL, Kind, Unknown, WhatIf
from entrepot.procurement import services
from entrepot.procurement.tests import makers
from entrepot.procurement.types import OrderView
from entrepot.shelf.tests.makers import a_product, opened_shop, sku_id_of
from entrepot.storefronts.types import Storefront
from tests.examples import many

pytestmark = pytest.mark.django_db
US_VAT = VAT_20.replace("1806,,", "1806,US,")


@pytest.fixture
def store() -> Storefront:
    """A chocolate that sells for 100.00 yuan, and a day's rates."""
    found = opened_shop()
    a_product("swiss", prices=(10_000,))
    makers.rates()
    return found


def ordered(lines: dict[UUID, tuple[int, str]], *, sent: bool = True) -> OrderView:
    """An order in euros."""
    skus = catalogue.skus(ids=lines)
    wish = makers.wish(makers.contract(), [(skus[one], units, price) for one, (units, price) in lines.items()])
    order_id = services.draft(wish=wish, actor="author", now=NOW)
    services.approve(order_id=order_id, version=1, actor="approver", four_eyes_from_minor=makers.BIG, now=NOW)
    if sent:
        services.send(order_id=order_id, actor="author", now=NOW)
    return makers.read(order_id)


def asked(store: Storefront, *rows: str, way: str = "") -> WhatIf:
    positions = selectors.purchase_positions(storefront=store, now=NOW, way=way)
    return selectors.what_if(positions=positions, overlay=selectors.overlay(content="\n".join(rows).encode()), day=DAY)


def test_what_is_still_to_come_counts_at_the_price_it_will_be_sold_for(store: Storefront) -> None:
    """100.00 × 13 % × 0.7 = 9.10 a unit, × 20 % × 0.7 = 14.00; 40 of 100 came and are stock."""
    order = ordered({sku_id_of("swiss-1"): (100, "10.50")})
    makers.receive(order.lines[0], 40)
    [one] = asked(store, VAT_20).effects
    assert (one.position.kind, one.position.quantity, one.position.reference) == (Kind.PURCHASE, 60, order.number)
    assert (one.before, one.after) == (60 * 910, 60 * 1_400)
    makers.receive(order.lines[0], 60)
    assert asked(store, VAT_20).effects == []


def test_in_general_trade_customs_takes_what_we_pay(store: Storefront) -> None:
    """60 × 10.50 EUR × 8.2 = 5,166.00 yuan; 8 % duty 413.28; 13 % VAT of 5,579.28 = 725.31."""
    ordered({sku_id_of("swiss-1"): (60, "10.50")})
    [one] = asked(store, DUTY_8, way="general").effects
    assert (one.position.unit_value, one.position.currency, one.position.together) == (Decimal("86.10"), "CNY", True)
    assert isinstance(one.before, Unknown)  # no duty rate in the books, and not zero
    assert one.after == 41_328 + 72_531


def test_what_costs_less_than_a_fen_is_worth_its_sum(store: Storefront) -> None:
    """1,000,000 × 0.0005 EUR × 8.2 = 4,100.00 yuan; 8 % duty 328.00; 13 % VAT of 4,428.00 = 575.64."""
    ordered({sku_id_of("swiss-1"): (1_000_000, "0.0005")})
    [one] = asked(store, DUTY_8, way="general").effects
    assert one.after == 32_800 + 57_564


def test_without_a_price_of_ours_what_we_pay_counts(store: Storefront) -> None:
    """10.50 EUR × 8.2."""
    bare = makers.articles(1, "unpriced")[0]
    ordered({bare.id: (3, "10.50")})
    [one] = asked(store, VAT_20).effects
    assert one.position.unit_value == Decimal("86.10")
    assert one.sku is not None and one.sku.code == bare.code


def test_what_is_not_sent_or_no_longer_awaited_is_not_there(store: Storefront) -> None:
    swiss = sku_id_of("swiss-1")
    makers.drafted(of=makers.contract())
    ordered({swiss: (5, "9.00")}, sent=False)
    closed, cancelled = ordered({swiss: (6, "9.00")}), ordered({swiss: (7, "9.00")})
    makers.receive(closed.lines[0], 1)
    services.close(order_id=closed.id, reason="sold out", actor="a", now=NOW)
    services.cancel(order_id=cancelled.id, reason="too dear", actor="a", now=NOW)
    assert asked(store, VAT_20).effects == []
    kept = ordered({swiss: (8, "9.00")})
    assert [one.position.reference for one in asked(store, VAT_20).effects] == [kept.number]


def test_a_line_keeps_the_origin_it_was_ordered_from(store: Storefront) -> None:
    a_product("usa", prices=(5_000,), origin="US")
    ordered({sku_id_of("swiss-1"): (2, "9.00"), sku_id_of("usa-1"): (3, "4.00")})
    changed = asked(store, US_VAT).changed
    assert [(one.origin, one.difference) for one in changed] == [("US", 3 * 245)]


@given(
    units=st.lists(st.integers(1, 5_000), min_size=1, max_size=4),
    price=st.decimals("0.01", "9999", places=2),
    way=st.sampled_from(["", "bonded", "direct", "general", FULL]),
)
@settings(max_examples=many(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_is_no_difference(store: Storefront, units: list[int], price: Decimal, way: str) -> None:
    for count in units:
        ordered({sku_id_of("swiss-1"): (count, str(price))})
    found = asked(store, way=way)
    assert len(found.effects) >= len(units)
    assert found.changed == []


def test_nothing_is_written_and_more_lines_need_no_more_statements(store: Storefront) -> None:
    def rows() -> dict[str, int]:
        return {model._meta.label: model._default_manager.count() for model in apps.get_models()}

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            asked(store, VAT_20, DUTY_8, way="general")
            asked(store, VAT_20)
        said = " ".join(query["sql"].upper() for query in seen.captured_queries)
        assert [verb for verb in ("INSERT INTO", "UPDATE ", "DELETE FROM") if verb in said] == []
        return len(seen.captured_queries)

    swiss = sku_id_of("swiss-1")
    ordered({swiss: (5, "9.00")})
    asked(store)  # the books are read once per process
    before, few = rows(), statements()
    assert rows() == before
    a_product("more", prices=(9_000,) * 40)
    skus = {sku_id_of(f"more-{number}"): (number, "7.00") for number in range(1, 41)}
    ordered(skus)
    ordered({swiss: (9, "9.00")})
    assert statements() == few
    assert len(asked(store).effects) == 42


def test_the_command_and_the_table_name_the_order(store: Storefront, tmp_path: Path) -> None:
    order = ordered({sku_id_of("swiss-1"): (10, "9.00")})
    rows, table, out = tmp_path / "rows.csv", tmp_path / "out.csv", io.StringIO()
    rows.write_text(VAT_20, encoding="utf-8")
    call_command("what_if", str(rows), "--date", "2026-11-21", "--csv", str(table), stdout=out)
    assert "purchase, CNY: 1 positions, 10 units, tax 91.00 to 140.00 CNY (+49.00)" in out.getvalue()
    assert f"purchase {order.number} swiss-1" in out.getvalue()
    with table.open(encoding="utf-8-sig") as file:
        told = {(row["kind"], row["reference"]) for row in csv.DictReader(file)}
    assert told == {("catalogue", ""), ("purchase", order.number)}
    assert reporting.COLUMNS[-1] == "reference"
