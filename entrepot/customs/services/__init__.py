"""Verbs of customs."""

from entrepot.customs.keys import NotSetUp, missing
from entrepot.customs.port import PortSaysNo, PortSilent
from entrepot.customs.services.by_provider import ask_provider
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
from entrepot.customs.services.raw_data import (
    BadDataRequest,
    TooManyRequests,
    UnknownDataRequest,
    UnknownOrder,
    missing_for_data,
    take_data_request,
    upload_again,
    upload_data,
    upload_due,
)
from entrepot.customs.services.raw_text import NoRawData, RawTooLong
from entrepot.customs.services.receipts import ForgedReceipt, UnknownDocument, WrongSchema, take_receipt
from entrepot.customs.services.returning import (
    NotOnTheList,
    NotReleasedYet,
    bring_back,
    remind_returns,
    send_return,
)
from entrepot.customs.services.sending import remind, send, send_again, send_list
from entrepot.customs.services.setup import set_up
from entrepot.customs.services.telling import news
from entrepot.customs.signer import SignerSaysNo, SignerSilent

__all__ = [
    "AlreadyReleased",
    "BadDataRequest",
    "CancelReasonMissing",
    "CustomsDecides",
    "CustomsHasNotAnswered",
    "DeclarationMoved",
    "ForgedReceipt",
    "NoDeclaration",
    "NoParcel",
    "NoRawData",
    "NoWaybill",
    "NotHeld",
    "NotOnTheList",
    "NotPaid",
    "NotReleasedYet",
    "NotSetUp",
    "PortSaysNo",
    "PortSilent",
    "RawTooLong",
    "SignerSaysNo",
    "SignerSilent",
    "TooManyRequests",
    "UnknownDataRequest",
    "UnknownDocument",
    "UnknownOrder",
    "WrongSchema",
    "ask_provider",
    "bring_back",
    "cancel",
    "collect",
    "declare",
    "missing",
    "missing_for_data",
    "news",
    "purge",
    "redeclare",
    "remind",
    "remind_returns",
    "send",
    "send_again",
    "send_list",
    "send_return",
    "set_up",
    "take_data_request",
    "take_receipt",
    "upload_again",
    "upload_data",
    "upload_due",
]
