"""What rows of law would change: exact by hand, nothing for no rows, nothing written, the same number of statements."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.catalogue.selectors import sku_by_code
from entrepot.insight import reporting, rules, selectors
from entrepot.insight.types import FULL, Kind, Position, Unknown, WhatIf
from entrepot.kit.ids import new_id
from entrepot.pricing.tests.makers import priced
from entrepot.shelf.tests.makers import a_product, in_stock, opened_shop, sku_id_of
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import CustomsState, WarehouseKind
from entrepot.storefronts.types import Storefront
from entrepot.tariff.services import BadBook
from tests.examples import many

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)
# Chocolate 1806310000: VAT 13 %, no consumption tax; inside the limits × 0.7.
VAT_20 = '1806,,CN,vat,"{""rate"":""0.20""}",2026-01-01,,yes,what if,'
DUTY_8 = '1806,,CN,duty,"{""rate"":""0.08""}",2020-01-01,,yes,what if,'
US_25 = '18,US,CN,additional.what_if,"{""rate"":""0.25""}",2026-01-01,,yes,what if,'


@pytest.fixture
def store() -> Storefront:
    """Two chocolates from Switzerland at 100.00 and 200.00, one from the US at 50.00 that stands abroad."""
    found = opened_shop()
    a_product("swiss", prices=(10_000, 20_000))
    a_product("usa", prices=(5_000,), origin="US")
    in_stock("swiss-1", 3)
    in_stock("usa-1", 4, WarehouseKind.OVERSEAS)
    return found


def asked(store: Storefront, *rows: str, way: str = "", day: date = DAY, stock: bool = False) -> WhatIf:
    overlay = selectors.overlay(content="\n".join(rows).encode())
    if stock:
        positions = selectors.stock_positions(storefront=store, now=NOW, way=way)
    else:
        positions = selectors.catalogue_positions(storefront=store, day=day, now=NOW, way=way)
    return selectors.what_if(positions=positions, overlay=overlay, day=day)


def taxes(found: WhatIf) -> dict[str, tuple[Any, Any]]:
    return {effect.sku.code: (effect.before, effect.after) for effect in found.effects if effect.sku}


def test_no_row_is_no_difference(store: Storefront) -> None:
    for content in (b"", b"\n \r\n", (",".join(HEADER) + "\n").encode(), b"\xef\xbb\xbf" + ",".join(HEADER).encode()):
        overlay = selectors.overlay(content=content)
        for way in ("", "bonded", "direct", FULL):
            positions = [
                *selectors.catalogue_positions(storefront=store, day=DAY, now=NOW, way=way),
                *selectors.stock_positions(storefront=store, now=NOW, way=way),
            ]
            found = selectors.what_if(positions=positions, overlay=overlay, day=DAY)
            assert len(found.effects) == 5
            assert (found.rows, found.changed) == (0, [])


HEADER = (
    "hs_prefix", "origin", "destination", "measure", "params", "valid_from", "valid_to", "confirmed", "source", "note",
)  # fmt: skip


def test_the_difference_is_exact(store: Storefront) -> None:
    """100.00 × 13 % × 0.7 = 9.10; × 20 % × 0.7 = 14.00."""
    found = asked(store, VAT_20)
    assert taxes(found) == {"swiss-1": (910, 1_400), "swiss-2": (1_820, 2_800), "usa-1": (455, 700)}
    assert [effect.difference for effect in found.changed] == [980, 490, 245]
    assert {effect.sku.code: effect.position.channel for effect in found.effects if effect.sku} == {
        "swiss-1": "bonded",
        "swiss-2": "bonded",
        "usa-1": "direct",
    }


def test_rows_hold_from_their_day(store: Storefront) -> None:
    later = VAT_20.replace("2026-01-01", "2027-01-01")
    assert asked(store, later).changed == []
    assert len(asked(store, later, day=date(2027, 1, 1)).changed) == 3


def test_a_duty_for_one_origin_touches_that_origin_where_duty_is_owed(store: Storefront) -> None:
    """Inside the limits duty is 0. In full: 50.00 × 8 % = 4.00, × 33 % = 16.50; VAT 13 % of 54.00 and of 66.50."""
    assert asked(store, US_25).changed == []
    full = asked(store, DUTY_8, US_25, way=FULL)
    assert taxes(full)["usa-1"][1] == 1_650 + 865  # 8.645 half-up
    assert taxes(full)["swiss-1"][1] == 800 + 1_404
    # Without a duty rate in the books the full tax is not known, and not zero.
    assert all(isinstance(before, Unknown) for before, _ in taxes(full).values())
    assert {code: count for code, (_, count) in full.uncomputed.items()} == {"not_computed": 3}
    assert rules.totals(full.effects, lambda effect: effect.position.kind) == []


def test_stock_is_weighed_by_units_and_lot_origin(store: Storefront) -> None:
    house = warehouse("WH-bonded", WarehouseKind.BONDED)
    stocked(sku_id_of("swiss-1"), house, 7, lot="L-US", origin="US")
    shop = warehouse("WH-domestic", WarehouseKind.DOMESTIC)
    stocked(sku_id_of("swiss-1"), shop, 9, lot="L-paid", customs_state=CustomsState.DUTY_PAID, item_record="")
    stocked(sku_id_of("swiss-1"), house, 9, lot="L-bad", customs_state=CustomsState.QUARANTINED)
    us_vat = VAT_20.replace("1806,,", "1806,US,")
    found = asked(store, us_vat, stock=True)
    by_lot = {(one.sku.code, one.origin): (one.before, one.after) for one in found.effects if one.sku}
    assert by_lot == {
        ("swiss-1", "AU"): (3 * 910, 3 * 910),
        ("swiss-1", "US"): (7 * 910, 7 * 1_400),
        ("usa-1", "AU"): (4 * 455, 4 * 455),
    }
    [us] = [total for total in rules.totals(found.effects, lambda effect: effect.origin) if total.key == "US"]
    assert (us.units, us.values, us.before, us.after, us.difference) == (7, {"CNY": 70_000}, 6_370, 9_800, 3_430)


def test_any_positions_can_be_handed_in(store: Storefront) -> None:
    """A purchase order's lines, an article nobody knows, a way in that nobody computes: each for itself."""
    swiss = sku_id_of("swiss-1")

    def bought(**changes: Any) -> Position:
        fields = {"sku_id": swiss, "quantity": Decimal(10), "unit_value": Decimal("60.00"), "currency": "CNY"}
        return Position(**{"kind": Kind.PURCHASE, "channel": "bonded", **fields, **changes})

    odd = [bought(sku_id=new_id()), bought(channel="pigeon"), bought(currency="EUR")]
    positions = [bought(), bought(origin="US"), *odd]
    overlay = selectors.overlay(content=VAT_20.encode())
    found = selectors.what_if(positions=positions, overlay=overlay, day=DAY)
    assert [one.position for one in found.effects] == positions
    assert [(one.before, one.after) for one in found.effects[:2]] == [(5_460, 8_400)] * 2
    codes = [one.before.code for one in found.effects[2:] if isinstance(one.before, Unknown)]
    assert codes == ["not_classified", "unsupported_regime", "no_exchange_rate"]


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_nothing_is_written(store: Storefront) -> None:
    before = counts()
    with CaptureQueriesContext(connection) as seen:
        asked(store, VAT_20, DUTY_8, US_25, way=FULL)
        asked(store, VAT_20, stock=True)
    said = " ".join(query["sql"].upper() for query in seen.captured_queries)
    assert "SELECT" in said
    assert [verb for verb in ("INSERT INTO", "UPDATE ", "DELETE FROM") if verb in said] == []
    assert counts() == before
    assert asked(store).changed == []  # and the books in force are as they were


def test_more_articles_need_no_more_statements(store: Storefront) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            asked(store, VAT_20)
        return len(seen.captured_queries)

    statements()  # the books are read once per process
    few = statements()
    a_product("more", prices=(9_000,) * 40)
    assert statements() == few <= 8
    assert len(asked(store, VAT_20).effects) == 43


@given(rate=st.integers(0, 99), prefix=st.sampled_from(["", "18", "1806", "180631", "6109"]))
@settings(max_examples=many(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_are_the_sum_of_their_parts(store: Storefront, rate: int, prefix: str) -> None:
    row = f'{prefix},,CN,vat,"{{""rate"":""0.{rate:02}""}}",2026-01-01,,yes,what if,'
    found = asked(store, row)
    differences = [effect.difference for effect in found.effects if effect.difference is not None]
    for key in (lambda one: one.origin, lambda one: one.hs_code, lambda one: "all"):
        totals = rules.totals(found.effects, key)
        assert sum(total.difference for total in totals) == sum(differences)
        assert sum(total.positions for total in totals) == len(differences)


def test_rows_with_faults_are_refused_as_they_were_numbered(store: Storefront) -> None:
    bad = VAT_20.replace("0.20", "2")
    for rows, number in (((VAT_20, bad), 2), ((",".join(HEADER), VAT_20, bad), 3)):
        with pytest.raises(BadBook) as refused:
            asked(store, *rows)
        assert refused.value.faults[0].row == number
    with pytest.raises(BadBook):
        selectors.overlay(content=b"\xff\xfe")


def test_the_table_has_every_position_and_no_formula(store: Storefront) -> None:
    found = asked(store, VAT_20)
    out = io.StringIO()
    csv.writer(out).writerows(reporting.table(found=found, language="en"))
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    first: Mapping[str, str] = rows[0]
    wanted = {"sku": "swiss-2", "tax_before": "18.20", "tax_after": "28.00", "difference": "9.80"}
    assert wanted.items() <= first.items()
    assert len(rows) == 3
    assert reporting.harmless("=1+1") == "'=1+1"


def test_the_command_tells_totals_and_the_most_affected(store: Storefront, tmp_path: Path) -> None:
    rows, table = tmp_path / "rows.csv", tmp_path / "out.csv"
    rows.write_text("\n".join((",".join(HEADER), VAT_20)), encoding="utf-8")
    priced({sku_by_code(codes=["swiss-1"])["swiss-1"].id: 30_000}, now=NOW)
    out = io.StringIO()
    call_command("what_if", str(rows), "--date", "2026-11-21", "--channel", "bonded", "--csv", str(table), stdout=out)
    told = out.getvalue()
    assert "1 rows over cn-cbec/1, " in told and " on 2026-11-21; 5 positions" in told
    assert "catalogue, CNY: 3 positions, 3 units, tax 50.05 to 77.00 CNY (+26.95)" in told
    assert len(table.read_text(encoding="utf-8-sig").splitlines()) == 6
    with pytest.raises(CommandError, match="cannot read"):
        call_command("what_if", str(tmp_path / "nothing.csv"))
    with pytest.raises(CommandError, match="cannot write"):
        call_command("what_if", str(rows), "--csv", str(tmp_path / "nowhere" / "table.csv"), stdout=out)
    rows.write_text("nonsense", encoding="utf-8")
    with pytest.raises(CommandError, match="faults"):
        call_command("what_if", str(rows), stderr=io.StringIO())
