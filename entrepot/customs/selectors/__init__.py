"""Questions about declarations. Documents hold personal data: opening one leaves a trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from entrepot.audit.services import record
from entrepot.customs import models, reading
from entrepot.customs.ceb import message
from entrepot.customs.escalations import booked as booked
from entrepot.customs.escalations import escalation_counts as escalation_counts
from entrepot.customs.escalations import escalation_levels as escalation_levels
from entrepot.customs.escalations import escalations as escalations
from entrepot.customs.escalations import escalations_of as escalations_of
from entrepot.customs.escalations import limit_answer as limit_answer
from entrepot.customs.leaving import OFFERED as OFFERED
from entrepot.customs.leaving import book_differences as book_differences
from entrepot.customs.leaving import deliveries as deliveries
from entrepot.customs.leaving import delivery as delivery
from entrepot.customs.leaving import free_lists as free_lists
from entrepot.customs.leaving import gate_pass as gate_pass
from entrepot.customs.leaving import gate_passes as gate_passes
from entrepot.customs.leaving import lists_of_pass as lists_of_pass
from entrepot.customs.leaving import may_leave as may_leave
from entrepot.customs.rules import compare
from entrepot.customs.rules.standing import Verdict
from entrepot.customs.rules.words import words
from entrepot.customs.types import (
    Compared,
    ComparedLine,
    DataRequest,
    DataState,
    DataUpload,
    Day,
    Declaration,
    DeclarationState,
    Document,
    DocumentKind,
    Figures,
    Listed,
    Queue,
    Receipt,
    ReturnAnswer,
)
from entrepot.kit import sql
from entrepot.kit.clock import CHINA
from entrepot.kit.ids import first_id
from entrepot.kit.refusals import Invalid, NotFound

PAGE = 50
PAGES_MAX = 500
COUNT_MAX = 10_000
EXPORT_MAX, EXPORT_STEP = 100_000, 2_000
RELEASES = (800, 899)  # of a list: released, and closed after that


class ReasonMissing(Invalid):
    code = "reason_missing"
    zh = "查看报关单证须说明理由"
    en = "Reading a customs document needs a reason"


class NoDocument(NotFound):
    zh = "没有找到这份单证"
    en = "There is no such document"


def declaration(
    *, buyer_id: UUID, parcel_id: UUID | None = None, declaration_id: UUID | None = None
) -> Declaration | None:
    """One declaration with its documents and receipts, by its id or its parcel's."""
    if (parcel_id is None) == (declaration_id is None):
        raise ValueError("ask by parcel_id or by declaration_id")
    key = {"parcel_id": parcel_id} if parcel_id else {"id": declaration_id}
    rows = list(models.Declaration.objects.filter(buyer_id=buyer_id, **key)[:1])
    return next(iter(_whole(rows)), None)


def declarations(*, order_id: UUID, buyer_id: UUID) -> list[Declaration]:
    """The declarations of an order's parcels, by their numbers."""
    rows = models.Declaration.objects.filter(buyer_id=buyer_id, order_id=order_id).order_by("order_number")
    return _whole(list(rows))


def data_requests(*, order_id: UUID, buyer_id: UUID) -> list[DataRequest]:
    """What customs asked of an order's payment (announcement 179/2018) and was sent, oldest first."""
    rows = list(
        models.DataRequest.objects.filter(buyer_id=buyer_id, order_id=order_id)
        .defer("body_sealed")
        .order_by("asked_at", "id")
    )
    uploads: dict[UUID, list[DataUpload]] = {}
    if rows:
        sent = models.DataUpload.objects.filter(buyer_id=buyer_id, request_id__in=[row.id for row in rows])
        for one in sent.order_by("at", "id"):
            uploads.setdefault(one.request_id, []).append(DataUpload(one.at, one.status, one.code, one.words))
    return [
        DataRequest(
            id=row.id,
            order_number=row.order_number,
            session_id=row.session_id,
            state=DataState(row.state),
            code=row.code,
            words=row.words,
            asked_at=row.asked_at,
            last_at=row.last_at,
            times=row.times,
            sha256=bytes(row.sha256).hex() if row.sha256 else "",
            uploads=tuple(uploads.get(row.id, ())),
        )
        for row in rows
    ]


def came_as_general_trade(*, parcel_id: UUID, buyer_id: UUID) -> bool:
    """Whether the parcel's goods were released by a general-trade declaration: their tax is paid for good."""
    rows = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id)
    return rows.exclude(general_number="").exists()


def released_at(*, parcel_id: UUID, buyer_id: UUID) -> datetime | None:
    """When customs released the parcel, by customs' own time; None before."""
    return (
        models.Receipt.objects.filter(
            buyer_id=buyer_id,
            declaration__buyer_id=buyer_id,
            declaration__parcel_id=parcel_id,
            document__kind=DocumentKind.LIST,
            status__in=RELEASES,
        )
        .order_by("returned_at")
        .values_list("returned_at", flat=True)
        .first()
    )


def return_answer(*, return_id: UUID, buyer_id: UUID) -> ReturnAnswer | None:
    """How the application of a return stands at customs; None where there is none."""
    row = models.Application.objects.filter(buyer_id=buyer_id, return_id=return_id).first()
    if row is None:
        return None
    decided = {Verdict.DONE.value: True, Verdict.REFUSED.value: False}
    code = "" if row.status is None else str(row.status)
    return ReturnAnswer(decided.get(row.verdict), code, row.version, row.sent)


def words_for(*, code: str) -> Mapping[str, str]:
    """What a code of customs means and what may be done, by language."""
    return words(code).note


def queue(
    *,
    state: DeclarationState | str = "",
    text: str = "",
    made_before: datetime | None = None,
    oldest_first: bool = False,
    page: int = 1,
) -> Queue:
    """Declarations for staff, newest first unless asked otherwise: by state, by how the customs order number begins
    (then in the order of numbers, which begin with the day), and by when they were made. Four statements."""
    page = min(max(page, 1), PAGES_MAX)
    # The ids alone are in an index: however far the page is, only its own rows are read.
    skip = (page - 1) * PAGE
    if text.strip():
        ids = _numbered(text.strip().upper()[:60], state, made_before, skip, oldest_first)
    else:
        rows = _chosen(state, "", made_before).order_by("id" if oldest_first else "-id")
        ids = list(rows.values_list("id", flat=True)[skip : skip + PAGE + 1])
    found = {row.id: row for row in models.Declaration.objects.filter(id__in=ids[:PAGE])}
    return Queue(tuple(_whole([found[id_] for id_ in ids[:PAGE] if id_ in found])), page, len(ids) > PAGE)


def _numbered(text: str, state: str, made_before: datetime | None, skip: int, oldest_first: bool) -> list[UUID]:
    statement = sql.load("customs", "search")
    if oldest_first:
        statement = statement.replace("USING ~>~, id DESC", "USING ~<~, id")
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")
    before = first_id(made_before) if made_before else UUID(int=2**128 - 1)
    params = {"begins": f"{plain}%", "state": state, "before": before, "most": PAGE + 1, "skip": skip}
    return [row["id"] for row in sql.rows(statement, params)]


def exported(
    *, state: DeclarationState | str = "", text: str = "", made_before: datetime | None = None
) -> Iterator[Listed]:
    """The declarations that `queue` finds, the oldest first, at most `EXPORT_MAX`, read a few thousand at a time."""
    names = [field for field in Listed.__dataclass_fields__ if field != "statuses"]
    after, left = None, EXPORT_MAX
    while left > 0:
        rows = _chosen(state, text, made_before).order_by("id")
        rows = rows.filter(id__gt=after) if after else rows
        found = list(rows.values("id", "standing", *names)[: min(EXPORT_STEP, left)])
        for row in found:
            statuses = {DocumentKind(kind): one.get("status") for kind, one in row.pop("standing").items()}
            after, row["state"] = row.pop("id"), DeclarationState(row["state"])
            yield Listed(**row, statuses={kind: status for kind, status in statuses.items() if status is not None})
        left = left - len(found) if len(found) == EXPORT_STEP else 0


def _chosen(state: str, text: str, made_before: datetime | None) -> QuerySet[models.Declaration]:
    """Ids grow with time: they say when a declaration was made, and every index ends in them."""
    rows = models.Declaration.objects.all()
    if state:
        rows = rows.filter(state=state)
    if text.strip():
        rows = rows.filter(order_number__startswith=text.strip().upper()[:60])
    return rows.filter(id__lt=first_id(made_before)) if made_before else rows


def counts() -> dict[DeclarationState, int]:
    """How many declarations are in each state, counted up to `COUNT_MAX`. One statement."""
    params = {"states": [state.value for state in DeclarationState], "most": COUNT_MAX}
    return {DeclarationState(row["state"]): row["count"] for row in sql.rows(sql.load("customs", "counts"), params)}


def figures(*, since: date, until: date) -> Figures:
    """The customs desk from one day in China to another: as written down for days gone by, reckoned for those that are
    not. Three statements."""
    dates = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    known = {row.day: row for row in models.DayFigures.objects.filter(day__gte=since, day__lte=until)}
    missing = next((day for day in dates if day not in known), until)
    begin, end = (datetime.combine(day, time(), CHINA) for day in (since, until + timedelta(days=1)))
    fresh = datetime.combine(missing, time(), CHINA)
    reckoned = sql.rows(sql.load("customs", "days"), {"begin": fresh, "end": end, "first": first_id(fresh)})
    days = {row["day"]: row for row in reckoned}
    refused = sql.rows(sql.load("customs", "refusals"), {"begin": begin, "end": end})
    names = [name for name in Day.__dataclass_fields__ if name != "day"]
    none = {"declared": 0, "released": 0, "median_s": None, "most_s": None, "slowest_s": None}
    for day, row in known.items():
        if day < missing:
            days[day] = {name: getattr(row, name) for name in names}
    return Figures(
        days=tuple(Day(**{**none, **days.get(day, {}), "day": day}) for day in dates),
        refusals=tuple((row["status"], row["receipts"]) for row in refused),
    )


def compared(*, parcel_id: UUID, buyer_id: UUID) -> tuple[tuple[Compared, ...], tuple[ComparedLine, ...]]:
    """The newest documents of a parcel side by side, personal values masked: what they say of the parcel, and by line.

    Both are empty before the first document is made.
    """
    rows = models.Document.objects.filter(
        buyer_id=buyer_id,
        declaration__buyer_id=buyer_id,
        declaration__parcel_id=parcel_id,
        kind__in=compare.KINDS.values(),
    )
    newest = {DocumentKind(row.kind): row for row in rows.order_by("version")}
    read = {kind: message.read(reading.open_document(row.xml_sealed, row.id)) for kind, row in newest.items()}
    return (
        compare.heads({kind: one.head for kind, one in read.items()}),
        compare.lines({kind: one.lines for kind, one in read.items() if kind in compare.LISTING}),
    )


def waiting(*, edges: Sequence[datetime]) -> dict[DeclarationState, list[int]]:
    """How old the declarations are that customs has not released, by state: how many were made after the first edge,
    how many between the first and the second, … and last how many before the last. Edges: the latest first. One
    statement."""
    open_states = (DeclarationState.MATCHING, DeclarationState.LISTED, DeclarationState.HELD)
    ids = [UUID(int=2**128 - 1), *(first_id(edge) for edge in edges), UUID(int=0)]
    params = {"states": [state.value for state in open_states], "since": ids[1:], "before": ids[:-1]}
    found: dict[DeclarationState, list[int]] = {state: [] for state in open_states}
    for row in sql.rows(sql.load("customs", "waiting"), params):
        found[DeclarationState(row["state"])].append(row["count"])
    return found


def document_xml(*, document_id: UUID, buyer_id: UUID, reader: str, reason: str, now: datetime) -> bytes:
    """A document as it was signed, in the clear; who read it and why is recorded. Refuses ReasonMissing, NotFound."""
    if not reader.strip() or not reason.strip():
        raise ReasonMissing(field="reason")
    with transaction.atomic():
        row = models.Document.objects.filter(buyer_id=buyer_id, id=document_id).first()
        if row is None:
            raise NoDocument()
        record(
            actor=reader,
            action="customs.document_read",
            subject_kind="customs_document",
            subject_id=document_id,
            buyer_id=buyer_id,
            reason=reason,
            at=now,
            detail={"kind": row.kind},
        )
    return reading.open_document(row.xml_sealed, row.id)


def _whole(rows: Sequence[models.Declaration]) -> list[Declaration]:
    """Rows with their documents and receipts, two statements for all."""
    if not rows:
        return []
    key = {"buyer_id__in": {row.buyer_id for row in rows}, "declaration_id__in": [row.id for row in rows]}
    receipts: dict[UUID, list[models.Receipt]] = {}
    for receipt in models.Receipt.objects.filter(**key).order_by("mark", "id"):
        receipts.setdefault(receipt.document_id, []).append(receipt)
    documents: dict[UUID, list[Document]] = {}
    for document in models.Document.objects.filter(**key).defer("xml_sealed").order_by("kind", "version"):
        documents.setdefault(document.declaration_id, []).append(_document(document, receipts.get(document.id, [])))
    return [_declaration(row, documents.get(row.id, []), receipts) for row in rows]


def _document(row: models.Document, receipts: Sequence[models.Receipt]) -> Document:
    return Document(
        id=row.id,
        kind=DocumentKind(row.kind),
        guid=str(row.id).upper(),
        status=receipts[-1].status if receipts else None,
        sent_at=row.sent_at,
        receipts=tuple(
            Receipt(one.status, one.info, one.returned_at, one.received_at)
            for one in sorted(receipts, key=lambda one: (one.returned_at, one.mark))
        ),
        version=row.version,
        number=row.number,
        attempts=row.attempts,
    )


def _declaration(
    row: models.Declaration, documents: Sequence[Document], receipts: dict[UUID, list[models.Receipt]]
) -> Declaration:
    return Declaration(
        id=row.id,
        buyer_id=row.buyer_id,
        order_id=row.order_id,
        parcel_id=row.parcel_id,
        order_number=row.order_number,
        trade_mode=row.trade_mode,
        state=DeclarationState(row.state),
        held_code=row.held_code,
        held_note=_note(row, receipts),
        list_number=row.list_number,
        differences=reading.differences_of(row.differences),
        documents=tuple(documents),
        created_at=row.created_at,
        provider_payment=getattr(reading.standings_of(row.standing).get(DocumentKind.PAYMENT), "payment", None),
        general_number=row.general_number,
    )


def _note(row: models.Declaration, receipts: dict[UUID, list[models.Receipt]]) -> dict[str, str]:
    """Why it is held in plain words, with what customs wrote."""
    if not row.held_code:
        return {}
    note = dict(words(row.held_code).note)
    for one in reading.standings_of(row.standing).values():
        told = receipts.get(one.document)
        if one.code == row.held_code and told and told[-1].info:
            return {
                "zh-hans": f"{note['zh-hans']}海关原文：{told[-1].info}",
                "en": f"{note['en']} Customs: {told[-1].info}",
            }
    return note
