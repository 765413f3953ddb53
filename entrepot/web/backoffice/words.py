"""What other codes are called on the pages: documents, trade modes, doings. Lazy: in the reader's language."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.web.backoffice.states import BAD, COSTS, GOOD, OVER, STATES, WAY, Words

VERIFIERS: Words = {"1": _("UnionPay"), "2": _("NetsUnion"), "3": pgettext("verifying body", "Other")}
TRADE_MODES: Words = {
    "1210": _("Bonded stock (1210)"),
    "9610": _("Direct mail (9610)"),
    "0110": _("General trade (0110)"),
}
PROBLEMS: Words = {
    "not_active": _("Switched off"),
    "brand_not_authorised": _("Brand's authorisation ended"),
    "not_classified": _("Not classified"),
    "origin_unknown": _("Origin unknown"),
    "weight_unknown": _("Weight unknown"),
}
EXCHANGES: Words = {
    "create": _("Payment opened"),
    "query": _("State asked for"),
    "capture": _("Capture asked for"),
    "close": _("Closing asked for"),
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
    "identity.key_issued": _("Issued an access key"),
    "identity.key_revoked": _("Revoked an access key"),
    "payments.open_raw_exchange": _("Opened an exchange with the payment provider"),
    "payments.close_difference": _("Closed a difference with the provider"),
    "customs.document_read": _("Opened a customs document"),
    "customs.redeclare": _("Declared again"),
    "customs.cancel": _("Gave a declaration up"),
    "customs.release_general": _("Entered a release as general trade"),
    "customs.ask_list_again": _("Asked customs again to take a list back"),
    "customs.settle_stay": _("Entered customs' paper for goods that stay"),
    "customs.acknowledge": _("Took a document that stands still in hand"),
    "customs.pay_tax": _("Entered a payment of tax"),
    "customs.take_back_tax": _("Took a payment of tax back"),
    "customs.try_again": _("Had a parcel declared again"),
    "customs.set_guarantee": _("Entered a guarantee"),
    "customs.upload_again": _("Sent payment data to customs again"),
    "checkout.call_off": _("Called a parcel off"),
    "orders.corrections_read": _("Read what customs said of a person's year"),
    "orders.lift_correction": _("Lifted what customs said of a person's year"),
    "returns.approve": _("Approved a return"),
    "returns.ask_customs": _("Asked customs again for a return"),
    "returns.refuse": _("Refused a return"),
    "returns.arrive": _("Counted a return"),
    "returns.complete": _("Settled a return"),
    "returns.pay_kept": _("Refunded goods that the buyer keeps"),
    "replenishment.approved": _("Approved an order proposal"),
    "replenishment.ordered": _("Drafted a purchase order from a proposal"),
    "replenishment.dismissed": _("Dismissed an order proposal"),
    "outbox.dismiss": _("Dropped a parked job"),
    "outbox.unpark": _("Had a parked job tried again"),
    "catalogue.import": _("Imported articles"),
    "receiving.close": _("Closed a receipt"),
    "receiving.give_up": _("Gave a receipt up"),
    "receiving.hand_over": _("Took a pallet over"),
    "receiving.settle": _("Settled a difference of a delivery"),
    "procurement.put_owner": _("Put a brand owner"),
    "procurement.put_supplier": _("Put a supplier"),
    "procurement.authorise": _("Recorded an authorisation"),
    "procurement.revoke": _("Revoked an authorisation"),
    "procurement.sign": _("Signed a contract"),
    "procurement.draft": _("Drafted a purchase order"),
    "procurement.amend": _("Amended a purchase order"),
    "procurement.approve": _("Approved a purchase order"),
    "procurement.close": _("Closed a purchase order"),
    "procurement.cancel": _("Cancelled a purchase order"),
    "procurement.pay": _("Recorded a payment to a supplier"),
    "procurement.promise": _("Wrote a purchase commitment down"),
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
    "2": _("Being declared"),
    "3": _("Sent on to customs"),
    "4": _("Not passed on"),
    "100": _("Refused"),
    "120": _("Taken in by customs"),
    "300": _("Under review"),
    "399": _("Review passed"),
    "500": _("Inspection"),
    "501": _("Held: handed to clearance"),
    "502": _("Held: handed to the anti-smuggling bureau"),
    "503": _("Held: handed to the law office"),
    "599": pgettext("receipt", "Held"),
    "700": _("Sent back"),
    "800": _("Released"),
    "899": _("Closed"),
}
BOOKED: Words = {  # entries of an account book
    "inbound": _("Declared in"),
    "write_off": _("Written off"),
    "add_back": _("Added back"),
    "dispose": _("Disposed of"),
    "correct": _("Corrected"),
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
    _("Select value"),
    _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."),
)


def word(value: StrEnum | str) -> Promise | str:
    """The word for a state or code; the code itself where none is known."""
    text = value.value if isinstance(value, StrEnum) else str(value)
    own = STATES.get(type(value), {})  # type: ignore[arg-type]
    for known in (own, WAY, TRADE_MODES, PROBLEMS, STEPS, EXCHANGES, DOINGS, RETURNING, BOOKED, COSTS):
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


def stuck_kind(kind: str) -> Any:
    """A document that stands still; 179 is a request for payment data."""
    return _("Payment data asked for") if kind == "179" else word(DocumentKind(kind))


def stuck_state(state: str) -> Any:
    if state == "applied":
        return _("Return at customs")
    if state == "refused":
        return _("goods stay, list not taken back")
    if state == "told":
        return _("told, not taken in")
    return _("asked for, not taken") if state == "asked" else word(DeclarationState(state))


def limit_choice(choice: str) -> Any:
    words = {
        "refund": _("money back"),
        "split": _("order again in parts"),
        "wait": _("wait for the new year"),
        "general": _("General trade"),
    }
    return words.get(choice, choice)


def limit_outcome(outcome: str) -> Any:
    words = {"released": _("released after all"), "refunded": _("money given back"), "again": _("stopped again")}
    words["general"] = _("released as general trade")
    return words.get(outcome, outcome)
