"""People: entering them, their phone, their roles. Buyers sign up themselves through the log-in pages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from entrepot.audit.services import record
from entrepot.identity import models, rules
from entrepot.identity.services.real_names import ReasonMissing
from entrepot.identity.types import PersonDraft, Role
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.kit.sealing import sealer

display_name_length_max = 60


class InvalidLogin(Invalid):
    code = "invalid_login"
    zh = "请填写正确的邮箱或手机号"
    en = "Enter a valid e-mail address or phone number"


class AddressTaken(Refusal):
    code = "address_taken"
    zh = "该邮箱或手机号已注册"
    en = "This e-mail address or phone number is already registered"


def phone_hash(phone: str) -> bytes:
    """The keyed hash under which an E.164 number is looked up."""
    return sealer().blind_index(phone, "phone")


def _sealed_phone(phone: str, person_id: UUID) -> bytes:
    return sealer().seal(phone, f"person.phone:{person_id}")


def opened_phone(person: models.Person) -> str | None:
    """E.164, or None if the person gave none."""
    if person.phone_sealed is None:
        return None
    return sealer().open(person.phone_sealed, f"person.phone:{person.id}")


def _checked_email(text: str) -> str:
    try:
        validate_email(text.strip())
    except ValidationError as wrong:
        raise InvalidLogin(field="email") from wrong
    return text.strip().lower()


@transaction.atomic
def enrol(*, draft: PersonDraft, now: datetime, actor: str = "system:enrol") -> UUID:
    """Enter a person with verified addresses; roles given with it are logged as the actor's doing. Refuses InvalidLogin
    and AddressTaken, with `field`."""
    if not draft.email and not draft.phone:
        raise InvalidLogin(field="email")
    email = _checked_email(draft.email) if draft.email else None
    phone = rules.phone_number(draft.phone) if draft.phone else None
    if draft.phone and phone is None:
        raise InvalidLogin(field="phone")
    person = models.Person(
        id=new_id(),
        email=email,
        display_name=draft.display_name[:display_name_length_max],
        language=draft.language,
        roles=sorted(role.value for role in draft.roles),
        is_superuser=draft.is_superuser,
        is_demo=draft.is_demo,
        date_joined=now,
    )
    person.set_password(draft.password)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as taken:
        raise AddressTaken(field="email") from taken
    if email:
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    if phone:
        attach_phone(person_id=person.id, phone=phone, verified=True)
    if person.roles or person.is_superuser:
        record(
            actor=actor,
            action="identity.enrolled",
            subject_kind="person",
            subject_id=person.id,
            buyer_id=person.id,
            reason="",
            at=now,
            detail={"roles": person.roles, "is_superuser": person.is_superuser},
        )
    return person.id


@transaction.atomic
def attach_phone(*, person_id: UUID, phone: str, verified: bool) -> None:
    """Give a person a phone number to log in with. Refuses InvalidLogin, AddressTaken."""
    number = rules.phone_number(phone)
    if number is None:
        raise InvalidLogin(field="phone")
    digest = phone_hash(number)
    sealed = _sealed_phone(number, person_id)
    person = models.Person.objects.filter(id=person_id)
    try:
        with transaction.atomic():
            person.update(phone_sealed=sealed, phone_hash=digest, phone_verified=verified)
    except IntegrityError as taken:
        raise AddressTaken(field="phone") from taken


@transaction.atomic
def set_standing(
    *, person_id: UUID, roles: Collection[Role], is_active: bool, actor: str, reason: str, now: datetime
) -> None:
    """Give a person exactly these roles and open or close the account; logged with before and after.

    A closed account's sessions and keys stop at their next call. Refuses ReasonMissing, NotFound.
    """
    if not reason.strip():
        raise ReasonMissing(field="reason")
    person = models.Person.objects.select_for_update(no_key=True).filter(id=person_id).first()
    if person is None:
        raise NotFound(what="person")
    after = {"roles": sorted(role.value for role in roles), "is_active": is_active}
    before = {name: getattr(person, name) for name in after}
    if after == before:
        return
    models.Person.objects.filter(id=person_id).update(**after)
    record(
        actor=actor,
        action="identity.standing_set",
        subject_kind="person",
        subject_id=person_id,
        buyer_id=person_id,
        reason=reason,
        at=now,
        detail={"before": before, "after": after},
    )
