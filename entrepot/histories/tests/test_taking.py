"""Deliveries of another system become ours: once, with their freight on their lots, and what does not says why."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from entrepot.catalogue import selectors as catalogue
from entrepot.consignments import selectors as consignments
from entrepot.consignments.types import Consignment, ConsignmentState, Mode
from entrepot.histories import models, rules, services
from entrepot.histories.services import taking
from entrepot.histories.tests.makers import NOW, SOURCE, line, looked, place, rates, read, taken
from entrepot.histories.types import TakeOverState
from entrepot.kit import sql
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import Basis, CostKind, Incoterm, Landing, OrderState
from entrepot.replenishment import selectors as replenishment
from entrepot.stock import selectors as stock
from tests.examples import LONG

DATA = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
SCMS = DATA / "shipments-usaid-scms" / "SCMS_Delivery_History_Dataset.csv.gz"
ECB = DATA / "fx-ecb" / "eurofxref-hist.csv.gz"
pytestmark = pytest.mark.django_db
SHARED = (
    line(1, "DN-1", "90.00", article="Tea"),
    line(2, "DN-1", "See DN-1 (ID#:1)", article="Coffee", value="200.00", insurance=""),
    line(3, "DN-2", "20.00", order="PO-1", article="Tea", terms="DDU", mode="N/A", maker="Somewhere SA"),
    line(4, "DN-3", "Invoiced Separately", order="PO-2", supplier="Other Maker"),
)


def consigned(asn: str) -> Consignment:
    (row,) = consignments.consignments(today=NOW.date(), text=asn)[0]
    found = consignments.consignment(consignment_id=row.id)
    assert found is not None
    return found


def landed(found: Consignment) -> Landing:
    landing = procurement.landing_of(source=found.id)
    assert landing is not None
    return landing


def counts() -> dict[str, int]:
    tables = (
        "procurement_order", "procurement_receipt", "procurement_supplier", "procurement_landinginvoice", "stock_lot",
        "procurement_landingrun", "consignments_consignment", "consignments_line", "stock_movement", "catalogue_sku",
    )  # fmt: skip
    return {table: sql.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables}


def test_shared_freight_lies_on_the_lots_of_the_consignments_it_names() -> None:
    rates()
    done = taken(SHARED)
    assert (done.state, done.report["ours"], done.report["our_lines"], done.left_out) == (TakeOverState.DONE, 3, 4, {})
    assert (done.done, done.whole) == (3, 3)
    found = consigned("DN-1")
    assert (found.state, found.incoterm, found.arrived_on) == (ConsignmentState.CLOSED, Incoterm.EXW, date(2006, 2, 2))
    assert [(one.lot, one.units, one.received, one.origin) for one in found.lines] == [
        ("1", 10, 10, "IN"), ("2", 10, 10, "IN"),
    ]  # fmt: skip
    assert [(leg.mode, leg.from_place, leg.arrived_on) for leg in found.legs] == [
        (Mode.AIR, "Cipla, Goa, India", date(2006, 2, 2))
    ]
    landing = landed(found)
    invoices = {(one.kind, one.number): (one.basis, one.amount_minor, one.lot_amounts) for one in landing.invoices}
    number = found.number
    assert invoices == {
        (CostKind.FREIGHT, "1"): (Basis.STATED, 9_000, {f"1/{number}": 3_000, f"2/{number}": 6_000}),
        (CostKind.INSURANCE, "DN-1"): (Basis.STATED, 100, {f"1/{number}": 100}),
    }
    run = landing.standing
    assert run is not None
    assert [(one.paid_minor, one.amount_minor, one.rate) for one in run.charges] == [
        (9_000, 72_000, Decimal(8)), (100, 800, Decimal(8)),
    ]  # fmt: skip
    assert not landing.stale
    assert consigned("DN-2").incoterm is Incoterm.DAP
    assert landed(consigned("DN-3")).invoices[0].kind is CostKind.INSURANCE


def test_orders_hold_what_came_and_every_book_agrees() -> None:
    rates()
    taken(SHARED)
    orders = {one.number: one for one in procurement.orders()[0]}
    assert {number: (one.state, one.units, one.received, one.total_minor) for number, one in orders.items()} == {
        "PO-1": (OrderState.CLOSED, 30, 30, 40_000), "PO-2": (OrderState.CLOSED, 10, 10, 10_000),
    }  # fmt: skip
    assert orders["PO-1"].value_minor == 320_000
    found = consigned("DN-1")
    (lot,) = stock.lots_ending(sku_ids={found.lines[1].sku_id}, ending=found.number)
    fact = stock.lot_facts(lots=[(lot.sku_id, lot.id)])[lot.sku_id, lot.id]
    assert (fact.unit_cost, fact.currency) == (Decimal("160.000000"), "CNY")
    assert (fact.units, fact.in_stock, fact.sold) == (10, 0, 10), "sold before these books began"
    run = landed(found).standing
    assert run is not None
    assert [(one.stock_minor, one.sold_minor) for one in run.charges] == [(0, 72_000), (0, 800)]
    sku = catalogue.skus(ids=[consigned("DN-1").lines[0].sku_id]).popitem()[1]
    assert (sku.active, sku.origin) == (False, "IN")
    for books in (procurement, consignments, stock):
        assert books.discrepancies() == []  # type: ignore[attr-defined]


def test_again_changes_nothing_and_a_newer_file_adds_what_is_new() -> None:
    rates()
    taken(SHARED)
    before = counts()
    again = taken(SHARED)
    assert again.report["ours"] == 3
    assert counts() == before
    newer = taken([*SHARED[1:], line(1, "DN-1", "91.00"), line(9, "DN-9", "5.00", order="PO-9")])
    assert newer.report["ours"] == 4
    assert replenishment.files()[0].report["dirt"]["ours_differs"] == 2
    assert counts()["consignments_consignment"] == before["consignments_consignment"] + 1
    assert landed(consigned("DN-1")).invoices[0].amount_minor == 9_000
    late = taken([line(10, "DN-10", "5.00", order="PO-1")])
    assert late.left_out == {"order_known": 1}


def test_what_cannot_be_ours_says_why_and_comes_when_it_can() -> None:
    rates()
    rows = [
        *SHARED,
        line(5, "DN-5", "5.00", order="PO-5", delivered="2-Feb-08"),
        line(6, "DN-6", "5.00", order="PO-6", units=0),
    ]
    first = read(looked(rows))
    assert (first.left_out, first.state) == ({"no_rate": 1, "no_units": 1}, TakeOverState.LOOKED)
    assert first.remarks == {"mode_untold": 1, "term_replaced": 1, "origin_unknown": 1, "departure_untold": 6}
    assert counts()["procurement_order"] == 0
    services.drop(take_over_id=first.id, actor="tests", now=NOW)
    with pytest.raises(services.NotNow):
        services.begin(take_over_id=first.id, actor="tests", now=NOW)
    assert taken(rows).left_out == {"no_rate": 1, "no_units": 1}
    listed = {(one.reference, one.left_out, one.unresolved) for one in replenishment.shipment_lines(unresolved=True)}
    assert listed == {("4", "", "invoiced_separately"), ("5", "no_rate", ""), ("6", "no_units", "")}
    from entrepot.procurement.tests.makers import put_rates

    put_rates(("USD", "7", "2008-01-01", "2009-01-01"), name="later-fx")
    assert taken(rows).left_out == {"no_units": 1}
    assert consigned("DN-5").state is ConsignmentState.CLOSED


def test_files_that_nobody_began_go_after_thirty_days() -> None:
    rates()
    forgotten, done = looked([line(1, "DN-1", "5.00")]), taken([line(2, "DN-2", "5.00", order="PO-2")])
    assert services.drop_forgotten(now=NOW + timedelta(days=30)) == 0
    assert services.drop_forgotten(now=NOW + timedelta(days=30, seconds=1)) == 1
    assert [read(one).state for one in (forgotten, done.id)] == [TakeOverState.DROPPED, TakeOverState.DONE]
    assert not models.TakenFile.objects.exists()


def test_an_order_of_another_supplier_keeps_out_itself_only() -> None:
    rates()
    taken([line(1, "DN-1", "5.00")], source="first")
    done = taken([line(1, "DN-7", "5.00", supplier="Rival"), line(2, "DN-8", "5.00", order="PO-8")], source="second")
    assert done.left_out == {"purchase_number_taken": 1}
    assert consigned("DN-8").state is ConsignmentState.CLOSED
    assert "Rival" not in {one.name for one in procurement.suppliers().values()}


@pytest.mark.django_db(transaction=True)
def test_killed_between_two_batches_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rates()
    monkeypatch.setattr(taking, "AT_ONCE", 1)
    made = looked(SHARED)
    services.begin(take_over_id=made, actor="tests", now=NOW)

    def die(done: int, _whole: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.work(take_over_id=made, now=NOW, told=die)
    assert (read(made).state, read(made).done) == (TakeOverState.WORKING, 2)
    with pytest.raises(services.NotNow):
        services.begin(take_over_id=looked(SHARED), actor="tests", now=NOW)
    services.work(take_over_id=made, now=NOW)
    assert (read(made).state, read(made).report["ours"]) == (TakeOverState.DONE, 3)
    assert len(consignments.consignments(today=NOW.date())[0]) == 3


def test_files_and_places_that_cannot_be_are_refused() -> None:
    from entrepot.stock.tests import makers as stocking

    for bad in (
        services.Upload(SOURCE, place(), []),
        services.Upload(SOURCE, place(), [("x", b"")]),
        services.Upload(SOURCE, stocking.warehouse("NGB1"), [("x", b"x")]),
        services.Upload("", place(), [("x", b"x")]),
        services.Upload(SOURCE, UUID(int=0), [("x", b"x")]),
    ):
        with pytest.raises(taking.Refusal):
            services.look(upload=bad, actor="tests", now=NOW)


def test_the_command_looks_makes_and_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from entrepot.histories.tests.makers import content

    rates()
    place()
    one, two, report = (tmp_path / name for name in ("one.csv", "two.csv", "open.csv"))
    one.write_bytes(content(SHARED[:1] + SHARED[2:]))
    two.write_bytes(content(SHARED[1:2]))
    run: Callable[..., Any] = lambda *more: call_command(  # noqa: E731
        "import_shipments", str(one), str(two), "--warehouse", "SYD1", *more
    )
    run("--dry-run")
    assert counts()["consignments_consignment"] == 0
    run("--unresolved", str(report))
    told = capsys.readouterr().out
    assert "4 lines, 4 taken, of 3 consignments" in told
    assert "assumed: 1 lines: an Incoterm of an older edition" in told
    assert "3 consignments with 4 lines are ours, 3 of them since now" in told
    assert report.read_text().splitlines() == [
        "source,consignment,line,freight,why,left out", "one,DN-3,4,Invoiced Separately,invoiced_separately,",
    ]  # fmt: skip
    with pytest.raises(CommandError, match="no warehouse"):
        call_command("import_shipments", str(one), "--warehouse", "NONE")


@pytest.mark.parametrize(
    ("told", "country"),
    [
        ("Cipla, Goa, India", "IN"), ("OMEGA Diagnostics, UK", "GB"), ("GSK Mississauga (Canada)", "CA"), ("SA", "ZZ"),
        ("Strides, Bangalore, India.", "IN"), ("Congo, DRC", "CD"), ("Côte d'Ivoire", "CI"), ("", "ZZ"),
    ],
)  # fmt: skip
def test_a_country_is_read_by_its_name_only(told: str, country: str) -> None:
    assert rules.country_of(told) == country


def test_keys_of_names_are_short_plain_and_their_own() -> None:
    assert rules.key_of("SCMS-4", 30) == "SCMS-4"
    long, other = (rules.key_of(f"Société Générale {end} " * 4, 30) for end in "ab")
    assert long != other
    assert all(len(one) <= 30 and one.isascii() for one in (long, other))
    assert "--" not in rules.key_of("Lamivudine 150mg, tablets", 28)
    assert re.fullmatch(r"[0-9a-f]{8}", rules.key_of("—", 30, lower=True))
    assert rules.key_of("a b", 30) != rules.key_of("a-b", 30)


def some() -> bytes:
    text = gzip.decompress(SCMS.read_bytes()).decode("latin-1")
    head, *lines = csv.reader(io.StringIO(text, newline=""))
    asn, written = head.index("ASN/DN #"), io.StringIO()
    mine = (one for one in lines if int(re.sub(r"\D", "", one[asn]) or 0) % 32 == 0)
    csv.writer(written).writerows([head, *mine])
    return gzip.compress(written.getvalue().encode("latin-1"), 1)


@pytest.mark.data
@pytest.mark.skipif(not (SCMS.exists() and ECB.exists()), reason=f"the data sets are not at {DATA}")
@pytest.mark.timeout(1_200)
@pytest.mark.django_db(transaction=True)  # in one transaction, unlike the job's, the server plans for empty tables
def test_real_deliveries_become_ours() -> None:
    """Those of one consignment in 32; in a long search all of them."""
    for since, until in ((2006, 2008), (2008, 2010), (2010, 2012), (2012, 2014), (2014, 2016)):
        days = ["--since", f"{since}-01-01", "--until", f"{until}-01-01", "--as-of", f"{until}-01-01"]
        book = ["--from", "ecb", "--destination", "CN", "--only", "USD", "--name", f"ecb-{since}"]
        call_command("import_rates", str(ECB), *book, *days)
    upload = services.Upload("scms", place(), [(SCMS.name, SCMS.read_bytes() if LONG else some())])
    made = services.look(upload=upload, actor="tests", now=NOW)
    services.begin(take_over_id=made, actor="tests", now=NOW)
    services.work(take_over_id=made, now=NOW)
    done = read(made)
    assert (done.refused, done.left_out) == ({}, {})
    assert (done.report["ours"], done.report["our_lines"]) == ((7_030, 10_324) if LONG else (228, 344))
    (laid,) = sql.rows(
        "SELECT sum(c.paid_minor)::bigint AS paid FROM procurement_runcharge c"
        " JOIN procurement_landinginvoice i ON i.id = c.invoice_id WHERE i.kind = 'freight'"
    )
    assert laid["paid"] == done.report["stated_minor"] == done.report["borne_minor"]
    for books in (procurement, consignments, stock):
        assert books.discrepancies() == []  # type: ignore[attr-defined]


def test_a_supplier_of_ours_whose_code_is_the_name_of_another_ones_stays_as_it_is() -> None:
    from entrepot.procurement.tests import makers

    rates()
    ours = makers.supplier("MAKER", email="orders@maison.test")
    before = procurement.suppliers(ids=[ours])
    assert taken([line(1, "DN-1", "5.00"), line(2, "DN-2", "5.00", order="PO-2")]).left_out == {}
    assert procurement.suppliers(ids=[ours]) == before
    names = {one.id: one.name for one in procurement.suppliers().values()}
    assert sorted(names.values()) == ["Maison Test SA", "Maker"]
    assert taken([line(3, "DN-3", "5.00", order="PO-3")]).left_out == {}
    assert procurement.suppliers(ids=[ours]) == before
    for n in (4, 5):  # a name that is kept in another writing than it comes in is known again
        assert taken([line(n, f"DN-{n}", "5.00", order=f"PO-{n}", supplier="Two  Makers")]).left_out == {}
    assert len(procurement.suppliers()) == 3


def test_two_suppliers_of_one_number_are_not_made_one_order() -> None:
    rates()
    done = taken([line(1, "DN-1", "5.00"), line(2, "DN-2", "5.00", supplier="Rival", value="70.00")])
    assert done.left_out == {"purchase_number_taken": 1}
    (order,) = procurement.orders()[0]
    assert (order.supplier, order.total_minor) == ("Maker", 10_000)
    assert consignments.consignments(today=NOW.date(), text="DN-2")[0] == []


def test_what_is_ours_stays_ours_where_a_newer_file_takes_its_units_away() -> None:
    rates()
    taken([line(1, "DN-1", "5.00")])
    newer = taken([line(1, "DN-1", "5.00", units=0), line(2, "DN-2", "5.00")])
    assert (newer.report["our_lines"], newer.left_out) == (1, {"order_known": 1})


@pytest.mark.parametrize(
    "huge",
    [
        {"units": 10**10}, {"value": "1e20"}, {"freight": "1e20"}, {"weight": "1e30"}, {"insurance": "1e20"},
        {"freight": "1e999999"}, {"value": "1e999999"}, {"insurance": "-1e999999"}, {"weight": "1e999999"},
        {"value": "NaN"}, {"insurance": "-5.00"},
    ],
)  # fmt: skip
def test_a_figure_that_cannot_be_does_not_stop_the_system_it_is_of(huge: dict[str, Any]) -> None:
    rates()
    done = taken([line(1, "DN-1", **{"freight": "5.00", **huge}), line(2, "DN-2", "5.00", order="PO-2")])
    assert done.state is TakeOverState.DONE
    assert done.refused == {}
    assert consigned("DN-2").state is ConsignmentState.CLOSED
