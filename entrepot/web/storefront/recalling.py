"""What a buyer is told of a recall on the page of an order, and what can be done about it there."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from entrepot.kit.clock import now
from entrepot.kit.refusals import Invalid
from entrepot.orders.types import Order, OrderLine
from entrepot.recalls import selectors, services
from entrepot.recalls.types import BuyerNotice
from entrepot.web.common.formats import money


class NoSuchNotice(Invalid):
    code = "no_such_notice"
    zh = "请刷新页面后再试"
    en = "Please load the page again"


@dataclass(frozen=True, slots=True)
class Told:
    """`send` names the parcels, counted from 1, whose goods may come back; `keep`: the money goes back without."""

    notice: BuyerNotice
    lines: tuple[tuple[OrderLine, int], ...]
    send: tuple[int, ...]
    keep: bool


def notices(order: Order) -> list[Told]:
    """The recalls that concern an order; one statement where the buyer was never told of any."""
    return [_told(order, one) for one in selectors.notices(buyer_id=order.buyer_id, order_id=order.id)]


def _told(order: Order, notice: BuyerNotice) -> Told:
    lines = tuple((line, notice.units[line.id]) for p in order.parcels for line in p.lines if line.id in notice.units)
    if not notice.open:
        return Told(notice, lines, (), False)
    key = {"buyer_id": order.buyer_id, "order_id": order.id}
    offers = selectors.offers(recall_id=notice.recall_id, now=now(), **key)
    send = tuple(
        n for n, p in enumerate(order.parcels, 1) if p.id in offers and offers[p.id].units and not offers[p.id].keep
    )
    return Told(notice, lines, send, any(one.units and one.keep for one in offers.values()))


def paid_back(order: Order, recall: str) -> str:
    """What goes back, in words. Refuses NoSuchNotice and what `pay_back` refuses."""
    try:
        recall_id = UUID(recall)
    except ValueError:
        raise NoSuchNotice(field="recall") from None
    given = services.pay_back(recall_id=recall_id, buyer_id=order.buyer_id, order_id=order.id, now=now())
    return money(given.total_minor, order.currency)
