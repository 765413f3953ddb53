"""Real-name records: name and resident ID number of buyers, sealed, read only with a reason that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.identity import models, rules
from entrepot.identity.services.addresses import InvalidPhone, NoAddress
from entrepot.identity.services.addresses import opened as opened_address
from entrepot.identity.types import Address, Orderer, RealName, RealNameDraft
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.kit.sealing import sealer

real_names_max = 5  # a buyer: themselves and the family members they buy for
purge_batch_max = 500
kept_after_drop = timedelta(days=90)  # open orders are declared well before; then the data goes

# The wording of the consent the form shows; a new wording gets a new name, so that each consent says what was read.
CONSENT_PURPOSE = "customs"
CONSENT_WORDING = "2026-11"


class ConsentMissing(Invalid):
    code = "consent_missing"
    zh = "请阅读并勾选同意：姓名和身份证号将仅用于海关申报与支付核验"
    en = "Please agree: the name and ID number are used for the customs declaration and payment check only"


class InvalidName(Invalid):
    code = "invalid_name"
    zh = "请填写与身份证一致的真实姓名"
    en = "Enter the name exactly as on the ID card"


class InvalidIdNumber(Invalid):
    code = "invalid_id_number"
    zh = "身份证号码有误，请核对 18 位号码"
    en = "This is not a valid resident ID number: check its 18 characters"


class UnderAge(Invalid):
    code = "under_age"
    zh = "年满 {age_min_years} 周岁方可办理实名，未成年人请由监护人实名购买"
    en = "The person must be at least {age_min_years}: a guardian buys for a minor"


class TooManyRealNames(Refusal):
    code = "too_many_real_names"
    status = 409
    zh = "最多保存 {real_names_max} 位订购人的实名信息"
    en = "You can keep the real names of at most {real_names_max} people"


class ReasonMissing(Invalid):
    code = "reason_missing"
    zh = "查看实名信息须说明理由"
    en = "Reading a real name needs a reason"


class NoRealName(NotFound):
    zh = "没有找到这条实名信息"
    en = "There is no such real-name record"


def _checked(draft: RealNameDraft, now: datetime) -> RealNameDraft:
    if not draft.consent:
        raise ConsentMissing(field="consent")
    name = rules.person_name(draft.name)
    if name is None:
        raise InvalidName(field="name")
    today = day_in(CHINA, now)
    found = rules.id_number(draft.id_number, today=today)
    if found is None:
        raise InvalidIdNumber(field="id_number")
    number, born = found
    if rules.age_years(born, today) < rules.age_min_years:
        raise UnderAge(field="id_number", age_min_years=rules.age_min_years)
    phone = rules.phone_number(draft.phone, chinese_only=True)
    if phone is None:
        raise InvalidPhone(field="phone")
    return RealNameDraft(name=name, id_number=number, phone=phone, consent=True)


def id_hash(number: str) -> bytes:
    """The keyed hash under which a normalised ID number is looked up."""
    return sealer().blind_index(number, "id_number")


def _seal(field: str, text: str, row_id: UUID) -> bytes:
    return sealer().seal(text, f"real_name.{field}:{row_id}")


@transaction.atomic
def record_real_name(*, buyer_id: UUID, draft: RealNameDraft, now: datetime) -> UUID:
    """Keep a name and ID number, with the consent. The same person again is the same record, its phone renewed.

    A name corrected for the same number makes a new record and drops the old one: what customs was told stays as it
    was. Refuses ConsentMissing, InvalidName, InvalidIdNumber, UnderAge, InvalidPhone (with `field`), TooManyRealNames.
    """
    checked = _checked(draft, now)
    if not models.Person.objects.select_for_update(no_key=True).filter(id=buyer_id).exists():
        raise NotFound(what="person")
    own = models.RealName.objects.filter(buyer_id=buyer_id, dropped_at__isnull=True)
    digest = id_hash(checked.id_number)
    known = own.filter(id_hash=digest).first()
    if known is not None and opened(known).name == checked.name:
        own.filter(id=known.id).update(phone_sealed=_seal("phone", checked.phone, known.id))
        return known.id
    if known is not None:
        drop_real_name(record_id=known.id, buyer_id=buyer_id, now=now)
    elif own.count() >= real_names_max:
        raise TooManyRealNames(real_names_max=real_names_max)
    row = models.RealName(id=new_id(), buyer_id=buyer_id, id_hash=digest, created_at=now)
    row.name_sealed = _seal("name", checked.name, row.id)
    row.id_number_sealed = _seal("id_number", checked.id_number, row.id)
    row.phone_sealed = _seal("phone", checked.phone, row.id)
    row.save(force_insert=True)
    models.Consent.objects.create(
        buyer_id=buyer_id, real_name_id=row.id, purpose=CONSENT_PURPOSE, wording=CONSENT_WORDING, given_at=now
    )
    return row.id


@transaction.atomic
def reveal_real_name(
    *, record_id: UUID, buyer_id: UUID, reader: str, reason: str, now: datetime, confirmed_by: str = ""
) -> RealName:
    """Name and number in the clear; who read them, when and why is recorded in the same transaction.

    `reader` is a person's id or a program's name ("customs.declare"). A dropped record still opens until it is purged,
    for orders on their way. `confirmed_by` ("payment sandbox") verifies the record with the reading, the
    first one's name stays. One statement. Refuses ReasonMissing, NotFound.
    """
    if not reason.strip() or not reader.strip():
        raise ReasonMissing(field="reason")
    params = {
        "id": record_id,
        "buyer_id": buyer_id,
        "entry_id": new_id(),
        "reader": reader,
        "reason": reason,
        "confirmed_by": confirmed_by,
        "at": now,
    }
    rows = sql.hot_rows(sql.load("identity", "reveal"), params)
    if not rows:
        raise NoRealName()
    found = opened(models.RealName(**rows[0]))
    return replace(found, verified=True) if confirmed_by else found


def open_orderers(*, asked: Sequence[Orderer]) -> list[tuple[Address, bytes] | NotFound]:
    """Where orders go, in the clear, and the keyed hash of the person each is for, in the order asked. One statement.

    NotFound in its place for what the buyer does not have, also for somebody else's.
    """
    params = {
        "buyer_ids": [one.buyer_id for one in asked],
        "address_ids": [one.address_id for one in asked],
        "real_name_ids": [one.real_name_id for one in asked],
    }
    return [_orderer(row) for row in sql.hot_rows(sql.load("identity", "orderers"), params)]


def _orderer(row: dict[str, Any]) -> tuple[Address, bytes] | NotFound:
    id_hash = row.pop("id_hash")
    if row["id"] is None:
        return NoAddress(field="address_id")
    if id_hash is None:
        return NoRealName(field="real_name_id")
    return opened_address(row), bytes(id_hash)


@transaction.atomic
def drop_real_name(*, record_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """Withdraw the consent: the record leaves pages and new orders now, its data 90 days later. Refuses NotFound."""
    dropped = models.RealName.objects.filter(id=record_id, buyer_id=buyer_id, dropped_at__isnull=True).update(
        dropped_at=now
    )
    if not dropped:
        raise NoRealName()
    models.Consent.objects.filter(buyer_id=buyer_id, real_name_id=record_id, withdrawn_at__isnull=True).update(
        withdrawn_at=now
    )


@transaction.atomic
def purge_real_names(*, now: datetime) -> int:
    """Empty the sealed columns of records dropped more than 90 days ago; says how many. At most 500 a call."""
    due = models.RealName.objects.filter(dropped_at__lte=now - kept_after_drop, purged_at__isnull=True)
    ids = list(due.order_by("dropped_at").values_list("id", flat=True)[:purge_batch_max])
    return due.filter(id__in=ids).update(
        name_sealed=b"", id_number_sealed=b"", phone_sealed=b"", id_hash=b"", purged_at=now
    )


def opened(row: models.RealName) -> RealName:
    """Only for masking, comparing and the logged reading above."""

    def text(field: str) -> str:
        return sealer().open(getattr(row, f"{field}_sealed"), f"real_name.{field}:{row.id}")

    return RealName(
        id=row.id,
        buyer_id=row.buyer_id,
        name=text("name"),
        id_number=text("id_number"),
        id_hash=bytes(row.id_hash),
        phone=text("phone"),
        verified=row.verified_at is not None,
    )
