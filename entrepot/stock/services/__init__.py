"""Verbs of stock: what arrives, is held, is given back and leaves."""

from entrepot.stock.services.back import MoreThanShipped, put_back
from entrepot.stock.services.claim import ClaimRaced, OutOfStock, claim, claim_many
from entrepot.stock.services.close import NothingClaimed, release, ship
from entrepot.stock.services.receive import (
    CannotAdjust,
    LotDiffers,
    ReceiptDiffers,
    ReceiptInvalid,
    adjust,
    receive,
)
from entrepot.stock.services.told import tell_expired
from entrepot.stock.services.waiting import CannotWait
from entrepot.stock.services.warehouses import WarehouseInvalid, put_warehouse

__all__ = [
    "CannotAdjust",
    "CannotWait",
    "ClaimRaced",
    "LotDiffers",
    "MoreThanShipped",
    "NothingClaimed",
    "OutOfStock",
    "ReceiptDiffers",
    "ReceiptInvalid",
    "WarehouseInvalid",
    "adjust",
    "claim",
    "claim_many",
    "put_back",
    "put_warehouse",
    "receive",
    "release",
    "ship",
    "tell_expired",
]
