"""A released list whose goods stay, for its parcel was taken back: customs is asked to undo it, asked
again after a no, or has settled it by a paper."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.customs import models, reading
from entrepot.customs.rules.booked import booking
from entrepot.customs.selectors.staying import stay_of
from entrepot.customs.services.clerk import NoDeclaration, about_list
from entrepot.customs.services.returning import bring_back, send_return_later, signed, write
from entrepot.customs.types import DocumentKind, ReturnWish
from entrepot.customs.types.staying import Stay, StayState
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import human_number
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.outbox.services import defer
from entrepot.stock import services as stock

STAY = "customs.take_list_back"
PREFIX, REASON = "TB", "包裹已取消，货物未出区"
PAPER_MAX = 60


class GoodsDoNotStay(Refusal):
    code = "goods_do_not_stay"
    zh = "该清单的货物没有留在区内，无须请海关撤回"
    en = "The goods of this list do not stay: there is nothing to ask back"


class TakenBackAlready(Refusal):
    code = "taken_back_already"
    zh = "海关已同意撤回该清单，货物已重新计入账册"
    en = "Customs has taken the list back: its goods are in the account book again"


class AskedAlready(Refusal):
    code = "asked_already"
    zh = "已向海关申请撤回该清单，海关尚未答复"
    en = "Customs was asked to take the list back and has not answered yet"


class TooLateToAsk(Refusal):
    code = "too_late_to_ask"
    zh = "申请期限已过（最晚 {until}），只能按海关文件调整账册"
    en = "The time to ask is over: it ended on {until}; a paper of customs is the only way left"


class SettledAlready(Refusal):
    code = "stay_settled"
    zh = "海关已凭文件 {paper} 处理该清单"
    en = "Customs has settled this list by its paper {paper}"


class NotReleasedNow(Refusal):
    code = "list_not_released_now"
    zh = "该清单当前不是放行状态，不能申请撤回，只能按海关文件调整账册"
    en = "The list is not released now and cannot be asked back: a paper of customs is the only way left"


class PaperMissing(Invalid):
    code = "paper_missing"
    zh = "请填写海关文件编号（最多 {most} 个字符）"
    en = "Give the number of customs' paper, at most {most} characters"


def stay(*, parcel_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """The goods of a released list do not leave: it goes on no gate pass any more, and a job asks customs to take it
    back, which brings its units into the account book again. Once; in the caller's transaction."""
    mine = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id, stays_at__isnull=True)
    if not mine.update(stays_at=now):
        return False
    args = {"parcel_id": str(parcel_id), "buyer_id": str(buyer_id)}
    defer(job=STAY, lock=f"parcel:{parcel_id}", args=args)
    return True


def take_list_back(*, parcel_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """Ask customs for the whole list (CEB625), under the declaration's own id, so that the account book knows that
    nothing of it left. False where customs did not release a list: by general trade, or not any more; and where it has
    settled it. Repeatable; signs and calls outside, so not inside a transaction. Refuses NoDeclaration and what
    `bring_back` refuses."""
    row = _row(parcel_id, buyer_id)
    found = stay_of(row)
    if found is None or found.state is StayState.SETTLED or not found.released:
        return False
    bring_back(wish=_wish(row, human_number(PREFIX, now), 1), now=now)
    return True


def ask_list_again(*, parcel_id: UUID, buyer_id: UUID, refused: int, actor: str, now: datetime) -> bool:
    """After customs' no to the question number `refused` (0: it was never asked), ask for the list once more: a new
    message with an identifier of its own, under the same number, sent by a job. False where that was done before: of
    two at the same moment one asks. Signs, so not inside a transaction.

    Refuses NoDeclaration, GoodsDoNotStay, TakenBackAlready, AskedAlready, SettledAlready, NotReleasedNow, TooLateToAsk,
    and what signing refuses.
    """
    row = _row(parcel_id, buyer_id)
    found = _standing(row)
    if found.version > refused:
        return False
    _may_ask(found, now)
    wish = _wish(row, found.number or human_number(PREFIX, now), found.version + 1)
    declaration, made = signed(wish, now)
    with transaction.atomic():
        row = _row(parcel_id, buyer_id, lock=True)
        found = _standing(row)
        if found.version > refused:
            return False
        _may_ask(found, now)
        write(wish, declaration, made, now)
        send_return_later(return_id=row.id, buyer_id=buyer_id)
        _trace(row, actor, "customs.ask_list_again", found.code, now)
    return True


def settle_stay(*, parcel_id: UUID, buyer_id: UUID, paper: str, actor: str, now: datetime) -> bool:
    """A clerk says by which paper customs has settled a list that it does not take back by an application: the units of
    the list are in its account book again, once, under the list's own reference and with the paper as its note. False
    where this paper was entered before.

    Refuses PaperMissing, NoDeclaration, GoodsDoNotStay, TakenBackAlready, AskedAlready, SettledAlready, CannotWait.
    """
    paper = "".join(c for c in " ".join(paper.split()) if c.isprintable())
    if not 0 < len(paper) <= PAPER_MAX:
        raise PaperMissing(field="paper", most=PAPER_MAX)
    with transaction.atomic():
        row = _row(parcel_id, buyer_id, lock=True)
        found = _standing(row)
        if found.state is StayState.SETTLED and found.paper == paper:
            return False
        _is_open(found)
        models.Declaration.objects.filter(buyer_id=buyer_id, id=row.id).update(
            stay_paper=paper, stay_settled_at=now, stay_settled_by=actor
        )
        _trace(row, actor, "customs.settle_stay", paper, now)
        if row.account_book and row.booked:
            back = booking(row.account_book, row.id, row.id, row.booked, paper)
            stock.add_back(returns=[back], actor=actor, now=now)
    return True


def _row(parcel_id: UUID, buyer_id: UUID, *, lock: bool = False) -> models.Declaration:
    rows = models.Declaration.objects.select_for_update() if lock else models.Declaration.objects.all()
    row = rows.filter(buyer_id=buyer_id, parcel_id=parcel_id).first()
    if row is None:
        raise NoDeclaration()
    return row


def _standing(row: models.Declaration) -> Stay:
    found = stay_of(row)
    if found is None:
        raise GoodsDoNotStay
    return found


def _is_open(found: Stay) -> None:
    """Nothing has ended it, and customs does not think about it."""
    if found.state is StayState.SETTLED:
        raise SettledAlready(paper=found.paper)
    if found.state is StayState.TAKEN_BACK:
        raise TakenBackAlready
    if found.state is StayState.ASKED:
        raise AskedAlready


def _may_ask(found: Stay, now: datetime) -> None:
    _is_open(found)
    if not found.released:
        raise NotReleasedNow
    if not found.may_ask(day_in(CHINA, now)):
        raise TooLateToAsk(until=found.ask_by)


def _wish(row: models.Declaration, number: str, version: int) -> ReturnWish:
    """The whole list."""
    _, lines = about_list(row, reading.standings_of(row.standing)[DocumentKind.LIST])
    units = {int(line["gnum"]): int(Decimal(line["qty"])) for line in lines}
    return ReturnWish(row.id, row.buyer_id, row.parcel_id, number, units, REASON, version)


def _trace(row: models.Declaration, actor: str, action: str, reason: str, now: datetime) -> None:
    record(
        actor=actor, action=action, subject_kind="declaration", subject_id=row.id, buyer_id=row.buyer_id,
        reason=reason, at=now,
    )  # fmt: skip
