"""What customs is sent when it asks for an order's raw payment data (announcement 179/2018), as text. Pure.

The text is made once: signed and sent are the same characters, so neither the order of names nor the form of a number
can differ between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from entrepot.kit.clock import CHINA

raw_chars_max, name_chars_max, link_chars_max = 8000, 250, 3000


class TooLong(Exception):
    """A raw text does not fit, and cut it would not be the raw text."""


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid: account, company code, name."""

    account: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Goods:
    """One order of the payment: its customs number and what it holds, as (name, address of its page)."""

    number: str
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RawData:
    """A payment as it was asked for and answered, word for word, and what customs wants to know beside it."""

    guid: str
    request: str
    response: str
    platform_code: str
    company_code: str
    transaction: str
    amount: Decimal
    currency: str
    verifying_department: str
    pay_type: str
    paid_at: datetime
    orders: Sequence[Goods]


@dataclass(frozen=True, slots=True)
class Made:
    """The four parts as texts, each as it stands in the upload."""

    session_id: str
    head: str
    lists: str
    service_time: int

    def to_sign(self) -> str:
        parts = (
            ("sessionID", self.session_id),
            ("payExchangeInfoHead", self.head),
            ("payExchangeInfoLists", self.lists),
            ("serviceTime", str(self.service_time)),
        )
        return "||".join(f'"{name}":"{text}"' for name, text in parts)

    def signed(self, certificate_number: str, signature: str) -> str:
        """The whole upload."""
        return _object(
            {
                "sessionID": _quoted(self.session_id),
                "payExchangeInfoHead": self.head,
                "payExchangeInfoLists": self.lists,
                "serviceTime": str(self.service_time),
                "certNo": _quoted(certificate_number),
                "signValue": _quoted(signature),
            }
        )


def make(data: RawData, payee: Payee, *, session_id: str, service_time: int) -> Made:
    """Raises TooLong."""
    if max(len(data.request), len(data.response)) > raw_chars_max:
        raise TooLong
    head = {
        "guid": _quoted(data.guid),
        "initalRequest": _quoted(data.request),
        "initalResponse": _quoted(data.response),
        "ebpCode": _quoted(data.platform_code),
        "payCode": _quoted(data.company_code),
        "payTransactionId": _quoted(data.transaction),
        "totalAmount": number_text(data.amount),
        "currency": _quoted(data.currency),
        "verDept": _quoted(data.verifying_department),
        "payType": _quoted(data.pay_type),
        "tradingTime": _quoted(data.paid_at.astimezone(CHINA).strftime("%Y%m%d%H%M%S")),
        "note": _quoted(""),
    }
    orders = [
        _object(
            {
                "orderNo": _quoted(order.number),
                "goodsInfo": _array(
                    _object({"gname": _quoted(name[:name_chars_max]), "itemLink": _quoted(link[:link_chars_max])})
                    for name, link in order.items
                ),
                "recpAccount": _quoted(payee.account),
                "recpCode": _quoted(payee.code),
                "recpName": _quoted(payee.name),
            }
        )
        for order in data.orders
    ]
    return Made(session_id, _object(head), _array(orders), service_time)


def number_text(amount: Decimal) -> str:
    """A sum as the other side writes it back before it checks the signature: digits, a point, at least one digit."""
    text = f"{amount.normalize():f}"
    return text if "." in text else f"{text}.0"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _object(texts: Mapping[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"


def _array(texts: Iterable[str]) -> str:
    return "[" + ",".join(texts) + "]"
