"""Product types of the demo with their data sheets: (code, Chinese, English, kind or unit)."""

from __future__ import annotations

from entrepot.catalogue.types import Attribute, AttributeKind, ProductTypeDraft

TEXT, NUMBER, CHOICE = AttributeKind.TEXT, AttributeKind.NUMBER, AttributeKind.CHOICE

_CHOICES: dict[str, dict[str, tuple[str, str]]] = {
    "skin": {
        "all": ("所有肤质", "All skin types"),
        "dry": ("干性肌肤", "Dry skin"),
        "oily": ("油性肌肤", "Oily skin"),
        "combination": ("混合性肌肤", "Combination skin"),
        "sensitive": ("敏感肌肤", "Sensitive skin"),
    },
    "strength": {
        "cologne": ("古龙水", "Cologne"),
        "edt": ("淡香水", "Eau de toilette"),
        "edp": ("香水", "Eau de parfum"),
    },
    "roast": {"light": ("浅度烘焙", "Light"), "medium": ("中度烘焙", "Medium"), "dark": ("深度烘焙", "Dark")},
    "movement": {"quartz": ("石英", "Quartz"), "automatic": ("自动机械", "Automatic")},
    "anc": {"yes": ("支持", "Yes"), "no": ("不支持", "No")},
}

# code: (Chinese label, English label, kind, unit)
_ATTRIBUTES: dict[str, tuple[str, str, AttributeKind, str]] = {
    "skin": ("适合肤质", "For", CHOICE, ""),
    "texture": ("质地", "Texture", TEXT, ""),
    "spf": ("防晒指数", "SPF", NUMBER, ""),
    "sheets": ("片数", "Sheets", NUMBER, ""),
    "scent": ("香味", "Scent", TEXT, ""),
    "finish": ("妆效", "Finish", TEXT, ""),
    "notes": ("香调", "Notes", TEXT, ""),
    "strength": ("浓度", "Strength", CHOICE, ""),
    "hours": ("可燃时间", "Burning time", NUMBER, "h"),
    "net": ("净含量", "Net content", NUMBER, "g"),
    "age": ("适用年龄", "Age", TEXT, ""),
    "kind": ("款型", "Kind", TEXT, ""),
    "material": ("材质", "Material", TEXT, ""),
    "allergens": ("过敏原", "Allergens", TEXT, ""),
    "storage": ("储存", "Storage", TEXT, ""),
    "roast": ("烘焙度", "Roast", CHOICE, ""),
    "grape": ("葡萄品种", "Grape", TEXT, ""),
    "abv": ("酒精度", "Alcohol", NUMBER, "% vol"),
    "volume": ("容量", "Volume", NUMBER, "ml"),
    "count": ("数量", "Count", NUMBER, ""),
    "measure": ("测量项目", "Measures", TEXT, ""),
    "power-source": ("供电", "Power supply", TEXT, ""),
    "power": ("功率", "Power", NUMBER, "W"),
    "voltage": ("电压", "Voltage", TEXT, ""),
    "runtime": ("供电与续航", "Battery", TEXT, ""),
    "connection": ("连接", "Connection", TEXT, ""),
    "battery": ("续航", "Battery life", NUMBER, "h"),
    "anc": ("主动降噪", "Noise cancelling", CHOICE, ""),
    "sensor": ("传感器", "Sensor", TEXT, ""),
    "screen": ("屏幕", "Screen", TEXT, ""),
    "gigabytes": ("存储容量", "Storage", NUMBER, "GB"),
    "movement": ("机芯", "Movement", CHOICE, ""),
    "case": ("表径", "Case", NUMBER, "mm"),
    "depth": ("防水深度", "Water resistance", NUMBER, "m"),
    "diameter": ("规格", "Size", NUMBER, "cm"),
    "capacity": ("容量", "Capacity", NUMBER, "ml"),
    "litres": ("容量", "Capacity", NUMBER, "l"),
    "pieces": ("件数", "Pieces", NUMBER, ""),
    "size": ("尺寸", "Size", TEXT, ""),
    "fit": ("版型", "Fit", TEXT, ""),
    "care": ("洗护", "Care", TEXT, ""),
    "upper": ("鞋面", "Upper", TEXT, ""),
    "sole": ("鞋底", "Sole", TEXT, ""),
    "lens": ("镜片", "Lenses", TEXT, ""),
    "frame": ("镜框", "Frame", TEXT, ""),
    "weight": ("重量", "Weight", NUMBER, "g"),
    "n": ("每份件数", "Pieces in the pack", NUMBER, ""),
}  # fmt: skip

# code: (Chinese, English, attributes in their order)
_TYPES: dict[str, tuple[str, str, str]] = {
    "appliance": ("厨房电器", "Kitchen appliance", "power voltage litres"),
    "audio": ("耳机音响", "Audio", "connection battery anc"),
    "babycare": ("婴儿洗护", "Baby care", "scent"),
    "babyfood": ("婴儿辅食", "Baby food", "net age"),
    "babygear": ("婴儿出行", "Baby gear", "age material"),
    "babywear": ("婴儿服装", "Baby clothing", "material n"),
    "bag": ("箱包", "Bag", "material litres"),
    "beer": ("啤酒", "Beer", "abv volume"),
    "bodycare": ("身体清洁", "Body care", "scent"),
    "camera": ("相机", "Camera", "sensor"),
    "clothing": ("服装", "Clothing", "material fit care n"),
    "coffee": ("咖啡", "Coffee", "roast"),
    "confectionery": ("巧克力糖果", "Confectionery", "allergens storage"),
    "console": ("游戏机", "Console", "screen gigabytes"),
    "cookware": ("锅具刀具", "Cookware", "material diameter"),
    "device": ("健康仪器", "Health device", "measure power-source"),
    "electrocare": ("个护电器", "Personal-care appliance", "power voltage runtime"),
    "eyewear": ("眼镜", "Eyewear", "lens frame"),
    "feeding": ("喂养用品", "Feeding", "material age"),
    "flask": ("保温杯", "Flask", "material capacity"),
    "footwear": ("鞋靴", "Footwear", "upper sole"),
    "formula": ("配方奶粉", "Formula", "net"),
    "homefragrance": ("家居香氛", "Home fragrance", "scent hours"),
    "hometextile": ("家纺", "Home textiles", "material size"),
    "honey": ("蜂蜜", "Honey", "net"),
    "household": ("家居清洁", "Household", "scent"),
    "makeup": ("彩妆", "Make-up", "finish"),
    "nappy": ("纸尿裤", "Nappies", "kind"),
    "oral": ("口腔护理", "Oral care", "kind n"),
    "pantryfood": ("粮油", "Pantry", "net allergens"),
    "perfume": ("香水", "Perfume", "strength notes"),
    "skincare": ("护肤", "Skincare", "skin texture spf scent sheets n"),
    "snack": ("零食", "Snack", "allergens"),
    "spirit": ("烈酒", "Spirits", "abv volume"),
    "sport": ("运动用品", "Sports equipment", "material weight size n"),
    "storage": ("存储卡", "Memory card", "gigabytes"),
    "supplement": ("营养补充", "Supplement", "kind count"),
    "tableware": ("餐具", "Tableware", "material capacity pieces n"),
    "tea": ("茶", "Tea", "kind"),
    "toy": ("玩具", "Toy", "age material"),
    "watch": ("腕表", "Watch", "movement case depth"),
    "wine": ("葡萄酒", "Wine", "grape abv volume"),
}

# Data files write the short word; the sheet that a word means depends on the type.
_MEANS = {
    ("appliance", "capacity"): "litres",
    ("bag", "capacity"): "litres",
    ("console", "storage"): "gigabytes",
    ("storage", "storage"): "gigabytes",
    ("device", "power"): "power-source",
    ("electrocare", "battery"): "runtime",
}


def attribute(product_type: str, word: str) -> Attribute:
    """The attribute a data file's word means on a product type. Raises KeyError for a word it does not have."""
    code = _MEANS.get((product_type, word), word)
    if code not in _TYPES[product_type][2].split():
        raise KeyError(f"{product_type} has no attribute {word}")
    zh, en, kind, unit = _ATTRIBUTES[code]
    choices = {key: {"zh-hans": z, "en": e} for key, (z, e) in _CHOICES.get(code, {}).items()} if kind is CHOICE else {}
    return Attribute(code, {"zh-hans": zh, "en": en}, kind, unit, choices)


def product_types() -> list[ProductTypeDraft]:
    return [
        ProductTypeDraft(code, {"zh-hans": zh, "en": en}, tuple(_plain(code, name) for name in names.split()))
        for code, (zh, en, names) in _TYPES.items()
    ]


def _plain(product_type: str, code: str) -> Attribute:
    word = next((word for (kind, word), means in _MEANS.items() if (kind, means) == (product_type, code)), code)
    return attribute(product_type, word)
