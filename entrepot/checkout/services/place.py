from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from entrepot.checkout.services.agree import Asked, agree_many, request_hash
from entrepot.checkout.services.basis import OfferMoved
from entrepot.checkout.services.intake import Busy, Intake
from entrepot.checkout.services.write import Agreed, Answer, BasketMoved, KeyTaken, OutOfStock, no_room, write
from entrepot.checkout.types import Placed, PlaceRequest
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.services import AllowanceMoved
from entrepot.payments import selectors as payments
from entrepot.pricing.services import LimitReached, PromotionGone, SoldOutAtPrice

KEY_MAX = 100
QUOTES_MAX = 3  # before the person's year is held while quoting
NO_ROOM = (LimitReached, SoldOutAtPrice)
_MOVED = (AllowanceMoved, BasketMoved, OfferMoved, OutOfStock, PromotionGone)


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


def place(*, request: PlaceRequest, now: datetime) -> Placed:
    """Order: agree on what is to be paid, hold the goods, count the allowance, ask for the payment. All or nothing; on
    request (`partial`) what is there of goods that are short.

    The same key and content again returns the same order (`replayed`), whatever has happened since: the key is unique
    with the order, and before anything is refused it is looked up.
    Orders that come at the same moment are read for, quoted and written together (`intake`), each answered for itself.
    Refuses NoticeNotAccepted, KeyInvalid, KeyReused, NothingToOrder, NotFound (address, real name, SKU, storefront),
    QuantityInvalid, NotSellable, OverLimit, SoldOutAtPrice, OutOfStock, CannotPlace, PriceChanged, OfferMoved,
    BasketMoved, Busy, and those of pricing (SaleOver, PromotionGone), stock and payments.
    """
    asked = checked(request=request, now=now)
    if connection.in_atomic_block:  # in the caller's transaction, so by itself
        return _or_raise(place_many(batch=[asked])[asked.id])
    try:
        return _or_raise(intake.place(asked))
    except Busy:
        replayed = _replays([asked]).get(asked.id)
        if replayed is None:
            raise
        return _or_raise(replayed)


def checked(*, request: PlaceRequest, now: datetime) -> Asked:
    """The request as it may stand in line. Refuses KeyInvalid, NoticeNotAccepted."""
    if not 0 < len(request.idempotency_key) <= KEY_MAX or "\0" in request.idempotency_key:
        raise KeyInvalid(field="idempotency_key", limit=KEY_MAX)
    if not request.notice_accepted:
        raise NoticeNotAccepted(field="notice_accepted")
    return Asked(new_id(), request, now)


def place_many(*, batch: Sequence[Asked | Agreed]) -> dict[UUID, Answer]:
    """Place orders together, first come first served; what became of each, by order id. Nothing is raised.

    Placed; the same answer again where the key has placed this order; KeyReused; a refusal of `place`; or why this one
    alone could not be written. Where the year, the goods, the basket or the offer moved between quote and writing, an
    order is quoted again: the same goods may lie in another warehouse, or cost something else. Whoever was quoted
    before (`Agreed`) is told instead.
    """
    return begin_many(batch)()


def begin_many(batch: Sequence[Asked | Agreed]) -> Callable[[], dict[UUID, Answer]]:
    """`place_many` in two steps: the first quotes of a batch, while another may be written; what is returned writes."""
    answers: dict[UUID, Answer] = {}
    first, again = _once_each(batch)
    ready = _agree(first, answers)

    def write_all() -> dict[UUID, Answer]:
        found = answers | _written(first, ready, answers)
        if again:
            found |= _as_the_first(again, {_key(one): one for one in first}, found)
        return {one.id: _told(found[one.id]) for one in batch}

    return write_all


def _told(answer: Answer) -> Answer:
    return no_room(answer) if isinstance(answer, NO_ROOM) else answer


def _written(first: Sequence[Asked | Agreed], ready: list[Agreed], answers: dict[UUID, Answer]) -> dict[UUID, Answer]:
    """Write who is ready, and quote again who was overtaken."""
    agreed = {one.id: one for one in ready}
    for left in range(QUOTES_MAX - 1, -1, -1):
        written = write(batch=ready)
        answers |= written
        turn = [one for one in first if isinstance(one, Asked) and isinstance(written.get(one.id), _MOVED)]
        if not turn or not left:
            break
        ready = _agree(turn, answers)
        agreed |= {one.id: one for one in ready}
    answers |= {
        one.id: _holding(one) for one in turn if isinstance(one, Asked) and isinstance(answers[one.id], AllowanceMoved)
    }
    answers |= _room_again(agreed, answers)
    refused = [one for one in first if not isinstance(answers[one.id], Placed)]
    return answers | _replays(refused) if refused else answers


def _once_each(batch: Sequence[Asked | Agreed]) -> tuple[list[Asked | Agreed], list[Asked | Agreed]]:
    """The first of each key, and those that repeat one: they come when the first has its answer."""
    first: dict[tuple[UUID, str], Asked | Agreed] = {}
    again = [one for one in batch if first.setdefault(_key(one), one) is not one]
    return list(first.values()), again


def _as_the_first(
    again: Sequence[Asked | Agreed],
    first: Mapping[tuple[UUID, str], Asked | Agreed],
    answers: Mapping[UUID, Answer],
) -> dict[UUID, Answer]:
    """Whoever sends a key again is answered with its order, or as the first was refused if it asked for the same."""
    found = _replays(again)
    for one in again:
        if one.id not in found and _hash(one) == _hash(first[_key(one)]):
            found[one.id] = answers[first[_key(one)].id]
    others = [one for one in again if one.id not in found]
    return found | place_many(batch=others) if others else found


def _agree(turn: Sequence[Asked | Agreed], answers: dict[UUID, Answer]) -> list[Agreed]:
    """Who can be written, in the order they came; the others are answered."""
    asked = [one for one in turn if isinstance(one, Asked)]
    found = agree_many(asked=asked) if asked else {}
    ready = []
    for one in turn:
        outcome = found[one.id] if isinstance(one, Asked) else one
        if isinstance(outcome, Agreed):
            ready.append(outcome)
        else:
            answers[one.id] = outcome
    return ready


def _room_again(agreed: Mapping[UUID, Agreed], answers: Mapping[UUID, Answer]) -> dict[UUID, Answer]:
    """Whoever found no room in a rush, because of somebody before them who then was refused for another reason, is
    served after all, at the price that was agreed."""
    waiting = [one for one in agreed.values() if isinstance(answers[one.id], NO_ROOM)]
    if all(isinstance(answers[order_id], (Placed, KeyTaken, *NO_ROOM)) for order_id in agreed):
        return {}
    return {order_id: answer for order_id, answer in write(batch=waiting).items() if isinstance(answer, Placed)}


def _holding(asked: Asked) -> Answer:
    """Others keep ordering under the same real name: look once more, and hold what was seen."""
    with transaction.atomic():
        agreed = agree_many(asked=[asked], used=order_verbs.hold_allowances)[asked.id]
        return agreed if isinstance(agreed, Refusal) else write(batch=[agreed])[asked.id]


def _replays(refused: Sequence[Asked | Agreed]) -> dict[UUID, Answer]:
    """The answers given under these keys, where there were any: what they say of an order never changes."""
    holders = orders.by_keys(keys={_key(one) for one in refused})
    paying = payments.ids(orders={(buyer_id, holder.id) for (buyer_id, _), holder in holders.items()})
    found: dict[UUID, Answer] = {}
    for one in refused:
        if (holder := holders.get(_key(one))) is None:
            continue
        if holder.request_hash != _hash(one):
            found[one.id] = KeyReused(field="idempotency_key")
            continue
        found[one.id] = Placed(
            holder.id, holder.number, paying[holder.id], holder.total_minor, replayed=True, wished=holder.wished
        )
    return found


def _key(one: Asked | Agreed) -> tuple[UUID, str]:
    if isinstance(one, Asked):
        return one.request.buyer_id, one.request.idempotency_key
    assert one.draft.place_key is not None
    return one.draft.buyer_id, one.draft.place_key


def _hash(one: Asked | Agreed) -> bytes | None:
    return request_hash(one.request) if isinstance(one, Asked) else one.draft.request_hash


def _or_raise(answer: Answer) -> Placed:
    if isinstance(answer, Exception):
        raise answer
    return answer


intake: Intake[Asked | Agreed, Answer] = Intake(begin_many)
