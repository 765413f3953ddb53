from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from entrepot.outbox.services import job
from entrepot.pricing import services


@job(services.TELL)
def tell_of_turn(list_id: str, sku_ids: Sequence[str]) -> None:
    """A price that was set for later begins or ends now."""
    with transaction.atomic():
        services.tell(list_id=UUID(list_id), sku_ids=[UUID(sku_id) for sku_id in sku_ids])
