"""Promotions: planned, called off, and their budgets given to orders and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import LockNotAvailable

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.pricing import cached, rules
from entrepot.pricing.models import Promotion
from entrepot.pricing.services.noting import note
from entrepot.pricing.services.prices import ACTOR_MAX, lock, of_shop
from entrepot.pricing.services.takes import LOCK_TIMEOUT_MS, RushBusy
from entrepot.pricing.types import GrantWish, PromotionDraft

STANDING_MAX = 100  # promotions of one list that are not over
GRANTS_MAX = 2_000  # in one batch


class InvalidPromotion(Invalid):
    code = "invalid_promotion"
    zh = "满减活动有误：{what}"
    en = "The promotion cannot be right: {what}"


class PromotionCodeTaken(Refusal):
    code = "promotion_code_taken"
    zh = "已有满减活动使用代码 {name}"
    en = "There is a promotion with the code {name} already"


class TooManyPromotions(Refusal):
    code = "too_many_promotions"
    zh = "同一价目表最多同时有 {most} 个未结束的满减活动"
    en = "A price list has at most {most} promotions that are not over"


class NoSuchPromotion(NotFound):
    code = "no_such_promotion"
    zh = "没有这个满减活动：{name}"
    en = "There is no such promotion: {name}"


class PromotionIsOver(Refusal):
    code = "promotion_is_over"
    zh = "满减活动已经结束"
    en = "The promotion is over already"


class PromotionGone(Refusal):
    """The promotion the order was quoted with has ended, or its budget is spent: it must be quoted again."""

    code = "promotion_gone"
    zh = "满减活动刚刚结束或预算已用完，请查看新的金额后再下单"
    en = "The promotion has just ended or its budget is spent; please look at the new amount and order again"


class PromotionUsedUp(PromotionGone):
    """Its account or its identity has had the promotion as often as one person may: as well."""

    code = "promotion_used_up"
    zh = "满减活动每人限享的次数已用完，请查看新的金额后再下单"
    en = "You have had the promotion as often as one person may; please look at the new amount and order again"


def plan_promotion(*, draft: PromotionDraft, actor: str, now: datetime) -> UUID:
    """Plan a promotion open to all buyers. What it offers is not changed any more: it can be called off.

    The articles are not looked up. Refuses InvalidPromotion, NoPriceList, NoStorefront, NotShopCurrency,
    PromotionCodeTaken, TooManyPromotions.
    """
    wrong = rules.promotion_fault(draft, now)
    if wrong is not None:
        raise InvalidPromotion(field=wrong, what=wrong)
    row = Promotion(
        id=new_id(),
        price_list_id=draft.list_id,
        code=draft.code,
        titles=dict(draft.titles),
        threshold_minor=draft.threshold_minor,
        off_minor=draft.off_minor,
        times_max=draft.times_max,
        sku_ids=list(draft.sku_ids),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        budget_minor=draft.budget_minor,
        per_person=draft.per_person,
        planned_by=actor[:ACTOR_MAX],
        planned_at=now,
    )
    try:
        with transaction.atomic():
            lock(draft.list_id)  # promotions of one list are planned one after the other
            of_shop(draft.list_id)
            standing = Promotion.objects.filter(
                price_list_id=draft.list_id, ends_at__gt=now, called_off_at__isnull=True
            )
            if standing.count() >= STANDING_MAX:
                raise TooManyPromotions(field="code", most=STANDING_MAX)
            row.save(force_insert=True)
            note("promotion", row.id, "pricing.plan_promotion", actor, draft.code, now)
    except IntegrityError as taken:
        raise PromotionCodeTaken(field="code", name=draft.code) from taken
    cached.promotions.forget()
    return row.id


def call_off_promotion(*, promotion_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """End a promotion before its time. Orders that have it keep it. Refuses NoSuchPromotion, PromotionIsOver."""
    with transaction.atomic():
        if not Promotion.objects.filter(id=promotion_id).exists():
            raise NoSuchPromotion(field="promotion_id", name=str(promotion_id))
        standing = Promotion.objects.filter(id=promotion_id, called_off_at__isnull=True, ends_at__gt=now)
        if not standing.update(called_off_at=now):
            raise PromotionIsOver(field="promotion_id")
        note("promotion", promotion_id, "pricing.call_off_promotion", actor, reason, now)
    cached.promotions.forget()


def grant_many(
    *, grants: Sequence[GrantWish], at: datetime, lock_timeout_ms: int = LOCK_TIMEOUT_MS
) -> Mapping[UUID, PromotionGone]:
    """Take from promotions' budgets what orders have off, and count them for their people, first come first served,
    each whole: the orders for which there is no room, or whose promotion has ended. Where there is one, nothing may
    stand: the caller's transaction must end, and the others are asked for again. One statement.

    Where another transaction has just counted the same person, who is told PromotionUsedUp may find room when asked for
    again.

    Refuses RushBusy: then nothing was written.
    """
    if len(grants) > GRANTS_MAX:
        raise ValueError(f"at most {GRANTS_MAX} grants in one batch")
    rows = [
        {
            "place": place,
            "id": new_id(),
            "order_id": one.order_id,
            "buyer_id": one.buyer_id,
            "id_hash": one.id_hash.hex(),
            "promotion_id": one.promotion_id,
            "amount_minor": one.amount_minor,
        }
        for place, one in enumerate(grants)
    ]
    found = _run("grant", {"grants": sql.document(rows), "at": at}, lock_timeout_ms)
    gone = {row["order_id"] for row in found if not row["personal"]}
    if gone:
        cached.promotions.forget()  # or they would be quoted with what is gone
    refused = {row["order_id"]: PromotionUsedUp(field="wishes") for row in found if row["order_id"] not in gone}
    return {**refused, **{order_id: PromotionGone(field="wishes") for order_id in gone}}


def withdraw(*, order_id: UUID, buyer_id: UUID, amount_minor: int, lock_timeout_ms: int = LOCK_TIMEOUT_MS) -> int:
    """So much of what an order has off goes back to its promotion's budget, at most all of it: an order that was not
    paid, a parcel that was given up. Where nothing is left of it, it does not count for its person any more. Returns
    how much did. Refuses RushBusy."""
    params = {"order_id": order_id, "buyer_id": buyer_id, "delta_minor": -amount_minor}
    return sum(-int(row["delta"]) for row in _run("regrant", params, lock_timeout_ms))


def grant_again(*, order_id: UUID, buyer_id: UUID, lock_timeout_ms: int = LOCK_TIMEOUT_MS) -> bool:
    """All that an order once had off is its own again, if the budget still has it and its person has not had the
    promotion too often meanwhile: it was paid late, at the price of then. Refuses RushBusy."""
    params = {"order_id": order_id, "buyer_id": buyer_id, "delta_minor": None}
    return bool(_run("regrant", params, lock_timeout_ms))


def _run(verb: str, params: Mapping[str, Any], lock_timeout_ms: int) -> list[dict[str, Any]]:
    try:
        with transaction.atomic(savepoint=False):
            return sql.hot_rows(sql.load("pricing", verb), {**params, "lock_timeout": f"{lock_timeout_ms}ms"})
    except OperationalError as late:
        if isinstance(late.__cause__, LockNotAvailable):
            raise RushBusy from late
        raise
