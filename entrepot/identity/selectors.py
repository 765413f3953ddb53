"""Questions about people. Personal data comes masked; the clear forms are verbs in `services` and leave a trace."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q

from entrepot.identity import models, rules
from entrepot.identity.divisions import tree
from entrepot.identity.services.addresses import opened as opened_address
from entrepot.identity.services.people import opened_phone, phone_hash
from entrepot.identity.services.real_names import NoRealName
from entrepot.identity.services.real_names import id_hash as keyed
from entrepot.identity.services.real_names import opened as opened_real_name
from entrepot.identity.types import Division, KeyCard, MaskedAddress, MaskedRealName, Profile, Role
from entrepot.kit import sql
from entrepot.kit.sealing import CannotOpen

people_max = 500  # ids a call
staff_max = 2_000


def person(*, person_id: UUID) -> Profile | None:
    return people(ids=[person_id]).get(person_id)


def login(*, person_id: UUID) -> models.Person | None:
    """The row that Django knows a logged-in person by; None where the account is closed."""
    for row in sql.hot_rows(sql.load("identity", "person"), {"id": person_id}):
        found = models.Person(**{**row, "roles": sql.json_value(row["roles"])})
        found._state.adding, found._state.db = False, "default"
        return found if found.is_active else None
    return None


def people(*, ids: Collection[UUID]) -> dict[UUID, Profile]:
    """Profiles by id, unknown ids left out. At most 500 ids."""
    if len(ids) > people_max:
        raise ValueError(f"at most {people_max} people at once")
    return {row.id: profile(row=row) for row in models.Person.objects.filter(id__in=ids)}


def staff_names() -> dict[str, str]:
    """The names of all who hold a role, by their id as text; the masked address of who has no name. One statement."""
    rows = models.Person.objects.filter(Q(is_superuser=True) | ~Q(roles=[]))
    found = rows.order_by("-date_joined").values_list("id", "display_name", "email")[:staff_max]
    return {str(id_): name or rules.masked_email(email or "") for id_, name, email in found}


def profile(*, row: models.Person) -> Profile:
    """The masked form of a person already read."""
    phone = opened_phone(row)
    return Profile(
        id=row.id,
        display_name=row.display_name,
        email=rules.masked_email(row.email or ""),
        phone=rules.masked_phone(phone) if phone else "",
        language=row.language,
        roles=row.role_set,
        is_active=row.is_active,
        joined_at=row.date_joined,
    )


def roles(*, person_id: UUID) -> frozenset[Role]:
    """What the person may do; nothing for a buyer or an unknown or closed account."""
    row = models.Person.objects.filter(id=person_id, is_active=True).first()
    return row.role_set if row else frozenset()


def id_by_phone(*, phone: str) -> UUID | None:
    """Whose log-in number this is (any way of writing it)."""
    number = rules.phone_number(phone)
    if number is None:
        return None
    return models.Person.objects.filter(phone_hash=phone_hash(number)).values_list("id", flat=True).first()


def id_by_login(*, login: str) -> UUID | None:
    """Whose e-mail address or phone number this is."""
    if "@" in login:
        found = models.Person.objects.filter(email=login.strip().lower())
        return found.values_list("id", flat=True).first()
    return id_by_phone(phone=login)


def demo_logins() -> list[tuple[str, str]]:
    """(name, e-mail) of the demo's own people, staff last; nothing where no demo was loaded."""
    rows = models.Person.objects.filter(is_demo=True, email__isnull=False).order_by("date_joined", "id")
    return [(row.display_name, row.email or "") for row in sorted(rows[:20], key=lambda row: bool(row.role_set))]


def e164(*, text: str) -> str | None:
    """A phone number as stored, from any way of writing it (Chinese without a country code); None if it is not one."""
    return rules.phone_number(text)


def login_phone(*, person_id: UUID) -> tuple[str, bool] | None:
    """The person's own log-in number (E.164, in the clear: only for sending them a code) and whether it is verified."""
    row = models.Person.objects.filter(id=person_id).first()
    phone = opened_phone(row) if row else None
    return (phone, row.phone_verified) if row and phone else None


def masked_addresses(*, buyer_id: UUID) -> list[MaskedAddress]:
    """The buyer's addresses, the default first, then the newest."""
    return [_masked_address(row) for row in sql.hot_rows(sql.load("identity", "addresses"), {"buyer_id": buyer_id})]


def _masked_address(row: Mapping[str, Any]) -> MaskedAddress:
    address = opened_address(row)
    names = (address.province, address.city, address.district)
    return MaskedAddress(
        id=row["id"],
        recipient=rules.masked_name(address.recipient),
        phone=rules.masked_phone(address.phone),
        place=" ".join(dict.fromkeys(names)),
        is_default=row["is_default"],
    )


def masked_real_names(*, buyer_id: UUID) -> list[MaskedRealName]:
    """The buyer's real-name records in force, the newest first."""
    rows = models.RealName.objects.filter(buyer_id=buyer_id, dropped_at__isnull=True).order_by("-created_at", "-id")
    return [_masked_real_name(row) for row in rows]


def _masked_real_name(row: models.RealName) -> MaskedRealName:
    opened = opened_real_name(row)
    return MaskedRealName(
        id=row.id,
        name=rules.masked_name(opened.name),
        id_number=rules.masked_id_number(opened.id_number),
        verified=opened.verified,
    )


def verified_hashes(*, buyer_id: UUID) -> dict[UUID, bytes]:
    """The keyed hash by record, of the buyer's records that a payment has confirmed: what is known of a person is shown
    to whoever proved to be that person, not to whoever typed a number."""
    rows = models.RealName.objects.filter(buyer_id=buyer_id, dropped_at__isnull=True, verified_at__isnull=False)
    return {record_id: bytes(found) for record_id, found in rows.values_list("id", "id_hash")}


def keys(*, person_id: UUID) -> list[KeyCard]:
    """The person's access keys, the newest first, revoked and expired ones included."""
    rows = models.AccessKey.objects.filter(person_id=person_id).order_by("-created_at", "-id")
    return [
        KeyCard(
            id=row.id,
            name=row.name,
            prefix=row.prefix,
            scopes=frozenset(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]


def provinces() -> tuple[Division, ...]:
    """The 31 provincial divisions of mainland China, in code order."""
    return tree().children[""]


def cities(*, province: str) -> tuple[Division, ...]:
    """The cities of a province (its code); empty for an unknown one."""
    return tree().children.get(province, ()) if province.endswith("0000") else ()


def districts(*, city: str) -> tuple[Division, ...]:
    """The districts of a city (its code); a city without districts is its own. Empty for an unknown one."""
    return tree().children.get(city, ()) if city and not city.endswith("0000") else ()


def id_hash(*, record_id: UUID, buyer_id: UUID) -> bytes:
    """The keyed hash of a record's ID number: tells one person from another, and nothing else. Refuses NoRealName."""
    rows = models.RealName.objects.filter(id=record_id, buyer_id=buyer_id, dropped_at__isnull=True)
    found = rows.values_list("id_hash", flat=True).first()
    if found is None:
        raise NoRealName
    return bytes(found)


def keys_fit() -> bool:
    """Whether our keys open the oldest and the newest real name and address, and find them."""
    names = models.RealName.objects.filter(purged_at__isnull=True).order_by("id")
    places = models.Address.objects.order_by("id")
    try:
        for place in filter(None, (places.first(), places.last())):
            opened_address(vars(place))
        found = [(opened_real_name(row).id_number, row.id_hash) for row in (names.first(), names.last()) if row]
    except CannotOpen:
        return False
    return all(keyed(number) == bytes(known) for number, known in found)
