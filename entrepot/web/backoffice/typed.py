"""What people type into forms of prices and offers: moments, amounts, numbers, articles, the list they are for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from entrepot.kit.clock import CHINA
from entrepot.kit.money import to_decimal, to_minor
from entrepot.kit.refusals import Invalid
from entrepot.pricing import selectors
from entrepot.pricing.types import PriceList
from entrepot.storefronts import selectors as storefronts

OFFER_WORDS = {  # beside the fields that a sale and a promotion have in common
    "titles": _("Titles"), "starts_at": _("From, Beijing time"), "ends_at": _("Until, Beijing time"),
}  # fmt: skip


class BadMoment(Invalid):
    code = "bad_moment"
    zh = "请填写北京时间的日期和时间"
    en = "Give day and time in Beijing"


class BadSum(Invalid):
    code = "bad_sum"
    zh = "请填写金额，例如 1200.50"
    en = "Enter an amount such as 1200.50"


class BadNumber(Invalid):
    code = "bad_number"
    zh = "请填写整数"
    en = "Give a whole number"


class UnknownSku(Invalid):
    code = "unknown_sku"
    zh = "没有这个货号：{sku}"
    en = "There is no SKU {sku}"


def lists() -> list[tuple[str, PriceList]]:
    """The price lists of all storefronts, with their shops' codes."""
    return [(shop.code, found) for shop in storefronts.every() for found in selectors.lists(storefront_id=shop.id)]


def titles_of(post: QueryDict) -> dict[str, str]:
    """What a thing is called in both languages."""
    names = {"zh-hans": "title_zh", "en": "title_en"}
    return {code: post.get(name, "").strip() for code, name in names.items()}


def moment_of(post: QueryDict, name: str) -> datetime:
    """A moment in a form, in Beijing time. Refuses BadMoment."""
    try:
        return datetime.fromisoformat(post.get(name, "")).replace(tzinfo=CHINA)
    except ValueError as wrong:
        raise BadMoment(field=name) from wrong


def number_of(text: str, field: str) -> int:
    """A whole number in a form. Refuses BadNumber."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadNumber(field=field)
    return int(text)


def amount_of(post: QueryDict, name: str, currency: str) -> int:
    """Minor units of an amount in a form. Refuses BadSum."""
    minor = minor_of(post.get(name, "").strip(), currency)
    if minor is None:
        raise BadSum(field=name)
    return minor


def minor_of(text: str, currency: str) -> int | None:
    """Minor units of an amount; None for what is no amount of the currency, or finer than it."""
    try:
        amount = Decimal(text)
        minor = to_minor(amount, currency)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return minor if to_decimal(minor, currency) == amount else None
