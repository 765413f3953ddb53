"""Setting and ending purchase limits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.pricing.models import PurchaseLimit
from entrepot.pricing.rules import LIMIT_DAYS_MAX, UNITS_MAX
from entrepot.pricing.services.noting import note
from entrepot.pricing.services.prices import ACTOR_MAX


class InvalidLimit(Invalid):
    code = "invalid_limit"
    zh = "限购须为1至{units_max}件、1至{days_max}天"
    en = "A limit is of 1 to {units_max} units in 1 to {days_max} days"


class LimitSetMeanwhile(Refusal):
    """Somebody else set a limit of the article at the same moment: theirs stands, nothing was written."""

    code = "limit_set_meanwhile"
    zh = "其他人刚刚设置了该商品的限购，请查看后再决定是否重新设置"
    en = "Somebody else has just set a limit for the article; please look at it before you set another"


class NoLimit(NotFound):
    code = "no_limit"
    zh = "该商品没有限购"
    en = "The article has no limit"


def set_limit(*, sku_id: UUID, quantity: int, days: int, actor: str, now: datetime) -> UUID:
    """From now on at most `quantity` units of an article to a buyer and to an identity in each `days` days.

    It takes the place of the limit in force, and counting begins anew. Refuses InvalidLimit, LimitSetMeanwhile.
    """
    if not (0 < quantity <= UNITS_MAX and 0 < days <= LIMIT_DAYS_MAX):
        raise InvalidLimit(field="quantity", units_max=UNITS_MAX, days_max=LIMIT_DAYS_MAX)
    limit = PurchaseLimit(
        id=new_id(),
        sku_id=sku_id,
        quantity=quantity,
        days=days,
        valid_from=now,
        set_by=actor[:ACTOR_MAX],
        set_at=now,
    )
    try:
        with transaction.atomic():
            _end(sku_id, now)
            limit.save(force_insert=True)
            note("sku", sku_id, "pricing.set_limit", actor, f"{quantity} in {days} days", now)
    except IntegrityError as overtaken:
        raise LimitSetMeanwhile(field="sku_id") from overtaken
    return limit.id


def end_limit(*, sku_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """The article is not limited any more from now on. Refuses NoLimit."""
    with transaction.atomic():
        if not _end(sku_id, now):
            raise NoLimit(field="sku_id", what="limit")
        note("sku", sku_id, "pricing.end_limit", actor, reason, now)


def _end(sku_id: UUID, now: datetime) -> int:
    standing = PurchaseLimit.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), sku_id=sku_id)
    return standing.update(valid_to=now)
