"""A parcel that customs stopped at a limit, in words: why, and what its buyer may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from entrepot.checkout.types import ANNUAL, LimitAsked, OtherWay
from entrepot.orders.types import Order
from entrepot.web.common.formats import day, moment, money
from entrepot.web.storefront.timeline import Headline


@dataclass(frozen=True, slots=True)
class Told:
    """What the order's page says of a case. `chosen` is empty while the buyer is asked; `general`: what general trade
    means for the parcel, empty where it is not open; `more`: what was paid on top for it."""

    case: LimitAsked
    why: str
    chosen: str
    general: str
    others: tuple[str, ...]
    more: str

    @property
    def passed(self) -> bool:
        """The parcel is through customs: nothing is to be explained any more."""
        return self.case.outcome in ("general", "released")


def told(case: LimitAsked, order: Order) -> Told:
    offered = case.offer.others if case.offer else ()
    others = tuple(_other(one, order.currency) for one in offered)
    general = case.offer.general if case.offer else None
    said = _general(general, case.offer.refund_minor, order.currency) if general and case.offer else ""
    paid = (case.difference_minor or 0) if case.settled_at and case.outcome in ("", "general") else 0
    more = money(paid, order.currency) if paid > 0 else ""
    return Told(case, _why(case), _chosen(case, order.currency), said, others, more)


def _why(case: LimitAsked) -> str:
    if case.code == ANNUAL:
        return _(
            "Customs did not let this parcel pass: what you bought across the border this year, on all platforms, is "
            "above the yearly limit of one person. The limit begins anew on 1 January. Please do not use somebody "
            "else's name for your own purchase."
        )
    return _(
        "Customs did not let this parcel pass: it is above the limit of one cross-border purchase. A paid order cannot "
        "be divided afterwards; each order needs its own payment and waybill."
    )


def _chosen(case: LimitAsked, currency: str) -> str:
    if not case.choice:
        return ""
    if case.choice == "general":
        return _chosen_general(case, currency)
    if case.choice == "wait" and case.wait_until and not case.outcome:
        return _("You chose to wait: the goods stay reserved, and we declare the parcel again on %(day)s.") % {
            "day": day(case.wait_until)
        }
    if case.choice == "wait":
        return _("You chose to wait for the new year.")
    if case.choice == "split":
        return _("You chose to order again in parts: this parcel's money goes back in full.")
    if case.chosen_by.startswith("system:") and case.difference_minor is not None:
        return _("The difference was not paid in time: this parcel's money goes back in full.")
    if case.chosen_by.startswith("system:"):
        return _("Nobody chose in time: this parcel's money goes back in full.")
    return _("You chose the refund: this parcel's money goes back in full.")


def _chosen_general(case: LimitAsked, currency: str) -> str:
    difference = case.difference_minor or 0
    sums = {"sum": money(abs(difference), currency)}
    if case.to_pay and case.wait_until:
        return _(
            "You chose general trade. Please pay the difference of %(sum)s by %(time)s: then the goods are declared. "
            "Without it this parcel's money goes back in full."
        ) % {**sums, "time": moment(case.wait_until)}
    if case.to_declare:
        return _(
            "You chose general trade and nothing is left to pay. The goods are being declared; that takes some days."
        )
    if case.outcome == "general" and difference > 0:
        return _("Customs released this parcel as general trade. You paid %(sum)s on top.") % sums
    if case.outcome == "general":
        return _("Customs released this parcel as general trade.")
    if case.outcome == "released":
        return _("Customs let the parcel pass after all: what you paid on top goes back.")
    return _("General trade was not possible: everything you paid for this parcel goes back.")


def _general(one: OtherWay, paid_minor: int, currency: str) -> str:
    difference = one.total_minor - paid_minor
    sums = {
        "importer": settings.GENERAL_TRADE_IMPORTER,
        "total": money(one.total_minor, currency),
        "tax": money(one.tax_minor, currency),
        "sum": money(abs(difference), currency),
    }
    if difference > 0:
        said = _("As general trade: %(total)s in all, of it %(tax)s tax. You pay %(sum)s on top.") % sums
    elif difference < 0:
        said = _("As general trade: %(total)s in all, of it %(tax)s tax. %(sum)s goes back to you.") % sums
    else:
        said = _("As general trade: %(total)s in all, of it %(tax)s tax, as you paid.") % sums
    more = _(
        "%(importer)s imports the goods with all taxes in full and declares them; it does not count against your "
        "yearly limit, and the tax stays even if you send the goods back."
    )
    return f"{said} {more % sums}"


def _other(one: OtherWay, currency: str) -> str:
    sums = {"total": money(one.total_minor, currency), "tax": money(one.tax_minor, currency)}
    if one.channel == "postal":
        return _("Sent to you as personal articles by post: %(total)s in all, of it %(tax)s tax.") % sums
    return (
        _(
            "As general trade: %(total)s in all, of it %(tax)s tax. An importer with a licence has to declare it; we "
            "do not do that, write to us if you want to know more."
        )
        % sums
    )


def headline(before: Headline, cases: Mapping[UUID, LimitAsked]) -> Headline:
    """The order's headline, or that its buyer has to choose, or to pay for what was chosen."""
    if any(case.unanswered and case.offer for case in cases.values()):
        return needed(before)
    if any(case.to_pay for case in cases.values()):
        return needed(before, choice=False)
    return before


def needed(before: Headline, *, choice: bool = True) -> Headline:
    """Its buyer has to choose; without `choice`, to pay for what was chosen."""
    if not choice:
        text = _("A parcel is to come in as general trade. Please pay the difference below.")
        return Headline(_("Your payment is needed"), text, "held", before.note)
    text = _("Customs stopped a parcel at a limit. Please choose below how to go on.")
    return Headline(_("Your choice is needed"), text, "held", before.note)
