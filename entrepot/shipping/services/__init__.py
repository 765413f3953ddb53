"""Verbs of shipping: book a waybill, hand the parcel over, take scans, ask a silent carrier."""

from entrepot.shipping.carriers import UnknownCarrier
from entrepot.shipping.services.booking import (
    CarrierRefused,
    CarrierSilent,
    NotBooked,
    UnknownWaybill,
    book,
    book_once,
    dispatch,
)
from entrepot.shipping.services.tracking import ForgedScan, WaybillBusy, follow, take_scan

__all__ = [
    "CarrierRefused",
    "CarrierSilent",
    "ForgedScan",
    "NotBooked",
    "UnknownCarrier",
    "UnknownWaybill",
    "WaybillBusy",
    "book",
    "book_once",
    "dispatch",
    "follow",
    "take_scan",
]
