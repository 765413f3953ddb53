"""What customs makes of documents that come after the three: cancellation, return, signed for, inbound list.

Each is held against what the port knows. A return within 30 days of release (announcement 45 of 2020), goods back
within 45; days are calendar days in China.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from entrepot.sandbox.customs.answers import Say
from entrepot.sandbox.customs.paper import Ground, Judgement, Paper, Texts, day, lines_of, n, no, texts_of

RETURN_DAYS = 30
BACK_DAYS = 45
_TAKEN = "[Code:1800;Desc:逻辑校验通过]"
# What an application repeats from the list it speaks of.
_SAME = ("orderNo", "ebpCode", "ebcCode", "logisticsNo", "logisticsCode", "buyerIdNumber", "buyerName")


def _judge_withdrawal(ground: Ground, paper: Paper) -> Judgement:
    row = _list(ground, paper)
    if row is None or _differs(row, paper):
        return no(-623003, "未找到对应清单")
    if row["state"] != "taken" or (row["released_at"] and row["released_at"] <= ground.now):
        return no(-623005, "清单状态不允许撤销")
    return Judgement("taken", _approved("撤销", paper), withdraws=row["id"])


def _judge_return(ground: Ground, paper: Paper) -> Judgement:
    row = _list(ground, paper)
    if row is None:
        return no(100, "原清单不存在")
    wrong = _differs(row, paper)
    if wrong:
        return no(100, f"退货申请与原清单不一致[{wrong}]")
    if not paper.lines:
        return no(-625006, "退货申请为空")
    if row["state"] not in ("released", "closed", "returned"):
        return no(100, "原清单未放行")
    if days_since(row, ground.today) > RETURN_DAYS:
        return no(-625014, f"超过放行之日起{RETURN_DAYS}日的退货期限")
    refusal = _wares_refused(row, ground, paper)
    if refusal is not None:
        return refusal
    if ground.quota_fails == "return":
        return no(-625024, "额度调整失败")
    wares = {line["gnum"]: line["qty"] for line in paper.lines}
    says = _approved("退货", paper)
    if ground.returns_wait:
        says = (*says[:2], Say(300, "[Code:2100;Desc:待商品退回监管场所]", 3, says[0].numbers))
    return Judgement("taken", says, invt_no=paper.number, returns=row["id"], wares=wares)


def _wares_refused(row: sqlite3.Row, ground: Ground, paper: Paper) -> Judgement | None:
    """Each line is one of the list's, and no more comes back than is still out."""
    listed = {line["gnum"]: line for line in lines_of(row)}
    back = returned(ground.db, row["id"])
    if len({line["gnum"] for line in paper.lines}) != len(paper.lines):
        return no(-625209, "退货商品序号重复")
    for line in paper.lines:
        gnum, original = line["gnum"], listed.get(line["gnum"])
        if original is None or (line["gcode"], line["unit"]) != (original["gcode"], original["unit"]):
            return no(-625209, f"第{gnum}项商品不在原清单中")
        if n(line["qty"]) <= 0 or n(line["qty"]) > n(original["qty"]) - back.get(gnum, Decimal(0)):
            return no(-625015, f"第{gnum}项超过可退数量")
    return None


def returned(db: sqlite3.Connection, listed: int, states: tuple[str, str] = ("asked", "back")) -> dict[str, Decimal]:
    """What of a list is back or applied for: units by gnum."""
    sums: dict[str, Decimal] = {}
    query = "SELECT wares FROM returned WHERE list = ? AND state IN (?, ?)"
    for row in db.execute(query, (listed, *states)):
        for gnum, qty in json.loads(row["wares"]).items():
            sums[gnum] = sums.get(gnum, Decimal(0)) + n(qty)
    return sums


def days_since(row: sqlite3.Row, today: date) -> int:
    """Calendar days since the list's release."""
    return (today - day(row["released_at"])).days


def _judge_signed_for(ground: Ground, paper: Paper) -> Judgement:
    head = paper.head
    waybill = _waybill(ground, head["logisticsNo"], head["logisticsCode"])
    if waybill is None:
        return no(100, "运单不存在")
    if head["logisticsStatus"] != "S":
        return no(100, "运单状态应为S（签收）")
    released = ground.db.execute(
        "SELECT 1 FROM paper WHERE kind = '621' AND order_no = ? AND state IN ('released', 'closed', 'returned')",
        (waybill["order_no"],),
    ).fetchone()
    if released is None:
        return no(100, "清单未放行，不能签收")
    if _standing(ground, paper) is not None:
        return no(100, "运单状态已申报")
    says = (Say(2, "运单状态新增申报成功", 1), Say(120, _TAKEN, 2))
    return Judgement("taken", says)


def _judge_inbound(ground: Ground, paper: Paper) -> Judgement:
    head, numbers = paper.head, [line["logisticsNo"] for line in paper.lines]
    if head["ieFlag"] != "I":
        return no(100, "进出口标志应为I")
    if len(set(numbers)) != len(numbers):
        return no(100, "运单编号重复")
    for number in numbers:
        waybill = _waybill(ground, number, head["logisticsCode"])
        if waybill is None:
            return no(100, f"运单不存在[{number}]")
        bill = texts_of(waybill).get("billNo", "")
        if bill and bill != head["billNo"]:
            return no(100, f"运单提运单号不一致[{number}]")
        if _arrived(ground, number, head["logisticsCode"]):
            return no(100, f"运单已入库[{number}]")
    given = {"rkdNo": f"RK{ground.today:%Y%m%d}{random.randrange(10**8):08d}"}  # noqa: S311 a number for the demo
    return Judgement("taken", (Say(2, "入库明细单新增申报成功", 1), Say(120, _TAKEN, 2, given)))


def _arrived(ground: Ground, number: str, carrier: str) -> bool:
    query = "SELECT 1 FROM arrival WHERE carrier = ? AND number = ?"
    return ground.db.execute(query, (carrier, number)).fetchone() is not None


RULES: Mapping[str, Callable[[Ground, Paper], Judgement]] = {
    "513": _judge_signed_for,
    "623": _judge_withdrawal,
    "625": _judge_return,
    "711": _judge_inbound,
}


def _approved(name: str, paper: Paper) -> tuple[Say, ...]:
    given = {"invtNo": paper.number}
    return (Say(2, f"{name}申请申报成功", 1, given), Say(120, _TAKEN, 2, given), Say(399, "海关审结", 3, given))


def _list(ground: Ground, paper: Paper) -> sqlite3.Row | None:
    """The list of this number that stands in the books; a refused one has no number."""
    found: sqlite3.Row | None = ground.db.execute(
        "SELECT * FROM paper WHERE kind = '621' AND invt_no = ? AND invt_no != '' AND state != 'withdrawn'",
        (paper.number,),
    ).fetchone()
    return found


def _differs(row: sqlite3.Row, paper: Paper) -> str:
    """The first element that is not as on the list."""
    listed: Texts = texts_of(row)
    return next((name for name in _SAME if listed.get(name, "") != paper.head.get(name, "")), "")


def _waybill(ground: Ground, number: str, carrier: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = ground.db.execute(
        "SELECT * FROM paper WHERE kind = '511' AND company = ? AND number = ? AND state = 'taken' ORDER BY id DESC",
        (carrier, number),
    ).fetchone()
    return found


def _standing(ground: Ground, paper: Paper) -> sqlite3.Row | None:
    found: sqlite3.Row | None = ground.db.execute(
        "SELECT * FROM paper WHERE kind = ? AND company = ? AND number = ? AND state = 'taken'",
        (paper.kind, paper.company, paper.number),
    ).fetchone()
    return found
