"""Proposals: safety stock by the formula, minimum and whole packs, containers that are filled and never overfilled."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalogue.tests.makers import make_sku
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.replenishment import selectors, services
from entrepot.replenishment.models import DayOfSales, LeadTime
from entrepot.replenishment.rules.reorder import CONTAINERS, Need, cover, line, load, normal_factor, top_up
from entrepot.replenishment.services.proposals import AlreadyDecided, PackTooLarge, SourceTwice
from entrepot.replenishment.tests.makers import NOW
from entrepot.replenishment.types import Container, Lead, Plan, ProposalState, Source
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import CustomsState, LevelUnits, WarehouseKind

LEAD = Lead(Decimal(28), Decimal(7), 0)
BOX = Container("box", 1_000_000, 100_000)
TODAY = day_in(CHINA, NOW)


def source(article: str = "A1", **changes: object) -> Source:
    told = {"supplier": "Maker", "place": "NGB1", "minimum": 0, "pack": 1, "volume_cm3": 100, "weight_g": 50}
    return Source(article=article, **{**told, **changes})  # type: ignore[arg-type]


def test_safety_stock_is_what_the_formula_says() -> None:
    """Five weeks at 20 a week: 100, and 1.645 times the root of 5 * 6² + 20² * 1²."""
    forecast, safety = cover(Need(source(), 20.0, 6.0, 0), LEAD, 7, normal_factor(Decimal("0.95")))
    assert forecast == pytest.approx(100)
    assert safety == pytest.approx(1.6449 * sqrt(5 * 36 + 400), rel=1e-4)


@pytest.mark.parametrize(
    ("minimum", "pack", "stock", "on_order", "units", "reasons"),
    [
        (0, 1, 30, 0, 75, ()),
        (0, 12, 30, 0, 84, ("pack",)),
        (100, 12, 30, 0, 108, ("minimum", "pack")),
        (0, 1, 30, 75, None, ()),
        (500, 1, 200, 0, None, ()),  # nothing is needed: no minimum is ordered either
    ],
)
def test_minimum_and_packs_raise_what_is_needed(
    minimum: int, pack: int, stock: int, on_order: int, units: int | None, reasons: tuple[str, ...]
) -> None:
    one = line(Need(source(minimum=minimum, pack=pack, on_order=on_order), 20.0, 0.0, stock), (100.0, 5.0))
    assert (one.units, one.reasons) == (units, reasons) if one else units is None


needs = st.lists(
    st.builds(
        lambda n, minimum, pack, volume, weight, weekly, deviation, stock: Need(
            source(f"A{n}", minimum=minimum, pack=pack, volume_cm3=volume, weight_g=weight), weekly, deviation, stock
        ),
        st.integers(0, 10**6), st.integers(0, 300), st.integers(1, 60), st.integers(0, 9_000), st.integers(0, 1_500),
        st.floats(0, 90), st.floats(0, 40), st.integers(0, 400),
    ),
    min_size=1, max_size=12, unique_by=lambda need: need.source.article,
)  # fmt: skip


@given(needs, st.floats(0, 3))
def test_a_proposal_keeps_minimum_packs_and_containers(drawn: list[Need], factor: float) -> None:
    by_article = {need.source.article: need for need in drawn}
    lines = [one for need in drawn if (one := line(need, cover(need, LEAD, 7, factor)))]
    for one in lines:
        told = by_article[one.article].source
        assert one.units >= max(one.needed, told.minimum)
        assert one.units % told.pack == 0
        assert one.units - told.pack < max(one.needed, told.minimum)
    if not lines:
        return
    before, filled = load(lines, BOX), top_up(lines, drawn, BOX)
    after = load(filled, BOX)
    assert after.number == before.number
    assert sum(one.volume_cm3 for one in filled) <= after.number * BOX.volume_cm3
    assert sum(one.weight_g for one in filled) <= after.number * BOX.weight_g
    for old, new in zip(lines, filled, strict=True):
        told = by_article[new.article].source
        assert new.units >= old.units
        assert new.units % told.pack == 0
        assert (new.volume_cm3, new.weight_g) == (new.units * told.volume_cm3, new.units * told.weight_g)
        assert ("container" in new.reasons) is (new.units > old.units)
        assert new.units - old.units <= 8 * by_article[new.article].weekly


def test_what_runs_out_first_fills_the_room() -> None:
    drawn = [
        Need(source("FAST", volume_cm3=1_000, pack=10), 50.0, 0.0, 0),
        Need(source("SLOW", volume_cm3=1_000, pack=10), 5.0, 0.0, 0),
    ]
    lines = [one for need in drawn if (one := line(need, (need.weekly * 5, 0.0)))]
    filled = {one.article: one.units for one in top_up(lines, drawn, BOX)}
    assert filled == {"FAST": 650, "SLOW": 70}  # eight weeks more of each, and there would be room
    assert load(top_up(lines, drawn, BOX), BOX).volume_percent == 72


def history(article: str, weekly: int, *, weeks: int = 20, now_and_then: int | None = None) -> None:
    """So many a week, in every third another number."""
    monday = TODAY - timedelta(days=TODAY.weekday())
    units = [weekly if n % 3 or now_and_then is None else now_and_then for n in range(1, weeks + 1)]
    DayOfSales.objects.bulk_create(
        DayOfSales(source="orders", article=article, place="NGB1", day=monday - timedelta(days=7 * n), units=sold)
        for n, sold in enumerate(units, 1)
    )


def approved() -> list[object]:
    """What was told of approved proposals."""
    rows = sql.rows("SELECT payload FROM outbox_event WHERE topic = 'replenishment.approved'")
    return [sql.json_value(row["payload"]) for row in rows]


@pytest.mark.django_db
def test_orders_are_proposed_by_supplier_from_sales_stock_and_lead_times() -> None:
    sku, place = make_sku(), warehouse("NGB1")
    stocked(sku.id, place, 30)
    history(sku.code, 20)
    history("OTHER", 10)
    for n in range(5):
        LeadTime.objects.create(
            supplier="Maker", place="NGB1", reference=str(n), ordered_on=date(2026, 1, 1), arrived_on=date(2026, 1, 15)
        )
    sources = [source(sku.code), source("OTHER", supplier="Second", pack=8), source("UNSOLD")]
    made = services.propose(sources=sources, plan=Plan(container=BOX, top_up=False), today=TODAY, now=NOW)
    one, two = sorted((selectors.proposal(proposal_id=each) for each in made), key=lambda each: each.supplier)  # type: ignore[union-attr,arg-type,return-value]
    assert one is not None
    assert two is not None
    # Fourteen days and a week at 20 a week, less 30 that are there; steady demand and times need no safety.
    assert [(each.article, each.units, each.stock, each.safety) for each in one.lines] == [(sku.code, 30, 30, 0)]
    assert (one.lead.days, one.lead.deliveries) == (14, 5)
    # The plan's 28 days with a deviation of 7: 50 and 1.645 * 10.
    assert [(each.units, each.safety) for each in two.lines] == [(72, 17)]
    assert (two.lead.deliveries, two.load.number if two.load else 0) == (0, 1)

    again = services.propose(sources=sources, plan=Plan(), today=TODAY, now=NOW)
    assert {each.state for each in selectors.proposals()} == {ProposalState.REPLACED, ProposalState.PROPOSED}
    services.decide(proposal_id=again[0], approve=True, actor="anna", now=NOW)
    assert approved() == [{"proposal_id": str(again[0])}]
    for approve in (True, False):
        with pytest.raises(AlreadyDecided):
            services.decide(proposal_id=again[0], approve=approve, actor="bert", now=NOW)
    assert len(approved()) == 1


@pytest.mark.django_db
def test_what_has_expired_is_no_stock_to_plan_with() -> None:
    """It lies there, and nobody can buy it."""
    sku, place = make_sku(), warehouse("NGB1")
    stocked(sku.id, place, 500, lot="OLD", expires_on=TODAY)
    stocked(sku.id, place, 30, lot="NEW", expires_on=TODAY + timedelta(days=1))
    history(sku.code, 20)
    (made,) = services.propose(sources=[source(sku.code)], plan=Plan(lead_spread_days=0), today=TODAY, now=NOW)
    found = selectors.proposal(proposal_id=made)
    assert found is not None
    assert [(one.stock, one.units) for one in found.lines] == [(30, 70)]


@pytest.mark.django_db
def test_what_is_in_transit_to_a_place_is_not_ordered_for_it_once_more() -> None:
    sku, place, other = make_sku(), *(warehouse(code, WarehouseKind.DOMESTIC) for code in ("NGB1", "SH1"))
    stocked(sku.id, other, 50, customs_state=CustomsState.DUTY_PAID, item_record="")
    (level,) = stock.levels(sku_ids=[sku.id])
    made = stock_verbs.plan_transfer(
        source_id=other, target_id=place, lines=[LevelUnits(sku.id, level.id, 30)], note="", actor="t", now=NOW
    )
    stock_verbs.send_transfer(transfer_id=made, actor="t", now=NOW)
    history(sku.code, 20)
    (proposal,) = services.propose(sources=[source(sku.code)], plan=Plan(lead_spread_days=0), today=TODAY, now=NOW)
    found = selectors.proposal(proposal_id=proposal)
    assert found is not None
    assert [(one.stock, one.units) for one in found.lines] == [(30, 70)]


@pytest.mark.django_db
def test_sources_that_cannot_be_are_refused() -> None:
    with pytest.raises(SourceTwice):
        services.propose(sources=[source(), source(supplier="Second")], plan=Plan(), today=TODAY, now=NOW)
    with pytest.raises(PackTooLarge, match="A1"):
        services.propose(sources=[source(pack=10**5)], plan=Plan(container=BOX), today=TODAY, now=NOW)
    with pytest.raises(ValueError, match="pack"):
        source(pack=0)


@pytest.mark.django_db
def test_the_command_reads_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history("A1", 10)
    file = tmp_path / "sources.csv"
    file.write_text("supplier,place,article,minimum,pack,volume_cm3,weight_g,on_order\nMaker,NGB1,A1,0,6,9000,800,0\n")
    call_command("propose", str(file), "--container", "20")
    told = capsys.readouterr().out
    assert "Maker, NGB1: 1 articles" in told
    assert "1 x 20" in told
    (listed,) = selectors.proposals()
    made = selectors.proposal(proposal_id=listed.id)
    assert made is not None and listed.sums == made.sums
    assert CONTAINERS["20"].weight_g >= sum(one.weight_g for one in made.lines)
