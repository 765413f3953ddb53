"""Verbs of consignments: announced, under way, filed, declared, counted in."""

from entrepot.consignments.services.announcing import announce, cancel
from entrepot.consignments.services.checking import (
    AsnCancelled,
    AsnReused,
    BadBill,
    BadContainer,
    BadDay,
    BadLeg,
    BadNotice,
    BadNoticeLine,
    ConsignmentNotNow,
    MoreThanAwaited,
    NoItemRecord,
    NotBonded,
    NotOfSupplier,
    SeaTermOnly,
    TooManyPapers,
    UnknownConsignment,
)
from entrepot.consignments.services.moving import Report, cost_of, count_in, declare_into_book, file_paper, report
from entrepot.consignments.services.past import Past, write_past
from entrepot.consignments.services.warning import warn_of_delays, write_of_delay

__all__ = [
    "AsnCancelled",
    "AsnReused",
    "BadBill",
    "BadContainer",
    "BadDay",
    "BadLeg",
    "BadNotice",
    "BadNoticeLine",
    "ConsignmentNotNow",
    "MoreThanAwaited",
    "NoItemRecord",
    "NotBonded",
    "NotOfSupplier",
    "Past",
    "Report",
    "SeaTermOnly",
    "TooManyPapers",
    "UnknownConsignment",
    "announce",
    "cancel",
    "cost_of",
    "count_in",
    "declare_into_book",
    "file_paper",
    "report",
    "warn_of_delays",
    "write_of_delay",
    "write_past",
]
