"""Customs code tables as the CEB messages use them: the numeric generation, not ISO and not the 2018 letters.

The same number means different things in two tables: 142 is China, the yuan and the bottle. Only what our goods need is
typed here. `valid_from` is the edition of the specification that the codes were taken from; a code that is withdrawn
gets a `valid_to` and its successor a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from entrepot.kit.refusals import Invalid

SPECIFICATION = "GAC cross-border import message specification 202205, annex of codes"
_SINCE = date(2022, 5, 1)


class UnknownCode(Invalid):
    code = "unknown_customs_code"
    zh = "海关代码表（{table}）中没有“{value}”，无法申报"
    en = "The customs code table of {table} has no {value}: it cannot be declared"


@dataclass(frozen=True, slots=True)
class Code:
    """One row: our key (ISO where there is one), the customs code, its Chinese name, half-open period, source."""

    key: str
    code: str
    name: str
    valid_from: date = _SINCE
    valid_to: date | None = None
    source: str = SPECIFICATION


def _table(text: str) -> Mapping[str, Code]:
    rows = [line.split() for line in text.strip().splitlines() if line.strip()]
    return {key: Code(key, code, name) for key, code, name in rows}


# ISO 3166-1 alpha-2, code, name.
COUNTRIES = _table("""
    AE 138 阿联酋
    AR 402 阿根廷
    AT 315 奥地利
    AU 601 澳大利亚
    BD 103 孟加拉国
    BE 301 比利时
    BG 316 保加利亚
    BR 410 巴西
    CA 501 加拿大
    CH 331 瑞士
    CL 412 智利
    CN 142 中国
    CO 413 哥伦比亚
    CR 415 哥斯达黎加
    CY 108 塞浦路斯
    CZ 352 捷克共和国
    DE 304 德国
    DK 302 丹麦
    EC 419 厄瓜多尔
    EE 334 爱沙尼亚
    EG 215 埃及
    ES 312 西班牙
    ET 217 埃塞俄比亚
    FI 318 芬兰
    FR 305 法国
    GB 303 英国
    GH 220 加纳
    GR 310 希腊
    HK 110 中国香港
    HR 351 克罗地亚
    HU 321 匈牙利
    ID 112 印度尼西亚
    IE 306 爱尔兰
    IL 115 以色列
    IN 111 印度
    IS 322 冰岛
    IT 307 意大利
    JP 116 日本
    KE 224 肯尼亚
    KH 107 柬埔寨
    KR 133 韩国
    LK 134 斯里兰卡
    LT 336 立陶宛
    LU 308 卢森堡
    LV 335 拉脱维亚
    MA 232 摩洛哥
    MG 227 马达加斯加
    MM 106 缅甸
    MO 121 中国澳门
    MT 324 马耳他
    MX 429 墨西哥
    MY 122 马来西亚
    NL 309 荷兰
    NO 326 挪威
    NP 125 尼泊尔
    NZ 609 新西兰
    PE 434 秘鲁
    PH 129 菲律宾
    PK 127 巴基斯坦
    PL 327 波兰
    PT 311 葡萄牙
    RO 328 罗马尼亚
    RS 358 塞尔维亚
    RU 344 俄罗斯联邦
    SE 330 瑞典
    SG 132 新加坡
    SI 350 斯洛文尼亚
    SK 353 斯洛伐克
    TH 136 泰国
    TN 249 突尼斯
    TR 137 土耳其
    TW 143 台澎金马关税区
    UA 347 乌克兰
    US 502 美国
    UY 444 乌拉圭
    VN 141 越南
    ZA 244 南非
""")

# ISO 4217, code, name.
CURRENCIES = _table("""
    AUD 601 澳大利亚元
    CAD 501 加拿大元
    CHF 331 瑞士法郎
    CNY 142 人民币
    DKK 302 丹麦克朗
    EUR 300 欧元
    GBP 303 英镑
    HKD 110 港币
    JPY 116 日本元
    KRW 133 韩国圆
    NOK 326 挪威克朗
    NZD 609 新西兰元
    SEK 330 瑞典克朗
    SGD 132 新加坡元
    THB 136 泰国铢
    USD 502 美元
""")

# Units carry their customs code through the whole house, so the key is the code.
UNITS = _table("""
    001 001 台
    003 003 辆
    005 005 架
    006 006 套
    007 007 个
    008 008 只
    010 010 张
    011 011 件
    012 012 支
    014 014 根
    015 015 条
    016 016 把
    017 017 块
    018 018 卷
    019 019 副
    020 020 片
    021 021 组
    025 025 双
    026 026 对
    030 030 米
    032 032 平方米
    033 033 立方米
    034 034 筒
    035 035 千克
    036 036 克
    039 039 具
    054 054 千个
    070 070 吨
    095 095 升
    096 096 毫升
    120 120 箱
    122 122 罐
    123 123 桶
    125 125 包
    127 127 打
    131 131 册
    132 132 本
    134 134 枚
    136 136 袋
    139 139 粒
    140 140 盒
    142 142 瓶
    163 163 部
""")

TRANSPORT = _table("""
    0 0 非保税区
    1 1 监管仓库
    2 2 水路运输
    3 3 铁路运输
    4 4 公路运输
    5 5 航空运输
    6 6 邮件运输
    7 7 保税区
    8 8 保税仓库
    9 9 其它运输
    W W 物流中心
    X X 物流园区
    Y Y 保税港区
    Z Z 出口加工区
""")

CHINA = COUNTRIES["CN"].code
YUAN = CURRENCIES["CNY"].code


def _code(table: Mapping[str, Code], name: str, key: str, on: date) -> str:
    row = table.get(key)
    if row is None or on < row.valid_from or (row.valid_to is not None and on >= row.valid_to):
        raise UnknownCode(field=name, table=name, value=key)
    return row.code


def country(alpha2: str, on: date) -> str:
    """The customs code of an ISO country on a day. Refuses UnknownCode."""
    return _code(COUNTRIES, "country", alpha2, on)


def currency(iso: str, on: date) -> str:
    """The customs code of an ISO currency on a day. Refuses UnknownCode."""
    return _code(CURRENCIES, "currency", iso, on)


def unit(code: str, on: date) -> str:
    """The unit, if customs knows it on that day. Refuses UnknownCode."""
    return _code(UNITS, "unit", code, on)


def transport(code: str, on: date) -> str:
    """The mode of transport, if customs knows it on that day. Refuses UnknownCode."""
    return _code(TRANSPORT, "transport", code, on)
