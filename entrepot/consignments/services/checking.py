"""What the verbs of consignments refuse, and the row that guards each of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.consignments import models
from entrepot.consignments.types import ConsignmentState, Happened
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal


class UnknownConsignment(NotFound):
    code = "unknown_consignment"
    zh = "没有找到这批到货"
    en = "There is no such consignment"


class ConsignmentNotNow(Refusal):
    code = "consignment_not_now"
    zh = "该批到货当前状态不能进行此操作，请刷新后再看"
    en = "The consignment is in a state in which this cannot be done: look again first"


class BadNotice(Invalid):
    code = "bad_notice"
    zh = "发货通知有误：{what}"
    en = "The shipping notice cannot be right: {what}"


class BadNoticeLine(Invalid):
    code = "bad_notice_line"
    zh = "发货通知第 {line} 行有误：数量、批号或日期"
    en = "Line {line} of the shipping notice cannot be right: units, lot or days"


class BadLeg(Invalid):
    code = "bad_leg"
    zh = "第 {leg} 段运输与前一段不衔接，或日期颠倒"
    en = "Leg {leg} does not follow the one before it, or its days are the wrong way round"


class BadContainer(Invalid):
    code = "bad_container"
    zh = "集装箱号 {number} 不正确（ISO 6346 校验）"
    en = "{number} is no container number (ISO 6346 check digit)"


class BadBill(Invalid):
    code = "bad_bill"
    zh = "提单或空运单号 {number} 不正确（空运单为 11 位，末位为模 7 校验）"
    en = "{number} is no bill: an air waybill has 11 digits, the last a check by 7"


class SeaTermOnly(Invalid):
    code = "sea_term_only"
    zh = "{term} 只用于海运和内河运输；其他运输方式请用 FCA、CPT 或 CIP 等"
    en = "{term} is for carriage by sea only; use FCA, CPT, CIP and the like for other ways"


class NotOfSupplier(Invalid):
    code = "not_of_supplier"
    zh = "第 {line} 行的订单不是该供应商的，或尚未发出、已关闭"
    en = "The order of line {line} is not this supplier's, or was not sent yet, or is closed"


class MoreThanAwaited(Refusal):
    code = "more_than_awaited"
    zh = "订单 {order} 第 {line} 行最多还可发 {left} 件"
    en = "Of order {order}, line {line}, at most {left} more units may be sent"


class AsnReused(Refusal):
    code = "asn_reused"
    status = 422
    zh = "该供应商的发货通知 {asn} 已登记，内容不同"
    en = "The supplier's notice {asn} is on record with other contents"


class AsnCancelled(Refusal):
    code = "asn_cancelled"
    status = 422
    zh = "该供应商的发货通知 {asn} 的到货单已取消；货物仍要到货的，请用另一编号登记（例如 {asn}-2）"
    en = "The consignment of notice {asn} was cancelled: if it comes after all, use another number (such as {asn}-2)"


class BadDay(Invalid):
    code = "bad_leg_day"
    zh = "第 {leg} 段：未出发不能到达，日期不能早于出发或前一段到达，也不能晚于今天"
    en = "Leg {leg}: nothing arrives that has not left; the day is after the one before it and not in the future"


class TooManyPapers(Refusal):
    code = "too_many_papers"
    status = 422
    zh = "每批到货最多 {most} 份单证"
    en = "A consignment has at most {most} documents"


class NoItemRecord(Refusal):
    code = "no_item_record"
    status = 422
    zh = "第 {line} 行的单品在账册 {book} 中没有原产国为 {origin} 的备案"
    en = "The account book {book} has no record of line {line}'s article with origin {origin}"


class NotBonded(Refusal):
    code = "not_bonded"
    status = 422
    zh = "该仓库没有账册，无需入区申报"
    en = "The warehouse has no account book: there is nothing to declare into it"


def locked(consignment_id: UUID) -> models.Consignment:
    """The consignment, kept from changing until the transaction ends. Refuses UnknownConsignment."""
    row = models.Consignment.objects.select_for_update().filter(id=consignment_id).first()
    if row is None:
        raise UnknownConsignment(what="consignment")
    return row


def under_way(consignment_id: UUID) -> models.Consignment:
    """The same, refused with ConsignmentNotNow once it is over."""
    row = locked(consignment_id)
    if ConsignmentState(row.state).over:
        raise ConsignmentNotNow
    return row


def note(consignment_id: UUID, kind: Happened, *, actor: str, now: datetime, text: str = "") -> None:
    models.Event.objects.create(
        id=new_id(), consignment_id=consignment_id, at=now, actor=actor, kind=kind, note=text[:200]
    )
