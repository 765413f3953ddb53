"""Settings of what customs is told of payments: by whom, with which keys, and what announcement 179/2018 asks for."""

from __future__ import annotations

import os

from entrepot.server.given import number


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

# Announcement 179/2018: customs asks at /callbacks/customs/platDataOpen, the answer goes to DATA_URL. DATA_NUMBERS says
# which number and sum it names; "verified": the verifying body's and the whole payment's, as the scheme's explanations
# have it, "declared": those of the payment document, as the sandbox compares. PAYEE is account:company code:name.
_SANDBOX = "ENTREPOT_CUSTOMS_URL" not in os.environ
_PORT = _text("SANDBOX_URL", "http://127.0.0.1:8099").rstrip("/") + "/customs"
CUSTOMS_DATA_URL = _text(
    "CUSTOMS_DATA_URL",
    (_PORT if _SANDBOX else "https://customs.chinaport.gov.cn") + "/ceb2grab/grab/realTimeDataUpload",
)
CUSTOMS_DATA_NUMBERS = _text("CUSTOMS_DATA_NUMBERS", "declared" if _SANDBOX else "verified")
CUSTOMS_PAY_TYPE = _text("CUSTOMS_PAY_TYPE", "4")  # 1 app, 2 computer, 3 scan, 4 other
CUSTOMS_PAYEE = _text("CUSTOMS_PAYEE", "6217850100000007893905:3301960SBM:沙盒国际贸易有限公司" if _SANDBOX else "")
# How long documents may stand still before somebody is called (customs/rules/ageing.py), "held:621=4h/1d …".
CUSTOMS_PATIENCE = _text("CUSTOMS_PATIENCE")
# A buyer whose parcel customs stopped at a limit: days to answer before the money goes back; no wait for a new year is
# offered that is longer: goods and money would stand still, and providers refund for a time only.
LIMIT_ANSWER_DAYS = number("ENTREPOT_LIMIT_ANSWER_DAYS", 7)
# Who declares such a parcel as general trade where its buyer wants that; empty: nobody, and it is not offered.
GENERAL_TRADE_IMPORTER = _text("GENERAL_TRADE_IMPORTER", "沙盒国际贸易有限公司" if _SANDBOX else "")
LIMIT_WAIT_DAYS_MAX = number("ENTREPOT_LIMIT_WAIT_DAYS_MAX", 60)
CUSTOMS_ITEM_URL = _text("URL", "http://127.0.0.1:8000").rstrip("/") + "/p/{slug}/"
