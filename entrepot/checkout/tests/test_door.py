"""Tickets and passes: numbers in blocks, no statement for who waits, nothing gained by many tickets or by others'."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from entrepot.checkout.rules.admission import Standing
from entrepot.checkout.services import door
from entrepot.checkout.services.door import Turn
from entrepot.kit import kept
from entrepot.kit.ids import new_id
from entrepot.kit.kept import forget_all
from entrepot.kit.tests.clocks import Clock
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as sales
from entrepot.pricing.tests.makers import a_take, koala_list, on_sale, priced
from entrepot.pricing.types import Price, Sale, SaleDraft, SaleItemDraft
from entrepot.storefronts.tests.makers import NOW, koala_lane

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
RATE = 10


@pytest.fixture(autouse=True)
def _own_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    door._numbers.reset()


def coming() -> Sale:
    """A sale with a door that begins in an hour."""
    sku_id = new_id()
    priced({sku_id: 100})
    draft = SaleDraft(
        koala_list(),
        "coming",
        {"zh-hans": "即将", "en": "Soon"},
        NOW + HOUR,
        NOW + 2 * HOUR,
        RATE,
        (SaleItemDraft(sku_id, 50, 5, 1),),
    )
    found = pricing.sale(sale_id=sales.plan_sale(draft=draft, actor="li", now=NOW))
    assert found is not None
    return found


def now_known(sale: Sale) -> Sale:
    found = pricing.sale(sale_id=sale.id)
    assert found is not None
    return found


def asked(sale: Sale, now: datetime, who: UUID | None = None, ticket: str = "") -> Turn:
    return door.line_up(sale=sale, buyer_id=who or new_id(), ticket=ticket, now=now)


def running() -> Sale:
    return on_sale([new_id()], admit_per_s=RATE)


def test_64_newcomers_are_one_statement_and_who_waits_is_none(django_assert_num_queries) -> None:
    sale = now_known(running())
    asked(sale, NOW)  # draws, and takes the first block
    sale = now_known(sale)
    with django_assert_num_queries(1):
        turns = [asked(sale, NOW) for _ in range(64)]
    numbers = [door.read_ticket(ticket=turn.ticket).number for turn in turns]
    assert numbers == list(range(1, 65))
    assert [turn.answer.place for turn in turns] == list(range(2, 66))
    with django_assert_num_queries(0):
        for turn in turns:
            who = door.read_ticket(ticket=turn.ticket).buyer_id
            assert asked(sale, NOW, who, turn.ticket).answer == turn.answer
            later = asked(sale, NOW + timedelta(seconds=6.5), who, turn.ticket)
            assert later.answer.standing is Standing.ADMITTED


def test_a_quiet_hour_lets_nobody_in_later_but_the_first_of_a_second() -> None:
    sale = now_known(running())
    assert asked(sale, NOW).answer.place == 1
    busy = NOW + timedelta(minutes=30)
    turns = [asked(now_known(sale), busy).answer for _ in range(3 * RATE)]
    assert [one.standing for one in turns] == [Standing.ADMITTED] * RATE + [Standing.WAITING] * 2 * RATE
    assert [one.place for one in turns[RATE:]] == list(range(1, 2 * RATE + 1))


def test_in_the_first_second_the_draw_is_asked_for_once(django_assert_num_queries) -> None:
    sale = coming()
    tickets = {who: asked(sale, NOW, who).ticket for who in (new_id() for _ in range(30))}
    with django_assert_num_queries(1):  # as all know the sale from before the start
        for who, ticket in tickets.items():
            assert asked(sale, NOW + HOUR, who, ticket).answer.standing is Standing.WAITING


def test_what_is_known_of_a_sale_is_read_once_a_second(django_assert_num_queries) -> None:
    sale, shop = running(), koala_lane()
    with django_assert_num_queries(1):
        found = [door.live_sale(storefront_id=shop.id, code=sale.code) for _ in range(50)]
    assert {one.id for one in found} == {sale.id}
    assert door.live_sale(storefront_id=shop.id, code="none") is None


def test_more_tickets_are_worse_ones() -> None:
    sale, early, me = running(), coming(), new_id()
    tickets, drawn = [], []
    for _ in range(3):  # as if each time at another process
        tickets.append(asked(sale, NOW, me).ticket)
        drawn.append(asked(early, NOW, me).ticket)
        forget_all()
    numbers = [door.read_ticket(ticket=one).number for one in tickets]
    assert numbers == sorted(set(numbers))
    at = NOW + HOUR
    places = {asked(now_known(early), at, me, one).answer.place for one in drawn}
    assert len(places) == 1


def test_who_comes_before_the_start_is_drawn_when_it_begins() -> None:
    sale = coming()
    people = [new_id() for _ in range(40)]
    tickets = {who: asked(sale, NOW, who).ticket for who in people}
    assert {asked(sale, NOW, who, one).answer.standing for who, one in tickets.items()} == {Standing.EARLY}
    assert now_known(sale).early is None
    late = asked(now_known(sale), NOW + HOUR)  # the first of all after the start
    sale = now_known(sale)
    assert (sale.early, len(sale.seed)) == (64, 32)
    assert late.answer.place == 65
    places = [asked(sale, NOW + HOUR, who, one).answer.place for who, one in tickets.items()]
    assert max(places) <= 64 and min(places) >= 1
    assert places != sorted(places)  # one in 10^47


def test_two_houses_draw_the_same() -> None:
    sale, me = coming(), new_id()
    ticket = asked(sale, NOW, me).ticket
    begun = now_known(sale)  # as both read it before either had drawn
    first = asked(begun, NOW + HOUR, me, ticket).answer
    door._numbers.reset()
    assert asked(begun, NOW + HOUR, me, ticket).answer == first


def test_a_pass_is_given_when_the_turn_has_come_and_not_before() -> None:
    sale, me = running(), new_id()
    turn = asked(sale, NOW, me)
    with pytest.raises(door.NotAdmitted) as refused:
        door.let_in(sale=sale, buyer_id=me, ticket=turn.ticket, now=NOW)
    assert (refused.value.data["place"], refused.value.data["wait_s"]) == (1, 1)
    assert (refused.value.status, refused.value.retry_after_s) == (429, 5)
    at = NOW + timedelta(seconds=1)
    shown = door.read_pass(shown=door.let_in(sale=sale, buyer_id=me, ticket=turn.ticket, now=at))
    assert (shown.sale_id, shown.buyer_id, shown.until) == (sale.id, me, at + timedelta(minutes=10))


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "x" * 500, "eyJ4IjoxfQ:1w:AAAA", "\0", "九"])
def test_what_is_not_ours_is_no_ticket_and_no_pass(token: str) -> None:
    assert door.read_ticket(ticket=token) is None
    assert door.read_pass(shown=token) is None


def test_a_ticket_is_no_pass_and_neither_can_be_changed() -> None:
    sale, me = running(), new_id()
    ticket = asked(sale, NOW, me).ticket
    at = NOW + timedelta(seconds=5)
    shown = door.let_in(sale=sale, buyer_id=me, ticket=ticket, now=at)
    assert door.read_pass(shown=ticket) is None
    assert door.read_ticket(ticket=shown) is None
    for token in (ticket, shown):
        changed = ("B" if token[5] == "A" else "A").join((token[:5], token[6:]))
        assert door.read_ticket(ticket=changed) is None
        assert door.read_pass(shown=changed) is None


def test_somebody_elses_ticket_and_that_of_another_sale_let_nobody_in() -> None:
    sale, other, me, thief = running(), running(), new_id(), new_id()
    ticket = asked(sale, NOW, me).ticket
    at = NOW + timedelta(seconds=60)
    for wanted, who in ((sale, thief), (other, me)):
        with pytest.raises(door.NotAdmitted):
            door.let_in(sale=wanted, buyer_id=who, ticket=ticket, now=at)
    mine = asked(sale, at, thief, ticket)
    assert door.read_ticket(ticket=mine.ticket).buyer_id == thief
    assert mine.answer.place == 0 or door.read_ticket(ticket=mine.ticket).number == 1


def test_a_ticket_may_be_looked_up_by_whoever_shows_it_but_not_at_another_sale() -> None:
    sale, other, me = running(), running(), new_id()
    turn = asked(sale, NOW, me)
    assert door.look(sale=sale, ticket=turn.ticket, now=NOW) == turn
    assert door.look(sale=other, ticket=turn.ticket, now=NOW) is None
    assert door.look(sale=sale, ticket="junk", now=NOW) is None


def test_an_account_that_asks_again_and_again_takes_one_number() -> None:
    sale, me = running(), new_id()
    tickets = {asked(sale, NOW + timedelta(seconds=n), me).ticket for n in range(20)}
    assert len(tickets) == 1
    assert door.read_ticket(ticket=asked(sale, NOW).ticket).number == 1


def test_an_account_that_asks_all_day_before_the_start_makes_the_line_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sale, me, passed = coming(), new_id(), [0.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: passed[0])
    for hour in range(20):
        passed[0] = hour * 3_600
        asked(sale, NOW, me)
    numbers = {door._numbers.next(sale.id, False, 0) for _ in range(2)}
    assert numbers == {1, 2}


def at_price(sale: Sale) -> dict[UUID, Price]:
    ids = [item.sku_id for item in sale.items]
    return pricing.prices(storefront_id=koala_lane().id, currency="CNY", sku_ids=ids, at=NOW)


def test_passes_are_checked_without_a_statement(django_assert_num_queries) -> None:
    sale, free, me = running(), on_sale([new_id()]), new_id()
    at = NOW + timedelta(seconds=5)
    shown = door.let_in(sale=sale, buyer_id=me, ticket=asked(sale, NOW, me).ticket, now=at)
    guarded, unguarded = at_price(sale), at_price(free)
    with django_assert_num_queries(0):
        door.check_passes(prices=unguarded, passes=[], buyer_id=me, now=at)
        door.check_passes(prices=guarded | unguarded, passes=["junk", shown], buyer_id=me, now=at)
    with django_assert_num_queries(1):  # the sale's code, once for all who are told it
        wrong = [([], me, at), (["junk"], me, at), ([shown], new_id(), at), ([shown], me, at + timedelta(minutes=10))]
        for passes, who, moment in wrong:
            with pytest.raises(door.NotAdmitted) as refused:
                door.check_passes(prices=list(guarded.values()), passes=passes, buyer_id=who, now=moment)
            assert refused.value.field == "passes"
            assert (refused.value.data["sale"], refused.value.data["sale_id"]) == (sale.code, str(sale.id))
            assert "line up" in refused.value.message("en") and "排队" in refused.value.message("zh")


def test_who_waits_hears_that_all_is_sold() -> None:
    sale, me = running(), new_id()
    ticket = asked(sale, NOW, me).ticket
    takes = [a_take(sale.items[0]) for _ in range(10)]
    assert sales.take_many(takes=takes, at=NOW) == {}
    forget_all()
    turn = asked(door.live_sale(storefront_id=koala_lane().id, code=sale.code), NOW, me, ticket)
    assert turn.answer.standing is Standing.OVER
    assert asked(now_known(sale), NOW).ticket == ""


def test_an_open_door_has_no_line() -> None:
    with pytest.raises(ValueError, match="no door"):
        asked(on_sale([new_id()]), NOW)
