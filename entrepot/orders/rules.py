"""Which state may follow which, what must add up and what of a person may be shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.sealing import mask
from entrepot.orders.types import PARCELS_MAX, Consignee, OrderDraft, ParcelState

LINES_MAX = 99  # in one parcel: the CEB order message takes 1 to 99

# Events may be told late or out of order, so a parcel may jump forward over a step, never back (but out of HELD).
MAY_FOLLOW: Mapping[ParcelState, tuple[ParcelState, ...]] = {
    ParcelState.DECLARED: (ParcelState.PAID, ParcelState.HELD),
    ParcelState.HELD: (ParcelState.PAID, ParcelState.DECLARED),
    ParcelState.RELEASED: (ParcelState.PAID, ParcelState.DECLARED, ParcelState.HELD),
    ParcelState.SHIPPED: (ParcelState.RELEASED,),
    ParcelState.DELIVERED: (ParcelState.RELEASED, ParcelState.SHIPPED),
    ParcelState.CANCELLED: (ParcelState.PAID, ParcelState.DECLARED, ParcelState.HELD),
}


def masked(consignee: Consignee) -> tuple[str, str, str]:
    """Name, phone and place as pages show them: 张*, 138****5678, the district without street and door."""
    digits = consignee.phone.removeprefix("+86")
    names = [consignee.province, consignee.city, consignee.district]
    place = "".join(name for i, name in enumerate(names) if name not in names[:i])
    return mask(consignee.name, 1, 0), mask(digits, 3, 4), place


def fault(draft: OrderDraft) -> str | None:
    """What in a draft does not add up, or None. A fault is the caller's mistake, not the buyer's."""
    if not 0 < len(draft.parcels) <= PARCELS_MAX:
        return "parcels"
    if len({parcel.number for parcel in draft.parcels}) != len(draft.parcels):
        return "parcel numbers"
    for parcel in draft.parcels:
        lines = parcel.lines
        if [line.number for line in lines] != list(range(1, len(lines) + 1)) or not 0 < len(lines) <= LINES_MAX:
            return "line numbers"
        if any(line.goods_minor != line.unit_price_minor * line.quantity for line in lines):
            return "goods"
        sums = [
            (parcel.goods_minor, sum(line.goods_minor for line in lines)),
            (parcel.discount_minor, sum(line.discount_minor for line in lines)),
            (parcel.freight_minor, sum(line.freight_minor for line in lines)),
            (parcel.tax_minor, sum(line.tax_minor for line in lines)),
        ]
        if any(whole != parts for whole, parts in sums):
            return "sums"
        if {parcel.buyer_id, parcel.order_id} != {draft.buyer_id, draft.id}:
            return "keys"
    return "wishes" if draft.wished and not _as_wished(draft) else None


def _as_wished(draft: OrderDraft) -> bool:
    """Whether what is told of a partial order is what it holds, and no more than was wished."""
    told = {line.sku_id: line.placed for line in draft.wished if line.placed}
    return told == draft.units and all(0 <= line.placed <= line.wished for line in draft.wished)


def year_of(at: datetime) -> int:
    """The calendar year in China whose allowance an order placed at `at` uses."""
    return day_in(CHINA, at).year


def corrected(*, told_minor: int | None, least_minor: int, known_minor: int) -> int:
    """What customs knows of a person's year beyond what we know it has booked. Never below nothing: what customs has
    not booked yet it may still book."""
    return max(0, (least_minor if told_minor is None else told_minor) - known_minor)
