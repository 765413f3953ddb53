"""What a clerk does with a declaration that is held, or that is not wanted any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from entrepot.audit.services import record
from entrepot.customs import models, reading
from entrepot.customs.ceb import message
from entrepot.customs.rules.papers import Facts, Paper, clean
from entrepot.customs.rules.standing import Standing, Verdict, changes_at_customs, outcome, to_renew
from entrepot.customs.rules.words import Again, words
from entrepot.customs.services.by_provider import asked
from entrepot.customs.services.declare import Writing, standing_of, versions, write
from entrepot.customs.services.documents import CHANGE, NEW, Made, Prepared, content, make, prepare
from entrepot.customs.services.facts import gather
from entrepot.customs.services.telling import UNSENT, send_later, tell
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit.refusals import Invalid, NotFound, Refusal

REASON_MAX = 1000
GIVEN_UP = "包裹已取消"


class NoDeclaration(NotFound):
    zh = "没有找到这票申报"
    en = "There is no such declaration"


class NotHeld(Refusal):
    code = "declaration_not_held"
    zh = "申报当前没有被拦截，无须处理"
    en = "The declaration is not held: nothing has to be done"


class DeclarationMoved(Refusal):
    code = "declaration_moved"
    zh = "海关刚有新回执，申报状态已变化，请刷新后再操作"
    en = "Customs has just answered and the declaration has moved: look again first"


class CustomsDecides(Refusal):
    code = "customs_decides"
    zh = "此状态（{code}）不能重新申报：{zh_way}"
    en = "Nothing can be redeclared in this state ({code}): {en_way}"


class CancelReasonMissing(Invalid):
    code = "reason_missing"
    zh = "撤销申报须说明理由"
    en = "Giving a declaration up needs a reason"


class AlreadyReleased(Refusal):
    code = "declaration_released"
    zh = "海关已放行，不能撤销，只能走退货流程"
    en = "Customs has released the parcel: it cannot be taken back, only returned"


class CustomsHasNotAnswered(Refusal):
    code = "customs_has_not_answered"
    zh = "清单已发送，海关尚未给出清单编号，请稍后再撤销"
    en = "The list is on its way and customs has not numbered it yet: try again later"


def redeclare(*, declaration_id: UUID, buyer_id: UUID, actor: str, now: datetime) -> DeclarationState:
    """Declare a held parcel again from today's facts. Returns the state it is in now.

    Refused documents and those whose content changed get a new guid; what customs never judged is sent again as it was;
    what customs has taken in and still holds true stays. Documents that still do not agree keep it held, with the new
    differences. Not inside a transaction. Refuses NoDeclaration, NotHeld, DeclarationMoved, CustomsDecides and what
    `declare` refuses.
    """
    row = _held(declaration_id, buyer_id)
    standings = reading.standings_of(row.standing)
    again = to_renew(standings, ())
    _customs_may_be_asked(row, list(again.values()), standings)
    if again and set(again.values()) == {Again.SAME}:
        return _same_again(row, list(again), actor, now)
    facts = gather(parcel_id=row.parcel_id, order_id=row.order_id, buyer_id=buyer_id, reader=actor, now=now)
    facts = asked(facts, now, again=True)
    app_types = {kind: CHANGE if changes_at_customs(one) else NEW for kind, one in standings.items()}
    prepared = prepare(facts, declaration_id=row.id, app_types=app_types, now=now)
    with transaction.atomic():
        locked = _held(declaration_id, buyer_id, lock=True)
        if locked.standing != row.standing:
            raise DeclarationMoved
        state = _renew(locked, facts, prepared, now)
        _trace(row, actor, "customs.redeclare", f"held: {row.held_code}", now)
    return state


def _held(declaration_id: UUID, buyer_id: UUID, lock: bool = False) -> models.Declaration:
    row = _row(declaration_id, buyer_id, lock)
    if row.state != DeclarationState.HELD:
        raise NotHeld
    return row


def _row(declaration_id: UUID, buyer_id: UUID, lock: bool = False) -> models.Declaration:
    rows = models.Declaration.objects.select_for_update() if lock else models.Declaration.objects.all()
    row = rows.filter(buyer_id=buyer_id, id=declaration_id).first()
    if row is None:
        raise NoDeclaration()
    return row


def _customs_may_be_asked(
    row: models.Declaration, agains: list[Again], standings: dict[DocumentKind, Standing]
) -> None:
    stopped = any(one.verdict is Verdict.STOPPED for one in standings.values())
    if stopped or Again.NO in agains:
        told = words(row.held_code)
        raise CustomsDecides(code=row.held_code, zh_way=told.zh_way, en_way=told.en_way)


def _same_again(row: models.Declaration, kinds: list[DocumentKind], actor: str, now: datetime) -> DeclarationState:
    """What the port could not pass on leaves once more, byte for byte. Old receipts keep counting as old."""
    with transaction.atomic():
        locked = _held(row.id, row.buyer_id, lock=True)
        if locked.standing != row.standing:
            raise DeclarationMoved
        unjudged = {"sent": False, "status": None, "verdict": "", "code": ""}
        standing = {**row.standing, **{kind.value: {**row.standing[kind.value], **unjudged} for kind in kinds}}
        state, code = outcome(reading.standings_of(standing), differing=bool(row.differences), cancelled=False)
        models.Declaration.objects.filter(buyer_id=row.buyer_id, id=row.id).update(
            standing=standing,
            state=state.value,
            held_code=code,
            changed_at=now,
            since=now,
            quiet_until=None,
            ask_at=now + UNSENT,
        )
        _told(row, state, code)
        _trace(row, actor, "customs.redeclare", f"held: {row.held_code}", now)
    return state


def _renew(row: models.Declaration, facts: Facts, prepared: Prepared, now: datetime) -> DeclarationState:
    standings = reading.standings_of(row.standing)
    renewed = to_renew(standings, _changed(row, prepared))
    made = {kind: one for kind, one in prepared.made.items() if kind in renewed or kind not in standings}
    last = dict(
        models.Document.objects.filter(buyer_id=row.buyer_id, declaration_id=row.id)
        .values_list("kind")
        .annotate(Max("version"))
    )
    standing: dict[str, Any] = {**row.standing, **standing_of(facts, made)}
    state, code = outcome(reading.standings_of(standing), differing=False, cancelled=False)
    writing = Writing(row.id, row.order_id, standing, versions(made, last), state, code, renewing=True)
    if write(facts, writing, prepared, now):
        state, code = DeclarationState.HELD, "match"
    _told(row, state, code)
    return state


def _changed(row: models.Declaration, prepared: Prepared) -> list[DocumentKind]:
    """The kinds whose newest document never left, or says something else than today's facts."""
    standings = reading.standings_of(row.standing)
    stored = models.Document.objects.filter(buyer_id=row.buyer_id, id__in=[one.document for one in standings.values()])
    sealed = {one.id: one.xml_sealed for one in stored}

    def differs(kind: DocumentKind, one: Made) -> bool:
        old = standings.get(kind)
        if old is None or not old.sent:
            return True
        return content(reading.open_document(sealed[old.document], old.document)) != content(one.xml)

    return [kind for kind, one in prepared.made.items() if differs(kind, one)]


def _told(row: models.Declaration, state: DeclarationState, code: str) -> None:
    """The flow hears of the new state; what is due is sent by a job."""
    told = {"id": row.id, "order_id": row.order_id, "parcel_id": row.parcel_id, "buyer_id": row.buyer_id}
    tell(told, DeclarationState(row.state), state, code)
    if state is not DeclarationState.HELD:
        send_later(row.id, row.buyer_id)


def cancel(*, declaration_id: UUID, buyer_id: UUID, actor: str, reason: str, now: datetime) -> bool:
    """Give a declaration up before release. True when it is cancelled now; False when customs had to be asked (CEB623)
    or was asked before: then its approval cancels it.

    Not inside a transaction: whoever signs may be far away. Refuses CancelReasonMissing, NoDeclaration,
    AlreadyReleased, CustomsHasNotAnswered, DeclarationMoved, NotSetUp, SignerSilent, SignerSaysNo.
    """
    reason = clean(reason, REASON_MAX)
    if not reason:
        raise CancelReasonMissing(field="reason")
    seen = _row(declaration_id, buyer_id)
    standings = reading.standings_of(seen.standing)
    listed = standings.get(DocumentKind.LIST)
    at_customs = listed is not None and listed.sent and listed.verdict is not Verdict.REFUSED
    ended = seen.state in (DeclarationState.CANCELLED, DeclarationState.RELEASED)
    asking = _withdrawal(seen, standings, reason, now) if at_customs and not ended else None
    with transaction.atomic():
        row = _row(declaration_id, buyer_id, lock=True)
        if row.state == DeclarationState.CANCELLED:
            return True
        if row.state == DeclarationState.RELEASED:
            raise AlreadyReleased
        if row.standing != seen.standing:
            raise DeclarationMoved
        if asking is not None:
            _withdraw(row, asking, now)
        elif not at_customs:
            models.Declaration.objects.filter(buyer_id=buyer_id, id=row.id).update(
                state=DeclarationState.CANCELLED, held_code="", cancelled_at=now, changed_at=now, since=now, ask_at=None
            )
            _told(row, DeclarationState.CANCELLED, "")
        _trace(row, actor, "customs.cancel", reason, now)
    return not at_customs


def withdraw(*, declaration_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """Customs has taken in the list of a declaration that was given up meanwhile, for its sending was not known of:
    it is asked to take the list back. True for the call that asks. Not inside a transaction: whoever signs may be far
    away. Refuses NoDeclaration, DeclarationMoved, NotSetUp, SignerSilent, SignerSaysNo."""
    seen = _row(declaration_id, buyer_id)
    standings = reading.standings_of(seen.standing)
    listed = standings.get(DocumentKind.LIST)
    pending = listed is not None and listed.invt and listed.verdict in (Verdict.TAKEN, Verdict.STOPPED)
    if seen.state != DeclarationState.CANCELLED or not pending or DocumentKind.CANCEL in standings:
        return False
    asking = _withdrawal(seen, standings, GIVEN_UP, now)
    with transaction.atomic():
        row = _row(declaration_id, buyer_id, lock=True)
        if asking is None or row.standing != seen.standing:
            raise DeclarationMoved
        _withdraw(row, asking, now)
        _trace(row, "system:customs", "customs.cancel", GIVEN_UP, now)
    return True


def _withdrawal(
    row: models.Declaration, standings: dict[DocumentKind, Standing], reason: str, now: datetime
) -> Made | None:
    """The signed question to customs to take the list back; None where it was asked before."""
    listed, asked = standings[DocumentKind.LIST], standings.get(DocumentKind.CANCEL)
    if asked is not None and asked.verdict is not Verdict.REFUSED:
        return None
    if not listed.invt:
        raise CustomsHasNotAnswered
    values, _lines = about_list(row, listed)
    return make(DocumentKind.CANCEL, Paper({**values, "reason": reason}), app_type=NEW, now=now)


def about_list(row: models.Declaration, listed: Standing) -> tuple[message.Texts, Sequence[message.Texts]]:
    """What an application repeats of the list that it is about, and the list's lines."""
    stored = models.Document.objects.get(buyer_id=row.buyer_id, id=listed.document)
    read = message.read(reading.open_document(stored.xml_sealed, stored.id))
    shared = (
        "customsCode orderNo ebpCode ebpName ebcCode ebcName logisticsNo logisticsCode logisticsName copNo buyerIdType"
        " buyerIdNumber buyerName buyerTelephone agentCode agentName"
    )
    return {name: read.head[name] for name in shared.split()} | {"invtNo": listed.invt, "preNo": listed.pre}, read.lines


def _withdraw(row: models.Declaration, one: Made, now: datetime) -> None:
    before = models.Document.objects.filter(
        buyer_id=row.buyer_id, declaration_id=row.id, kind=DocumentKind.CANCEL
    ).count()
    models.Document.objects.create(
        id=one.id,
        buyer_id=row.buyer_id,
        declaration_id=row.id,
        kind=one.kind,
        version=before + 1,
        number=one.number,
        xml_sealed=reading.seal_document(one.xml, one.id),
        sha256=one.sha256,
        made_at=now,
    )
    standing = {**row.standing, DocumentKind.CANCEL.value: reading.fresh(one.id)}
    models.Declaration.objects.filter(buyer_id=row.buyer_id, id=row.id).update(
        standing=standing, changed_at=now, asks=0, ask_at=now + UNSENT
    )
    send_later(row.id, row.buyer_id)


def _trace(row: models.Declaration, actor: str, action: str, reason: str, now: datetime) -> None:
    record(
        actor=actor,
        action=action,
        subject_kind="declaration",
        subject_id=row.id,
        buyer_id=row.buyer_id,
        reason=reason,
        at=now,
    )
