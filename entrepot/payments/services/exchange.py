"""What was said with providers: sealed when it is kept, written down who read it when it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.kit.sealing import sealer
from entrepot.payments.models import RawExchange
from entrepot.payments.providers.port import Said

reason_chars_max = 300


class UnknownExchange(NotFound):
    code = "unknown_exchange"
    zh = "没有这条报文"
    en = "There is no such message"


@dataclass(frozen=True, slots=True)
class Raw:
    """One exchange to be kept. `keep_always`: also if the payment does not move by it. `once`: repeats are not kept."""

    kind: str
    said: Said
    keep_always: bool = True
    once: bool = False
    id: UUID = field(default_factory=new_id)

    def params(self) -> dict[str, Any]:
        seal = sealer()
        digest = seal.blind_index(self.said.request, "payments.notice") if self.once else None
        return {
            "raw_id": self.id,
            "raw_kind": self.kind,
            "raw_status": self.said.status,
            "raw_request": seal.seal(self.said.request, _context("request", self.id)),
            "raw_response": seal.seal(self.said.response, _context("response", self.id)),
            "raw_digest": digest,
            "keep_always": self.keep_always,
        }


def _context(part: str, exchange_id: UUID) -> str:
    return f"payments_rawexchange.{part}:{exchange_id}"


def open_raw_exchange(*, exchange_id: UUID, buyer_id: UUID, reader: str, reason: str, now: datetime) -> tuple[str, str]:
    """The request and the response word for word. Who read it and why is written down first.

    Refuses UnknownExchange. Raises kit.sealing.CannotOpen if the text was changed or moved since it was kept.
    """
    with transaction.atomic():
        row = RawExchange.objects.filter(buyer_id=buyer_id, id=exchange_id).first()
        if row is None:
            raise UnknownExchange(what=str(exchange_id))
        record(
            actor=reader,
            action="payments.open_raw_exchange",
            subject_kind="raw_exchange",
            subject_id=exchange_id,
            buyer_id=buyer_id,
            reason=reason[:reason_chars_max],
            at=now,
            detail={"payment_id": str(row.payment_id), "kind": row.kind},
        )
    seal = sealer()
    return (
        seal.open(row.request_sealed, _context("request", row.id)),
        seal.open(row.response_sealed, _context("response", row.id)),
    )
