"""A released list whose goods stay and that customs refuses to take back: it is asked again, or customs settles it by a
paper. The account book has its units back once, however often and in whatever order that is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from entrepot.audit import selectors as audit
from entrepot.customs import models, reading, selectors, services
from entrepot.customs.ceb import message
from entrepot.customs.selectors import staying
from entrepot.customs.tests.makers import Ready, answered, declared, parcel, seen
from entrepot.customs.tests.receipts import receipt
from entrepot.customs.types import BookDifference, DeclarationState, DocumentKind
from entrepot.customs.types.staying import Stay, StayState
from entrepot.kit import clock
from entrepot.kit.tests.racing import racing
from entrepot.outbox.testing import drain
from entrepot.payments.tests.bank import Bank
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import book, item
from entrepot.stock.types.bonded import EntryKind
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db
BOOK, PAPER = "T3105W000123", "甬关调字2026第118号"
Key = dict[str, UUID]


@pytest.fixture(autouse=True)
def _bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was paid in our books only can be paid back."""
    Bank().over(monkeypatch)


@pytest.fixture
def port(customs_port: Sandbox) -> Iterator[Sandbox]:
    yield customs_port
    assert stock.discrepancies() == []


def key(ready: Ready) -> Key:
    return {"parcel_id": ready.parcel.id, "buyer_id": ready.buyer_id}


def released(port: Sandbox) -> Ready:
    """A bonded parcel of two tins that customs released, in a book that held them; they have not left the shelf."""
    ready = parcel()
    book()
    (line,) = ready.parcel.lines
    item(line.sku_id, record="REC-1")
    stock_verbs.take_over(book=BOOK, actor="t", now=clock.now())
    declared(ready)
    while seen(ready).state is not DeclarationState.RELEASED:
        drain()
        assert answered(port)
    return ready


def stay(ready: Ready) -> bool:
    """Its lot is called back, so that it cannot leave."""
    sku_id = ready.parcel.lines[0].sku_id
    lots = [level.lot.id for level in stock.levels(sku_ids=[sku_id])]
    with transaction.atomic():
        stock_verbs.hold_lots(lots=[(sku_id, lot) for lot in lots], reference="RC-1", now=clock.now())
        return services.stay(**key(ready), now=clock.now())


def stays(port: Sandbox, *answers: int) -> Ready:
    """Its goods stay, and customs gives these answers, one for each time it is asked."""
    ready = released(port)
    port.control("customs", next=[f"refuse:{code}" for code in answers])
    assert stay(ready)
    drain()
    answered(port)
    return ready


def found(ready: Ready) -> Stay:
    one = staying.stay(**key(ready))
    assert one is not None
    return one


def again(ready: Ready, refused: int = 1, days: int = 0) -> bool:
    at = clock.now() + timedelta(days=days)
    return services.ask_list_again(**key(ready), refused=refused, actor="li", now=at)


def settled(ready: Ready, paper: str = PAPER) -> bool:
    return services.settle_stay(**key(ready), paper=paper, actor="li", now=clock.now())


def says(request: pytest.FixtureRequest, ready: Ready, status: int, info: str = "") -> None:
    """A later word of customs on the newest question, by a port of the tests' own."""
    request.getfixturevalue("port_key")
    at = clock.now() + timedelta(minutes=1)
    body = receipt(DocumentKind.RETURN, documents(ready)[-1].number, status, at, info=info)
    assert services.take_receipt(body=body, headers={}, now=at) == 1


def differences() -> list[BookDifference]:
    return selectors.book_differences(book=BOOK, since=clock.now() - timedelta(days=1))


def balance(ready: Ready) -> tuple[int, int, bool, int]:
    """In the book, on the shelves, in motion, unexplained."""
    (state,) = stock.book_states(book=BOOK, sku_ids=[ready.parcel.lines[0].sku_id])
    return state.balance, state.in_stock, state.moving, state.wrong


def documents(ready: Ready) -> list[models.Document]:
    rows = models.Document.objects.filter(buyer_id=ready.buyer_id, kind=DocumentKind.RETURN)
    return list(rows.order_by("version"))


def done(ready: Ready) -> list[tuple[str, str]]:
    """What clerks did with the declaration: act and reason."""
    rows = audit.of_subject(subject_id=seen(ready).id)
    return [(one.action.removeprefix("customs."), one.reason) for one in rows if one.actor == "li"]


def test_after_a_no_customs_is_asked_by_a_message_of_its_own_and_says_yes(port: Sandbox) -> None:
    ready = stays(port, -625014)
    refused = found(ready)
    assert (refused.state, refused.version, refused.code) == (StayState.REFUSED, 1, "-625014")
    assert "past its time limit" in refused.told["en"]
    assert "超过申请期限" in refused.told["zh-hans"]
    assert [(one.listed, one.written_off) for one in differences()] == [(0, 2)]
    assert balance(ready) == (0, 2, True, 0)
    assert again(ready)
    assert not again(ready)
    assert (found(ready).state, found(ready).version) == (StayState.ASKED, 2)
    drain()
    answered(port)
    assert found(ready).state is StayState.TAKEN_BACK
    assert (differences(), balance(ready)) == ([], (2, 2, False, 0))
    first, second = documents(ready)
    assert first.id != second.id
    assert first.number == second.number
    read = message.read(reading.open_document(second.xml_sealed, second.id))
    assert (read.head["guid"], read.head["copNo"]) == (str(second.id).upper(), first.number)
    assert done(ready) == [("ask_list_again", "-625014")]
    for act in (partial(again, ready, 2), partial(settled, ready)):
        with pytest.raises(services.TakenBackAlready):
            act()


def test_it_is_asked_as_often_as_customs_refuses_and_each_no_is_answered_once(port: Sandbox) -> None:
    ready = stays(port, -625014, -625024)
    assert again(ready, refused=1)
    drain()
    answered(port)
    assert (found(ready).code, found(ready).version) == ("-625024", 2)
    assert not again(ready, refused=1)
    assert again(ready, refused=2)
    drain()
    answered(port)
    assert (found(ready).state, len(documents(ready))) == (StayState.TAKEN_BACK, 3)


def test_customs_words_are_told_as_it_wrote_them(port: Sandbox, request: pytest.FixtureRequest) -> None:
    ready = released(port)
    port.control("customs", returns_wait=True)
    assert stay(ready)
    drain()
    answered(port)
    says(request, ready, -625015, info="表体第1项超出可退数量")
    assert found(ready).told["en"].endswith("Customs: 表体第1项超出可退数量")


def test_what_is_not_refused_is_not_asked_again(port: Sandbox) -> None:
    ready = released(port)
    for act in (again, settled):
        with pytest.raises(services.GoodsDoNotStay):
            act(ready)
    port.control("customs", returns_wait=True)
    assert stay(ready)
    drain()
    answered(port)
    assert found(ready).state is StayState.ASKED
    for act in (again, settled):
        with pytest.raises(services.AskedAlready):
            act(ready)
    with pytest.raises(services.NoDeclaration):
        services.ask_list_again(
            parcel_id=ready.order_id, buyer_id=ready.buyer_id, refused=1, actor="li", now=clock.now()
        )
    assert len(documents(ready)) == 1


@pytest.mark.parametrize(("days", "open_"), [(29, True), (30, True), (31, False)])
def test_it_is_asked_within_thirty_days_of_the_release(port: Sandbox, days: int, open_: bool) -> None:
    ready = stays(port, -625024)
    if open_:
        assert again(ready, days=days)
        return
    with pytest.raises(services.TooLateToAsk) as refused:
        again(ready, days=days)
    assert refused.value.data["until"] == found(ready).ask_by
    assert settled(ready)


def test_a_paper_of_customs_settles_it_and_the_book_balances(port: Sandbox) -> None:
    ready = stays(port, -625014)
    for wrong in ("", " \n", "x" * 61):
        with pytest.raises(services.PaperMissing):
            settled(ready, wrong)
    assert settled(ready, f" {PAPER}\n")
    assert not settled(ready)
    with pytest.raises(services.SettledAlready):
        settled(ready, "another")
    with pytest.raises(services.SettledAlready):
        again(ready)
    one = found(ready)
    assert (one.state, one.paper, one.settled_by) == (StayState.SETTLED, PAPER, "li")
    assert (differences(), balance(ready)) == ([], (2, 2, False, 0))
    (entry,) = (one for one in stock.book_entries(book=BOOK) if one.kind is EntryKind.ADD_BACK)
    assert (entry.quantity, entry.reference, entry.note, entry.actor) == (2, str(seen(ready).id), PAPER, "li")
    (told,) = staying.settled(since=clock.now() - timedelta(hours=1))
    assert (told.parcel_id, told.units, told.paper, told.book) == (ready.parcel.id, 2, PAPER, BOOK)
    assert done(ready) == [("settle_stay", PAPER)]


def test_a_yes_that_comes_after_the_paper_brings_nothing_twice(port: Sandbox, request: pytest.FixtureRequest) -> None:
    ready = stays(port, -625014)
    settled(ready)
    says(request, ready, 399)
    assert found(ready).state is StayState.TAKEN_BACK
    assert balance(ready) == (2, 2, False, 0)


def test_without_a_question_a_paper_settles_it_and_the_job_asks_no_more(port: Sandbox) -> None:
    ready = released(port)
    assert stay(ready)
    assert found(ready).state is StayState.UNASKED
    assert settled(ready)
    drain()
    assert documents(ready) == []
    assert balance(ready) == (2, 2, False, 0)


def test_a_list_that_is_not_released_any_more_cannot_be_asked_back(port: Sandbox) -> None:
    ready = stays(port, -625024)
    models.Declaration.objects.filter(parcel_id=ready.parcel.id).update(state="held", held_code="500")
    with pytest.raises(services.NotReleasedNow):
        again(ready)
    assert settled(ready)


def test_it_ages_until_somebody_acts(port: Sandbox) -> None:
    ready = stays(port, -625014)
    at = clock.now()
    assert services.escalate(now=at + timedelta(hours=3)) == 0
    assert services.escalate(now=at + timedelta(hours=5)) == 1
    (row,) = selectors.escalations_of(**key(ready))
    assert (row.kind, row.state, row.level) == ("625", "refused", 1)
    assert services.escalate(now=at + timedelta(hours=25)) == 1
    settled(ready)
    assert services.escalate(now=at + timedelta(hours=26)) == 2
    assert selectors.escalations_of(**key(ready)) == []


def test_what_is_asked_again_is_calm_and_ages_anew_after_the_next_no(port: Sandbox) -> None:
    ready = stays(port, -625014, -625014)
    at = clock.now()
    services.escalate(now=at + timedelta(hours=5))
    again(ready)
    services.escalate(now=at + timedelta(hours=5))
    assert selectors.escalations_of(**key(ready)) == []
    drain()
    answered(port)
    services.escalate(now=at + timedelta(hours=5))
    assert [one.level for one in selectors.escalations_of(**key(ready))] == [1]


def test_a_paper_without_its_day_and_name_is_none(port: Sandbox) -> None:
    ready = stays(port, -625014)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Declaration.objects.filter(parcel_id=ready.parcel.id).update(stay_paper=PAPER)


def at_once(*acts: Callable[[], object]) -> list[str]:
    return racing(acts)


@pytest.mark.django_db(transaction=True)
def test_of_clerks_who_ask_at_the_same_moment_one_asks(port: Sandbox) -> None:
    ready = stays(port, -625024)
    assert at_once(*[partial(again, ready) for _ in range(5)]) == [*["False"] * 4, "True"]
    assert (len(documents(ready)), found(ready).version) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_of_asking_and_settling_at_the_same_moment_one_is_done(port: Sandbox) -> None:
    ready = stays(port, -625024)
    acts = [partial(again, ready), partial(settled, ready)] * 2
    came = at_once(*acts)
    asked = found(ready).state is StayState.ASKED
    assert came == (
        ["False", "True", "asked_already", "asked_already"]
        if asked
        else ["False", "True", "stay_settled", "stay_settled"]
    )
    assert len(documents(ready)) == (2 if asked else 1)
    assert balance(ready)[:2] == ((0, 2) if asked else (2, 2))
