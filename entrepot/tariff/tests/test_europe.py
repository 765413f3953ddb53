"""What holds for every consignment into the European Union, Great Britain, Switzerland and Norway."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.tariff import regimes, selectors
from entrepot.tariff.arithmetic import sum_cut, sum_to_step
from entrepot.tariff.book import COLUMNS, Books
from entrepot.tariff.reading import read
from entrepot.tariff.regimes.eu.rules import MEMBERS
from entrepot.tariff.services import found_books, import_book
from entrepot.tariff.tests.makers import a_book, a_line, a_request, frozen_books, quoted
from entrepot.tariff.types import LineRequest, Quote, Rates

TSHIRT, WATCH, PERFUME, WINE, TOY, CHOCOLATE = (
    "6109100000", "9102110000", "3303001000", "2204210000", "9503007500", "1806320000",
)  # fmt: skip
CURRENCY = {"DE": "EUR", "FR": "EUR", "RO": "EUR", "IT": "EUR", "GB": "GBP", "CH": "CHF", "NO": "NOK"}
LIMITS = {"DE": 15_000, "GB": 13_500, "NO": 300_000}  # minor units: the last value (NO: the first that is not) inside
cents = st.integers(1, 60_000)
days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
places = st.sampled_from(sorted(CURRENCY))


def money(minor: int) -> str:
    return str(Decimal(minor) / 100)


def asked(destination: str, *lines: LineRequest, **changes: object) -> Quote:
    fields = {"destination": destination, "currency": CURRENCY.get(destination, "EUR"), "channel": "direct", **changes}
    return quoted(a_request(*lines, **fields))


@st.composite
def baskets(draw: st.DrawFn) -> tuple[LineRequest, ...]:
    made = []
    for i in range(draw(st.integers(1, 5))):
        rates = {name: draw(st.sampled_from(["0", "0.025", "0.12"])) for name in ("duty", "excise", "vat")}
        given_names = draw(st.sets(st.sampled_from(sorted(rates))))
        price, quantity = draw(cents), draw(st.integers(1, 5))
        made.append(
            a_line(
                money(price), draw(st.sampled_from([TSHIRT, WATCH, PERFUME, WINE, TOY, CHOCOLATE])), id=str(i),
                quantity=str(quantity), discount=money(draw(st.integers(0, price * quantity))),
                rates={name: rates[name] for name in given_names}, proof_of_origin=draw(st.booleans()),
            )
        )  # fmt: skip
    return tuple(made)


@given(baskets(), places, cents, days, st.booleans())
def test_parts_sum_and_answers_repeat(
    basket: tuple[LineRequest, ...], place: str, freight: int, day: date, registered: bool
) -> None:
    changes = {"freight": money(freight), "day": day, "registered_seller": registered}
    got = asked(place, *basket, **changes)
    assert got == asked(place, *basket, **changes)
    goods = sum(line.quantity * line.unit_price - line.discount for line in basket)
    assert got.customs_value == goods + Decimal(money(freight)) == sum(line.customs_value for line in got.lines)
    for name in ("duty", "excise", "vat"):
        assert getattr(got, name) == sum(getattr(line, name) for line in got.lines) >= 0
    assert got.fees >= sum(line.fees for line in got.lines)
    assert got.total_tax == got.duty + got.excise + got.vat + got.fees
    assert (got.decision == "rates_not_verified") is any(step.code == "not_computed" and step.figures.get("line")
                                                         for step in got.warnings)  # fmt: skip
    for line in got.lines:  # nothing is guessed: a line without all rates has no tax at all
        if any(step.code == "not_computed" and step.figures.get("line") == line.id for step in got.warnings):
            assert (line.duty, line.excise, line.vat, dict(line.rates)) == (0, 0, 0, {})


@given(cents, places, days, st.sampled_from(["duty", "excise", "vat"]), st.integers(0, 30), st.integers(0, 30))
def test_a_lower_rate_never_raises_the_tax(price: int, place: str, day: date, which: str, low: int, more: int) -> None:
    def tax(rate: int) -> Decimal:
        rates = {"duty": "0.12", "excise": "0.1", "vat": "0.2", which: money(rate)}
        return asked(place, a_line(money(price), rates=rates), day=day, registered_seller=False).total_tax

    assert tax(low) <= tax(low + more)


@given(st.integers(1, 30_000), places, days, st.booleans())
def test_a_line_split_in_two_differs_by_a_cent_at_most(price: int, place: str, day: date, registered: bool) -> None:
    """Great Britain and Switzerland round the sum: nothing differs. France counts its fee by line."""
    rates = {"duty": "0.117", "vat": "0.081"}
    changes = {"day": day, "registered_seller": registered}
    one = asked(place, a_line(money(price), rates=rates, quantity="2"), **changes)
    two = asked(place, a_line(money(price), rates=rates), a_line(money(price), rates=rates, id="2"), **changes)
    most = Decimal("0.01") if place not in {"GB", "CH"} else 0
    assert one.decision == two.decision == "clear"
    assert abs(one.duty - two.duty) <= most
    assert abs(one.vat - two.vat) <= most
    assert two.fees - one.fees == (2 if place == "FR" and one.fees else 0)


@given(st.sampled_from(sorted(LIMITS)), st.integers(-1, 1), st.sampled_from([date(2026, 6, 30), date(2026, 7, 1)]))
def test_who_collects_turns_at_the_limit(place: str, off: int, day: date) -> None:
    got = asked(place, a_line(money(LIMITS[place] + off), rates={"duty": "0.12"}), day=day)
    inside = off < 0 if place == "NO" else off <= 0
    assert got.collector == ("seller" if inside else "importer")
    full = Fraction(LIMITS[place] + off) * 12 / 100
    flat = 300 if place == "DE" and day == date(2026, 7, 1) else 0
    assert abs(Fraction(got.duty) * 100 - (flat if inside else full)) < 1


@given(st.integers(1, 7_000))
def test_five_francs_of_import_tax_are_let_off(minor: int) -> None:
    exact = Fraction(minor) * 81 / 1000
    rounded = 5 * ((2 * exact + 5) // 10)
    got = asked("CH", a_line(money(minor)), registered_seller=False)
    assert got.vat * 100 == (0 if rounded <= 500 else rounded)
    assert asked("CH", a_line(money(minor))).vat * 100 == rounded


@given(
    st.lists(st.sampled_from([TSHIRT, "6109100010", WATCH, PERFUME, TOY]), min_size=1, max_size=6), st.integers(1, 9)
)
def test_three_euro_for_each_subheading(codes: list[str], quantity: int) -> None:
    lines = [a_line("2.49", code, id=str(i), quantity=str(quantity)) for i, code in enumerate(codes)]
    got = asked("DE", *lines, day=date(2026, 7, 1))
    assert got.duty == 3 * len({code[:6] for code in codes})


@given(st.integers(1, 10**6), st.sampled_from([("JPY", 0), ("KWD", 3)]), places, st.integers(1, 10**5))
def test_currencies_without_and_with_three_places(minor: int, currency: tuple[str, int], place: str, rate: int) -> None:
    name, digits = currency
    line = a_line(str(Decimal(minor).scaleb(-digits)), rates={"duty": "0.1", "excise": "0"})
    exchange = Decimal(rate) / 10**6
    got = quoted(replace(a_request(line, destination=place, currency=name, channel="direct"), exchange_rate=exchange))
    exact = Fraction(line.unit_price) * Fraction(exchange)
    assert got.currency == CURRENCY[place]
    assert abs(Fraction(got.customs_value) - exact) <= Fraction(1, 200)
    assert got.vat == sum(each.vat for each in got.lines)


@given(st.lists(st.fractions(0, 1000, max_denominator=500), min_size=1, max_size=8), st.sampled_from([1, 5, 100]))
def test_a_rounded_sum_is_shared_whole(parts: list[Fraction], step: int) -> None:
    total = sum(parts)
    assert sum(sum_cut(parts)) <= total < sum(sum_cut(parts)) + 1
    to_step = sum_to_step(parts, step)
    assert sum(to_step) % step == 0
    assert abs(sum(to_step) - total) <= Fraction(step, 2)
    if step == 1:
        assert all(abs(share - part) <= 1 + Fraction(1, 2) for share, part in zip(to_step, parts, strict=True))


def test_every_member_state_has_a_rate_for_every_day() -> None:
    assert len(MEMBERS) == 27
    for state in sorted(MEMBERS):
        books = frozen_books(state)
        day = date(2021, 1, 1)
        while day < date(2027, 1, 1):
            row = books.find("vat", day)
            assert row is not None and Fraction(15, 100) <= row.formula <= Fraction(27, 100)
            assert row.source.startswith("European Commission")
            day += timedelta(days=1)


def test_no_unconfirmed_amount_is_charged_without_a_word() -> None:
    for folder in ("eu", "uk", "ch", "no"):
        rows, faults = read(content=regimes.shipped(folder))
        assert faults == ()
        assert all(row.note for row in rows if not row.confirmed)
    assert "not_confirmed" in {step.code for step in asked("IT", a_line("10"), day=date(2026, 10, 1)).warnings}


@pytest.mark.parametrize(
    "row",
    [
        ',,EU,eu_flat_duty,"{""at_most"":""150"",""amount"":""3"",""digits"":""7""}"',
        ',,EU,eu_flat_duty,"{""at_most"":""150"",""amount"":""3""}"',
        ',,EU,eu_duty_relief,"{""at_most"":""150.001""}"',
        ',,EU,eu_duty_relief,"{""below"":""150""}"',
        ',,RO,eu_fee.national,"{""per"":""kilo"",""amount"":""25"",""currency"":""RON"",""at_most"":""150""}"',
        ',,RO,eu_fee.x,"{""per"":""line"",""amount"":""2"",""currency"":""EUR"",""at_most"":""9"",""charged"":""no?""}"',
        ',,CH,ch_rounding,"{""step"":""0""}"',
        ',,CH,ch_registered,"{""collector"":""customs""}"',
        ',,NO,no_voec,"{""below"":""-1""}"',
        '22,,NO,excise_goods,"{""sort"":""alcohol""}"',
    ],
)
def test_a_row_that_says_too_little_is_refused(row: str) -> None:
    rates, faults = read(content="\n".join((",".join(COLUMNS), f"{row},2026-01-01,,yes,here,")).encode())
    assert rates == () and [fault.column for fault in faults] == ["params"]
    assert faults[0].zh and faults[0].en


@pytest.mark.parametrize(
    ("registered", "proof", "demand", "duty"),
    [
        (False, True, "full_declaration", "0"),
        (False, False, "low_value_declaration", "3"),
        (True, True, "ioss_number", "3"),
    ],
)
def test_a_preference_is_claimed_by_a_full_declaration_alone(
    registered: bool, proof: bool, demand: str, duty: str
) -> None:
    book = a_book('61,VN,EU,preference,"{""rate"":""0""}",2020-01-01,,yes,here,')
    line = a_line("10", TSHIRT, origin="VN", proof_of_origin=proof)
    request = a_request(
        line, destination="DE", currency="EUR", channel="direct", day=date(2026, 7, 1), registered_seller=registered
    )
    got = quoted(request, book)
    assert ([step.code for step in got.demands], got.duty) == ([demand], Decimal(duty))


UNION_DUTY = '6109,,EU,duty,"{""rate"":""0.12""}",2020-01-01,,yes,here,'
STATE_DUTY = '6109,,FR,duty,"{""rate"":""0.05""}",2020-01-01,,yes,here,'


def test_rows_of_the_union_speak_for_its_members_after_their_own() -> None:
    book = a_book(UNION_DUTY, STATE_DUTY)
    day = date(2026, 1, 1)

    def rate(destination: str, *books: str) -> Fraction | None:
        made = [book, *(a_book(row, code=f"later/{i}") for i, row in enumerate(books))]
        row = Books(destination, made, regimes.union(destination)).find("duty", day, TSHIRT)
        return None if row is None else row.formula.rate

    assert (rate("DE"), rate("FR"), rate("GB"), rate("CN")) == (Fraction("0.12"), Fraction("0.05"), None, None)
    later = UNION_DUTY.replace("0.12", "0.07")
    assert (rate("DE", later), rate("FR", later)) == (Fraction("0.07"), Fraction("0.07"))  # a later book is heard first
    assert Books("DE", [book], "EU").laid_over(a_book(later, code="x/1")).find("duty", day, TSHIRT) is not None


@pytest.mark.django_db
def test_a_tariff_of_the_union_is_imported_once_for_all_states() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    found_books(now=now)
    import_book(
        name="taric", content="\n".join((",".join(COLUMNS), UNION_DUTY)).encode(), as_of=date(2026, 11, 27),
        actor="test", now=now,
    )  # fmt: skip
    for state, vat in (("DE", "31.92"), ("HU", "45.36")):
        got = selectors.quote(
            request=a_request(a_line("150.01", TSHIRT), destination=state, currency="EUR", channel="direct")
        )
        assert (got.decision, got.duty, got.vat) == ("clear", Decimal("18.00"), Decimal(vat))
        assert {"eu/1", "taric/1"} <= set(got.books)
    elsewhere = selectors.quote(
        request=a_request(a_line("200", TSHIRT), destination="GB", currency="GBP", channel="direct")
    )
    assert elsewhere.decision == "rates_not_verified" and "taric/1" not in elsewhere.books


def test_the_engine_ranks_the_only_way_in() -> None:
    line = replace(a_line("20", TSHIRT), rates=Rates())
    got = asked("DE", line, channel=None, day=date(2026, 7, 1))
    assert [(option.channel, option.open) for option in got.options] == [("direct", True)]
    wine = asked("DE", a_line("20", WINE), channel=None, day=date(2026, 7, 1))
    assert [(option.open, option.total_tax) for option in wine.options] == [(False, None)]
