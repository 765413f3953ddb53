"""Who did something, by name."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from entrepot.identity import selectors as identity
from entrepot.kit.kept import Kept

_staff: Kept[Mapping[str, str]] = Kept(keep_s=30)
SHORT = 8  # of an id that names nobody any more


def by_whom(actor: str, buyer_id: UUID | None = None) -> str:
    """The name of a member of staff, "the buyer" for `buyer_id`, a word for the house itself; else what was written
    down, of an id its first characters. At most one statement, and none while the names are kept."""
    if actor.startswith("system"):
        return _("the house, by itself")
    if actor == str(buyer_id):
        return _("the buyer")
    try:
        UUID(actor)
    except ValueError:
        return actor
    name = _staff.get("names", identity.staff_names).get(actor)
    return name or f"{actor[:SHORT]}…"
