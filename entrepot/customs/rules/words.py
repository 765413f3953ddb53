"""What customs' answers mean in plain words, and what may lawfully be done next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Again(StrEnum):
    """How a clerk may send the document again."""

    NEW = "new"  # as a new document with an identifier of its own, made from today's facts
    SAME = "same"  # the same bytes: customs never judged them
    NO = "no"  # not at all; something else must happen first, or customs goes on by itself


@dataclass(frozen=True, slots=True)
class Words:
    zh: str
    en: str
    zh_way: str
    en_way: str
    again: Again = Again.NEW

    @property
    def note(self) -> Mapping[str, str]:
        return {"zh-hans": f"{self.zh}。{self.zh_way}。", "en": f"{self.en}. {self.en_way}."}


_DUPLICATE_ZH = "先核对海关已有的是否就是本单：是则无须重发；不是则更正编号后重新申报"
_DUPLICATE_EN = (
    "Check whether what customs has is this one: then nothing is to be sent; else correct the number and redeclare"
)
_RETURN_ZH = "退货申请须在退货流程中更正后重新提交"
_RETURN_EN = "Correct the return and apply again in the return flow"
_FIX_ZH = "按差异更正资料后重新申报"
_FIX_EN = "Correct the facts and redeclare"


def _return(zh: str, en: str) -> Words:
    return Words(f"退货申请：{zh}", f"Return: {en}", _RETURN_ZH, _RETURN_EN, Again.NO)


def _held(zh: str, en: str) -> Words:
    return Words(
        f"海关扣留{zh}",
        f"Customs holds the parcel{en}",
        "等待海关处理，必要时联系主管海关",
        "Wait for customs; call the customs office in charge if it takes long",
        Again.NO,
    )


MATCH = "match"
FORMAT = "900"
PAYMENT = "pay_refused"

_WORDS: Mapping[str, Words] = {
    MATCH: Words(
        "订单、支付单、运单与清单之间有不一致，尚未发送海关",
        "Order, payment, waybill and list do not agree; nothing was sent to customs",
        "逐条查看差异，更正来源数据后重新申报",
        "Go through the differences, correct the facts where they come from, then redeclare",
    ),
    PAYMENT: Words(
        "支付企业未能向海关申报支付单",
        "The provider could not declare the payment to customs",
        "查看支付企业的原因，更正后重新申报，将再次请支付企业申报",
        "See the provider's reason, correct it and redeclare: the provider is asked once more",
    ),
    FORMAT: Words("报文格式校验未通过", "The port found the message badly made", _FIX_ZH, _FIX_EN),
    "4": Words(
        "电子口岸未能把报文发往海关",
        "The port could not pass the message on to customs",
        "原报文可以原样重发",
        "The same message may be sent again",
        Again.SAME,
    ),
    "100": Words("海关退单：逻辑校验未通过", "Customs refused the document after checking it", _FIX_ZH, _FIX_EN),
    "500": Words(
        "海关查验",
        "Customs inspects the parcel",
        "请仓库配合查验，查验通过后海关自动放行",
        "Let the warehouse present it; release follows by itself",
        Again.NO,
    ),
    "501": _held("：移送通关", ": handed to clearance"),
    "502": _held("：移送缉私", ": handed to the anti-smuggling bureau"),
    "503": _held("：移送法规", ": handed to its law office"),
    "599": _held("", ""),
    "700": Words(
        "海关退运，货物不得进境",
        "Customs sends the goods back: they do not enter",
        "请撤销申报并退款",
        "Cancel the declaration and refund the buyer",
        Again.NO,
    ),
    "-301010": Words("订单编号重复申报", "An order with this number was declared before", _DUPLICATE_ZH, _DUPLICATE_EN),
    "-301011": Words(
        "该订单已有清单申报，不能再改",
        "The order is on a list already and cannot change any more",
        "须先撤销清单，再重新申报订单",
        "Take the list back first, then declare the order anew",
    ),
    "-401007": Words("支付单重复申报", "The payment was declared before", _DUPLICATE_ZH, _DUPLICATE_EN),
    "-504015": Words(
        "运单编号重复（六个月内不得重用）",
        "The waybill number was used before (not again within six months)",
        _DUPLICATE_ZH,
        _DUPLICATE_EN,
    ),
    "-621004": Words("清单已申报", "The list was declared before", _DUPLICATE_ZH, _DUPLICATE_EN),
    "-621005": Words(
        "超过跨境零售进口单次交易限值",
        "Above the limit for a single cross-border purchase",
        "不能拆改已付款的订单：请取消并退款，由买家在限值内分单重新下单并分别付款；仅一件不可分割商品且未超年度限值的，"
        "全额缴税后仍可按跨境电商申报；否则按一般贸易办理",
        "A paid order cannot be split: cancel and refund, and let the buyer order again in parts inside the limit, each"
        " paid for itself; one indivisible item inside the yearly limit stays possible with full taxes; else it is"
        " general trade",
    ),
    "-621013": Words(
        "海关年度额度查询失败",
        "Customs could not look up the yearly allowance",
        "海关系统暂时故障，稍后重新申报",
        "A passing fault at customs: redeclare later",
    ),
    "-621014": Words(
        "海关年度额度登记失败",
        "Customs could not book the yearly allowance",
        "海关系统暂时故障，稍后重新申报",
        "A passing fault at customs: redeclare later",
    ),
    "-621018": Words(
        "超过买家个人跨境零售进口年度限值（回执文字载明已用金额）",
        "Above the buyer's yearly limit (the receipt names the sum used)",
        "请取消并退款；买家可在下一公历年度重新购买，或按一般贸易全额缴税办理；不得换用他人身份",
        "Cancel and refund; the buyer may order again in the next calendar year, or it goes as general trade with full"
        " taxes; never under somebody else's name",
    ),
    "-621027": Words("清单商品序号重复", "The list uses a line number twice", _FIX_ZH, _FIX_EN),
    "-621028": Words(
        "签名数据与报文不一致",
        "The signed data differ from the message",
        "检查签名配置后重新申报",
        "Check the signing key and redeclare",
    ),
    "-621029": Words(
        "签名校验未通过",
        "The signature is wrong",
        "检查密钥与海关登记的证书是否一致后重新申报",
        "Check that the key is the one whose certificate customs has, then redeclare",
    ),
    "-621030": Words("超过一次申报的数量上限", "More than one message may declare", _FIX_ZH, _FIX_EN),
    "-623003": Words(
        "撤销申请：没有找到对应清单",
        "To take back: customs does not find the list",
        "核对清单编号后重新撤销",
        "Check the list number and ask again",
    ),
    "-623005": Words(
        "撤销申请：清单状态不允许撤销",
        "To take back: the list is past the point where it can be",
        "已放行的只能走退货流程",
        "Once released, only a return is left",
        Again.NO,
    ),
    "-625006": _return("内容为空", "it is empty"),
    "-625012": _return("参数表中没有该值", "a value is not in the code tables"),
    "-625014": _return("超过申请期限", "past its time limit"),
    "-625015": _return("超过可退范围", "more than may be returned"),
    "-625024": _return("额度调整失败", "the allowance was not adjusted"),
    "-625025": _return("额度调整失败", "the allowance was not adjusted"),
    "-625026": _return("额度调整失败", "the allowance was not adjusted"),
    "-625209": _return("商品不在原清单中", "a line is not on the original list"),
}  # fmt: skip

CODES = frozenset(_WORDS)


def words(code: str) -> Words:
    """The words for a held code; for one that we do not know, that it is a refusal and customs' text says why."""
    known = _WORDS.get(code)
    if known is not None:
        return known
    return Words(
        f"海关回执代码 {code}，原因见回执文字",
        f"Customs answered {code}; the receipt's text says why",
        _FIX_ZH,
        _FIX_EN,
    )
