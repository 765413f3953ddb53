"""Letters about buying: an order to its supplier, and to our purchasing that a right ends. They call outside, so not
inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import text
from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import Money
from entrepot.procurement import models, reading, selectors
from entrepot.procurement.services.owing import WARN_BEFORE
from entrepot.procurement.types import OrderState


def send_by_mail(*, order_id: UUID, version: int) -> bool:
    """The version that was sent, as PDF and UBL, to the supplier's address; an amended one says so. False where the
    supplier has none, or where the order was cancelled or amended before the letter left."""
    order = selectors.order(order_id=order_id)
    if order is None or order.version != version or order.state is OrderState.CANCELLED or order.in_force is None:
        return False
    supplier = selectors.suppliers(ids=[order.supplier_id])[order.supplier_id]
    if not supplier.email:
        return False
    name, buyer = f"{order.number}-v{version}", settings.SHOP_NAME
    again = "" if version == 1 else f", version {version}, in place of version {version - 1} and earlier ones"
    letter = EmailMessage(
        f"[{buyer}] Purchase order {order.number}" + (f" v{version}" if again else ""),
        f"{supplier.name}\n\nPlease find attached our purchase order {order.number}{again}: as PDF and as UBL 2.1 for "
        f"your system. Kindly confirm it.\n\n附件为采购订单 {order.number}，第 {version} 版，敬请确认。\n\n{buyer}\n",
        to=[supplier.email],
    )
    pdf = selectors.as_pdf(order=order, version=order.in_force, buyer=buyer)
    ubl = selectors.as_ubl(order=order, version=order.in_force, buyer=buyer)
    letter.attach(f"{name}.pdf", pdf, "application/pdf")
    letter.attach(f"{name}.xml", ubl.decode(), "application/xml")
    return letter.send() == 1


def warn_of_end(*, authorisation_id: UUID, days: int) -> int:
    """Tell purchasing that an authorisation ends in so many days or fewer. Returns how many it went to; none where it
    was revoked meanwhile, which somebody of theirs did."""
    row = models.Authorisation.objects.filter(id=authorisation_id).first()
    if row is None or row.revoked_on is not None:
        return 0
    link = reading.link(row)
    brand = catalogue.brands(ids=[link.brand_id])[link.brand_id]
    sides = {one for one in (link.grantor_id, link.grantee_id) if one is not None}
    names = {key: one.name for key, one in selectors.suppliers(ids=sides).items()}
    giver, taker = (names.get(one, "") if one else "" for one in (link.grantor_id, link.grantee_id))
    place = f"{settings.PUBLIC_URL}/office/authorisations/"
    ends = link.ends_on.isoformat()
    letter = Letter(
        f"品牌授权将到期：{text(brand.names, 'zh-hans')}（{ends}）",
        f"{giver or '品牌方'}给{taker or '我方'}的授权自 {ends} 起失效（{days} 天内）。"
        f"届时若无其他授权链，该品牌停止采购和销售。请及时续签并登记。\n\n{place}",
        f"Brand authorisation ends: {text(brand.names, 'en')} ({ends})",
        f"The authorisation from {giver or 'the owner'} to {taker or 'us'} no longer holds from {ends} on (within "
        f"{days} days). Unless another chain holds then, the brand is neither bought nor sold. Please renew and record "
        f"it.\n\n{place}",
    )
    return identity.write_to_staff(roles=[Role.PURCHASING], letter=letter)


def write_of_dues(*, now: datetime) -> int:
    """Tell finance what is overdue and what falls due within a week, as it is now; nothing where all was paid
    meanwhile. How many it went to."""
    today = day_in(CHINA, now)
    late, near = selectors.dues_near(today=today, until=today + WARN_BEFORE)
    if not late and not near:
        return 0
    place = f"{settings.PUBLIC_URL}/office/dues/"
    zh = _sums(late, near, "逾期：", "七天内到期：", "无")
    en = _sums(late, near, "Overdue: ", "Within a week: ", "none")
    letter = Letter(
        "应付供应商款项提醒",
        f"{zh}\n\n{place}",
        "Payments to suppliers are due",
        f"{en}\n\n{place}",
    )
    return identity.write_to_staff(roles=[Role.FINANCE], letter=letter)


def _sums(late: Mapping[str, int], near: Mapping[str, int], late_word: str, near_word: str, none: str) -> str:
    told = [", ".join(str(Money(minor, currency)) for currency, minor in sums.items()) or none for sums in (late, near)]
    return f"{late_word}{told[0]}\n{near_word}{told[1]}"
