"""A page where a person turns a party's switches: Chinese or English, no JavaScript, its own strict CSP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from entrepot.sandbox.party import Party
from entrepot.sandbox.wire import Answer, Request, Route

_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("沙盒开关", "Switches of the sandbox"),
    "hint": ("这里让外部系统出故障，看商城如何应对。", "Make the outside world fail here, and see how the shop copes."),
    "set": ("应用", "Set"),
    "reset": ("全部恢复正常", "All to rest"),
    "waiting": ("等待出现的故障", "Faults that wait for their turn"),
    "outbox": ("最近发出的消息", "What was sent lately"),
    "hold": ("暂停发送所有消息", "Send nothing for now"),
    "next": ("仅下一次出的故障", "A fault of the next one only"),
    "": ("正常", "as it should be"),
    "pay": ("支付机构", "Payment provider"),
    "carrier": ("物流企业", "Carrier"),
    "customs": ("海关", "Customs port"),
    "journey_s": ("全程配送多少秒", "Seconds of a whole delivery"),
    "pace_s": ("每张回执间隔多少秒", "Seconds from one receipt to the next"),
    "late_s": ("回执晚到多少秒", "Seconds that receipts are late"),
    "delay_s": ("「响应慢」慢多少秒", "How many seconds late “slow” is"),
    "down": ("无法连接", "Not to be reached"),
    "slow": ("响应慢", "Answers late"),
    "duplicate": ("每条消息发两次", "Sends everything twice"),
    "shuffle": ("消息乱序", "Sends in any order"),
    "lose": ("丢失消息", "Loses what it has to say"),
    "wrong_signature": ("签名错误", "Signs wrongly"),
    "review": ("清单转人工审核", "Lists wait for an official"),
    "together": ("同时到期的回执一次送达", "Receipts of one moment in one delivery"),
    "hang_up": ("已处理，但断开不应答", "Does it and hangs up"),
    "format": ("报文格式错误", "Says the message is malformed"),
}
_STYLE = Answer(
    200, files("entrepot.sandbox").joinpath("data", "switchboard.css").read_bytes(), "text/css; charset=utf-8"
)


def routes(party: Party) -> Sequence[Route]:
    return [
        Route("GET", "/", lambda request: _page(party, request)),
        Route("POST", "/", lambda request: _turn(party, request)),
        Route("GET", "/switchboard.css", lambda _request: _STYLE),
    ]


def entrance(parties: Sequence[Party], request: Request) -> Answer:
    """The sandbox's front page: who is there."""
    links = "".join(f'<li><a href="/{one.name}/">{_word(one, one.name, _n(request))}</a></li>' for one in parties)
    return _framed(request, "title", f"<ul>{links}</ul>", style="/pay/switchboard.css")


def _turn(party: Party, request: Request) -> Answer:
    form = request.form()
    if "reset" in form:
        party.rest()
    else:
        party.turn({name: _read(form.get(name, ""), value) for name, value in _shown(party) if name != "next"})
        if form.get("next"):
            party.turn({"next": [*party.fault("next"), form["next"]]})
    return Answer.redirect(f"{party.world.public_url}/?lang={'en' if _n(request) else 'zh'}")


def _read(text: str, resting: Any) -> Any:
    """A field of the form as the switch's value; what is no number is refused like any other wrong value."""
    if isinstance(resting, bool):
        return text == "on"
    if isinstance(resting, int | float):
        return float(text) if text.replace(".", "", 1).isdigit() else text
    return text


def _shown(party: Party) -> list[tuple[str, Any]]:
    """Switches that a form can show: yes or no, a number, one of a few values."""
    return [
        (name, value)
        for name, value in party.resting().items()
        if isinstance(value, int | float) or name in party.choices
    ]


def _page(party: Party, request: Request) -> Answer:
    n = _n(request)
    fields = "".join(_field(party, name, value, n) for name, value in _shown(party))
    waiting = "".join(f"<li>{_word(party, fault, n)}</li>" for fault in party.fault("next"))
    sent = "".join(
        f"<tr><td>{escape(row['kind'])}</td><td>{row['attempts']}</td><td>{escape(row['last_error'])}</td></tr>"
        for row in party.sent_lately()
    )
    body = (
        f'<p>{_WORDS["hint"][n]}</p><form method="post">{fields}<button>{_WORDS["set"][n]}</button>'
        f'<button class="quiet" name="reset" value="1">{_WORDS["reset"][n]}</button></form>'
        + (f"<h2>{_WORDS['waiting'][n]}</h2><ol>{waiting}</ol>" if waiting else "")
        + (f"<h2>{_WORDS['outbox'][n]}</h2><table>{sent}</table>" if sent else "")
    )
    return _framed(request, party.name, body, style="switchboard.css")


def _field(party: Party, name: str, resting: Any, n: int) -> str:
    now, word = party.fault(name), _word(party, name, n)
    if isinstance(resting, bool):
        checked = " checked" if now else ""
        return f'<label class="check"><input type="checkbox" name="{name}" value="on"{checked}> {word}</label>'
    if isinstance(resting, int | float):
        return f'<label>{word}<input type="number" name="{name}" min="0" step="0.1" value="{now}"></label>'
    options = "".join(
        f'<option value="{value}"{" selected" if value == now else ""}>{_word(party, value, n)}</option>'
        for value in ("", *party.choices[name])
    )
    return f'<label>{word}<select name="{name}">{options}</select></label>'


def _word(party: Party, code: str, n: int) -> str:
    return escape((party.words.get(code) or _WORDS.get(code) or (code, code))[n])


def _n(request: Request) -> int:
    """Which language: 0 Chinese, 1 English; as chosen on the page, else as the browser prefers."""
    wanted = request.query.get("lang") or request.headers.get("accept-language", "zh")
    return int(wanted.lower().startswith("en"))


def _framed(request: Request, title: str, body: str, style: str) -> Answer:
    n = _n(request)
    other = ("<a href='?lang=en' lang='en'>English</a>", "<a href='?lang=zh' lang='zh-Hans'>中文</a>")[n]
    text = f"""<!doctype html>
<html lang="{("zh-Hans", "en")[n]}"><head><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_WORDS[title][n]} · {_WORDS["title"][n]}</title><link rel="stylesheet" href="{style}"></head>
<body><header><strong>{_WORDS["title"][n]}</strong>{other}</header><main><h1>{_WORDS[title][n]}</h1>{body}</main></body></html>"""
    policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    return Answer.html(text, headers={"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"})
