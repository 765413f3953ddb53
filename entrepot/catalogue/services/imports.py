"""Staged import: open a file, map its columns, read and compare step by step, commit step by step, or discard.

`step` does the next piece of whatever the run is at and remembers the position in the same transaction: a process that
is killed loses at most one uncommitted piece, and the next call goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.catalogue import rules, selectors
from entrepot.catalogue.importing import fields, parsing, reading
from entrepot.catalogue.models import ImportRow, ImportRun
from entrepot.catalogue.services import steps
from entrepot.catalogue.types import ImportState, Verdict
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.kit.sql import load, run
from entrepot.outbox.services import defer

ROWS_PER_STAGING = 5_000
KEPT_DAYS = 30
JOB = "catalogue.import"


class WrongState(Refusal):
    code = "wrong_state"
    zh = "此批次目前的状态是“{state}”，不能这样做"
    en = "The run is {state}; this cannot be done now"


class NothingToImport(Refusal):
    code = "nothing_to_import"
    zh = "没有新增或变更的行可以导入"
    en = "No row is new or changed: there is nothing to import"


class BadDefault(Invalid):
    code = "bad_default"
    zh = "默认值有误（{name}）：{why_zh}"
    en = "The default for {name} is not right: {why_en}"


def _locked(run_id: UUID) -> ImportRun:
    """The run, locked: steps of one run never run beside each other. Raises NotFound."""
    found = ImportRun.objects.select_for_update().filter(id=run_id).first()
    if found is None:
        raise NotFound(field="run_id", what=str(run_id))
    return found


def attribute_words() -> dict[str, str]:
    """Folded labels of all data sheets to "attr.<code>", for guessing."""
    return {
        label.casefold(): f"attr.{line.code}"
        for found in selectors.product_types().values()
        for line in found.attributes
        for label in line.labels.values()
    }


@transaction.atomic
def open_import(*, name: str, content: bytes, actor: str, now: datetime, encoding: str = "") -> UUID:
    """Read a file into staged rows with a guessed mapping. Raises BadText and what `importing.reading.read` does."""
    table = reading.read(content, encoding=encoding)
    run_id = new_id()
    found = ImportRun(
        id=run_id,
        file_name=rules.clean_text(name, field="file", length_max=200),
        digest=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        kind=table.kind,
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.sheet[:200],
        headings=table.headings,
        mapping=fields.guess(table.headings, attribute_words()),
        language="zh-hans",
        state=ImportState.UPLOADED,
        rows_total=len(table.rows),
        created_by=actor,
        created_at=now,
        changed_at=now,
    )
    found.save(force_insert=True)
    for start in range(0, len(table.rows), ROWS_PER_STAGING):
        rows = [
            {"id": new_id(), "line": line, "cells": cells}
            for line, cells in table.rows[start : start + ROWS_PER_STAGING]
        ]
        run(load("catalogue", "stage_rows"), {"run_id": run_id, "rows": steps.encoded(rows)})
    steps.look_again(steps.ROWS)
    return run_id


def _check_defaults(defaults: Mapping[str, str], language: str) -> dict[str, str]:
    """Texts for empty cells, each readable on its own. Raises UnknownField, BadDefault."""
    for name, words in defaults.items():
        fields.check_field(name)
        _, problems = parsing.parse((words,), mapping={name: 0}, defaults={}, language=language, width=1)
        if problems:
            raise BadDefault(field=name, name=name, why_zh=problems[0].zh, why_en=problems[0].en)
    return {name: words for name, words in defaults.items() if words}


def mapping_of(*, run_id: UUID, columns: Sequence[str]) -> dict[str, int]:
    """A mapping from one field name a column, empty for columns that are not used. Raises NotFound, FieldTwice."""
    found = ImportRun.objects.filter(id=run_id).first()
    if found is None:
        raise NotFound(field="run_id", what=str(run_id))
    return fields.by_columns(columns, found.headings)


@transaction.atomic
def map_import(
    *,
    run_id: UUID,
    mapping: Mapping[str, int],
    defaults: Mapping[str, str],
    language: str,
    now: datetime,
    background: bool = False,
) -> None:
    """Say what the columns mean and begin to read and compare; `background` leaves that to the worker.

    Raises NotFound, WrongState, UnknownField, UnknownColumn, ColumnTwice, MissingColumns, BadDefault, BadText.
    """
    found = _locked(run_id)
    if found.state in {ImportState.COMMITTING, ImportState.DONE, ImportState.DISCARDED}:
        raise WrongState(state=found.state)
    rules.clean_texts({language: "x"}, field="language", length_max=1)
    found.mapping = fields.check_mapping(mapping, found.headings)
    found.defaults = _check_defaults(defaults, language)
    found.language = language.lower()
    found.position_line, found.position_slug, found.counts = 0, "", {}
    steps.move(found, ImportState.READING, now)
    _in_background(run_id, background)


def _in_background(run_id: UUID, background: bool) -> None:
    if background:
        defer(job=JOB, lock=f"{JOB}:{run_id}", args={"run_id": str(run_id)})


@transaction.atomic
def step_import(*, run_id: UUID, now: datetime) -> bool:
    """Do the next piece of reading, comparing or committing; whether there is more to do. Raises NotFound."""
    found = _locked(run_id)
    if found.state == ImportState.READING:
        steps.read(found, now)
    elif found.state == ImportState.COMPARING:
        steps.compare(found, now)
    elif found.state == ImportState.COMMITTING:
        steps.commit(found, now)
    return ImportState(found.state).working


@transaction.atomic
def commit_import(*, run_id: UUID, actor: str, now: datetime, background: bool = False) -> None:
    """Begin to write the new and changed rows; `step` does it. Raises NotFound, WrongState, NothingToImport."""
    found = _locked(run_id)
    if found.state != ImportState.COMPARED:
        raise WrongState(state=found.state)
    if not any(found.counts.get(verdict) for verdict in steps.TO_WRITE):
        raise NothingToImport()
    record(
        actor=actor,
        action="catalogue.import",
        subject_kind="import_run",
        subject_id=run_id,
        buyer_id=None,
        reason=found.file_name,
        at=now,
        detail={verdict: found.counts.get(verdict, 0) for verdict in Verdict},
    )
    found.position_slug = ""
    steps.move(found, ImportState.COMMITTING, now)
    _in_background(run_id, background)


@transaction.atomic
def discard_import(*, run_id: UUID, now: datetime) -> None:
    """Give a run up before it is committed; its staged rows go. Raises NotFound, WrongState."""
    found = _locked(run_id)
    if found.state in {ImportState.COMMITTING, ImportState.DONE, ImportState.DISCARDED}:
        raise WrongState(state=found.state)
    ImportRow.objects.filter(run=found).delete()
    steps.move(found, ImportState.DISCARDED, now)


@transaction.atomic
def purge_imports(*, now: datetime) -> int:
    """Drop the staged rows of runs that nobody touched for 30 days; how many rows went. Runs stay as a record."""
    old = ImportRun.objects.filter(changed_at__lt=now - timedelta(days=KEPT_DAYS)).exclude(state=ImportState.COMMITTING)
    gone, _ = ImportRow.objects.filter(run__in=old).delete()
    old.exclude(state__in=[ImportState.DONE, ImportState.DISCARDED]).update(state=ImportState.DISCARDED)
    return gone
