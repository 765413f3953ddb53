"""Verbs of returns: ask, decide, count, settle, follow customs."""

from entrepot.returns.services.asking import (
    MoreThanLeft,
    NothingToReturn,
    NotReleased,
    ReturnBusy,
    ReturnKeyReused,
    TooLateToReturn,
    TrackingMissing,
    apply,
    tell_sent,
    withdraw,
)
from entrepot.returns.services.at_customs import ask_again, ask_customs, follow_customs
from entrepot.returns.services.deciding import (
    ArrivalWrong,
    CountWrong,
    TooLateToApprove,
    approve,
    arrive,
    lapse,
    refuse,
)
from entrepot.returns.services.keeping import pay_kept
from entrepot.returns.services.letters import tell_in_vain, tell_withdrawn
from entrepot.returns.services.moving import NotNow, UnknownReturn
from entrepot.returns.services.settling import TaxStays, complete, hear_customs

__all__ = [
    "ArrivalWrong",
    "CountWrong",
    "MoreThanLeft",
    "NotNow",
    "NotReleased",
    "NothingToReturn",
    "ReturnBusy",
    "ReturnKeyReused",
    "TaxStays",
    "TooLateToApprove",
    "TooLateToReturn",
    "TrackingMissing",
    "UnknownReturn",
    "apply",
    "approve",
    "arrive",
    "ask_again",
    "ask_customs",
    "complete",
    "follow_customs",
    "hear_customs",
    "lapse",
    "pay_kept",
    "refuse",
    "tell_in_vain",
    "tell_sent",
    "tell_withdrawn",
    "withdraw",
]
