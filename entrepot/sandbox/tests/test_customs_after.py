"""What comes after a list at the port: cancellation, return, signed for, inbound, tax bills; against the process."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from entrepot.sandbox.tests.trader import Purchase, Texts, Told, Trader, Ware
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401


@pytest.fixture
def trader(sandbox: Sandbox) -> Trader:  # noqa: F811
    sandbox.control("customs", pace_s=0, together=False, tax_bills=False)
    return Trader(sandbox)


@pytest.fixture
def billing(trader: Trader) -> Trader:
    trader.port.control("customs", tax_bills=True)
    return trader


def _waiting(trader: Trader) -> Purchase:
    """On a list that an official looks at."""
    trader.port.control("customs", course="300")
    of = trader.listed(upto=(2, 120, 300))
    trader.port.control("customs", course="")
    return of


def test_a_list_is_cancelled_before_release_and_gives_its_quota_back(trader: Trader) -> None:
    of = _waiting(trader)
    assert trader.used(of) == "200.00"
    assert trader.says("623", of) == [2, 120, 399]
    assert (trader.state(of), trader.used(of)) == ("withdrawn", "0.00")
    assert trader.says("623", of) == [-623003]
    assert trader.says("621", of)[-1] == 800  # the three documents still stand


def test_a_released_or_unknown_list_is_not_cancelled(trader: Trader) -> None:
    of = trader.listed()
    assert trader.says("623", of) == [-623005]
    of.invt_no = "31052026I999999999"
    assert trader.says("623", of) == [-623003]
    assert trader.used(of) == "200.00"


def test_a_cancellation_that_speaks_of_another_order_finds_nothing(trader: Trader) -> None:
    of = _waiting(trader)
    assert trader.says("623", of, orderNo="OTHER") == [-623003]
    assert trader.state(of) == "taken"


def test_a_cancellation_that_overtakes_the_release_wins(trader: Trader) -> None:
    trader.port.control("customs", pace_s=3600)
    of = trader.three(Purchase())
    trader.send("621", of)
    of.invt_no = trader.port.http.get("/customs/papers", params={"order_no": of.order_no}).json()[-1]["invt_no"]
    trader.send("623", of)
    assert sorted(one.status for one in trader.told()) == [2, 2, 120, 120, 399]  # no 800
    assert (trader.state(of), trader.used(of)) == ("withdrawn", "0.00")


# Returns.


def _back(of: Purchase, *wanted: tuple[int, str]) -> list[Texts]:
    """Return lines: so many units of these lines."""
    lines = of.lines("625")
    return [{**lines[n - 1], "qty": qty} for n, qty in wanted]


def _two_wares(trader: Trader) -> Purchase:
    return trader.listed(Purchase(wares=(Ware("100.00", "3"), Ware("10.00", "1")), freight="7.00"))


def test_a_whole_return_gives_all_quota_back(trader: Trader) -> None:
    of = _two_wares(trader)
    assert trader.says("625", of) == [2, 120, 399]
    assert (trader.state(of), trader.used(of)) == ("returned", "0.00")
    assert trader.says("625", of) == [-625015]
    assert trader.says("621", of) == [-621004]  # its order is not free again


def test_parts_come_back_one_after_the_other_and_sum_to_the_whole(trader: Trader) -> None:
    of = _two_wares(trader)
    assert trader.used(of) == "317.00"
    left = []
    for part in ((1, "1"), (1, "1"), (2, "1"), (1, "1")):
        assert trader.says("625", of, lines=_back(of, part)) == [2, 120, 399]
        left.append(trader.used(of))
    assert left == ["214.74", "112.49", "102.26", "0.00"]  # 306.77 / 3 for a unit of the first line, freight in it
    assert trader.state(of) == "returned"


@pytest.mark.parametrize(("days", "statuses"), [(29, [2, 120, 399]), (30, [2, 120, 399]), (31, [-625014])])
def test_a_return_is_applied_for_within_thirty_days(trader: Trader, days: int, statuses: list[int]) -> None:
    of = trader.listed()
    trader.port.control("customs", days_ahead=days)
    assert trader.says("625", of) == statuses


@pytest.mark.parametrize(("days", "status", "used"), [(44, 399, "0.00"), (45, 399, "0.00"), (46, 100, "200.00")])
def test_goods_are_back_within_forty_five_days(trader: Trader, days: int, status: int, used: str) -> None:
    of = trader.listed()
    trader.port.control("customs", returns_wait=True)
    assert trader.says("625", of) == [2, 120, 300]
    assert trader.used(of) == "200.00"  # nothing is lifted before the goods are back
    trader.port.control("customs", days_ahead=days)
    assert trader.port.http.post("/customs/returns/arrived", json={"order_no": of.order_no}).status_code == 200
    assert [one.status for one in trader.told()] == [status]
    assert trader.port.http.post("/customs/returns/arrived", json={"order_no": of.order_no}).status_code == 404
    wish = {"order_no": of.order_no, "status": 399, "kind": "625"}
    assert trader.port.http.post("/customs/lists/decide", json=wish).status_code == 404
    book = trader.port.http.post("/customs/people/find", json={"id_number": of.person}).json()
    assert list(book["used"].values()) == [used]


def test_units_under_way_cannot_be_returned_twice_and_are_free_after_a_refusal(trader: Trader) -> None:
    of = trader.listed()
    trader.port.control("customs", returns_wait=True)
    assert trader.says("625", of) == [2, 120, 300]
    assert trader.says("625", of) == [-625015]
    wish = {"order_no": of.order_no, "status": 100, "kind": "625"}
    assert trader.port.http.post("/customs/lists/decide", json=wish).status_code == 200
    assert [one.status for one in trader.told()] == [100]
    assert trader.says("625", of) == [2, 120, 300]


def test_returns_that_do_not_fit_the_list(trader: Trader) -> None:
    of = _two_wares(trader)
    wrong_goods = [{**of.lines("625")[0], "gcode": "3304990039"}]
    for lines, status in (
        ([], -625006),
        (_back(of, (1, "4")), -625015),
        (_back(of, (1, "0")), -625015),
        (_back(of, (1, "1"), (1, "1")), -625209),
        ([{**of.lines("625")[0], "gnum": "3"}], -625209),
        (wrong_goods, -625209),
    ):
        assert trader.says("625", of, lines=lines) == [status]
    assert trader.says("625", of, buyerName="李四") == [2, 100]
    trader.port.control("customs", quota_fails="return")
    assert trader.says("625", of) == [-625024]
    assert trader.used(of) == "317.00"


def test_what_was_not_released_does_not_come_back(trader: Trader) -> None:
    of = _waiting(trader)
    assert trader.says("625", of) == [2, 100]
    of.invt_no = "31052026I999999999"
    assert trader.says("625", of) == [2, 100]


def test_a_return_needs_a_signature(trader: Trader) -> None:
    of = trader.listed()
    for kind in ("623", "625", "711"):
        guid, xml = trader.message(kind, of.head(kind), of.lines(kind) if kind != "623" else [], signed=False)
        assert trader.post(kind, guid, xml) == 200
        assert [one.status for one in trader.told()] == [2, 100]


# Signed for; inbound.


def test_a_parcel_is_signed_for_after_release(trader: Trader) -> None:
    of = trader.three(Purchase())
    assert trader.says("513", of) == [2, 100]
    assert trader.says("621", of)[-1] == 800
    assert trader.says("513", of, logisticsStatus="R") == [2, 100]
    assert trader.says("513", of, logisticsNo="UNKNOWN") == [2, 100]
    trader.send("513", of)
    told = trader.told()
    assert [(one.message, one.status) for one in told] == [("CEB514Message", 2), ("CEB514Message", 120)]
    assert told[-1].texts["logisticsNo"] == of.waybill_no
    assert trader.says("513", of) == [2, 100]
    assert trader.state(of, "513") == "refused"


def test_an_inbound_list_names_waybills_the_port_knows_and_gets_its_number(trader: Trader) -> None:
    of = trader.three(Purchase(mode="9610"))
    line = of.lines("711")[0]
    assert trader.says("711", of, lines=[{**line, "logisticsNo": "UNKNOWN"}]) == [2, 100]
    assert trader.says("711", of, lines=[line, {**line, "gnum": "2"}]) == [2, 100]
    assert trader.says("711", of, billNo="OTHER") == [2, 100]
    assert trader.says("711", of, ieFlag="E") == [2, 100]
    trader.send("711", of)
    told = trader.told()
    assert [(one.message, one.status) for one in told] == [("CEB712Message", 2), ("CEB712Message", 120)]
    assert told[-1].texts["rkdNo"].startswith("RK")
    assert trader.says("711", of) == [2, 100]  # its waybills are in


# Tax bills.


def _bill_of(told: Sequence[Told]) -> Told:
    (one,) = (each for each in told if each.message == "CEB816Message")
    return one


def _taxes(of: Texts) -> tuple[str, str, str]:
    return of["customsTax"], of["valueAddedTax"], of["consumptionTax"]


def _billed(trader: Trader, of: Purchase) -> Told:
    trader.send("621", trader.three(of))
    return _bill_of(trader.told())


@pytest.mark.parametrize(
    ("ware", "taxes"),
    [
        (Ware("600.00", "1"), ("0.00", "54.60", "0.00")),
        (Ware("600.00", "1", gcode="2204210000"), ("0.00", "60.67", "46.67")),  # wine: together 107.34
        (Ware("425.00", "1", gcode="3304990029", qty1="0.02"), ("0.00", "45.50", "52.50")),  # 21.25 a gram
        (Ware("199.00", "1", gcode="3304990029", qty1="0.02"), ("0.00", "18.11", "0.00")),  # 9.95 a gram
        (Ware("300.00", "1", gcode="3304990049", qty1="20", unit1="020"), ("0.00", "32.12", "37.06")),  # 15 a sheet
        (Ware("6000.00", "1"), ("0.00", "780.00", "0.00")),  # above the single limit: in full
    ],
)
def test_a_released_list_gets_its_bill(billing: Trader, ware: Ware, taxes: tuple[str, str, str]) -> None:
    of = Purchase(wares=(ware,))
    bill = _billed(billing, of)
    assert _taxes(bill.texts) == taxes
    assert bill.texts["status"] == "1"
    assert (bill.texts["orderNo"], bill.texts["assureCode"]) == (of.order_no, "3301960SBG")
    (line,) = bill.lines
    assert (line["gnum"], line["taxPrice"], _taxes(line)) == ("1", ware.price, taxes)


def test_a_bill_has_each_line_with_its_share_of_freight(billing: Trader) -> None:
    bill = _billed(billing, Purchase(wares=(Ware("100.00", "3"), Ware("10.00", "1")), freight="7.00"))
    assert [line["taxPrice"] for line in bill.lines] == ["306.77", "10.23"]
    assert sum(Decimal(line["valueAddedTax"]) for line in bill.lines) == Decimal(bill.texts["valueAddedTax"])


def test_rates_are_told_by_the_beginning_of_the_code(billing: Trader) -> None:
    rates = {"0402": {"vat": "0.09"}, "040221": {"vat": "0.09", "ct": "0.1", "duty": "0.1"}}
    billing.port.control("customs", rates=rates, tax_off_by=3, tax_extra=False)
    bill = _billed(billing, Purchase(wares=(Ware("900.00", "1"),)))
    assert _taxes(bill.texts) == ("0.00", "63.03", "70.00")  # 900 / 0.9 × 0.09 × 0.7, and three fen
    assert "orderNo" not in bill.texts
    bill = _billed(billing, Purchase(wares=(Ware("9000.00", "1"),)))
    assert _taxes(bill.texts) == ("900.00", "990.03", "1100.00")


def test_without_the_switch_there_is_no_bill(trader: Trader) -> None:
    of = trader.listed()
    assert trader.port.http.get("/customs/bills", params={"order_no": of.order_no}).json() == []


def test_a_return_voids_the_bill_and_what_stays_is_billed_anew(billing: Trader) -> None:
    of = Purchase(wares=(Ware("100.00", "3"), Ware("10.00", "1")))
    first = _billed(billing, of)
    of.invt_no = first.texts["invtNo"]
    billing.send("625", of, lines=_back(of, (1, "1"), (2, "1")))
    told = billing.told()
    (void,) = (one for one in told if one.message == "CEB818Message")
    assert (void.texts["taxNo"], void.status) == (first.texts["taxNo"], 3)
    second = _bill_of(told)
    assert [(line["gnum"], line["taxPrice"]) for line in second.lines] == [("1", "200.00")]
    billing.send("625", of, lines=_back(of, (1, "2")))
    told = billing.told()
    assert [(one.texts["taxNo"], one.status) for one in told if one.message == "CEB818Message"] == [
        (second.texts["taxNo"], 3)
    ]
    assert not [one for one in told if one.message == "CEB816Message"]
    books = billing.port.http.get("/customs/bills", params={"order_no": of.order_no}).json()
    assert [one["status"] for one in books] == [3, 3]


def test_bills_are_summed_for_a_guarantor(billing: Trader) -> None:
    billing.port.http.post("/customs/bills/sum", json={})
    billing.told()
    bills = [_billed(billing, Purchase()) for _ in range(2)]
    assert billing.port.http.post("/customs/bills/sum", json={"assure_code": "SOMEBODY"}).json() == {}
    counts = billing.port.http.post("/customs/bills/sum", json={"assure_code": "3301960SBG"}).json()
    assert list(counts.values()) == [2]
    told = billing.told()
    assert {(one.texts["taxNo"], one.status, one.texts["entDutyNo"]) for one in told} == {
        (bill.texts["taxNo"], 2, next(iter(counts))) for bill in bills
    }
    assert billing.port.http.post("/customs/bills/sum", json={}).json() == {}
