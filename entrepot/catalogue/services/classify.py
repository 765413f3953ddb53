"""Classification: decisions are added, never edited; the latest one that holds a day is in force on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import rules, selectors
from entrepot.catalogue.models import Classification as Row
from entrepot.catalogue.models import Sku
from entrepot.catalogue.services.changes import products_changed
from entrepot.catalogue.services.reference import DRAFTS_MAX, NamedTwice, TooManyDrafts
from entrepot.catalogue.types import Classification, ClassificationDraft
from entrepot.kit.refusals import NotFound
from entrepot.kit.sql import load, rows

_CONTENT = ("hs_code", "sales_unit", "unit1", "quantity1", "unit2", "quantity2", "declared_name", "model")


def _same(draft: ClassificationDraft, in_force: Classification | None) -> bool:
    """The decision in force says the same for as long: nothing to add."""
    if in_force is None or draft.valid_to not in (None, in_force.valid_to):
        return False
    return all(getattr(draft, name) == getattr(in_force, name) for name in _CONTENT)


def _planned_ends(drafts: Sequence[ClassificationDraft], jurisdiction: str) -> dict[int, date]:
    """By position: where a decision already planned for later begins."""
    params = {
        "sku_ids": [draft.sku_id for draft in drafts],
        "days": [draft.valid_from for draft in drafts],
        "jurisdiction": jurisdiction,
    }
    return {row["n"] - 1: row["valid_to"] for row in rows(load("catalogue", "planned"), params)}


def _in_force(drafts: Sequence[ClassificationDraft], jurisdiction: str) -> Mapping[tuple[UUID, date], Classification]:
    found = {}
    for day in {draft.valid_from for draft in drafts}:
        ids = [draft.sku_id for draft in drafts if draft.valid_from == day]
        decisions = selectors.classifications(sku_ids=ids, jurisdiction=jurisdiction, on=day)
        found.update({(sku_id, day): decision for sku_id, decision in decisions.items()})
    return found


@transaction.atomic
def classify(*, drafts: Sequence[ClassificationDraft], decided_by: str, reason: str, now: datetime) -> list[UUID]:
    """Add decisions; ids of the rows added. One that only repeats what is in force adds nothing.

    Without `valid_to` a decision ends where one already planned begins, so a correction never undoes a plan.
    Raises NotFound (a SKU), NamedTwice, TooManyDrafts and what `rules.clean_classification` does.
    """
    if len(drafts) > DRAFTS_MAX:
        raise TooManyDrafts(drafts_max=DRAFTS_MAX)
    decided_by = rules.clean_text(decided_by, field="decided_by", length_max=120)
    reason = rules.clean_text(reason, field="reason", length_max=500)
    cleaned = [rules.clean_classification(draft) for draft in drafts]
    products = dict(Sku.objects.filter(id__in=[draft.sku_id for draft in cleaned]).values_list("id", "product_id"))
    seen = set()
    for draft in cleaned:
        if draft.sku_id not in products:
            raise NotFound(field="sku_id", what=str(draft.sku_id))
        key = (draft.sku_id, draft.jurisdiction, draft.valid_from)
        if key in seen:
            raise NamedTwice(field="sku_id", name=str(draft.sku_id))
        seen.add(key)
    added: list[Row] = []
    for jurisdiction in sorted({draft.jurisdiction for draft in cleaned}):
        here = [draft for draft in cleaned if draft.jurisdiction == jurisdiction]
        in_force, ends = _in_force(here, jurisdiction), _planned_ends(here, jurisdiction)
        for position, draft in enumerate(here):
            if _same(draft, in_force.get((draft.sku_id, draft.valid_from))):
                continue
            whole = replace(draft, valid_to=draft.valid_to or ends.get(position))
            added.append(_row(whole, decided_by, reason, now))
    Row.objects.bulk_create(added)
    products_changed(products[row.sku_id] for row in added)
    return [row.id for row in added]


def _row(draft: ClassificationDraft, decided_by: str, reason: str, now: datetime) -> Row:
    return Row(
        sku_id=draft.sku_id,
        jurisdiction=draft.jurisdiction,
        **{name: getattr(draft, name) for name in _CONTENT if name != "unit2"},
        unit2=draft.unit2 or "",
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        decided_by=decided_by,
        reason=reason,
        decided_at=now,
    )
