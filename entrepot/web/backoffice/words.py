"""What codes are called on the pages: states, documents, trade modes, doings. Lazy: in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from entrepot.catalogue.types import ImportState, Verdict
from entrepot.customs.types import DataState, DeclarationState, DocumentKind
from entrepot.identity.types import Role
from entrepot.orders.types import OrderState, ParcelState
from entrepot.payments.types import DifferenceKind, PayerCheck, PaymentState, RefundState, ShareState
from entrepot.pricing.types import SaleState
from entrepot.returns.types import CustomsAnswer, ReturnState
from entrepot.shipping.types import WaybillState
from entrepot.stock.types import CustomsState

Words = Mapping[str, Promise]

_WAY: Words = {  # orders and parcels share their states: one list of theirs serves both, and the timeline
    "placed": _("To be paid"),
    "paid": _("Paid"),
    "declared": _("At customs"),
    "held": _("Held"),
    "released": _("Released"),
    "shipped": _("On the way"),
    "delivered": _("Delivered"),
    "cancelled": _("Cancelled"),
}
STATES: Mapping[type[StrEnum], Words] = {
    OrderState: _WAY,
    ParcelState: _WAY,
    DeclarationState: {
        "draft": _("Being made"),
        "matching": _("Three documents at customs"),
        "listed": _("List at customs"),
        "released": _("Released"),
        "held": _("Held"),
        "cancelled": _("Cancelled"),
    },
    PaymentState: {
        "pending": _("Not yet opened"),
        "open": _("Waiting for the buyer"),
        "authorised": _("Reserved, not yet taken"),
        "captured": _("Paid"),
        "failed": _("Failed"),
        "refund_pending": _("Refund on its way"),
        "refunded": _("Refunded"),
    },
    SaleState: {
        "coming": pgettext("sale", "Coming"),
        "running": pgettext("sale", "Running"),
        "sold_out": _("Sold out"),
        "over": pgettext("sale", "Over"),
    },
    DifferenceKind: {
        "unknown_here": _("The provider moved money that we know nothing of"),
        "not_captured_here": _("The provider has it done, we do not"),
        "unknown_there": _("We have it done, the statement does not name it"),
        "amount": _("The amounts differ"),
    },
    PayerCheck: {
        "unchecked": _("not checked"),
        "same": _("is the buyer"),
        "different": _("is not the buyer"),
    },
    RefundState: {"pending": _("Refund on its way"), "done": _("Refunded"), "failed": _("Refund failed")},
    ShareState: {
        "pending": _("Asked for, not answered"),
        "accepted": _("On its way to customs"),
        "done": pgettext("document", "At customs"),
        "refused": _("Refused by the provider"),
        "failed": _("Not taken by customs"),
    },
    DataState: {
        "waiting": _("Waiting to be sent"),
        "taken": _("Taken by customs"),
        "refused": _("Refused by customs"),
        "unmade": _("Cannot be made"),
    },
    WaybillState: {
        "requested": _("Asked for"),
        "booked": _("Booked"),
        "dispatched": _("On the way"),
        "delivered": _("Delivered"),
        "cancelled": _("Cancelled"),
    },
    ReturnState: {
        "applied": _("To be decided"),
        "approved": _("Goods awaited"),
        "arrived": _("To be settled"),
        "completed": _("Settled"),
        "refused": pgettext("return", "Refused"),
        "withdrawn": _("Withdrawn"),
        "lapsed": _("Not back in time"),
    },
    CustomsAnswer: {
        "none": _("Not asked"),
        "asked": _("Waiting for customs"),
        "accepted": _("Accepted"),
        "refused": pgettext("return", "Refused"),
    },
    CustomsState: {
        "in_transit": _("In transit"),
        "bonded": _("Bonded goods"),
        "released": _("Released"),
        "duty_paid": _("Duty paid"),
        "quarantined": _("Quarantined"),
    },
    DocumentKind: {
        "311": pgettext("document", "Order"),
        "411": pgettext("document", "Payment"),
        "511": _("Waybill"),
        "513": _("Proof of delivery"),
        "621": _("List"),
        "623": _("Withdrawal"),
        "625": pgettext("document", "Return"),
        "711": _("Inbound account"),
    },
    ImportState: {
        "uploaded": _("Columns to be named"),
        "reading": _("Being read"),
        "comparing": _("Being compared"),
        "compared": _("To be confirmed"),
        "committing": _("Being written"),
        "done": _("Done"),
        "discarded": _("Discarded"),
    },
    Verdict: {"new": _("new"), "changed": _("changed"), "unchanged": _("unchanged"), "bad": _("bad")},
    Role: {
        "operator": _("Operator"),
        "catalogue": _("Catalogue"),
        "warehouse": _("Warehouse"),
        "customs": _("Customs clerk"),
        "service": _("Service"),
        "finance": _("Finance"),
    },
}
# How good or bad a state is, whatever it belongs to; anything else is under way.
GOOD = {
    "delivered",
    "released",
    "captured",
    "shipped",
    "dispatched",
    "done",
    "duty_paid",
    "bonded",
    "paid",
    "booked",
    "new",
    "completed",
    "accepted",
}
BAD = {"held", "failed", "quarantined", "bad", "refused", "different", "unmade", "lapsed"}
OVER = {"cancelled", "refunded", "discarded", "unchanged", "withdrawn", "none"}

VERIFIERS: Words = {"1": _("UnionPay"), "2": _("NetsUnion"), "3": pgettext("verifying body", "Other")}
TRADE_MODES: Words = {
    "1210": _("Bonded stock (1210)"),
    "9610": _("Direct mail (9610)"),
    "0110": _("General trade (0110)"),
}
PROBLEMS: Words = {
    "not_active": _("Switched off"),
    "not_classified": _("Not classified"),
    "origin_unknown": _("Origin unknown"),
    "weight_unknown": _("Weight unknown"),
}
EXCHANGES: Words = {
    "create": _("Payment opened"),
    "query": _("State asked for"),
    "capture": _("Capture asked for"),
    "refund": _("Refund asked for"),
    "refund_query": _("Refund's state asked for"),
    "notice": _("Provider's notice"),
    "declare": _("Declaration asked for"),
    "declare_query": _("Declaration's state asked for"),
}
STEPS: Words = {  # of a payment's money; what differs between events and state is named by the same words
    "authorise_pending": _("The buyer's agreement is asked for"),
    "authorise_succeeded": _("The buyer agreed; the sum is reserved"),
    "authorise_failed": _("The buyer did not agree in time"),
    "capture_pending": _("The sum is asked for"),
    "capture_succeeded": _("The sum was taken"),
    "capture_failed": _("Nothing was taken"),
    "refund_pending": _("A refund is asked for"),
    "refund_succeeded": _("It was given back"),
    "refund_failed": _("The provider refused the refund"),
    "ask": _("written before we asked"),
    "migration": _("from before there were events"),
}
DISAGREEMENTS: Words = {
    "captured": _("What was taken is not what the events say"),
    "refunded": _("What was given back is not what the events say"),
    "refunding": _("What is on its way back is not what the events say"),
    "asked": _("An outcome without its question, or two amounts for one step"),
    "state": _("The payment's state does not follow from its events"),
    "refund": _("A refund's state does not follow from its events"),
}
MOVEMENTS: Words = {"capture": _("Payment taken"), "refund": _("Refund")}
DOINGS: Words = {
    "identity.real_name_read": _("Read a real-name record"),
    "identity.standing_set": _("Changed roles or standing"),
    "payments.open_raw_exchange": _("Opened an exchange with the payment provider"),
    "payments.close_difference": _("Closed a difference with the provider"),
    "customs.document_read": _("Opened a customs document"),
    "customs.redeclare": _("Declared again"),
    "customs.cancel": _("Gave a declaration up"),
    "customs.upload_again": _("Sent payment data to customs again"),
    "checkout.call_off": _("Called a parcel off"),
    "returns.approve": _("Approved a return"),
    "returns.ask_customs": _("Asked customs again for a return"),
    "returns.refuse": _("Refused a return"),
    "returns.arrive": _("Counted a return"),
    "returns.complete": _("Settled a return"),
    "catalogue.import": _("Imported articles"),
}
DATA_ANSWERS: Words = {  # what customs answers to raw payment data, and why there may be nothing to send
    "10000": _("uploaded"),
    "20000": _("the upload failed"),
    "20004": _("the certificate is not registered: have it registered, then send again"),
    "no_raw_data": _("the raw request and answer of this payment are not there"),
    "raw_too_long": _("a raw text has more than 8000 characters"),
}
RETURNING: Words = {  # steps of a return
    "applied": _("Asked for"),
    "approved": _("Approved"),
    "sent": _("Sent by the buyer"),
    "customs_asked": _("Customs asked"),
    "customs_accepted": _("Customs accepts"),
    "customs_refused": _("Customs refuses"),
    "arrived": _("Counted"),
    "completed": _("Settled"),
    "refused": pgettext("return", "Refused"),
    "withdrawn": _("Withdrawn"),
    "lapsed": _("Not back in time"),
}
RECEIPTS: Words = {  # what customs' status numbers say; negative ones are refusals with their own text
    "1": _("Saved"),
    "2": _("Received"),
    "3": _("Sent on to customs"),
    "4": _("Not passed on"),
    "100": _("Refused"),
    "120": _("Taken into the books"),
    "300": _("Under review"),
    "399": _("Review passed"),
    "500": _("Inspection"),
    "501": _("Held and moved"),
    "502": _("Held"),
    "503": _("Sent back"),
    "599": _("Closed without release"),
    "700": _("Ended"),
    "800": _("Released"),
    "899": _("Closed"),
}
# Sentences of the admin's frame, which comes without Chinese.
FRAME = (
    _("All applications"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Type to search"),
    _("Filters"),
    _("Apply filters"),
    _("Reset filters"),
    _("Clear all"),
    _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."),
)


def word(value: StrEnum | str) -> Promise | str:
    """The word for a state or code; the code itself where none is known."""
    text = value.value if isinstance(value, StrEnum) else str(value)
    for known in (STATES.get(type(value), {}), _WAY, TRADE_MODES, PROBLEMS, STEPS, EXCHANGES, DOINGS, RETURNING):  # type: ignore[arg-type]
        if text in known:
            return known[text]
    return text


def tone(value: StrEnum | str) -> str:
    """ "good", "bad", "over" or "wait": the colour of a state."""
    text = value.value if isinstance(value, StrEnum) else str(value)
    for name, values in (("good", GOOD), ("bad", BAD), ("over", OVER)):
        if text in values:
            return name
    return "wait"


def receipt_word(status: int) -> Promise | str:
    return RECEIPTS.get(str(status), _("Refused") if status < 0 else "")


def duration(seconds: float | None) -> str:
    """In the largest unit that says it with two figures."""
    if seconds is None:
        return "—"
    for unit, words in ((86_400, _("%(n)s d")), (3_600, _("%(n)s h")), (60, _("%(n)s min"))):
        if seconds >= 2 * unit:
            number = f"{seconds / unit:.1f}".removesuffix(".0") if seconds < 10 * unit else str(round(seconds / unit))
            return str(words % {"n": number})
    return str(_("%(n)s s") % {"n": round(seconds)})
