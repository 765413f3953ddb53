"""`channel: null`: the ways into China side by side, cheapest open one first, each with what it demands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from entrepot.tariff import engine
from entrepot.tariff.regime import Regime
from entrepot.tariff.tests.makers import a_book, a_line, a_request, frozen_books, quoted
from entrepot.tariff.types import Buyer, LineRequest, Option, Quote
from entrepot.tariff.types.refusals import UnknownCode, UnknownHsCode

SHIRT, CREAM, WINE, TOY, CAMERA, WATCH = (
    "6109100021", "3304990099", "2204210000", "9503002100", "8525891100", "9102110000",
)  # fmt: skip
DUTY = a_book(
    '6109,,CN,duty,"{""rate"":""0.06""}",2016-04-08,,yes,worked example,',
    '2204,,CN,duty,"{""rate"":""0.14""}",2016-04-08,,yes,worked example,',
    '9503,,CN,duty,"{""rate"":""0""}",2016-04-08,,yes,worked example,',
)
LISTED = a_book(
    ',,CN,positive_list_edition,"{""name"":""2022-7""}",2022-03-01,,yes,worked example,',
    "22042100,,CN,positive_list,{},2022-03-01,,yes,worked example,",
)
WAYS = {"bonded", "direct", "postal", "general"}


def ranked(*lines: LineRequest, **changes: object) -> Quote:
    got = quoted(a_request(*lines, **{"channel": None, "day": date(2026, 11, 1), **changes}), DUTY)  # type: ignore[arg-type]
    assert {option.channel for option in got.options} == WAYS
    _is_well_told(got)
    return got


def _is_well_told(got: Quote) -> None:
    opened = [option for option in got.options if option.open]
    totals = [option.total_tax for option in opened]
    assert None not in totals and totals == sorted(totals, key=lambda total: total or Decimal(0))
    assert list(got.options) == [*opened, *(option for option in got.options if not option.open)]
    if opened:
        assert (got.channel, got.regime, got.total_tax) == (opened[0].channel, opened[0].regime, opened[0].total_tax)
    for option in got.options:
        assert option.decision == "refused" or all(demand.zh and demand.en for demand in option.demands)
        assert option.open == (option.why is None)
        assert option.why is None or (option.why.zh and option.why.en)


def way(got: Quote, channel: str) -> Option:
    return next(option for option in got.options if option.channel == channel)


def order(got: Quote) -> list[tuple[str, str | None]]:
    return [(option.channel, None if option.total_tax is None else str(option.total_tax)) for option in got.options]


def test_a_small_parcel_is_cheapest_by_post_where_the_tax_falls_away() -> None:
    got = ranked(a_line("199"))
    # 20 % of 199 = 39.80, not above 50; 9.1 %; 6 % waived below 50, 13 %
    assert order(got) == [("postal", "0.00"), ("bonded", "18.11"), ("direct", "18.11"), ("general", "25.87")]
    assert got.channel == "postal" and all(option.open for option in got.options)


def test_above_the_exemption_cross_border_retail_is_cheapest() -> None:
    got = ranked(a_line("900"))
    # 9.1 % = 81.90; 20 % = 180; 6 % = 54 and 13 % of 954 = 124.02
    assert order(got) == [("bonded", "81.90"), ("direct", "81.90"), ("general", "178.02"), ("postal", "180.00")]


def test_each_way_in_says_what_it_demands() -> None:
    got = ranked(a_line("900"))
    assert {option.channel: [demand.code for demand in option.demands] for option in got.options} == {
        "bonded": ["real_name", "three_documents", "bonded_zone"],
        "direct": ["real_name", "three_documents"],
        "postal": ["personal_use"],
        "general": ["importer", "licences_and_labels"],
    }


def test_above_the_parcel_limit_the_post_is_closed_and_says_why() -> None:
    got = ranked(a_line("500.01", quantity="2"))
    post = way(got, "postal")
    assert (post.open, post.decision, post.total_tax) == (False, "return_or_declare", None)
    assert post.why is not None and post.why.code == "over_limit" and "1000.00" in post.why.en
    assert got.channel == "bonded"


def test_without_a_duty_rate_general_trade_is_closed_and_says_which_line() -> None:
    got = ranked(a_line("425", CREAM, measures={"g": "20"}), a_line("100", id="2"))
    general = way(got, "general")
    assert (general.open, general.decision, general.total_tax) == (False, "rates_not_verified", None)
    assert general.why is not None and general.why.code == "not_computed" and CREAM in general.why.en


def test_above_the_annual_limit_only_general_trade_and_the_post_stay_open() -> None:
    got = ranked(a_line("900"), used="25999")
    assert order(got)[:2] == [("general", "178.02"), ("postal", "180.00")]
    for channel in ("bonded", "direct"):
        closed = way(got, channel)
        assert (closed.open, closed.decision) == (False, "general_trade")
        assert closed.why is not None and closed.why.code == "over_annual_limit"


def test_a_single_item_above_the_single_limit() -> None:
    got = ranked(a_line("6000", TOY))
    # In full: 13 % of 6,000 under all three; the regimes' order decides between equals
    assert order(got) == [(channel, "780.00") for channel in ("bonded", "direct", "general", "postal")]
    assert way(got, "bonded").decision == "full_tax_single_item"


def test_a_split_is_open_and_a_piece_that_cannot_be_split_off_is_not() -> None:
    got = ranked(a_line("3000"), a_line("2500", id="2"))
    assert (way(got, "bonded").decision, way(got, "bonded").open) == ("split", True)
    assert [part.fits for part in got.parts] == [True, True]
    closed = ranked(a_line("5000.01", CAMERA), a_line("100", id="2"))
    assert all(not option.open for option in closed.options)
    assert way(closed, "bonded").total_tax is None  # one of its pieces could not be computed


def test_goods_not_on_the_list_go_another_way() -> None:
    got = quoted(a_request(a_line("900"), channel=None, day=date(2026, 11, 1)), DUTY, LISTED)
    assert got.channel == "general"
    assert [option.why.code for option in got.options if option.decision == "not_admitted" and option.why] == [
        "not_on_positive_list",
        "not_on_positive_list",
    ]


def test_a_way_in_that_lacks_a_measure_is_listed_with_what_it_lacks() -> None:
    got = ranked(a_line("150", WINE, measures={"ml": "750"}))
    post = way(got, "postal")
    assert (post.decision, post.open, post.total_tax) == ("refused", False, None)
    assert post.why is not None and post.why.code == "missing_measure" and "l_alcohol" in post.why.en


def test_before_cross_border_retail_there_was_the_post() -> None:
    got = ranked(a_line("300"), day=date(2016, 4, 7))
    assert (got.channel, got.total_tax) == ("postal", Decimal("60.00"))  # 20 %
    assert {option.channel for option in got.options if option.decision == "refused"} == WAYS - {"postal"}


def test_where_nothing_can_be_computed_every_way_says_so() -> None:
    got = ranked(a_line("800", SHIRT), a_line("900", CAMERA, id="2"), used="26000")
    assert not any(option.open for option in got.options)
    assert {channel: way(got, channel).total_tax for channel in WAYS} == dict.fromkeys(WAYS)


def test_among_closed_ways_one_with_a_sum_goes_before_one_without() -> None:
    """What was not computed adds up to nothing, which is not cheap."""
    known = quoted(a_request(a_line("900"), channel="bonded", used="26000"), DUTY)
    blank = quoted(a_request(a_line("900"), channel="general"))
    assert (known.decision, blank.decision, blank.total_tax) == ("general_trade", "rates_not_verified", 0)

    def regime(name: str, answer: Quote) -> Regime:
        return Regime(
            name, frozenset({"CN"}), (name,), date(2026, 1, 1), lambda _: "CNY", lambda _request, _books: answer
        )

    ways = [regime("blank", blank), regime("known", known)]
    got = engine.quote(a_request(a_line("900"), channel=None), frozen_books(), ways)
    assert [(option.channel, option.total_tax) for option in got.options] == [
        ("known", known.total_tax),
        ("blank", None),
    ]


def test_what_is_wrong_with_every_way_is_refused() -> None:
    with pytest.raises(UnknownHsCode):
        quoted(a_request(a_line("10", "9999999999"), channel=None))


@pytest.mark.parametrize("region", ["HKG", "hk", "Hong Kong", "XX", ""])
def test_a_region_that_is_none_is_refused(region: str) -> None:
    with pytest.raises(UnknownCode) as caught:
        quoted(a_request(a_line("10"), channel="postal", buyer=Buyer(origin_region=region)))
    assert caught.value.field == "buyer.origin_region"
