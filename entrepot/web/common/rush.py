"""Flash sales as pages and the API show them: units as they were a second ago, names and pictures a minute ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Sku
from entrepot.checkout import services as checkout
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import NotFound
from entrepot.pricing import selectors as pricing
from entrepot.pricing.types import Sale, SaleItem, SaleState
from entrepot.stock import selectors as stock
from entrepot.stock.types import WarehouseKind
from entrepot.storefronts.types import Storefront
from entrepot.web.common.memo import kept

listed_kept_s, goods_kept_s, stock_kept_s = 5, 60, 1
_SOLD_FROM = (WarehouseKind.BONDED, WarehouseKind.OVERSEAS)
SHOWN_AFTER = timedelta(hours=12)  # how long a sale stays in the list after its end


@dataclass(frozen=True, slots=True)
class Good:
    """An item of a sale with its article and the price that is struck through."""

    item: SaleItem
    sku: Sku
    was_minor: int | None

    @property
    def left_percent(self) -> int:
        """Rounded up: what can still be had is more than nothing."""
        return -(-self.item.left * 100 // self.item.units)

    @property
    def off_percent(self) -> int:
        return 100 - -(-self.item.price_minor * 100 // self.was_minor) if self.was_minor else 0


@dataclass(frozen=True, slots=True)
class Window:
    """What a sale shows at a moment."""

    sale: Sale
    goods: tuple[Good, ...]
    at: datetime

    @property
    def state(self) -> SaleState:
        return self.sale.state(self.at)

    @property
    def door(self) -> bool:
        return self.sale.admit_per_s is not None

    @property
    def turns_at(self) -> datetime:
        """When it begins, else when it ends."""
        return self.sale.starts_at if self.state is SaleState.COMING else self.sale.ends_at


def window(store: Storefront, code: str) -> Window:
    """A sale of the storefront by its code. Refuses NotFound."""
    sale = checkout.live_sale(storefront_id=store.id, code=code[:60])
    if sale is None:
        raise NotFound(what=code[:60])
    return _filled(store, sale)


def windows(store: Storefront) -> list[Window]:
    """Sales that run, come or have just ended: the running first, then by their start."""
    found = [_filled(store, sale) for sale in _listed(store)]
    order = (SaleState.RUNNING, SaleState.COMING, SaleState.SOLD_OUT, SaleState.OVER)
    return sorted(found, key=lambda one: (order.index(one.state), one.sale.starts_at))


@kept(seconds=listed_kept_s)
def _listed(store: Storefront) -> tuple[Sale, ...]:
    at = now()
    return pricing.sales(storefront_id=store.id, since=at - SHOWN_AFTER, at=at)


def _filled(store: Storefront, sale: Sale) -> Window:
    sale, known = _buyable(store, sale), _articles(store, sale)
    goods = (Good(item, *known[item.sku_id]) for item in sale.items if item.sku_id in known)
    return Window(sale, tuple(goods), now())


def _buyable(store: Storefront, sale: Sale) -> Sale:
    """While it runs no more is left than is in stock: what nobody can order is sold out."""
    if sale.state(now()) is not SaleState.RUNNING:
        return sale
    free = _free(store, sale)
    taken = (max(item.taken, item.units - free.get(item.sku_id, 0)) for item in sale.items)
    return replace(sale, items=tuple(replace(item, taken=n) for item, n in zip(sale.items, taken, strict=True)))


@kept(seconds=stock_kept_s)
def _free(store: Storefront, sale: Sale) -> Mapping[UUID, int]:
    """Units that can be ordered here: what stands at home or in a shop is not sold into this flow."""
    until = stock.sold_until(day=day_in(CHINA, now()), channel_ids=[store.id])
    found = stock.available(sku_ids=[item.sku_id for item in sale.items], on=until)
    ours = {one.id for one in stock.warehouses().values() if one.kind in _SOLD_FROM}
    return {sku_id: sum(one.quantity for one in places if one.warehouse_id in ours) for sku_id, places in found.items()}


@kept(seconds=goods_kept_s)
def _articles(store: Storefront, sale: Sale) -> Mapping[UUID, tuple[Sku, int | None]]:
    """Articles of a sale that are sold today with their struck-through prices, by SKU: none that is not above the
    sale's."""
    ids, at = [item.sku_id for item in sale.items], now()
    prices = pricing.prices(storefront_id=store.id, currency=store.currency, sku_ids=ids, at=at)
    was: dict[UUID, int | None] = {}
    for item in sale.items:
        price = prices.get(item.sku_id)
        # Another sale of the article may run now: its price was never the one before this sale's.
        ordinary = None if price is None else price.was if price.sale else price.amount
        before = item.was_minor or (ordinary.minor if ordinary else 0)
        was[item.sku_id] = before if before > item.price_minor else None
    skus, day = catalogue.skus(ids=ids).values(), day_in(CHINA, at)
    return {sku.id: (sku, was[sku.id]) for sku in skus if sku.active and sku.authorised(day)}
