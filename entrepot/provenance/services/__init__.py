"""Verbs of provenance: append to a lot's chain, gather what the rooms below know, issue codes, count who opens them."""

from entrepot.provenance.services.chains import append, follow_consignment, follow_inbound, gather, sweep
from entrepot.provenance.services.codes import CodesInvalid, count_scan, forget, issue

__all__ = [
    "CodesInvalid",
    "append",
    "count_scan",
    "follow_consignment",
    "follow_inbound",
    "forget",
    "gather",
    "issue",
    "sweep",
]
