"""From a quote to what is written as agreed: parcels and lines with everything customs needs copied into them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from entrepot.catalogue.types import Classification
from entrepot.checkout.quoting import Articles
from entrepot.checkout.rules import asking
from entrepot.checkout.types import BasketQuote, LineQuote, ParcelQuote
from entrepot.identity.types import Address
from entrepot.kit.ids import new_id
from entrepot.orders.types import Consignee, OrderLine, OrderParcel, ParcelState, WishedLine, parcel_number

COUNTS = ("clear", "full_tax_single_item")  # decisions under which a parcel uses the year's allowance


def order_parcels(
    *, order_id: UUID, number: str, buyer_id: UUID, quote: BasketQuote, articles: Articles
) -> tuple[OrderParcel, ...]:
    """The order's parcels; customs order numbers are the order's with the parcel's place in it."""
    found = []
    for position, parcel in enumerate(quote.parcels, 1):
        parcel_id = new_id()
        lines = tuple(_line(parcel_id, n, line, articles[line.sku.id][1]) for n, line in enumerate(parcel.lines, 1))
        found.append(
            OrderParcel(
                id=parcel_id,
                order_id=order_id,
                buyer_id=buyer_id,
                number=parcel_number(number, position),
                warehouse_id=parcel.warehouse.id,
                trade_mode=parcel.trade_mode,
                state=ParcelState.PLACED,
                goods_minor=parcel.goods_minor,
                discount_minor=parcel.discount_minor,
                freight_minor=parcel.freight_minor,
                tax_minor=parcel.tax_minor,
                asked=asking.written(parcel.question, parcel.answer) if parcel.question and parcel.answer else {},
                lines=lines,
                allowance_minor=_allowance(parcel),
                delivery=parcel.delivery,
            )
        )
    return tuple(found)


def wished(*, wants: Mapping[UUID, int], placed: Mapping[UUID, int], articles: Articles) -> tuple[WishedLine, ...]:
    """What a partial order tells of each article, in the order of the wishes. Units by SKU."""
    skus = [(articles[sku_id][0], n) for sku_id, n in wants.items()]
    return tuple(WishedLine(sku.id, sku.code, sku.titles, sku.image, n, placed.get(sku.id, 0)) for sku, n in skus)


def consignee(address: Address) -> Consignee:
    """The address as it is on the day of the order; later changes of it do not touch the order."""
    return Consignee(
        name=address.recipient,
        phone=address.phone,
        province=address.province,
        city=address.city,
        district=address.district,
        district_code=address.district_code,
        detail=address.detail,
    )


def _allowance(parcel: ParcelQuote) -> int:
    if parcel.decision not in COUNTS:
        return 0
    return parcel.goods_minor - parcel.discount_minor + parcel.freight_minor


def _line(parcel_id: UUID, number: int, line: LineQuote, decided: Classification | None) -> OrderLine:
    assert decided is not None  # else it would not have been quoted

    def of_line(each: Decimal) -> Decimal:
        return (each * line.quantity).quantize(Decimal("0.00001"))

    return OrderLine(
        id=new_id(),
        parcel_id=parcel_id,
        number=number,
        sku_id=line.sku.id,
        sku_code=line.sku.code,
        titles=line.sku.titles,
        image=line.sku.image,
        gtin=line.sku.gtin,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        goods_minor=line.goods_minor,
        discount_minor=line.discount_minor,
        freight_minor=line.freight_minor,
        duty_minor=line.duty_minor,
        excise_minor=line.excise_minor,
        vat_minor=line.vat_minor,
        origin=line.sku.origin,
        hs_code=decided.hs_code,
        sales_unit=decided.sales_unit,
        unit1=decided.unit1,
        quantity1=of_line(decided.quantity1),
        unit2=decided.unit2,
        quantity2=None if decided.quantity2 is None else of_line(decided.quantity2),
        declared_name=decided.declared_name,
        model=decided.model,
        net_weight_g=line.sku.net_weight_g * line.quantity,
        gross_weight_g=line.sku.gross_weight_g * line.quantity,
    )
