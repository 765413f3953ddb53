"""Verbs of payments: intend, open, take what providers say, ask them, refund, reconcile."""

from entrepot.payments.providers import UnknownProvider
from entrepot.payments.services.advance import AmountDiffers, PaymentBusy, UnknownPayment
from entrepot.payments.services.exchange import UnknownExchange, open_raw_exchange
from entrepot.payments.services.intend import AlreadyPaid, IntentDiffers, check, intend, intend_many
from entrepot.payments.services.notice import ForgedNotice, take_notice
from entrepot.payments.services.opening import PaymentClosed, ProviderRefused, ProviderSilent, begin, open
from entrepot.payments.services.query import query
from entrepot.payments.services.reconcile import NoStatement, UnknownDifference, close_difference, reconcile
from entrepot.payments.services.refunding import (
    NothingToRefund,
    RefundKeyReused,
    RefundTooLarge,
    UnknownRefund,
    ask_refund_again,
    give_back,
    give_back_later,
    refund,
)

__all__ = [
    "AlreadyPaid",
    "AmountDiffers",
    "ForgedNotice",
    "IntentDiffers",
    "NoStatement",
    "NothingToRefund",
    "PaymentBusy",
    "PaymentClosed",
    "ProviderRefused",
    "ProviderSilent",
    "RefundKeyReused",
    "RefundTooLarge",
    "UnknownDifference",
    "UnknownExchange",
    "UnknownPayment",
    "UnknownProvider",
    "UnknownRefund",
    "ask_refund_again",
    "begin",
    "check",
    "close_difference",
    "give_back",
    "give_back_later",
    "intend",
    "intend_many",
    "open",
    "open_raw_exchange",
    "query",
    "reconcile",
    "refund",
    "take_notice",
]
