"""A large made-up catalogue, the same every time: words of the trade put together by a seeded generator."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product as pairs

from entrepot.catalogue.types import Attribute, BrandDraft, CategoryDraft, ProductDraft, ProductTypeDraft, SkuDraft

SEED = 20261121
BRANDS = 1_500
TYPE = "goods"
COUNTRIES = ("AU", "NZ", "JP", "KR", "DE", "FR", "IT", "US", "GB", "NL", "CH", "DK", "SE", "ES", "TH", "CA")

# department: (English, Chinese, HS code, second legal unit as CEB code, its quantity in one piece)
DEPARTMENTS = {
    "baby": ("Mother and Baby", "母婴", "1901101090", "035", "0.8"),
    "beauty": ("Beauty", "美妆", "3304990039", "011", "1"),
    "clothes": ("Clothes", "服装", "6201401000", "035", "0.6"),
    "digital": ("Electronics", "数码", "8518300000", "035", "0.3"),
    "food": ("Food", "食品", "1806310000", "035", "0.5"),
    "health": ("Health", "健康", "2106909090", "035", "0.4"),
    "home": ("Home", "家居", "6302600000", "035", "0.7"),
    "sports": ("Sports", "运动", "9506919000", "035", "1.2"),
}
# department: kinds of goods in it, each a category of its own
KINDS = {
    "baby": "Infant Formula/婴儿奶粉|Baby Bottle/婴儿奶瓶|Diapers/纸尿裤|"
    "Baby Cereal/婴儿米粉|Stroller/婴儿推车|Baby Lotion/婴儿润肤乳",
    "beauty": "Face Cream/面霜|Serum/精华液|Lipstick/口红|Sunscreen/防晒霜|"
    "Shampoo/洗发水|Sheet Mask/面膜|Body Lotion/身体乳",
    "clothes": "Down Jacket/羽绒服|T-Shirt/T恤|Wool Sweater/羊毛衫|Jeans/牛仔裤|Dress/连衣裙|Rain Coat/雨衣|Socks/袜子",
    "digital": "Headphones/耳机|Power Bank/充电宝|Bluetooth Speaker/蓝牙音箱|"
    "Keyboard/键盘|Smart Watch/智能手表|Webcam/摄像头",
    "food": "Dark Chocolate/黑巧克力|Olive Oil/橄榄油|Coffee Beans/咖啡豆|"
    "Manuka Honey/麦卢卡蜂蜜|Oat Biscuits/燕麦饼干|Muesli/麦片",
    "health": "Vitamin C/维生素C|Fish Oil/鱼油|Probiotics/益生菌|"
    "Calcium Tablets/钙片|Protein Powder/蛋白粉|Collagen/胶原蛋白",
    "home": "Bath Towel/浴巾|Bed Sheets/床单|Coffee Machine/咖啡机|"
    "Frying Pan/平底锅|Scented Candle/香薰蜡烛|Water Bottle/水杯",
    "sports": "Running Shoes/跑步鞋|Yoga Mat/瑜伽垫|Tennis Racket/网球拍|"
    "Hiking Backpack/登山背包|Swim Goggles/泳镜|Dumbbell/哑铃",
}
QUALITIES = (
    "Organic/有机|Gentle/温和|Classic/经典|Premium/高端|Natural/天然|Sensitive/敏感肌|Daily/日常|Light/轻盈|Pro/专业|Active/活力|"
    "Travel/旅行装|Family/家庭装|Original/原装|Soft/柔软|Intensive/强效|Moisturizing/保湿|Wireless/无线|Warm/保暖|Pure/纯净|Compact/便携"
)
SIZES = "100ml|200ml|500ml|50g|250g|900g|S|M|L|XL"
COLOURS = "Black/黑色|White/白色|Red/红色|Navy/藏青色|Green/绿色|Sand/沙色"
_LATIN = (
    "ka lo mi ra ne to vi sa be du fen gal hor ist jun kel lum mar nov oro pel qui ros sol tan ul ver wil xan yor zel"
)
_CHINESE = "卡洛米拉妮托维莎贝杜芬盖霍伊君凯卢玛诺欧佩奎罗索坦乌薇威赞约泽"


@dataclass(frozen=True, slots=True)
class Goods:
    """A product with what the other contexts need of it. `prices` in fen by SKU code, `places` how many units where."""

    draft: ProductDraft
    department: str
    prices: dict[str, tuple[int, int | None]]
    places: dict[str, dict[str, int]]

    @property
    def classification(self) -> tuple[str, str, Decimal]:
        _, _, hs_code, unit, quantity = DEPARTMENTS[self.department]
        return hs_code, unit, Decimal(quantity)


def _both(text: str) -> tuple[str, str]:
    english, _, chinese = text.partition("/")
    return english, chinese


def _slug(text: str) -> str:
    return text.lower().replace(" ", "-").replace("--", "-")


def _texts(english: str, chinese: str) -> dict[str, str]:
    return {"en": english, "zh-hans": chinese}


def brands() -> list[BrandDraft]:
    chance = random.Random(SEED)
    latin = _LATIN.split(" ")
    found: dict[str, BrandDraft] = {}
    while len(found) < BRANDS:
        picked = [chance.randrange(len(latin)) for _ in range(chance.choice((2, 2, 3)))]
        english = "".join(latin[i] for i in picked).capitalize()
        chinese = "".join(_CHINESE[i] for i in picked)
        found.setdefault(english, BrandDraft(english.lower(), _texts(english, chinese), chance.choice(COUNTRIES)))
    return list(found.values())


def categories() -> list[CategoryDraft]:
    found = []
    for rank, (department, (english, chinese, *_)) in enumerate(DEPARTMENTS.items()):
        found.append(CategoryDraft(department, _texts(english, chinese), None, rank))
        for place, kind in enumerate(KINDS[department].split("|")):
            name = _both(kind)
            found.append(CategoryDraft(f"{department}-{_slug(name[0])}", _texts(*name), department, place))
    return found


def product_type() -> ProductTypeDraft:
    attributes = (Attribute("quality", _texts("Quality", "特点")), Attribute("size", _texts("Size", "规格")))
    return ProductTypeDraft(TYPE, _texts("Goods", "商品"), attributes)


def products(count: int) -> Iterator[Goods]:
    """`count` products with one to three SKUs, two thirds of them in a bonded warehouse, a twentieth sold out."""
    chance = random.Random(SEED + 1)
    houses = brands()
    kinds = [(department, _both(kind)) for department in DEPARTMENTS for kind in KINDS[department].split("|")]
    qualities = [_both(quality) for quality in QUALITIES.split("|")]
    variants = list(pairs([_both(colour) for colour in COLOURS.split("|")], SIZES.split("|")))
    for number in range(count):
        # A few brands have hundreds of products and most have a handful, as in any shop.
        house = houses[min(int(chance.paretovariate(0.6)) - 1, BRANDS - 1)]
        department, kind = chance.choice(kinds)
        words = chance.sample(qualities, 2)
        english = f"{words[0][0]} {words[1][0]} {kind[0]} No. {number}"
        chinese = f"{words[0][1]}{words[1][1]}{kind[1]}{number}号"
        if number % 2:  # some titles name the brand, as in any catalogue
            english, chinese = f"{house.names['en']} {english}", f"{house.names['zh-hans']}{chinese}"
        chosen = chance.sample(variants, chance.choice((1, 1, 2, 3)))
        origin = house.country if chance.random() < 0.8 else chance.choice(COUNTRIES)
        skus, prices, places = [], {}, {}
        price = int(10 ** chance.uniform(3.3, 5.5))
        for n, (colour, size) in enumerate(chosen):
            code = f"B{number:06d}-{n}"
            weight = chance.randrange(50, 3_000)
            axes = {"colour": _texts(*colour), "size": _texts(size, size)}
            skus.append(SkuDraft(code, None, axes, origin, weight, weight + 100))
            prices[code] = (price + n * 500, price + n * 500 + 2_000 if chance.random() < 0.2 else None)
            places[code] = _places(chance)
        draft = ProductDraft(
            slug=f"{house.slug}-{_slug(kind[0])}-{number}",
            brand=house.slug,
            titles=_texts(english, chinese),
            product_type=TYPE,
            descriptions=_texts(f"{english}. Imported from {origin}.", f"{chinese}，{origin}原装进口。"),
            attributes={"quality": _texts(*words[0]), "size": _texts(chosen[0][1], chosen[0][1])},
            categories=(f"{department}-{_slug(kind[0])}",),
            skus=tuple(skus),
        )
        yield Goods(draft, department, prices, places)


def _places(chance: random.Random) -> dict[str, int]:
    luck = chance.random()
    if luck < 0.05:
        return {}
    found = {"bonded": chance.randrange(5, 500)} if luck < 0.7 else {}
    return found | ({"overseas": chance.randrange(5, 500)} if luck > 0.6 else {})
