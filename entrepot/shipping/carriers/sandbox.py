"""The sandbox carrier over HTTP. Every message is signed and checked, both ways (`kit.signatures`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from entrepot.kit import signatures, signed
from entrepot.shipping.carriers.port import Booked, No, Report, Seen, Unreadable
from entrepot.shipping.types import WaybillWish

scans_max = 100  # in one message
YEARS = range(2000, 2100)  # others are no times of a parcel; some of them no database or page can tell
NONSENSE = (KeyError, ValueError, TypeError, AttributeError)

Meaning = TypeVar("Meaning")


class SandboxCarrier:
    def __init__(self, url: str, secret: str, timeout_s: float, notify_url: str) -> None:
        self._party = signed.Party(url, secret, timeout_s)
        self._notify_url = notify_url

    def book(self, waybill_id: UUID, wish: WaybillWish, now: datetime) -> Booked | No | None:
        content = {
            "request_id": str(waybill_id),
            "attach": str(wish.buyer_id),
            "reference": wish.number,
            "trade_mode": wish.trade_mode,
            "weight_g": wish.weight_g,
            "goods": wish.goods_text,
            "freight_minor": wish.freight_minor,
            "insurance_minor": wish.insurance_minor,
            "consignee": {
                "name": wish.consignee.name,
                "phone": wish.consignee.phone,
                "province": wish.consignee.province,
                "city": wish.consignee.city,
                "district": wish.consignee.district,
                "address": wish.consignee.address,
            },
            "notify_url": self._notify_url,
            **({"service": "express"} if wish.express else {}),  # what was booked before stays the same request
        }
        return self._ask("/v1/waybills", content, now, _booked)

    def dispatch(self, waybill_id: UUID, now: datetime) -> Booked | No | None:
        return self._ask("/v1/waybills/dispatch", {"request_id": str(waybill_id)}, now, _booked)

    def query(self, waybill_id: UUID, now: datetime) -> Report | No | None:
        return self._ask("/v1/waybills/query", {"request_id": str(waybill_id)}, now, _report)

    def read_report(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Report:
        if not signatures.fits(secret=self._party.secret, body=body, headers=headers, now=now):
            raise Unreadable("signature")
        try:
            return _report(json.loads(body.decode()))
        except (*NONSENSE, RecursionError) as wrong:
            raise Unreadable("content") from wrong

    def _ask(
        self, path: str, wish: Mapping[str, Any], now: datetime, read: Callable[[Mapping[str, Any]], Meaning]
    ) -> Meaning | No | None:
        answer = self._party.ask(path, wish, now)
        if answer.refused:
            return No(answer.refused)
        if answer.content is None:
            return None
        try:
            return read(answer.content)
        except NONSENSE:
            return None


def _text(value: Any, length_max: int, required: bool = True) -> str:
    if not isinstance(value, str) or len(value) > length_max or "\x00" in value or (required and not value):
        raise ValueError("not a text of the agreed length")
    value.encode()  # halves of surrogate pairs are not text either: UnicodeEncodeError is a ValueError
    return value


def _booked(view: Mapping[str, Any]) -> Booked:
    return Booked(
        number=_text(view["number"], 60),
        carrier_code=_text(view["company"]["code"], 18),
        carrier_name=_text(view["company"]["name"], 100),
        transport_mode=_text(view["transport_mode"], 1),
        vessel=_text(view["vessel"], 100, required=False),
        voyage=_text(view["voyage"], 32, required=False),
        bill=_text(view["bill"], 37, required=False),
    )


def _report(view: Mapping[str, Any]) -> Report:
    scans = view["scans"]
    if not isinstance(scans, list) or len(scans) > scans_max:
        raise ValueError("not a list of scans")
    return Report(UUID(view["request_id"]), UUID(view["attach"]), tuple(_seen(scan) for scan in scans))


def _seen(scan: Mapping[str, Any]) -> Seen:
    at = datetime.fromisoformat(scan["at"])
    if at.tzinfo is None or at.year not in YEARS:
        raise ValueError("a time without its zone, or of another age")
    return Seen(
        event=_text(scan["event"], 64),
        code=_text(scan["code"], 30),
        at=at,
        place=_text(scan["place"], 100, required=False),
        zh=_text(scan["zh"], 200),
        en=_text(scan["en"], 200),
    )
