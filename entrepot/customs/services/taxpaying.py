"""What finance enters about tax: that the bank moved it, and what stands surety for the rest."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.customs import models, reading
from entrepot.customs.types.taxes import BillState, Guarantee, PaymentWish, TaxCounter, TaxPayment
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal

REFERENCE_MAX, SOURCE_MAX, GUARANTOR_MAX, REASON_MAX = 60, 200, 30, 200
AMOUNT_MAX = 10**15
_NAMES = ("guarantor", "reference", "amount_minor", "paid_on", "month", "summed")


class BadTaxPayment(Invalid):
    code = "bad_tax_payment"
    zh = "请填写担保企业、银行流水号（最多60字）、金额和不晚于今天的付款日期，并选择一个月份或一张汇总税单"
    en = (
        "Give the guarantor, the bank's reference (at most 60 characters), an amount, a day up to today, and either"
        " a month or a summed bill"
    )


class ReferenceUsed(Refusal):
    code = "reference_used"
    zh = "银行流水号 {reference} 已登记为另一笔付款"
    en = "The bank's reference {reference} stands for another payment"


class NothingToPay(Refusal):
    code = "nothing_to_pay"
    zh = "没有待付的税单"
    en = "No bill of these is open"


class AmountDiffers(Refusal):
    """Bills are paid whole and together: a sum that does not fit them is looked into first."""

    code = "amount_differs"
    zh = "待付税单合计 {open} 元，与所填金额 {amount} 元不符"
    en = "The open bills come to CNY {open}, not to CNY {amount}"


class NoTaxPayment(NotFound):
    code = "no_tax_payment"
    zh = "没有找到这笔税款付款：{what}"
    en = "There is no such payment of tax: {what}"


class NoReasonToTakeBack(Invalid):
    code = "no_reason_to_take_back"
    zh = "请填写撤回这笔付款登记的原因（最多200字）"
    en = "Say why this payment is taken back (at most 200 characters)"


class PaymentTakenBack(Refusal):
    code = "payment_taken_back"
    zh = "流水号 {reference} 的付款登记已由 {actor} 撤回"
    en = "The payment {reference} has been taken back by {actor}"


class BadGuarantee(Invalid):
    code = "bad_guarantee"
    zh = "请填写担保企业、起始日期、金额和依据（最多200字）"
    en = "Give the guarantor, the first day, an amount and where it is from (at most 200 characters)"


class GuaranteeThere(Refusal):
    code = "guarantee_there"
    zh = "{day} 起的担保额度已登记为另一金额"
    en = "Another guarantee has been entered from {day} on"


def pay_tax(*, wish: PaymentWish, actor: str, now: datetime) -> TaxPayment:
    """The bank has moved the tax of a month's open bills, or of a summed bill's: they are paid, all or none. The same
    again gives the same payment.

    Refuses BadTaxPayment, ReferenceUsed, NothingToPay, AmountDiffers.
    """
    _checked(wish, day_in(CHINA, now))
    id_ = new_id()
    values: dict[str, Any] = {name: getattr(wish, name) for name in _NAMES}
    with transaction.atomic():
        taken = sql.run(sql.load("customs", "enter_payment"), {**values, "id": id_, "actor": actor, "at": now})
        if not taken:
            return _same(wish)
        paid = _pay(wish, id_)
        models.TaxPayment.objects.filter(id=id_).update(bills=paid)
        record(
            actor=actor,
            action="customs.pay_tax",
            subject_kind="tax_payment",
            subject_id=id_,
            buyer_id=None,
            reason=f"bank reference {wish.reference}",
            at=now,
            detail={"guarantor": wish.guarantor, "amount_minor": wish.amount_minor, "bills": paid},
        )
    return TaxPayment(id=id_, bills=paid, actor=actor, at=now, **values)


def _checked(wish: PaymentWish, today: date) -> None:
    one_of = (wish.month is None) != (wish.summed == "") and (wish.month is None or wish.month.day == 1)
    fits = 0 < len(wish.guarantor) <= GUARANTOR_MAX and 0 < len(wish.reference) <= REFERENCE_MAX
    if not (one_of and fits and 0 < wish.amount_minor < AMOUNT_MAX and date(2016, 1, 1) <= wish.paid_on <= today):
        raise BadTaxPayment()


def _same(wish: PaymentWish) -> TaxPayment:
    row = models.TaxPayment.objects.filter(guarantor=wish.guarantor, reference=wish.reference).latest("id")
    if any(getattr(row, name) != getattr(wish, name) for name in _NAMES):
        raise ReferenceUsed(reference=wish.reference)
    return reading.payment_of(row)


def _pay(wish: PaymentWish, payment_id: UUID) -> int:
    """One conditional write: what customs or another payment changes meanwhile is paid or is not, never half."""
    until = None if wish.month is None else (wish.month + timedelta(days=31)).replace(day=1)
    rows = sql.rows(
        sql.load("customs", "pay_bills"),
        {
            "payment_id": payment_id,
            "guarantor": wish.guarantor,
            "month": wish.month,
            "until": until,
            "summed": wish.summed,
            "void": BillState.VOID.value,
        },
    )
    total = sum(row["paid_minor"] for row in rows)
    if not rows:
        raise NothingToPay
    if total != wish.amount_minor:
        raise AmountDiffers(open=_yuan(total), amount=_yuan(wish.amount_minor))
    return len(rows)


def take_back_tax(*, payment_id: UUID, reason: str, actor: str, now: datetime) -> TaxCounter:
    """A payment was entered by mistake: an entry of the same sum the other way, and its bills are open again. Nothing
    is deleted, and the bank's reference is free to be entered rightly. The same again gives the same entry.

    Refuses NoReasonToTakeBack, NoTaxPayment, PaymentTakenBack.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_MAX:
        raise NoReasonToTakeBack(field="reason")
    counter_id = new_id()
    with transaction.atomic():
        done = sql.rows(sql.load("customs", "take_back_payment"), {"id": payment_id, "counter_id": counter_id})
        if not done:
            return _taken_back(payment_id, reason, actor)
        counter = models.TaxCounter.objects.create(
            id=counter_id,
            payment_id=payment_id,
            amount_minor=-done[0]["amount_minor"],
            bills=done[0]["bills"],
            reason=reason,
            actor=actor,
            at=now,
        )
        record(
            actor=actor,
            action="customs.take_back_tax",
            subject_kind="tax_payment",
            subject_id=payment_id,
            buyer_id=None,
            reason=reason,
            at=now,
            detail={"amount_minor": counter.amount_minor, "bills": counter.bills},
        )
    return reading.counter_of(counter)


def _taken_back(payment_id: UUID, reason: str, actor: str) -> TaxCounter:
    row = models.TaxCounter.objects.select_related("payment").filter(payment_id=payment_id).first()
    if row is None:
        raise NoTaxPayment(what=str(payment_id))
    if (row.reason, row.actor) != (reason, actor):
        raise PaymentTakenBack(reference=row.payment.reference, actor=row.actor)
    return reading.counter_of(row)


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def set_guarantee(*, guarantee: Guarantee, actor: str, now: datetime) -> None:
    """What stands surety from a day on, with where that is from. The same again changes nothing; a row is never edited:
    a new sum is a new day. Refuses BadGuarantee, GuaranteeThere."""
    one = guarantee
    fits = 0 < len(one.guarantor) <= GUARANTOR_MAX and 0 < len(one.source.strip()) <= SOURCE_MAX
    if not fits or not 0 <= one.amount_minor < AMOUNT_MAX or not 2016 <= one.valid_from.year < 2100:
        raise BadGuarantee()
    with transaction.atomic():
        row, made = models.TaxGuarantee.objects.get_or_create(
            guarantor=one.guarantor,
            valid_from=one.valid_from,
            defaults={"amount_minor": one.amount_minor, "source": one.source.strip(), "actor": actor, "at": now},
        )
        if row.amount_minor != one.amount_minor:
            raise GuaranteeThere(day=one.valid_from.isoformat())
        if made:
            record(
                actor=actor,
                action="customs.set_guarantee",
                subject_kind="tax_guarantee",
                subject_id=row.id,
                buyer_id=None,
                reason=one.source.strip(),
                at=now,
                detail={"guarantor": one.guarantor, "amount_minor": one.amount_minor},
            )
