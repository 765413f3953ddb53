"""WeChat Pay over HTTP: customs order, query and re-push, API version 2 (flat XML, MD5 with the key).

A share is known by the payment's number, the parcel's number and the customs: asking twice is asking once. What the
payment is called (`out_trade_no`) is our payment's id without its dashes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lxml import etree

from entrepot.kit import outside
from entrepot.kit.clock import CHINA
from entrepot.payments.declarers.port import UNKNOWN_SHARE, Declared, Known, Mode, Refused, Request
from entrepot.payments.providers.port import Said
from entrepot.payments.types import PayerCheck, ShareState

answer_bytes_max = 64 * 1024
records_max = 50
ORDER = "/cgi-bin/mch/customs/customdeclareorder"
QUERY = "/cgi-bin/mch/customs/customdeclarequery"
AGAIN = "/cgi-bin/mch/newcustoms/customdeclareredeclare"
_NOT_FINAL = {"SYSTEMERROR", "FREQUENCY_LIMITED"}
_STATES = {
    "UNDECLARED": ShareState.ACCEPTED,
    "SUBMITTED": ShareState.ACCEPTED,
    "PROCESSING": ShareState.ACCEPTED,
    "SUCCESS": ShareState.DONE,
    "FAIL": ShareState.FAILED,
    "EXCEPT": ShareState.FAILED,
}
_IDENTITY = {"SAME": PayerCheck.SAME, "DIFFERENT": PayerCheck.DIFFERENT}
_DEPARTMENTS = {"UNIONPAY": "1", "NETSUNION": "2", "OTHERS": "3"}

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WechatDeclarer:
    url: str
    app_id: str
    merchant_id: str
    key: str
    timeout_s: float

    def declare(self, request: Request, now: datetime) -> tuple[Said, Declared | Refused | None]:
        again = request.mode is Mode.AGAIN
        said, answer = self._ask(AGAIN if again else ORDER, _again(request) if again else _order(request))
        if answer is None or isinstance(answer, Refused):
            return said, answer
        if answer.get("out_trade_no") != trade_number(request.payment_id):
            return said, None
        return said, _read(answer, "", request.split, request.number)

    def query(self, known: Known, now: datetime) -> tuple[Said, Declared | Refused | None]:
        asked = {"sub_order_no": known.number} if known.split else {"out_trade_no": trade_number(known.payment_id)}
        said, answer = self._ask(QUERY, {"sign_type": "MD5", "customs": known.place, **asked})
        if answer is None or isinstance(answer, Refused):
            return said, None  # that the question was refused says nothing of the share
        count = answer.get("count", "0")
        for n in range(min(int(count), records_max) if count.isascii() and count.isdigit() else 0):
            number = answer.get(f"sub_order_no_{n}", "")
            if answer.get(f"customs_{n}") == known.place and (number == known.number or not known.split):
                return said, _read(answer, f"_{n}", known.split, known.number)
        return said, Refused(UNKNOWN_SHARE)

    def _ask(self, path: str, wish: Texts) -> tuple[Said, Texts | Refused | None]:
        whole = {"appid": self.app_id, "mch_id": self.merchant_id, **{k: v for k, v in wish.items() if v}}
        body = _xml({**whole, "sign": signature(whole, self.key)})
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        try:
            reply = outside.post(self.url + path, body, headers, timeout_s=self.timeout_s, bytes_max=answer_bytes_max)
        except outside.NoReply as silence:
            return Said(body.decode(), str(silence), None), None
        said = Said(body.decode(), reply.body.decode("utf-8", "replace"), reply.status)
        answer = _flat(reply.body) if reply.status == 200 else None
        if answer is None or not self._is_theirs(answer):
            return said, None
        if answer.get("result_code") == "SUCCESS":
            return said, answer
        code = answer.get("err_code", "")
        final = code and code not in _NOT_FINAL
        return said, Refused(code[:60], answer.get("err_code_des", "")[:300]) if final else None

    def _is_theirs(self, answer: Texts) -> bool:
        """Signed with our common key, and about us. `return_code` FAIL is not signed: it says nothing for certain."""
        rest = {name: text for name, text in answer.items() if name != "sign"}
        return (
            answer.get("return_code") == "SUCCESS"
            and (answer.get("appid"), answer.get("mch_id")) == (self.app_id, self.merchant_id)
            and hmac.compare_digest(signature(rest, self.key).encode(), answer.get("sign", "").encode())
        )


def trade_number(payment_id: UUID) -> str:
    return payment_id.hex


def signature(texts: Texts, key: str) -> str:
    """As this API version prescribes: sorted, without empty ones, the key at the end, MD5 in capitals.

    Raises ValueError without a key: an empty one can be guessed.
    """
    if not key:
        raise ValueError("no key is set for this provider")
    joined = "&".join(f"{name}={texts[name]}" for name in sorted(texts) if texts[name])
    digest = hashlib.md5(f"{joined}&key={key}".encode(), usedforsecurity=False)
    return digest.hexdigest().upper()


def _xml(texts: Texts) -> bytes:
    root = etree.Element("xml")
    for name, text in texts.items():
        etree.SubElement(root, name).text = text
    return etree.tostring(root, encoding="utf-8")


def _flat(body: bytes) -> dict[str, str] | None:
    """The texts of a flat document; None for anything else, above all for one that declares entities."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
    found: dict[str, str] = {}
    for child in root:
        if not isinstance(child.tag, str) or len(child) or child.tag in found:
            return None
        found[child.tag] = child.text or ""
    return found


def _order(request: Request) -> dict[str, str]:
    name, id_number = request.payer
    product_minor = request.amount_minor - request.freight_minor
    part = {
        "sub_order_no": request.number,
        "fee_type": "CNY",
        "order_fee": str(request.amount_minor),
        "transport_fee": str(request.freight_minor),
        "product_fee": str(product_minor),
    }
    return {
        "out_trade_no": trade_number(request.payment_id),
        "transaction_id": request.provider_payment,
        "customs": request.place,
        "mch_customs_no": request.merchant[0],
        "duty": str(request.tax_minor),
        "action_type": "MODIFY" if request.mode is Mode.CHANGED else "ADD",
        **(part if request.split else {}),
        "cert_type": "IDCARD",
        "cert_id": id_number,
        "name": name,
    }


def _again(request: Request) -> dict[str, str]:
    return {
        "sign_type": "MD5",
        "out_trade_no": trade_number(request.payment_id),
        "transaction_id": request.provider_payment,
        **({"sub_order_no": request.number} if request.split else {}),
        "customs": request.place,
        "mch_customs_no": request.merchant[0],
    }


def _read(answer: Texts, end: str, split: bool, number: str) -> Declared | None:
    """One record; its names end in `end`. None where it cannot be understood."""
    state = _STATES.get(answer.get(f"state{end}", ""))
    if state is None or (split and answer.get(f"sub_order_no{end}", number) != number):
        return None
    given = answer.get(f"sub_order_id{end}", "") if split else answer.get("transaction_id", "")
    department = answer.get(f"verify_department{end}") or answer.get("verify_department", "")
    fee = answer.get(f"order_fee{end}", "")
    return Declared(
        state=state,
        customs_number=given[:60],
        customs_order=answer.get(f"sub_order_no{end}", "") if split else answer.get("out_trade_no", ""),
        amount_minor=int(fee) if fee.isascii() and fee.isdigit() and split else None,
        payer_check=_IDENTITY.get(answer.get(f"cert_check_result{end}", ""), PayerCheck.UNCHECKED),
        verifying_department=_DEPARTMENTS.get(department, ""),
        verifying_transaction=(
            answer.get(f"verify_department_trade_id{end}") or answer.get("verify_department_trade_id", "")
        )[:64],
        at=_moment(answer.get(f"modify_time{end}", "")),
        words=answer.get(f"explanation{end}", "")[:300],
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        return None
