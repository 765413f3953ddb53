"""Announcement 179/2018: customs asks for the raw payment data of an order; what was kept at payment time is sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from entrepot.audit.services import record
from entrepot.customs import models, reading
from entrepot.customs.rules.info import masked_info
from entrepot.customs.services.raw_text import NoRawData, RawTooLong, payee, text_of
from entrepot.customs.types import DataState
from entrepot.kit import outside, sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import defer

UPLOAD = "customs.upload_data"
TAKEN, UNREGISTERED = "10000", "20004"
body_bytes_max, answer_bytes_max = 16 * 1024, 16 * 1024
sessions_max = 50  # of one order: customs asks once or twice
attempts_max = 12  # by itself; a person may send it again
batch_max = 100
PAUSE = timedelta(minutes=1)  # doubles each time
_SESSION = re.compile(r"[0-9A-Za-z_-]{1,64}")


class BadDataRequest(Invalid):
    code = "bad_data_request"
    status = 400
    zh = "请求须含 orderNo、sessionID、serviceTime"
    en = "The request names orderNo, sessionID and serviceTime"


class UnknownOrder(NotFound):
    code = "unknown_order"
    zh = "没有申报过这个订单"
    en = "No order of this number was declared"


class TooManyRequests(Refusal):
    code = "too_many_requests"
    status = 429
    zh = "该订单的请求过多"
    en = "This order was asked for too often"


class UnknownDataRequest(NotFound):
    code = "unknown_data_request"
    zh = "没有这条索取记录"
    en = "There is no such request"


@dataclass(frozen=True, slots=True)
class Answer:
    """What customs said to an upload. `status` None: nothing came back; `code` empty: nothing that can be read."""

    status: int | None
    code: str = ""
    words: str = ""


def take_data_request(*, body: bytes, headers: Mapping[str, str], now: datetime) -> UUID:
    """Customs asks (`platDataOpen`): keep the request; the data are sent by a job. Returns the request's id.

    Anybody can call: what is sent goes to the address in the settings only, so the caller is neither believed nor
    answered with data. Asked again in one session, the same bytes leave again.
    Refuses BadDataRequest, UnknownOrder, TooManyRequests.
    """
    number, session_id, service_time = _asked(body, headers)
    params = {
        "id": new_id(),
        "order_number": number,
        "session_id": session_id,
        "service_time": service_time,
        "at": now,
        "again_at": now + PAUSE,
        "sessions_max": sessions_max,
    }
    with transaction.atomic():
        [row] = sql.rows(sql.load("customs", "ask_data"), params)
        if not row["known"]:
            raise UnknownOrder
        if row["id"] is None:
            raise TooManyRequests
        if row["times"] == 1:  # a repeated one waits for the clock, so that nobody makes us send by the second
            _upload_later(row["id"], row["buyer_id"])
    found: UUID = row["id"]
    return found


def _asked(body: bytes, headers: Mapping[str, str]) -> tuple[str, str, int]:
    """orderNo, sessionID, serviceTime: three form fields, JSON, or JSON in the form field openReq. Refuses
    BadDataRequest."""
    if len(body) > body_bytes_max:
        raise BadDataRequest
    try:
        text = body.decode()
        if "json" not in headers.get("Content-Type", "").lower():
            fields = {name: values[0] for name, values in parse_qs(text, max_num_fields=20).items()}
            told: Any = json.loads(fields["openReq"]) if "openReq" in fields else fields
        else:
            told = json.loads(text)
        number, session_id, moment = (str(told[name]) for name in ("orderNo", "sessionID", "serviceTime"))
    except (KeyError, ValueError, TypeError, RecursionError) as wrong:
        raise BadDataRequest from wrong
    if not _SESSION.fullmatch(session_id) or not re.fullmatch(r"[0-9]{1,15}", moment):
        raise BadDataRequest
    if not 0 < len(number) <= 60 or not number.isprintable() or not number.isascii():
        raise BadDataRequest
    return number, session_id, int(moment)


def _upload_later(request_id: UUID, buyer_id: UUID) -> None:
    args = {"request_id": str(request_id), "buyer_id": str(buyer_id)}
    defer(job=UPLOAD, lock=f"customs_data:{request_id}", args=args)


def upload_data(*, request_id: UUID, buyer_id: UUID, now: datetime) -> DataState:
    """Send what a request asks for, made once and then the same bytes each time. Calls outside, so not inside a
    transaction. Refuses UnknownDataRequest, keys.NotSetUp; what customs or the facts refuse is told by the state."""
    row = _row(request_id, buyer_id)
    if row.state != DataState.WAITING:
        return DataState(row.state)
    if row.body_sealed is None:
        try:
            text = text_of(row, now)
        except (NoRawData, RawTooLong) as refusal:
            return _end(row, DataState.UNMADE, Answer(None, refusal.code), None, now)
        _keep(row, text)
        row = _row(request_id, buyer_id)
    assert row.body_sealed is not None
    answer = _post(reading.open_data(row.body_sealed, row.id))
    return _told(row, answer, now)


def _row(request_id: UUID, buyer_id: UUID) -> models.DataRequest:
    row = models.DataRequest.objects.filter(buyer_id=buyer_id, id=request_id).first()
    if row is None:
        raise UnknownDataRequest()
    return row


def _keep(row: models.DataRequest, text: str) -> None:
    """The first text made stays; another that was made at the same time is dropped."""
    models.DataRequest.objects.filter(buyer_id=row.buyer_id, id=row.id, body_sealed__isnull=True).update(
        body_sealed=reading.seal_data(text, row.id), sha256=hashlib.sha256(text.encode()).digest()
    )


def _post(text: str) -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = urlencode({"payExInfoStr": text}).encode()
    try:
        reply = outside.post(
            settings.CUSTOMS_DATA_URL,
            body,
            headers,
            timeout_s=settings.OUTSIDE_TIMEOUT_S,
            bytes_max=answer_bytes_max,
        )
    except outside.NoReply as silence:
        return Answer(None, words=str(silence)[:300])
    if reply.status >= 300:
        return Answer(reply.status)  # whatever is in it, it is not customs' word on the data
    try:
        told = json.loads(reply.body)
        return Answer(reply.status, str(told["code"])[:30], masked_info(str(told.get("message") or ""))[:300])
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return Answer(reply.status)


def _told(row: models.DataRequest, answer: Answer, now: datetime) -> DataState:
    """Write down what customs said. Silence and what may pass is tried again by the clock, ever more seldom."""
    later = now + PAUSE * 2**row.attempts if row.attempts + 1 < attempts_max else None
    if answer.code == TAKEN:
        return _end(row, DataState.TAKEN, answer, None, now)
    if not answer.code:
        return _end(row, DataState.WAITING, answer, later, now)
    # An unregistered certificate stays so until a person has it registered; other refusals may be a passing fault.
    return _end(row, DataState.REFUSED, answer, None if answer.code == UNREGISTERED else later, now)


def _end(row: models.DataRequest, state: DataState, answer: Answer, later: datetime | None, now: datetime) -> DataState:
    with transaction.atomic():
        models.DataRequest.objects.filter(buyer_id=row.buyer_id, id=row.id, state=DataState.WAITING).update(
            state=state, code=answer.code, words=answer.words, attempts=F("attempts") + 1, ask_at=later
        )
        if state is not DataState.UNMADE:
            models.DataUpload.objects.create(
                id=new_id(),
                buyer_id=row.buyer_id,
                request_id=row.id,
                at=now,
                status=answer.status,
                code=answer.code,
                words=answer.words,
            )
    return state


def upload_due(*, now: datetime) -> int:
    """Order a job for each request whose time has come. Returns how many."""
    rows = models.DataRequest.objects.filter(ask_at__lte=now).order_by("ask_at")[:batch_max]
    for row in rows:
        with transaction.atomic():
            mine = models.DataRequest.objects.filter(buyer_id=row.buyer_id, id=row.id, ask_at=row.ask_at)
            if mine.update(state=DataState.WAITING, ask_at=None):
                _upload_later(row.id, row.buyer_id)
    return len(rows)


def upload_again(*, request_id: UUID, buyer_id: UUID, actor: str, now: datetime) -> None:
    """A person has it sent once more: the same bytes, or made anew where there was nothing to send. Refuses
    UnknownDataRequest."""
    with transaction.atomic():
        row = _row(request_id, buyer_id)
        models.DataRequest.objects.filter(buyer_id=buyer_id, id=request_id).update(
            state=DataState.WAITING, attempts=0, ask_at=None
        )
        _upload_later(request_id, buyer_id)
        record(
            actor=actor,
            action="customs.upload_again",
            subject_kind="customs_data_request",
            subject_id=request_id,
            buyer_id=buyer_id,
            reason=f"{row.state} {row.code}".strip(),
            at=now,
        )


def missing_for_data() -> Iterator[str]:
    """What keeps customs from being answered, a sentence each. For `entrepot check`."""
    if payee() is None:
        yield "ENTREPOT_CUSTOMS_PAYEE is not set (account:company code:name): announcement 179 asks who is paid"
    if settings.CUSTOMS_DATA_NUMBERS not in ("verified", "declared"):
        yield f"ENTREPOT_CUSTOMS_DATA_NUMBERS is {settings.CUSTOMS_DATA_NUMBERS}: it is verified or declared"
    if settings.CUSTOMS_PAY_TYPE not in ("1", "2", "3", "4"):
        yield f"ENTREPOT_CUSTOMS_PAY_TYPE is {settings.CUSTOMS_PAY_TYPE}: 1 app, 2 computer, 3 scan, 4 other"
