"""People who can order in a house that stands, and goods that do not run out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from bench import shoppers
from entrepot.catalogue import selectors as catalogue
from entrepot.identity import services as identity
from entrepot.identity.types import KeyDraft, Scope
from entrepot.kit.clock import now as clock_now
from entrepot.pricing import selectors as pricing_reads
from entrepot.pricing import services as pricing
from entrepot.pricing.types import SaleDraft, SaleItemDraft
from entrepot.stock import selectors
from entrepot.stock import services as stock
from entrepot.stock.types import SELLABLE, ReceiptLine
from entrepot.storefronts import selectors as storefronts

UNITS = 100_000  # more of whatever is for sale


def move_in(count: int) -> None:
    """Make them, and print an access key of each, a line each: `entrepot shell --no-imports -c` asks for it."""
    now = clock_now()
    _restock(now.date() + timedelta(days=700), now)
    draft = KeyDraft(name="drill", scopes=frozenset(Scope), days=1)
    for n in range(count):
        with transaction.atomic():
            person = shoppers.enrolled(n, now)
            shoppers.papers(person, n, now)
            secret = identity.issue_key(person_id=person, draft=draft, now=now).secret
        print(secret, flush=True)


def on_offer(rushed: str, limited: str, units: int, most: int) -> None:
    """One article in a flash sale from now on, so many units at a tenth off; another with a purchase limit. `most`: of
    each to one person."""
    now = clock_now()
    skus = catalogue.sku_by_code(codes=[rushed, limited])
    shop = storefronts.every()[0]
    price_list = pricing_reads.lists(storefront_id=shop.id)[0]
    asked = {"storefront_id": shop.id, "currency": price_list.currency, "sku_ids": [skus[rushed].id], "at": now}
    price = pricing_reads.prices(**asked)[skus[rushed].id].amount.minor
    item = SaleItemDraft(skus[rushed].id, price * 9 // 10, units, most)
    titles = {"zh-hans": "演练", "en": "Drill"}
    draft = SaleDraft(price_list.id, "drill", titles, now, now + timedelta(days=1), None, (item,))
    pricing.plan_sale(draft=draft, actor="drill", now=now)
    pricing.set_limit(sku_id=skus[limited].id, quantity=most, days=1, actor="drill", now=now)


def _restock(expires_on: date, now: datetime) -> None:
    """A lot of plenty beside each that stands on a shelf of the first page."""
    receipts = [
        ReceiptLine(
            sku_id=level.sku_id, warehouse_id=level.warehouse_id, lot=f"PLENTY-{level.lot.code}", expires_on=expires_on,
            origin=level.lot.origin, quantity=UNITS, unit_cost=Decimal(5), currency="CNY",
            customs_state=level.customs_state, item_record=level.lot.item_record,
        )
        for level in {(one.sku_id, one.warehouse_id): one for one in selectors.levels()}.values()
        if level.customs_state in SELLABLE
    ]  # fmt: skip
    stock.receive(receipts=receipts, reference="DRILL-PLENTY", now=now)
