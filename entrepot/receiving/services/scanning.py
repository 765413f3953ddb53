"""Scans come in: each once, in any order, from any number of hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Sku
from entrepot.consignments import selectors as consignments
from entrepot.consignments.types import Line
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.receiving import models, rules
from entrepot.receiving.services.refusals import (
    BadScan,
    DatesDiffer,
    LotExpired,
    LotNeeded,
    PalletTaken,
    ReceiptNotOpen,
    ScanDiffers,
    TooManyScans,
    UnknownBarcode,
    UnknownReceipt,
)
from entrepot.receiving.types import Answer, Condition, Read, ReceiptState, Scan

_PARTICULARS = ("produced_on", "expires_on", "origin")
_SAID = ("sku_id", "code", "lot", "produced_on", "expires_on", "origin", "units", "condition", "pallet")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the scans of one call are held against."""

    by_gtin: Mapping[str, Sku]
    by_code: Mapping[str, Sku]
    lines: Sequence[Line]
    today: date


def take_scans(*, receipt_id: UUID, scans: Sequence[Scan], actor: str, now: datetime) -> list[Answer]:
    """Count what was scanned. Each scan is answered for itself, in the order given: one that cannot be taken stops no
    other, and one that was taken before is known. All of the taken ones or none are written.

    Refuses UnknownReceipt, TooManyScans. Answers hold ReceiptNotOpen, BadScan, UnknownBarcode, LotNeeded, DatesDiffer,
    LotExpired, PalletTaken, ScanDiffers.
    """
    if not 0 < len(scans) <= rules.SCANS_MAX:
        raise TooManyScans(field="scans", most=rules.SCANS_MAX)
    with transaction.atomic():
        consignment_id, is_open = hold_open(receipt_id)
        known = _known(scans, consignment_id, day_in(CHINA, now))
        answers, rows = _judged(scans, known, now)
        # Where nothing but its id can keep a scan out, the insert itself finds those that are on record.
        plain = is_open and not any(row["pallet"] for row in rows.values())
        before = {} if plain else _on_record(list(rows))
        fresh = {scan_id: row for scan_id, row in rows.items() if scan_id not in before}
        if not is_open:
            answers |= {scan_id: Answer(scan_id, refusal=ReceiptNotOpen()) for scan_id in fresh}
            fresh = {}
        held = _hold_pallets(consignment_id, receipt_id, {row["pallet"] for row in fresh.values()} - {""}, actor)
        for scan_id, row in list(fresh.items()):
            if row["pallet"] and row["pallet"] not in held:
                answers[scan_id] = Answer(scan_id, refusal=PalletTaken(field="pallet", pallet=row["pallet"]))
                del fresh[scan_id]
        taken = _write(receipt_id, list(fresh.values()), actor, now)
        before |= _on_record([scan_id for scan_id in fresh if scan_id not in taken])
        for scan_id, written in before.items():
            answers[scan_id] = _repeated(answers[scan_id], rows[scan_id], receipt_id, written)
    return [answers[scan.id] for scan in scans]


def hold_open(receipt_id: UUID) -> tuple[UUID, bool]:
    """The receipt's consignment, and whether it is open; it stays so until the transaction ends.
    Refuses UnknownReceipt."""
    found = sql.hot_rows(sql.load("receiving", "hold_open"), {"receipt_id": receipt_id})
    if not found:
        raise UnknownReceipt(what="receipt")
    return found[0]["consignment_id"], found[0]["state"] == ReceiptState.OPEN


def _known(scans: Sequence[Scan], consignment_id: UUID, today: date) -> _Known:
    reads = {scan.code: rules.read_code(scan.code) for scan in scans}
    gtins = {read.gtin for read in reads.values() if read is not None}
    codes = {code.strip() for code, read in reads.items() if read is None} - {""}
    by_gtin, by_code = catalogue.sku_by_gtin(gtins=gtins), catalogue.sku_by_code(codes=codes)
    skus = {sku.id for sku in (*by_gtin.values(), *by_code.values())}
    lines = consignments.lines_of(consignment_id=consignment_id, sku_ids=skus)
    return _Known(by_gtin, by_code, lines, today)


def _judged(
    scans: Sequence[Scan], known: _Known, now: datetime
) -> tuple[dict[UUID, Answer], dict[UUID, dict[str, Any]]]:
    """Answers by id, and the rows of those that can be taken. The first of two with one id counts."""
    answers: dict[UUID, Answer] = {}
    rows: dict[UUID, dict[str, Any]] = {}
    for scan in scans:
        if scan.id in answers:
            continue
        try:
            sku, row = _row(scan, known, now)
        except Refusal as no:
            answers[scan.id] = Answer(scan.id, refusal=no)
            continue
        rows[scan.id] = row
        answers[scan.id] = Answer(scan.id, sku_code=sku.code, titles=sku.titles, lot=row["lot"])
    return answers, rows


def _row(scan: Scan, known: _Known, now: datetime) -> tuple[Sku, dict[str, Any]]:
    """What is written of a scan; it depends on the scan, the notice and the catalogue only, never on other scans."""
    read = rules.read_code(scan.code)
    sku = known.by_gtin.get(read.gtin.zfill(14)) if read else known.by_code.get(scan.code.strip())
    if sku is None:
        raise UnknownBarcode(field="code", code=scan.code.strip()[:40])
    _check(scan)
    said = _said(scan, read or Read(""))
    lines = [line for line in known.lines if line.sku_id == sku.id]
    if not said.lot and len(lines) > 1:
        raise LotNeeded(field="lot", sku=sku.code, lots=", ".join(line.lot for line in lines)[:120])
    lot = said.lot or (lines[0].lot if lines else "")
    line = next((line for line in lines if line.lot == lot), None)
    whole = _filled(said, line, sku)
    if whole.condition is Condition.SOUND and whole.expires_on and whole.expires_on <= known.today:
        raise LotExpired(field="expires_on", sku=sku.code, lot=lot, day=whole.expires_on.isoformat())
    row = {name: getattr(whole, name) for name in ("id", "produced_on", "expires_on", "origin", "units", "pallet")}
    at = min(scan.scanned_at or now, now)
    code = scan.code.strip()[: rules.CODE_MAX]
    return sku, {**row, "sku_id": sku.id, "code": code, "lot": lot, "condition": scan.condition.value, "scanned_at": at}


def _check(scan: Scan) -> None:
    if scan.units == 0 or abs(scan.units) > rules.UNITS_MAX:
        raise BadScan(field="units", what="units")
    words = {"lot": scan.lot, "pallet": scan.pallet}
    bad = [name for name, text in words.items() if len(text) > 30 or not (text.isprintable() or not text)]
    if bad or (scan.origin and not (len(scan.origin) == 2 and scan.origin.isascii() and scan.origin.isalpha())):
        raise BadScan(field=bad[0] if bad else "origin", what=bad[0] if bad else "origin")
    if scan.produced_on and scan.expires_on and scan.expires_on <= scan.produced_on:
        raise BadScan(field="expires_on", what="expires_on")


def _said(scan: Scan, read: Read) -> Scan:
    """What was typed counts before what the code says."""
    return replace(
        scan,
        lot=" ".join(scan.lot.split()) or " ".join(read.lot.split())[:30],
        produced_on=scan.produced_on or read.produced_on,
        expires_on=scan.expires_on or read.expires_on,
        origin=scan.origin.upper(),
        pallet=" ".join(scan.pallet.split()).upper(),
    )


def _filled(said: Scan, line: Line | None, sku: Sku) -> Scan:
    """With what the notice says of the lot. Refuses DatesDiffer."""
    if line is None:
        return replace(said, origin=said.origin or sku.origin)
    told = {name: getattr(line, name) for name in _PARTICULARS if getattr(line, name)}
    if any(getattr(said, name) and getattr(said, name) != value for name, value in told.items()):
        raise DatesDiffer(field="lot", sku=sku.code, lot=line.lot)
    return replace(said, **told)


def _on_record(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = models.Scan.objects.filter(id__in=ids).values("id", "receipt_id", *_SAID) if ids else []
    return {row["id"]: row for row in rows}


def _hold_pallets(consignment_id: UUID, receipt_id: UUID, codes: set[str], actor: str) -> set[str]:
    """Those of the pallets that are this person's to count in this receipt, from the first scan on."""
    if not codes:
        return set()
    drafts = [
        models.Pallet(id=new_id(), consignment_id=consignment_id, receipt_id=receipt_id, code=code, held_by=actor)
        for code in sorted(codes)
    ]
    models.Pallet.objects.bulk_create(drafts, ignore_conflicts=True)  # waits for who writes the same at this moment
    mine = models.Pallet.objects.filter(consignment_id=consignment_id, code__in=codes)
    return set(mine.filter(receipt_id=receipt_id, held_by=actor).values_list("code", flat=True))


def _write(receipt_id: UUID, rows: Sequence[Mapping[str, Any]], actor: str, now: datetime) -> set[UUID]:
    if not rows:
        return set()
    params = {"scans": sql.document(list(rows)), "receipt_id": receipt_id, "at": now, "actor": actor}
    return {row[0] for row in sql.hot(sql.load("receiving", "take"), params)[1]}


def _repeated(answer: Answer, row: Mapping[str, Any], receipt_id: UUID, written: Mapping[str, Any]) -> Answer:
    """The same scan again is known; another one under its id is refused."""
    same = written["receipt_id"] == receipt_id and all(written[name] == row[name] for name in _SAID)
    if not same:
        return Answer(answer.id, refusal=ScanDiffers(field="id"))
    return replace(answer, known=True)
