"""Verbs of recalls: open, find who has it, tell them, take goods back, give their money back, close."""

from entrepot.recalls.services.answering import (
    MustSendBack,
    NothingToPay,
    NotRecalled,
    RecallOver,
    apply,
    pay_back,
    see,
)
from entrepot.recalls.services.gathering import look_again, sweep, work
from entrepot.recalls.services.opening import (
    AlreadyRecalled,
    RecallInvalid,
    RecallKeyReused,
    RecallStillOpen,
    UnknownRecall,
    close_recall,
    lift_stop,
    open_recall,
)

__all__ = [
    "AlreadyRecalled",
    "MustSendBack",
    "NotRecalled",
    "NothingToPay",
    "RecallInvalid",
    "RecallKeyReused",
    "RecallOver",
    "RecallStillOpen",
    "UnknownRecall",
    "apply",
    "close_recall",
    "lift_stop",
    "look_again",
    "open_recall",
    "pay_back",
    "see",
    "sweep",
    "work",
]
