"""Verbs of receiving: open, scan, close; differences are settled."""

from entrepot.receiving.pictures import BYTES_MAX as PICTURE_BYTES_MAX
from entrepot.receiving.pictures import NoPicture, codes_on
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
    "PICTURE_BYTES_MAX",
    "AlreadySettled",
    "BadScan",
    "Closing",
    "CountedBefore",
    "DatesDiffer",
    "LotDisputed",
    "LotExpired",
    "LotNeeded",
    "NoPicture",
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
    "codes_on",
    "give_up",
    "hand_over_pallet",
    "land",
    "open_receipt",
    "settle",
    "take_scans",
]
