"""Lists at the port: their way to release, the quota book, refusals, chance; against the running process."""

from __future__ import annotations

import pytest

from entrepot.sandbox.tests.trader import Purchase, Trader, Ware
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401


@pytest.fixture
def trader(sandbox: Sandbox) -> Trader:  # noqa: F811
    sandbox.control("customs", pace_s=0, together=False, tax_bills=False)
    return Trader(sandbox)


def test_a_list_is_released_and_counts_to_the_quota(trader: Trader) -> None:
    done = trader.listed(Purchase(wares=(Ware("100.00", "2"), Ware("33.33", "3")), freight="12.50"))
    assert (trader.state(done), trader.used(done)) == ("released", "312.49")


@pytest.mark.parametrize(
    ("course", "upto", "state"),
    [
        ("500", (2, 120, 500), "taken"),
        ("501", (2, 120, 501), "taken"),
        ("502", (2, 120, 502), "taken"),
        ("503", (2, 120, 503), "taken"),
        ("500>800", (2, 120, 500, 800), "released"),
        ("300>399>800", (2, 120, 300, 399, 800), "released"),
        ("500>700", (2, 120, 500, 700), "sent_back"),
        ("700", (2, 120, 700), "sent_back"),
        ("800>899", (2, 120, 800, 899), "closed"),
    ],
)
def test_a_list_goes_the_way_it_is_told(trader: Trader, course: str, upto: tuple[int, ...], state: str) -> None:
    trader.port.control("customs", next=[f"status:{course}"])
    told = trader.listed(upto=upto)
    assert trader.state(told) == state
    assert trader.used(told) == ("0.00" if state == "sent_back" else "200.00")
    assert trader.listed().invt_no != told.invt_no  # the next list goes the usual way


def test_all_lists_go_a_way_until_the_switch_is_turned_back(trader: Trader) -> None:
    trader.port.control("customs", course="500>800")
    for _ in range(2):
        trader.listed(upto=(2, 120, 500, 800))
    trader.port.control("customs", course="", sent_back_frees=False)
    trader.listed()
    trader.port.control("customs", course="700")
    assert trader.used(trader.listed(upto=(2, 120, 700))) == "200.00"


def test_port_says_one_and_three_as_well(trader: Trader) -> None:
    trader.port.control("customs", wordy=True)
    assert trader.says("311", Purchase()) == [1, 2, 3, 120]


def test_the_official_decides(trader: Trader) -> None:
    trader.port.control("customs", course="500")
    held = trader.listed(upto=(2, 120, 500))

    def decide(status: int) -> int:
        wish = {"order_no": held.order_no, "status": status}
        return trader.port.http.post("/customs/lists/decide", json=wish).status_code

    assert decide(503) == 200
    assert decide(899) == 404  # what is not released cannot be closed
    assert trader.state(held) == "taken"
    assert decide(800) == 200
    assert trader.state(held) == "released"
    assert decide(700) == 404
    assert decide(899) == 200
    assert trader.state(held) == "closed"
    assert [one.status for one in trader.told()] == [503, 800, 899]


def test_a_single_purchase_above_the_limit_needs_to_be_one_item(trader: Trader) -> None:
    assert trader.says("621", trader.three(Purchase(wares=(Ware("2500.01", "2"),)))) == [-621005]
    assert trader.says("621", trader.three(Purchase(wares=(Ware("6000.00", "1"),))))[-1] == 800


def _know(trader: Trader, status: int = 200, **wish: object) -> None:
    assert trader.port.http.post("/customs/people", json=wish).status_code == status


def test_what_a_person_has_used_can_be_set(trader: Trader) -> None:
    of = Purchase(wares=(Ware("100.00", "1"),))
    _know(trader, id_number=of.person, used="25900.00")
    trader.listed(of)  # exactly 26,000
    assert trader.used(of) == "26000.00"
    more = Purchase(wares=(Ware("0.01", "1"),), person=of.person)
    trader.send("621", trader.three(more))
    (no,) = trader.told()
    assert no.status == -621018
    assert "26000.00" in no.texts["returnInfo"]
    _know(trader, id_number=of.person, used="0.00")
    trader.send("621", more)
    assert trader.told()[-1].status == 800
    book = trader.port.http.post("/customs/people/find", json={"id_number": of.person}).json()
    assert [one["why"] for one in book["movements"]] == ["seeded", "list", "seeded", "list"]
    assert book["limits"] == {"single": "5000", "year": "26000"}


def test_a_new_year_has_a_quota_of_its_own(trader: Trader) -> None:
    of = Purchase()
    _know(trader, id_number=of.person, used="26000.00")
    assert trader.says("621", trader.three(of)) == [-621018]
    trader.port.control("customs", days_ahead=366)
    assert trader.says("621", of)[-1] == 800
    book = trader.port.http.post("/customs/people/find", json={"id_number": of.person}).json()
    assert sorted(book["used"].values()) == ["200.00", "26000.00"]


def test_the_port_is_sure_of_some_names(trader: Trader) -> None:
    of = Purchase(name="张小明")
    _know(trader, id_number=of.person, name="王大力")
    trader.send("621", trader.three(of))
    told = trader.told()
    assert [one.status for one in told] == [2, 100]
    assert "不符" in told[-1].texts["returnInfo"]
    _know(trader, id_number=of.person, name="张小明")
    assert trader.says("621", of)[-1] == 800


def test_what_is_no_person_is_refused(trader: Trader) -> None:
    for wrong in (
        {},
        {"id_number": "1"},
        {"id_number": "", "used": "1"},
        {"id_number": "1", "used": "-1"},
        {"id_number": "1", "used": "x"},
        {"id_number": "1", "used": "1", "year": "2026"},
        {"id_number": "1", "used": "1", "year": 1999},
        {"id_number": "1" * 61, "used": "1"},
    ):
        _know(trader, 400, **wrong)
    assert trader.port.http.post("/customs/people/find", json={"id_number": "nobody"}).status_code == 404


def test_the_quota_book_fails(trader: Trader) -> None:
    for fails, code in (("query", -621013), ("book", -621014)):
        trader.port.control("customs", quota_fails=fails)
        assert trader.says("621", trader.three(Purchase())) == [code]
    assert trader.port.http.post("/customs/control", json={"quota_fails": "all"}).status_code == 400


SHOWN = [
    ("311", -301010), ("311", -301011), ("411", -401007), ("511", -504015), ("621", -621004), ("621", -621005),
    ("621", -621013), ("621", -621014), ("621", -621018), ("621", -621027), ("621", -621028), ("621", -621029),
    ("621", -621030), ("623", -623003), ("623", -623005), ("625", -625006), ("625", -625012), ("625", -625014),
    ("625", -625015), ("625", -625024), ("625", -625025), ("625", -625026), ("625", -625209),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "code"), SHOWN)
def test_every_code_can_be_provoked_for_the_next_document_it_belongs_to(trader: Trader, kind: str, code: int) -> None:
    of = trader.listed()
    trader.port.control("customs", next=[f"refuse:{code}"])
    if kind != "513":
        assert trader.says("513", of) == [2, 120]  # not its kind: passes by
    of = of if kind in ("623", "625") else Purchase()
    assert trader.says(kind, of) == [code]
    assert trader.port.http.get("/customs/control").json()["next"] == []


def test_a_waybill_s_number_is_free_again_after_six_months(trader: Trader) -> None:
    of = trader.three(Purchase())
    again = Purchase(waybill_no=of.waybill_no)
    trader.port.control("customs", days_ahead=182)
    assert trader.says("511", again) == [-504015]
    trader.port.control("customs", days_ahead=184)
    assert trader.says("511", again) == [2, 120]


def test_a_line_without_units_is_refused(trader: Trader) -> None:
    assert trader.says("311", Purchase(wares=(Ware("0", "0"),))) == [2, 100]


def _order_of_a_run(trader: Trader, seed: int) -> list[tuple[int, int]]:
    """(which purchase, status) of twelve purchases' receipts as they would leave."""
    # Nobody waits so long: beside it the time that passes between two documents of the test weighs nothing.
    trader.port.control("customs", seed=seed, jitter_s=10_000_000, shuffle=True, duplicate_share=0.4, lose_share=0.1)
    bought = [Purchase() for _ in range(12)]
    for of in bought:
        trader.send("311", of)
    at = {of.order_no: n for n, of in enumerate(bought)}
    return [(at[one.texts["orderNo"]], one.status) for one in trader.told()]


def test_delay_duplicates_and_disorder_are_the_seed_s(trader: Trader) -> None:
    first, again, other = (_order_of_a_run(trader, seed) for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert first != sorted(first)
    assert len(set(first)) < len(first)  # some came twice
    assert len(set(first)) < 24  # some were lost


def test_a_share_of_lists_is_inspected(trader: Trader) -> None:
    trader.port.control("customs", seed=3, inspect_share=0.5)
    seen = []
    for _ in range(12):
        of = trader.three(Purchase())
        seen.append(500 in trader.says("621", of))
        assert trader.state(of) == "released"
    assert 0 < sum(seen) < 12


@pytest.mark.parametrize("wrong", [{"inspect_share": 1.5}, {"rates": {"04": "1"}}, {"rates": {"04": {"vat": "x"}}},
                                   {"rates": {"04": {"gst": "0.1"}}}, {"course": "800"}, {"seed": -1}])  # fmt: skip
def test_switches_that_mean_nothing_are_refused(trader: Trader, wrong: dict[str, object]) -> None:
    assert trader.port.http.post("/customs/control", json=wrong).status_code == 400


def test_a_lost_receipt_changes_nothing_in_the_books(trader: Trader) -> None:
    of = trader.three(Purchase())
    trader.port.control("customs", lose=True)
    assert trader.says("621", of) == []
    assert trader.state(of) == "released"


def test_another_limit_of_one_purchase_than_the_laws(trader: Trader) -> None:
    assert trader.port.http.post("/customs/control", json={"single_limit": "much"}).status_code == 400
    trader.port.control("customs", single_limit="300.00")
    trader.send("621", trader.three(Purchase(wares=(Ware("200.00", "2"),))))
    (no,) = trader.told()
    assert (no.status, "300.00" in no.texts["returnInfo"]) == (-621005, True)
    assert trader.says("621", trader.three(Purchase(wares=(Ware("150.00", "2"),))))[-1] == 800
