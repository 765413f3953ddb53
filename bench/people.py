"""People who can order in a house that stands, and goods that do not run out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from bench import shoppers
from entrepot.identity import services as identity
from entrepot.identity.types import KeyDraft, Scope
from entrepot.kit.clock import now as clock_now
from entrepot.stock import selectors
from entrepot.stock import services as stock
from entrepot.stock.types import SELLABLE, ReceiptLine

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
