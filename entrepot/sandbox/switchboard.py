"""A page where a person turns a party's switches: Chinese or English, no JavaScript, its own strict CSP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from entrepot.sandbox.party import Party
from entrepot.sandbox.wire import Answer, Refused, Request, Route

LANGUAGES = ("zh", "en")
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
    n = number(request)
    links = "".join(f'<li><a href="/{one.name}/">{_word(one, one.name, n)}</a></li>' for one in parties)
    return framed(Frame(request, _WORDS["title"][n], "/pay/switchboard.css"), _WORDS["title"][n], f"<ul>{links}</ul>")


def _turn(party: Party, request: Request) -> Answer:
    own_page_only(request)
    form = request.form()
    if "reset" in form:
        party.rest()
    else:
        party.turn({name: _read(form.get(name, ""), value) for name, value in _shown(party) if name != "next"})
        if form.get("next"):
            party.turn({"next": [*party.fault("next"), form["next"]]})
    return Answer.redirect(f"{party.world.public_url}/?lang={LANGUAGES[number(request)]}")


def _read(text: str, resting: Any) -> Any:
    """A field of the form as the switch's value; what is no number is refused like any other wrong value."""
    if isinstance(resting, bool):
        return text == "on"
    if isinstance(resting, int) and text.isdigit():
        return int(text)
    if isinstance(resting, int | float):
        return float(text) if text.replace(".", "", 1).isdigit() else text
    return text


def _shown(party: Party) -> list[tuple[str, Any]]:
    """Switches that a form can show: yes or no, a number, one of a few values, a text."""
    return [
        (name, value)
        for name, value in party.resting().items()
        if isinstance(value, int | float | str) or name in party.choices
    ]


def _page(party: Party, request: Request) -> Answer:
    n = number(request)
    fields = _fields(party, n)
    waiting = "".join(f"<li>{_word(party, fault, n)}</li>" for fault in party.fault("next"))
    sent = "".join(
        f"<tr><td>{_word(party, row['kind'], n)}</td><td>{row['attempts']}</td>"
        f"<td>{escape(row['last_error'])}</td></tr>"
        for row in party.sent_lately()
    )
    body = (
        f'<p>{_WORDS["hint"][n]}</p><form method="post">{fields}<button>{_WORDS["set"][n]}</button>'
        f'<button class="quiet" name="reset" value="1">{_WORDS["reset"][n]}</button></form>'
        + (f"<h2>{_WORDS['waiting'][n]}</h2><ol>{waiting}</ol>" if waiting else "")
        + (f"<h2>{_WORDS['outbox'][n]}</h2><table>{sent}</table>" if sent else "")
    )
    frame = Frame(request, _WORDS["title"][n], "switchboard.css", navigation(party, n))
    return framed(frame, _WORDS[party.name][n], body)


def navigation(party: Party, n: int) -> str:
    """Links to the switches and to the pages that a party has beside them."""
    if not party.pages:
        return ""
    places = (("/", "title"), *party.pages)
    at = [f"{party.world.public_url}{address}?lang={LANGUAGES[n]}" for address, _ in places]
    links = "".join(
        f'<a href="{escape(to)}">{_word(party, name, n)}</a>' for to, (_, name) in zip(at, places, strict=True)
    )
    return f"<nav>{links}</nav>"


def _fields(party: Party, n: int) -> str:
    """The switches in the party's groups; those in none come first."""
    shown = dict(_shown(party))
    grouped = {name for _, names in party.groups for name in names}
    fields = "".join(_field(party, name, value, n) for name, value in shown.items() if name not in grouped)
    for title, names in party.groups:
        inside = "".join(_field(party, name, shown[name], n) for name in names)
        fields += f"<fieldset><legend>{_word(party, title, n)}</legend>{inside}</fieldset>"
    return fields


def _field(party: Party, name: str, resting: Any, n: int) -> str:
    now, word = party.fault(name), _word(party, name, n)
    if isinstance(resting, bool):
        checked = " checked" if now else ""
        return f'<label class="check"><input type="checkbox" name="{name}" value="on"{checked}> {word}</label>'
    if isinstance(resting, int | float):
        return f'<label>{word}<input type="number" name="{name}" min="0" step="any" value="{now}"></label>'
    if name not in party.choices:
        return f'<label>{word}<input type="text" name="{name}" value="{escape(now)}"></label>'
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == now else ""}>{_word(party, value, n)}</option>'
        for value in ("", *party.choices[name])
    )
    return f'<label>{word}<select name="{name}">{options}</select></label>'


def _word(party: Party, code: str, n: int) -> str:
    return escape((party.words.get(code) or _WORDS.get(code) or (code, code))[n])


def number(request: Request) -> int:
    """Which language: 0 Chinese, 1 English; as chosen on the page, else as the browser prefers."""
    wanted = request.query.get("lang") or request.headers.get("accept-language", "zh")
    return int(wanted.lower().startswith("en"))


def own_page_only(request: Request) -> None:
    """Raises Refused(403) for a form that a page of somebody else's sends."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Refused(403, "not_our_page", "forms are taken from the sandbox's own pages")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page's content: `house` in the head line, the style sheet's address, links."""

    request: Request
    house: str
    style: str
    links: str = ""


def framed(frame: Frame, title: str, body: str, status: int = 200) -> Answer:
    """A whole page; `title` is a text, `body` and the frame's links are HTML."""
    n = number(frame.request)
    query = {name: value for name, value in frame.request.query.items() if name != "lang"}
    other = escape(f"?{urlencode({**query, 'lang': LANGUAGES[1 - n]})}")
    switch = f'<a href="{other}" lang="{("en", "zh-Hans")[n]}">{("English", "中文")[n]}</a>'
    text = f"""<!doctype html>
<html lang="{("zh-Hans", "en")[n]}"><head><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {frame.house}</title><link rel="stylesheet" href="{frame.style}"></head>
<body><header><strong>{frame.house}</strong>{frame.links}{switch}</header><main><h1>{escape(title)}</h1>{body}</main></body></html>"""
    policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    return Answer.html(text, status, {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"})
