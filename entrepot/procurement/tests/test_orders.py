"""Purchase orders: drafted under a contract, approved by another, amended in versions, received, closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from entrepot.kit.refusals import Refusal
from entrepot.procurement import models, selectors, services
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import BIG, LATER, NOW, TODAY
from entrepot.procurement.types import ArticleTerms, LineDraft, OrderState, PaymentTerms, Received, Tier, VersionState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    makers.rates()


@pytest.fixture(autouse=True)
def books_agree(db: None):  # type: ignore[no-untyped-def]
    yield
    assert selectors.discrepancies() == []


def test_a_draft_is_a_document_with_the_days_rate() -> None:
    of = makers.contract(tiers=(Tier(100, Decimal("0.05")), Tier(500, Decimal("0.1"))))
    made = makers.drafted((100, 30), of=of, price="10.333")
    paper = made.latest.document
    assert (made.state, made.version, made.pending) == (OrderState.DRAFT, 0, made.latest)
    assert paper.goods_minor == 103_330 + 30_999
    assert (paper.discount, paper.discount_minor) == (Decimal("0.05"), 6_716)
    assert paper.total_minor == sum(line.amount_minor for line in paper.lines) == 127_613
    assert (paper.rate, paper.rate_source, paper.day) == (Decimal("8.2"), "test rate", TODAY)
    assert paper.value_minor == 1_046_427  # 1276.13 × 8.2 = 10464.266
    assert [line.number for line in paper.lines] == [1, 2]
    assert (paper.incoterm, paper.place, paper.payment) == ("FOB", "Le Havre", PaymentTerms.RECEIPT)


def test_yen_have_no_minor_units_and_yuan_need_no_rate() -> None:
    yen = makers.drafted((3,), of=makers.contract(currency="JPY"), price="1000.4")
    assert (yen.latest.document.total_minor, yen.latest.document.value_minor) == (3_001, 14_105)
    yuan = makers.drafted((3,), of=makers.contract(currency="CNY"), price="10")
    assert (yuan.latest.document.total_minor, yuan.latest.document.value_minor) == (3_000, 3_000)


REFUSED = {
    "no lines": ({"lines": ()}, services.NoLines),
    "a contract that is over": ({}, services.NoContract),
    "no rate": ({}, services.NoRateOnTheDay),
    "a country that is none": ({"destination": "QQ"}, services.BadCountry),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_ordered_is_refused_by_name_and_nothing_is_written(name: str) -> None:
    changes, refusal = REFUSED[name]
    contract = {"a contract that is over": {"valid_to": TODAY}, "no rate": {"currency": "CHF"}}.get(name, {})
    (sku,) = makers.articles()
    with pytest.raises(refusal):
        wish = replace(makers.wish(makers.contract(**contract), [(sku, 1, "1")]), **changes)
        services.draft(wish=wish, actor="a", now=NOW)
    assert not models.Order.objects.exists()
    assert not models.Version.objects.exists()


@pytest.mark.parametrize(
    ("units", "price", "refusal"),
    [
        (1, "-0.01", services.BadPrice),
        (1, "NaN", services.BadPrice),
        (1, "Infinity", services.BadPrice),
        (1, "1.00001", services.BadPrice),
        (0, "1", services.BadAmount),
        (-5, "1", services.BadAmount),
        (10**8, "1", services.BadAmount),
        (10**7, "1000000000", services.BadAmount),
    ],
)
def test_negative_and_impossible_lines_are_refused(units: int, price: str, refusal: type[Refusal]) -> None:
    (sku,) = makers.articles()
    with pytest.raises(refusal):
        services.draft(wish=makers.wish(makers.contract(), [(sku, units, price)]), actor="a", now=NOW)
    assert not models.Order.objects.exists()


def test_minimum_quantities_hold_for_lines_and_orders() -> None:
    of = makers.contract(order_units_min=100, line_units_min=20)
    one, two = makers.articles(2)
    for lines in ([(one, 19, "1"), (two, 90, "1")], [(one, 99, "1")]):
        with pytest.raises(services.BelowMinimum):
            services.draft(wish=makers.wish(of, lines), actor="a", now=NOW)
    with pytest.raises(services.SameArticleTwice):
        services.draft(wish=makers.wish(of, [(one, 50, "1"), (one, 50, "2")]), actor="a", now=NOW)
    assert services.draft(wish=makers.wish(of, [(one, 80, "1"), (two, 20, "1")]), actor="a", now=NOW)


def test_what_the_contract_says_of_an_article_holds_for_its_orders() -> None:
    one, two = makers.articles(2)
    terms = (ArticleTerms(one.id, Decimal("10.5"), units_min=24, pack=12),)
    of = makers.contract(articles=terms, line_units_min=5)
    for units, price, refusal in (
        (12, "10.50", services.BelowMinimum),
        (30, "10.50", services.NotWholePacks),
        (24, "10.51", services.AboveContract),
    ):
        with pytest.raises(refusal):
            services.draft(wish=makers.wish(of, [(one, units, price)]), actor="a", now=NOW)
    assert not models.Order.objects.exists()
    made = services.draft(
        wish=makers.wish(of, [(one, 36, "10"), (two, 5, "99")]), actor="a", now=NOW
    )  # two is not named
    services.approve(order_id=made, version=1, actor="b", four_eyes_from_minor=BIG, now=NOW)
    services.send(order_id=made, actor="a", now=NOW)
    makers.receive(makers.read(made).lines[0], 7)
    with pytest.raises(services.BelowMinimum):
        services.amend(order_id=made, wish=makers.wish(of, [(one, 8, "10")]), actor="a", now=NOW)
    assert services.amend(order_id=made, wish=makers.wish(of, [(one, 7, "10")]), actor="a", now=NOW) == 2


def test_a_contract_sells_into_its_territory() -> None:
    of = makers.contract(territory=frozenset({"CN", "SG"}))
    (sku,) = makers.articles()
    with pytest.raises(services.NotForTerritory):
        services.draft(wish=makers.wish(of, [(sku, 1, "1")], destination="KR"), actor="a", now=NOW)
    assert services.draft(wish=makers.wish(of, [(sku, 1, "1")], destination="SG"), actor="a", now=NOW)


def test_from_the_threshold_on_the_author_cannot_approve() -> None:
    made = makers.drafted()  # 1050.00 EUR = 8610.00 yuan
    wanted = {"order_id": made.id, "version": 1, "now": NOW}
    with pytest.raises(services.FourEyes):
        services.approve(**wanted, actor="author", four_eyes_from_minor=861_000)
    assert makers.read(made.id).state is OrderState.DRAFT
    services.approve(**wanted, actor="other", four_eyes_from_minor=861_000)
    assert makers.read(made.id).in_force == makers.read(made.id).latest
    below = makers.drafted(of=makers.contract())
    services.approve(order_id=below.id, version=1, actor="author", four_eyes_from_minor=861_001, now=NOW)
    with pytest.raises(services.NotNow):
        services.approve(order_id=below.id, version=1, actor="other", four_eyes_from_minor=0, now=NOW)


def test_the_way_of_an_order() -> None:
    made = makers.approved((10, 5))
    with pytest.raises(services.NotReceivable):
        makers.receive(made.lines[0], 1)
    with pytest.raises(services.NotNow):
        services.confirm(order_id=made.id, reference="", actor="a", now=NOW)
    services.send(order_id=made.id, actor="author", now=NOW)
    services.confirm(order_id=made.id, reference="AB 12/3", actor="author", now=NOW)
    assert makers.read(made.id).state is OrderState.CONFIRMED
    makers.receive(made.lines[0], 10)
    assert makers.read(made.id).state is OrderState.PARTLY_RECEIVED
    makers.receive(made.lines[1], 5)
    after = makers.read(made.id)
    assert after.state is OrderState.CLOSED
    assert [one.kind for one in after.events] == [
        "drafted", "approved", "sent", "confirmed", "received", "received", "closed",
    ]  # fmt: skip
    with pytest.raises(services.NotReceivable):
        makers.receive(made.lines[1], 1)


def test_a_receipt_counts_once_and_never_beyond_the_tolerance() -> None:
    (line,) = makers.sent((100,)).lines
    assert (line.most, line.awaited, line.receivable) == (105, 100, True)
    makers.receive(line, 60, reference="IN-1")
    makers.receive(line, 60, reference="IN-1")
    with pytest.raises(services.ReferenceReused):
        makers.receive(line, 61, reference="IN-1")
    with pytest.raises(services.OverReceipt) as no:
        makers.receive(line, 46)
    assert no.value.data["left"] == 45
    makers.receive(line, 45)
    assert selectors.open_lines(ids=[line.id])[line.id].received == 105


def test_receipts_are_all_or_nothing() -> None:
    made = makers.sent((10, 10))
    one, two = made.lines
    for wrong in ([Received(one.id, 5), Received(two.id, 11)], [Received(one.id, 5), Received(one.id, 5)]):
        with pytest.raises((services.OverReceipt, services.BadReceipt)):
            services.receive_against(receipts=wrong, reference="IN", actor="w", now=NOW)
    for units, spoiled in ((0, 0), (-1, 0), (3, 4), (3, -1)):
        with pytest.raises(services.BadReceipt):
            makers.receive(one, units, spoiled=spoiled)
    assert not models.Receipt.objects.exists()
    assert all(line.received == 0 for line in makers.read(made.id).lines)


def test_an_amendment_waits_beside_what_is_in_force() -> None:
    of = makers.contract()
    made = makers.sent((100, 50), of=of)
    one, two, three = makers.articles(3)
    services.amend(order_id=made.id, wish=makers.wish(of, [(two, 30, "9"), (three, 7, "2")]), actor="b", now=NOW)
    makers.receive(made.lines[0], 40)
    waiting = makers.read(made.id)
    assert (waiting.state, waiting.version) == (OrderState.PARTLY_RECEIVED, 1)
    assert waiting.pending is not None
    makers.receive(made.lines[1], 10)  # the order in force goes on
    wanted = {"actor": "c", "four_eyes_from_minor": BIG, "now": NOW}
    with pytest.raises(services.BelowReceived):  # 40 of the first are here
        services.approve(order_id=made.id, version=2, **wanted)
    with pytest.raises(services.BelowReceived):  # nor is it written again
        services.amend(order_id=made.id, wish=makers.wish(of, [(two, 30, "9")]), actor="b", now=NOW)
    lines = [(one, 40, "10"), (two, 30, "9"), (three, 7, "2")]
    assert services.amend(order_id=made.id, wish=makers.wish(of, lines), actor="b", now=NOW) == 3
    with pytest.raises(services.Superseded):
        services.approve(order_id=made.id, version=2, **wanted)
    services.approve(order_id=made.id, version=3, **wanted)
    after = makers.read(made.id)
    assert (after.state, after.version, after.pending) == (OrderState.APPROVED, 3, None)
    assert [(line.number, line.units, line.received) for line in after.lines] == [(1, 40, 40), (2, 30, 10), (3, 7, 0)]
    assert [one.state for one in after.versions] == [VersionState.APPROVED, VersionState.DROPPED, VersionState.APPROVED]
    assert after.versions[-1].document == made.latest.document  # nothing of the first version changed
    makers.receive(after.lines[1], 20)  # also before the new version was sent
    services.send(order_id=made.id, actor="b", now=NOW)
    services.confirm(order_id=made.id, reference="", actor="b", now=NOW)
    assert makers.read(made.id).state is OrderState.PARTLY_RECEIVED
    makers.receive(after.lines[2], 7)
    assert makers.read(made.id).state is OrderState.CLOSED


def test_an_amendment_may_be_dropped() -> None:
    of = makers.contract()
    made = makers.sent((10,), of=of)
    with pytest.raises(services.NotNow):
        services.drop_amendment(order_id=made.id, actor="a", now=NOW)
    services.amend(order_id=made.id, wish=makers.wish(of, [(makers.articles(1)[0], 5, "1")]), actor="a", now=NOW)
    services.drop_amendment(order_id=made.id, actor="a", now=NOW)
    after = makers.read(made.id)
    assert (after.pending, after.version, after.lines[0].units) == (None, 1, 10)
    with pytest.raises(services.NotNow):  # the first draft is not dropped: cancel the order
        services.drop_amendment(order_id=makers.drafted(of=of).id, actor="a", now=NOW)


def test_an_order_that_is_complete_closes_when_its_amendment_is_dropped() -> None:
    of = makers.contract()
    made = makers.sent((10,), of=of)
    services.amend(order_id=made.id, wish=makers.wish(of, [(makers.articles(1)[0], 12, "1")]), actor="a", now=NOW)
    makers.receive(made.lines[0], 10)
    assert makers.read(made.id).state is OrderState.PARTLY_RECEIVED  # more of it may be wanted
    services.drop_amendment(order_id=made.id, actor="a", now=NOW)
    assert makers.read(made.id).state is OrderState.CLOSED


def test_an_order_is_cancelled_before_goods_came_and_closed_after() -> None:
    made = makers.sent((10,))
    makers.receive(made.lines[0], 1)
    with pytest.raises(services.GoodsCame):
        services.cancel(order_id=made.id, reason="no", actor="a", now=NOW)
    services.close(order_id=made.id, reason="the rest is sold out", actor="a", now=NOW)
    other = makers.drafted(of=makers.contract())
    services.cancel(order_id=other.id, reason="too dear", actor="a", now=NOW)
    for order_id in (made.id, other.id):
        with pytest.raises(services.NotNow):
            services.cancel(order_id=order_id, reason="", actor="a", now=NOW) if order_id == other.id else (
                services.close(order_id=order_id, reason="", actor="a", now=NOW)
            )
    assert selectors.counts()[OrderState.CANCELLED] == 1


def test_payments_are_valued_on_their_day_and_never_more_than_owed() -> None:
    made = makers.sent((100,))  # 1050.00 EUR
    pay = services.PaymentDraft(made.id, "TT-1", 50_000, date(2026, 11, 20))
    with pytest.raises(services.NoRateOnTheDay):
        services.record_payment(draft=replace(pay, paid_on=date(2026, 10, 1)), actor="f", now=NOW)
    services.record_payment(draft=pay, actor="f", now=NOW)
    services.record_payment(draft=pay, actor="f", now=NOW)
    assert makers.read(made.id).paid_minor == 50_000
    with pytest.raises(services.ReferenceReused):
        services.record_payment(draft=replace(pay, amount_minor=1), actor="f", now=NOW)
    with pytest.raises(services.MoreThanOwed):
        services.record_payment(draft=replace(pay, reference="TT-2", amount_minor=55_001), actor="f", now=NOW)
    for wrong in (replace(pay, amount_minor=-1, reference="x"), replace(pay, paid_on=TODAY + timedelta(1))):
        with pytest.raises(services.BadAmount):
            services.record_payment(draft=wrong, actor="f", now=NOW)
    assert models.Payment.objects.get().value_minor == 410_000


def test_a_scorecard_is_made_of_facts() -> None:
    supplier = makers.supplier()
    of = makers.contract(supplier)
    assert selectors.scorecards(supplier_ids=[supplier], now=NOW) == {}
    made = makers.sent((100, 100), of=of)
    makers.receive(made.lines[0], 90, spoiled=9)
    makers.receive(made.lines[1], 104, now=NOW + timedelta(days=200))
    services.close(order_id=made.id, reason="", actor="a", now=NOW)
    card = selectors.scorecards(supplier_ids=[supplier], now=NOW)[supplier]
    assert (card.orders, card.units, card.on_time, card.missing, card.beyond, card.spoiled) == (1, 194, 90, 10, 4, 9)
    assert (card.on_time_share, card.discrepancy_share, card.sound_share) == (
        Decimal("0.464"), Decimal("0.070"), Decimal("0.954"),
    )  # fmt: skip


def test_a_scorecard_heeds_what_is_overdue_and_forgets_what_is_long_past() -> None:
    supplier = makers.supplier()
    made = makers.sent((100, 50), of=makers.contract(supplier))  # expected on the first of March
    makers.receive(made.lines[0], 100)
    on_time = {
        days: (card.overdue, card.on_time_share)
        for days in (0, 200, 364)
        if (card := selectors.scorecards(supplier_ids=[supplier], now=NOW + timedelta(days=days))[supplier])
    }
    late = (50, Decimal("0.667"))
    assert on_time == {0: (0, Decimal(1)), 200: late, 364: late}
    assert selectors.scorecards(supplier_ids=[supplier], now=NOW + timedelta(days=366)) == {}


def test_lists_find_by_state_supplier_and_number() -> None:
    one, two = makers.drafted((3,)), makers.sent((4,), of=makers.contract())
    assert [row.number for row in selectors.orders()[0]] == [two.number, one.number]
    assert [(row.units, row.received) for row in selectors.orders()[0]] == [(4, 0), (3, 0)]
    assert [row.id for row in selectors.orders(state="sent")[0]] == [two.id]
    assert [row.id for row in selectors.orders(supplier_id=one.supplier_id)[0]] == [one.id]
    assert [row.id for row in selectors.orders(text=one.number.lower())[0]] == [one.id]
    assert [row.id for row in selectors.exported()] == [two.id, one.id]
    assert [line.order_id for line in selectors.awaited_lines()] == [two.id]
    assert selectors.orders()[0][0].expected_on == LATER


def test_an_amendment_waits_to_be_approved_as_a_first_draft_does() -> None:
    of = makers.contract()
    made, draft = makers.sent((10,), of=of), makers.drafted((4,))
    makers.sent((3,), of=makers.contract())
    services.amend(order_id=made.id, wish=makers.wish(of, [(makers.articles(1)[0], 12, "1")]), actor="a", now=NOW)
    assert selectors.waiting(on=TODAY).drafts == 2
    assert {row.id for row in selectors.orders(state="draft")[0]} == {made.id, draft.id}
    assert (selectors.counts()[OrderState.DRAFT], selectors.counts()[OrderState.SENT]) == (2, 2)
    services.drop_amendment(order_id=made.id, actor="a", now=NOW)
    assert selectors.waiting(on=TODAY).drafts == 1


def test_lines_by_hand_are_drafts() -> None:
    """A unit price keeps its places: 0.0001 of a currency is a price for a million screws."""
    (sku,) = makers.articles()
    of = makers.contract()
    order_id = services.draft(
        wish=replace(makers.wish(of, []), lines=(LineDraft(sku.id, 1_000_000, Decimal("0.0001")),)), actor="a", now=NOW
    )
    assert makers.read(order_id).latest.document.total_minor == 10_000
