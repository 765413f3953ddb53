"""Setting prices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import LockNotAvailable

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.money import exponent
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import defer, emit
from entrepot.pricing import rules
from entrepot.pricing.models import PriceList
from entrepot.pricing.types import PriceDraft, Span
from entrepot.storefronts import selectors as storefronts

PRICES_MAX = 50_000  # drafts in one call
EVENT_SKUS_MAX = 500
ACTOR_MAX = 60
LOCK_TIMEOUT = "10s"
TELL = "pricing.tell"  # the job that says so when a price set for later begins or ends


class UnknownCurrency(Invalid):
    code = "unknown_currency"
    zh = "币种不正确：{currency}"
    en = "Not a currency: {currency}"


class ListTaken(Refusal):
    code = "price_list_taken"
    zh = "这家店铺已有{currency}价目表"
    en = "The storefront has a price list in {currency} already"


class NoPriceList(NotFound):
    code = "no_price_list"
    zh = "没有这张价目表"
    en = "There is no such price list"


class NotShopCurrency(Invalid):
    """Prices are asked in the shop's currency: what is planned in another one would be shown and never charged."""

    code = "not_shop_currency"
    zh = "只能用店铺币种（{currency}）的价目表，所选价目表为 {listed}"
    en = "The price list has to be in the shop's currency, {currency}; this one is in {listed}"


class ListBusy(Refusal):
    """Somebody else has been setting prices of the list for longer than the lock timeout. Nothing was written."""

    code = "price_list_busy"
    status = 503
    zh = "其他人正在设置这张价目表，请稍后再试"
    en = "Somebody else is setting prices of this list; please try again"


class InvalidPrice(Invalid):
    """`data` holds the draft's position and its SKU; `field` what is wrong with it."""

    code = "invalid_price"
    zh = "第 {row} 条价格有误：{what}"
    en = "Price {row} cannot be right: {what}"


class TooManyPrices(Invalid):
    code = "too_many_prices"
    zh = "一次最多设置 {prices_max} 条价格"
    en = "At most {prices_max} prices in one go"


def open_list(*, storefront_id: UUID, currency: str, now: datetime) -> UUID:
    """Open the price list of a storefront in a currency. Refuses UnknownCurrency, NoStorefront and ListTaken."""
    try:
        exponent(currency)
    except ValueError as wrong:
        raise UnknownCurrency(field="currency", currency=currency) from wrong
    if not any(shop.id == storefront_id for shop in storefronts.every()):
        raise storefronts.NoStorefront(field="storefront_id", name=str(storefront_id))
    list_id = new_id()
    try:
        with transaction.atomic():
            PriceList.objects.create(id=list_id, storefront_id=storefront_id, currency=currency, opened_at=now)
    except IntegrityError as taken:
        raise ListTaken(field="currency", currency=currency) from taken
    return list_id


def set_prices(*, list_id: UUID, prices: Sequence[PriceDraft], actor: str, now: datetime) -> int:
    """Set prices from now or later on, all or none; later drafts of a SKU cut earlier ones. Returns how many changed.

    Emits `pricing.changed` for what changed, and again when a price set for later begins or ends. SKUs are not looked
    up: a price of an article that is gone is never asked for.

    Refuses NoPriceList, InvalidPrice, TooManyPrices and ListBusy.
    """
    if len(prices) > PRICES_MAX:
        raise TooManyPrices(field="prices", prices_max=PRICES_MAX)
    for row, draft in enumerate(prices):
        wrong = rules.fault(draft, now)
        if wrong is not None:
            raise InvalidPrice(field=wrong, row=row + 1, what=wrong, sku_id=str(draft.sku_id))
    with transaction.atomic():
        lock(list_id)
        return _set(list_id, prices, actor[:ACTOR_MAX], now)


def lock(list_id: UUID) -> None:
    """One writer per list: whoever comes second sees the first one's prices and cuts those."""
    try:
        found = sql.rows(sql.load("pricing", "lock"), {"list_id": list_id, "lock_timeout": LOCK_TIMEOUT})
    except OperationalError as late:
        if isinstance(late.__cause__, LockNotAvailable):
            raise ListBusy from late
        raise
    if not found:
        raise NoPriceList(field="list_id", what="price list")


def of_shop(list_id: UUID) -> PriceList:
    """A list whose prices its shop asks for. Refuses NoPriceList, NoStorefront, NotShopCurrency."""
    found = PriceList.objects.filter(id=list_id).first()
    if found is None:
        raise NoPriceList(field="list_id")
    shop = next((one for one in storefronts.every() if one.id == found.storefront_id), None)
    if shop is None:  # opened by another process a moment ago
        raise storefronts.NoStorefront(field="list_id", name=str(found.storefront_id))
    if found.currency != shop.currency:
        raise NotShopCurrency(field="list_id", currency=shop.currency, listed=found.currency)
    return found


def _set(list_id: UUID, prices: Sequence[PriceDraft], actor: str, now: datetime) -> int:
    before = _standing(list_id, {draft.sku_id for draft in prices}, now)
    after = {sku_id: list(spans) for sku_id, spans in before.items()}
    for draft in prices:
        new = Span(None, draft.amount_minor, draft.was_minor, draft.valid_from or now, draft.valid_to)
        after[draft.sku_id] = rules.set_into(after[draft.sku_id], new)
    changed = sorted(sku_id for sku_id in after if after[sku_id] != before[sku_id])
    _write(list_id, {s: before[s] for s in changed}, {s: after[s] for s in changed}, (actor, now))
    tell(
        list_id=list_id,
        sku_ids=[s for s in changed if rules.amount_at(before[s], now) != rules.amount_at(after[s], now)],
    )
    later: dict[datetime, list[UUID]] = {}
    for sku_id in changed:
        for turn in rules.turns(before[sku_id], after[sku_id], now):
            later.setdefault(turn, []).append(sku_id)
    for turn, sku_ids in later.items():
        tell_later(list_id, sku_ids, turn)
    return len(changed)


def tell_later(list_id: UUID, sku_ids: Sequence[UUID], turn: datetime) -> None:
    """Order a job for the moment at which prices become others by themselves."""
    for chunk in _chunks(sku_ids):
        args = {"list_id": str(list_id), "sku_ids": [str(sku_id) for sku_id in chunk]}
        defer(job=TELL, lock=None, args=args, run_at=turn)


def tell(*, list_id: UUID, sku_ids: Collection[UUID]) -> None:
    """Say that prices of these SKUs are others now. Inside the caller's transaction."""
    for chunk in _chunks(sorted(sku_ids)):
        payload = {"sku_ids": [str(sku_id) for sku_id in chunk]}
        emit(topic="pricing.changed", aggregate_id=list_id, buyer_id=None, payload=payload)


def _chunks(sku_ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (sku_ids[start : start + EVENT_SKUS_MAX] for start in range(0, len(sku_ids), EVENT_SKUS_MAX))


def _standing(list_id: UUID, sku_ids: Collection[UUID], now: datetime) -> dict[UUID, list[Span]]:
    spans: dict[UUID, list[Span]] = {sku_id: [] for sku_id in sku_ids}
    params = {"sku_ids": list(sku_ids), "list_id": list_id, "now": now}
    for row in sql.rows(sql.load("pricing", "standing"), params):
        spans[row.pop("sku_id")].append(Span(**row))
    return spans


def _write(
    list_id: UUID, before: dict[UUID, list[Span]], after: dict[UUID, list[Span]], by: tuple[str, datetime]
) -> None:
    """Bring the stored prices from one timeline to the other: drop, end, add."""
    old = {span.id: (sku_id, span) for sku_id, spans in before.items() for span in spans}
    kept = {span.id: (sku_id, span) for sku_id, spans in after.items() for span in spans if span.id is not None}
    fresh = [(sku_id, span) for sku_id, spans in after.items() for span in spans if span.id is None]
    dropped = [(old[i][0], i) for i in old if i not in kept]
    ended = [(sku_id, span) for i, (sku_id, span) in kept.items() if old[i][1].valid_to != span.valid_to]
    if dropped:
        _run("drop", {"ids": [i for _, i in dropped], "sku_ids": [sku_id for sku_id, _ in dropped]})
    if ended:
        sku_ids = [sku_id for sku_id, _ in ended]
        _run("end", {"ids": [s.id for _, s in ended], "sku_ids": sku_ids, "ends": [s.valid_to for _, s in ended]})
    if fresh:
        columns = {
            "ids": [new_id() for _ in fresh],
            "sku_ids": [sku_id for sku_id, _ in fresh],
            "amounts": [span.amount_minor for _, span in fresh],
            "was": [span.was_minor for _, span in fresh],
            "begins": [span.valid_from for _, span in fresh],
            "ends": [span.valid_to for _, span in fresh],
        }
        _run("add", {"list_id": list_id, "set_by": by[0], "set_at": by[1], **columns})


def _run(verb: str, params: dict[str, Any]) -> None:
    sql.run(sql.load("pricing", verb), params)
