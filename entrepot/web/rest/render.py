"""From the contexts' types to the API's JSON. Amounts become decimal strings; texts the caller's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpResponse

from entrepot.catalogue.types import Product, Sku, text
from entrepot.checkout.types import BasketQuote, LineQuote, Obstacle, ParcelQuote, Placed
from entrepot.kit.money import exponent, to_decimal
from entrepot.orders.types import Order, OrderLine, OrderParcel, WishedLine
from entrepot.orders.types.notes import note_text
from entrepot.payments.types import Payment, TransactionEvent
from entrepot.shelf.types import Card, Listing
from entrepot.storefronts.types import Storefront
from entrepot.web.common.shops import address_of

encode = msgspec.json.Encoder().encode


def answer(body: Any, status: int = 200) -> HttpResponse:
    """JSON as built here. The schema documents it; it is not validated again on the way out."""
    return sent(b"" if status == HTTPStatus.NO_CONTENT else encode(body), status)


def sent(body: bytes, status: int = 200) -> HttpResponse:
    """JSON that is encoded already."""
    return HttpResponse(body, status=status, content_type="application/json")


def amount(minor: int, currency: str) -> str:
    """`str(to_decimal(minor, currency))`, without the detour: a list has a hundred of them."""
    places = exponent(currency)
    if not places:
        return str(minor)
    whole, part = divmod(abs(minor), 10**places)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{places}d}"


def placed(placed: Placed, shop: Storefront, language: str) -> dict[str, Any]:
    told = {
        "number": placed.number,
        "total": amount(placed.total_minor, shop.currency),
        "currency": shop.currency,
        "pay_at": f"{address_of(shop)}/api/v1/orders/{placed.number}/payment",
    }
    return told | {"lines": [_wished(line, language) for line in placed.wished]} if placed.wished else told


def _wished(line: WishedLine, language: str) -> dict[str, Any]:
    return {
        "sku": line.sku_code,
        "title": text(line.titles, language),
        "wished": line.wished,
        "placed": line.placed,
        "reason": line.reason,
        "message": line.zh if language.startswith("zh") else line.en,
    }


def card(card: Card) -> dict[str, Any]:
    return {
        "slug": card.slug,
        "title": card.title,
        "brand": card.brand,
        "origin": card.origin,
        "image": card.image,
        "price": amount(card.price_minor, card.currency),
        "was": None if card.was_minor is None else amount(card.was_minor, card.currency),
        "tax": amount(card.tax_minor, card.currency),
        "currency": card.currency,
        "warehouses": card.warehouse_kinds,
        "in_stock": card.in_stock,
        "variants": card.variants,
    }


def listing(found: Listing) -> dict[str, Any]:
    return {
        "items": [card(one) for one in found.cards],
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "facets": dict(found.facets),  # encoded as they are: value, label, count, chosen
        "corrected": found.corrected,
    }


def product(
    product: Product, lines: Mapping[Any, LineQuote], was: Mapping[Any, str], currency: str, language: str
) -> dict[str, Any]:
    """`lines` quotes one unit of each SKU by id."""
    return {
        "slug": product.slug,
        "title": text(product.titles, language),
        "description": text(product.descriptions, language),
        "brand": text(product.brand.names, language),
        "brand_country": product.brand.country,
        "images": product.images,
        "attributes": [[text(label, language), text(value, language)] for label, value in product.attributes],
        "currency": currency,
        "skus": [sku(one, lines.get(one.id), was.get(one.id), currency, language) for one in product.skus],
    }


def sku(sku: Sku, line: LineQuote | None, was: str | None, currency: str, language: str) -> dict[str, Any]:
    priced = line is not None and line.unit_price_minor > 0
    return {
        "code": sku.code,
        "title": text(sku.titles, language),
        "gtin": sku.gtin,
        "axes": {axis: text(value, language) for axis, value in sku.axes.items()},
        "origin": sku.origin,
        "image": sku.image,
        "price": amount(line.unit_price_minor, currency) if line and priced else None,
        "was": was,
        "tax": amount(line.tax_minor, currency) if line and priced else None,
        "available": line is not None and not line.obstacles,
        "obstacles": [obstacle.code for obstacle in line.obstacles] if line else ["not_sellable"],
    }


def obstacle(obstacle: Obstacle, language: str) -> dict[str, Any]:
    message = obstacle.zh if language.startswith("zh") else obstacle.en
    return {"code": obstacle.code, "message": message, "data": dict(obstacle.data)}


def quote(quote: BasketQuote, language: str) -> dict[str, Any]:
    money = quote.currency
    return {
        "currency": money,
        "parcels": [_parcel(parcel, money, language) for parcel in quote.parcels],
        "unplaced": [_line(line, money, language) for line in quote.unplaced],
        **_sums(quote, money, ("goods", "discount", "freight", "tax", "total")),
        "promotion": _promotion(quote, language),
        "used_up": [{"code": one.code, "title": text(one.titles, language)} for one in quote.used_up],
        "can_be_placed": bool(quote.parcels) and not quote.obstacles,
    }


def _promotion(quote: BasketQuote, language: str) -> dict[str, Any] | None:
    promised = quote.promised
    if promised is None:
        return None
    amount = str(to_decimal(promised.amount_minor, quote.currency))
    return {"code": promised.code, "title": text(promised.titles, language), "amount": amount}


def _parcel(parcel: ParcelQuote, money: str, language: str) -> dict[str, Any]:
    return {
        "warehouse": parcel.warehouse.code,
        "trade_mode": parcel.trade_mode,
        "delivery": parcel.delivery.value,
        "decision": parcel.decision,
        **_sums(parcel, money, ("goods", "discount", "freight", "tax", "total")),
        "lines": [_line(line, money, language) for line in parcel.lines],
        "obstacles": [obstacle(one, language) for one in parcel.obstacles],
    }


def _line(line: LineQuote, money: str, language: str) -> dict[str, Any]:
    return {
        "sku": line.sku.code,
        "title": text(line.sku.titles, language),
        "quantity": line.quantity,
        **_sums(line, money, ("unit_price", "goods", "discount", "freight", "duty", "excise", "vat", "tax")),
        "obstacles": [obstacle(one, language) for one in line.obstacles],
    }


def order(order: Order, language: str) -> dict[str, Any]:
    money = order.currency
    numbers = {parcel.id: parcel.number for parcel in order.parcels}
    return {
        "number": order.number,
        "state": order.state.value,
        "currency": money,
        "total": amount(order.total_minor, money),
        "placed_at": order.placed_at.isoformat(),
        "pay_until": order.pay_until.isoformat(),
        "consignee": order.consignee,
        "consignee_phone": order.consignee_phone,
        "consignee_place": order.consignee_place,
        "parcels": [_order_parcel(parcel, money, language) for parcel in order.parcels],
        "left_out": [_wished(line, language) for line in order.left_out],
        "timeline": [
            {
                "sequence": event.sequence,
                "kind": event.kind,
                "parcel": numbers[event.parcel_id] if event.parcel_id else None,
                "at": event.at.isoformat(),
                "note": event.note,
                "text": note_text(event.note, language),
            }
            for event in order.events
        ],
    }


def payment(payment: Payment | None, steps: Sequence[TransactionEvent]) -> dict[str, Any] | None:
    if payment is None:
        return None
    money = payment.currency
    return {
        "state": payment.state.value,
        "currency": money,
        "amount": amount(payment.amount_minor, money),
        "captured": amount(payment.amount_minor if payment.is_captured else 0, money),
        "refunding": amount(payment.refunding_minor, money),
        "refunded": amount(payment.refunded_minor, money),
        "steps": [
            {"step": one.step, "amount": amount(one.amount_minor, money), "at": one.at.isoformat()} for one in steps
        ],
    }


def _order_parcel(parcel: OrderParcel, money: str, language: str) -> dict[str, Any]:
    return {
        "number": parcel.number,
        "state": parcel.state.value,
        "trade_mode": parcel.trade_mode,
        "delivery": parcel.delivery.value,
        **_sums(parcel, money, ("goods", "discount", "freight", "tax", "total")),
        "lines": [_order_line(line, money, language) for line in parcel.lines],
    }


def _order_line(line: OrderLine, money: str, language: str) -> dict[str, Any]:
    return {
        "sku": line.sku_code,
        "title": text(line.titles, language),
        "quantity": line.quantity,
        **_sums(line, money, ("unit_price", "goods", "discount", "freight", "tax")),
        "hs_code": line.hs_code,
        "origin": line.origin,
    }


def _sums(holder: object, money: str, names: Sequence[str]) -> dict[str, str]:
    return {name: amount(getattr(holder, f"{name}_minor"), money) for name in names}
