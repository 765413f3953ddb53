"""Several at one pallet at the same moment, on the real database; the controls take the protection off."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from entrepot.consignments import selectors as consignments
from entrepot.consignments import services as consignment_verbs
from entrepot.consignments.services import announcing
from entrepot.consignments.tests import makers as coming
from entrepot.kit.refusals import Refusal
from entrepot.kit.tests.racing import WAIT_S, at_once
from entrepot.procurement import selectors as procurement
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.tests.makers import NOW
from entrepot.receiving import models, selectors, services
from entrepot.receiving.services import scanning
from entrepot.receiving.tests.makers import Dock, dock, scan
from entrepot.stock import selectors as stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    buying.rates()
    yield
    if "control" not in request.node.name:
        for books in (selectors, consignments, procurement, stock):
            assert books.discrepancies() == []


def told_at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What acts that begin at the same moment return, or the code of what they refuse."""

    def one(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Refusal as no:
            return no.code

    return at_once([partial(one, act) for act in acts])


def told(answers: Any) -> str:
    (one,) = answers
    return one.refusal.code if one.refusal else "known" if one.known else "taken"


def in_stock(at: Dock) -> int:
    return sum(one.on_hand for one in stock.levels(sku_ids={line.sku_id for line in at.order.lines}))


def test_one_scan_from_four_lines_counts_once() -> None:
    at, one = dock(), scan(0, 7)
    answers = told_at_once([lambda: told(at.scan(one)) for _ in range(4)])
    assert Counter(answers) == {"taken": 1, "known": 3}
    assert at.found() == {"L1": 7}


def test_two_at_the_same_goods_without_a_pallet_are_merged() -> None:
    at = dock()
    told_at_once([lambda who=who: at.scan(*[scan(0) for _ in range(25)], actor=who) for who in ("ann", "bob", "cy")])
    assert at.found() == {"L1": 75}


def test_two_at_one_pallet_one_is_refused_by_name() -> None:
    at = dock()
    acts = [lambda who=who: told(at.scan(scan(0, 10, pallet="P1"), actor=who)) for who in ("ann", "bob")]
    assert Counter(told_at_once(acts)) == {"taken": 1, "pallet_taken": 1}
    assert at.found() == {"L1": 10}


def test_control_without_the_pallets_row_both_count_it(monkeypatch: pytest.MonkeyPatch) -> None:
    at = dock()
    monkeypatch.setattr(scanning, "_hold_pallets", lambda _c, _r, codes, _who: codes)
    acts = [lambda who=who: told(at.scan(scan(0, 10, pallet="P1"), actor=who)) for who in ("ann", "bob")]
    assert Counter(told_at_once(acts)) == {"taken": 2}
    assert at.found() == {"L1": 20}


def closing(at: Dock) -> str:
    services.close(closing=services.Closing(at.receipt_id, False, {}), actor="chief", now=NOW)
    return "closed"


def test_what_is_scanned_while_it_closes_is_booked_or_refused() -> None:
    at = dock()
    at.scan(scan(0, 10))
    acts: list[Callable[[], str]] = [lambda: told(at.scan(scan(0, 1))) for _ in range(6)]
    answers = Counter(told_at_once([*acts, lambda: closing(at)]))
    assert answers["closed"] == 1
    assert answers["taken"] + answers["receipt_not_open"] == 6
    assert in_stock(at) == 10 + answers["taken"]


def test_control_without_the_lock_a_scan_is_taken_and_in_no_book(monkeypatch: pytest.MonkeyPatch) -> None:
    at = dock()
    at.scan(scan(0, 10))
    looked, closed = threading.Event(), threading.Event()

    def look_only(receipt_id: UUID) -> tuple[UUID, bool]:
        row = models.Receipt.objects.get(id=receipt_id)
        looked.set()
        assert closed.wait(WAIT_S)
        return row.consignment_id, row.state == "open"

    def close_after_the_look() -> str:
        assert looked.wait(WAIT_S)
        done = closing(at)
        closed.set()
        return done

    monkeypatch.setattr(scanning, "hold_open", look_only)
    assert told_at_once([lambda: told(at.scan(scan(0, 1))), close_after_the_look]) == ["taken", "closed"]
    assert (in_stock(at), sum(models.Scan.objects.values_list("units", flat=True))) == (10, 11)
    assert [one["rule"] for one in selectors.discrepancies()] == ["counted"]


def test_of_two_who_close_one_closes() -> None:
    at = dock()
    at.scan(scan(0, 10))
    assert Counter(told_at_once([lambda: closing(at)] * 3)) == {"closed": 1, "receipt_not_open": 2}
    assert in_stock(at) == 10


def test_who_opens_at_once_counts_in_one_receipt() -> None:
    _order, found = coming.announced()
    acts = [lambda who=who: services.open_receipt(consignment_id=found.id, actor=who, now=NOW) for who in "abcd"]
    assert len(set(told_at_once(acts))) == 1
    assert models.Receipt.objects.count() == 1


def announcing_at_once() -> list[Any]:
    order = buying.sent((100,))
    consignment_verbs.announce(draft=coming.notice(order, (1,)), actor="t", now=NOW)  # the row is there: none waits
    drafts = [coming.notice(order, (60,)) for _ in range(2)]
    return told_at_once(
        [lambda draft=draft: bool(consignment_verbs.announce(draft=draft, actor="t", now=NOW)) for draft in drafts]
    )


def test_one_number_for_two_notices_at_once_is_refused_by_name() -> None:
    of = buying.contract()
    drafts = [coming.notice(buying.sent((10,), of=of), (10,), asn="ASN-7") for _ in range(2)]
    told = told_at_once(
        [lambda draft=draft: bool(consignment_verbs.announce(draft=draft, actor="t", now=NOW)) for draft in drafts]
    )
    assert Counter(told) == {True: 1, "asn_reused": 1}
    assert consignments.discrepancies() == []


def test_two_notices_at_once_never_come_to_more_than_the_order() -> None:
    assert Counter(announcing_at_once()) == {True: 1, "more_than_awaited": 1}


def test_control_without_the_locked_rows_both_are_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=WAIT_S)

    def unlocked(wanted: Any) -> Any:
        found = list(announcing.models.Announced.objects.filter(order_line_id__in=list(wanted)))
        both.wait()
        return found

    monkeypatch.setattr(announcing.buying, "hold_orders", lambda line_ids: None)
    calls = iter([announcing._rows])  # the first notice, which comes alone
    monkeypatch.setattr(announcing, "_rows", lambda wanted: next(calls, unlocked)(wanted))
    assert Counter(announcing_at_once()) == {True: 2}
    assert [one["rule"] for one in consignments.discrepancies()] == ["announced"]
