"""Deliveries of another system: shared freight to the last cent, references that lead nowhere, 10,324 real lines."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.money import to_minor
from entrepot.replenishment import selectors, services
from entrepot.replenishment.models import ConsignmentLine, LeadTime
from entrepot.replenishment.rules.freight import Goods, kind_of, resolve
from entrepot.replenishment.services.shipments import HEADINGS, day_of
from entrepot.replenishment.tests.makers import NOW, ORIGIN, sales_file
from entrepot.replenishment.types import Basis, FreightKind

DATA = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
SCMS = DATA / "shipments-usaid-scms" / "SCMS_Delivery_History_Dataset.csv.gz"


def goods(line: str, freight: str, **changes: object) -> Goods:
    one = Goods(line, "DN-1", "tin", 10, 1_000, freight, freight if freight.startswith("See") else "5")
    return replace(one, **changes)  # type: ignore[arg-type]


def test_a_shared_sum_goes_by_weight_where_every_article_was_weighed_alone() -> None:
    lines = [
        goods("1", "90.00", article="heavy"),
        goods("2", "See DN-1 (ID#:1)", article="light"),
        goods("3", "7", article="heavy", consignment="DN-2", weight="20"),
        goods("4", "7", article="light", consignment="DN-3", weight="10"),
    ]
    found = resolve(lines, "USD")
    assert [(found[n].freight_minor, found[n].weight_g, found[n].basis) for n in "12"] == [
        (6_000, 3_333, Basis.WEIGHT),
        (3_000, 1_667, Basis.WEIGHT),
    ]
    by_value = resolve([lines[0], replace(lines[1], value_minor=500)], "USD")
    assert [(one.freight_minor, one.basis) for one in by_value.values()] == [(6_000, Basis.VALUE), (3_000, Basis.VALUE)]


def test_references_are_followed_through_others_and_what_leads_nowhere_says_why() -> None:
    lines = [
        goods("1", "100"),
        goods("2", "See DN-1 (ID#:1)"),
        goods("3", "See DN-1 (ID#:2)"),
        goods("4", "See DN-1 (ID#:99)"),
        goods("5", "See DN-7 (ID#:1)"),
        goods("6", "See DN-1 (ID#:7)"),
        goods("7", "See DN-1 (ID#:6)"),
        goods("8", "Invoiced Separately"),
        goods("9", "See DN-1 (ID#:8)"),
        goods("10", "Freight Included in Commodity Cost"),
        goods("11", "by pigeon"),
    ]
    found = resolve(lines, "USD")
    assert {line: one.unresolved for line, one in found.items() if one.unresolved} == {
        "4": "line_missing", "5": "other_document", "6": "circle", "7": "circle", "8": "invoiced_separately",
        "9": "invoiced_separately", "11": "words_unknown",
    }  # fmt: skip
    assert [found[n].freight_minor for n in "123"] == [3_334, 3_333, 3_333]
    assert (found["10"].kind, found["10"].freight_minor) == (FreightKind.INCLUDED, 0)


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 50), st.integers(0, 10**6), st.decimals(0, 10**5, places=2)),
        min_size=1,
        max_size=25,
    )
)
def test_what_lines_bear_is_what_was_stated(drawn: list[tuple[int, int, int, object]]) -> None:
    lines = []
    for n, (see, quantity, value, freight) in enumerate(drawn):
        said = f"See DN-1 (ID#:{see})" if see < n else str(freight)
        lines.append(goods(str(n), said, quantity=quantity, value_minor=value, article=f"a{value % 3}"))
    found = resolve(lines, "USD")
    own = [one for one in lines if kind_of(one.freight) is FreightKind.STATED]
    stated = {one.line: int(Decimal(one.freight) * 100) for one in own}
    borne: dict[str, int] = defaultdict(int)
    for one in found.values():
        assert not one.unresolved
        borne[one.group] += one.freight_minor or 0
    assert borne == stated


@pytest.mark.parametrize(
    ("text", "day"),
    [("2-Jun-06", date(2006, 6, 2)), ("11/13/06", date(2006, 11, 13)), ("Date Not Captured", None), ("", None)],
)
def test_days_are_read_in_the_ways_they_are_written(text: str, day: date | None) -> None:
    assert day_of(text) == day


@pytest.mark.django_db
def test_lines_are_taken_in_once_and_lead_times_with_them(tmp_path: Path) -> None:
    head = ",".join(others[0] for others in HEADINGS.values())
    rows = [
        "1,DN-1,Maker,Chile,Tea,10,EXW,Air,1/2/06,2-Feb-06,5,100.00,3,50.00,1.00",
        "2,DN-1,Maker,Chile,Tea,10,EXW,Air,1/2/06,2-Feb-06,5,100.00,See DN-1 (ID#:1),See DN-1 (ID#:1),",
        "3,DN-2,Maker,Chile,Tea,10,EXW,Air,N/A,2-Feb-06,many,100.00,3,50.00,1.00",
        "4,dn-3,Maker,Chile,Tea,10,EXW,Air,3/2/06,2-Feb-06,1,1.00,3,Invoiced Separately,1.00",
    ]
    file = sales_file(tmp_path, rows, head=head)
    done = services.import_shipments(files=[file], origin=ORIGIN, now=NOW)
    assert done.report["dirt"] == {"unreadable": 1, "delivered_before_ordered": 1, "insurance_unknown": 1}
    assert done.report["unresolved"] == {"invoiced_separately": 1}
    assert (done.report["stated_minor"], done.report["borne_minor"]) == (5_000, 5_000)
    ids = set(ConsignmentLine.objects.values_list("id", flat=True))
    assert services.import_shipments(files=[file], origin=ORIGIN, now=NOW).known
    assert set(ConsignmentLine.objects.values_list("id", flat=True)) == ids
    assert list(LeadTime.objects.values_list("reference", "ordered_on", "arrived_on")) == [
        ("DN-1", date(2006, 1, 2), date(2006, 2, 2))
    ]
    (other, one), more = selectors.shipments()
    assert (one.consignment, one.unresolved, one.reasons, more) == ("dn-3", 1, ("invoiced_separately",), False)
    assert (other.consignment, other.lines, other.freight_minor, other.reasons) == ("DN-1", 2, 5_000, ())
    assert [found.consignment for found in selectors.shipments(begin="DN-1")[0]] == ["DN-1"]
    assert [found.consignment for found in selectors.shipments(begin="DN-3")[0]] == ["dn-3"]
    assert selectors.shipments(begin="%")[0] == selectors.shipments()[0]
    assert [found.consignment for found in selectors.shipments(unresolved=True)[0]] == ["dn-3"]
    assert [(found.reference, found.unresolved) for found in selectors.shipment_lines(unresolved=True)] == [
        ("4", "invoiced_separately")
    ]
    newer = sales_file(tmp_path, [rows[0].replace("50.00", "60.00"), rows[1]], head=head)
    services.import_shipments(files=[newer], origin=ORIGIN, now=NOW)
    borne = ConsignmentLine.objects.order_by("reference").values_list("reference", "freight_minor")
    assert list(borne) == [("1", 3_000), ("2", 3_000), ("4", None)]


@pytest.mark.data
@pytest.mark.django_db
@pytest.mark.skipif(not SCMS.exists(), reason=f"the data set shipments-usaid-scms is not at {DATA}")
def test_all_real_shipments_are_taken_in_and_their_shared_freight_allocated() -> None:
    done = services.import_shipments(files=[SCMS], origin=replace(ORIGIN, source="scms"), now=NOW)
    report = done.report
    found = [selectors.shipments(page=page)[0] for page in range(1, 200)]
    whole = [one for page in found for one in page]
    assert len(whole) == report["consignments"] == 7_030
    assert sum(one.freight_minor for one in whole) == report["borne_minor"]
    assert sum(one.unresolved for one in whole) == 344
    assert done.lines == report["taken"] == 10_324
    assert report["kinds"] == {"stated": 6_198, "shared": 2_445, "included": 1_442, "separate": 239}
    # 105 references lead to a line whose freight is on an invoice that nobody has; 239 lines say so themselves.
    assert (report["shared_resolved"], report["unresolved"]) == (2_340, {"invoiced_separately": 344})
    assert report["stated_minor"] == report["borne_minor"] > 0
    groups: dict[str, int] = defaultdict(int)
    for group, freight in ConsignmentLine.objects.filter(unresolved="").values_list("group", "freight_minor"):
        groups[group] += freight
    told = dict(ConsignmentLine.objects.filter(freight_kind="stated").values_list("reference", "freight_told"))
    assert all(groups[line] == to_minor(Decimal(text), "USD") for line, text in told.items())
    assert report["bases"] == {"alone": 6_399, "weight": 3_461, "value": 120}
    assert report["dirt"] == {"ordered_unknown": 5_732, "insurance_unknown": 287, "delivered_before_ordered": 5}
