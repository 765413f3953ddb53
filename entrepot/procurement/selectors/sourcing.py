"""Questions of who plans: where articles are bought, what is still to come, how long it took."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.kit import sql
from entrepot.procurement import models, reading
from entrepot.procurement.rules import chains
from entrepot.procurement.types import (
    ArticleTerms,
    Contract,
    Delivery,
    OrderState,
    Outstanding,
    Supply,
    VersionState,
)
from entrepot.tariff import selectors as tariff

OVER = [state.value for state in OrderState if state.over]


def contract_articles(*, contract_ids: Collection[UUID]) -> dict[UUID, list[ArticleTerms]]:
    """What contracts say of articles, by contract."""
    found: dict[UUID, list[ArticleTerms]] = {}
    for row in models.ContractArticle.objects.filter(contract_id__in=contract_ids).order_by("id"):
        one = ArticleTerms(row.sku_id, row.unit_price, row.units_min, row.pack, row.volume_cm3)
        found.setdefault(row.contract_id, []).append(one)
    return found


def supplies(*, on: date, country: str = "CN") -> list[Supply]:
    """Of each article that a contract in force names, the best offer: whom we may buy it from for the country, at the
    least price in yuan. A currency without a rate on the day comes last."""
    contracts = {
        one.id: one
        for one in reading.contracts(valid_from__lte=on, valid_to__gt=on)
        if not one.territory or country in one.territory
    }
    suppliers = {row.id: row for row in models.Supplier.objects.filter(active=True)}
    rates = tariff.exchange_rates(currencies={one.currency for one in contracts.values()}, on=on)
    best: dict[UUID, tuple[tuple[bool, Decimal, str], Supply]] = {}
    terms = [
        (contract, one)
        for contract_id, articles in contract_articles(contract_ids=contracts).items()
        if (contract := contracts[contract_id]).supplier_id in suppliers
        for one in articles
    ]
    skus = {sku.id: sku for sku in catalogue.skus(ids={one.sku_id for _of, one in terms}).values() if sku.active}
    refused = _refused({(of.supplier_id, skus[one.sku_id].brand_id) for of, one in terms if one.sku_id in skus},
                       suppliers, on, country)  # fmt: skip
    for of, one in terms:
        sku = skus.get(one.sku_id)
        if sku is None or (of.supplier_id, sku.brand_id) in refused:
            continue
        rate = rates.get(of.currency)
        rank = (rate is None, one.unit_price * (rate.rate if rate else 1), of.number)
        if one.sku_id not in best or rank < best[one.sku_id][0]:
            best[one.sku_id] = rank, _supply(of, one, suppliers[of.supplier_id].code, (sku.code, sku.gross_weight_g))
    return [supply for _rank, supply in best.values()]


def _supply(of: Contract, one: ArticleTerms, supplier: str, sku: tuple[str, int]) -> Supply:
    return Supply(
        sku_id=one.sku_id,
        sku_code=sku[0],
        weight_g=sku[1],
        supplier_id=of.supplier_id,
        supplier_code=supplier,
        contract_id=of.id,
        currency=of.currency,
        unit_price=one.unit_price,
        units_min=max(one.units_min, of.line_units_min),
        order_units_min=of.order_units_min,
        pack=one.pack,
        volume_cm3=one.volume_cm3,
    )


def _refused(
    pairs: Collection[tuple[UUID, UUID]], suppliers: Mapping[UUID, models.Supplier], on: date, country: str
) -> set[tuple[UUID, UUID]]:
    """Suppliers and brands without a chain of rights between them and us on the day."""
    owned = dict(models.OwnedBrand.objects.values_list("brand_id", "owner_id"))
    links = reading.links_of({brand_id for _supplier, brand_id in pairs})
    return {
        (supplier_id, brand_id)
        for supplier_id, brand_id in pairs
        if brand_id in links
        and not chains.may_buy(
            links[brand_id], on, country, supplier_id,
            suppliers[supplier_id].owner_id is not None and owned.get(brand_id) == suppliers[supplier_id].owner_id,
        )
    }  # fmt: skip


def outstanding() -> list[Outstanding]:
    """What orders still are to bring, drafts too: who plans anew must not ask for it again."""
    alive = models.Order.objects.exclude(state__in=OVER)
    drafts = list(alive.filter(version=0).values_list("id", flat=True))
    found = [
        Outstanding(row.order_id, row.sku_id, row.units - row.received)
        for row in models.Line.objects.filter(order__in=alive).order_by("order_id", "number")
        if row.units > row.received
    ]
    for row in models.Version.objects.filter(order_id__in=drafts, state=VersionState.DRAFT).order_by("order_id"):
        found += [Outstanding(row.order_id, one.sku_id, one.units) for one in reading.document(row.document).lines]
    return found


def deliveries(*, since: date) -> list[Delivery]:
    """What was received since a day, one an order and receipt. One statement."""
    return [Delivery(**row) for row in sql.rows(sql.load("procurement", "deliveries"), {"since": since})]
