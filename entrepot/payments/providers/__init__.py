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
    check(name)
    return SandboxProvider(
        settings.PAYMENT_URL,
        settings.PAYMENT_SECRET,
        settings.OUTSIDE_TIMEOUT_S,
        authorises_first=settings.PAYMENT_AUTHORISE_FIRST,
    )


def check(name: str) -> None:
    """Refuses UnknownProvider."""
    if name not in names():
        raise UnknownProvider(field="provider", provider=name[:20])


def authorise_first() -> list[str]:
    """The providers that are asked to reserve the sum before it is taken."""
    return [name for name in names() if provider(name).authorises_first]


def names() -> tuple[str, ...]:
    return ("sandbox",)
