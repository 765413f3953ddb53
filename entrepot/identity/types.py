"""People as other contexts see them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person may do. A buyer holds none; a superuser holds all."""

    OPERATOR = "operator"  # settings, people, jobs
    CATALOGUE = "catalogue"
    WAREHOUSE = "warehouse"
    CUSTOMS = "customs"
    SERVICE = "service"  # orders, refunds
    FINANCE = "finance"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands at an entry point. `scopes` come with an access key; a session has none and is not limited by them."""

    person_id: UUID | None
    roles: frozenset[Role]
    scopes: frozenset[str] | None = None

    @property
    def name(self) -> str:
        return str(self.person_id) if self.person_id else "anonymous"


@dataclass(frozen=True, slots=True)
class Address:
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
