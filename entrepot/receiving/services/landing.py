"""Goods of a consignment that stand on the shelves bear what bringing them here cost: they are one landing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.consignments import selectors as consignments
from entrepot.consignments import services as consignment_verbs
from entrepot.kit.clock import CHINA, day_in
from entrepot.procurement import services as buying
from entrepot.procurement.types import LandingLineDraft
from entrepot.stock import selectors as stock

ACTOR = "system:receiving"
JURISDICTION = "CN"  # whose duty bills share themselves by code


def land(*, consignment_id: UUID, now: datetime) -> UUID | None:
    """Open the landing of what was received of a consignment, or let it take in what came since. Weight and HS code are
    the catalogue's; what a unit was bought for stands on its lot, from the order. None where no lot stands in stock.

    Repeatable. Refuses UnknownConsignment.
    """
    found = consignments.consignment(consignment_id=consignment_id, brief=True)
    if found is None:
        raise consignment_verbs.UnknownConsignment(what="consignment")
    lots = stock.lots_ending(sku_ids={line.sku_id for line in found.lines}, ending=f"/{found.number}")
    if not lots:
        return None
    sku_ids = {lot.sku_id for lot in lots}
    skus = catalogue.skus(ids=sku_ids)
    decided = catalogue.classifications(sku_ids=sku_ids, jurisdiction=JURISDICTION, on=day_in(CHINA, now))
    lines = [
        LandingLineDraft(
            sku_id=lot.sku_id,
            lot_id=lot.id,
            gross_g=skus[lot.sku_id].gross_weight_g,
            hs_code=decided[lot.sku_id].hs_code if lot.sku_id in decided else "",
        )
        for lot in lots
    ]
    return buying.land(goods=buying.Goods(found.id, found.number, lines), actor=ACTOR, now=now)
