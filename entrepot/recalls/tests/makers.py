"""Small builders for tests here and above: a recall of the lots that bought goods came from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from entrepot.kit.ids import new_id
from entrepot.recalls import selectors, services
from entrepot.recalls.types import Recall, RecallDraft, Remedy
from entrepot.returns.tests.makers import NOW, Bought
from entrepot.stock import selectors as stock


def lots_of(*of: Bought) -> tuple[tuple[UUID, UUID], ...]:
    """The lots that the goods came from."""
    sku_ids = [line.sku_id for one in of for line in one.parcel.lines]
    return tuple((lot.sku_id, lot.id) for lot in stock.lots_of(sku_ids=sku_ids))


def draft(lots: tuple[tuple[UUID, UUID], ...], **changes: Any) -> RecallDraft:
    fields: dict[str, Any] = {
        "reason": ("部分罐体密封不良", "Some tins are not sealed"),
        "instruction": ("立即停止食用", "Stop eating it at once"),
        "remedy": Remedy.RETURN,
        "key": str(new_id()),
    }
    return RecallDraft(lots=lots, **{**fields, **changes})


def recalled(*of: Bought, **changes: Any) -> Recall:
    """An open recall of the goods' lots whose job has run once."""
    recall_id = services.open_recall(draft=draft(lots_of(*of), **changes), actor="clerk", now=NOW)
    services.work(recall_id=recall_id, now=NOW)
    return read(recall_id)


def read(recall_id: UUID) -> Recall:
    found = selectors.recall(recall_id=recall_id)
    assert found is not None
    return found
