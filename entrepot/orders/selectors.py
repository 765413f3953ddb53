"""Questions about orders. Personal data comes masked; `consignee` alone opens the address."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, span_of
from entrepot.kit.ids import first_id
from entrepot.kit.refusals import NotFound
from entrepot.orders.correcting import read_corrections
from entrepot.orders.models import AnnualUse, Line
from entrepot.orders.models import Order as OrderTable
from entrepot.orders.models import Parcel as ParcelTable
from entrepot.orders.rules import year_of
from entrepot.orders.sealed import open_consignee
from entrepot.orders.types import (
    Allowance,
    Consignee,
    Correction,
    Delivery,
    Found,
    KeyHolder,
    Order,
    OrderEvent,
    OrderLine,
    OrderParcel,
    OrderRow,
    OrderState,
    ParcelState,
    Sold,
    TaxedLine,
    WishedLine,
)

PAGE = 20
PAGE_STAFF = 50
PAGES_MAX = 500


def order(*, order_id: UUID, buyer_id: UUID) -> Order | None:
    """The whole order, or None where the buyer has no such order. One statement."""
    return next(iter(_orders(buyer_id, [order_id])), None)


def with_consignee(*, order_id: UUID, buyer_id: UUID) -> tuple[Order, Consignee] | None:
    """The whole order and its delivery address in the clear, for the waybill and customs. One statement."""
    found = next(iter(_rows(buyer_id, [order_id])), None)
    return None if found is None else (_order(found), open_consignee(found["consignee_sealed"], order_id))


def by_keys(*, keys: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], KeyHolder]:
    """The orders that buyers placed under keys, by (buyer_id, place_key). One statement."""
    params = {"buyer_ids": [buyer_id for buyer_id, _ in keys], "keys": [key for _, key in keys]}
    return {
        (row["buyer_id"], row["place_key"]): KeyHolder(
            row["id"], row["number"], row["total_minor"], bytes(row["request_hash"]), _wished(row["wished"])
        )
        for row in sql.hot_rows(sql.load("orders", "by_keys"), params)
    }


def by_number(*, number: str, buyer_id: UUID) -> Order | None:
    """The buyer's order with this number. One statement."""
    return next(iter(_orders(buyer_id, numbers=[number])), None) if "\0" not in number else None


def of_buyer(*, buyer_id: UUID, page: int = 1) -> list[Order]:
    """The buyer's orders, newest first, `PAGE` a page; an empty list beyond the last page."""
    start = (min(max(page, 1), PAGES_MAX) - 1) * PAGE
    ids = OrderTable.objects.filter(buyer_id=buyer_id).order_by("-id").values_list("id", flat=True)
    wanted = list(ids[start : start + PAGE])
    return sorted(_orders(buyer_id, wanted), key=lambda found: wanted.index(found.id)) if wanted else []


def count_of_buyer(*, buyer_id: UUID) -> int:
    """How many orders the buyer has."""
    return OrderTable.objects.filter(buyer_id=buyer_id).count()


def parcel(*, parcel_id: UUID, buyer_id: UUID) -> OrderParcel:
    """One parcel with its lines. Refuses NotFound."""
    found = ParcelTable.objects.filter(id=parcel_id, buyer_id=buyer_id).values_list("order_id", flat=True).first()
    whole = None if found is None else order(order_id=found, buyer_id=buyer_id)
    if whole is None:
        raise NotFound(what="parcel")
    return next(one for one in whole.parcels if one.id == parcel_id)


def parcel_numbers(*, keys: Collection[tuple[UUID, UUID]]) -> dict[UUID, str]:
    """The numbers of parcels by id: (buyer_id, parcel_id) each. One statement."""
    rows = ParcelTable.objects.filter(buyer_id__in={buyer for buyer, _ in keys}, id__in=[parcel for _, parcel in keys])
    return dict(rows.values_list("id", "number"))


def taxed_lines(*, keys: Collection[tuple[UUID, UUID]]) -> dict[UUID, list[TaxedLine]]:
    """What was collected for the lines of parcels, by parcel: (buyer_id, parcel_id) each. One statement."""
    rows = Line.objects.filter(buyer_id__in={buyer for buyer, _ in keys}, parcel_id__in=[parcel for _, parcel in keys])
    found: dict[UUID, list[TaxedLine]] = {}
    for row in rows.order_by("number"):
        value = row.goods_minor - row.discount_minor + row.freight_minor
        taxed = (row.duty_minor, row.excise_minor, row.vat_minor)
        found.setdefault(row.parcel_id, []).append(TaxedLine(row.number, row.hs_code, row.quantity, value, *taxed))
    return found


def lines(*, buyer_ids: Collection[UUID], line_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Order lines by id, for rooms that know no more of them: {order_number, parcel_id, parcel_number, state, number,
    sku_code, titles, quantity, storefront_id}. One statement."""
    rows = sql.rows(sql.load("orders", "lines"), {"buyer_ids": list(set(buyer_ids)), "line_ids": list(line_ids)})
    return {row.pop("line_id"): row | {"titles": sql.json_value(row["titles"])} for row in rows}


def paid_parcels(*, made_before: datetime, after: UUID | None = None, most: int) -> list[tuple[UUID, UUID, UUID]]:
    """(parcel, order, buyer) of parcels that are paid and nothing more, made before a time, in the order of their ids,
    which grow with time. One statement."""
    rows = ParcelTable.objects.filter(state=ParcelState.PAID, id__lt=first_id(made_before))
    rows = rows.filter(id__gt=after) if after else rows
    return list(rows.order_by("id").values_list("id", "order_id", "buyer_id")[:most])


def explanations(*, order_id: UUID, buyer_id: UUID) -> dict[UUID, Mapping[str, Any]]:
    """The landed-cost answers that were written down for an order's parcels, by parcel. One statement."""
    rows = ParcelTable.objects.filter(order_id=order_id, buyer_id=buyer_id, explanation__isnull=False)
    return {parcel_id: told for parcel_id, told in rows.values_list("id", "explanation") if told}


def consignee(*, order_id: UUID, buyer_id: UUID) -> Consignee:
    """The delivery address in the clear, for the waybill and customs. Refuses NotFound."""
    found = OrderTable.objects.filter(id=order_id, buyer_id=buyer_id).values_list("consignee_sealed", flat=True).first()
    if found is None:
        raise NotFound(what="order")
    return open_consignee(found, order_id)


def used_this_year(*, id_hashes: Collection[bytes], at: datetime) -> dict[bytes, int]:
    """Minor units of CNY that each person ordered in this calendar year in China: our forecast of the quota. People
    without orders are left out. One statement."""
    params = {"id_hashes": list(id_hashes), "year": year_of(at)}
    return {bytes(id_hash): used for id_hash, used in sql.hot(sql.load("orders", "used"), params)[1]}


def allowances(*, id_hashes: Collection[bytes], at: datetime) -> dict[bytes, Allowance]:
    """What each person has reserved and committed of the calendar year in China; without orders there is no entry."""
    rows = AnnualUse.objects.filter(id_hash__in=list(id_hashes), year=year_of(at))
    return {
        bytes(row.id_hash): Allowance(row.used_minor - row.committed_minor, row.committed_minor, row.corrected_minor)
        for row in rows
    }


def corrections(*, order_id: UUID, buyer_id: UUID, reader: str, reason: str, now: datetime) -> list[Correction]:
    """What customs said of the years of the person an order is for, newest first. It tells what somebody bought, also
    elsewhere: who read it and why is recorded. Refuses NotFound, WhyMissing."""
    return read_corrections(order_id, buyer_id, reader, reason, now)


def search(*, text: str = "", state: str = "", page: int = 1) -> Found:
    """Orders for staff, newest first: by how an order or customs order number begins, and by a state of either."""
    rows = OrderTable.objects.order_by("-id")
    text = text.strip().upper()[:60]
    if text:
        by_parcel = ParcelTable.objects.filter(number__startswith=text).values("order_id")
        rows = rows.filter(Q(number__startswith=text) | Q(id__in=by_parcel))
    if state:
        of_parcel = ParcelTable.objects.filter(state=state).values("order_id")
        rows = rows.filter(Q(state=state) | Q(id__in=of_parcel))
    page = min(max(page, 1), PAGES_MAX)
    start = (page - 1) * PAGE_STAFF
    found = list(rows[start : start + PAGE_STAFF + 1])
    shown = found[:PAGE_STAFF]
    parcels: dict[UUID, list[tuple[str, ParcelState]]] = {}
    of_shown = ParcelTable.objects.filter(order_id__in=[row.id for row in shown]).order_by("position")
    for order_id, number, parcel_state in of_shown.values_list("order_id", "number", "state"):
        parcels.setdefault(order_id, []).append((number, ParcelState(parcel_state)))
    return Found(
        orders=tuple(
            OrderRow(
                id=row.id,
                buyer_id=row.buyer_id,
                storefront_id=row.storefront_id,
                number=row.number,
                state=OrderState(row.state),
                currency=row.currency,
                total_minor=row.total_minor,
                placed_at=row.placed_at,
                consignee=row.consignee_name,
                parcels=tuple(parcels.get(row.id, [])),
            )
            for row in shown
        ),
        page=page,
        more=len(found) > PAGE_STAFF,
    )


def discrepancies() -> list[dict[str, Any]]:
    """Orders whose books do not agree: {rule, order_id}. Gaps in events, sums, counters, annual use. None is right."""
    return sql.rows(sql.load("orders", "discrepancies"))


def _orders(buyer_id: UUID, ids: Collection[UUID] = (), numbers: Collection[str] = ()) -> list[Order]:
    return [_order(row) for row in _rows(buyer_id, ids, numbers)]


def _rows(buyer_id: UUID, ids: Collection[UUID] = (), numbers: Collection[str] = ()) -> list[dict[str, Any]]:
    params = {"buyer_id": buyer_id, "ids": list(ids), "numbers": list(numbers)}
    return sql.hot_rows(sql.load("orders", "read"), params)


def _order(row: Mapping[str, Any]) -> Order:
    lines: dict[str, list[OrderLine]] = {}
    for line in _load(row["lines"]):
        lines.setdefault(line["parcel_id"], []).append(_line(line))
    return Order(
        id=row["id"],
        buyer_id=row["buyer_id"],
        storefront_id=row["storefront_id"],
        number=row["number"],
        state=OrderState(row["state"]),
        currency=row["currency"],
        total_minor=row["total_minor"],
        real_name_id=row["real_name_id"],
        language=row["language"],
        placed_at=row["placed_at"],
        pay_until=row["pay_until"],
        consignee=row["consignee_name"],
        consignee_phone=row["consignee_phone"],
        consignee_place=row["consignee_place"],
        parcels=tuple(_parcel(one, tuple(lines.get(one["id"], []))) for one in _load(row["parcels"])),
        events=tuple(_event(one) for one in _load(row["events"])),
        payment_id=row["payment_id"],
        wished=_wished(row["wished"]),
    )


def _parcel(row: Mapping[str, Any], lines: tuple[OrderLine, ...]) -> OrderParcel:
    return OrderParcel(
        id=UUID(row["id"]),
        order_id=UUID(row["order_id"]),
        buyer_id=UUID(row["buyer_id"]),
        number=row["number"],
        warehouse_id=UUID(row["warehouse_id"]),
        trade_mode=row["trade_mode"],
        state=ParcelState(row["state"]),
        goods_minor=row["goods_minor"],
        discount_minor=row["discount_minor"],
        freight_minor=row["freight_minor"],
        tax_minor=row["tax_minor"],
        asked=row["asked"],
        lines=lines,
        allowance_minor=row["allowance_minor"],
        delivery=Delivery(row["delivery"]),
    )


def _line(row: Mapping[str, Any]) -> OrderLine:
    fields = {name: row[name] for name in OrderLine.__struct_fields__}
    for name in ("id", "parcel_id", "sku_id"):
        fields[name] = UUID(fields[name])
    for name in ("quantity1", "quantity2"):
        fields[name] = None if fields[name] is None else Decimal(fields[name])
    return OrderLine(**fields)


def _event(row: Mapping[str, Any]) -> OrderEvent:
    return OrderEvent(
        sequence=row["sequence"],
        parcel_id=UUID(row["parcel_id"]) if row["parcel_id"] else None,
        kind=row["kind"],
        at=datetime.fromisoformat(row["at"]),
        note=row["note"],
    )


def _wished(column: Any) -> tuple[WishedLine, ...]:
    return tuple(WishedLine(**{**line, "sku_id": UUID(line["sku_id"])}) for line in sql.json_value(column) or ())


def _load(text: str | None) -> list[dict[str, Any]]:
    """JSON rows with exact numbers."""
    return json.loads(text, parse_float=Decimal) if text else []


def overview(*, since: date) -> tuple[dict[date, int], dict[str, int]]:
    """Orders placed on each day in China from `since` on, and parcels under way by state; what there is none of is left
    out. One statement."""
    states = [state.value for state in ParcelState if state not in (ParcelState.DELIVERED, ParcelState.CANCELLED)]
    rows = sql.rows(sql.load("orders", "overview"), {"since": since, "states": states})
    days = {row["day"]: row["count"] for row in rows if row["day"]}
    return days, {row["state"]: row["count"] for row in rows if row["state"]}


def sold(*, day: date) -> list[Sold]:
    """What orders paid on a day in China took, by article and warehouse."""
    since, until = span_of(CHINA, day)
    day_before, day_after = (first_id(at) for at in (since - timedelta(days=1), until + timedelta(days=1)))
    params = {"first_id": day_before, "last_id": day_after, "since": since, "until": until}
    return [Sold(**row) for row in sql.rows(sql.load("orders", "sold"), params)]
