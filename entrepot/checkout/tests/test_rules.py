from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalogue.types import Classification
from entrepot.checkout.rules import freight, obstacles
from entrepot.checkout.rules.freight import FreightRate
from entrepot.checkout.rules.splitting import Plan, preferred, split, there
from entrepot.kit.ids import new_id
from entrepot.kit.money import Money
from entrepot.orders.types import Delivery
from entrepot.pricing.types import BuyingLimit, Price, SalePrice
from entrepot.stock.types import Warehouse, WarehouseKind
from entrepot.tariff.types import Quote, Reason

STANDARD = Delivery.STANDARD
BONDED, OVERSEAS, DOMESTIC = WarehouseKind.BONDED, WarehouseKind.OVERSEAS, WarehouseKind.DOMESTIC


def place(n: int, kind: WarehouseKind) -> Warehouse:
    return Warehouse(
        id=UUID(int=1000 + n),
        code=f"W{n}",
        names={},
        kind=kind,
        country="CN",
        city={},
        trade_mode="1210" if kind is BONDED else "9610",
        customs_code="",
        port_code="",
        area_code="",
        area_name="",
        account_book="",
        days_min=1,
        days_max=2,
    )


PLACES = {one.id: one for one in [place(i, BONDED if i < 4 else OVERSEAS) for i in range(7)] + [place(9, DOMESTIC)]}
SELLING = preferred(PLACES)
SKUS = [UUID(int=i) for i in range(1, 6)]
quantities = st.integers(1, 6)
supplies = st.dictionaries(
    st.sampled_from(SKUS), st.dictionaries(st.sampled_from(sorted(PLACES)), st.integers(0, 8), max_size=5)
)
baskets = st.dictionaries(st.sampled_from(SKUS), quantities, min_size=1)


def planned(plan: Plan) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for _, units in plan.parts:
        for sku, n in units.items():
            found[sku] = found.get(sku, 0) + n
    return found


def sells(at: UUID) -> bool:
    return PLACES[at].kind is not DOMESTIC


@given(baskets, supplies)
def test_every_line_is_served_exactly_or_short_and_nothing_is_taken_that_is_not_there(
    wants: dict[UUID, int], supply: dict[UUID, dict[UUID, int]]
) -> None:
    plan = split(wants=wants, supply=supply, places=SELLING)
    there = {sku: sum(n for at, n in supply.get(sku, {}).items() if sells(at)) for sku in wants}
    assert plan.short == {sku: there[sku] for sku, n in wants.items() if there[sku] < n}
    assert planned(plan) == {sku: n for sku, n in wants.items() if sku not in plan.short}
    for at, units in plan.parts:
        assert units
        assert sells(at)
        assert all(0 < n <= supply[sku][at] for sku, n in units.items())
    assert len({at for at, _ in plan.parts}) == len(plan.parts)


@given(baskets, supplies)
def test_what_is_there_of_a_basket_is_all_that_can_be_had_of_it_and_never_short(
    wants: dict[UUID, int], supply: dict[UUID, dict[UUID, int]]
) -> None:
    had = there(wants=wants, supply=supply, places=SELLING)
    units = {sku: sum(n for at, n in supply.get(sku, {}).items() if sells(at)) for sku in wants}
    assert had == {sku: min(n, units[sku]) for sku, n in wants.items() if units[sku]}
    assert list(had) == [sku for sku in wants if sku in had]  # in the order of the wishes
    plan = split(wants=had, supply=supply, places=SELLING)
    assert (planned(plan), plan.short) == (had, {})
    assert there(wants=had, supply=supply, places=SELLING) == had
    if not split(wants=wants, supply=supply, places=SELLING).short:
        assert had == wants


@given(baskets, supplies)
def test_the_same_basket_is_always_split_the_same_way(
    wants: dict[UUID, int], supply: dict[UUID, dict[UUID, int]]
) -> None:
    turned = {sku: dict(reversed(found.items())) for sku, found in reversed(supply.items())}
    plan = split(wants=wants, supply=supply, places=SELLING)
    assert plan == split(wants=wants, supply=turned, places=preferred(dict(reversed(PLACES.items()))))


@given(baskets, supplies)
def test_no_split_with_fewer_parcels_keeps_the_rule(
    wants: dict[UUID, int], supply: dict[UUID, dict[UUID, int]]
) -> None:
    """Against every subset: one warehouse if one will do, else the fewest bonded ones for what they can serve."""
    plan = split(wants=wants, supply=supply, places=SELLING)
    rest = {sku: n for sku, n in wants.items() if sku not in plan.short}

    def whole(sku: UUID, places: tuple[UUID, ...]) -> bool:
        return any(supply.get(sku, {}).get(at, 0) >= rest[sku] for at in places)

    selling = tuple(at for at in sorted(PLACES) if sells(at))
    alone = [at for at in selling if all(whole(sku, (at,)) for sku in rest)]
    if rest and alone:
        assert [at for at, _ in plan.parts] == alone[:1]
        return
    bonded = tuple(at for at in selling if PLACES[at].kind is BONDED)
    ours = [sku for sku in rest if whole(sku, bonded)]
    fewest = next(
        size for size in range(5) for some in combinations(bonded, size) if all(whole(sku, some) for sku in ours)
    )
    used = {at for at, units in plan.parts if PLACES[at].kind is BONDED and any(sku in ours for sku in units)}
    assert len(used) == fewest


def test_a_line_is_divided_only_where_no_warehouse_has_it_whole_and_joins_parcels_that_go_anyway() -> None:
    tin, bib = SKUS[:2]
    near, far, abroad = (at for at in sorted(PLACES) if PLACES[at].code in ("W0", "W1", "W4"))
    plan = split(
        wants={tin: 6, bib: 1},
        supply={tin: {near: 2, far: 3, abroad: 5}, bib: {near: 1}},
        places=SELLING,
    )
    assert plan.parts == ((near, {tin: 2, bib: 1}), (abroad, {tin: 4}))


def test_many_warehouses_are_covered_without_trying_every_combination() -> None:
    many = {one.id: one for one in (place(i, BONDED) for i in range(40))}
    wants = {UUID(int=i): 1 for i in range(1, 41)}
    supply = {
        UUID(int=i): {at: 1 for n, at in enumerate(sorted(many)) if n % 40 in (i - 1, i % 40)} for i in range(1, 41)
    }
    plan = split(wants=wants, supply=supply, places=preferred(many))
    assert planned(plan) == wants
    assert len(plan.parts) <= 30


RATE = FreightRate(BONDED, STANDARD, date(2026, 1, 1), None, 1_000, 1_000, 500, 300, 20_000, 0, "ours")


@pytest.mark.parametrize(
    ("weight_g", "goods_minor", "expected"),
    [
        (1, 100, 1_000),
        (1_000, 100, 1_000),
        (1_001, 100, 1_300),
        (1_500, 100, 1_300),
        (1_501, 100, 1_600),
        (9, 20_000, 0),
    ],
)
def test_freight_by_begun_steps_and_free_from_the_threshold(weight_g: int, goods_minor: int, expected: int) -> None:
    assert freight.freight(RATE, weight_g=weight_g, goods_minor=goods_minor) == expected


@given(st.integers(0, 100_000), st.integers(0, 100_000), st.integers(0, 19_999))
def test_freight_never_falls_with_weight(lighter: int, more: int, goods_minor: int) -> None:
    one = freight.freight(RATE, weight_g=lighter, goods_minor=goods_minor)
    assert one <= freight.freight(RATE, weight_g=lighter + more, goods_minor=goods_minor)


def test_rates_hold_by_the_day_and_never_two_at_once() -> None:
    old = replace(RATE, valid_to=date(2026, 7, 1))
    new = replace(RATE, valid_from=date(2026, 7, 1), first_minor=1_200)
    assert freight.rate_on([old, new], BONDED, STANDARD, date(2026, 6, 30)) == old
    assert freight.rate_on([old, new], BONDED, STANDARD, date(2026, 7, 1)) == new
    assert freight.rate_on([old, new], OVERSEAS, STANDARD, date(2026, 7, 1)) is None
    assert freight.rate_on([old, new], BONDED, STANDARD, date(2025, 12, 31)) is None
    names = [
        "warehouse_kind",
        "delivery",
        "valid_from",
        "valid_to",
        "first_g",
        "first_minor",
        "step_g",
        "step_minor",
        "free_from_minor",
        "days_sooner",
        "source",
    ]
    row = dict(
        zip(names, ["bonded", "standard", "2026-01-01", "", "1000", "1000", "500", "300", "", "0", "ours"], strict=True)
    )
    with pytest.raises(ValueError, match="two freight rates"):
        freight.parse([row, {**row, "valid_from": "2026-05-01"}])
    freight.parse([row, {**row, "delivery": "express", "valid_from": "2026-05-01"}])
    for wrong in ({"first_g": "0"}, {"days_sooner": "-1"}, {"step_minor": "-1"}, {"source": ""}):
        with pytest.raises(ValueError, match="cannot be right"):
            freight.parse([{**row, **wrong}])
    assert {(rate.warehouse_kind, rate.delivery) for rate in freight.table()} == {
        (kind, delivery) for kind in (BONDED, OVERSEAS) for delivery in Delivery
    }


CLASSIFIED = Classification(
    sku_id=SKUS[0],
    jurisdiction="CN",
    hs_code="3304990039",
    sales_unit="142",
    unit1="035",
    quantity1=Decimal("0.05"),
    unit2="011",
    quantity2=Decimal(1),
    declared_name="面霜",
    model="",
    valid_from=date(2026, 1, 1),
    decided_by="tests",
)


def test_legal_quantities_of_the_line_are_named_as_the_law_measures() -> None:
    assert CLASSIFIED.measures(3) == {"kg": Decimal("0.15"), "piece": Decimal(3)}
    tins = replace(CLASSIFIED, unit1="122", unit2=None, quantity2=None)
    assert tins.measures(3) == {}


def answer(decision: str) -> Quote:
    limits = {"single_limit": "5000.00", "annual_limit": "26000.00"}
    why = Reason(decision, "b", lambda: ("超过限值", "Above the limit", limits))
    return Quote(2, 0, 0, 0, 0, 0, "cn_cbec_1210", decision, "CNY", "platform", (), ("b/1",), (why,), ())


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        ("clear", None),
        ("full_tax_single_item", None),
        ("split", "over_single_limit"),
        ("general_trade", "over_annual_limit"),
        ("rates_not_verified", "tax_unknown"),
        ("not_admitted", "not_admitted"),
        ("return_or_declare", "not_admitted"),
    ],
)
def test_each_decision_that_forbids_is_named_in_both_languages(decision: str, code: str | None) -> None:
    found = obstacles.of_decision(answer(decision), {})
    assert [one.code for one in found] == ([code] if code else [])
    assert all(one.zh and one.en for one in found)


@pytest.mark.parametrize(
    ("quantity", "of_sale", "limit", "code", "told"),
    [
        (1, (5, 2), None, None, {}),
        (2, (5, 2), None, None, {}),
        (3, (5, 2), None, "purchase_limit", {"limit": 2}),
        (2, (1, 2), None, "sold_out_at_price", {"left": 1}),
        (2, (1, 2), 1, "purchase_limit", {"limit": 1}),
        (2, None, 1, "purchase_limit", {"limit": 1}),
        (99, None, None, None, {}),
    ],
)
def test_what_one_person_may_not_order_is_told_before_they_order(
    quantity: int, of_sale: tuple[int, int] | None, limit: int | None, code: str | None, told: dict[str, int]
) -> None:
    sku_id = new_id()
    sale = SalePrice(new_id(), new_id(), of_sale[0], of_sale[1], door=False) if of_sale else None
    price = Price(sku_id, new_id(), Money(1, "CNY"), None, sale, BuyingLimit(limit, 30) if limit else None)
    found = obstacles.of_quantity(sku_id, price, quantity)
    assert [one.code for one in found] == ([code] if code else [])
    assert {name: found[0].data[name] for name in told} == told if found else not told
