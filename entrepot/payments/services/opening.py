from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.payments import providers
from entrepot.payments.providers.port import No, Opened, Order
from entrepot.payments.reading import asked_by, payment_of
from entrepot.payments.services.advance import UnknownPayment, advance
from entrepot.payments.services.exchange import Raw
from entrepot.payments.services.intend import AlreadyPaid
from entrepot.payments.services.keep import keep
from entrepot.payments.types import Payment, PaymentState


class PaymentClosed(Refusal):
    code = "payment_closed"
    zh = "支付已关闭，请重新下单"
    en = "This payment is closed; please order again"


class ProviderSilent(Refusal):
    """No answer, too slow, or a fault there. Nothing is lost: the same call again continues the same payment. Whether
    the buyer has paid is not known: a notice may have been lost."""

    code = "provider_silent"
    status = 503
    retry_after_s = 5
    in_doubt = True
    zh = "支付服务暂时无法连接，请稍后重试；同一订单不会重复扣款"
    en = "The payment service does not answer right now; please try again. You will not be charged twice"


class ProviderRefused(Refusal):
    code = "provider_refused"
    status = 502
    zh = "支付服务拒绝了这笔支付（{reason}），请联系客服"
    en = "The payment service refused this payment ({reason}); please contact us"


def begin(
    *,
    buyer_id: UUID,
    now: datetime,
    payment_id: UUID | None = None,
    order_id: UUID | None = None,
    order_number: str | None = None,
) -> Payment:
    """The payment that is to be opened, by its id or its order's, with what its provider will be asked for written down
    before it is asked. One statement. Refuses UnknownPayment, AlreadyPaid, PaymentClosed.
    """
    wanted = asked_by(buyer_id=buyer_id, payment_id=payment_id, order_id=order_id, order_number=order_number)
    params = wanted | {"event_id": new_id(), "authorise_first": providers.authorise_first(), "now": now}
    with transaction.atomic():
        rows = sql.hot_rows(sql.load("payments", "begin"), params)
    payment = payment_of(rows[0]) if rows else None
    if payment is None:
        raise UnknownPayment(what=str(payment_id or order_id or order_number))
    _check(payment, now)
    return payment


def open(
    *,
    payment_id: UUID,
    buyer_id: UUID,
    return_url: str,
    notify_url: str,
    payer: tuple[str, str],
    now: datetime,
    payment: Payment | None = None,
) -> str:
    """Make the payment known to its provider and return the address of the cashier to send the buyer to.

    `payer` is (name, ID number) of the real-name record; it goes to the provider and, sealed, into the raw request.
    `payment` is what `begin` answered, where the caller began it. Repeatable: the provider knows the payment by our id.
    Calls outside, so not inside a transaction.
    Refuses UnknownPayment, AlreadyPaid, PaymentClosed, ProviderSilent, ProviderRefused, AmountDiffers.
    """
    with transaction.atomic(durable=True):
        payment = payment or begin(buyer_id=buyer_id, payment_id=payment_id, now=now)
    order = Order(
        payment_id=payment.id,
        buyer_id=payment.buyer_id,
        order_number=payment.order_number,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        splits=tuple((split.number, split.amount_minor) for split in payment.splits),
        payer=payer,
        return_url=return_url,
        notify_url=notify_url,
        pay_until=payment.pay_until,
        language=payment.language,
    )
    said, answer = providers.provider(payment.provider).create(order, now)
    raw = Raw("create", said)
    if not isinstance(answer, Opened):
        keep(raw=raw, payment_id=payment.id, buyer_id=buyer_id, now=now)
        if isinstance(answer, No):
            raise ProviderRefused(reason=answer.code)
        raise ProviderSilent
    if answer.fact.state is PaymentState.FAILED:
        advance(fact=answer.fact, raw=raw, now=now)
        raise PaymentClosed
    # Whether it was captured meanwhile is for its notice or a query to say; here it becomes known to be open.
    advance(fact=answer.fact.as_open(), raw=raw, now=now)
    return answer.address


def _check(payment: Payment, now: datetime) -> None:
    if payment.is_captured:
        raise AlreadyPaid
    if payment.state is PaymentState.FAILED or (payment.pay_until is not None and payment.pay_until <= now):
        raise PaymentClosed
