"""Nothing was wrong with the goods: a person lifts the stop of a closed recall, and the rest goes lot by lot."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import pytest

from entrepot.kit import sql
from entrepot.kit.tests.racing import racing
from entrepot.provenance import selectors as provenance
from entrepot.provenance.types import Happening
from entrepot.recalls import models, services
from entrepot.recalls.services import gathering, holding
from entrepot.recalls.tests.makers import draft, lots_of, read, recalled
from entrepot.recalls.types import Recall
from entrepot.returns.tests.makers import NOW, Bought, bought
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import claimed, stocked
from entrepot.stock.types import CustomsState, LevelUnits

pytestmark = pytest.mark.django_db


def closed(left: int = 5) -> tuple[Bought, Recall]:
    """A closed recall of a lot of which so many units are set aside."""
    of = bought(1)
    stocked(of.parcel.lines[0].sku_id, of.warehouse_id, left)
    found = recalled(of)
    services.close_recall(recall_id=found.id, reason="the laboratory found nothing", actor="clerk", now=NOW)
    return of, found


def lift(found: Recall, reason: str = "sound") -> None:
    services.lift_stop(recall_id=found.id, reason=reason, actor="chief", now=NOW)


def test_a_job_that_began_before_stops_nothing_of_what_may_be_sold_again(monkeypatch: pytest.MonkeyPatch) -> None:
    of = bought(1)
    ((sku_id, _),) = lots_of(of)
    found = recalled(of)

    def meanwhile(row: models.Recall, now: datetime) -> bool:
        services.close_recall(recall_id=row.id, reason="nothing was found", actor="clerk", now=now)
        lift(found)
        return holding.hold(row, now)

    monkeypatch.setattr(gathering, "hold", meanwhile)
    services.work(recall_id=found.id, now=NOW)
    stocked(sku_id, of.warehouse_id, 1)
    assert [one.quantity for one in stock.available(sku_ids=[sku_id])[sku_id]] == [1]


def test_after_a_closed_recall_a_person_lets_goods_be_sold_again() -> None:
    of, found = closed()
    ((sku_id, lot_id),) = lots_of(of)
    lift(found)
    lift(found)
    assert read(found.id).lifted_at == NOW
    kinds = [one.kind for one in provenance.links(sku_id=sku_id, lot_id=lot_id)]
    assert kinds[-2:] == [Happening.RECALLED, Happening.CLEARED]
    (level,) = [one for one in stock.levels(sku_ids=[sku_id]) if one.customs_state is CustomsState.QUARANTINED]
    assert level.free == 5  # they wait for somebody who looks at them
    units = [LevelUnits(sku_id, level.id, 5)]
    stock_verbs.end_quarantine(lines=units, reason="sound", reference="QA1", actor="chief", now=NOW)
    order, line = claimed(sku_id, of.warehouse_id, 5)
    stock_verbs.ship(reference=order, line_ids=[line], sku_ids=[sku_id], now=NOW)
    assert stock.discrepancies() == []


def test_what_is_still_called_back_is_not_lifted() -> None:
    of, found = closed()
    with pytest.raises(services.RecallInvalid):
        lift(found, " ")
    again = services.open_recall(draft=draft(lots_of(of)), actor="clerk", now=NOW)
    with pytest.raises(services.AlreadyRecalled):
        lift(found)
    with pytest.raises(services.RecallStillOpen):
        lift(read(again))
    assert read(found.id).lifted_at is None
    assert sql.rows("SELECT DISTINCT stopped FROM stock_level") == [{"stopped": True}]


@pytest.mark.django_db(transaction=True)
def test_a_recall_that_opens_while_a_stop_is_lifted_stops_its_lots() -> None:
    of, found = closed()
    opening = partial(services.open_recall, draft=draft(lots_of(of)), actor="clerk", now=NOW)
    told = racing([partial(lift, found), opening])
    assert len([one for one in told if one in ("None", "already_recalled")]) == 1
    assert sql.rows("SELECT DISTINCT stopped FROM stock_level") == [{"stopped": True}]
