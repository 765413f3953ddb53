"""Contracts are signed once and never edited."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid
from entrepot.procurement import models
from entrepot.procurement.rules import sums
from entrepot.procurement.rules.sums import UNITS_MAX
from entrepot.procurement.services.checking import (
    AlreadyThere,
    BadAmount,
    UnknownParty,
    currency,
    keep_paper,
    period,
    plain,
    rate_on,
    territory,
    trace,
    whole,
)
from entrepot.procurement.types import ArticleTerms, ContractDraft, Tier

OVER_MAX, OVER_PLACES = Decimal("0.1"), 3
DISCOUNT_PLACES = 4
DAYS_MAX = 365
TIERS_MAX = 20
ARTICLES_MAX = 2_000
VOLUME_MAX = 100_000_000  # cm³ of one unit: more than any container holds


class BadTiers(Invalid):
    code = "bad_tiers"
    zh = "阶梯折扣须按数量递增，折扣大于 0 且小于 100 %，最多两位小数，并逐级提高"
    en = "Discounts by volume go up with the units, each above 0 and below 100 %, with at most two decimal places"


class BadTolerance(BadAmount):
    code = "bad_tolerance"
    zh = "超收比例为 0 到 10 %，最多一位小数"
    en = "What may come beyond a line is from 0 to 10 %, with at most one decimal place"


class BadTerms(Invalid):
    code = "bad_contract_article"
    zh = "合同第 {row} 个货品有误：单价不能为负且最多四位小数，装箱数至少为 1，每个货号只写一次"
    en = "Article {row} of the contract: no price below 0 or with more than four places, a pack of 1 or more, each once"


@transaction.atomic
def sign(*, draft: ContractDraft, actor: str, now: datetime) -> UUID:
    """A contract with its discounts. One with a sum is valued in yuan on the day it is signed.

    Refuses UnknownParty, AlreadyThere, BadText, BadPeriod, BadCurrency, BadCountry, BadAmount, BadTolerance,
    BadTiers, BadTerms, NoRateOnTheDay, NotADocument.
    """
    period(draft.valid_from, draft.valid_to)
    number = plain(draft.number, field="number", most=40)
    of_currency, today = currency(draft.currency), day_in(CHINA, now)
    if not models.Supplier.objects.filter(id=draft.supplier_id).exists():
        raise UnknownParty(field="supplier", what="supplier")
    if draft.programme_id is not None and not models.Programme.objects.filter(id=draft.programme_id).exists():
        raise UnknownParty(field="programme", what="programme")
    over = draft.over_receipt
    if not 0 <= over <= OVER_MAX or over != round(over, OVER_PLACES):
        raise BadTolerance(field="over_receipt")
    _check_tiers(draft.tiers)
    _check_articles(draft.articles)
    value = whole(draft.value_minor, field="value")
    rate, source = rate_on(of_currency, today) if value else (None, "")
    columns = {
        "id": new_id(),
        "supplier_id": draft.supplier_id,
        "valid_from": draft.valid_from,
        "valid_to": draft.valid_to,
        "currency": of_currency,
        "incoterm": draft.incoterm,
        "place": plain(draft.place, field="place", most=80),
        "payment": draft.payment,
        "payment_days": whole(draft.payment_days, field="payment_days", most=DAYS_MAX),
        "territory": territory(draft.territory),
        "order_units_min": whole(draft.order_units_min, field="order_units_min", most=UNITS_MAX),
        "line_units_min": whole(draft.line_units_min, field="line_units_min", most=UNITS_MAX),
        "over_receipt": draft.over_receipt,
        "value_minor": value,
        "rate": rate,
        "rate_source": source,
        "programme_id": draft.programme_id,
        "paper_id": keep_paper(draft=draft.paper, actor=actor, now=now),
        "signed_on": today,
        "signed_by": actor,
    }
    row, fresh = models.Contract.objects.get_or_create(number=number, defaults=columns)
    if not fresh:
        raise AlreadyThere(field="number", name=number)
    models.Tier.objects.bulk_create(
        models.Tier(id=new_id(), contract=row, units_from=tier.units_from, discount=tier.discount)
        for tier in draft.tiers
    )
    models.ContractArticle.objects.bulk_create(
        models.ContractArticle(
            id=new_id(), contract=row, sku_id=one.sku_id, unit_price=one.unit_price, units_min=one.units_min,
            pack=one.pack, volume_cm3=one.volume_cm3,
        )
        for one in draft.articles
    )  # fmt: skip
    trace("contract", row.id, action="sign", actor=actor, now=now)
    return row.id


def _check_tiers(tiers: tuple[Tier, ...]) -> None:
    pairs = [(tier.units_from, tier.discount) for tier in tiers]
    rising = all(a[0] < b[0] and a[1] < b[1] for a, b in zip(pairs, pairs[1:], strict=False))
    right = all(0 < units <= UNITS_MAX and 0 < of < 1 and of == round(of, DISCOUNT_PLACES) for units, of in pairs)
    if len(tiers) > TIERS_MAX or not rising or not right:
        raise BadTiers(field="tiers")


def _check_articles(articles: tuple[ArticleTerms, ...]) -> None:
    """Refuses BadTerms, UnknownParty."""
    if len(articles) > ARTICLES_MAX:
        raise BadAmount(field="articles")
    seen: set[UUID] = set()
    for n, one in enumerate(articles, 1):
        price = one.unit_price
        right = price.is_finite() and 0 <= price <= sums.PRICE_MAX and price == round(price, sums.PRICE_PLACES)
        amounts = 0 <= one.units_min <= UNITS_MAX and 0 < one.pack <= UNITS_MAX and 0 <= one.volume_cm3 <= VOLUME_MAX
        if not right or not amounts or one.sku_id in seen:
            raise BadTerms(field="articles", row=n)
        seen.add(one.sku_id)
    if seen - catalogue.skus(ids=seen).keys():
        raise UnknownParty(field="articles", what="SKU")
