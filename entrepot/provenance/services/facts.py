"""What the rooms below know of a lot, as steps of its journey. Codes, days and counts only: the page is public."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID

from entrepot.consignments import selectors as consignments
from entrepot.consignments.types import Consignment, Leg, Stage, lot_parts
from entrepot.kit.clock import CHINA, day_in
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import Bought
from entrepot.provenance.types import Happening, Step
from entrepot.stock import selectors as stock
from entrepot.stock.types import Lot
from entrepot.stock.types.bonded import Inbound

KEY_MAX = 80


class Facts:
    """Lots that came together share what is read of their consignment, orders and declaration."""

    def __init__(self, now: datetime) -> None:
        self.today = day_in(CHINA, now)
        self._consignments: dict[str, Consignment | None] = {}
        self._bought: dict[UUID, Bought] = {}
        self._inbounds: dict[str, Inbound | None] = {}

    def of(self, lot: Lot) -> list[Step]:
        """Every step of a lot's journey so far."""
        _printed, number = lot_parts(lot.code)
        found = self._consignment(number) if number else None
        steps = [] if found is None else [*self._bought_by(found, lot), *self._travelled(found, lot)]
        return [*steps, *self._declared(lot), *self._moved(lot)]

    def _bought_by(self, found: Consignment, lot: Lot) -> list[Step]:
        """The orders of the lot's line; of another lot than the announced, those of the article's lines."""
        printed, _number = lot_parts(lot.code)
        lines = [line for line in found.lines if line.sku_id == lot.sku_id]
        exact = [line for line in lines if line.lot == printed]
        steps = {}
        for line in exact or lines:
            bought = self._bought[line.order_line_id]
            for right in bought.rights:
                period = {"from": right.valid_from.isoformat(), "until": right.valid_to.isoformat()}
                key = f"authorised:{right.authorisation_id}"
                steps[key] = Step(Happening.AUTHORISED, key, _begin(right.valid_from), right.country, period)
            if bought.sent_at is not None:
                key = f"ordered:{bought.order_number}"
                said: dict[str, str | int] = {"order": bought.order_number, "version": bought.version}
                steps[key] = Step(Happening.ORDERED, key, bought.sent_at, bought.country, said)
        return list(steps.values())

    def _travelled(self, found: Consignment, lot: Lot) -> list[Step]:
        place = stock.warehouses()[found.warehouse_id]
        home = {self._bought[line.order_line_id].country for line in found.lines}.pop()
        steps = [
            _departed(found, leg, place.country if leg.stage is Stage.AFTER else home)
            for leg in found.legs
            if leg.departed_on
        ]
        if found.arrived_on and not lot.declaration_number:  # else the declaration's arrival says it
            said = {"consignment": found.number, "warehouse": place.code}
            at = _begin(found.arrived_on)
            steps.append(Step(Happening.ARRIVED, f"arrived:{found.number}", at, place.country, said))
        return steps

    def _declared(self, lot: Lot) -> list[Step]:
        found = self._inbound(lot.declaration_number) if lot.declaration_number else None
        if found is None:
            return []
        days = ((Happening.DECLARED, found.declared_on), (Happening.ARRIVED, found.arrived_on))
        said = {"declaration": found.declaration_number}
        return [Step(kind, f"{kind.value}:{found.number}", _begin(day), "CN", said) for kind, day in days if day]

    def _moved(self, lot: Lot) -> list[Step]:
        places = stock.warehouses()
        steps = []
        for row in stock.lot_story(sku_id=lot.sku_id, lot_id=lot.id):
            place = places[row["warehouse_id"]]
            said: dict[str, str | int] = {"warehouse": place.code, "units": row["units"]}
            if row["kind"] == "receive":
                key = f"received:{place.code}:{row['reference']}"
                steps.append(Step(Happening.RECEIVED, key[:KEY_MAX], row["at"], place.country, said))
            elif row["reference"] < self.today.isoformat():
                said["day"] = row["reference"]
                key = f"sold:{place.code}:{row['reference']}"
                steps.append(Step(Happening.SOLD, key, row["at"], place.country, said))
        return steps

    def _consignment(self, number: str) -> Consignment | None:
        if number not in self._consignments:
            found = self._consignments[number] = consignments.numbered(number=number)
            lines = [line.order_line_id for line in found.lines] if found else []
            self._bought |= procurement.bought(line_ids=lines)
        return self._consignments[number]

    def _inbound(self, number: str) -> Inbound | None:
        if number not in self._inbounds:
            found = [one for one in stock.inbounds(text=number) if one.declaration_number == number]
            self._inbounds[number] = found[0] if found else None
        return self._inbounds[number]


def _departed(found: Consignment, leg: Leg, country: str) -> Step:
    said: dict[str, str | int] = {
        "consignment": found.number, "from": leg.from_place, "to": leg.to_place, "mode": leg.mode.value,
    }  # fmt: skip
    assert leg.departed_on is not None
    return Step(Happening.DEPARTED, f"departed:{found.number}:{leg.number}", _begin(leg.departed_on), country, said)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA).astimezone(UTC)
