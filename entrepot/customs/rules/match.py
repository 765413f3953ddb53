"""The match of order, payment, waybill and list before anything leaves: each cross-check has a name.

Works on the texts of the documents, so it checks what customs will read, not what we meant. Source: section 2.3 of the
message notes (specification 202205, announcements 26/2016 and 194/2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from entrepot.customs.ceb.codes import CHINA, YUAN
from entrepot.customs.rules.papers import GOODS_BETWEEN, GOODS_MAX, clean
from entrepot.customs.types import Difference
from entrepot.kit.sealing import mask
from entrepot.payments.types import DeclaredShare, ShareState

Texts = Mapping[str, str]
_CENT = Decimal("0.01")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Papers:
    """The four documents of one parcel as texts by element name."""

    order: Texts
    order_lines: Sequence[Texts]
    payment: Texts
    waybill: Texts
    listed: Texts
    listed_lines: Sequence[Texts]


_NAMES = {
    "order": ("订单", "order"),
    "payment": ("支付单", "payment"),
    "waybill": ("运单", "waybill"),
    "listed": ("清单", "list"),
}


def _plain(text: str) -> str:
    return text


def _name(text: str) -> str:
    return mask(text, 1, 0) if text else ""


def _number(text: str) -> str:
    return mask(text, 1, 1) if text else ""


def _phone(text: str) -> str:
    return mask(text, 3, 4) if text else ""


def _address(text: str) -> str:
    return mask(text, 6, 0) if text else ""


@dataclass(frozen=True, slots=True)
class Same:
    """An element that must say the same in several documents: the first one against each other."""

    rule: str
    zh: str
    en: str
    first: str
    others: tuple[str, ...]
    shown: Callable[[str], str] = _plain
    amount: bool = False


SAME = (
    Same("order_number", "订单编号", "order number", "order.orderNo",
         ("payment.orderNo", "waybill.orderNo", "listed.orderNo")),
    Same("platform", "电商平台代码", "platform code", "order.ebpCode", ("payment.ebpCode", "listed.ebpCode")),
    Same("platform_name", "电商平台名称", "platform name", "order.ebpName", ("payment.ebpName", "listed.ebpName")),
    Same("merchant", "电商企业代码", "merchant code", "order.ebcCode", ("listed.ebcCode",)),
    Same("merchant_name", "电商企业名称", "merchant name", "order.ebcName", ("listed.ebcName",)),
    Same("payment_company", "支付企业代码", "payment company code", "order.payCode", ("payment.payCode",)),
    Same("payment_company_name", "支付企业名称", "payment company name", "order.payName", ("payment.payName",)),
    Same("payment_number", "支付交易编号", "payment number", "order.payTransactionId", ("payment.payTransactionId",)),
    Same("carrier", "物流企业代码", "carrier code", "waybill.logisticsCode", ("listed.logisticsCode",)),
    Same("carrier_name", "物流企业名称", "carrier name", "waybill.logisticsName", ("listed.logisticsName",)),
    Same("waybill_number", "运单编号", "waybill number", "waybill.logisticsNo", ("listed.logisticsNo",)),
    Same("bill_number", "提运单号", "bill number", "waybill.billNo", ("listed.billNo",)),
    Same("buyer_name", "订购人（支付人）姓名", "name of buyer or payer", "order.buyerName",
         ("payment.payerName", "listed.buyerName"), _name),
    Same("buyer_id", "订购人（支付人）证件号码", "ID number of buyer or payer", "order.buyerIdNumber",
         ("payment.payerIdNumber", "listed.buyerIdNumber"), _number),
    Same("buyer_phone", "订购人电话", "phone of the buyer", "order.buyerTelephone",
         ("payment.telephone", "listed.buyerTelephone"), _phone),
    Same("consignee_name", "收货人姓名", "name of the consignee", "order.consignee", ("waybill.consignee",), _name),
    Same("consignee_phone", "收货人电话", "phone of the consignee", "order.consigneeTelephone",
         ("waybill.consigneeTelephone",), _phone),
    Same("consignee_address", "收货地址", "address", "order.consigneeAddress",
         ("waybill.consigneeAddress", "listed.consigneeAddress"), _address),
    Same("amount", "实际支付金额", "sum paid", "order.acturalPaid", ("payment.amountPaid",), amount=True),
    Same("freight", "运杂费", "freight", "order.freight", ("waybill.freight", "listed.freight"), amount=True),
    Same("gross_weight", "毛重", "gross weight", "waybill.weight", ("listed.grossWeight",), amount=True),
    Same("insurance", "保价费", "insurance", "waybill.insuredFee", ("listed.insuredFee",), amount=True),
)  # fmt: skip

CONSTANTS = (
    ("order.orderType", "I"), ("order.currency", YUAN), ("order.buyerIdType", "1"),
    ("payment.currency", YUAN), ("payment.payerIdType", "1"),
    ("waybill.currency", YUAN), ("waybill.packNo", "1"),
    ("listed.currency", YUAN), ("listed.packNo", "1"), ("listed.buyerIdType", "1"), ("listed.ieFlag", "I"),
)  # fmt: skip
LINE_CONSTANTS = (("currency", YUAN),)
LINE_SAME = ("itemNo", "itemName", "gmodel", "barCode", "country", "unit", "qty", "price", "totalPrice")
AMOUNTS = frozenset({"qty", "price", "totalPrice"})

_BONDED_HEAD, _BONDED_LINE = ("emsNo", "areaCode", "areaName"), ("itemRecordNo",)
_DIRECT_HEAD = ("trafNo", "voyageNo", "billNo")
# What a supervision mode asks for: elements of the head and of each line, and the country that the goods leave from.
MODE_FIELDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str | None]] = {
    "1210": (_BONDED_HEAD, _BONDED_LINE, CHINA),
    "1239": (_BONDED_HEAD, _BONDED_LINE, CHINA),
    "9610": (_DIRECT_HEAD, (), None),
}


# What no other document says, held against the facts that the documents are made of.
ALONE = (
    ("buyer_number", "订购人注册号", "buyer's number", "order.buyerRegNo"),
    ("batch_numbers", "商品批次号", "batch numbers", "order.batchNumbers"),
    ("district", "收货地址行政区划", "district of the address", "order.consigneeDistrict"),
    ("pay_time", "支付时间", "time of payment", "payment.payTime"),
)


def differences(papers: Papers, *, meant: Texts | None = None) -> tuple[Difference, ...]:
    """Every rule that the documents break, personal values masked. Empty means that they match. `meant`: by path what
    the facts say of what only one document tells; not looked at where it is left out."""
    checks = (_same, _constants, _sums, _line_sums, _lines_agree, _goods, _mode, _weights)
    found = [difference for check in checks for difference in check(papers)]
    return (*found, *(() if meant is None else _alone(papers, meant)))


def _alone(papers: Papers, meant: Texts) -> Iterator[Difference]:
    for rule, zh, en, path in ALONE:
        left, right = meant.get(path, ""), _at(papers, path)
        if left != right:
            document = _NAMES[path.partition(".")[0]]
            yield Difference(
                rule=rule,
                zh=f"{document[0]}的{zh}与资料不一致",
                en=f"The {en} of the {document[1]} is not what is on record",
                left=left,
                right=right,
            )


def _at(papers: Papers, path: str) -> str:
    paper, _, name = path.partition(".")
    texts: Texts = getattr(papers, paper)
    return texts.get(name, "")


def _amount(text: str) -> Decimal:
    return Decimal(text) if text else _ZERO


def _same(papers: Papers) -> Iterator[Difference]:
    for rule in SAME:
        left = _at(papers, rule.first)
        first = _NAMES[rule.first.partition(".")[0]]
        for path in rule.others:
            right = _at(papers, path)
            if left == right or (rule.amount and _amount(left) == _amount(right)):
                continue
            other = _NAMES[path.partition(".")[0]]
            yield Difference(
                rule=rule.rule,
                zh=f"{first[0]}与{other[0]}的{rule.zh}不一致",
                en=f"The {rule.en} differs between {first[1]} and {other[1]}",
                left=rule.shown(left),
                right=rule.shown(right),
            )


def _constants(papers: Papers) -> Iterator[Difference]:
    fixed = [(path, _at(papers, path), value) for path, value in CONSTANTS]
    for name, value in LINE_CONSTANTS:
        for paper, lines in (("order", papers.order_lines), ("listed", papers.listed_lines)):
            fixed += [(f"{paper}.{name}", line.get(name, ""), value) for line in lines]
    for path, found, value in fixed:
        if found != value:
            paper, _, name = path.partition(".")
            yield Difference(
                rule="constants",
                zh=f"{_NAMES[paper][0]}的 {name} 应为 {value}",
                en=f"{name} of the {_NAMES[paper][1]} must be {value}",
                left=value,
                right=found,
            )


def _sums(papers: Papers) -> Iterator[Difference]:
    order = papers.order
    paid = _amount(order.get("goodsValue", "")) + _amount(order.get("freight", "")) + _amount(order.get("taxTotal", ""))
    paid -= _amount(order.get("discount", ""))
    if paid != _amount(order.get("acturalPaid", "")):
        yield Difference(
            rule="sum",
            zh="订单实际支付金额不等于商品价格、运杂费与税款之和减去抵扣",
            en="The sum paid is not goods, freight and tax less discount",
            left=str(paid),
            right=order.get("acturalPaid", ""),
        )
    goods = sum((_amount(line.get("totalPrice", "")) for line in papers.order_lines), _ZERO)
    if goods != _amount(order.get("goodsValue", "")):
        yield Difference(
            rule="goods_sum",
            zh="订单商品价格不等于各商品总价之和",
            en="The goods value is not the sum of the lines",
            left=str(goods),
            right=order.get("goodsValue", ""),
        )


def _line_sums(papers: Papers) -> Iterator[Difference]:
    for paper, lines in (("order", papers.order_lines), ("listed", papers.listed_lines)):
        for line in lines:
            exact = _amount(line.get("price", "")) * _amount(line.get("qty", ""))
            # A price has five places, a total two: they agree when the product rounds to the total.
            if exact.quantize(_CENT, ROUND_HALF_UP) != _amount(line.get("totalPrice", "")):
                zh, en = _NAMES[paper]
                yield Difference(
                    rule="line_sum",
                    zh=f"{zh}第 {line.get('gnum', '?')} 项总价不等于单价乘数量",
                    en=f"Line {line.get('gnum', '?')} of the {en}: the total is not price times quantity",
                    left=f"{exact:f}",
                    right=line.get("totalPrice", ""),
                )


def _lines_agree(papers: Papers) -> Iterator[Difference]:
    ordered = [line.get("gnum", "") for line in papers.order_lines]
    listed = [line.get("gnum", "") for line in papers.listed_lines]
    if sorted(ordered) != sorted(listed) or len(set(listed)) != len(listed):
        yield Difference(
            rule="lines",
            zh="清单商品项与订单商品项不是一一对应",
            en="The lines of list and order do not correspond one to one",
            left=" ".join(ordered),
            right=" ".join(listed),
        )
        return
    by_number = {line["gnum"]: line for line in papers.listed_lines}
    for line in papers.order_lines:
        other = by_number[line["gnum"]]
        for name in LINE_SAME:
            left, right = line.get(name, ""), other.get(name, "")
            if left != right and not (name in AMOUNTS and _amount(left) == _amount(right)):
                yield Difference(
                    rule="lines",
                    zh=f"第 {line['gnum']} 项的 {name} 在订单与清单中不一致",
                    en=f"{name} of line {line['gnum']} differs between order and list",
                    left=left,
                    right=right,
                )


def _goods(papers: Papers) -> Iterator[Difference]:
    told = papers.waybill.get("goodsInfo", "")
    listed = clean(GOODS_BETWEEN.join(line.get("gname", "") for line in papers.listed_lines), GOODS_MAX)
    if told != listed:
        yield Difference(
            rule="goods",
            zh="运单的货物信息与清单的商品名称不一致",
            en="The goods that the waybill names are not those of the list",
            left=told,
            right=listed,
        )


def _mode(papers: Papers) -> Iterator[Difference]:
    mode = papers.listed.get("tradeMode", "")
    head, lines, country = MODE_FIELDS.get(mode, ((), (), None))
    missing = [name for name in head if not papers.listed.get(name)]
    missing += [
        f"{name} ({line.get('gnum', '?')})" for line in papers.listed_lines for name in lines if not line.get(name)
    ]
    for name in missing:
        yield Difference(
            rule="mode",
            zh=f"监管方式 {mode} 的清单必须填写 {name}",
            en=f"A list under mode {mode} must state {name}",
            left=mode,
            right="",
        )
    if country is not None and papers.listed.get("country") != country:
        yield Difference(
            rule="mode",
            zh=f"监管方式 {mode} 的起运国应为中国（{country}）",
            en=f"Under mode {mode} goods leave from China ({country})",
            left=country,
            right=papers.listed.get("country", ""),
        )


def _weights(papers: Papers) -> Iterator[Difference]:
    net, gross = papers.listed.get("netWeight", ""), papers.listed.get("grossWeight", "")
    if not _ZERO < _amount(net) <= _amount(gross):
        yield Difference(
            rule="weight",
            zh="净重应大于零且不超过毛重",
            en="The net weight is above zero and not above the gross weight",
            left=net,
            right=gross,
        )


def payer_differs(*, payer_is_buyer: bool | None, buyer_verified: bool) -> tuple[Difference, ...]:
    """The buyer pays themselves, unless the platform has verified who they are (announcement 26/2016, article 6).

    Another payer cannot be declared at all: the payment document names the wallet's registered person.
    """
    if payer_is_buyer or (payer_is_buyer is None and buyer_verified):
        return ()
    known = payer_is_buyer is False
    return (
        Difference(
            rule="payer",
            zh="支付人不是订购人本人" if known else "支付企业未确认支付人，订购人身份也未经核验",
            en="Somebody else paid than the buyer"
            if known
            else "The payment company did not say who paid, and the buyer's identity is not verified",
            left="",
            right="",
        ),
    )


def provider_refused(share: DeclaredShare) -> tuple[Difference, ...]:
    """The provider who tells customs of the payment himself has not: there is no payment document to match."""
    if share.is_declared:
        return ()
    failed = share.state is ShareState.FAILED
    return (
        Difference(
            rule="payment_declaration",
            zh="海关未接受支付企业申报的支付单" if failed else "支付企业拒绝申报支付单",
            en="Customs did not take the payment from the provider"
            if failed
            else "The provider refuses to declare the payment",
            left=f"{share.declarer} {share.place} {share.refusal}".strip(),
            right=share.words,
        ),
    )


def number_used(kind_zh: str, kind_en: str, number: str) -> Difference:
    """A number that may name one business object only was declared for another parcel."""
    return Difference(
        rule="number_used",
        zh=f"{kind_zh}编号已用于另一票申报",
        en=f"The {kind_en} number was declared for another parcel",
        left=number,
        right="",
    )


def item_records(line: int, records: Sequence[str]) -> Difference:
    """A line whose units come from lots of several item records cannot be one line of the list."""
    return Difference(
        rule="item_record",
        zh=f"第 {line} 项的货物来自账册中的多个备案料号",
        en=f"The units of line {line} come from several item records of the account book",
        left=" ".join(records),
        right="",
    )
