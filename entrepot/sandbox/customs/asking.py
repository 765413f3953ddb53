"""Payment data on request (announcement 179 of 2018): customs asks the platform about an order, the platform uploads
what its payment company was asked and answered, signed over the very bytes it sends.

Known answers are 10000 and 20004 (the certificate is not registered). What customs answers to a wrong signature or
wrong content is not known: the switch `upload_refusal` says it. Nor is known in which form the platform is asked: the
switch `ask_as` (three form fields, JSON, or JSON in the form field openReq).
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from cryptography import x509

from entrepot.sandbox.customs import books, sealing
from entrepot.sandbox.customs.faults import UNREGISTERED, UPLOADED
from entrepot.sandbox.customs.paper import n, texts_of
from entrepot.sandbox.wire import Answer, Message, Refused

ADDRESS = "ENTREPOT_CUSTOMS_PLATFORM_DATA_URL"  # setting: where platforms are asked, unless the switch says it
FORMS = ("form", "json", "openReq")
_SIGNED = ("sessionID", "payExchangeInfoHead", "payExchangeInfoLists", "serviceTime")
_HEAD = (
    "guid", "initalRequest", "initalResponse", "ebpCode", "payCode", "payTransactionId", "totalAmount", "currency",
    "verDept", "payType", "tradingTime",
)  # fmt: skip
_LIST = ("orderNo", "goodsInfo", "recpAccount", "recpCode", "recpName")
_SPACE = re.compile(r"[ \t\r\n]*")


class Wrong(Exception):
    """Why an upload is not accepted, in Chinese."""


class Unregistered(Exception):
    """The certificate it names is nobody's."""


def open_session(db: sqlite3.Connection, order_no: str, at: float) -> str:
    """Raises Refused(404) for an order the port does not know."""
    if books.last_of(db, order_no, "311") is None:
        raise Refused(404, "unknown_order", "the port has no order of this number")
    session = str(uuid.uuid4()).upper()
    db.execute("INSERT INTO asked VALUES (?, ?, ?, '', '', '', '')", (session, order_no, at))
    return session


def question(db: sqlite3.Connection, session: str, url: str, form: str) -> Message | None:
    """What the platform is asked; nothing when nobody said where."""
    if not url:
        db.execute("UPDATE asked SET heard = 'no_address' WHERE session = ?", (session,))
        return None
    row = db.execute("SELECT * FROM asked WHERE session = ?", (session,)).fetchone()
    asked = {"orderNo": row["order_no"], "sessionID": session, "serviceTime": str(_ms())}
    text = json.dumps(asked, separators=(",", ":"))
    if form == "json":
        return Message(url, text.encode(), {"Content-Type": "application/json; charset=utf-8"})
    fields = {"openReq": text} if form == "openReq" else asked
    return Message(url, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def heard(db: sqlite3.Connection, session: str, answer: bytes) -> None:
    """The platform's answer to the question: its code, or that it was none."""
    try:
        code = str(json.loads(answer)["code"])[:40]
    except (ValueError, TypeError, KeyError):
        code = "no_code"
    db.execute("UPDATE asked SET heard = ? WHERE session = ?", (code, session))


def upload(db: sqlite3.Connection, text: str, refusal: str, forced: str) -> Answer:
    """Check what was uploaded and keep it as it came. `forced`: a code to answer whatever came."""
    session = ""
    try:
        values, raw = _opened(text)
        session = str(values.get("sessionID", ""))
        _check(db, values, raw)
        code, told = UPLOADED, "上传成功"
    except Unregistered:
        code, told = UNREGISTERED, "证书未注册"
    except Wrong as wrong:
        code, told = refusal, str(wrong)
    if forced:
        code, told = forced, "按要求不通过"
    # An upload that came first and was right stays.
    db.execute(
        "UPDATE asked SET upload = ?, code = ?, told = ? WHERE session = ? AND code != ?",
        (text, code, told, session, UPLOADED),
    )
    return Answer.json({"code": code, "message": told, "total": 0, "serviceTime": _ms()})


def _opened(text: str) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, each value's text as it was written) of a JSON object. Raises Wrong."""
    decoder = json.JSONDecoder(parse_float=Decimal)
    values: dict[str, Any] = {}
    raw: dict[str, str] = {}
    at = _skip(text, 0)
    try:
        if text[at] != "{":
            raise Wrong("报文不是JSON对象")
        while text[at] != "}":
            name, at = decoder.raw_decode(text, _skip(text, at + 1))
            at = _skip(text, at)
            if text[at] != ":" or not isinstance(name, str) or name in values:
                raise Wrong("报文不是合法的JSON")
            start = _skip(text, at + 1)
            values[name], at = decoder.raw_decode(text, start)
            raw[name], at = text[start:at], _skip(text, at)
            if text[at] not in ",}":
                raise Wrong("报文不是合法的JSON")
    except (ValueError, IndexError, RecursionError) as wrong:
        raise Wrong("报文不是合法的JSON") from wrong
    return values, raw


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def signed_text(values: Mapping[str, Any], raw: Mapping[str, str]) -> str:
    """What the signature is over: the values as they were written, in quotes, in their order."""
    parts = (values[name] if isinstance(values[name], str) else raw[name] for name in _SIGNED)
    return "||".join(f'"{name}":"{part}"' for name, part in zip(_SIGNED, parts, strict=True))


def _check(db: sqlite3.Connection, values: Mapping[str, Any], raw: Mapping[str, str]) -> None:
    """Raises Wrong or Unregistered."""
    missing = [name for name in (*_SIGNED, "certNo", "signValue") if not values.get(name)]
    if missing:
        raise Wrong(f"缺少{missing[0]}")
    certificate = _certificate(db, str(values["certNo"]))
    try:
        sealing.check_text(signed_text(values, raw), str(values["signValue"]), certificate)
    except sealing.WrongSignature as wrong:
        raise Wrong("签名校验失败") from wrong
    asked = db.execute("SELECT * FROM asked WHERE session = ?", (str(values["sessionID"]),)).fetchone()
    if asked is None:
        raise Wrong("会话不存在")
    if not re.fullmatch(r"\d{13}", str(values["serviceTime"])):
        raise Wrong("serviceTime应为毫秒时间")
    head, lists = _part(values["payExchangeInfoHead"], dict), _part(values["payExchangeInfoLists"], list)
    _check_content(head, lists)
    _check_against_books(db, asked["order_no"], head, lists)


def _certificate(db: sqlite3.Connection, number: str) -> str:
    """The registered certificate of this serial number (hexadecimal)."""
    for row in db.execute("SELECT certificate FROM company"):
        serial = x509.load_pem_x509_certificate(row["certificate"].encode()).serial_number
        if number.strip().lower().lstrip("0") == f"{serial:x}":
            return str(row["certificate"])
    raise Unregistered


def _part(value: Any, kind: type) -> Any:
    """Head and lists may be written as JSON, or as a text that holds it."""
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=Decimal)
        except ValueError as wrong:
            raise Wrong("报文不是合法的JSON") from wrong
    if not isinstance(value, kind):
        raise Wrong("报文结构不符")
    return value


def _check_content(head: Mapping[str, Any], lists: list[Any]) -> None:
    missing = [name for name in _HEAD if head.get(name) in (None, "")]
    if missing:
        raise Wrong(f"缺少{missing[0]}")
    if str(head["verDept"]) not in "123" or str(head["payType"]) not in "1234":
        raise Wrong("verDept或payType不在参数表中")
    for one in lists:
        if not isinstance(one, dict) or any(one.get(name) in (None, "", []) for name in _LIST):
            raise Wrong("payExchangeInfoLists不完整")
        goods = one["goodsInfo"]
        if not isinstance(goods, list) or not all(
            isinstance(ware, dict) and ware.get("gname") and ware.get("itemLink") for ware in goods
        ):
            raise Wrong("goodsInfo不完整")


def _check_against_books(db: sqlite3.Connection, order_no: str, head: Mapping[str, Any], lists: list[Any]) -> None:
    """The upload speaks of the order that was asked for, and of the payment that was declared for it."""
    if order_no not in [one["orderNo"] for one in lists]:
        raise Wrong("上传的订单不是所查询的订单")
    row = books.last_of(db, order_no, "411")
    if row is None:
        raise Wrong("该订单没有支付单")
    payment = texts_of(row)
    for name in ("payCode", "payTransactionId", "ebpCode", "currency"):
        if str(head[name]) != payment[name]:
            raise Wrong(f"{name}与支付单不一致")
    try:
        same = Decimal(str(head["totalAmount"])) == n(payment["amountPaid"])
    except InvalidOperation:
        same = False
    if not same:
        raise Wrong("totalAmount与支付单不一致")


def _ms() -> int:
    return int(time.time() * 1000)
