"""Rows as types."""

from __future__ import annotations

from entrepot.consignments import models
from entrepot.consignments.types import Leg, Line, Mode, Stage


def leg(row: models.Leg) -> Leg:
    return Leg(
        row.number, Stage(row.stage), Mode(row.mode), row.from_place, row.to_place, row.carrier, row.conveyance,
        row.departs_on, row.arrives_on, row.estimated_on, row.departed_on, row.arrived_on,
    )  # fmt: skip


def line(row: models.Line) -> Line:
    return Line(
        row.id, row.number, row.order_line_id, row.sku_id, row.units, row.received, row.lot, row.produced_on,
        row.expires_on, row.origin,
    )  # fmt: skip
