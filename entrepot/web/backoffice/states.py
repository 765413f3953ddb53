"""What states are called on the pages, type by type, and which of them are good or bad news."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from entrepot.catalogue.types import ImportState, Verdict
from entrepot.consignments.types import Bearer, ConsignmentState, Happened, Mode, PaperKind, Stage
from entrepot.customs.types import DataState, DeclarationState, DocumentKind, PassState
from entrepot.customs.types.staying import StayState
from entrepot.customs.types.taxes import BillState, Paid, TaxKind
from entrepot.histories.types import TakeOverState
from entrepot.identity.types import Role
from entrepot.orders.types import OrderState, ParcelState
from entrepot.payments.types import DifferenceKind, PayerCheck, PaymentState, RefundState, ShareState
from entrepot.pricing.types import PromotionState, SaleState
from entrepot.procurement.types import Basis, CostKind, DueState, EventKind, PaymentTerms, Undetermined, VersionState
from entrepot.procurement.types import OrderState as PurchaseState
from entrepot.provenance.types import Happening
from entrepot.receiving.types import Condition, Gap, GapState, ReceiptState
from entrepot.replenishment.types import ProposalState
from entrepot.returns.types import CustomsAnswer, ReturnState
from entrepot.shipping.types import WaybillState
from entrepot.stock.types import CustomsState
from entrepot.stock.types.bonded import DisposalKind, DisposalState, InboundState
from entrepot.stock.types.lots import CountState, TransferState

Words = Mapping[str, Promise]

WAY: Words = {  # orders and parcels share their states: one list of theirs serves both, and the timeline
    "placed": _("To be paid"),
    "paid": _("Paid"),
    "declared": _("At customs"),
    "held": _("Held"),
    "released": _("Released"),
    "shipped": _("On the way"),
    "delivered": _("Delivered"),
    "cancelled": _("Cancelled"),
}
COSTS: Words = {
    "freight": _("Freight"),
    "insurance": _("Insurance"),
    "duty": _("Duty"),
    "handling": _("Handling"),
    "bank": _("Bank charges"),
}
STATES: Mapping[type[StrEnum], Words] = {
    OrderState: WAY,
    ParcelState: WAY,
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
    PromotionState: {
        "coming": pgettext("promotion", "Coming"),
        "running": pgettext("promotion", "Running"),
        "spent": pgettext("promotion", "Spent"),
        "over": pgettext("promotion", "Over"),
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
    PurchaseState: {
        "draft": _("Draft"),
        "approved": pgettext("purchase", "Approved"),
        "sent": pgettext("purchase", "Sent"),
        "confirmed": pgettext("purchase", "Confirmed"),
        "partly_received": _("Partly received"),
        "closed": pgettext("purchase", "Closed"),
        "cancelled": _("Cancelled"),
    },
    VersionState: {"draft": _("Draft"), "approved": pgettext("purchase", "Approved"), "dropped": _("Dropped")},
    EventKind: {
        "drafted": _("Drafted"),
        "amended": _("Amended"),
        "amendment_dropped": _("The amendment is dropped"),
        "approved": pgettext("purchase", "Approved"),
        "sent": _("Sent to the supplier"),
        "confirmed": _("Confirmed by the supplier"),
        "received": pgettext("purchase", "Goods came"),
        "invoiced": _("The supplier sent an invoice"),
        "paid": pgettext("purchase", "Paid"),
        "repaid": _("Money came back"),
        "closed": pgettext("purchase", "Closed"),
        "cancelled": _("Cancelled"),
    },
    PaymentTerms: {
        "advance": _("in advance"),
        "shipment": _("after shipment"),
        "receipt": _("after receipt"),
        "invoice": _("after the invoice"),
    },
    DueState: {
        "overdue": _("overdue"),
        "coming": pgettext("payment", "coming"),
        "undetermined": _("not determined"),
    },
    Undetermined: {
        "not_shipped": _("nobody has reported the shipment yet"),
        "shipment_unknown": _("the goods came, but nobody reported when they were shipped"),
        "not_received": _("the goods have not come yet"),
        "not_invoiced": _("the supplier's invoice is not on record yet"),
    },
    CustomsAnswer: {
        "none": _("Not asked"),
        "asked": _("Waiting for customs"),
        "accepted": _("Accepted"),
        "refused": pgettext("return", "Refused"),
    },
    StayState: {
        "unasked": _("Not asked yet"),
        "asked": _("Waiting for customs"),
        "refused": pgettext("return", "Refused"),
        "taken_back": _("Taken back by customs"),
        "settled": _("Settled by a paper"),
    },
    CustomsState: {
        "in_transit": _("In transit"),
        "bonded": _("Bonded goods"),
        "released": _("Released"),
        "duty_paid": _("Duty paid"),
        "quarantined": _("Quarantined"),
    },
    InboundState: {
        "draft": _("Being made"),
        "declared": _("Declared, on its way"),
        "arrived": _("To be counted"),
        "put_away": _("On the shelves"),
        "cancelled": _("Given up"),
    },
    PassState: {
        "open": _("Lists are chosen"),
        "presented": _("Presented to customs"),
        "left": _("Has left"),
        "cancelled": _("Given up"),
    },
    DisposalState: {"planned": _("Planned"), "done": pgettext("disposal", "Gone"), "cancelled": _("Given up")},
    TransferState: {
        "planned": _("Planned"),
        "sent": _("On the way"),
        "short": _("Units are missing"),
        "done": _("Received"),
        "cancelled": _("Given up"),
    },
    CountState: {"open": _("To be counted"), "posted": _("Posted"), "cancelled": _("Given up")},
    CostKind: COSTS,
    Basis: {
        "value": _("by value"),
        "weight": _("by weight"),
        "volume": _("by volume"),
        "quantity": _("by units"),
        "hs": _("by duty line"),
        "stated": _("as the invoice states"),
    },
    DisposalKind: {"destroy": _("destroyed under supervision"), "abroad": _("sent back abroad")},
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
    BillState: {
        "1": pgettext("tax", "Made"),
        "2": pgettext("tax", "Summed"),
        "3": pgettext("tax", "Void"),
    },
    Paid: {
        "open": pgettext("tax", "Open"),
        "overdue": pgettext("tax", "Overdue"),
        "paid": pgettext("tax", "Paid"),
    },
    TaxKind: {
        "foreign_order": _("A list that is not ours"),
        "foreign_line": _("A line that is not on the list"),
        "unbilled": _("Every bill is void"),
        "missing_line": _("A line that is not on the bill"),
        "not_lifted": _("Billed though it came back"),
        "code": _("Another HS code"),
        "value": _("Another value"),
        "rounding": _("Rounding"),
        "rate": _("Another tax on the same value"),
        "head": _("The head is not the sum of the lines"),
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
    TakeOverState: {
        "looked": _("Looked at, nothing written"),
        "working": _("Being taken over"),
        "done": pgettext("history", "Taken over"),
        "dropped": _("Dropped"),
    },
    ProposalState: {
        "proposed": _("To be decided"),
        "approved": _("Approved"),
        "dismissed": _("Dismissed"),
        "replaced": _("Replaced by a newer one"),
    },
    ConsignmentState: {
        "announced": pgettext("consignment", "Announced"),
        "under_way": _("Under way"),
        "arrived": _("Arrived"),
        "closed": _("Receiving ended"),
        "cancelled": _("Cancelled"),
    },
    Happening: {
        "authorised": _("The brand authorises the sale"),
        "ordered": _("Ordered from the supplier"),
        "departed": _("On its way"),
        "declared": _("Declared to customs, into the bonded zone"),
        "arrived": _("Arrived"),
        "received": _("Counted into our warehouse"),
        "sold": _("Released by customs and sent to buyers"),
        "recalled": _("Called back"),
        "cleared": _("Found sound; sold again"),
    },
    Happened: {
        "announced": pgettext("consignment", "Announced"),
        "estimated": _("Arrival estimated anew"),
        "departed": _("Departed"),
        "arrived": pgettext("leg", "Arrived"),
        "filed": _("A document was filed"),
        "declared": _("The inbound declaration is drafted"),
        "received": _("Received in part"),
        "closed": _("Receiving ended"),
        "cancelled": _("Cancelled"),
    },
    Mode: {
        "sea": _("sea"),
        "air": _("air"),
        "rail": _("rail"),
        "road": _("road"),
        "post": pgettext("carriage", "post"),
        "other": pgettext("carriage", "otherwise, or not told"),
    },
    Stage: {"before": _("to the port"), "main": _("main carriage"), "after": _("from the port")},
    Bearer: {"seller": _("the seller"), "us": _("us")},
    PaperKind: {
        "invoice": _("Invoice"),
        "packing_list": _("Packing list"),
        "bill": _("Bill or air waybill"),
        "origin": _("Certificate of origin"),
        "health": _("Health certificate"),
        "insurance": _("Insurance"),
        "other": _("Another document"),
    },
    ReceiptState: {"open": _("Being counted"), "closed": pgettext("purchase", "Closed"), "cancelled": _("Given up")},
    Condition: {"sound": _("sound"), "damaged": _("damaged"), "held": _("held for quality")},
    Gap: {
        "short": _("too few"),
        "over": _("too many"),
        "wrong": _("not announced"),
        "other_lot": _("another lot"),
        "damaged": _("damaged"),
        "held": _("held for quality"),
    },
    GapState: {"open": pgettext("difference", "Open"), "settled": pgettext("difference", "Settled")},
    Role: {
        "operator": _("Operator"),
        "catalogue": _("Catalogue"),
        "warehouse": _("Warehouse"),
        "customs": _("Customs clerk"),
        "service": _("Service"),
        "finance": _("Finance"),
        "purchasing": _("Purchasing"),
    },
}
# How good or bad a state is, whatever it belongs to; anything else is under way.
GOOD = {
    "put_away",
    "settled",
    "taken_back",
    "sound",
    "left",
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
    "posted",
    "confirmed",
    "closed",
}
BAD = {
    "short",
    "wrong",
    "damaged",
    "overdue",
    "held",
    "failed",
    "quarantined",
    "bad",
    "refused",
    "different",
    "unmade",
    "lapsed",
}
OVER = {
    "dismissed",
    "replaced",
    "cancelled",
    "refunded",
    "discarded",
    "unchanged",
    "withdrawn",
    "none",
    "dropped",
}
