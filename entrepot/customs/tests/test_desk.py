"""What the customs desk looks at: age, exports, figures of days, and the documents side by side."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from entrepot.customs import models, selectors
from entrepot.customs.rules import compare, match
from entrepot.customs.tests.makers import declared, parcel, seen
from entrepot.customs.tests.paper_makers import changed, facts, four
from entrepot.customs.types import Compared, DeclarationState, DocumentKind
from entrepot.kit.ids import first_id, new_id
from entrepot.orders.tests.makers import CONSIGNEE
from entrepot.payments.types import PayerCheck

PAPERS, DIRECT = four(), four(facts(mode="9610"))
ELEMENTS = sorted({path for rule in match.SAME for path in (rule.first, *rule.others)})
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # in China


def heads(papers: match.Papers) -> dict[str, Compared]:
    told = compare.heads({kind: getattr(papers, name) for name, kind in compare.KINDS.items()})
    return {one.rule: one for one in told}


@given(st.sampled_from(ELEMENTS), st.sampled_from(["", "1", "999.5", "X", "abc"]))
def test_what_the_match_refuses_is_what_stands_marked_side_by_side(path: str, text: str) -> None:
    paper, _, name = path.partition(".")
    for papers in (PAPERS, DIRECT):
        spoilt = changed(papers, paper, name, text)
        rules = {rule.rule for rule in match.SAME}
        try:
            refused = {one.rule for one in match.differences(spoilt)} & rules
        except ArithmeticError:  # an amount that is no number: the schema refuses it before the match
            continue
        assert {rule for rule, one in heads(spoilt).items() if not one.agrees} == refused


@pytest.mark.parametrize("name", match.LINE_SAME)
@pytest.mark.parametrize("paper", ["order_lines", "listed_lines"])
def test_a_difference_stands_in_its_line(paper: str, name: str) -> None:
    spoilt = changed(PAPERS, paper, name, "77", row=1)
    found = compare.lines({DocumentKind.ORDER: spoilt.order_lines, DocumentKind.LIST: spoilt.listed_lines})
    assert [[one.rule for one in line.rows if not one.agrees] for line in found] == [[], [name]]


def test_a_line_that_one_of_them_lacks_is_marked_and_one_without_a_list_is_not() -> None:
    both = compare.lines({DocumentKind.ORDER: PAPERS.order_lines, DocumentKind.LIST: PAPERS.listed_lines[:1]})
    assert [all(one.agrees for one in line.rows) for line in both] == [True, False]
    alone = compare.lines({DocumentKind.ORDER: PAPERS.order_lines})
    assert all(one.agrees for line in alone for one in line.rows)


@pytest.mark.django_db
@pytest.mark.usefixtures("customs_port")
def test_documents_stand_side_by_side_with_persons_masked() -> None:
    ready = parcel()
    assert selectors.compared(parcel_id=ready.parcel.id, buyer_id=ready.buyer_id) == ((), ())
    declared(ready)
    told, lines = selectors.compared(parcel_id=ready.parcel.id, buyer_id=ready.buyer_id)
    by_rule = {one.rule: one for one in told}
    assert all(one.agrees for one in told)
    assert set(by_rule["order_number"].values) == set(compare.KINDS.values())
    assert set(by_rule["order_number"].values.values()) == {ready.parcel.number}
    assert [line.number for line in lines] == ["1"]
    said = {text for one in told for text in one.values.values()}
    assert not any(CONSIGNEE.name in text or CONSIGNEE.phone in text for text in said)
    assert all("*" in text for text in by_rule["buyer_id"].values.values())
    assert selectors.compared(parcel_id=ready.parcel.id, buyer_id=new_id()) == ((), ())


@pytest.mark.django_db
def test_declarations_are_found_by_age_and_the_oldest_come_first() -> None:
    old, young = _declaration(NOON), _declaration(NOON + timedelta(hours=6))
    waits = selectors.queue(made_before=NOON + timedelta(hours=1))
    assert [one.parcel_id for one in waits.declarations] == [old.parcel_id]
    assert selectors.queue(made_before=NOON).declarations == ()
    first = [one.parcel_id for one in selectors.queue(oldest_first=True).declarations]
    assert first == [old.parcel_id, young.parcel_id]
    assert [one.order_number for one in selectors.exported(made_before=NOON + timedelta(hours=1))] == ["KL1"]


@pytest.mark.django_db
@pytest.mark.usefixtures("customs_port")
def test_an_export_holds_what_the_queue_finds_in_few_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "EXPORT_STEP", 2)
    held, *fine = parcel(payer_check=PayerCheck.DIFFERENT), parcel(), parcel(), parcel()
    for ready in (held, *fine):
        declared(ready)
    with CaptureQueriesContext(connection) as caught:
        rows = list(selectors.exported())
    assert len(caught) == 3
    assert [row.order_number for row in rows] == [one.parcel.number for one in (held, *fine)]
    assert [row.held_code for row in selectors.exported(state=DeclarationState.HELD)] == [seen(held).held_code]
    monkeypatch.setattr(selectors, "EXPORT_MAX", 3)
    assert len(list(selectors.exported())) == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("customs_port")
def test_counts_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        declared(parcel(payer_check=PayerCheck.DIFFERENT))
    assert selectors.counts()[DeclarationState.HELD] == 3
    monkeypatch.setattr(selectors, "COUNT_MAX", 2)
    assert selectors.counts()[DeclarationState.HELD] == 2


def _declaration(made: datetime, *receipts: tuple[int, datetime]) -> models.Declaration:
    """A declaration made at a moment, and what customs said of its list."""
    buyer_id = new_id()
    row = models.Declaration.objects.create(
        id=first_id(made), buyer_id=buyer_id, order_id=new_id(), parcel_id=new_id(),
        order_number="KL1", trade_mode="1210", state=DeclarationState.LISTED, standing={}, differences=[],
        created_at=made, changed_at=made, since=made,
    )  # fmt: skip
    document = models.Document.objects.create(
        buyer_id=buyer_id, declaration=row, kind=DocumentKind.LIST, version=1, number="1", xml_sealed=b"", sha256=b"",
        made_at=made,
    )  # fmt: skip
    for n, (status, at) in enumerate(receipts):
        models.Receipt.objects.create(
            buyer_id=buyer_id, declaration=row, document=document, status=status, mark=str(n), returned_at=at,
            received_at=at, last_at=at, arrival_id=new_id(), sha256=bytes([n]),
        )  # fmt: skip
    return row


@pytest.mark.django_db
def test_figures_count_by_the_day_in_china_and_a_release_once() -> None:
    late = NOON.replace(hour=15, minute=59, second=59)  # the last second of the 20th in China
    hour = timedelta(hours=1)
    _declaration(NOON, (800, NOON + hour), (800, NOON + 2 * hour), (899, NOON + 3 * hour))
    _declaration(NOON + timedelta(seconds=1), (-621005, NOON + hour), (100, NOON + hour), (800, NOON + 3 * hour))
    _declaration(late, (800, late + timedelta(seconds=1)), (-621005, late + timedelta(seconds=1)))
    _declaration(NOON - timedelta(days=1), (120, NOON))
    told = selectors.figures(since=date(2026, 11, 20), until=date(2026, 11, 22))
    days = {one.day.day: one for one in told.days}
    assert [(one.declared, one.released) for one in told.days] == [(3, 2), (0, 1), (0, 0)]
    assert (days[20].median_s, days[20].most_s, days[20].slowest_s) == (3_600, 10_799, 10_799)
    assert (days[21].median_s, days[22].median_s) == (1, None)
    assert told.refusals == ((-621005, 2), (100, 1))
