"""Verbs of receiving: open, scan, close; differences are settled."""

from entrepot.receiving.services.closing import Closing, close, give_up, hand_over_pallet, open_receipt, settle
from entrepot.receiving.services.landing import land
from entrepot.receiving.services.refusals import (
    AlreadySettled,
    BadScan,
    CountedBefore,
    DatesDiffer,
    LotDisputed,
    LotExpired,
    LotNeeded,
    NotDeclaredYet,
    NothingCounted,
    NothingToReceive,
    PalletTaken,
    ReasonNeededFor,
    ReceiptNotOpen,
    ScanDiffers,
    TooManyScans,
    UnknownBarcode,
    UnknownDifference,
    UnknownReceipt,
)
from entrepot.receiving.services.scanning import take_scans

__all__ = [
    "AlreadySettled",
    "BadScan",
    "Closing",
    "CountedBefore",
    "DatesDiffer",
    "LotDisputed",
    "LotExpired",
    "LotNeeded",
    "NotDeclaredYet",
    "NothingCounted",
    "NothingToReceive",
    "PalletTaken",
    "ReasonNeededFor",
    "ReceiptNotOpen",
    "ScanDiffers",
    "TooManyScans",
    "UnknownBarcode",
    "UnknownDifference",
    "UnknownReceipt",
    "close",
    "give_up",
    "hand_over_pallet",
    "land",
    "open_receipt",
    "settle",
    "take_scans",
]
