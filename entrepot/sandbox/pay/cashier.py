"""The page where a buyer confirms a payment: Chinese or English, phone first, no JavaScript, its own strict CSP."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from html import escape
from importlib.resources import files
from urllib.parse import urlsplit

from entrepot.sandbox.pay.store import CHINA
from entrepot.sandbox.wire import Answer

_WITHOUT_DECIMALS = {"JPY", "KRW", "VND", "CLP"}
_SIGNS = {"CNY": "¥", "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}

_WORDS = {
    "zh": {
        "lang": "zh-Hans",
        "other": "English",
        "title": "沙盒支付 收银台",
        "brand": "沙盒支付",
        "amount": "应付金额",
        "paid_amount": "支付金额",
        "order": "商户订单号",
        "until": "请在此时间前支付",
        "wallet": "付款账户",
        "own": "本人账户",
        "own_note": "与订购人实名信息一致",
        "someone": "他人账户",
        "someone_note": "演示：海关会发现付款人与订购人不一致",
        "parts": "分单支付",
        "parts_note": "个包裹，分别向海关申报支付单",
        "pay": "确认支付",
        "back": "暂不支付，返回商户",
        "paid": "支付成功",
        "paid_note": "商户会收到通知，请返回查看订单。",
        "closed": "支付已关闭",
        "closed_note": "已超过支付时间，没有扣款。请返回商户重新下单。",
        "return": "返回商户",
        "unknown": "没有找到这笔支付",
        "unknown_note": "请返回商户，从订单页面重新进入收银台。",
        "told": "演示设置已固定实名核验结果",
        "demo": "演示环境，不会发生真实扣款。",
    },
    "en": {
        "lang": "en",
        "other": "中文",
        "title": "Sandbox Pay cashier",
        "brand": "Sandbox Pay",
        "amount": "Amount due",
        "paid_amount": "Amount paid",
        "order": "Merchant order",
        "until": "Please pay before",
        "wallet": "Pay with",
        "own": "Your own account",
        "own_note": "registered to the person named in the order",
        "someone": "Somebody else's account",
        "someone_note": "Demo: customs will find that payer and buyer differ",
        "parts": "Split into",
        "parts_note": "parcels, each declared to customs",
        "pay": "Confirm payment",
        "back": "Not now, back to the shop",
        "paid": "Payment received",
        "paid_note": "The shop is being told. Go back to see your order.",
        "closed": "This payment is closed",
        "closed_note": "The time to pay has passed; nothing was charged. Please order again in the shop.",
        "return": "Back to the shop",
        "unknown": "This payment was not found",
        "unknown_note": "Go back to the shop and open the cashier from your order again.",
        "told": "The demo's switches fix the answer of the identity check",
        "demo": "Demonstration: no real money moves.",
    },
}


def amount(minor: int, currency: str) -> str:
    sign = _SIGNS.get(currency, currency + " ")
    if currency in _WITHOUT_DECIMALS:
        return f"{sign}{minor:,}"
    return f"{sign}{minor // 100:,}.{minor % 100:02d}"


def page(row: sqlite3.Row, wanted: str | None, told_identity: str, status: int = 200) -> Answer:
    """The cashier for one payment. `wanted` is the language chosen on the page, else the merchant's wish rules."""
    words = _words(wanted or row["language"])
    body = {"open": _form, "authorised": _paid, "captured": _paid, "closed": _closed}[row["state"]](
        row, words, told_identity
    )
    parts = urlsplit(row["return_url"])
    # Browsers check form-action on the redirect that answers the form, too.
    return _framed(body, words, status, form_action=f"'self' {parts.scheme}://{parts.netloc}")


def unknown(wanted: str | None) -> Answer:
    words = _words(wanted or "zh")
    return _framed(f"<h1>{words['unknown']}</h1><p>{words['unknown_note']}</p>", words, 404, form_action="'none'")


def _words(language: str) -> dict[str, str]:
    return _WORDS["en" if language.lower().startswith("en") else "zh"]


def _framed(body: str, words: dict[str, str], status: int, form_action: str) -> Answer:
    other = _WORDS["zh" if words["lang"] == "en" else "en"]
    text = f"""<!doctype html>
<html lang="{words["lang"]}"><head><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{words["title"]}</title><link rel="stylesheet" href="../cashier.css"></head>
<body><header><span class="mark" aria-hidden="true"></span><strong>{words["brand"]}</strong>
<a href="?lang={other["lang"]}" lang="{other["lang"]}">{words["other"]}</a></header>
<main>{body}</main><footer>{words["demo"]}</footer></body></html>"""
    policy = f"default-src 'none'; style-src 'self'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    headers = {"Content-Security-Policy": policy, "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}
    return Answer.html(text, status, headers)


def _head(row: sqlite3.Row, words: dict[str, str], label: str) -> str:
    parts = len(json.loads(row["splits"]))
    split = f"<dt>{words['parts']}</dt><dd>{parts} {words['parts_note']}</dd>" if parts > 1 else ""
    due = escape(amount(row["amount_minor"], row["currency"]))
    return (
        f'<p class="label">{words[label]}</p><p class="amount">{due}</p>'
        f"<dl><dt>{words['order']}</dt><dd>{escape(row['merchant_order'])}</dd>{split}"
    )


def _form(row: sqlite3.Row, words: dict[str, str], told_identity: str) -> str:
    until = ""
    if row["expires_at"]:
        until = f"<dt>{words['until']}</dt><dd>{datetime.fromtimestamp(row['expires_at'], CHINA):%Y-%m-%d %H:%M}</dd>"
    told = f'<p class="told">{words["told"]}: {escape(told_identity)}</p>' if told_identity else ""
    own = f"{escape(row['payer_shown'])} · {words['own_note']}"
    return f"""<h1 class="hidden">{words["title"]}</h1>{_head(row, words, "amount")}{until}</dl>
<form method="post"><fieldset><legend>{words["wallet"]}</legend>
<label><input type="radio" name="wallet" value="own" checked><span><b>{words["own"]}</b>
<small>{own}</small></span></label>
<label><input type="radio" name="wallet" value="other"><span><b>{words["someone"]}</b>
<small>{words["someone_note"]}</small></span></label>
</fieldset>{told}
<button name="action" value="pay">{words["pay"]} {escape(amount(row["amount_minor"], row["currency"]))}</button>
<button class="quiet" name="action" value="back">{words["back"]}</button></form>"""


def _paid(row: sqlite3.Row, words: dict[str, str], _told_identity: str) -> str:
    return (
        f'<p class="done" aria-hidden="true">✓</p><h1>{words["paid"]}</h1>{_head(row, words, "paid_amount")}</dl>'
        f'<p>{words["paid_note"]}</p><a class="button" href="{escape(row["return_url"])}">{words["return"]}</a>'
    )


def _closed(row: sqlite3.Row, words: dict[str, str], _told_identity: str) -> str:
    return (
        f"<h1>{words['closed']}</h1>{_head(row, words, 'amount')}</dl><p>{words['closed_note']}</p>"
        f'<a class="button" href="{escape(row["return_url"])}">{words["return"]}</a>'
    )


STYLE = Answer(
    200, files("entrepot.sandbox.pay").joinpath("data", "cashier.css").read_bytes(), "text/css; charset=utf-8"
)
