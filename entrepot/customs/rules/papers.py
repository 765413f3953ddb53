"""From what we know of a parcel to what its four documents say. Pure: facts, parties and time are handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.customs.ceb import codes
from entrepot.customs.types import DocumentKind
from entrepot.identity.types import RealName
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import to_decimal
from entrepot.orders.types import Consignee, OrderLine, OrderParcel
from entrepot.payments.types import DeclaredShare, PayerCheck, Payment, Split
from entrepot.shipping.types import Waybill
from entrepot.stock.types import Warehouse

Values = Mapping[str, Any]
COP_NO_MAX = 20
ITEM_NO_MAX = 20
BATCHES_MAX = 100
GOODS_MAX, GOODS_BETWEEN = 200, "、"  # of the goods that a waybill names
_PRICE_PLACES = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class Party:
    """A company as customs registered it: code (10 or 18 characters) and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Parties:
    """Who declares: platform (ebp), merchant (ebc), agent, guarantee for the tax, and our DXP address."""

    platform: Party
    merchant: Party
    agent: Party
    assure_code: str
    dxp_id: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Served:
    """A lot that serves a line: batch code, and its record in the account book (itemRecordNo)."""

    lot_code: str
    item_record: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one parcel, in the clear: lives in memory only. `lots` serve the parcel, by SKU.

    `declared`: what the provider answered, where he tells customs of the payment himself; payment and split are then as
    he told it."""

    buyer_id: UUID
    parcel: OrderParcel
    currency: str
    consignee: Consignee
    carried_to: Consignee  # as the carrier has it
    payment: Payment
    split: Split
    waybill: Waybill
    real_name: RealName
    warehouse: Warehouse
    lots: Mapping[UUID, Sequence[Served]]
    declared: DeclaredShare | None = None

    def told_by_provider(self, share: DeclaredShare) -> Facts:
        """The same with the payment as customs has it from the provider: number, order, sum, company, who paid."""
        same = {PayerCheck.SAME: True, PayerCheck.DIFFERENT: False}.get(share.payer_check, self.payment.payer_is_buyer)
        payment = replace(
            self.payment,
            payer_is_buyer=same,
            payment_company_code=share.company_code or self.payment.payment_company_code,
            verifying_department=share.verifying_department or self.payment.verifying_department,
            verifying_transaction=share.verifying_transaction or self.payment.verifying_transaction,
        )
        split = replace(
            self.split,
            number=share.customs_order or self.split.number,
            amount_minor=share.amount_minor,
            transaction=share.customs_number or None,
        )
        return replace(self, payment=payment, split=split, declared=share)


@dataclass(frozen=True, slots=True)
class Paper:
    """The values of one document, before its identifier and times are put in."""

    head: Values
    lines: tuple[Values, ...] = ()


def compose(facts: Facts, parties: Parties, now: datetime) -> dict[DocumentKind, Paper]:
    """The four documents' content. Refuses codes.UnknownCode for a country, currency, unit or mode customs lacks."""
    on = day_in(CHINA, now)
    return {
        DocumentKind.ORDER: _order(facts, parties, on),
        DocumentKind.PAYMENT: _payment(facts, parties, on),
        DocumentKind.WAYBILL: _waybill(facts, on),
        DocumentKind.LIST: _list(facts, parties, on),
    }


def headed(paper: Paper, *, id_: UUID, app_type: str, now: datetime) -> Paper:
    """The same paper with identifier, kind of application (1 new, 2 change, 3 delete) and time."""
    return Paper({**paper.head, "guid": id_, "appType": app_type, "appTime": now, "appStatus": "2"}, paper.lines)


def clean(text: str, length: int) -> str:
    """Free text as customs takes it: single spaces, no control characters, cut to length."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:length].strip()


def phone(number: str) -> str:
    """A Chinese number without its country code; others keep theirs."""
    return number.removeprefix("+86")


def cop_no(parcel_number: str, declaration_id: UUID) -> str:
    """Our number of the list, at most 20 characters: the parcel's where it is short enough, else the declaration's."""
    short = parcel_number.replace("-", "")
    return short if len(short) <= COP_NO_MAX else declaration_id.hex[:8].upper() + declaration_id.hex[-12:].upper()


def _both(prefix: str, party: Party) -> Values:
    return {f"{prefix}Code": party.code, f"{prefix}Name": party.name}


def _buyer(facts: Facts) -> Values:
    person = facts.real_name
    return {
        "buyerIdType": "1",
        "buyerIdNumber": person.id_number,
        "buyerName": person.name,
        "buyerTelephone": phone(person.phone),
    }


def _line_money(line: OrderLine, currency: str) -> tuple[Decimal, Decimal]:
    """Price and total of a line. A discount open to everybody lowers the price itself: it is what the buyer agreed to
    and what tax is computed on (administration letter 73/2016), so `discount` of the order stays zero."""
    total = to_decimal(line.goods_minor - line.discount_minor, currency)
    return (total / line.quantity).quantize(_PRICE_PLACES), total


def _title(line: OrderLine) -> str:
    return clean(line.titles.get("zh-hans") or next(iter(line.titles.values()), line.declared_name), 250)


def _order_line(line: OrderLine, currency: str, on: date) -> Values:
    price, total = _line_money(line, currency)
    return {
        "gnum": line.number,
        "itemNo": line.sku_code if len(line.sku_code) <= ITEM_NO_MAX else None,
        "itemName": _title(line),
        "gmodel": clean(line.model, 510) or "无",
        "barCode": line.gtin,
        "unit": codes.unit(line.sales_unit, on),
        "qty": Decimal(line.quantity),
        "price": price,
        "totalPrice": total,
        "currency": codes.currency(currency, on),
        "country": codes.country(line.origin, on),
    }


def alone(facts: Facts) -> dict[str, str]:
    """As texts by path what one document tells and no other: the match holds it against these."""
    paid_at = facts.payment.captured_at
    return {
        "order.buyerRegNo": str(facts.buyer_id),
        "order.batchNumbers": _batches(facts),
        "order.consigneeDistrict": facts.consignee.district_code,
        "payment.payTime": f"{paid_at.astimezone(CHINA):%Y%m%d%H%M%S}" if paid_at else "",
    }


def _batches(facts: Facts) -> str:
    """As many lot numbers as the element has room for, each whole: a part of one would be another lot's."""
    lots = sorted({lot.lot_code for line in facts.parcel.lines for lot in facts.lots.get(line.sku_id, ())})
    told = [clean(";".join(lots[:count]), BATCHES_MAX + 1) for count in range(len(lots), 0, -1)]
    return next((text for text in told if len(text) <= BATCHES_MAX), "")


def _order(facts: Facts, parties: Parties, on: date) -> Paper:
    parcel, payment, currency = facts.parcel, facts.payment, facts.currency
    head = {
        "orderType": "I",
        "orderNo": parcel.number,
        **_both("ebp", parties.platform),
        **_both("ebc", parties.merchant),
        "goodsValue": to_decimal(parcel.goods_minor - parcel.discount_minor, currency),
        "freight": to_decimal(parcel.freight_minor, currency),
        "discount": Decimal(0),
        "taxTotal": to_decimal(parcel.tax_minor, currency),
        "acturalPaid": to_decimal(parcel.total_minor, currency),
        "currency": codes.currency(currency, on),
        "buyerRegNo": str(facts.buyer_id),
        **_buyer(facts),
        "payCode": payment.payment_company_code,
        "payName": payment.payment_company_name,
        "payTransactionId": facts.split.transaction,
        "batchNumbers": _batches(facts),
        "consignee": clean(facts.consignee.name, 100),
        "consigneeTelephone": phone(facts.consignee.phone),
        "consigneeAddress": clean(facts.consignee.address, 200),
        "consigneeDistrict": facts.consignee.district_code,
    }
    return Paper(head, tuple(_order_line(line, currency, on) for line in parcel.lines))


def _payment(facts: Facts, parties: Parties, on: date) -> Paper:
    payment, person = facts.payment, facts.real_name
    return Paper(
        {
            "payCode": payment.payment_company_code,
            "payName": payment.payment_company_name,
            "payTransactionId": facts.split.transaction,
            "orderNo": facts.split.number,
            **_both("ebp", parties.platform),
            "payerIdType": "1",
            "payerIdNumber": person.id_number,
            "payerName": person.name,
            "telephone": phone(person.phone),
            "amountPaid": to_decimal(facts.split.amount_minor, payment.currency),
            "currency": codes.currency(payment.currency, on),
            "payTime": payment.captured_at,
        }
    )


def _waybill(facts: Facts, on: date) -> Paper:
    waybill, to = facts.waybill, facts.carried_to
    return Paper(
        {
            "logisticsCode": waybill.carrier_code,
            "logisticsName": waybill.carrier_name,
            "logisticsNo": waybill.number,
            "billNo": waybill.bill,
            "orderNo": facts.parcel.number,
            "freight": to_decimal(waybill.freight_minor, "CNY"),
            "insuredFee": to_decimal(waybill.insurance_minor, "CNY"),
            "currency": codes.currency("CNY", on),
            "weight": Decimal(waybill.weight_g) / 1000,
            "packNo": 1,
            "goodsInfo": clean(GOODS_BETWEEN.join(line.declared_name for line in facts.parcel.lines), GOODS_MAX),
            "consignee": clean(to.name, 100),
            "consigneeAddress": clean(to.address, 200),
            "consigneeTelephone": phone(to.phone),
        }
    )


def _list_line(line: OrderLine, facts: Facts, on: date) -> Values:
    record = next((lot.item_record for lot in facts.lots.get(line.sku_id, ()) if lot.item_record), None)
    shared = _order_line(line, facts.currency, on)
    return {
        **{name: shared[name] for name in ("gnum", "itemNo", "itemName", "gmodel", "barCode", "country", "currency")},
        **{name: shared[name] for name in ("qty", "unit", "price", "totalPrice")},
        "itemRecordNo": record,
        "gcode": line.hs_code,
        "gname": clean(line.declared_name, 250),
        "qty1": line.quantity1,
        "unit1": codes.unit(line.unit1, on),
        "qty2": line.quantity2,
        "unit2": codes.unit(line.unit2, on) if line.unit2 else None,
    }


def _list(facts: Facts, parties: Parties, on: date) -> Paper:
    parcel, waybill, warehouse = facts.parcel, facts.waybill, facts.warehouse
    bonded = bool(warehouse.account_book)
    head = {
        "orderNo": parcel.number,
        **_both("ebp", parties.platform),
        **_both("ebc", parties.merchant),
        "logisticsNo": waybill.number,
        "logisticsCode": waybill.carrier_code,
        "logisticsName": waybill.carrier_name,
        "assureCode": parties.assure_code,
        "emsNo": warehouse.account_book,
        "ieFlag": "I",
        "declTime": on,
        "customsCode": warehouse.customs_code,
        "portCode": warehouse.port_code or warehouse.customs_code,
        **_buyer(facts),
        "consigneeAddress": clean(facts.consignee.address, 200),
        **_both("agent", parties.agent),
        "areaCode": warehouse.area_code,
        "areaName": warehouse.area_name,
        "tradeMode": parcel.trade_mode,
        "trafMode": codes.transport(waybill.transport_mode, on),
        "trafNo": waybill.vessel,
        "voyageNo": waybill.voyage,
        "billNo": waybill.bill,
        "country": codes.CHINA if bonded else codes.country(warehouse.country, on),
        "freight": to_decimal(parcel.freight_minor, facts.currency),
        "insuredFee": to_decimal(waybill.insurance_minor, "CNY"),
        "currency": codes.currency(facts.currency, on),
        "packNo": 1,
        "grossWeight": Decimal(sum(line.gross_weight_g for line in parcel.lines)) / 1000,
        "netWeight": Decimal(sum(line.net_weight_g for line in parcel.lines)) / 1000,
    }
    return Paper(head, tuple(_list_line(line, facts, on) for line in parcel.lines))
