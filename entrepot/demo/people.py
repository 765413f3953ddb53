"""The demo's people: one buyer with address and real name, one person per staff role. Nobody of them exists."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.identity import services
from entrepot.identity.services import AddressTaken
from entrepot.identity.types import AddressDraft, PersonDraft, RealNameDraft, Role

PASSWORD = "koala-lane-demo"  # noqa: S105 only the demo loads these people, and the terminal shows it
DOMAIN = "demo.entrepot.test"  # .test never resolves (RFC 2606)
BUYER = f"buyer@{DOMAIN}"

# Formally right and obviously made up: Beijing Dongcheng, 1 January 1990, sequence 000, which is never given out.
ID_NUMBER = "110101199001010007"
PHONE = "13800000000"

_STAFF = {
    Role.OPERATOR: "运营 Operator",
    Role.CATALOGUE: "商品 Catalogue",
    Role.WAREHOUSE: "仓库 Warehouse",
    Role.CUSTOMS: "关务 Customs",
    Role.SERVICE: "客服 Service",
    Role.FINANCE: "财务 Finance",
    Role.PURCHASING: "采购 Purchasing",
}


def log_ins() -> list[str]:
    """Lines for the terminal: who can log in, and the password of all of them."""
    staff = ", ".join(f"{role.value}@{DOMAIN}" for role in _STAFF)
    return [
        f"buyer        {BUYER}",
        f"staff        {staff}",
        f"password     {PASSWORD}   (all of them; demo data, nothing real)",
    ]


@transaction.atomic
def put_people(*, now: datetime) -> None:
    """Enrol who is not there yet, all or nobody."""
    buyer_id = _enrol(PersonDraft(email=BUYER, password=PASSWORD, display_name="王示例", is_demo=True), now)
    if buyer_id is not None:
        _furnish(buyer_id, now)
    for role, name in _STAFF.items():
        email = f"{role.value}@{DOMAIN}"
        _enrol(
            PersonDraft(email=email, password=PASSWORD, display_name=name, roles=frozenset({role}), is_demo=True), now
        )


def _enrol(draft: PersonDraft, now: datetime) -> UUID | None:
    """The new person's id, or None if the address is taken: they are there already."""
    try:
        return services.enrol(draft=draft, now=now)
    except AddressTaken:
        return None


def _furnish(buyer_id: UUID, now: datetime) -> None:
    services.add_address(
        buyer_id=buyer_id,
        draft=AddressDraft(
            recipient="王示例",
            phone=PHONE,
            province_code="310000",
            city_code="310100",
            district_code="310104",
            detail="示例路 100 号 考拉花园 1 幢 101 室",
            is_default=True,
        ),
        now=now,
    )
    services.record_real_name(
        buyer_id=buyer_id,
        draft=RealNameDraft(name="王示例", id_number=ID_NUMBER, phone=PHONE, consent=True),
        now=now,
    )
