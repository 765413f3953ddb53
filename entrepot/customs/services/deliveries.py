"""Tell customs which waybills came into a supervised site (CEB711): made, sent, asked again, sent anew after a no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from psycopg.errors import UniqueViolation

from entrepot.audit.services import record
from entrepot.customs import models, reading
from entrepot.customs.ceb import message
from entrepot.customs.ceb.tables import LINES_MAX
from entrepot.customs.rules.papers import Paper
from entrepot.customs.rules.standing import Verdict
from entrepot.customs.services.documents import NEW, Made, make
from entrepot.customs.services.sending import Ready, asks_max, post, remind_batch_max
from entrepot.customs.services.telling import SILENCE, UNSENT
from entrepot.customs.types import DocumentKind
from entrepot.kit.ids import human_number
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import defer

SEND_DELIVERY = "customs.send_delivery"


class DeliveryInvalid(Invalid):
    code = "delivery_invalid"
    zh = "入库明细单资料有误：{what}"
    en = "The inbound account cannot be made: {what}"


class WaybillCameIn(Refusal):
    code = "waybill_came_in"
    zh = "部分运单已在另一张入库明细单上"
    en = "Some of the waybills are on another inbound account already"


class UnknownDelivery(NotFound):
    code = "unknown_delivery"
    zh = "没有找到这张入库明细单"
    en = "There is no such inbound account"


class DeliveryNotRefused(Refusal):
    code = "delivery_not_refused"
    zh = "海关没有退回这张入库明细单，无须重报"
    en = "Customs has not refused this inbound account: there is nothing to send anew"


@dataclass(frozen=True, slots=True)
class Came:
    """What came into which site how. Codes as customs registered them; `transport` is trafMode."""

    customs_code: str
    operator: tuple[str, str]  # of the site: code, name
    carrier: tuple[str, str]
    transport: str
    vessel: str
    voyage: str
    bill: str
    waybills: tuple[str, ...]

    @property
    def said(self) -> dict[str, str]:
        return {
            "customsCode": self.customs_code,
            "operatorCode": self.operator[0],
            "operatorName": self.operator[1],
            "ieFlag": "I",
            "trafMode": self.transport,
            "trafNo": self.vessel,
            "voyageNo": self.voyage,
            "billNo": self.bill,
            "logisticsCode": self.carrier[0],
            "logisticsName": self.carrier[1],
        }


def tell_delivery(*, came: Came, actor: str, now: datetime) -> UUID:
    """Write the account of what came in; it is sent by a job. Signs, so not inside a transaction. Returns its id.

    Refuses DeliveryInvalid, WaybillCameIn, NotSetUp.
    """
    if not 0 < len(came.waybills) <= LINES_MAX or len(set(came.waybills)) < len(came.waybills):
        raise DeliveryInvalid(field="waybills", what=f"1 to {LINES_MAX} waybills")
    row = models.Delivery(
        number=human_number("RK", now), said=came.said, bill=came.bill, made_at=now, ask_at=now + UNSENT
    )
    made = _made(row, came.waybills, now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            models.DeliveryWaybill.objects.bulk_create(
                [models.DeliveryWaybill(delivery_id=row.id, carrier=came.carrier[0], number=n) for n in came.waybills]
            )
            _write(row, made, now)
            _trace(row, "tell", actor, now)
    except IntegrityError as clash:
        if isinstance(clash.__cause__, UniqueViolation):
            raise WaybillCameIn(field="waybills") from clash
        raise
    return row.id


def tell_delivery_anew(*, delivery_id: UUID, actor: str, now: datetime) -> None:
    """Customs refused: the same goes again as a new message. Signs, so not inside a transaction.

    Refuses UnknownDelivery, DeliveryNotRefused, NotSetUp.
    """
    row = _row(delivery_id)
    numbers = models.DeliveryWaybill.objects.filter(delivery_id=row.id).order_by("id").values_list("number", flat=True)
    made = _made(row, list(numbers), now)
    with transaction.atomic():
        refused = models.Delivery.objects.filter(
            id=row.id, version=row.version, verdict__in=[Verdict.REFUSED, Verdict.STOPPED]
        )
        fresh = {"mark": "", "verdict": "", "status": None, "sent_at": None, "asks": 0, "ask_at": now + UNSENT}
        if not refused.update(version=F("version") + 1, **fresh):
            raise DeliveryNotRefused
        row.version += 1
        _write(row, made, now)
        _trace(row, "tell_anew", actor, now)


def send_delivery(*, delivery_id: UUID, now: datetime, again: bool = False) -> bool:
    """Send the newest message if it has not left (`again`: also if it has, byte for byte). True if it was sent.

    Calls outside, so not inside a transaction. Refuses UnknownDelivery, PortSilent, PortSaysNo.
    """
    row = _row(delivery_id)
    if row.sent_at is not None and not again:
        return False
    one = models.DeliveryMessage.objects.get(delivery_id=row.id, version=row.version)
    post([Ready(one.id, DocumentKind.INBOUND, reading.open_document(one.xml_sealed, one.id), one.made_at)], now)
    return True


def remind_deliveries(*, now: datetime) -> int:
    """Order a sending for each account that the port has been silent on. Returns how many."""
    due = models.Delivery.objects.filter(ask_at__lte=now, asks__lt=asks_max).order_by("ask_at")[:remind_batch_max]
    for row in due:
        with transaction.atomic():
            mine = models.Delivery.objects.filter(id=row.id, ask_at=row.ask_at)
            if mine.update(asks=F("asks") + 1, ask_at=now + SILENCE * 2**row.asks):
                _send_later(row.id, again=True)
    return len(due)


def _made(row: models.Delivery, numbers: Sequence[str], now: datetime) -> Made:
    lines = tuple({"gnum": n, "logisticsNo": number} for n, number in enumerate(numbers, 1))
    try:
        return make(DocumentKind.INBOUND, Paper({**row.said, "copNo": row.number}, lines), app_type=NEW, now=now)
    except message.NotWellMade as wrong:
        raise DeliveryInvalid(field="said", what="; ".join(wrong.faults)) from wrong


def _write(row: models.Delivery, made: Made, now: datetime) -> None:
    models.DeliveryMessage.objects.create(
        id=made.id,
        delivery_id=row.id,
        version=row.version,
        xml_sealed=reading.seal_document(made.xml, made.id),
        sha256=made.sha256,
        made_at=now,
    )
    _send_later(row.id)


def _send_later(delivery_id: UUID, again: bool = False) -> None:
    args = {"delivery_id": str(delivery_id), "again": again}
    defer(job=SEND_DELIVERY, lock=f"customs:{delivery_id}", args=args)


def _row(delivery_id: UUID) -> models.Delivery:
    row = models.Delivery.objects.filter(id=delivery_id).first()
    if row is None:
        raise UnknownDelivery(what="inbound account")
    return row


def _trace(row: models.Delivery, action: str, actor: str, now: datetime) -> None:
    record(
        actor=actor,
        action=f"customs.delivery_{action}",
        subject_kind="delivery",
        subject_id=row.id,
        buyer_id=None,
        reason=row.bill,
        at=now,
    )
