"""Rows of our tables as what they mean: standings, differences, sealed bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from entrepot.customs import models
from entrepot.customs.rules.standing import Standing, Verdict
from entrepot.customs.types import Difference, DocumentKind
from entrepot.customs.types.taxes import TaxCounter, TaxPayment
from entrepot.kit.sealing import sealer


def standings_of(column: Mapping[str, Any]) -> dict[DocumentKind, Standing]:
    """The `standing` column."""
    return {DocumentKind(kind): _standing(entry) for kind, entry in column.items()}


def _standing(entry: Mapping[str, Any]) -> Standing:
    verdict = entry.get("verdict")
    return Standing(
        document=UUID(entry["document"]),
        sent=entry["sent"],
        mark=entry.get("mark", ""),
        status=entry.get("status"),
        verdict=Verdict(verdict) if verdict else None,
        code=entry.get("code", ""),
        pre=entry.get("pre", ""),
        invt=entry.get("invt", ""),
        payment=UUID(entry["payment"]) if entry.get("payment") else None,
    )


def fresh(document_id: UUID, payment_id: UUID | None = None) -> dict[str, Any]:
    """The standing of a document that was just written; `payment_id`: that payment's provider tells customs of it."""
    told_by = {"payment": str(payment_id)} if payment_id else {}
    return {"document": str(document_id), "sent": False, **told_by}


def differences_of(column: Iterable[Mapping[str, str]]) -> tuple[Difference, ...]:
    return tuple(Difference(**one) for one in column)


def differences_column(differences: Iterable[Difference]) -> list[dict[str, str]]:
    return [asdict(one) for one in differences]


def seal_document(xml: bytes, document_id: UUID) -> bytes:
    return sealer().seal(xml.decode(), f"customs_document.xml:{document_id}")


def open_document(sealed: bytes | memoryview, document_id: UUID) -> bytes:
    """The message as it was signed, byte for byte."""
    return sealer().open(sealed, f"customs_document.xml:{document_id}").encode()


def seal_arrival(raw: bytes, arrival_id: UUID) -> bytes:
    """What comes is in several encodings, or none: the bytes are kept as latin-1, which loses none."""
    return sealer().seal(raw.decode("latin-1"), f"customs_receipt.raw:{arrival_id}")


def open_arrival(sealed: bytes | memoryview, arrival_id: UUID) -> bytes:
    return sealer().open(sealed, f"customs_receipt.raw:{arrival_id}").encode("latin-1")


def seal_data(text: str, request_id: UUID) -> bytes:
    return sealer().seal(text, f"customs_datarequest.body:{request_id}")


def open_data(sealed: bytes | memoryview, request_id: UUID) -> str:
    """An upload of raw payment data as it was signed."""
    return sealer().open(sealed, f"customs_datarequest.body:{request_id}")


def payment_of(row: models.TaxPayment) -> TaxPayment:
    return TaxPayment(**{name: getattr(row, name) for name in TaxPayment.__dataclass_fields__})


def counter_of(row: models.TaxCounter) -> TaxCounter:
    return TaxCounter(**{name: getattr(row, name) for name in TaxCounter.__dataclass_fields__})
