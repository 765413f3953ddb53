"""Settings of what customs is told of payments: by whom, with which keys, and what announcement 179/2018 asks for."""

from __future__ import annotations

import os


def _text(name: str, default: str = "") -> str:
    return os.environ.get(f"ENTREPOT_{name}", default).strip()


# Who tells customs of a payment: nothing = we send the payment company's CEB411; else the provider does it himself
# (sandbox, alipay, wechat) and is asked to. PLACES: customs:what the provider calls it, "*" for all others.
PAYMENT_DECLARER = _text("PAYMENT_DECLARER")
PAYMENT_PLACES = dict(pair.strip().split(":", 1) for pair in _text("PAYMENT_PLACES").split(",") if ":" in pair)
if not PAYMENT_PLACES and PAYMENT_DECLARER == "sandbox":
    PAYMENT_PLACES = {"*": "SANDBOX"}

ALIPAY_URL = _text("ALIPAY_URL", "https://open-sea-global.alipay.com").rstrip("/")
ALIPAY_CLIENT_ID = _text("ALIPAY_CLIENT_ID")
ALIPAY_KEY_FILE = _text("ALIPAY_KEY_FILE")
ALIPAY_PUBLIC_KEY_FILE = _text("ALIPAY_PUBLIC_KEY_FILE")
WECHAT_URL = _text("WECHAT_URL", "https://api.mch.weixin.qq.com").rstrip("/")
WECHAT_APP_ID = _text("WECHAT_APP_ID")
WECHAT_MERCHANT_ID = _text("WECHAT_MERCHANT_ID")
WECHAT_KEY = _text("WECHAT_KEY")
