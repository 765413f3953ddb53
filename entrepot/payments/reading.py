"""Rows of our statements as the types that cross the border."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from entrepot.kit import sql
from entrepot.payments.models import Difference as DifferenceRow
from entrepot.payments.models import ShareDeclaration, TransactionEvent
from entrepot.payments.types import (
    DeclaredShare,
    DifferenceKind,
    PayerCheck,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    ShareState,
    Split,
    StatementDifference,
)


def read_payment(*, buyer_id: UUID, payment_id: UUID | None = None, order_id: UUID | None = None) -> Payment | None:
    """One buyer's payment by id, or an order's latest (a failed one only if there is no other)."""
    wanted = asked_by(buyer_id=buyer_id, payment_id=payment_id, order_id=order_id, order_number=None)
    rows = sql.hot_rows(sql.load("payments", "payment"), wanted)
    return payment_of(rows[0]) if rows else None


def asked_by(**wanted: UUID | str | None) -> dict[str, UUID | str | None]:
    """The parameters of `payment.sql`. No order has a number with a NUL in it."""
    number = wanted["order_number"]
    return {**wanted, "order_number": "" if isinstance(number, str) and "\0" in number else number}


def payment_of(row: Mapping[str, Any]) -> Payment:
    check = PayerCheck(row["payer_check"])
    return Payment(
        id=row["id"],
        buyer_id=row["buyer_id"],
        order_id=row["order_id"],
        order_number=row["order_number"],
        provider=row["provider"],
        state=PaymentState(row["state"]),
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        refunded_minor=row["refunded_minor"],
        provider_payment=row["provider_payment"],
        payment_company_code=row["company_code"],
        payment_company_name=row["company_name"],
        payer_is_buyer=None if check is PayerCheck.UNCHECKED else check is PayerCheck.SAME,
        verifying_department=row["verifying_department"],
        verifying_transaction=row["verifying_transaction"],
        captured_at=row["captured_at"],
        splits=tuple(
            Split(UUID(part["parcel_id"]), part["number"], part["amount_minor"], part["transaction"])
            for part in sql.json_value(row["splits"]) or ()
        ),
        payer_real_name_id=row["payer_real_name_id"],
        pay_until=row["pay_until"],
        language=row["language"],
        created_at=row["created_at"],
        refunding_minor=row["refunding_minor"],
    )


def unbegun() -> Q:
    """Payments that nobody has gone to the cashier for: `begin` writes down what will be asked before it is asked."""
    asked = TransactionEvent.objects.filter(buyer_id=OuterRef("buyer_id"), payment_id=OuterRef("id"))
    return Q(state=PaymentState.PENDING) & ~Q(Exists(asked))


def difference_of(row: DifferenceRow) -> StatementDifference:
    return StatementDifference(
        kind=DifferenceKind(row.kind),
        movement=row.movement,
        request_id=row.request_id,
        ours_minor=row.ours_minor,
        theirs_minor=row.theirs_minor,
        currency=row.currency,
    )


def refund_of(row: Mapping[str, Any], currency: str) -> Refund:
    return Refund(
        id=row["id"],
        buyer_id=row["buyer_id"],
        payment_id=row["payment_id"],
        key=row["key"],
        amount_minor=row["amount_minor"],
        currency=currency,
        reason=row["reason"],
        state=RefundState(row["state"]),
        provider_refund=row["provider_refund"],
        requested_at=row["requested_at"],
        done_at=row["done_at"],
    )


def share_of(row: ShareDeclaration) -> DeclaredShare:
    return DeclaredShare(
        id=row.id,
        payment_id=row.payment_id,
        number=row.number,
        declarer=row.declarer,
        place=row.place,
        state=ShareState(row.state),
        amount_minor=row.amount_minor,
        customs_number=row.customs_number,
        customs_order=row.customs_order,
        company_code=row.company_code,
        payer_check=PayerCheck(row.payer_check),
        verifying_department=row.verifying_department,
        verifying_transaction=row.verifying_transaction,
        refusal=row.refusal,
        words=row.words,
        asked_at=row.asked_at,
        changed_at=row.changed_at,
        asks=row.asks,
    )
