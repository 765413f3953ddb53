"""Payment providers by name. Another one is an adapter beside `sandbox` and a line here."""

from __future__ import annotations

from django.conf import settings

from entrepot.kit.refusals import Invalid
from entrepot.payments.providers.port import Provider
from entrepot.payments.providers.sandbox import SandboxProvider


class UnknownProvider(Invalid):
    code = "unknown_provider"
    zh = "没有这个支付方式：{provider}"
    en = "There is no payment method {provider}"


def provider(name: str) -> Provider:
    """The adapter. Refuses UnknownProvider."""
    if name == "sandbox":
        return SandboxProvider(settings.PAYMENT_URL, settings.PAYMENT_SECRET, settings.OUTSIDE_TIMEOUT_S)
    raise UnknownProvider(field="provider", provider=name[:20])


def names() -> tuple[str, ...]:
    return ("sandbox",)
