"""What customs makes of orders, payments, waybills and lists: duplicates, the documents against each other,
limits. Content decides; faults that content cannot show are forced from outside (port.py)."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from entrepot.sandbox.customs import after, quota
from entrepot.sandbox.customs.answers import CHINA, Say
from entrepot.sandbox.customs.faults import KINDS, STATUSES
from entrepot.sandbox.customs.paper import LISTED, Ground, Judgement, Paper, Texts, lines_of, n, no, texts_of

LINES_MAX = 99
WAYBILL_REUSE_S = 183 * 86400
_THREE = ("311", "411", "511")
_DUPLICATE = {"311": -301010, "411": -401007, "511": -504015}


def judge(ground: Ground, paper: Paper) -> Judgement:
    """The judgement on content."""
    rule = after.RULES.get(paper.kind)
    if rule is not None:
        return rule(ground, paper)
    return _judge_list(ground, paper) if paper.kind == "621" else _judge_document(ground, paper)


def _judge_document(ground: Ground, paper: Paper) -> Judgement:
    known, name = _known(ground, paper), KINDS[paper.kind][0]
    change = paper.head["appType"] != "1"
    if change and known is None:
        return no(100, f"{name}不存在，不能变更")
    order_no = paper.head["orderNo"]
    if known is not None and paper.kind == "311" and _on_list(ground, order_no):
        return no(-301011, "订单已申报清单")
    if known is not None and not change:
        return no(_DUPLICATE[paper.kind], f"{name}编号重复[{paper.number}]")
    wrong = _own_faults(paper)
    if wrong:
        return no(100, wrong)
    says = (Say(2, f"{name}新增申报成功", 1), Say(120, "[Code:1800;Desc:逻辑校验通过]", 2))
    state = "deleted" if paper.head["appType"] == "3" else "taken"
    return Judgement(state, says, replaces=known["id"] if known is not None else None)


def _known(ground: Ground, paper: Paper) -> sqlite3.Row | None:
    """The valid paper of this number. A waybill number is free again after six months."""
    since = ground.now - WAYBILL_REUSE_S if paper.kind == "511" else 0.0
    found: sqlite3.Row | None = ground.db.execute(
        f"SELECT * FROM paper WHERE kind = ? AND company = ? AND number = ? AND at >= ? AND state IN {LISTED}",  # noqa: S608
        (paper.kind, paper.company, paper.number, since),
    ).fetchone()
    return found


def _on_list(ground: Ground, order_no: str) -> bool:
    query = f"SELECT 1 FROM paper WHERE kind = '621' AND order_no = ? AND state IN {LISTED}"  # noqa: S608
    return ground.db.execute(query, (order_no,)).fetchone() is not None


def _own_faults(paper: Paper) -> str:
    """What is wrong with an order, payment or waybill on its own."""
    head = paper.head
    if head["currency"] != "142":
        return "币制应为人民币"
    if paper.kind == "311":
        goods = sum((n(line["totalPrice"]) for line in paper.lines), Decimal(0))
        due = n(head["goodsValue"]) + n(head["freight"]) + n(head["taxTotal"]) - n(head["discount"])
        if goods != n(head["goodsValue"]) or due != n(head["acturalPaid"]):
            return "订单金额不平衡"
        return _line_fault(paper.lines)
    if paper.kind == "511" and head["packNo"] != "1":
        return "运单件数应为1"
    return ""


def _line_fault(lines: Sequence[Texts]) -> str:
    for line in lines:
        if n(line["qty"]) <= 0:
            return f"第{line['gnum']}项数量应大于0"
        product = (n(line["price"]) * n(line["qty"])).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if product != n(line["totalPrice"]):
            return f"第{line['gnum']}项总价不等于单价乘数量"
    return ""


def _judge_list(ground: Ground, paper: Paper) -> Judgement:
    numbers = [line["gnum"] for line in paper.lines]
    if len(numbers) > LINES_MAX:
        return no(-621030, f"商品项超过{LINES_MAX}项")
    if len(set(numbers)) != len(numbers):
        return no(-621027, "商品序号重复")
    if _known(ground, paper) is not None or _on_list(ground, paper.head["orderNo"]):
        return no(-621004, "清单已申报")
    wrong = _against_each_other(ground, paper) or _line_fault(paper.lines) or _mode_fault(paper)
    if wrong:
        return no(100, wrong)
    value = sum((n(line["totalPrice"]) for line in paper.lines), Decimal(0))
    value += n(paper.head["freight"]) + n(paper.head["insuredFee"])
    over = _over_limit(ground, paper, value)
    if over is not None:
        return over
    pre_no, invt_no = _list_numbers(ground, paper.head["customsCode"])
    given = {"preNo": pre_no, "invtNo": invt_no}
    says = (Say(2, "清单新增申报成功", 1), Say(120, "[Code:1800;Desc:逻辑校验通过]", 2, given))
    return Judgement("taken", says + _course(ground.course, given), value, invt_no)


def _list_numbers(ground: Ground, customs_code: str) -> tuple[str, str]:
    """(preNo, invtNo) that no list has: customs, year, I, nine digits."""
    today = datetime.fromtimestamp(ground.now, CHINA)
    while True:
        serial = f"{random.randrange(10**9):09d}"  # noqa: S311 a number for the demo
        invt_no = f"{customs_code}{today:%Y}I{serial}"
        if ground.db.execute("SELECT 1 FROM paper WHERE kind = '621' AND invt_no = ?", (invt_no,)).fetchone() is None:
            return f"B{today:%Y%m%d}{serial}", invt_no


_DESCRIBED = {300: "[Code:2100;Desc:人工审核]", 800: "[Code:2600;Desc:放行]"}


def _course(course: str, given: Texts) -> tuple[Say, ...]:
    """The receipts after 120: straight to release, or as told ("500>800")."""
    statuses = [int(status) for status in (course or "800").split(">")]
    first = 4 if statuses[0] == 800 else 3
    return tuple(
        Say(status, _DESCRIBED.get(status, STATUSES[status][0]), first + 2 * i, given)
        for i, status in enumerate(statuses)
    )


def _against_each_other(ground: Ground, paper: Paper) -> str:
    """The three documents against the list. The first thing that does not fit, or nothing."""
    found: dict[str, tuple[Texts, Sequence[Texts]]] = {}
    for row in ground.db.execute(
        "SELECT kind, head, lines FROM paper WHERE order_no = ? AND state = 'taken' AND kind IN ('311', '411', '511')",
        (paper.head["orderNo"],),
    ):
        found[row["kind"]] = (texts_of(row), lines_of(row))
    missing = [KINDS[kind][0] for kind in _THREE if kind not in found]
    if missing:
        return f"三单比对不通过：缺少{'、'.join(missing)}"
    (order, order_lines), (payment, _), (waybill, _) = found["311"], found["411"], found["511"]
    listed = paper.head
    pairs = (
        ("订购人姓名", order["buyerName"], listed["buyerName"]),
        ("订购人证件号", order["buyerIdNumber"], listed["buyerIdNumber"]),
        ("支付人姓名", payment["payerName"], order["buyerName"]),
        ("支付人证件号", payment["payerIdNumber"], order["buyerIdNumber"]),
        ("支付金额", n(payment["amountPaid"]), n(order["acturalPaid"])),
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
        ("运费", n(listed["freight"]), n(order["freight"])),
        ("商品项", _goods(paper.lines), _goods(order_lines)),
    )
    wrong = [name for name, one, other in pairs if one != other]
    return f"三单比对不通过：{wrong[0]}不一致" if wrong else ""


def _goods(lines: Sequence[Texts]) -> list[tuple[str, str, Decimal, Decimal]]:
    return sorted((line["gnum"], line["unit"], n(line["qty"]), n(line["totalPrice"])) for line in lines)


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


def _over_limit(ground: Ground, paper: Paper, value: Decimal) -> Judgement | None:
    """The person and their limits: by ID number and calendar year, over all platforms."""
    single, year = quota.limits(ground.today)
    single = Decimal(ground.single_limit or single)
    person = paper.head["buyerIdNumber"]
    if quota.is_another(ground.db, person, paper.head["buyerName"]):
        return no(100, "订购人姓名与证件号不符")
    one_item = len(paper.lines) == 1 and n(paper.lines[0]["qty"]) == 1
    if value > single and not one_item:
        return no(-621005, f"超过单次交易限值{single}元，本次{value}元")
    if ground.quota_fails == "query":
        return no(-621013, "查询年度额度失败")
    used = quota.used(ground.db, person, ground.today.year, ground.elsewhere)
    if used + value > year:
        return no(-621018, f"超过个人年度交易限值{year}元，本年度已使用{used}元，本次{value}元")
    return no(-621014, "登记年度额度失败") if ground.quota_fails == "book" else None
