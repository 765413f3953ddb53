"""Pictures of the demo's articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from entrepot.demo.content import Item


def hang(
    *,
    items: Sequence[Item],
    products: Mapping[str, UUID],
    ids: Mapping[str, UUID],
    report: Callable[[str, float], None],
    now: datetime,
) -> None:
    report("pictures", 1)
