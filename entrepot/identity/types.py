"""People as other contexts see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

name_length_max = 60  # CEB buyerName
detail_length_max = 120  # with province, city and district in front it fits CEB consigneeAddress (200)


class Role(StrEnum):
    """What a person may do. A buyer holds none; a superuser holds all."""

    OPERATOR = "operator"  # settings, people, jobs
    CATALOGUE = "catalogue"
    WAREHOUSE = "warehouse"
    CUSTOMS = "customs"
    SERVICE = "service"  # orders, refunds
    FINANCE = "finance"
    PURCHASING = "purchasing"  # suppliers, purchase orders


class Scope(StrEnum):
    """What an access key may be used for. A session is not limited by scopes."""

    CATALOGUE_READ = "catalogue:read"  # products, search
    QUOTES_READ = "quotes:read"  # baskets and landed cost, computed and not kept
    BASKET_WRITE = "basket:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands at an entry point. `scopes` come with an access key; a session has none and is not limited by them."""

    person_id: UUID | None
    roles: frozenset[Role]
    scopes: frozenset[str] | None = None

    @property
    def name(self) -> str:
        return str(self.person_id) if self.person_id else "anonymous"


ANONYMOUS = Caller(person_id=None, roles=frozenset())


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """Somebody whom we enter ourselves (staff, demo, the command line): addresses count as verified."""

    password: str
    email: str | None = None
    phone: str | None = None
    display_name: str = ""
    language: str = "zh-hans"
    roles: frozenset[Role] = frozenset()
    is_superuser: bool = False
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as pages and lists show them: e-mail and phone masked, "" where there is none."""

    id: UUID
    display_name: str
    email: str
    phone: str
    language: str
    roles: frozenset[Role]
    is_active: bool
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Division:
    """One administrative division of mainland China: six-digit GB/T 2260 code and Chinese name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AddressDraft:
    """A delivery address as somebody typed it. Codes are six-digit GB/T 2260; `country` is ISO 3166-1 alpha-2."""

    recipient: str
    phone: str
    province_code: str
    city_code: str
    district_code: str
    detail: str
    is_default: bool = False
    country: str = "CN"


@dataclass(frozen=True, slots=True)
class Orderer:
    """Who orders, where it goes and the real-name record of the person it is for."""

    buyer_id: UUID
    address_id: UUID
    real_name_id: UUID


class Address(msgspec.Struct, frozen=True):
    """A delivery address in China, in the clear: never logged, never put into an event. Codes are GB/T 2260."""

    id: UUID
    buyer_id: UUID
    recipient: str
    phone: str  # E.164
    province_code: str
    city_code: str
    district_code: str
    province: str
    city: str
    district: str
    detail: str
    is_default: bool = False

    @property
    def one_line(self) -> str:
        names = [self.province, self.city, self.district]
        return "".join(name for i, name in enumerate(names) if name not in names[:i]) + self.detail


@dataclass(frozen=True, slots=True)
class MaskedAddress:
    """What pages show: 张*, 138****5678, the place without the door."""

    id: UUID
    recipient: str
    phone: str
    place: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class RealNameDraft:
    """Name, resident ID number and phone as the buyer typed them; `consent` is the separate box they ticked."""

    name: str
    id_number: str
    phone: str
    consent: bool


@dataclass(frozen=True, slots=True)
class MaskedRealName:
    id: UUID
    name: str
    id_number: str
    verified: bool


@dataclass(frozen=True, slots=True)
class RealName:
    """Name and resident ID number in the clear: only customs and payment see it, and every reading is logged."""

    id: UUID
    buyer_id: UUID
    name: str
    id_number: str
    id_hash: bytes
    phone: str
    verified: bool


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """A wished access key; `days` until it expires."""

    name: str
    scopes: frozenset[Scope]
    days: int = 90


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A fresh access key. `secret` is shown this once: only its hash is kept."""

    id: UUID
    secret: str
    prefix: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyCard:
    """An access key in a list."""

    id: UUID
    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
