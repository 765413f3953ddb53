"""What the codes of replenishment are called on the pages. Lazy: in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

METHODS: Mapping[str, Promise] = {
    "naive": _("As last week (the yardstick)"),
    "mean": _("Mean of four weeks"),
    "ses": _("Simple smoothing"),
    "croston": _("Croston"),
    "sba": _("Croston, corrected (SBA)"),
    "tsb": _("Size times chance (TSB)"),
    "sf_ses": _("Simple smoothing, fitted (library)"),
    "sf_croston": _("Croston, fitted (library)"),
    "sf_imapa": _("IMAPA (library)"),
}
DIRT: Mapping[str, Promise] = {
    "unreadable": _("Cannot be read"),
    "duplicate": _("The same as an earlier line"),
    "not_goods": _("No goods: postage, fees, corrections"),
    "cancellation": _("Cancellation that found its invoice line"),
    "cancellation_alone": _("Cancellation of what is not in the file: a return of its day"),
    "negative": _("Negative, but no cancellation: a correction of the stock"),
    "price": _("Nothing was paid"),
    "no_customer": _("Without a customer"),
    "ordered_unknown": _("Day of the order unknown"),
    "delivered_before_ordered": _("Delivered before it was ordered"),
    "insurance_unknown": _("Insurance unknown"),
    "ours_differs": _("Says something else than what was taken over: that stays as it is"),
}
REMARKS: Mapping[str, Promise] = {
    "mode_untold": _("Nobody says how it was carried"),
    "term_replaced": _("An Incoterm of an older edition: read as the one that took its place"),
    "term_untold": _("No Incoterm: we are taken to bear everything from the maker's door on (EXW)"),
    "origin_unknown": _("The country of origin cannot be told"),
    "place_unknown": _("The country it went to cannot be told"),
    "departure_untold": _("Nobody says when it left: the day it came stands for that"),
}
LEFT_OUT: Mapping[str, Promise] = {
    "no_units": _("No units"),
    "no_rate": _("No exchange rate on the day of the order or of the delivery: import rates, then take it over again"),
    "order_known": _("The order is on record without this delivery"),
    "notice_known": _("The supplier's notice is on record already"),
    "purchase_number_taken": _("The order's number belongs to an order of another supplier"),
}
FREIGHT: Mapping[str, Promise] = {
    "stated": _("states a sum"),
    "shared": _("refers to another line"),
    "included": _("in the price of the goods"),
    "separate": _("on an invoice of its own"),
    "unknown": _("says something else"),
    "alone": _("not shared"),
    "weight": _("shared by weight"),
    "value": _("shared by worth"),
    "line_missing": _("The line it refers to is not in the file"),
    "other_document": _("The line it refers to belongs to another consignment"),
    "circle": _("Its references run in a circle"),
    "words_unknown": _("What it says of its freight is not understood"),
    "invoiced_separately": _("The freight is on an invoice that is not in the file"),
}
REASONS: Mapping[str, Promise] = {
    "minimum": _("raised to the minimum"),
    "pack": _("whole packs"),
    "order": _("raised to the least order"),
    "container": _("fills the container"),
}


def told(words: Mapping[str, Promise], counts: Mapping[str, int]) -> list[tuple[Promise | str, int, str]]:
    """(words, number, code), the most first."""
    return [(words.get(code, code), n, code) for code, n in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
