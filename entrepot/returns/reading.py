"""Rows of our tables as what they mean."""

from __future__ import annotations

from collections.abc import Iterable

from entrepot.returns import models
from entrepot.returns.types import (
    Amounts,
    CustomsAnswer,
    Reason,
    Return,
    ReturnEvent,
    ReturnLine,
    ReturnState,
    Window,
)


def window_of(row: models.Return) -> Window:
    return Window(row.released_on, row.apply_by, row.back_by, row.source)


def line_of(row: models.Line) -> ReturnLine:
    return ReturnLine(
        line_id=row.line_id,
        number=row.number,
        sku_id=row.sku_id,
        quantity=row.quantity,
        sound=row.sound,
        spoiled=row.spoiled,
        refunded=Amounts(row.goods_minor, row.freight_minor, row.tax_minor),
    )


def return_of(row: models.Return, lines: Iterable[models.Line], events: Iterable[models.Event]) -> Return:
    return Return(
        id=row.id,
        buyer_id=row.buyer_id,
        order_id=row.order_id,
        parcel_id=row.parcel_id,
        number=row.number,
        order_number=row.order_number,
        parcel_number=row.parcel_number,
        currency=row.currency,
        state=ReturnState(row.state),
        customs=CustomsAnswer(row.customs),
        customs_code=row.customs_code,
        reason=Reason(row.reason),
        note=row.note,
        tracking=row.tracking,
        window=window_of(row),
        applied_at=row.applied_at,
        arrived_on=row.arrived_on,
        lines=tuple(line_of(one) for one in lines),
        events=tuple(ReturnEvent(one.sequence, one.kind, one.at, one.actor, one.note) for one in events),
    )
