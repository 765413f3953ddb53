"""What a quote may be refused for. Each names the field of the request and, where there is one, the line's id."""

from __future__ import annotations

from entrepot.kit.refusals import Invalid


class BadAmount(Invalid):
    """An amount, price or quantity that cannot be one: negative, too precise, too large, more discount than goods."""

    code = "bad_amount"
    zh = "第 {line} 行的 {name} 不正确：{value}（{why_zh}）"
    en = "Line {line}: {name} {value} is not usable: {why_en}"


class BadQuoteRequest(Invalid):
    """The request does not have the form of a quote request."""

    code = "bad_quote_request"
    zh = "报价请求的 {name} 不正确：{why_zh}"
    en = "The quote request's {name} is not usable: {why_en}"


class UnknownHsCode(Invalid):
    """Not ten (or eight) digits under a heading of the Harmonized System."""

    code = "unknown_hs_code"
    zh = "第 {line} 行的商品编码 {hs_code} 不存在；相近的品目：{nearest}"
    en = "Line {line}: there is no HS code {hs_code}; near headings: {nearest}"


class UnsupportedRegime(Invalid):
    """A destination, channel or currency that no regime of ours computes."""

    code = "unsupported_regime"
    zh = "暂不能计算：目的地 {destination}，通道 {channel}，币种 {currency}"
    en = "Not computed here: destination {destination}, channel {channel}, currency {currency}"


class NoBook(Invalid):
    """No rate book speaks for the day."""

    code = "no_rate_book"
    zh = "{date} 没有适用的税率簿：{what}"
    en = "No rate book covers {date}: {what}"


class MissingMeasure(Invalid):
    """A figure the law needs is not there: a weight, a volume, or a rate that the book does not know."""

    code = "missing_measure"
    zh = "第 {line} 行缺少 {what}（{why_zh}）"
    en = "Line {line}: {what} is missing: {why_en}"


class NoExchangeRate(Invalid):
    """The request is in another currency than the taxes, and neither it nor a book has a rate for the day."""

    code = "no_exchange_rate"
    zh = "缺少 {asked} 折算 {wanted} 的汇率：请在 exchange_rate 中给出"
    en = "There is no rate from {asked} to {wanted} for the day: give one in exchange_rate"


class UnknownCode(Invalid):
    """A country or currency that ISO 3166 or ISO 4217 does not know."""

    code = "unknown_code"
    zh = "{name} {value} 不是已知的{what_zh}代码"
    en = "{name} {value} is not a known {what_en} code"
