"""Letters about a return whose buyer thought again after customs was asked."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from entrepot.customs import selectors as customs
from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.identity.types import Role
from entrepot.returns import models
from entrepot.returns.types import ReturnState


def tell_withdrawn(*, return_id: UUID, buyer_id: UUID) -> int:
    """The buyer keeps goods that customs was asked to take back: the customs desk has to tell customs by itself, and
    the buyer learns what it means for the tax. Returns how many letters left; none where customs never was asked. Calls
    outside, so not inside a transaction."""
    row = models.Return.objects.filter(buyer_id=buyer_id, id=return_id, state=ReturnState.WITHDRAWN).first()
    if row is None or customs.return_answer(return_id=return_id, buyer_id=buyer_id) is None:
        return 0
    place = f"{settings.PUBLIC_URL}/office/returns/{buyer_id}/{return_id}/"
    number, parcel = row.number, row.parcel_number
    desk = Letter(
        f"退货 {number} 已撤回，海关申请尚在",
        f"买家撤回了退货 {number}（客户订单号 {parcel}），而退货申请（CEB625）已发往海关。"
        f"没有报文可撤回该申请，请联系主管海关说明货物不再退回。\n\n{place}",
        f"Return {number} was withdrawn, customs was asked already",
        f"The buyer withdrew return {number} (customs order {parcel}) after the application (CEB625) had left. No "
        f"message takes it back: please tell the customs office in charge that the goods do not come.\n\n{place}",
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
    return told + identity.write_to(person_id=buyer_id, letter=buyer)
