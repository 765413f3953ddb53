"""A parcel that customs stopped at a limit comes in as general trade: the difference is paid, a clerk types in what
customs released, and the parcel goes on. The account book, the year and the money follow."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from entrepot.checkout import services
from entrepot.checkout.models import LimitCase
from entrepot.checkout.services import general
from entrepot.checkout.types import Way
from entrepot.customs import selectors as customs
from entrepot.customs import services as customs_verbs
from entrepot.identity.tests import makers as made
from entrepot.identity.types import Role
from entrepot.kit import clock, sql
from entrepot.kit.clock import day_in
from entrepot.orders.types import Order, OrderState, ParcelState
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.tests.bank import Bank
from entrepot.payments.types import Payment, PaymentState
from entrepot.returns.selectors import would_bring
from entrepot.returns.services import NotNow, TaxStays, approve, arrive, complete
from entrepot.returns.types import Counted, CustomsAnswer, Decision, ReturnState
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import book, brought_in, declared_line, item, warehouse
from entrepot.stock.types import WarehouseKind
from entrepot.tariff import services as tariff
from entrepot.tariff.tests.makers import HEAD, make_draft
from entrepot.web.backoffice.tests.test_pages import within_budget
from entrepot.web.common.tests.makers import log_in
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_limits_story import OwnPerson, asked, choose, over_annual, refunded, state, used
from tests.test_limits_story import story as limited  # noqa: F401
from tests.test_return_story import arrived, clerk, read
from tests.test_return_story import asked as returned
from tests.test_story import left

pytestmark = pytest.mark.django_db
NUMBER = "310120261234567890"
DUTY = '62,,CN,duty,"{""rate"":""0.08""}",2026-01-01,,no,test duty,'


@pytest.fixture
def dutied(limited: OwnPerson) -> OwnPerson:  # noqa: F811
    """The duty of the goods is known."""
    draft_id = make_draft("\n".join((HEAD, DUTY)).encode(), name="cn-duty")
    tariff.commit_draft(draft_id=draft_id, actor="t", now=clock.now())
    return limited


@pytest.fixture
def story(dutied: OwnPerson) -> Iterator[OwnPerson]:
    """With an account book of the warehouse, which agrees at the end."""
    number = stock.warehouses()[dutied.place.bonded].account_book
    book(number)
    for sku in dutied.place.skus.values():
        for level in stock.levels(sku_ids=[sku]):
            item(sku, number, level.lot.item_record, origin=level.lot.origin)
    stock_verbs.take_over(book=number, actor="t", now=clock.now())
    yield dutied
    assert [one for one in stock.book_states() if one.wrong or one.moving] == []
    assert customs.book_differences(book=number, since=clock.now().replace(year=2020)) == []


def on_top(order: Order) -> Payment:
    found = payments.payment(order_id=asked(order).id, buyer_id=order.buyer_id)
    assert found is not None
    return found


def cashier(order: Order) -> str:
    return services.open_payment(
        order_id=asked(order).id, buyer_id=order.buyer_id, reader="test", return_url="http://shop/paid",
        notify_url="http://shop/callbacks/payments/{provider}", now=clock.now(),
    )  # fmt: skip


def pay_on_top(story: OwnPerson, order: Order) -> None:
    story.port.pay(cashier(order))
    story.hear("pay")
    story.clear()


def late(order: Order) -> str:
    """The time to pay is over; what is done then."""
    case = asked(order)
    LimitCase.objects.filter(id=case.id).update(wait_until=clock.now())
    return services.come_due(case_id=case.id, buyer_id=order.buyer_id, now=clock.now())


def cleared(order: Order) -> None:
    key = {"parcel_id": order.parcels[0].id, "buyer_id": order.buyer_id}
    services.clear_general(**key, number=NUMBER, actor="li", now=clock.now())


def test_the_difference_is_paid_and_the_parcel_goes_on(story: OwnPerson) -> None:
    order = over_annual(story)
    offer = asked(order).offer
    assert offer is not None and offer.general is not None
    assert offer.others == ()
    more = offer.general.total_minor - order.parcels[0].total_minor
    assert more == offer.general.tax_minor - order.parcels[0].tax_minor > 0
    choose(order, Way.GENERAL)
    choose(order, Way.GENERAL)
    assert (asked(order).to_pay, asked(order).difference_minor) == (True, more)
    with pytest.raises(services.AlreadyChosen):
        choose(order, Way.WAIT)
    with pytest.raises(services.NotGeneral):
        cleared(order)
    pay_on_top(story, order)
    assert (on_top(order).amount_minor, asked(order).to_declare) == (more, True)
    assert state(order) == (OrderState.PAID, ParcelState.HELD)
    assert left(story, "coat") == 4
    with pytest.raises(services.AlreadyChosen):
        choose(order, Way.REFUND)
    cleared(order)
    story.clear()
    assert state(order)[1] is ParcelState.SHIPPED
    assert (asked(order).outcome, used(order, clock.now())) == ("general", 2_590_000)  # customs' own count stays
    with pytest.raises(customs_verbs.NotHeld):
        cleared(order)
    story.hear("carrier")
    drain()
    assert state(order) == (OrderState.DELIVERED, ParcelState.DELIVERED)
    assert (refunded(order), on_top(order).refunded_minor) == (0, 0)


def test_in_place_of_goods_that_expired_before_they_were_cleared_others_go(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    pay_on_top(story, order)
    sku, place = story.place.skus["coat"], story.place.bonded
    sql.run("UPDATE stock_lot SET expires_on = %s WHERE sku_id = %s", (day_in(clock.CHINA, clock.now()), sku))
    with pytest.raises(stock_verbs.LotStopped):
        cleared(order)
    number = stock.warehouses()[place].account_book
    brought_in(place, [declared_line(sku, 1, lot="FRESH")], number=number)
    cleared(order)
    story.clear()
    assert state(order)[1] is ParcelState.SHIPPED
    assert {one.lot.code: one.on_hand for one in stock.levels(sku_ids=[sku])}["FRESH"] == 0


def test_who_does_not_pay_in_time_has_the_money_back(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    address = cashier(order)
    case = asked(order)
    assert case.wait_until is not None
    args = {"case_id": case.id, "buyer_id": order.buyer_id}
    assert services.come_due(**args, now=case.wait_until - timedelta(seconds=1)) == "nothing"
    assert late(order) == "cancelled"
    story.port.pay(address)  # too late: it goes back too
    story.hear("pay")
    story.clear()
    assert state(order) == (OrderState.CANCELLED, ParcelState.CANCELLED)
    assert refunded(order) == order.total_minor
    assert on_top(order).refunded_minor == on_top(order).amount_minor
    assert left(story, "coat") == 5


def test_who_paid_in_time_and_whose_notice_was_lost_keeps_the_way(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    story.port.pay(cashier(order))  # and the shop hears nothing of it
    assert late(order) == "nothing"
    story.clear()
    assert (asked(order).to_declare, state(order)) == (True, (OrderState.PAID, ParcelState.HELD))
    assert (refunded(order), on_top(order).refunded_minor) == (0, 0)


def test_who_paid_in_time_and_whose_capture_still_waits_to_be_told_keeps_the_way(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    story.port.pay(cashier(order))
    captured = payment_verbs.query(payment_id=on_top(order).id, buyer_id=order.buyer_id, now=clock.now())
    assert (captured.fresh, late(order)) == (True, "nothing")
    story.clear()
    assert (asked(order).to_declare, on_top(order).refunded_minor) == (True, 0)


def test_a_provider_that_stays_silent_keeps_a_parcel_for_half_an_hour(
    story: OwnPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    cashier(order)
    case = asked(order)
    assert case.wait_until is not None
    args = {"case_id": case.id, "buyer_id": order.buyer_id}
    bank = Bank()
    bank.down = True
    bank.over(monkeypatch)
    with pytest.raises(payment_verbs.ProviderSilent):
        services.come_due(**args, now=case.wait_until + timedelta(minutes=30))
    assert asked(order).to_pay
    assert services.come_due(**args, now=case.wait_until + timedelta(minutes=31)) == "cancelled"


def test_who_has_not_paid_may_have_the_money_back(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    cashier(order)
    choose(order, Way.REFUND)
    story.clear()
    assert refunded(order) == order.total_minor
    assert on_top(order).state is PaymentState.FAILED  # the cashier is closed
    with pytest.raises(customs_verbs.NotHeld):
        cleared(order)


def test_what_the_desk_gives_up_goes_back_whole(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    pay_on_top(story, order)
    services.call_off(
        parcel_id=order.parcels[0].id, order_id=order.id, buyer_id=order.buyer_id, actor="li",
        reason="no licence for it", now=clock.now(),
    )  # fmt: skip
    story.clear()
    assert (refunded(order), on_top(order).refunded_minor) == (order.total_minor, on_top(order).amount_minor)
    assert (asked(order).outcome, left(story, "coat")) == ("refunded", 5)


def test_what_customs_lets_pass_after_all_brings_the_difference_back(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    pay_on_top(story, order)
    passed_after_all(story, order)
    case = asked(order)
    assert services.come_due(case_id=case.id, buyer_id=order.buyer_id, now=clock.now()) == "released"
    story.clear()
    assert (asked(order).outcome, on_top(order).refunded_minor) == ("released", on_top(order).amount_minor)
    service = log_in(Client(), made.clerk(Role.SERVICE), second_factor=True)
    assert "其中已退回 ¥" in within_budget(service, f"/office/orders/{order.buyer_id}/{order.id}/customs/")


def passed_after_all(story: OwnPerson, order: Order) -> None:
    story.port.http.post("/customs/people", json={"id_number": story.number, "name": "张小燕", "used": "0.00"})
    found = customs.declaration(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    assert found is not None
    customs_verbs.redeclare(declaration_id=found.id, buyer_id=order.buyer_id, actor="li", now=clock.now())
    story.clear()
    assert state(order)[1] is ParcelState.SHIPPED


@pytest.mark.parametrize(("way", "said"), [(None, "请选择处理方式"), (Way.GENERAL, "请补付差额")])
def test_nothing_is_asked_of_the_buyer_of_what_customs_lets_pass_after_all(
    story: OwnPerson, way: Way | None, said: str
) -> None:
    order = over_annual(story)
    if way:
        choose(order, way)
    browser = log_in(Client(), story.who.buyer_id)
    assert said in browser.get("/orders/").content.decode()
    passed_after_all(story, order)
    told = asked(story.read(order.number))
    assert (told.outcome, told.to_pay) == ("released", False)
    assert said not in browser.get("/orders/").content.decode()
    assert 'name="pay"' not in browser.get(f"/orders/{order.number}/").content.decode()


def test_what_customs_lets_pass_after_all_brings_the_difference_back_within_the_hour(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    pay_on_top(story, order)
    passed_after_all(story, order)
    services.sweep_limits(now=clock.now() + timedelta(hours=1))
    story.clear()
    assert (refunded(order), on_top(order).refunded_minor) == (0, on_top(order).amount_minor)


def test_of_recalled_goods_that_customs_lets_pass_after_all_the_difference_goes_back_too(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.GENERAL)
    pay_on_top(story, order)
    coat = story.place.skus["coat"]
    lots = {(coat, level.lot.id) for level in stock.levels(sku_ids=[coat])}
    stock_verbs.hold_lots(lots=lots, reference="recall", now=clock.now())
    story.port.http.post("/customs/people", json={"id_number": story.number, "name": "张小燕", "used": "0.00"})
    found = customs.declaration(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    assert found is not None
    customs_verbs.redeclare(declaration_id=found.id, buyer_id=order.buyer_id, actor="li", now=clock.now())
    story.clear()
    assert state(order)[1] is ParcelState.CANCELLED
    assert (refunded(order), on_top(order).refunded_minor) == (order.total_minor, on_top(order).amount_minor)
    assert asked(order).outcome == "refunded"


def test_where_general_trade_owes_less_the_rest_goes_back(story: OwnPerson) -> None:
    """Rates fell after the order: settled at once, and a parcel given up later brings no more than what is left."""
    order = over_annual(story)
    case = LimitCase.objects.get(id=asked(order).id)
    parcel = order.parcels[0]
    changes = general.agree(case=case, order=order, total_minor=parcel.total_minor - 700, now=clock.now())
    LimitCase.objects.filter(id=case.id).update(choice="general", chosen_at=clock.now(), chosen_by="b", **changes)
    story.clear()
    assert (asked(order).to_declare, refunded(order)) == (True, 700)
    services.call_off(
        parcel_id=parcel.id, order_id=order.id, buyer_id=order.buyer_id, actor="li", reason="broken", now=clock.now()
    )
    story.clear()
    assert refunded(order) == order.total_minor


def delivered(story: OwnPerson) -> Order:
    """A parcel that came in as general trade and is with its buyer."""
    order = over_annual(story)
    choose(order, Way.GENERAL)
    pay_on_top(story, order)
    cleared(order)
    story.clear()
    story.hear("carrier")
    drain()
    return story.read(order.number)


def standing(story: OwnPerson) -> list[tuple[str, str, int]]:
    """(warehouse, customs state, units) of the coats, outside their bonded warehouse."""
    levels = stock.levels(sku_ids=[story.place.skus["coat"]])
    codes = {one.id: one.code for one in stock.warehouses().values()}
    shown = [(codes[one.warehouse_id], one.customs_state.value, one.on_hand) for one in levels if one.on_hand]
    return sorted(one for one in shown if one[0] != codes[story.place.bonded])


def test_what_comes_back_is_domestic_stock_and_in_no_account_book(story: OwnPerson) -> None:
    order = delivered(story)
    (parcel,) = order.parcels
    (before,) = stock.book_states(sku_ids=[story.place.skus["coat"]])
    browser = log_in(Client(), story.who.buyer_id)
    form = browser.get(f"/en/orders/{order.number}/return/?parcel=1").content.decode()
    assert ("the import tax with it" in form, "its tax is paid for good" in form) == (False, True)
    found = returned(story, order, coat=1)
    assert would_bring(found=found, order=order).tax_minor == 0  # nobody is promised it
    assert "Its tax is paid for good" in browser.get(f"/en/returns/{found.number}/").content.decode()
    approve(who=clerk(found), now=clock.now())
    assert read(found).customs is CustomsAnswer.NONE
    assert "完税商品退货处" in browser.get(f"/returns/{found.number}/").content.decode()
    arrived(order, found)
    assert standing(story) == [("HOME", "duty_paid", 1)]
    (after,) = stock.book_states(sku_ids=[story.place.skus["coat"]])
    assert (after.balance, after.in_stock, after.returning, after.wrong) == (before.balance, before.in_stock, 0, 0)
    assert (before.duty_paid, after.duty_paid) == (0, 1)
    assert read(found).events[-1].note == "HOME"
    with pytest.raises(TaxStays):
        complete(who=clerk(found), decision=Decision(), now=clock.now())
    given = complete(who=clerk(found), decision=Decision(without_tax=True), now=clock.now())
    story.clear()
    assert (given.tax_minor, refunded(order)) == (0, parcel.goods_minor - parcel.discount_minor)
    assert on_top(order).refunded_minor == 0


def test_it_comes_to_the_warehouse_at_home_that_the_clerk_names_and_to_no_other(story: OwnPerson) -> None:
    order = delivered(story)
    home, shop = warehouse("SH1", WarehouseKind.DOMESTIC), warehouse("SHOP1", WarehouseKind.SHOP)
    found = returned(story, order, coat=1)
    approve(who=clerk(found), now=clock.now())
    counted = {line.line_id: Counted(0, line.quantity) for line in found.lines}
    put = {"who": clerk(found), "counted": counted, "warehouse_id": story.place.bonded, "now": clock.now()}
    for wrong in (story.place.bonded, story.place.overseas):
        with pytest.raises(stock_verbs.NotAtHome):
            arrive(**put, home_id=wrong)
    assert read(found).state is ReturnState.APPROVED
    browser = log_in(Client(), made.clerk(Role.WAREHOUSE), second_factor=True)
    page = f"/office/returns/{found.buyer_id}/{found.id}/"
    shown = browser.get(page).content.decode()
    assert [f'value="{code}"' in shown for code in ("SH1", "SHOP1", "HOME")] == [True, True, False]
    told = {"act": "arrive", "home": "SHOP1", "sound-1": "1", "spoiled-1": "0"}
    browser.post(f"{page}act/", {**told, "home": "NGB1"})  # bonded
    assert read(found).state is ReturnState.APPROVED
    browser.post(f"{page}act/", told)
    assert standing(story) == [("SHOP1", "duty_paid", 1)]
    assert {one.warehouse_id for one in stock.levels(sku_ids=[story.place.skus["coat"]])} & {home, shop} == {shop}
    assert "SHOP1" in browser.get(page).content.decode()


def test_what_cannot_be_sold_again_is_quarantined_at_home(story: OwnPerson) -> None:
    order = delivered(story)
    home = warehouse("SH1", WarehouseKind.DOMESTIC)
    found = returned(story, order, coat=1)
    approve(who=clerk(found), now=clock.now())
    counted = {line.line_id: Counted(0, 1) for line in found.lines}
    for _ in range(2):
        with contextlib.suppress(NotNow):
            arrive(who=clerk(found), counted=counted, warehouse_id=story.place.bonded, now=clock.now())
    assert standing(story) == [("SH1", "quarantined", 1)]
    assert home in {one.warehouse_id for one in stock.levels(sku_ids=[story.place.skus["coat"]])}
    desk = log_in(Client(), made.clerk(Role.CUSTOMS), second_factor=True)
    shown = desk.get("/office/books/compared/").content.decode()
    assert "完税商品" in shown


def test_without_an_importer_it_is_told_and_not_offered(story: OwnPerson, settings: Any) -> None:
    settings.GENERAL_TRADE_IMPORTER = ""
    order = over_annual(story)
    offer = asked(order).offer
    assert offer is not None
    assert (offer.general, [one.channel for one in offer.others]) == (None, ["general"])
    with pytest.raises(services.WayClosed):
        choose(order, Way.GENERAL)


def test_the_buyer_pays_and_the_desk_types_the_number_in(story: OwnPerson) -> None:
    order = over_annual(story)
    browser = log_in(Client(), story.who.buyer_id)
    page, address = f"/orders/{order.number}/", f"/orders/{order.number}/limit/"
    case = {"case": str(asked(order).id)}
    assert 'value="general"' in browser.get(page).content.decode()
    assert browser.post(address, {**case, "way": "general"}).status_code == 302
    assert 'name="pay"' in browser.get(page).content.decode()
    assert "请补付差额" in browser.get("/orders/").content.decode()
    stranger = log_in(Client(), made.buyer())
    assert stranger.post(address, {**case, "pay": "1"}).status_code == 404
    sent = browser.post(address, {**case, "pay": "1"})
    story.port.pay(sent["Location"])
    assert browser.get(f"{page}paid/?case={case['case']}").status_code == 302  # the notice is still on its way
    assert asked(order).to_declare
    story.hear("pay")
    story.clear()
    desk = log_in(Client(), made.clerk(Role.CUSTOMS), second_factor=True)
    parcel = f"/office/declarations/{order.buyer_id}/{order.parcels[0].id}/"
    shown = desk.get(parcel).content.decode()
    assert 'value="general"' in shown
    assert 'value="redeclare"' not in shown
    others = log_in(Client(), made.clerk(Role.SERVICE), second_factor=True)
    whole = f"/office/orders/{order.buyer_id}/{order.id}/"
    assert others.get(f"/office/orders/{order.buyer_id}/{case['case']}/")["Location"] == whole
    assert re.search("补缴一般贸易税款差额 ¥[0-9.,]+", within_budget(others, f"{whole}customs/"))
    assert 'value="general"' not in others.get(parcel).content.decode()
    assert others.post(f"{parcel}act/", {"act": "general", "number": NUMBER}).status_code == 403
    assert desk.post(f"{parcel}act/", {"act": "general", "number": "1"}, follow=True).status_code == 200
    assert state(order)[1] is ParcelState.HELD
    desk.post(f"{parcel}act/", {"act": "general", "number": NUMBER})
    story.clear()
    assert state(order)[1] is ParcelState.SHIPPED
    assert NUMBER in desk.get(parcel).content.decode()
    assert re.search("一般贸易放行", browser.get(page).content.decode())


def test_what_went_back_of_the_tax_does_not_go_back_again_with_the_goods(story: OwnPerson) -> None:
    """General trade was to owe less; then customs let the list pass after all, and the buyer sends the goods back."""
    order = over_annual(story)
    case, parcel = LimitCase.objects.get(id=asked(order).id), order.parcels[0]
    changes = general.agree(case=case, order=order, total_minor=parcel.total_minor - 700, now=clock.now())
    LimitCase.objects.filter(id=case.id).update(choice="general", chosen_at=clock.now(), chosen_by="b", **changes)
    story.clear()
    story.port.http.post("/customs/people", json={"id_number": story.number, "name": "张小燕", "used": "0.00"})
    found = customs.declaration(parcel_id=parcel.id, buyer_id=order.buyer_id)
    assert found is not None
    customs_verbs.redeclare(declaration_id=found.id, buyer_id=order.buyer_id, actor="li", now=clock.now())
    story.clear()
    story.hear("carrier")
    drain()
    back = returned(story, story.read(order.number), coat=1)
    assert would_bring(found=back, order=story.read(order.number)).tax_minor == parcel.tax_minor - 700
    approve(who=clerk(back), now=clock.now())
    story.clear()
    arrived(order, back)
    assert complete(who=clerk(back), decision=Decision(), now=clock.now()).tax_minor == parcel.tax_minor - 700
    story.clear()
    assert refunded(order) == order.total_minor  # all of it, and no fen more: the provider would refuse that


def test_what_went_back_stays_counted_where_customs_stops_the_parcel_anew(story: OwnPerson) -> None:
    """The desk declared it again, from a page loaded before its buyer chose; customs says no again, so does the buyer
    choose again: of what general trade owes less nothing goes back twice."""
    order = over_annual(story)
    parcel = order.parcels[0]

    def owes_less() -> None:
        case = LimitCase.objects.get(id=asked(order).id)
        changes = general.agree(case=case, order=order, total_minor=parcel.total_minor - 700, now=clock.now())
        LimitCase.objects.filter(id=case.id).update(choice="general", chosen_at=clock.now(), chosen_by="b", **changes)
        story.clear()

    owes_less()
    first = asked(order)
    found = customs.declaration(parcel_id=parcel.id, buyer_id=order.buyer_id)
    assert found is not None
    customs_verbs.redeclare(declaration_id=found.id, buyer_id=order.buyer_id, actor="li", now=clock.now())
    story.clear()
    assert asked(order).id != first.id
    offer = asked(order).offer
    assert offer is not None and offer.refund_minor == parcel.total_minor - 700
    owes_less()
    assert (asked(order).to_declare, refunded(order)) == (True, 700)
