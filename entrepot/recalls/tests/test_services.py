from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from entrepot.identity.tests import makers as people
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.recalls import selectors, services
from entrepot.recalls.services import gathering
from entrepot.recalls.tests.makers import draft, lots_of, read, recalled
from entrepot.recalls.types import AffectedState, Coverage, Remedy
from entrepot.returns import selectors as returns
from entrepot.returns import services as return_verbs
from entrepot.returns.tests import makers
from entrepot.returns.tests.makers import NOW, Bought, application, applied, approved, arrive, bought
from entrepot.returns.types import CustomsAnswer, Decision, Reason, ReturnState
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import claimed, stocked
from entrepot.stock.types import ClaimLine, CustomsState

pytestmark = pytest.mark.django_db
LATE = NOW + timedelta(days=60)


@pytest.fixture(autouse=True)
def books_agree(db: None) -> object:
    yield
    assert returns.discrepancies() == []
    assert stock.discrepancies() == []


def sold_and_left(units: int, left: int, **fields: object) -> Bought:
    """So many units of one lot sold, so many still in the warehouse."""
    of = bought(units, **fields)  # type: ignore[arg-type]
    if left:
        stocked(of.parcel.lines[0].sku_id, of.warehouse_id, left)
    return of


def test_what_is_free_is_set_aside_at_once_and_can_be_claimed_no_more() -> None:
    of = sold_and_left(2, 5)
    sku_id = of.parcel.lines[0].sku_id
    services.open_recall(draft=draft(lots_of(of)), actor="clerk", now=NOW)
    levels = {level.customs_state: level.on_hand for level in stock.levels(sku_ids=[sku_id])}
    assert levels == {CustomsState.BONDED: 0, CustomsState.QUARANTINED: 5}
    with pytest.raises(stock_verbs.OutOfStock), transaction.atomic():
        claimed(sku_id, of.warehouse_id, 1)


def test_buyers_are_found_told_once_and_counted() -> None:
    buyer_id = people.buyer()
    of = sold_and_left(2, 3, buyer_id=buyer_id)
    found = recalled(of)
    assert len(mail.outbox) == 1
    assert "立即停止食用" in mail.outbox[0].body and f"/orders/{of.order.number}/" in mail.outbox[0].body
    services.work(recall_id=found.id, now=NOW)
    services.look_again(recall_id=found.id)
    assert ordered() == [str(found.id)]
    services.work(recall_id=found.id, now=NOW)
    assert len(mail.outbox) == 1
    assert selectors.coverage(found=read(found.id)) == Coverage(
        received=5, free=0, held=3, claimed=0, sold=2, buyers=1, told=1, mailed=1
    )
    services.see(buyer_id=buyer_id, recall_ids=[found.id], now=NOW)
    assert selectors.coverage(found=found).seen == 1
    assert services.see(buyer_id=buyer_id, recall_ids=[found.id], now=NOW) == 0


def ordered() -> list[str]:
    """The recalls whose job waits in the queue; one waits at most once."""
    rows = sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'recalls.work' AND status = 'todo'")
    return [sql.json_value(row["args"])["recall_id"] for row in rows]


def test_every_open_recall_looks_again() -> None:
    both = [recalled(sold_and_left(1, 1)), recalled(sold_and_left(1, 1))]
    sql.run("DELETE FROM procrastinate_jobs")
    assert services.sweep(now=NOW) == 2
    assert sorted(ordered()) == sorted(str(found.id) for found in both)


def test_more_facts_are_told_again() -> None:
    buyer_id = people.buyer()
    first, second = bought(1, buyer_id=buyer_id), bought(2, buyer_id=buyer_id)
    found = recalled(first, second)
    assert len(mail.outbox) == 1
    assert len(selectors.notices(buyer_id=buyer_id)) == 2
    (reference, line_id), sku_id = claimed_more(first, buyer_id), first.parcel.lines[0].sku_id
    stock_verbs.ship(reference=reference, line_ids=[line_id], sku_ids=[sku_id], now=NOW)
    services.look_again(recall_id=found.id)
    assert ordered() == [str(found.id)]
    services.work(recall_id=found.id, now=NOW)
    assert len(mail.outbox) == 2


def claimed_more(of: Bought, buyer_id: object) -> tuple[object, object]:
    """One unit of the lot that left after the recall all the same."""
    sku_id, reference, line_id = of.parcel.lines[0].sku_id, new_id(), new_id()
    stocked(sku_id, of.warehouse_id, 1)
    sql.run("UPDATE stock_level SET stopped = false")
    wish = ClaimLine(line_id, sku_id, of.warehouse_id, 1)
    stock_verbs.claim(
        buyer_id=buyer_id, parcel_claims=[wish], reference=reference, expires_at=NOW + timedelta(hours=1), now=NOW
    )
    return reference, line_id


def test_orders_that_have_not_left_are_listed_followed_and_their_goods_held() -> None:
    of = sold_and_left(1, 2)
    sku_id = of.parcel.lines[0].sku_id
    kept, kept_line = claimed(sku_id, of.warehouse_id, 1)
    gone, gone_line = claimed(sku_id, of.warehouse_id, 1)
    found = recalled(of)
    held = selectors.affected(recall_id=found.id, state=AffectedState.HELD)
    assert {one.order_id for one in held} == {kept, gone}
    leaving = {"reference": gone, "line_ids": [gone_line], "sku_ids": [sku_id], "now": NOW}
    with pytest.raises(stock_verbs.LotStopped), transaction.atomic():
        stock_verbs.ship(**leaving)
    assert selectors.coverage(found=found).claimed == 2
    sql.run("UPDATE stock_level SET stopped = false")  # what left all the same is found and told
    stock_verbs.ship(**leaving)
    stock_verbs.release(reference=kept, sku_ids=[sku_id], now=NOW)
    assert services.sweep(now=NOW) == 1
    assert ordered() == [str(found.id)]
    services.work(recall_id=found.id, now=NOW)
    sold = selectors.affected(recall_id=found.id, state=AffectedState.SOLD)
    assert gone in {one.order_id for one in sold}
    assert [one.order_id for one in selectors.affected(recall_id=found.id, state=AffectedState.FREED)] == [kept]
    assert selectors.coverage(found=read(found.id)).held == 1


def test_the_same_key_is_the_same_recall_and_a_lot_is_recalled_once() -> None:
    lots = lots_of(bought(1))
    wish = draft(lots)
    made = services.open_recall(draft=wish, actor="clerk", now=NOW)
    assert services.open_recall(draft=wish, actor="clerk", now=NOW) == made
    with pytest.raises(services.AlreadyRecalled, match="L1"):
        services.open_recall(draft=draft(lots), actor="other", now=NOW)
    with pytest.raises(services.RecallKeyReused):
        services.open_recall(draft=draft(lots_of(bought(1)), key=wish.key), actor="clerk", now=NOW)
    services.close_recall(recall_id=made, reason="all back", actor="clerk", now=NOW)
    with pytest.raises(services.UnknownRecall):
        services.close_recall(recall_id=made, reason="again", actor="clerk", now=NOW)
    assert services.open_recall(draft=draft(lots), actor="other", now=NOW) != made


def test_what_cannot_be_right_is_refused() -> None:
    lots = lots_of(bought(1))
    for field, wrong in {
        "lots": draft(()), "reason": draft(lots, reason=("有", " ")), "instruction": draft(lots, instruction=("", "a")),
    }.items():  # fmt: skip
        with pytest.raises(services.RecallInvalid) as no:
            services.open_recall(draft=wrong, actor="clerk", now=NOW)
        assert no.value.field == field
    with pytest.raises(services.RecallInvalid):
        services.open_recall(draft=draft(((new_id(), lots[0][1]),)), actor="clerk", now=NOW)


def test_in_time_goods_come_back_as_a_return_into_quarantine_and_are_paid_also_spoiled() -> None:
    of = bought(2)
    found = recalled(of)
    buyer = {"buyer_id": of.order.buyer_id, "order_id": of.order.id}
    with pytest.raises(services.MustSendBack):
        services.pay_back(recall_id=found.id, now=NOW, **buyer)
    sent = approved(of, 2, customs=CustomsAnswer.ACCEPTED, reason=Reason.RECALLED)
    services.work(recall_id=found.id, now=NOW)
    assert selectors.coverage(found=read(found.id)).coming == 2
    arrive(of, sent, (1, 1))
    given = return_verbs.complete(who=of.clerk(sent), decision=Decision(), now=NOW)
    assert given.goods_minor == 20_000  # what is spoiled too: we called it back
    services.work(recall_id=found.id, now=NOW)
    told = selectors.coverage(found=read(found.id))
    assert (told.coming, told.back, told.paid, told.held, told.answered) == (0, 2, 2, 2, 2)
    with pytest.raises(services.NothingToPay):
        services.pay_back(recall_id=found.id, now=NOW, **buyer)


def test_that_goods_were_recalled_is_said_of_recalled_goods_alone() -> None:
    of = bought(1, 1)
    lot = next(one for one in lots_of(of) if one[0] == of.parcel.lines[0].sku_id)
    services.work(recall_id=services.open_recall(draft=draft((lot,)), actor="clerk", now=NOW), now=NOW)
    for units in ((0, 1), (1, 1)):
        with pytest.raises(services.NotRecalled):
            services.apply(asked=application(of, *units, reason=Reason.RECALLED), now=NOW)
    assert services.apply(asked=application(of, 1, 0, reason=Reason.RECALLED), now=NOW).reason is Reason.RECALLED
    assert services.apply(asked=application(of, 0, 1, reason=Reason.FAULTY), now=NOW).reason is Reason.FAULTY


def test_after_the_time_for_returns_everything_is_paid_without_coming_back_once() -> None:
    of = bought(3)
    found = recalled(of)
    buyer = {"buyer_id": of.order.buyer_id, "order_id": of.order.id}
    with pytest.raises(return_verbs.TooLateToReturn):
        applied(of, 1, reason=Reason.RECALLED, now=LATE)
    given = services.pay_back(recall_id=found.id, now=LATE, **buyer)
    line = of.parcel.lines[0]
    assert given.total_minor == line.goods_minor + line.freight_minor + line.tax_minor
    with pytest.raises(services.NothingToPay):
        services.pay_back(recall_id=found.id, now=LATE, **buyer)
    rows = sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'payments.give_back'")
    assert [sql.json_value(row["args"])["amount_minor"] for row in rows] == [given.total_minor]
    services.work(recall_id=found.id, now=LATE)
    assert selectors.coverage(found=read(found.id)).kept == 3


def test_what_a_withdrawn_return_let_go_of_is_paid_for_too() -> None:
    of = bought(4)
    found = recalled(of, remedy=Remedy.KEEP)
    buyer = {"buyer_id": of.order.buyer_id, "order_id": of.order.id}
    sent = applied(of, 2, reason=Reason.RECALLED)
    first = services.pay_back(recall_id=found.id, now=NOW, **buyer)
    return_verbs.withdraw(return_id=sent.id, buyer_id=sent.buyer_id, now=NOW)
    second = services.pay_back(recall_id=found.id, now=NOW, **buyer)
    rows = sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'payments.give_back' ORDER BY id")
    assert [sql.json_value(row["args"])["amount_minor"] for row in rows] == [first.total_minor, second.total_minor]
    assert first.total_minor + second.total_minor == of.order.total_minor
    with pytest.raises(services.NothingToPay):
        services.pay_back(recall_id=found.id, now=NOW, **buyer)


@pytest.mark.parametrize("tracking", ["", "SF1234"])
def test_what_a_lapsed_return_has_taken_is_paid_for_too_if_it_was_never_sent(tracking: str) -> None:
    of = bought(3)
    found = recalled(of)
    buyer = {"buyer_id": of.order.buyer_id, "order_id": of.order.id}
    sent = approved(of, 2, reason=Reason.RECALLED)
    if tracking:
        return_verbs.tell_sent(return_id=sent.id, buyer_id=sent.buyer_id, tracking=tracking, now=NOW)
    assert return_verbs.lapse(now=LATE) == 1
    given = services.pay_back(recall_id=found.id, now=LATE, **buyer)
    assert given.goods_minor == (10_000 if tracking else 30_000)
    now_of = returns.one(return_id=sent.id, buyer_id=sent.buyer_id)
    assert now_of is not None
    assert now_of.state is (ReturnState.LAPSED if tracking else ReturnState.WITHDRAWN)
    with pytest.raises(services.NothingToPay):
        services.pay_back(recall_id=found.id, now=LATE, **buyer)


def test_what_one_recall_paid_for_of_a_line_is_not_taken_off_what_another_owes(monkeypatch: pytest.MonkeyPatch) -> None:
    def two_lots(sku_id: UUID, place: UUID, _units: int, **changes: Any) -> None:
        for lot, units in (("L1", 2), ("L2", 3)):
            stocked(sku_id, place, units, lot=lot, **changes)

    monkeypatch.setattr(makers, "stocked", two_lots)
    of = bought(5)
    buyer, given = {"buyer_id": of.order.buyer_id, "order_id": of.order.id}, []
    for lot in lots_of(of):
        recall_id = services.open_recall(draft=draft((lot,), remedy=Remedy.KEEP), actor="clerk", now=NOW)
        services.work(recall_id=recall_id, now=NOW)
        assert selectors.coverage(found=read(recall_id)).kept == 0
        given.append(services.pay_back(recall_id=recall_id, now=NOW, **buyer).goods_minor)
        services.close_recall(recall_id=recall_id, reason="done", actor="clerk", now=NOW)
    assert given == [20_000, 30_000]


def test_what_was_paid_for_and_kept_is_not_paid_for_again_when_the_lot_is_called_back_once_more() -> None:
    of = bought(5)
    buyer = {"buyer_id": of.order.buyer_id, "order_id": of.order.id}
    sent = applied(of, 3)
    first = recalled(of, remedy=Remedy.KEEP)
    assert services.pay_back(recall_id=first.id, now=NOW, **buyer).goods_minor == 20_000
    services.close_recall(recall_id=first.id, reason="done", actor="clerk", now=NOW)
    return_verbs.withdraw(return_id=sent.id, buyer_id=sent.buyer_id, now=NOW)
    again = recalled(of, remedy=Remedy.KEEP)
    assert services.pay_back(recall_id=again.id, now=NOW, **buyer).goods_minor == 30_000


def test_only_units_of_the_lot_are_paid_for() -> None:
    of = bought(3)
    other = bought(2)
    found = recalled(other, remedy=Remedy.KEEP)
    with pytest.raises(services.UnknownRecall):
        services.pay_back(recall_id=found.id, buyer_id=of.order.buyer_id, order_id=of.order.id, now=NOW)
    services.close_recall(recall_id=found.id, reason="done", actor="clerk", now=NOW)
    with pytest.raises(services.RecallOver):
        services.pay_back(recall_id=found.id, buyer_id=other.order.buyer_id, order_id=other.order.id, now=NOW)


def test_a_large_lot_is_read_in_batches_that_stop_and_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    of = sold_and_left(1, 7)
    sku_id = of.parcel.lines[0].sku_id
    for _ in range(7):
        reference, line_id = claimed(sku_id, of.warehouse_id, 1)
        stock_verbs.ship(reference=reference, line_ids=[line_id], sku_ids=[sku_id], now=NOW)
    monkeypatch.setattr(gathering, "BATCH", 3)
    found = recalled(of)
    assert selectors.coverage(found=found).sold == 8
    assert len(list(selectors.all_affected(recall_id=found.id))) == 8
    services.look_again(recall_id=found.id)
    assert ordered() == [str(found.id)]
    services.work(recall_id=found.id, now=NOW)
    assert selectors.coverage(found=read(found.id)).sold == 8


def test_questions_take_as_many_statements_for_many_as_for_one() -> None:
    def statements(of: list[Bought]) -> int:
        found = recalled(*of)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            selectors.coverage(found=found)
            selectors.affected(recall_id=found.id, state=AffectedState.SOLD)
            selectors.notices(buyer_id=of[0].order.buyer_id)
        return len(seen)

    assert statements([bought(1)]) == statements([bought(1) for _ in range(6)]) == 7
