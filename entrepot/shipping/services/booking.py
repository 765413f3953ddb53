from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.outbox.services import ending
from entrepot.shipping import carriers, rules
from entrepot.shipping.carriers.port import Booked, No
from entrepot.shipping.reading import find, seal_consignee, waybill_of
from entrepot.shipping.services.told import DISPATCHED, Follow, moved
from entrepot.shipping.types import Waybill, WaybillState, WaybillWish

goods_chars_max = 200


class CarrierSilent(Refusal):
    """No answer, too slow, or a fault there. The same call again continues the same waybill."""

    code = "carrier_silent"
    status = 503
    zh = "承运商暂时无法连接，请稍后重试"
    en = "The carrier does not answer right now; please try again"


class CarrierRefused(Refusal):
    code = "carrier_refused"
    zh = "承运商拒绝了该运单（{reason}）"
    en = "The carrier refused this parcel ({reason})"


class UnknownWaybill(NotFound):
    code = "unknown_waybill"
    zh = "没有该包裹的运单"
    en = "There is no waybill for this parcel"


class NotBooked(Refusal):
    code = "waybill_not_booked"
    zh = "承运商尚未给出运单号，不能交运"
    en = "The carrier has not given a number yet, so the parcel cannot be handed over"


def book(*, wish: WaybillWish, now: datetime) -> Waybill:
    """Have the parcel carried: the carrier is asked for a number under the parcel's own id, and the waybill is stored.

    Once per parcel: a call whose answer was lost or whose process was killed is repeated under the same id, and the
    carrier says the same. What it does not answer or refuses is stored as requested. One statement.
    Calls outside, so not inside a transaction. Refuses CarrierSilent, CarrierRefused, UnknownCarrier.
    """
    return book_once(wish=wish, now=now)[0]


def book_once(*, wish: WaybillWish, now: datetime) -> tuple[Waybill, bool]:
    """As `book`; True where this call stored the waybill, False where there was one."""
    if wish.weight_g <= 0 or wish.freight_minor < 0 or wish.insurance_minor < 0:
        raise ValueError("weights are positive, amounts not negative")
    adapter = carriers.carrier(wish.carrier)
    with transaction.atomic(durable=True):
        pass  # nobody is waited for inside a transaction: raises there
    answer = adapter.book(wish.parcel_id, wish, now)
    waybill, fresh = _store(wish, answer if isinstance(answer, Booked) else None, now)
    if waybill.state is WaybillState.REQUESTED:
        if isinstance(answer, No):
            raise CarrierRefused(reason=answer.code)
        raise CarrierSilent
    return waybill, fresh


def _store(wish: WaybillWish, booked: Booked | None, now: datetime) -> tuple[Waybill, bool]:
    params = {
        "id": wish.parcel_id,
        "buyer_id": wish.buyer_id,
        "order_id": wish.order_id,
        "parcel_id": wish.parcel_id,
        "order_number": wish.number,
        "carrier": wish.carrier,
        "state": WaybillState.BOOKED if booked else WaybillState.REQUESTED,
        "trade_mode": wish.trade_mode,
        "freight_minor": wish.freight_minor,
        "insurance_minor": wish.insurance_minor,
        "weight_g": wish.weight_g,
        "goods_text": wish.goods_text[:goods_chars_max],
        "consignee_sealed": seal_consignee(wish.consignee, wish.parcel_id),
        "booked_at": now if booked else None,
        "now": now,
        **asdict(booked or Booked("", "", "", "", "", "", "")),
    }
    with transaction.atomic(durable=True):
        statement = sql.load("shipping", "book")
        # No row: another call stored one between our look and our insert; a second look sees it.
        rows = sql.hot_rows(statement, params) or sql.hot_rows(statement, params)
    return waybill_of(rows[0]), rows[0]["fresh"]


def dispatch(
    *, parcel_id: UUID, buyer_id: UUID, now: datetime, then: Follow | None = None, last: bool = False
) -> Waybill:
    """Hand the parcel over to its carrier, once: `then` follows in that transaction, else the event is told.

    `last`: it is the last step of the running job, which ends with it. Repeats change nothing.

    Calls outside, so not inside a transaction. Refuses UnknownWaybill, NotBooked, CarrierSilent, CarrierRefused.
    """
    with transaction.atomic(durable=True):
        rows = find(buyer_id=buyer_id, parcel_id=parcel_id)
    if not rows:
        raise UnknownWaybill(what=str(parcel_id))
    waybill = waybill_of(rows[0])
    if waybill.state is WaybillState.REQUESTED:
        raise NotBooked
    if waybill.state is not WaybillState.BOOKED:
        return waybill
    answer = carriers.carrier(waybill.carrier).dispatch(waybill.id, now)
    if isinstance(answer, No):
        raise CarrierRefused(reason=answer.code)
    if answer is None:
        raise CarrierSilent
    params = {"buyer_id": buyer_id, "id": waybill.id, "ask_at": now + rules.first_ask, "now": now}
    with transaction.atomic(durable=True):
        rows = sql.hot_rows(sql.load("shipping", "dispatched"), params | ending(last=last))
        if rows:
            moved(DISPATCHED, (buyer_id, waybill.order_id, parcel_id), then)
        else:  # a scan was faster
            rows = find(buyer_id=buyer_id, waybill_id=waybill.id)
    return waybill_of(rows[0])
