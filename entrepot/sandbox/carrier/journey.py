"""The way a parcel takes after the merchant hands it over, as scans; and how it crosses the border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COMPANY = {"code": "4403160SBX", "name": "沙盒国际速递有限公司"}
# The hub a parcel passes, by the beginning of the consignee's province.
HUBS = {
    "北京": ("北京", "Beijing"),
    "天津": ("天津", "Tianjin"),
    "上海": ("上海", "Shanghai"),
    "重庆": ("重庆", "Chongqing"),
    "广东": ("广州", "Guangzhou"),
    "浙江": ("杭州", "Hangzhou"),
    "江苏": ("南京", "Nanjing"),
    "四川": ("成都", "Chengdu"),
    "湖北": ("武汉", "Wuhan"),
    "陕西": ("西安", "Xi'an"),
}
BONDED_TRANSPORT = "7"  # customs transport code: bonded zone
AIR_TRANSPORT = "5"


@dataclass(frozen=True, slots=True)
class Step:
    """One scan. `share` is when it happens, as a part of the whole journey (0 to 1)."""

    code: str
    share: float
    place: str
    zh: str
    en: str


def steps(trade_mode: str, province: str, city: str) -> tuple[Step, ...]:
    """From pick-up to the door. Direct purchases (9610) cross an airport first; bonded goods are in the country."""
    hub_zh, hub_en = HUBS.get(province[:2], (province or "区域", "regional hub"))
    to = city or province or "目的地"
    start = (
        Step("picked_up", 0.0, "保税仓", "已揽收，快件已从保税仓发出", "Picked up from the bonded warehouse"),
        Step(
            "departed",
            0.25,
            "保税区",
            f"快件已离开保税区，发往{hub_zh}",
            f"Left the bonded zone for {hub_en}",
        ),
    )
    if trade_mode == "9610":
        start = (
            Step("picked_up", 0.0, "机场监管区", "已揽收，快件已离开海关监管区", "Picked up, left the customs area"),
            Step("departed", 0.25, "机场", f"快件已从机场发往{hub_zh}", f"Left the airport for {hub_en}"),
        )
    return (
        *start,
        Step("arrived", 0.5, hub_zh, f"快件已到达{hub_zh}分拨中心", f"Arrived at the hub ({hub_en})"),
        Step("out_for_delivery", 0.8, to, "快递员正在派送，请保持电话畅通", "Out for delivery"),
        Step("delivered", 1.0, to, "已签收，感谢使用沙盒国际速递", "Delivered and signed for"),
    )


def transport(trade_mode: str, serial: int) -> Mapping[str, str]:
    """What customs wants to know of the carriage: mode, and for direct purchases flight, voyage and air waybill."""
    if trade_mode != "9610":
        return {"transport_mode": BONDED_TRANSPORT, "vessel": "", "voyage": "", "bill": ""}
    return {
        "transport_mode": AIR_TRANSPORT,
        "vessel": f"SX{100 + serial % 900}",
        "voyage": f"{serial % 10000:04d}",
        "bill": f"999-{serial % 10**8:08d}",
    }
