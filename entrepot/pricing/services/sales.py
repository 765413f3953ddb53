"""Planning flash sales and calling them off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from entrepot.kit.ids import new_id
from entrepot.kit.money import to_decimal
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.pricing import rules, selectors
from entrepot.pricing.models import FlashSale, FlashSaleItem
from entrepot.pricing.services.noting import note
from entrepot.pricing.services.prices import ACTOR_MAX, lock, of_shop, tell, tell_later
from entrepot.pricing.types import SaleDraft


class InvalidSale(Invalid):
    """`field` is the first field that cannot be right; of an item with its position in `data`."""

    code = "invalid_sale"
    zh = "抢购活动有误：{what}"
    en = "The sale cannot be right: {what}"


class CodeTaken(Refusal):
    code = "sale_code_taken"
    zh = "已有抢购活动使用代码 {name}"
    en = "There is a sale with the code {name} already"


class ArticleInOtherSale(Refusal):
    code = "article_in_other_sale"
    zh = "商品在同一时段已参加另一场抢购：{name}"
    en = "The article is in another sale at that time: {name}"


class NotCheaper(Invalid):
    """A sale's price is struck against the ordinary one, so there has to be one, and it has to be more."""

    code = "not_cheaper"
    zh = "抢购价须低于开始时的原价（第 {row} 个商品，原价 {price}）"
    en = "The sale's price must be below the ordinary one when it begins (article {row}: {price})"


class NoSuchSale(NotFound):
    code = "no_such_sale"
    zh = "没有这场抢购：{name}"
    en = "There is no such sale: {name}"


class SaleIsOver(Refusal):
    code = "sale_is_over"
    zh = "抢购已经结束"
    en = "The sale is over already"


def plan_sale(*, draft: SaleDraft, actor: str, now: datetime) -> UUID:
    """Plan a flash sale with its articles, all or none. What it offers is not changed any more: it can be called off.

    `pricing.changed` is told when it begins and ends. The articles are not looked up. Refuses InvalidSale, NoPriceList,
    NoStorefront, NotShopCurrency, CodeTaken, ArticleInOtherSale, NotCheaper.
    """
    wrong = rules.sale_fault(draft, now)
    if wrong is not None:
        raise InvalidSale(field=wrong[0], what=wrong[0], row=wrong[1])
    sale = FlashSale(
        id=new_id(),
        price_list_id=draft.list_id,
        code=draft.code,
        titles=dict(draft.titles),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        admit_per_s=draft.admit_per_s,
        planned_by=actor[:ACTOR_MAX],
        planned_at=now,
    )
    try:
        with transaction.atomic():
            lock(draft.list_id)  # sales of one list are planned one after the other
            _check_others(draft)
            _check_prices(draft)
            sale.save(force_insert=True)
            FlashSaleItem.objects.bulk_create(_items(sale.id, draft))
            sku_ids = [item.sku_id for item in draft.items]
            tell_later(draft.list_id, sku_ids, draft.starts_at)
            tell_later(draft.list_id, sku_ids, draft.ends_at)
            note("flash_sale", sale.id, "pricing.plan_sale", actor, draft.code, now)
    except IntegrityError as taken:
        raise CodeTaken(field="code", name=draft.code) from taken
    return sale.id


def _items(sale_id: UUID, draft: SaleDraft) -> list[FlashSaleItem]:
    return [
        FlashSaleItem(
            id=new_id(),
            sku_id=item.sku_id,
            sale_id=sale_id,
            place=place,
            price_minor=item.price_minor,
            was_minor=item.was_minor,
            units=item.units,
            limit_per_person=item.limit_per_person,
        )
        for place, item in enumerate(draft.items)
    ]


def _check_prices(draft: SaleDraft) -> None:
    found = of_shop(draft.list_id)
    prices = selectors.prices(
        storefront_id=found.storefront_id,
        currency=found.currency,
        sku_ids=[item.sku_id for item in draft.items],
        at=draft.starts_at,
    )
    for row, item in enumerate(draft.items):
        price = prices.get(item.sku_id)
        if price is None or price.amount.minor <= item.price_minor:
            told = "—" if price is None else str(to_decimal(price.amount.minor, found.currency))
            raise NotCheaper(field="price_minor", row=row + 1, price=told)


def _check_others(draft: SaleDraft) -> None:
    others = FlashSaleItem.objects.filter(
        sku_id__in=[item.sku_id for item in draft.items],
        sale__price_list_id=draft.list_id,
        sale__starts_at__lt=draft.ends_at,
        sale__ends_at__gt=draft.starts_at,
        sale__called_off_at__isnull=True,
    )
    code = others.values_list("sale__code", flat=True).first()
    if code is not None:
        raise ArticleInOtherSale(field="items", name=code)


def call_off(*, sale_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """End a sale before its time, or before it begins. What was ordered stays. Refuses NoSuchSale, SaleIsOver."""
    with transaction.atomic():
        sale = FlashSale.objects.filter(id=sale_id).first()
        if sale is None:
            raise NoSuchSale(field="sale_id", name=str(sale_id))
        standing = FlashSale.objects.filter(id=sale_id, called_off_at__isnull=True, ends_at__gt=now)
        if not standing.update(called_off_at=now):
            raise SaleIsOver(field="sale_id")
        tell(list_id=sale.price_list_id, sku_ids=_articles(sale_id))
        note("flash_sale", sale_id, "pricing.call_off_sale", actor, reason, now)


def _articles(sale_id: UUID) -> Sequence[UUID]:
    return list(FlashSaleItem.objects.filter(sale_id=sale_id).order_by(F("place")).values_list("sku_id", flat=True))
