"""Small builders for tests here and above: a supplier with a contract, and orders in any state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.catalogue.tests.makers import make_product
from entrepot.catalogue.types import Sku
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.procurement import selectors, services
from entrepot.procurement.types import (
    AuthorisationDraft,
    Contract,
    ContractDraft,
    Incoterm,
    LineDraft,
    OpenLine,
    OrderDraft,
    OrderView,
    OwnerDraft,
    PaymentTerms,
    Received,
    SupplierDraft,
)
from entrepot.tariff import services as tariff
from entrepot.tariff.tests.makers import make_draft

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
TODAY = date(2026, 11, 21)
LATER = date(2027, 3, 1)
HEAD = "hs_prefix,origin,destination,measure,params,valid_from,valid_to,confirmed,source,note"
BIG = 10**14  # fen: no order of the tests reaches it


def put_rates(*rows: tuple[str, str, str, str], now: datetime = NOW, name: str = "test-fx") -> None:
    """(currency, yuan for one, first day, first day it no longer holds or "")."""
    lines = [
        f'"","",CN,fx.{currency},"{{""rate"":""{rate}""}}",{since},{until},no,test rate,'
        for currency, rate, since, until in rows
    ]
    draft_id = make_draft("\n".join((HEAD, *lines)).encode(), name=name)
    tariff.commit_draft(draft_id=draft_id, actor="tests", now=now)


def rates() -> None:
    put_rates(("EUR", "8.2", "2026-11-01", ""), ("USD", "7.1", "2026-11-01", ""), ("JPY", "0.047", "2026-11-01", ""))


def supplier(code: str = "", **changes: Any) -> UUID:
    draft = SupplierDraft(code or f"S-{new_id().hex[-8:]}", "Maison Test SA", "FR", "EUR")
    return services.put_supplier(draft=replace(draft, **changes), actor="tests", now=NOW)


def contract(supplier_id: UUID | None = None, **changes: Any) -> Contract:
    """In euros for a year and a half, without minimum or discount, 5 % of over-receipt."""
    made = ContractDraft(
        supplier_id=supplier_id or supplier(),
        number=f"C-{new_id().hex[-8:]}",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 7, 1),
        currency="EUR",
        incoterm=Incoterm.FOB,
        place="Le Havre",
        payment=PaymentTerms.RECEIPT,
        payment_days=30,
        over_receipt=Decimal("0.05"),
    )
    contract_id = services.sign(draft=replace(made, **changes), actor="tests", now=NOW)
    found = selectors.contract(contract_id=contract_id)
    assert found is not None
    return found


def articles(n: int = 1, slug: str = "down-jacket") -> list[Sku]:
    return list(make_product(slug, sizes=[f"S{i}" for i in range(n)]).skus)


def wish(of: Contract, lines: Sequence[tuple[Sku, int, str]], **changes: Any) -> OrderDraft:
    made = OrderDraft(of.id, LATER, tuple(LineDraft(sku.id, units, Decimal(price)) for sku, units, price in lines))
    return replace(made, **changes)


def drafted(
    units: Sequence[int] = (100,), *, of: Contract | None = None, price: str = "10.50", actor: str = "author"
) -> OrderView:
    of = of or contract()
    lines = [(sku, n, price) for sku, n in zip(articles(len(units)), units, strict=True)]
    return read(services.draft(wish=wish(of, lines), actor=actor, now=NOW))


def approved(units: Sequence[int] = (100,), **options: Any) -> OrderView:
    made = drafted(units, **options)
    services.approve(order_id=made.id, version=1, actor="approver", four_eyes_from_minor=BIG, now=NOW)
    return read(made.id)


def sent(units: Sequence[int] = (100,), **options: Any) -> OrderView:
    made = approved(units, **options)
    services.send(order_id=made.id, actor="author", now=NOW)
    return read(made.id)


def receive(line: OpenLine, units: int, *, reference: str = "", spoiled: int = 0, now: datetime = NOW) -> None:
    came = [Received(line.id, units, spoiled)]
    services.receive_against(receipts=came, reference=reference or str(new_id()), actor="warehouse", now=now)


def owner(brand_ids: Sequence[UUID], code: str = "OWNER") -> UUID:
    draft = OwnerDraft(code, "Groupe Test", "FR", frozenset(brand_ids))
    return services.put_owner(draft=draft, actor="tests", now=NOW)


def authorised(brand_id: UUID, grantor: UUID | None, grantee: UUID | None, **changes: Any) -> UUID:
    """A link over 2026 and 2027, everywhere."""
    link = AuthorisationDraft(brand_id, grantor, grantee, date(2026, 1, 1), date(2028, 1, 1))
    return services.authorise(draft=replace(link, **changes), actor="tests", now=NOW)


def read(order_id: UUID) -> OrderView:
    found = selectors.order(order_id=order_id)
    assert found is not None
    return found


def told(topic: str) -> list[dict[str, Any]]:
    return sql.rows("SELECT aggregate_id, payload FROM outbox_event WHERE topic = %s ORDER BY id", (topic,))
