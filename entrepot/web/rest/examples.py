"""Examples for the API's documentation, by operation. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

_ID = "0198a1b2-c3d4-7e5f-8a6b-9c0d1e2f3a4b"

PROBLEM: dict[str, Any] = {
    "type": "/problems/out_of_stock",
    "title": "库存不足",
    "status": 409,
    "code": "out_of_stock",
    "field": None,
    "data": {},
}
CARD: dict[str, Any] = {
    "slug": "down-jacket",
    "title": "盟可睐 羽绒服",
    "brand": "盟可睐",
    "origin": "IT",
    "image": None,
    "price": "1999.00",
    "was": None,
    "tax": "181.91",
    "currency": "CNY",
    "warehouses": ["bonded"],
    "in_stock": True,
    "variants": 2,
}
_CATEGORY = {"slug": "clothes", "name": "服装", "parent": None}
_LISTING = {
    "items": [CARD],
    "total": 1,
    "page": 1,
    "pages": 1,
    "facets": {
        "brand": [{"value": "moncler", "label": "盟可睐", "count": 1, "chosen": False}],
        "origin": [{"value": "IT", "label": "IT", "count": 1, "chosen": False}],
        "warehouse": [{"value": "bonded", "label": "bonded", "count": 1, "chosen": False}],
        "price": [{"value": "100000-199999", "label": "¥1,000–2,000", "count": 1, "chosen": False}],
    },
    "corrected": None,
}
_QUOTE_LINE = {
    "sku": "down-jacket-M",
    "title": "盟可睐 羽绒服 M",
    "quantity": 1,
    "unit_price": "1999.00",
    "goods": "1999.00",
    "discount": "0.00",
    "freight": "0.00",
    "duty": "0.00",
    "excise": "0.00",
    "vat": "181.91",
    "tax": "181.91",
    "obstacles": [],
}
_SUMS = {"goods": "1999.00", "discount": "0.00", "freight": "0.00", "tax": "181.91", "total": "2180.91"}
_QUOTE = {
    "currency": "CNY",
    "parcels": [
        {
            "warehouse": "NGB1",
            "trade_mode": "1210",
            "delivery": "standard",
            "decision": "clear",
            **_SUMS,
            "lines": [_QUOTE_LINE],
            "obstacles": [],
        }
    ],
    "unplaced": [],
    **_SUMS,
    "promotion": None,
    "used_up": [],
    "can_be_placed": True,
}
_LEFT_OUT = {
    "sku": "ski-pants-S",
    "title": "盟可睐 滑雪裤 S",
    "wished": 1,
    "placed": 0,
    "reason": "out_of_stock",
    "message": "未下单：已售罄",
}
_ORDER = {
    "number": "KL2611210001",
    "state": "paid",
    "currency": "CNY",
    "total": "2180.91",
    "placed_at": "2026-11-21T04:00:00+00:00",
    "pay_until": "2026-11-21T04:30:00+00:00",
    "consignee": "张**",
    "consignee_phone": "138****5678",
    "consignee_place": "浙江省 杭州市 西湖区",
    "parcels": [
        {
            "number": "KL2611210001-1",
            "state": "declared",
            "trade_mode": "1210",
            "delivery": "standard",
            **_SUMS,
            "lines": [
                {
                    **{name: _QUOTE_LINE[name] for name in ("sku", "title", "quantity", "unit_price")},
                    **{name: _SUMS[name] for name in ("goods", "discount", "freight", "tax")},
                    "hs_code": "6201401000",
                    "origin": "IT",
                }
            ],
        }
    ],
    "left_out": [_LEFT_OUT],
    "timeline": [
        {"sequence": 1, "kind": "placed", "parcel": None, "at": "2026-11-21T04:00:00+00:00", "note": "", "text": ""},
        {"sequence": 2, "kind": "paid", "parcel": None, "at": "2026-11-21T04:02:10+00:00", "note": "", "text": ""},
    ],
}
_PAYMENT = {
    "state": "captured",
    "currency": "CNY",
    "amount": "2180.91",
    "captured": "2180.91",
    "refunding": "0.00",
    "refunded": "0.00",
    "steps": [
        {"step": "capture_pending", "amount": "2180.91", "at": "2026-11-21T04:01:02+00:00"},
        {"step": "capture_succeeded", "amount": "2180.91", "at": "2026-11-21T04:02:09+00:00"},
    ],
}
SALE: dict[str, Any] = {
    "code": "double-eleven",
    "title": "双十一抢购",
    "state": "running",
    "starts_at": "2026-11-11T12:00:00+00:00",
    "ends_at": "2026-11-11T14:00:00+00:00",
    "now": "2026-11-11T12:00:05+00:00",
    "currency": "CNY",
    "admit_per_s": 100,
    "poll_after_s": 3,
    "items": [
        {
            "sku": "down-jacket-M",
            "product": "down-jacket",
            "title": "盟可睐 羽绒服 M",
            "image": None,
            "price": "1499.00",
            "was": "1999.00",
            "units": 500,
            "left": 312,
            "limit_per_person": 1,
        }
    ],
}
_LANDED = {
    "customs_value": "425.00",
    "duty": "0.00",
    "excise": "52.50",
    "vat": "45.50",
    "fees": "0.00",
    "total_tax": "98.00",
}
_STEP = {
    "code": "vat",
    "zh": "增值税：(425.00 + 75.00) × 0.13 × 0.7 = 45.50 元（四舍五入到分）",
    "en": "Import VAT: (425.00 + 75.00) × 0.13 × 0.7 = 45.50 CNY (half-up to 0.01)",
    "source": "VAT reform of 1 April 2019: 9.1 % = 13 % x 0.7",
    "figures": {"vat": "45.50", "excise_in_base": "75.00"},
}
_ADDRESS = {"id": _ID, "recipient": "张**", "phone": "138****5678", "place": "浙江省 杭州市 西湖区", "is_default": True}
_REAL_NAME = {"id": _ID, "name": "张**", "id_number": "110***********0013", "verified": False}

_RETURN = {
    "number": "R2611280123456789",
    "order": "KL2611210001",
    "parcel": "KL2611210001-1",
    "state": "applied",
    "customs": "none",
    "reason": "unwanted",
    "applied_at": "2026-11-28T03:00:00+00:00",
    "ask_by": "2026-12-21",
    "back_by": "2027-01-05",
    "tracking": "",
    "currency": "CNY",
    "goods": "0.00",
    "freight": "0.00",
    "tax": "0.00",
    "refunded": "0.00",
    "lines": [
        {
            "sku": "down-jacket-M",
            "title": "盟可睐 羽绒服 M",
            "quantity": 1,
            "arrived": 0,
            "spoiled": 0,
            "refunded": "0.00",
        }
    ],
    "timeline": [{"sequence": 1, "kind": "applied", "at": "2026-11-28T03:00:00+00:00"}],
}
_NO_SUMS: dict[str, Any] = {"refund": None, "parts": [], "until": None, "total": None, "tax": None, "difference": None}
_LIMIT = {
    "case": _ID,
    "parcel": "KL2611210001-1",
    "code": "-621018",
    "asked_at": "2026-11-21T04:10:00+00:00",
    "answer_by": "2026-11-28T04:10:00+00:00",
    "choice": "",
    "until": None,
    "difference": None,
    "to_pay": False,
    "outcome": "",
    "currency": "CNY",
    "ways": [
        {**_NO_SUMS, "way": "refund", "refund": "2180.91"},
        {**_NO_SUMS, "way": "wait", "until": "2026-12-31T16:00:00+00:00"},
        {**_NO_SUMS, "way": "general", "total": "2440.58", "tax": "441.58", "difference": "259.67"},
    ],
}
REQUESTS: dict[str, Any] = {
    "quote": {"lines": [{"sku": "down-jacket-M", "quantity": 1}]},
    "quote_landed_cost": {
        "destination": "CN",
        "channel": "bonded",
        "date": "2026-11-21",
        "currency": "CNY",
        "freight": "0.00",
        "lines": [
            {
                "id": "cream",
                "hs_code": "3304990099",
                "origin": "FR",
                "quantity": "1",
                "unit": "piece",
                "unit_price": "425.00",
                "measures": {"g": "20"},
            }
        ],
    },
    "put_line": {"quantity": 2},
    "place": {
        "lines": [{"sku": "down-jacket-M", "quantity": 1}, {"sku": "ski-pants-S", "quantity": 1}],
        "address_id": _ID,
        "real_name_id": _ID,
        "notice_accepted": True,
        "provider": "sandbox",
        "expected_total": "3489.02",
        "partial": True,
    },
    "choose_way": {"case": _ID, "way": "general"},
    "pay_difference": {"case": _ID},
    "ask_return": {
        "parcel": "KL2611210001-1",
        "lines": [{"sku": "down-jacket-M", "quantity": 1}],
        "reason": "unwanted",
        "note": "",
    },
    "add_address": {
        "recipient": "张小燕",
        "phone": "13800135678",
        "province_code": "330000",
        "city_code": "330100",
        "district_code": "330106",
        "detail": "文三路 90 号 71 幢 101 室",
        "is_default": True,
    },
    "add_real_name": {"name": "张小燕", "id_number": "110105199001070013", "phone": "13800135678", "consent": True},
}
RESPONSES: dict[str, Any] = {
    "home": {"storefront": "考拉小巷", "currency": "CNY", "categories": [_CATEGORY], "new": [CARD]},
    "categories": [_CATEGORY],
    "products": _LISTING,
    "search": _LISTING,
    "flash_sales": [SALE],
    "flash_sale": SALE,
    "line": {
        "state": "waiting",
        "place": 8210,
        "first": 12400,
        "wait_s": 83,
        "poll_after_s": 83,
        "admit_per_s": 100,
        "ticket": "WyIwMTk4…:1vIh2M:Zf0c…",
        "entry_pass": None,
        "entry_until": None,
        "now": "2026-11-11T12:00:05+00:00",
    },
    "product": {
        "slug": "down-jacket",
        "title": "羽绒服",
        "description": "90% 白鸭绒。",
        "brand": "盟可睐",
        "brand_country": "IT",
        "images": [],
        "attributes": [["面料", "锦纶"]],
        "currency": "CNY",
        "skus": [
            {
                "code": "down-jacket-M",
                "title": "盟可睐 羽绒服 M",
                "gtin": None,
                "axes": {"size": "M"},
                "origin": "IT",
                "image": None,
                "price": "1999.00",
                "was": None,
                "tax": "181.91",
                "available": True,
                "obstacles": [],
            }
        ],
    },
    "quote": _QUOTE,
    "quote_landed_cost": {
        "regime": "CN_CBEC",
        "channel": "bonded",
        "decision": "clear",
        "currency": "CNY",
        **_LANDED,
        "collector": "platform",
        "lines": [
            {
                "id": "cream",
                **_LANDED,
                "rates": {"duty": "0", "excise": "0.15", "vat": "0.13", "relief": "0.7"},
                "explanation": [_STEP],
            }
        ],
        "parts": [],
        "parts_proven": False,
        "options": [],
        "demands": [],
        "books": ["cn-cbec/1"],
        "explanation": [],
        "warnings": [],
    },
    "basket": {"lines": [{"sku": "down-jacket-M", "quantity": 1}], "quote": _QUOTE},
    "put_line": {"lines": [{"sku": "down-jacket-M", "quantity": 1}], "quote": _QUOTE},
    "place": {
        "number": "KL2611210001",
        "total": "2180.91",
        "currency": "CNY",
        "pay_at": "https://shop.example/api/v1/orders/KL2611210001/payment",
        "lines": [
            {
                "sku": "down-jacket-M",
                "title": "盟可睐 羽绒服 M",
                "wished": 1,
                "placed": 1,
                "reason": None,
                "message": "",
            },
            _LEFT_OUT,
        ],
    },
    "pay": {"redirect": "https://pay.example/cashier/0198a1b2"},
    "list_limits": {"items": [_LIMIT]},
    "choose_way": {
        **_LIMIT,
        "choice": "general",
        "until": "2026-11-28T04:10:00+00:00",
        "difference": "259.67",
        "to_pay": True,
        "ways": [{**_NO_SUMS, "way": "refund", "refund": "2180.91"}],
    },
    "pay_difference": {"redirect": "https://pay.example/cashier/0198a1b3"},
    "list_orders": {"items": [_ORDER], "total": 1, "page": 1},
    "order": {**_ORDER, "payment": _PAYMENT},
    "ask_return": _RETURN,
    "list_returns": {"items": [_RETURN]},
    "addresses": [_ADDRESS],
    "add_address": _ADDRESS,
    "real_names": [_REAL_NAME],
    "add_real_name": _REAL_NAME,
}
