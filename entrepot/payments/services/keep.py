from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.payments.services.exchange import Raw


def keep(*, raw: Raw, payment_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """Keep what was said where it moved nothing."""
    params = raw.params() | {"payment_id": payment_id, "buyer_id": buyer_id, "now": now}
    with transaction.atomic():
        sql.hot_run(sql.load("payments", "keep"), params)
