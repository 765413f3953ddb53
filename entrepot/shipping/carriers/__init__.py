"""Carriers by name. Another one is an adapter beside `sandbox` and a line here."""

from __future__ import annotations

from django.conf import settings

from entrepot.kit.refusals import Invalid
from entrepot.shipping.carriers.port import Carrier
from entrepot.shipping.carriers.sandbox import SandboxCarrier


class UnknownCarrier(Invalid):
    code = "unknown_carrier"
    zh = "没有这家承运商：{carrier}"
    en = "There is no carrier {carrier}"


def carrier(name: str) -> Carrier:
    """The adapter. Refuses UnknownCarrier."""
    if name == "sandbox":
        return SandboxCarrier(
            settings.CARRIER_URL, settings.CARRIER_SECRET, settings.OUTSIDE_TIMEOUT_S, settings.CARRIER_NOTIFY_URL
        )
    raise UnknownCarrier(field="carrier", carrier=name[:20])
