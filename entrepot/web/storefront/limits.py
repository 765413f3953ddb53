"""A parcel that customs stopped at a limit, in words: why, and what its buyer may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from entrepot.checkout.types import ANNUAL, LimitAsked, OtherWay
from entrepot.orders.types import Order
from entrepot.web.common.formats import day, money
from entrepot.web.storefront.timeline import Headline


@dataclass(frozen=True, slots=True)
class Told:
    """What the order's page says of a case. `chosen` is empty while the buyer is asked."""

    case: LimitAsked
    why: str
    chosen: str
    others: tuple[str, ...]


def told(case: LimitAsked, order: Order) -> Told:
    offered = case.offer.others if case.offer else ()
    return Told(case, _why(case), _chosen(case), tuple(_other(one, order.currency) for one in offered))


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


def _chosen(case: LimitAsked) -> str:
    if not case.choice:
        return ""
    if case.choice == "wait" and case.wait_until and not case.outcome:
        return _("You chose to wait: the goods stay reserved, and we declare the parcel again on %(day)s.") % {
            "day": day(case.wait_until)
        }
    if case.choice == "wait":
        return _("You chose to wait for the new year.")
    if case.choice == "split":
        return _("You chose to order again in parts: this parcel's money goes back in full.")
    if case.chosen_by.startswith("system:"):
        return _("Nobody chose in time: this parcel's money goes back in full.")
    return _("You chose the refund: this parcel's money goes back in full.")


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
    """The order's headline, or that its buyer has to choose."""
    return needed(before) if any(case.unanswered and case.offer for case in cases.values()) else before


def needed(before: Headline) -> Headline:
    text = _("Customs stopped a parcel at a limit. Please choose below how to go on.")
    return Headline(_("Your choice is needed"), text, "held", before.note)
