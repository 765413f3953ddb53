"""Providers who declare payments to customs by themselves, by name; and which one the settings choose.

`PAYMENT_DECLARER` empty: we send the payment document (CEB411) for the payment company ourselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from entrepot.kit import signed
from entrepot.kit.refusals import Refusal
from entrepot.payments.declarers.alipay import AlipayDeclarer, read_keys
from entrepot.payments.declarers.port import Declarer
from entrepot.payments.declarers.sandbox import SandboxDeclarer
from entrepot.payments.declarers.wechat import WechatDeclarer

NAMES = ("sandbox", "alipay", "wechat")
_NEEDED = {
    "alipay": ("ALIPAY_URL", "ALIPAY_CLIENT_ID", "ALIPAY_KEY_FILE", "ALIPAY_PUBLIC_KEY_FILE"),
    "wechat": ("WECHAT_URL", "WECHAT_APP_ID", "WECHAT_MERCHANT_ID", "WECHAT_KEY"),
    "sandbox": ("PAYMENT_URL", "PAYMENT_SECRET"),
}


class DeclarerNotSetUp(Refusal):
    """`entrepot check` names what is missing."""

    code = "declarer_not_set_up"
    status = 503
    zh = "支付企业报关接口尚未配置：{what}"
    en = "The provider's customs interface is not set up: {what}"


class NoPlace(Refusal):
    code = "no_customs_place"
    zh = "支付企业如何称呼海关 {customs} 尚未配置（ENTREPOT_PAYMENT_PLACES）"
    en = "What the provider calls customs {customs} is not set (ENTREPOT_PAYMENT_PLACES)"


def chosen() -> str:
    """The name of the provider who declares by himself; empty where we send the payment document."""
    return str(settings.PAYMENT_DECLARER)


def declarer(name: str) -> Declarer:
    """The adapter. Refuses DeclarerNotSetUp."""
    lacking = next(_lacking(name), None)
    if lacking is not None:
        raise DeclarerNotSetUp(what=lacking)
    timeout_s = settings.OUTSIDE_TIMEOUT_S
    if name == "wechat":
        return WechatDeclarer(
            settings.WECHAT_URL, settings.WECHAT_APP_ID, settings.WECHAT_MERCHANT_ID, settings.WECHAT_KEY, timeout_s
        )
    if name == "sandbox":
        return SandboxDeclarer(signed.Party(settings.PAYMENT_URL, settings.PAYMENT_SECRET, timeout_s))
    try:
        keys = read_keys(settings.ALIPAY_KEY_FILE, settings.ALIPAY_PUBLIC_KEY_FILE)
    except (OSError, ValueError, TypeError) as wrong:
        raise DeclarerNotSetUp(what="ENTREPOT_ALIPAY_KEY_FILE, ENTREPOT_ALIPAY_PUBLIC_KEY_FILE") from wrong
    return AlipayDeclarer(settings.ALIPAY_URL, settings.ALIPAY_CLIENT_ID, keys, timeout_s)


def place(customs_code: str) -> str:
    """What the provider calls a customs district ("2991" → "ZHENGZHOU_BS"); "*" stands for all others.

    Refuses NoPlace.
    """
    places: dict[str, str] = settings.PAYMENT_PLACES
    found = places.get(customs_code) or places.get("*")
    if not found:
        raise NoPlace(customs=customs_code or "-")
    return found


def missing() -> Iterator[str]:
    """What keeps the chosen provider from being asked, a sentence each. For `entrepot check`."""
    name = chosen()
    if not name:
        return
    if name not in NAMES:
        yield f"ENTREPOT_PAYMENT_DECLARER is {name}: there is {', '.join(NAMES)}, or nothing for our own CEB411"
        return
    found = [f"{what} is not set: the provider {name} cannot be asked to declare payments" for what in _lacking(name)]
    yield from found
    if not settings.PAYMENT_PLACES:
        yield "ENTREPOT_PAYMENT_PLACES is not set: customs:place, comma-separated, as the provider names customs"
    if not found:
        try:
            declarer(name)
        except DeclarerNotSetUp:
            yield "no RSA keys in ENTREPOT_ALIPAY_KEY_FILE and ENTREPOT_ALIPAY_PUBLIC_KEY_FILE (PEM)"


def _lacking(name: str) -> Iterator[str]:
    if name not in NAMES:
        yield "ENTREPOT_PAYMENT_DECLARER"
    for setting in _NEEDED.get(name, ()):
        if not getattr(settings, setting):
            yield f"ENTREPOT_{setting}"
