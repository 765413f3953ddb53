from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import Error, connection, transaction
from psycopg.errors import LockNotAvailable, QueryCanceled

from entrepot.basket import services as basket
from entrepot.checkout.rules import obstacles
from entrepot.checkout.services.basis import Basis, overtaken
from entrepot.checkout.types import Obstacle, Placed
from entrepot.kit.refusals import Refusal
from entrepot.orders import services as orders
from entrepot.orders.services import AllowanceMoved
from entrepot.orders.types import OrderDraft, OrderParcel, Recorded
from entrepot.payments import services as payments
from entrepot.payments.types import PaymentIntent
from entrepot.pricing import services as pricing
from entrepot.pricing.types import GrantWish, Take
from entrepot.stock import services as stock
from entrepot.stock.types import ClaimLine, ClaimWish

PATIENCE_MS = 2_000  # for a lock, of a whole batch; its halves wait half as long
PATIENCE_MS_MIN = 50


class KeyTaken(Refusal):
    """This key has placed an order already; `place` answers with it."""

    code = "idempotency_key_taken"
    zh = "该幂等键已经下过单"
    en = "An order was placed under this idempotency key"


class BasketMoved(Refusal):
    """What was to be ordered left the basket between quote and writing, with another order say: it is quoted again."""

    code = "basket_moved"
    retry_after_s = 1
    zh = "购物车刚刚变动，请查看后再下单"
    en = "The basket was changed this very moment; please look at it and order again"


class CannotPlace(Refusal):
    """`obstacles`: [{code, zh, en, data}], all of them; the message is the first one's."""

    code = "cannot_place"
    status = 422
    zh = "{zh}"
    en = "{en}"


class OverLimit(CannotPlace):
    code = "over_limit"


class OutOfStock(CannotPlace):
    code = "out_of_stock"
    status = 409


class SoldOutAtPrice(CannotPlace):
    """Too few units at a sale's price; at the ordinary one there may be more."""

    code = "sold_out_at_price"
    status = 409


Left = Mapping[tuple[UUID, UUID], int]  # units by SKU and warehouse


@dataclass(frozen=True, slots=True)
class Agreed:
    """An order as it was agreed, ready to be written. `from_basket`: what was ordered leaves the buyer's basket.
    `takes`: what it takes of flash sales and purchase limits. `grant`: what it has off by a promotion. `basis`: what
    its sums rest on. `cut`: a partial order quoted again, without reading, for what is left; it refuses what `place`
    does."""

    draft: OrderDraft
    intent: PaymentIntent
    from_basket: bool
    takes: tuple[Take, ...] = ()
    basis: tuple[Basis, ...] = ()
    grant: GrantWish | None = None
    cut: Callable[[Left], Agreed] | None = field(default=None, compare=False, repr=False)

    @property
    def id(self) -> UUID:
        return self.draft.id

    @property
    def at(self) -> datetime:
        """The moment it was quoted for: when the last of those was asked that were read for with it."""
        return max((one.at for one in self.basis), default=self.draft.placed_at)

    @property
    def wish(self) -> ClaimWish:
        """What it needs from stock."""
        draft = self.draft
        lines = tuple(claim_lines(draft.parcels))
        return ClaimWish(draft.id, draft.buyer_id, lines, draft.pay_until, draft.storefront_id)


class _Refused(Exception):
    """Who cannot be served: the others are written without them."""

    def __init__(self, answers: Mapping[UUID, Refusal]) -> None:
        self.answers = answers


Fault = Error | Refusal | ValueError
Answer = Placed | Fault
Answers = dict[UUID, Answer]  # by order id


def claim_lines(parcels: Sequence[OrderParcel]) -> list[ClaimLine]:
    """What an order's parcels need from stock."""
    return [
        ClaimLine(line.id, line.sku_id, parcel.warehouse_id, line.quantity)
        for parcel in parcels
        for line in parcel.lines
    ]


def refusal_of(
    refusal: type[CannotPlace], named: Sequence[Obstacle], found: Sequence[Obstacle], codes: Mapping[str, str]
) -> CannotPlace:
    """The refusal that says the first of `named` and tells of all that was `found`. `codes`: of SKUs by their ids."""
    told = [{"code": one.code, "zh": one.zh, "en": one.en, "data": _naming(one.data, codes)} for one in found]
    return refusal(field="wishes", zh=named[0].zh, en=named[0].en, obstacles=told)


def _naming(data: Mapping[str, Any], codes: Mapping[str, str]) -> dict[str, Any]:
    """With the article's code beside its id: callers from outside know articles by their codes."""
    code = codes.get(str(data.get("sku_id")))
    return {**data, "sku": code} if code else dict(data)


def no_room(refusal: pricing.LimitReached | pricing.SoldOutAtPrice) -> CannotPlace:
    """What a rush refused when its units were taken, as it is told when it is seen before."""
    kind = OverLimit if isinstance(refusal, pricing.LimitReached) else SoldOutAtPrice
    found = [Obstacle(refusal.code, refusal.message("zh"), refusal.message("en"), refusal.data)]
    return refusal_of(kind, found, found, {})


def _codes(draft: OrderDraft) -> dict[str, str]:
    return {str(line.sku_id): line.sku_code for parcel in draft.parcels for line in parcel.lines}


def write(*, batch: Sequence[Agreed], patience_ms: int = PATIENCE_MS) -> Answers:
    """Write agreed orders in one transaction, first come first served, and answer each for itself: Placed, KeyTaken,
    OutOfStock, AllowanceMoved, OfferMoved, BasketMoved and PromotionGone (to be quoted again), what a rush refuses,
    CannotWait, or what else was wrong with it.

    Each whole or not at all; but a partial order that is short is lessened and keeps its place in the queue. Whoever
    cannot be served is answered, and the others are written without them. A batch that is refused as a whole is halved
    until what is wrong stands alone. A connection that broke leaves in doubt what was committed: the same once more, on
    another, finds it by its keys.
    """
    answers: Answers = {}
    rest, in_doubt = list(batch), False
    while rest:
        try:
            answers |= _whole(rest, patience_ms)
        except stock.OutOfStock as short:
            rest, refused = _lessened(rest, short)
            answers |= refused
        except _Refused as some:
            answers |= some.answers
        except AllowanceMoved as moved:
            answers |= dict.fromkeys(moved.data["orders"], moved)
        except (Error, Refusal, ValueError) as fault:
            in_doubt = not in_doubt and _broken()  # the same once more finds by its key what was committed
            if not in_doubt:
                answers |= _apart(rest, fault, patience_ms)
        rest = [one for one in rest if one.draft.id not in answers]
    return answers


def _whole(batch: Sequence[Agreed], patience_ms: int) -> Answers:
    """All of them in one transaction, or an error that names whom to leave out."""
    with transaction.atomic():
        recorded = orders.record_many(drafts=[one.draft for one in batch], lock_timeout_ms=patience_ms)
        answers: Answers = {
            one.draft.id: KeyTaken() if outcome is Recorded.TAKEN else AllowanceMoved(orders=[one.draft.id])
            for one, outcome in zip(batch, recorded, strict=True)
            if outcome is not Recorded.PLACED
        }
        new = [one for one in batch if one.draft.id not in answers]
        if new:
            answers |= _complete(new, patience_ms)
    return answers


def _complete(new: Sequence[Agreed], patience_ms: int) -> Answers:
    """What belongs to orders just recorded; what many want at once comes last, and is held for the shortest time."""
    now = max(one.at for one in new)  # at the moment of the prices, or a sale may not have begun yet
    if moved := overtaken(orders=[(one.draft, one.basis) for one in new]):
        raise _Refused(moved)
    paying = payments.intend_many(intents=[one.intent for one in new], now=now)
    carts = [one.draft for one in new if one.from_basket]
    if carts:
        gone = basket.take_out(ordered=[(draft.buyer_id, draft.storefront_id, draft.units) for draft in carts])
        if gone:
            raise _Refused({carts[n].id: BasketMoved(field="wishes") for n in gone})
    takes = [take for one in new for take in one.takes]
    if takes and (refused := pricing.take_many(takes=takes, at=now, lock_timeout_ms=patience_ms)):
        codes = {one.id: _codes(one.draft) for one in new if one.id in refused}
        named = {id: type(no)(field=no.field, **_naming(no.data, codes[id])) for id, no in refused.items()}
        raise _Refused(named)
    stock.claim_many(wishes=[one.wish for one in new], now=now, lock_timeout_ms=patience_ms)
    grants = [one.grant for one in new if one.grant]
    if grants and (spent := pricing.grant_many(grants=grants, at=now, lock_timeout_ms=patience_ms)):
        raise _Refused(spent)
    return {
        one.draft.id: Placed(
            one.draft.id, one.draft.number, payment_id, one.draft.total_minor, replayed=False, wished=one.draft.wished
        )
        for one, payment_id in zip(new, paying, strict=True)
    }


def _lessened(batch: Sequence[Agreed], short: stock.OutOfStock) -> tuple[list[Agreed], Answers]:
    """The goods are gone: the batch with its partial orders cut to what is left for each, and what becomes of whoever
    gets nothing: which goods, and what is left of them."""
    lefts: dict[UUID, dict[tuple[UUID, UUID], int]] = {}
    for line in short.data["lines"]:
        key = UUID(line["sku_id"]), UUID(line["warehouse_id"])
        lefts.setdefault(UUID(line["reference"]), {})[key] = int(line["left"])
    rest: list[Agreed] = []
    answers: Answers = {}
    for one in batch:
        left = lefts.get(one.id)
        if left is None:
            rest.append(one)
        elif one.cut is None:
            found = [obstacles.out_of_stock(sku_id, units) for (sku_id, _), units in left.items()]
            answers[one.id] = refusal_of(OutOfStock, found, found, _codes(one.draft))
        else:
            try:
                rest.append(one.cut(left))
            except Refusal as refusal:
                answers[one.id] = refusal
    return rest, answers


def _apart(batch: Sequence[Agreed], fault: Fault, patience_ms: int) -> Answers:
    """The halves of a batch that could not be written; what cannot be written alone is answered with its fault."""
    if len(batch) == 1 or _broken():
        return dict.fromkeys((one.draft.id for one in batch), _named(fault))
    half = len(batch) // 2
    patience_ms = max(patience_ms // 2, PATIENCE_MS_MIN)
    return write(batch=batch[:half], patience_ms=patience_ms) | write(batch=batch[half:], patience_ms=patience_ms)


def _broken() -> bool:
    """Whether the connection is gone; the next statement takes a new one."""
    if connection.in_atomic_block or connection.is_usable():
        return False
    connection.close()
    return True


def _named(fault: Fault) -> Fault:
    waited = isinstance(fault.__cause__, LockNotAvailable | QueryCanceled)
    return stock.CannotWait() if waited else fault
