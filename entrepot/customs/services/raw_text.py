"""The upload that announcement 179/2018 asks for, made of what was kept at payment time, and signed."""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

from django.conf import settings

from entrepot.catalogue import selectors as catalogue
from entrepot.customs import keys, models
from entrepot.customs.ceb import codes
from entrepot.customs.rules import raw_data
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import to_decimal
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.types import Payment


class NoRawData(Refusal):
    """The payment's request and answer were not kept, or it was not paid: there is nothing that may be sent."""

    code = "no_raw_data"
    zh = "没有该订单支付的原始请求与响应"
    en = "The raw request and answer of this order's payment are not there"


class RawTooLong(Refusal):
    code = "raw_too_long"
    zh = "支付原始报文超过 8000 字符"
    en = "A raw text of the payment has more than 8000 characters"


def text_of(row: models.DataRequest, now: datetime) -> str:
    """The upload, signed. Refuses NoRawData, RawTooLong, keys.NotSetUp."""
    paid = payee()
    if paid is None:
        raise keys.NotSetUp(what="ENTREPOT_CUSTOMS_PAYEE")
    identity, platform = keys.identity(), keys.parties().platform
    order = orders.order(order_id=row.order_id, buyer_id=row.buyer_id)
    payment = payments.payment(order_id=row.order_id, buyer_id=row.buyer_id)
    if order is None or payment is None or payment.captured_at is None:
        raise NoRawData
    request, response = _raw(payment, row, now)
    number, amount_minor, department = _numbers(payment, row.order_number)
    data = raw_data.RawData(
        guid=str(payment.id).upper(),
        request=request,
        response=response,
        platform_code=platform.code,
        company_code=payment.payment_company_code,
        transaction=number,
        amount=to_decimal(amount_minor, payment.currency),
        currency=codes.currency(payment.currency, day_in(CHINA, now)),
        verifying_department=department or "3",
        pay_type=settings.CUSTOMS_PAY_TYPE,
        paid_at=payment.captured_at,
        orders=_goods(order),
    )
    try:
        made = raw_data.make(data, paid, session_id=row.session_id, service_time=int(now.timestamp() * 1000))
    except raw_data.TooLong as wrong:
        raise RawTooLong from wrong
    value = identity.sign(made.to_sign().encode())
    return made.signed(f"{identity.certificate.serial_number:08x}", base64.b64encode(value).decode())


def payee() -> raw_data.Payee | None:
    account, _, rest = settings.CUSTOMS_PAYEE.partition(":")
    code, _, name = rest.partition(":")
    return raw_data.Payee(account, code, name) if account and name else None


def _raw(payment: Payment, row: models.DataRequest, now: datetime) -> tuple[str, str]:
    """The first request for the payment that was answered well, and its answer; the reading is logged."""
    kept = payments.raw_exchange(payment_id=payment.id, buyer_id=row.buyer_id)
    first = next((one for one in kept if one.kind == "create" and one.status and 200 <= one.status < 300), None)
    if first is None:
        raise NoRawData
    return payment_verbs.open_raw_exchange(
        exchange_id=first.id,
        buyer_id=row.buyer_id,
        reader="customs.upload_data",
        reason=f"announcement 179/2018, session {row.session_id}",
        now=now,
    )


def _numbers(payment: Payment, order_number: str) -> tuple[str, int, str]:
    """The payment's number, its sum and who can confirm it, as `CUSTOMS_DATA_NUMBERS` says."""
    split = next((one for one in payment.splits if one.number == order_number), None)
    shares = payments.declared_shares(payment_id=payment.id, buyer_id=payment.buyer_id)
    share = next((one for one in shares if one.number == order_number), None)
    department = (share.verifying_department if share else "") or payment.verifying_department
    if settings.CUSTOMS_DATA_NUMBERS == "declared" and split is not None:
        return (share.customs_number if share else "") or split.transaction or "", split.amount_minor, department
    verified = (share.verifying_transaction if share else "") or payment.verifying_transaction
    number = verified if department in ("1", "2") and verified else payment.provider_payment or ""
    return number, payment.amount_minor, department


def _goods(order: Order) -> list[raw_data.Goods]:
    """Every order of the payment: the raw request is for all of them."""
    skus = catalogue.skus(ids={line.sku_id for parcel in order.parcels for line in parcel.lines})

    def link(sku_id: UUID) -> str:
        slug = skus[sku_id].product_slug if sku_id in skus else ""
        return str(settings.CUSTOMS_ITEM_URL).format(slug=slug)

    return [
        raw_data.Goods(
            parcel.number,
            tuple((line.titles.get("zh-hans") or line.declared_name, link(line.sku_id)) for line in parcel.lines),
        )
        for parcel in order.parcels
    ]
