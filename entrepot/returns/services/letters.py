"""Letters about a return whose goods do not come after customs was asked."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused
from uuid import UUID

from django.conf import settings

from entrepot.customs import selectors as customs
from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.identity.types import Role
from entrepot.returns import models
from entrepot.returns.types import CustomsAnswer, ReturnState

NOT_COMING = {
    ReturnState.LAPSED: (
        "货物没有按时退回（如已到仓尚未点收，请按到仓日期点收）",
        "its goods were not back in time (if they are there and not counted yet, count them by the day they came)",
    ),
    ReturnState.WITHDRAWN: ("该退货已撤回，货物不再退回", "it was withdrawn and its goods do not come"),
}


def tell_withdrawn(*, return_id: UUID, buyer_id: UUID) -> int:
    """The buyer keeps goods that customs was asked to take back: the customs desk has to tell customs by itself, and
    the buyer, who withdrew it, learns what it means for the tax. Returns how many letters left; none where customs
    never was asked, or has refused. Calls outside, so not inside a transaction."""
    row = models.Return.objects.filter(buyer_id=buyer_id, id=return_id, state=ReturnState.WITHDRAWN).first()
    said = customs.return_answer(return_id=return_id, buyer_id=buyer_id)
    if row is None or said is None or not said.sent or said.accepted is False:
        return 0
    place = f"{settings.PUBLIC_URL}/office/returns/{buyer_id}/{return_id}/"
    number, parcel = row.number, row.parcel_number
    desk = Letter(
        f"退货 {number} 已撤回，海关申请尚在",
        f"退货 {number}（海关订单编号 {parcel}）已撤回，货物不再退回，而退货申请（CEB625）已发往海关。"
        f"没有报文可撤回该申请，请联系主管海关说明。\n\n{place}",
        f"Return {number} was withdrawn, customs was asked already",
        f"Return {number} (customs order {parcel}) was withdrawn and its goods do not come, after the application "
        f"(CEB625) had left. No message takes it back: please tell the customs office in charge.\n\n{place}",
    )
    buyer = Letter(
        f"退货 {number} 已撤回",
        f"您已撤回退货 {number}。我们此前已向海关提出退货申请，现将告知海关货物由您保留。"
        "税款与年度额度不变，您无须再做什么。",
        f"Return {number} is withdrawn",
        f"You withdrew return {number}. Customs had been asked to take the goods back; we tell customs that you keep "
        "them. Tax and yearly allowance stay as they are, and you need not do anything.",
    )
    told = identity.write_to_staff(roles=[Role.CUSTOMS], letter=desk)
    return told + (_withdrew(row) and _write(buyer_id, buyer))


def tell_in_vain(*, return_id: UUID, buyer_id: UUID) -> int:
    """Customs has accepted a return whose goods do not come: tax and account book go by what customs believes, until
    the desk tells it. Returns how many letters left. Calls outside, so not inside a transaction."""
    rows = models.Return.objects.filter(buyer_id=buyer_id, id=return_id, customs=CustomsAnswer.ACCEPTED)
    row = rows.filter(state__in=NOT_COMING).first()
    if row is None:
        return 0
    zh, en = NOT_COMING[ReturnState(row.state)]
    number, place = row.number, f"{settings.PUBLIC_URL}/office/returns/{buyer_id}/{return_id}/"
    letter = Letter(
        f"退货 {number} 海关已接受，货物未退回",
        f"海关已接受退货 {number}（客户订单号 {row.parcel_number}）的退货申请，但{zh}。"
        f"没有报文可撤回该申请，请联系主管海关说明。\n\n{place}",
        f"Customs accepted return {number}, whose goods are not back",
        f"Customs has accepted the application of return {number} (customs order {row.parcel_number}), but {en}. "
        f"No message takes it back: please tell the customs office in charge.\n\n{place}",
    )
    return identity.write_to_staff(roles=[Role.CUSTOMS, Role.SERVICE], letter=letter)


def _withdrew(row: models.Return) -> bool:
    """The buyer did, and not a recall that paid for what lapsed."""
    ends = models.Event.objects.filter(buyer_id=row.buyer_id, of_id=row.id, kind=ReturnState.WITHDRAWN)
    return ends.filter(actor="buyer").exists()


def _write(buyer_id: UUID, letter: Letter) -> bool:
    """An address that is not taken must not have the desk written to again."""
    try:
        return identity.write_to(person_id=buyer_id, letter=letter)
    except SMTPRecipientsRefused:
        return False
