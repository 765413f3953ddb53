"""Small builders that other contexts' tests may import."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID

from stdnum.cn import ric

from entrepot.identity import services
from entrepot.identity.types import AddressDraft, KeyDraft, PersonDraft, RealNameDraft, Role, Scope
from entrepot.kit.clock import now

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
_number = count(1)


def id_number(*, region: str = "110105", born: date = date(1990, 1, 7), sequence: int = 1) -> str:
    """A valid made-up resident ID number (GB 11643): region, birth date, three digits, check digit."""
    body = f"{region}{born:%Y%m%d}{sequence:03d}"
    return body + ric.calc_check_digit(body + "0")


def buyer(*, email: str | None = None, phone: str | None = None) -> UUID:
    """A buyer with verified addresses and the password above."""
    if email is None and phone is None:
        email = f"buyer{next(_number)}@example.com"
    return services.enrol(draft=PersonDraft(password=PASSWORD, email=email, phone=phone), now=NOW)


def clerk(*roles: Role, is_demo: bool = False) -> UUID:
    """Staff with these roles. Page tests log them in with `entrepot.web.common.tests.makers.log_in`."""
    draft = PersonDraft(
        password=PASSWORD, email=f"clerk{next(_number)}@example.com", roles=frozenset(roles), is_demo=is_demo
    )
    return services.enrol(draft=draft, now=NOW)


ADDRESS = AddressDraft(
    recipient="张小燕",
    phone="13800135678",
    province_code="330000",
    city_code="330100",
    district_code="330106",
    detail="文三路 90 号 71 幢 101 室",
)


def address(buyer_id: UUID, draft: AddressDraft = ADDRESS) -> UUID:
    return services.add_address(buyer_id=buyer_id, draft=draft, now=NOW)


def real_name(buyer_id: UUID, *, name: str = "张小燕", number: str | None = None) -> UUID:
    draft = RealNameDraft(name=name, id_number=number or id_number(), phone="13800135678", consent=True)
    return services.record_real_name(buyer_id=buyer_id, draft=draft, now=NOW)


def key(person_id: UUID, scopes: Collection[Scope] = tuple(Scope)) -> str:
    """The secret of a fresh access key."""
    draft = KeyDraft(name="test", scopes=frozenset(scopes))
    return services.issue_key(person_id=person_id, draft=draft, now=now()).secret
