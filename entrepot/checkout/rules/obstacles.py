"""Why something cannot be ordered as it stands, in plain words and with the lawful way on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.catalogue.types import Classification, Sku
from entrepot.checkout.types import Obstacle
from entrepot.kit.refusals import Refusal
from entrepot.pricing.types import Price
from entrepot.tariff.types import Part, Quote

OVER_LIMIT = ("over_single_limit", "over_annual_limit", "purchase_limit")
NOT_SELLABLE = (
    "not_active",
    "brand_not_authorised",
    "not_classified",
    "no_price",
    "origin_unknown",
    "weight_unknown",
    "tax_unknown",
)

_OVER_THIS_YEAR = (
    "请减少数量、改用家人的实名信息为其本人购买，或待明年额度恢复后再购买",
    "Order less, let family members buy for themselves under their own real name, or wait for next year's allowance",
)
_OVER_A_YEAR = (
    "请减少数量；单件即超过年度限值的商品，任何人在任何年度都不能按跨境电商购买",
    "Order less; one article that is above the limit by itself cannot be bought this way by anybody in any year",
)


def of_article(sku: Sku, classification: Classification | None, price: Price | None, day: date) -> tuple[Obstacle, ...]:
    """What keeps a SKU from being sold into China on a day. Empty when nothing does."""
    found = [
        (not sku.active, "not_active", "商品已下架", "The article is no longer sold"),
        (
            not sku.authorised(day),
            "brand_not_authorised",
            "品牌授权已到期，暂不能销售",
            "The brand's authorisation has ended, so it cannot be sold",
        ),
        (price is None, "no_price", "商品暂未定价", "The article has no price here yet"),
        (
            classification is None,
            "not_classified",
            "商品尚未完成海关归类，暂不能销售",
            "The article is not classified for customs yet, so it cannot be sold",
        ),
        (not sku.origin, "origin_unknown", "商品原产国不明，暂不能销售", "The country of origin is not known yet"),
        (
            min(sku.net_weight_g, sku.gross_weight_g) <= 0,
            "weight_unknown",
            "商品重量不明，暂不能销售",
            "The article's weight is not known yet",
        ),
    ]
    return tuple(Obstacle(code, zh, en, {"sku_id": str(sku.id)}) for is_so, code, zh, en in found if is_so)


def out_of_stock(sku_id: UUID, left: int) -> Obstacle:
    """`left`: units that can be had."""
    data = {"sku_id": str(sku_id), "left": left}
    if left == 0:
        return Obstacle("out_of_stock", "商品已售罄", "Sold out", data)
    return Obstacle("out_of_stock", f"库存仅剩 {left} 件", f"Only {left} left", data)


def of_quantity(sku_id: UUID, price: Price, quantity: int) -> tuple[Obstacle, ...]:
    """What keeps one person from ordering so many units, whatever they have bought before."""
    of_sale = (price.sale.limit,) if price.sale else ()
    most = min((*of_sale, *((price.limit.quantity,) if price.limit else ())), default=quantity)
    data = {"sku_id": str(sku_id)}
    if quantity > most:
        zh, en = f"每人限购 {most} 件", f"At most {most} for one person"
        return (Obstacle("purchase_limit", zh, en, {**data, "limit": most}),)
    if price.sale is not None and quantity > price.sale.left:
        left = price.sale.left
        zh, en = f"抢购价仅剩 {left} 件", f"Only {left} left at this price"
        return (Obstacle("sold_out_at_price", zh, en, {**data, "left": left}),)
    return ()


def no_freight(kind: str) -> Obstacle:
    return Obstacle(
        "no_freight_rate",
        "该仓库暂无运费标准",
        "There is no freight rate for this warehouse yet",
        {"warehouse_kind": kind},
    )


def too_many(limit: int) -> Obstacle:
    return Obstacle(
        "too_many_articles",
        f"一次最多结算 {limit} 种商品，请分次下单",
        f"At most {limit} articles can be ordered at once; order in turns",
        {"limit": limit},
    )


def too_many_parcels(limit: int) -> Obstacle:
    return Obstacle(
        "too_many_parcels",
        f"商品分散在过多仓库，一个订单最多 {limit} 个包裹，请分次下单",
        f"The goods lie in too many warehouses: one order has at most {limit} parcels; order in turns",
        {"limit": limit},
    )


def tax_unknown(refusal: Refusal) -> Obstacle:
    """The tariff could not compute the line: a code that does not exist, a measure that is missing."""
    return Obstacle(
        "tax_unknown",
        f"暂不能计算进口税，不能销售：{refusal.message('zh')}",
        f"The import tax cannot be computed, so this cannot be sold: {refusal.message('en')}",
        {"reason": refusal.code, "field": refusal.field},
    )


def of_decision(quote: Quote, skus: Mapping[str, Sku]) -> tuple[Obstacle, ...]:
    """What a parcel's decision forbids, with the lawful way on. `skus` by code, as in the quote's lines."""
    if quote.decision in ("clear", "full_tax_single_item"):
        return ()
    why = quote.explanation[0] if quote.explanation else None
    figures = dict(why.figures) if why else {}
    # Of several articles those that no order can have: above the limit each, and without a known duty.
    untaxable = [told.figures["line"] for told in quote.warnings if told.code == "not_computed"]
    if quote.decision == "split" and untaxable:
        return (_full_tax_unknown([skus[line] for line in untaxable], _limits(figures)),)
    if quote.decision == "split":
        parts, limit = [_part(part) for part in quote.parts], figures["single_limit"]
        zh = f"多件商品合计 {quote.customs_value} 元，超过跨境电商单次限值 {limit} 元，请分成 {len(parts)} 个订单购买"
        en = (
            f"Several items of {quote.customs_value} yuan together are above the single limit of {limit} yuan; please "
            f"order in {len(parts)} orders"
        )
        zh, en = f"{zh}：{_listed(quote.parts, skus, 'zh-hans')}", f"{en}: {_listed(quote.parts, skus, 'en')}"
        return (Obstacle("over_single_limit", zh, en, {**_limits(figures), "parts": parts}),)
    if quote.decision == "general_trade":
        (told_zh, told_en), (zh, en) = _over_annual(quote, figures)
        return (Obstacle("over_annual_limit", f"{told_zh}。{zh}", f"{told_en}. {en}", _limits(figures)),)
    if quote.decision == "rates_not_verified":
        zh = "该单件商品超过单次限值，须全额缴税，而其关税税率尚未核实，暂不能销售"
        en = "This single item is above the single limit and owes the full tax, but its duty rate is not verified yet"
        return (Obstacle("tax_unknown", zh, en, _limits(figures)),)
    told_zh, told_en = (why.zh, why.en) if why else ("该商品不能进口", "These goods cannot be imported")
    return (Obstacle("not_admitted", told_zh, told_en, {"decision": quote.decision}),)


def _limits(figures: Mapping[str, str]) -> dict[str, Any]:
    names = ("customs_value", "single_limit", "annual_limit")
    return {name: figures[name] for name in names if name in figures}


def _full_tax_unknown(skus: Sequence[Sku], limits: Mapping[str, Any]) -> Obstacle:
    zh, en = "、".join(_name(sku, "zh-hans") for sku in skus), ", ".join(_name(sku, "en") for sku in skus)
    return Obstacle(
        "tax_unknown",
        f"{zh}：单件超过单次限值，须全额缴税，而其关税税率尚未核实，暂不能销售",
        f"{en}: above the single limit by itself, so it owes the full tax, but its duty rate is not verified yet",
        limits,
    )


def _name(sku: Sku, language: str) -> str:
    return sku.titles.get(language) or sku.code


def _over_annual(quote: Quote, figures: Mapping[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """What is above the limit, and the way on. Whoever orders has typed somebody's number and need not be that person:
    what the person has used is not told."""
    value, limit = quote.customs_value, figures["annual_limit"]
    if value > Decimal(limit):  # whoever buys it, and whenever
        told = f"完税价格 {value} 元超过年度限值 {limit} 元", f"{value} yuan are above the annual limit {limit}"
        return told, _OVER_A_YEAR
    zh = f"完税价格 {value} 元，连同本单其他包裹及该订购人本年已用额度，超过年度限值 {limit} 元"
    en = f"{value} yuan with other parcels of this order and what this person has used pass the annual limit {limit}"
    return (zh, en), _OVER_THIS_YEAR


def _part(part: Part) -> dict[str, Any]:
    return {
        "units": {line: int(units) for line, units in part.units.items()},
        "customs_value": str(part.customs_value),
        "fits": part.fits,
    }


def _listed(parts: Sequence[Part], skus: Mapping[str, Sku], language: str) -> str:
    between, within = ("；", "、") if language.startswith("zh") else ("; ", ", ")
    return between.join(
        within.join(f"{_name(skus[line], language)} × {int(units)}" for line, units in part.units.items())
        for part in parts
    )
