"""What a version of an order may not go below: what was paid, what came, and what is announced."""

from __future__ import annotations

from django.db.models import Sum

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.money import Money
from entrepot.kit.refusals import Refusal
from entrepot.procurement import models
from entrepot.procurement.rules.sums import over_units
from entrepot.procurement.types import Document


class BelowPaid(Refusal):
    code = "below_paid"
    zh = "订单已付 {paid}，总额不能改为 {total}"
    en = "{paid} were paid for the order already: its total cannot become {total}"


class BelowReceived(Refusal):
    code = "below_received"
    zh = "货号 {sku} 已到货 {received} 件，数量不能再减到 {units}"
    en = "{received} units of {sku} have come already: the line cannot become {units}"


class BelowShipped(Refusal):
    code = "below_shipped"
    zh = "货号 {sku} 已到货 {received} 件，另有 {coming} 件已通知发货，数量不能减到 {units}：请先取消或收完到货单"
    en = (
        "{received} units of {sku} have come and {coming} are announced: the line cannot become {units} before their "
        "consignment is cancelled or counted in"
    )


def refuse_below(order: models.Order, document: Document) -> None:
    """A version that asks for less than what was paid, came or is announced, while the order's row is held. What the
    contract lets come beyond a line may be announced.

    Refuses BelowReceived, BelowShipped, BelowPaid.
    """
    wanted = {line.sku_id: line.units for line in document.lines}
    rows = list(models.Line.objects.filter(order_id=order.id).order_by("number"))
    codes = {sku.id: sku.code for sku in catalogue.skus(ids=[row.sku_id for row in rows]).values()}
    open_ones = models.Shipment.objects.filter(line__order_id=order.id, coming__gt=0)
    coming = dict(open_ones.order_by().values_list("line_id").annotate(Sum("coming")))
    for row in rows:
        units, still = wanted.get(row.sku_id, 0), coming.get(row.id, 0)
        if units < row.received:
            raise BelowReceived(field="lines", sku=codes[row.sku_id], received=row.received, units=units)
        if still and units + over_units(units, document.over_receipt) < row.received + still:
            said = {"received": row.received, "coming": still, "units": units}
            raise BelowShipped(field="lines", sku=codes[row.sku_id], **said)
    if document.total_minor < order.paid_minor:
        sums = (Money(minor, document.currency) for minor in (order.paid_minor, document.total_minor))
        raise BelowPaid(field="lines", **dict(zip(("paid", "total"), map(str, sums), strict=True)))
