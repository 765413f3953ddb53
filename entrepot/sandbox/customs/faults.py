"""What the port can be told to say: every status and refusal code with its words, and which message shows which fault.

The words and families are those of the message specification 202205. What `next` may hold:
`refuse:<code>`; `status:<course>`, the way a list takes after 120, `>` between its statuses; `grab:<code>`, the answer
to the next upload of payment data; `format`, `lose`, `hang_up`, `down`, `slow`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Words = tuple[str, str]  # Chinese, English

KINDS: Mapping[str, Words] = {
    "311": ("订单", "Order"),
    "411": ("支付单", "Payment"),
    "511": ("运单", "Waybill"),
    "513": ("运单状态", "Waybill state"),
    "621": ("清单", "List"),
    "623": ("撤销申请", "Cancellation"),
    "625": ("退货申请", "Return"),
    "711": ("入库明细单", "Inbound list"),
}
STATUSES: Mapping[int, Words] = {
    1: ("已暂存", "Stored at the port"),
    2: ("申报中", "Being declared"),
    3: ("已发往海关", "Sent to customs"),
    4: ("发送海关失败", "Sending to customs failed"),
    100: ("海关退单", "Refused by customs"),
    120: ("海关入库", "Taken in by customs"),
    300: ("人工审核", "Looked at by an official"),
    399: ("海关审结", "Approved"),
    500: ("查验", "Inspected"),
    501: ("扣留（501）", "Held (501)"),
    502: ("扣留（502）", "Held (502)"),
    503: ("扣留（503）", "Held (503)"),
    599: ("扣留（599）", "Held (599)"),
    700: ("退运", "Sent back"),
    800: ("放行", "Released"),
    899: ("结关", "Closed"),
}
# Code: who shows it, what it says.
REFUSALS: Mapping[int, tuple[Sequence[str], Words]] = {
    -301010: (("311",), ("订单编号重复", "Duplicate order")),
    -301011: (("311",), ("订单已申报清单", "The order is on a list already")),
    -401007: (("411",), ("支付单编号重复", "Duplicate payment")),
    -504015: (("511",), ("运单编号重复", "Duplicate waybill")),
    -621004: (("621",), ("清单已申报", "The list was declared already")),
    -621005: (("621",), ("超过单次交易限值", "Above the limit of one purchase")),
    -621013: (("621",), ("查询年度额度失败", "The yearly quota could not be asked for")),
    -621014: (("621",), ("登记年度额度失败", "The yearly quota could not be booked")),
    -621018: (
        ("621",),
        ("超过个人年度交易限值26000元，本年度已使用26000.00元", "Above the person's limit of the year"),
    ),
    -621027: (("621",), ("商品序号重复", "A line number twice")),
    -621028: (("621",), ("签名数据与报文不一致", "The signed data differ")),
    -621029: (("621",), ("签名校验失败", "The signature is wrong")),
    -621030: (("621",), ("商品项超过99项", "Too many lines")),
    -623003: (("623",), ("未找到对应清单", "Cancellation: no such list")),
    -623005: (("623",), ("清单状态不允许撤销", "Cancellation: the list's state forbids it")),
    -625006: (("625",), ("退货申请为空", "Return: no lines")),
    -625012: (("625",), ("参数表中不存在", "Return: not in the parameter table")),
    -625014: (("625",), ("超过退货期限", "Return: too late")),
    -625015: (("625",), ("超过可退范围", "Return: more than can be returned")),
    -625024: (("625",), ("额度调整失败", "Return: the quota could not be adjusted (24)")),
    -625025: (("625",), ("额度调整失败", "Return: the quota could not be adjusted (25)")),
    -625026: (("625",), ("额度调整失败", "Return: the quota could not be adjusted (26)")),
    -625209: (("625",), ("商品不在原清单中", "Return: the line is not in the original list")),
}
COURSES = (
    "300", "399", "500", "501", "502", "503", "599", "700", "800>899", "300>399>800", "500>800", "500>700",
    "501>800", "501>700",
)  # fmt: skip
UPLOADED = "10000"
UNREGISTERED = "20004"
_PLAIN: Mapping[str, Words] = {
    "format": ("报文格式错误", "Says the message is malformed"),
    "lose": ("丢失回执", "Loses its receipts"),
    "hang_up": ("已处理，但断开不应答", "Does it and hangs up"),
    "down": ("无法连接", "Not to be reached"),
    "slow": ("响应慢", "Answers late"),
}
_GRABS: Mapping[str, Words] = {
    UNREGISTERED: ("证书未注册", "the certificate is not registered"),
    "20000": ("校验未通过", "not accepted"),
}


def course_words(course: str) -> Words:
    steps = [STATUSES[int(status)] for status in course.split(">")]
    return "，再".join(zh for zh, _ in steps), ", then ".join(en for _, en in steps)


def _all_words() -> dict[str, Words]:
    words = dict(_PLAIN)
    for course in COURSES:
        zh, en = course_words(course)
        words[f"status:{course}"] = (f"清单：{zh}（{course}）", f"List: {en} ({course})")
    for code in (4, 100):
        zh, en = STATUSES[code]
        words[f"refuse:{code}"] = (f"退单：{zh}（{code}）", f"Refusal: {en} ({code})")
    for code, (_, (zh, en)) in REFUSALS.items():
        words[f"refuse:{code}"] = (f"退单：{zh}（{code}）", f"Refusal: {en} ({code})")
    for grab, (zh, en) in _GRABS.items():
        words[f"grab:{grab}"] = (f"支付数据上传：{zh}（{grab}）", f"Upload of payment data: {en} ({grab})")
    return words


WORDS: Mapping[str, Words] = _all_words()
NEXT = tuple(WORDS)


def fits(fault: str, kind: str) -> bool:
    """Whether a message of this kind (or "179", an upload of payment data) can show a fault of `next`."""
    verb, _, code = fault.partition(":")
    if verb in ("hang_up", "down", "slow"):
        return True
    if verb == "grab":
        return kind == "179"
    if verb == "refuse" and code.startswith("-"):
        return kind in REFUSALS[int(code)][0]
    return kind == "621" if verb == "status" else kind != "179"


def forced_words(code: int) -> str:
    """What a refusal that was asked for says."""
    return REFUSALS[code][1][0] if code in REFUSALS else STATUSES[code][0]
