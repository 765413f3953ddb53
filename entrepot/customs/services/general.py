"""Goods whose list customs refused may come in as general trade: a broker declares them, a clerk types in what customs
released. No CEB message says so, and no receipt: the number stands for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.audit.services import record
from entrepot.customs import models
from entrepot.customs.rules.booked import booking
from entrepot.customs.services.clerk import NoDeclaration, NotHeld
from entrepot.customs.types import DeclarationState, News
from entrepot.kit.refusals import Invalid

DIGITS = 18  # customs (4), year (4), import (1), serial number (9); the form is unconfirmed


class GeneralNumberInvalid(Invalid):
    code = "general_number_invalid"
    zh = "报关单号须为 {digits} 位数字"
    en = "The number of a general-trade declaration has {digits} digits"


def release_general(*, parcel_id: UUID, buyer_id: UUID, number: str, actor: str, now: datetime) -> News:
    """Customs released a held parcel's goods by the general-trade declaration of this number: its list is none any more
    and the declaration is released, whatever receipts still come. The news, with what leaves the account book, for the
    caller to follow in the same transaction. Refuses GeneralNumberInvalid, NoDeclaration, NotHeld."""
    number = number.strip()
    if len(number) != DIGITS or not (number.isascii() and number.isdigit()):
        raise GeneralNumberInvalid(field="number", digits=DIGITS)
    rows = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id)
    row = rows.select_for_update().first()
    if row is None:
        raise NoDeclaration()
    if row.state != DeclarationState.HELD:
        raise NotHeld
    rows.update(
        state=DeclarationState.RELEASED, held_code="", general_number=number, ask_at=None, changed_at=now, since=now,
        quiet_until=None,
    )  # fmt: skip
    record(
        actor=actor, action="customs.release_general", subject_kind="declaration", subject_id=row.id,
        buyer_id=buyer_id, reason=number, at=now,
    )  # fmt: skip
    leaving = booking(row.account_book, row.id, row.order_id, row.booked) if row.account_book and row.booked else None
    return News(parcel_id, row.order_id, buyer_id, DeclarationState.RELEASED, "", leaving)
