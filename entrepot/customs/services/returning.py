"""Bring goods of a released list back: the application (CEB625), sent, asked again; its answer is a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from entrepot.customs import models, reading
from entrepot.customs.rules.booked import coming_back
from entrepot.customs.rules.papers import Paper, clean
from entrepot.customs.services.clerk import REASON_MAX, NoDeclaration, about_list
from entrepot.customs.services.documents import NEW, Made, make
from entrepot.customs.services.sending import Ready, asks_max, post, remind_batch_max
from entrepot.customs.services.telling import SILENCE, UNSENT
from entrepot.customs.types import DeclarationState, DocumentKind, ReturnWish
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import defer

SEND_RETURN = "customs.send_return"


class NotReleasedYet(Refusal):
    code = "declaration_not_released"
    zh = "海关尚未放行，不能申请退货"
    en = "Customs has not released the parcel: there is nothing to bring back"


class NotOnTheList(Refusal):
    code = "not_on_the_list"
    zh = "退货商品不在原清单中"
    en = "What comes back is not on the original list"


def bring_back(*, wish: ReturnWish, now: datetime) -> None:
    """Ask customs to take goods of a released list back. Repeating it sends what has not left; a higher `version` asks
    anew, with a message of its own. Signs and calls outside, so not inside a transaction.

    Refuses NoDeclaration, NotReleasedYet, NotOnTheList, NotSetUp; PortSilent and PortSaysNo once it is written.
    """
    known = _of(wish.return_id, wish.buyer_id)
    if known is None or known.version < wish.version:
        declaration, made = signed(wish, now)
        write(wish, declaration, made, now)
    send_return(return_id=wish.return_id, buyer_id=wish.buyer_id, now=now)


def send_return(*, return_id: UUID, buyer_id: UUID, now: datetime, again: bool = False) -> bool:
    """Send the application if it has not left (`again`: also if it has, byte for byte). True if it was sent.

    Refuses PortSilent, PortSaysNo.
    """
    row = _of(return_id, buyer_id)
    if row is None or (row.sent and not again) or row.asks > asks_max:
        return False
    stored = models.Document.objects.get(buyer_id=buyer_id, id=row.document_id)
    xml = reading.open_document(stored.xml_sealed, stored.id)
    post([Ready(stored.id, DocumentKind.RETURN, xml, stored.made_at)], now)
    return True


def keep_back(*, return_id: UUID, buyer_id: UUID) -> bool:
    """The goods do not come after all: an application that has not left does not leave any more. In the caller's
    transaction. True if there was one."""
    mine = models.Application.objects.filter(buyer_id=buyer_id, return_id=return_id, sent=False)
    return bool(mine.update(asks=asks_max + 1, ask_at=None))


def remind_returns(*, now: datetime) -> int:
    """Order a sending for each application that the port has been silent on. Returns how many."""
    due = models.Application.objects.filter(ask_at__lte=now, asks__lt=asks_max).order_by("ask_at")[:remind_batch_max]
    for row in due:
        with transaction.atomic():
            mine = models.Application.objects.filter(buyer_id=row.buyer_id, id=row.id, ask_at=row.ask_at)
            if mine.update(asks=F("asks") + 1, ask_at=now + SILENCE * 2**row.asks):
                send_return_later(return_id=row.return_id, buyer_id=row.buyer_id)
    return len(due)


def _of(return_id: UUID, buyer_id: UUID) -> models.Application | None:
    return models.Application.objects.filter(buyer_id=buyer_id, return_id=return_id).first()


def send_return_later(*, return_id: UUID, buyer_id: UUID) -> None:
    """Order a job that sends the application, in the caller's transaction."""
    args = {"return_id": str(return_id), "buyer_id": str(buyer_id)}
    defer(job=SEND_RETURN, lock=f"customs:{return_id}", args=args)


def signed(wish: ReturnWish, now: datetime) -> tuple[models.Declaration, Made]:
    """The signed application, from the list as customs has it. Refuses NoDeclaration, NotReleasedYet, NotOnTheList."""
    row = models.Declaration.objects.filter(buyer_id=wish.buyer_id, parcel_id=wish.parcel_id).first()
    if row is None:
        raise NoDeclaration()
    if row.state != DeclarationState.RELEASED:
        raise NotReleasedYet
    values, lines = about_list(row, reading.standings_of(row.standing)[DocumentKind.LIST])
    listed = {int(line["gnum"]): line for line in lines}
    if not wish.units or wish.units.keys() - listed.keys():
        raise NotOnTheList(field="units")
    head = {**values, "copNo": wish.number, "reason": clean(wish.reason, REASON_MAX)}
    back = tuple(_line(listed[gnum], wish.units[gnum]) for gnum in sorted(wish.units))
    return row, make(DocumentKind.RETURN, Paper(head, back), app_type=NEW, now=now)


def _line(listed: Mapping[str, str], units: int) -> dict[str, object]:
    return {
        "gnum": int(listed["gnum"]),
        "gcode": listed["gcode"],
        "gname": listed["gname"],
        "qty": Decimal(units),
        "unit": listed["unit"],
    }


def write(wish: ReturnWish, declaration: models.Declaration, one: Made, now: datetime) -> None:
    """Put the application down; whoever asks at the same moment finds the other's."""
    try:
        with transaction.atomic():
            models.Declaration.objects.select_for_update().get(buyer_id=wish.buyer_id, id=declaration.id)
            of_list = models.Document.objects.filter(
                buyer_id=wish.buyer_id, declaration_id=declaration.id, kind=DocumentKind.RETURN
            )
            models.Document.objects.create(
                id=one.id,
                buyer_id=wish.buyer_id,
                declaration_id=declaration.id,
                kind=one.kind,
                version=of_list.count() + 1,
                number=one.number,
                xml_sealed=reading.seal_document(one.xml, one.id),
                sha256=one.sha256,
                made_at=now,
            )
            _point_to(wish, one.id, coming_back(declaration.account_book, declaration.booked, wish.units), now)
    except IntegrityError:
        return


def _point_to(wish: ReturnWish, document_id: UUID, booked: Mapping[str, object], now: datetime) -> None:
    fresh = {
        "document_id": document_id,
        "booked": booked,
        "version": wish.version,
        "sent": False,
        "mark": "",
        "verdict": "",
        "status": None,
        "asks": 0,
        "ask_at": now + UNSENT,
    }
    key = {"buyer_id": wish.buyer_id, "return_id": wish.return_id}
    older = models.Application.objects.filter(**key, version__lt=wish.version)
    if not older.update(**fresh):
        models.Application.objects.create(id=new_id(), **key, **fresh)
