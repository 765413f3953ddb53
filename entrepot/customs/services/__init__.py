"""Verbs of customs."""

from entrepot.customs.keys import NotSetUp, missing
from entrepot.customs.port import PortSaysNo, PortSilent
from entrepot.customs.services.clerk import (
    AlreadyReleased,
    CancelReasonMissing,
    CustomsDecides,
    CustomsHasNotAnswered,
    DeclarationMoved,
    NoDeclaration,
    NotHeld,
    cancel,
    redeclare,
)
from entrepot.customs.services.collecting import collect
from entrepot.customs.services.declare import declare
from entrepot.customs.services.evidence import purge
from entrepot.customs.services.facts import NoParcel, NotPaid, NoWaybill
from entrepot.customs.services.receipts import ForgedReceipt, UnknownDocument, WrongSchema, take_receipt
from entrepot.customs.services.sending import remind, send, send_again, send_list
from entrepot.customs.services.setup import set_up
from entrepot.customs.services.telling import news
from entrepot.customs.signer import SignerSaysNo, SignerSilent

__all__ = [
    "AlreadyReleased",
    "CancelReasonMissing",
    "CustomsDecides",
    "CustomsHasNotAnswered",
    "DeclarationMoved",
    "ForgedReceipt",
    "NoDeclaration",
    "NoParcel",
    "NoWaybill",
    "NotHeld",
    "NotPaid",
    "NotSetUp",
    "PortSaysNo",
    "PortSilent",
    "SignerSaysNo",
    "SignerSilent",
    "UnknownDocument",
    "WrongSchema",
    "cancel",
    "collect",
    "declare",
    "missing",
    "news",
    "purge",
    "redeclare",
    "remind",
    "send",
    "send_again",
    "send_list",
    "set_up",
    "take_receipt",
]
