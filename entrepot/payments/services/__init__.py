"""Verbs of payments: intend, open, take what providers say, ask them, refund, reconcile, have shares declared."""

from entrepot.payments.declarers import DeclarerNotSetUp, NoPlace, missing
from entrepot.payments.providers import UnknownProvider
from entrepot.payments.services.advance import AmountDiffers, PaymentBusy, UnknownPayment
from entrepot.payments.services.closing import close, close_later, give_up, give_up_unbegun, not_to_be_paid
from entrepot.payments.services.declaring import DeclarerSilent, UnknownShare, declare_share, query_share
from entrepot.payments.services.exchange import UnknownExchange, open_raw_exchange
from entrepot.payments.services.intend import AlreadyPaid, IntentDiffers, check, intend, intend_many
from entrepot.payments.services.notice import ForgedNotice, take_notice
from entrepot.payments.services.opening import PaymentClosed, ProviderRefused, ProviderSilent, begin, open
from entrepot.payments.services.query import put_off, query
from entrepot.payments.services.reconcile import NoStatement, UnknownDifference, close_difference, reconcile
from entrepot.payments.services.refunding import (
    NothingToRefund,
    RefundKeyReused,
    RefundRefused,
    RefundTooLarge,
    UnknownRefund,
    ask_refund_again,
    give_back,
    give_back_later,
    put_refund_off,
    refund,
)

__all__ = [
    "AlreadyPaid",
    "AmountDiffers",
    "DeclarerNotSetUp",
    "DeclarerSilent",
    "ForgedNotice",
    "IntentDiffers",
    "NoPlace",
    "NoStatement",
    "NothingToRefund",
    "PaymentBusy",
    "PaymentClosed",
    "ProviderRefused",
    "ProviderSilent",
    "RefundKeyReused",
    "RefundRefused",
    "RefundTooLarge",
    "UnknownDifference",
    "UnknownExchange",
    "UnknownPayment",
    "UnknownProvider",
    "UnknownRefund",
    "UnknownShare",
    "ask_refund_again",
    "begin",
    "check",
    "close",
    "close_difference",
    "close_later",
    "declare_share",
    "give_back",
    "give_back_later",
    "give_up",
    "give_up_unbegun",
    "intend",
    "intend_many",
    "missing",
    "not_to_be_paid",
    "open",
    "open_raw_exchange",
    "put_off",
    "put_refund_off",
    "query",
    "query_share",
    "reconcile",
    "refund",
    "take_notice",
]
