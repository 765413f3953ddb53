from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import transaction

from entrepot.basket import selectors as baskets
from entrepot.checkout import drafting
from entrepot.checkout.quoting import quote_of
from entrepot.checkout.rules import obstacles
from entrepot.checkout.services.intake import intake
from entrepot.checkout.services.write import Agreed, Answer, CannotPlace, KeyTaken, OutOfStock, refusal_of, write
from entrepot.checkout.types import BasketQuote, Obstacle, Placed, PlaceRequest, Wish
from entrepot.identity import services as identity
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.services import AllowanceMoved
from entrepot.orders.types import OrderDraft
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.types import PaymentIntent, SplitWish
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront

TIME_TO_PAY = timedelta(minutes=30)
KEY_MAX = 100
QUOTES_MAX = 3  # before the person's year is held while quoting


class Used(Protocol):
    """What a person has used of the year's allowance."""

    def __call__(self, *, id_hash: bytes, at: datetime) -> int: ...


class NoticeNotAccepted(Invalid):
    code = "notice_not_accepted"
    zh = "请先阅读并同意《跨境电子商务零售进口消费者告知书》"
    en = "Please read and accept the notice to buyers of cross-border goods first"


class KeyInvalid(Invalid):
    code = "idempotency_key_invalid"
    zh = "幂等键须为1至{limit}个字符"
    en = "The idempotency key has 1 to {limit} characters"


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    zh = "该幂等键已用于另一个请求"
    en = "This idempotency key was used for another request"


class NothingToOrder(Invalid):
    code = "nothing_to_order"
    zh = "没有可结算的商品"
    en = "There is nothing to order"


class PriceChanged(Refusal):
    code = "price_changed"
    zh = "总价已变动，请确认新的金额后再下单"
    en = "The total has changed; please look at the new amount and order again"


class OverLimit(CannotPlace):
    code = "over_limit"


class NotSellable(CannotPlace):
    code = "not_sellable"


def place(*, request: PlaceRequest, now: datetime) -> Placed:
    """Order: agree on what is to be paid, hold the goods, count the allowance, ask for the payment. All or nothing.

    The same key and content again returns the same order (`replayed`), whatever has happened since: the key is unique
    with the order, and before anything is refused it is looked up.
    Orders that come at the same moment share a transaction (`intake`), each answered for itself.
    Refuses NoticeNotAccepted, KeyInvalid, KeyReused, NothingToOrder, NotFound (address, real name, SKU, storefront),
    QuantityInvalid, NotSellable, OverLimit, OutOfStock, CannotPlace, PriceChanged, Busy, Unanswered, and those of stock
    and payments.
    """
    if not 0 < len(request.idempotency_key) <= KEY_MAX or "\0" in request.idempotency_key:
        raise KeyInvalid(field="idempotency_key", limit=KEY_MAX)
    if not request.notice_accepted:
        raise NoticeNotAccepted(field="notice_accepted")
    try:
        return _placed(request, now)
    except Refusal:
        if (placed := _replay(request.idempotency_key, request.buyer_id, request_hash(request))) is None:
            raise
        return placed


def request_hash(request: PlaceRequest) -> bytes:
    """SHA-256 of everything the buyer asked for: 32 bytes."""
    wishes = (
        None if request.wishes is None else [[str(wish.sku_id or wish.code), wish.quantity] for wish in request.wishes]
    )
    content = [
        str(request.storefront_id),
        wishes,
        str(request.address_id),
        str(request.real_name_id),
        request.provider,
        request.expected_total_minor,
        request.language,
    ]
    return hashlib.sha256(json.dumps(content).encode()).digest()


def place_many(*, batch: Sequence[Agreed]) -> list[Answer]:
    """Place agreed orders together, first come first served; what became of each, in their order. Nothing is raised.

    Placed; the same answer again where the key has placed this order; KeyReused; OutOfStock with what is left;
    AllowanceMoved, to be quoted again; or why this one alone could not be written.
    """
    answers = write(batch=batch)
    return [_resolved(one, answers[one.draft.id]) for one in batch]


def _resolved(agreed: Agreed, answer: Answer) -> Answer:
    if not isinstance(answer, KeyTaken):
        return answer
    draft = agreed.draft
    assert draft.place_key is not None and draft.request_hash is not None
    try:
        return _replay(draft.place_key, draft.buyer_id, draft.request_hash) or answer
    except KeyReused as reused:
        return reused


def _placed(request: PlaceRequest, now: datetime) -> Placed:
    for _ in range(QUOTES_MAX):
        agreed = agree(request=request, now=now)
        answer = intake.place(agreed=agreed)
        if not isinstance(answer, AllowanceMoved):
            return _or_raise(_resolved(agreed, answer))
    # Others keep ordering under the same real name: look once more, and hold what was seen.
    with transaction.atomic():
        agreed = agree(request=request, now=now, used=order_verbs.hold_allowance)
        return _or_raise(_resolved(agreed, intake.place(agreed=agreed)))


def _or_raise(answer: Answer) -> Placed:
    if isinstance(answer, Exception):
        raise answer
    return answer


def _replay(place_key: str, buyer_id: UUID, asked: bytes) -> Placed | None:
    """The answer given under this key, if there was one: what it says of an order and its payment never changes.

    Refuses KeyReused."""
    found = orders.by_key(place_key=place_key, buyer_id=buyer_id)
    if found is None:
        return None
    order, hashed = found
    if asked != hashed:
        raise KeyReused(field="idempotency_key")
    payment = payments.payment(order_id=order.id, buyer_id=buyer_id)
    assert payment is not None
    return Placed(order.id, order.number, payment.id, order.total_minor, replayed=True)


def _storefront(storefront_id: UUID) -> Storefront:
    found = next((shop for shop in storefronts.every() if shop.id == storefront_id), None)
    if found is None:
        raise NotFound(field="storefront_id", what="storefront")
    return found


def _wishes(request: PlaceRequest) -> Sequence[Wish]:
    if request.wishes is not None:
        wishes = list(request.wishes)
    else:
        lines = baskets.lines(buyer_id=request.buyer_id, storefront_id=request.storefront_id)
        wishes = [Wish(line.sku_id, line.quantity) for line in lines]
    if not wishes:
        raise NothingToOrder(field="wishes")
    return wishes


def agree(*, request: PlaceRequest, now: datetime, used: Used = orders.used_this_year) -> Agreed:
    """The order as it will be written, quoted now for this person and this address. Refuses what `place` does."""
    shop = _storefront(request.storefront_id)
    address, id_hash = identity.open_orderer(
        address_id=request.address_id, real_name_id=request.real_name_id, buyer_id=request.buyer_id
    )
    order_id = new_id()
    used_minor = used(id_hash=id_hash, at=now)
    quote, classifications = quote_of(storefront=shop, wishes=_wishes(request), used_minor=used_minor, now=now)
    _check(quote, request)
    number = human_number(prefix(shop), now)
    draft = OrderDraft(
        id=order_id,
        buyer_id=request.buyer_id,
        storefront_id=shop.id,
        number=number,
        currency=quote.currency,
        real_name_id=request.real_name_id,
        id_hash=id_hash,
        used_minor=used_minor,
        language=request.language if request.language in shop.languages else shop.default_language,
        placed_at=now,
        pay_until=now + TIME_TO_PAY,
        place_key=request.idempotency_key,
        request_hash=request_hash(request),
        consignee=drafting.consignee(address),
        parcels=drafting.order_parcels(
            order_id=order_id,
            number=number,
            buyer_id=request.buyer_id,
            quote=quote,
            classifications=classifications,
        ),
    )
    intent = _intent(draft, request.provider)
    payment_verbs.check(intent=intent)
    return Agreed(draft, intent, from_basket=request.wishes is None)


def _check(quote: BasketQuote, request: PlaceRequest) -> None:
    """Refuse what stands in the way, the unsellable first, then limits, then stock, then another price."""
    found = quote.obstacles
    for refusal, codes in ((NotSellable, obstacles.NOT_SELLABLE), (OverLimit, obstacles.OVER_LIMIT)):
        _refuse(refusal, [one for one in found if one.code in codes], found)
    _refuse(OutOfStock, [one for one in found if one.code == "out_of_stock"], found)
    _refuse(CannotPlace, found, found)
    if request.expected_total_minor not in (None, quote.total_minor):
        raise PriceChanged(
            field="expected_total_minor", expected_minor=request.expected_total_minor, total_minor=quote.total_minor
        )


def _refuse(refusal: type[CannotPlace], named: Sequence[Obstacle], found: Sequence[Obstacle]) -> None:
    if named:
        raise refusal_of(refusal, named, found)


def prefix(shop: Storefront) -> str:
    """The letters an order number begins with: the initials of the storefront's English name ("KL"), else "E"."""
    letters = [word[0] for word in shop.names.get("en", "").upper().split()]
    return "".join(letter for letter in letters if "A" <= letter <= "Z")[:3] or "E"


def _intent(draft: OrderDraft, provider: str) -> PaymentIntent:
    return PaymentIntent(
        buyer_id=draft.buyer_id,
        order_id=draft.id,
        order_number=draft.number,
        provider=provider,
        currency=draft.currency,
        amount_minor=draft.total_minor,
        splits=tuple(SplitWish(parcel.id, parcel.number, parcel.total_minor) for parcel in draft.parcels),
        payer_real_name_id=draft.real_name_id,
        pay_until=draft.pay_until,
        language=draft.language,
    )
