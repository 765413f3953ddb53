"""The clock: ask carriers about parcels that they have not reported on."""

from __future__ import annotations

import logging

from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import every
from entrepot.shipping import selectors, services

silences_max = 3  # a carrier that is down is not asked about all the rest in this round

_log = logging.getLogger(__name__)


@every("*/5 * * * *")
def follow_parcels() -> None:
    """Reports get lost: parcels on their way are asked about after 10, 20, 40 … minutes, then every six hours."""
    silences = 0
    for waybill_id, buyer_id in selectors.waybills_to_ask(now=now()):
        try:
            services.follow(waybill_id=waybill_id, buyer_id=buyer_id, now=now())
        except Refusal as refusal:
            _log.warning("waybill %s: %s", waybill_id, refusal.code)
            silences += isinstance(refusal, services.CarrierSilent)
        if silences >= silences_max:
            return
