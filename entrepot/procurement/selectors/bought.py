"""How goods were bought, for their journey."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from entrepot.procurement import models, reading
from entrepot.procurement.rules import chains
from entrepot.procurement.types import Bought, Right


def bought(*, line_ids: Collection[UUID]) -> dict[UUID, Bought]:
    """Order, supplier's country and the rights that held on the day of approval, by order line. Six statements."""
    lines = list(models.Line.objects.filter(id__in=line_ids))
    orders = models.Order.objects.in_bulk({line.order_id for line in lines})
    suppliers = models.Supplier.objects.in_bulk({order.supplier_id for order in orders.values()})
    brands = {line.brand_id for line in lines}
    links = reading.links_of(brands)
    granting = {link.grantor_id for of in links.values() for link in of if link.grantor_id}
    countries = dict(models.Supplier.objects.filter(id__in=granting).values_list("id", "country"))
    owned = models.OwnedBrand.objects.filter(brand_id__in=brands)
    owners = {row.brand_id: row.owner for row in owned.select_related("owner")}
    found = {}
    for line in lines:
        order, owner = orders[line.order_id], owners.get(line.brand_id)
        supplier, day = suppliers[order.supplier_id], order.approved_on
        own = owner is not None and supplier.owner_id == owner.id
        home = owner.country if owner else ""
        mine = links.get(line.brand_id, ())
        rights = chains.relied_on(mine, day, order.destination, supplier.id, own) if day else ()
        found[line.id] = Bought(
            line_id=line.id,
            order_number=order.number,
            version=order.version,
            country=supplier.country,
            sent_at=order.sent_at,
            rights=tuple(
                Right(
                    one.id, countries.get(one.grantor_id, "") if one.grantor_id else home, one.valid_from, one.valid_to
                )
                for one in rights
            ),
        )
    return found
