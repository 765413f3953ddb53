"""The shelf follows what it is told. Every handler reads the state of now, so late and repeated ones do no harm."""

from __future__ import annotations

from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.clock import now
from entrepot.outbox.services import every, job, on, order_once
from entrepot.outbox.types import Event
from entrepot.shelf import services
from entrepot.storefronts import selectors as storefronts


@on("catalogue.products_changed")
def products_changed(event: Event) -> None:
    services.refresh_everywhere(product_ids=[UUID(one) for one in event.payload["product_ids"]], clock=now)


@on("pricing.changed")
def prices_changed(event: Event) -> None:
    services.refresh_everywhere(product_ids=_products(event), clock=now)


@on("stock.changed")
def stock_changed(event: Event) -> None:
    services.refresh_everywhere(product_ids=_products(event), clock=now)


@every("5 16 * * *")  # five past midnight in China: classifications, rates and lots change by the day
def new_day() -> None:
    for storefront in storefronts.every():
        services.rebuild(storefront_id=storefront.id, clock=now)


@every("*/5 * * * *")
def new_rates() -> None:
    order_once(job="shelf.follow_rates", args={})  # of a large catalogue that takes longer than a tick


@job("shelf.follow_rates")
def follow_rates() -> None:
    services.follow_rates(clock=now)


def _products(event: Event) -> set[UUID]:
    found = catalogue.skus(ids=[UUID(one) for one in event.payload["sku_ids"]])
    return {sku.product_id for sku in found.values()}
