"""What receiving refuses."""

from __future__ import annotations

from entrepot.kit.refusals import Invalid, NotFound, Refusal


class UnknownReceipt(NotFound):
    code = "unknown_receipt"
    zh = "没有找到这张收货单"
    en = "There is no such receipt"


class ReceiptNotOpen(Refusal):
    code = "receipt_not_open"
    zh = "收货单已关闭，新的扫描未计入"
    en = "The receipt is closed: the new scan was not counted"


class NothingToReceive(Refusal):
    code = "nothing_to_receive"
    zh = "这批到货已收完或已取消"
    en = "The consignment was received in full or cancelled"


class BadScan(Invalid):
    code = "bad_scan"
    zh = "扫描内容有误：{what}"
    en = "The scan cannot be right: {what}"


class TooManyScans(Invalid):
    code = "too_many_scans"
    zh = "一次最多提交 {most} 条扫描"
    en = "At most {most} scans at once"


class UnknownBarcode(Refusal):
    code = "unknown_barcode"
    status = 422
    zh = "条码 {code} 校验有误，或没有对应的单品"
    en = "The barcode {code} has a wrong check digit, or no article has it"


class LotNeeded(Refusal):
    code = "lot_needed"
    status = 422
    zh = "{sku} 有多个批次，请注明批号：{lots}"
    en = "{sku} was announced in several lots: say which ({lots})"


class DatesDiffer(Refusal):
    code = "lot_dates_differ"
    status = 422
    zh = "{sku} 批次 {lot} 的日期或原产国与发货通知不同；如确属另一批，请用另一个批号"
    en = "Days or origin of {sku}, lot {lot}, are not those announced; if it is another lot, give it another code"


class LotExpired(Refusal):
    code = "lot_expired"
    status = 422
    zh = "{sku} 批次 {lot} 已于 {day} 过期，请按“待检”或“损坏”扫描"
    en = "{sku}, lot {lot}, expired on {day}: scan it as held or damaged"


class PalletTaken(Refusal):
    code = "pallet_taken"
    zh = "托盘 {pallet} 正由他人清点，或已收货"
    en = "Pallet {pallet} is being counted by somebody else, or was received before"


class ScanDiffers(Refusal):
    code = "scan_differs"
    status = 422
    zh = "该扫描编号已用于另一条内容"
    en = "The scan's id was used for another scan"


class LotDisputed(Refusal):
    code = "lot_disputed"
    status = 422
    zh = "批次 {lot} 的计数不成立：日期或原产国互相矛盾，或扣减后少于零；请以负数扫描更正"
    en = "The count of lot {lot} does not hold: two days or origins, or below zero; take scans back with negative units"


class ReasonNeededFor(Invalid):
    code = "difference_reason_needed"
    zh = "还有 {n} 项差异未说明原因"
    en = "{n} differences have no reason yet"


class NothingCounted(Invalid):
    code = "nothing_counted"
    zh = "尚未清点任何商品；如全部未到，请勾选“不再等待”"
    en = "Nothing was counted; where nothing came at all, say that nothing more is awaited"


class CountedBefore(Refusal):
    code = "counted_before"
    zh = "已有扫描，收货单不能作废；请先以负数扫描冲回"
    en = "There are counts: take them back with negative scans before giving the receipt up"


class NotDeclaredYet(Refusal):
    code = "not_declared_yet"
    status = 422
    zh = "保税仓收货前须先完成入区申报"
    en = "Goods are declared into the account book before they are received in a bonded warehouse"


class AlreadySettled(Refusal):
    code = "difference_settled"
    zh = "该差异已处理"
    en = "The difference is settled already"


class UnknownDifference(NotFound):
    code = "unknown_receipt_difference"
    zh = "没有找到该差异"
    en = "There is no such difference"
