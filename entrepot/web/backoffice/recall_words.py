"""What a recall's codes are called on its pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from entrepot.recalls.types import AffectedState, RecallState, Relief, Remedy
from entrepot.web.backoffice.states import Words

STATES: Words = {
    RecallState.OPEN: _("Recall running"),
    RecallState.CLOSED: _("Recall closed"),
    AffectedState.HELD: _("Not shipped yet"),
    AffectedState.SOLD: _("Shipped"),
    AffectedState.FREED: _("Did not leave"),
}
RELIEFS: Words = {
    Relief.REPLACED: _("Another lot instead"),
    Relief.CALLED_OFF: _("Not sent"),
}
REMEDIES: Words = {
    Remedy.RETURN: _("Send back, then refund"),
    Remedy.KEEP: _("Refund without sending back"),
}
REMEDY_HINTS: Words = {
    Remedy.RETURN: _(
        "Through the returns, while the time for returns runs; after it the price, freight and tax go back and the "
        "goods stay with the buyer."
    ),
    Remedy.KEEP: _(
        "For goods that must not travel. Price, freight and tax go back at once; customs does not lift the tax, we "
        "bear it."
    ),
}
STEPS: Words = {
    "sold": _("shipped, of what was received"),
    "told": _("buyers told"),
    "seen": _("buyers who have opened the notice"),
    "coming": _("units on their way back"),
    "back": _("units back and counted"),
    "kept": _("units refunded, kept by the buyer"),
    "paid": _("units refunded in all"),
    "answered": _("units answered: back, or refunded and kept"),
}
