"""What customs makes of a document: duplicates, the three documents against each other, limits. Content decides;
faults that content cannot show are forced from outside (port.py)."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

from entrepot.sandbox.customs.answers import Say

Texts = Mapping[str, str]
_CHINA = timezone(timedelta(hours=8))
LINES_MAX = 99
WAYBILL_REUSE_S = 183 * 86400
# From, single purchase, year (Ministry of Finance, customs and tax: 财关税[2016]18, 财关税[2018]49).
_LIMITS = ((date(2016, 4, 8), Decimal(2000), Decimal(20000)), (date(2019, 1, 1), Decimal(5000), Decimal(26000)))
_NAMES = {"311": "订单", "411": "支付单", "511": "运单", "621": "清单"}
# Where a document keeps its number and whose it is.
NUMBERS = {
    "311": ("ebpCode", "orderNo"),
    "411": ("payCode", "payTransactionId"),
    "511": ("logisticsCode", "logisticsNo"),
    "621": ("agentCode", "copNo"),
    "623": ("agentCode", "invtNo"),
}
_DUPLICATE = {"311": -301010, "411": -401007, "511": -504015}


@dataclass(frozen=True, slots=True)
class Paper:
    """One business object as received."""

    kind: str
    head: Texts
    lines: Sequence[Texts]

    @property
    def company(self) -> str:
        return self.head.get(NUMBERS[self.kind][0], "")

    @property
    def number(self) -> str:
        return self.head.get(NUMBERS[self.kind][1], "")


@dataclass(frozen=True, slots=True)
class Judgement:
    """`state` is what the port's books say of the paper from now on; `says` the receipts."""

    state: str
    says: tuple[Say, ...]
    value: Decimal = Decimal(0)
    invt_no: str = ""
    withdraws: int | None = None  # the id of the list taken back
    replaces: int | None = None


def no(status: int, why: str) -> Judgement:
    """A refusal: codes below zero come at once, a 100 after the port has passed the document on."""
    if status < 0:
        return Judgement("refused", (Say(status, why, 1),))
    return Judgement("refused", (Say(2, "申报成功", 1), Say(status, why, 2)))


def judge(db: sqlite3.Connection, paper: Paper, review: bool, elsewhere: Mapping[str, str]) -> Judgement:
    """The judgement on content. `review`: lists wait for an official. `elsewhere`: sums used on other platforms."""
    if paper.kind == "621":
        return _judge_list(db, paper, review, elsewhere)
    if paper.kind == "623":
        return _judge_withdrawal(db, paper)
    return _judge_document(db, paper)


def _judge_document(db: sqlite3.Connection, paper: Paper) -> Judgement:
    known = _known(db, paper)
    change = paper.head["appType"] != "1"
    if change and known is None:
        return no(100, f"{_NAMES[paper.kind]}不存在，不能变更")
    order_no = paper.head["orderNo"]
    if known is not None and paper.kind == "311" and _on_list(db, order_no):
        return no(-301011, "订单已申报清单")
    if known is not None and not change:
        return no(_DUPLICATE[paper.kind], f"{_NAMES[paper.kind]}编号重复[{paper.number}]")
    wrong = _own_faults(paper)
    if wrong:
        return no(100, wrong)
    name = _NAMES[paper.kind]
    says = (Say(2, f"{name}新增申报成功", 1), Say(120, "[Code:1800;Desc:逻辑校验通过]", 2))
    state = "deleted" if paper.head["appType"] == "3" else "taken"
    return Judgement(state, says, replaces=known["id"] if known is not None else None)


def _known(db: sqlite3.Connection, paper: Paper) -> sqlite3.Row | None:
    """The valid paper of this number. A waybill number is free again after six months."""
    since = time.time() - WAYBILL_REUSE_S if paper.kind == "511" else 0.0
    found: sqlite3.Row | None = db.execute(
        "SELECT * FROM paper WHERE kind = ? AND company = ? AND number = ? AND at >= ?"
        " AND state IN ('taken', 'released')",
        (paper.kind, paper.company, paper.number, since),
    ).fetchone()
    return found


def _on_list(db: sqlite3.Connection, order_no: str) -> bool:
    query = "SELECT 1 FROM paper WHERE kind = '621' AND order_no = ? AND state IN ('taken', 'released')"
    return db.execute(query, (order_no,)).fetchone() is not None


def _own_faults(paper: Paper) -> str:
    """What is wrong with an order, payment or waybill on its own."""
    head = paper.head
    if head["currency"] != "142":
        return "币制应为人民币"
    if paper.kind == "311":
        goods = sum((_n(line["totalPrice"]) for line in paper.lines), Decimal(0))
        due = _n(head["goodsValue"]) + _n(head["freight"]) + _n(head["taxTotal"]) - _n(head["discount"])
        if goods != _n(head["goodsValue"]) or due != _n(head["acturalPaid"]):
            return "订单金额不平衡"
        return _line_fault(paper.lines)
    if paper.kind == "511" and head["packNo"] != "1":
        return "运单件数应为1"
    return ""


def _line_fault(lines: Sequence[Texts]) -> str:
    for line in lines:
        product = (_n(line["price"]) * _n(line["qty"])).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if product != _n(line["totalPrice"]):
            return f"第{line['gnum']}项总价不等于单价乘数量"
    return ""


def _judge_list(db: sqlite3.Connection, paper: Paper, review: bool, elsewhere: Mapping[str, str]) -> Judgement:
    numbers = [line["gnum"] for line in paper.lines]
    if len(numbers) > LINES_MAX:
        return no(-621030, f"商品项超过{LINES_MAX}项")
    if len(set(numbers)) != len(numbers):
        return no(-621027, "商品序号重复")
    if _known(db, paper) is not None or _on_list(db, paper.head["orderNo"]):
        return no(-621004, "清单已申报")
    wrong = _against_each_other(db, paper) or _line_fault(paper.lines) or _mode_fault(paper)
    if wrong:
        return no(100, wrong)
    value = sum((_n(line["totalPrice"]) for line in paper.lines), Decimal(0))
    value += _n(paper.head["freight"]) + _n(paper.head["insuredFee"])
    over = _over_limit(db, paper, value, elsewhere)
    if over is not None:
        return over
    now = datetime.now(_CHINA)
    serial = f"{random.randrange(10**9):09d}"  # noqa: S311 a number for the demo
    invt_no = f"{paper.head['customsCode']}{now:%Y}I{serial}"
    given = {"preNo": f"B{now:%Y%m%d}{serial}", "invtNo": invt_no}
    says = [Say(2, "清单新增申报成功", 1), Say(120, "[Code:1800;Desc:逻辑校验通过]", 2, given)]
    says.append(
        Say(300, "[Code:2100;Desc:人工审核]", 3, given) if review else Say(800, "[Code:2600;Desc:放行]", 4, given)
    )
    return Judgement("taken", tuple(says), value, invt_no)


def _against_each_other(db: sqlite3.Connection, paper: Paper) -> str:
    """The three documents against the list. The first thing that does not fit, or nothing."""
    found: dict[str, tuple[Texts, Sequence[Texts]]] = {}
    for row in db.execute(
        "SELECT kind, head, lines FROM paper WHERE order_no = ? AND state = 'taken' AND kind IN ('311', '411', '511')",
        (paper.head["orderNo"],),
    ):
        found[row["kind"]] = (json.loads(row["head"]), json.loads(row["lines"]))
    missing = [name for kind, name in _NAMES.items() if kind != "621" and kind not in found]
    if missing:
        return f"三单比对不通过：缺少{'、'.join(missing)}"
    (order, order_lines), (payment, _), (waybill, _) = found["311"], found["411"], found["511"]
    listed = paper.head
    pairs = (
        ("订购人姓名", order["buyerName"], listed["buyerName"]),
        ("订购人证件号", order["buyerIdNumber"], listed["buyerIdNumber"]),
        ("支付人姓名", payment["payerName"], order["buyerName"]),
        ("支付人证件号", payment["payerIdNumber"], order["buyerIdNumber"]),
        ("支付金额", _n(payment["amountPaid"]), _n(order["acturalPaid"])),
        ("支付交易编号", order.get("payTransactionId", ""), payment["payTransactionId"]),
        ("电商平台", payment["ebpCode"], order["ebpCode"]),
        ("电商平台", listed["ebpCode"], order["ebpCode"]),
        ("电商企业", listed["ebcCode"], order["ebcCode"]),
        ("收货人", waybill["consignee"], order["consignee"]),
        ("收货电话", waybill["consigneeTelephone"], order["consigneeTelephone"]),
        ("收货地址", waybill["consigneeAddress"], order["consigneeAddress"]),
        ("收货地址", listed["consigneeAddress"], order["consigneeAddress"]),
        ("运单编号", listed["logisticsNo"], waybill["logisticsNo"]),
        ("物流企业", listed["logisticsCode"], waybill["logisticsCode"]),
        ("运费", _n(listed["freight"]), _n(order["freight"])),
        ("商品项", _goods(paper.lines), _goods(order_lines)),
    )
    wrong = [name for name, one, other in pairs if one != other]
    return f"三单比对不通过：{wrong[0]}不一致" if wrong else ""


def _goods(lines: Sequence[Texts]) -> list[tuple[str, str, Decimal, Decimal]]:
    return sorted((line["gnum"], line["unit"], _n(line["qty"]), _n(line["totalPrice"])) for line in lines)


def _mode_fault(paper: Paper) -> str:
    head, mode = paper.head, paper.head["tradeMode"]
    if head["ieFlag"] != "I" or head["currency"] != "142" or head["packNo"] != "1" or head["buyerIdType"] != "1":
        return "固定项填写错误"
    if mode == "1210":
        records = all(line.get("itemRecordNo") for line in paper.lines)
        if not (head.get("emsNo") and head.get("areaCode") and head.get("areaName") and records):
            return "1210 必须填写账册编号、区内企业与料号"
        return "" if head["country"] == "142" else "1210 起运国应为中国"
    if mode == "9610" and not (head.get("trafNo") and head.get("voyageNo") and head.get("billNo")):
        return "9610 必须填写运输工具、航次与提运单号"
    return ""


def _over_limit(db: sqlite3.Connection, paper: Paper, value: Decimal, elsewhere: Mapping[str, str]) -> Judgement | None:
    today = datetime.now(_CHINA).date()
    single, year = next((one, whole) for since, one, whole in reversed(_LIMITS) if since <= today)
    one_item = len(paper.lines) == 1 and _n(paper.lines[0]["qty"]) == 1
    if value > single and not one_item:
        return no(-621005, f"超过单次交易限值{single}元，本次{value}元")
    person = paper.head["buyerIdNumber"]
    rows = db.execute(
        "SELECT value FROM paper WHERE kind = '621' AND person = ? AND year = ? AND state IN ('taken', 'released')",
        (person, today.year),
    )
    used = sum((Decimal(row["value"]) for row in rows), Decimal(elsewhere.get(person, "0")))
    if used + value > year:
        return no(-621018, f"超过个人年度交易限值{year}元，本年度已使用{used}元，本次{value}元")
    return None


def _judge_withdrawal(db: sqlite3.Connection, paper: Paper) -> Judgement:
    row = db.execute(
        "SELECT * FROM paper WHERE kind = '621' AND invt_no = ? AND state IN ('taken', 'released')", (paper.number,)
    ).fetchone()
    if row is None:
        return no(-623003, "未找到对应清单")
    if row["state"] == "released" or (row["released_at"] and row["released_at"] <= time.time()):
        return no(-623005, "清单状态不允许撤销")
    given = {"invtNo": paper.number}
    says = (Say(2, "撤销申请申报成功", 1, given), Say(120, "逻辑校验通过", 2, given), Say(399, "海关审结", 3, given))
    return Judgement("taken", says, withdraws=row["id"])


def _n(text: str) -> Decimal:
    return Decimal(text or "0")
