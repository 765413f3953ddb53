"""The demo's articles, read from `data/`. Written for the project; brands are real, texts and figures are ours.

Files are CSV with `|`. Columns of `data/products/*.csv`:
`price` in yuan, `was` percent off, `weight` net/gross in g, `house` a warehouse code, `form` and `look` what the
picture shows, `attributes` word=value (text as 中文~English), `variants` axes as axis:value,value;axis:…, a value as
code[~中文~English][@price][=net/gross], `months` how long the goods keep.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import product as combine
from typing import Any

from stdnum import ean

from entrepot.catalogue.types import AttributeKind, BrandDraft, CategoryDraft, ProductDraft, SkuDraft, Texts
from entrepot.demo import sheets

SHELVES = ("beauty", "baby", "food", "health", "electronics", "home", "fashion", "sports")
GTIN_PREFIX = "20"  # restricted circulation inside a company (GS1 General Specifications): claims no company's number
_COLOURED = {"colour", "dial"}  # axes whose values are colours of the article
_VALUE = re.compile(
    r"(?P<code>[a-z0-9.-]+)(~(?P<zh>[^~@=]+)~(?P<en>[^~@=]+))?(@(?P<price>[\d.]+))?(=(?P<weight>[\d/]+))?"
)
_SIZED = re.compile(r"(\d+)(ml|cm|l|g|kg)")
_BOTTLES = {
    "wine",
    "whisky",
    "oil",
    "bottle",
    "beerbottle",
    "oilbottle",
    "dropper",
    "pump",
    "perfume",
    "honey",
    "vitamins",
}
_PACKS = {"carton", "toybox", "sachet", "tin", "teabox", "soap"}
_BAGS = {"nappies", "pouch", "coffeebag", "snackbag", "pasta"}


@dataclass(frozen=True, slots=True)
class Code:
    """An HS code with the legal units customs asks for, and the name goods under it are declared by."""

    hs_code: str
    unit1: str
    unit2: str
    zh: str
    en: str
    note: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One SKU. `colour` is the hex value its picture is drawn in, where a colour tells variants apart."""

    code: str
    values: Mapping[str, str]  # axis: code
    axes: Mapping[str, Texts]
    price_minor: int
    was_minor: int | None
    net_g: int
    gross_g: int
    colour: str | None

    @property
    def gtin(self) -> str:
        number = int.from_bytes(hashlib.sha256(self.code.encode()).digest()[:8], "big") % 10**10
        digits = f"{GTIN_PREFIX}{number:010}"
        return digits + str(ean.calc_check_digit(digits))


@dataclass(frozen=True, slots=True)
class Item:
    """One product of the demo with all its variants."""

    slug: str
    brand: str
    kind: str
    category: str
    origin: str
    hs_code: str
    titles: Texts
    texts: Texts
    house: str
    form: str
    look: Mapping[str, str]
    attributes: Mapping[str, str]  # words as in the data file
    variants: tuple[Variant, ...]
    months: int | None

    def draft(self, parents: Mapping[str, str]) -> ProductDraft:
        """As the catalogue takes it. `parents` maps a category to the one above."""
        return ProductDraft(
            slug=self.slug,
            brand=self.brand,
            titles=self.titles,
            product_type=self.kind,
            descriptions=self.texts,
            attributes=dict(_attribute(self.kind, word, value) for word, value in self.attributes.items()),
            categories=(self.category, parents[self.category]),
            skus=tuple(
                SkuDraft(one.code, one.gtin, one.axes, self.origin, one.net_g, one.gross_g) for one in self.variants
            ),
        )

    @property
    def pieces(self) -> int:
        """Pieces, pairs or sheets in one sales unit."""
        return int(self.attributes.get("n", "1"))

    def quantity(self, unit: str, variant: Variant) -> Decimal:
        """The legal quantity of one sales unit in a CEB unit: kilograms net, litres, or pieces."""
        if unit == "035":
            return Decimal(variant.net_g) / 1000
        if unit == "095":
            return Decimal(self.attributes["volume"]) / 1000
        return Decimal(self.pieces)

    def sales_unit(self, code: Code) -> str:
        """CEB unit of the order line: what a buyer would call one of it."""
        if self.pieces > 1 or self.form in _PACKS:
            return "140"  # 盒
        for unit, forms in (("142", _BOTTLES), ("122", {"can"}), ("125", _BAGS)):
            if self.form in forms:
                return unit  # 瓶, 罐, 包
        return code.unit1 if code.unit1 not in {"035", "095"} else "011"


def _rows(name: str) -> list[dict[str, str]]:
    text = files("entrepot.demo").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="|", quoting=csv.QUOTE_NONE))


def _texts(zh: str, en: str) -> dict[str, str]:
    return {"zh-hans": zh, "en": en}


@cache
def colours() -> Mapping[str, tuple[Texts, str]]:
    return {row["code"]: (_texts(row["zh"], row["en"]), row["hex"]) for row in _rows("colours")}


@cache
def codes() -> Mapping[str, Code]:
    return {row["hs_code"]: Code(**row) for row in _rows("codes")}


def brands() -> list[BrandDraft]:
    return [BrandDraft(row["slug"], _texts(row["zh"], row["en"]), row["country"]) for row in _rows("brands")]


@cache
def brand_looks() -> Mapping[str, tuple[str, str]]:
    """Slug: (Latin name, colour of the label)."""
    return {row["slug"]: (row["en"], row["colour"]) for row in _rows("brands")}


@cache
def brand_names() -> Mapping[str, str]:
    """Slug: Chinese name, as declarations write it."""
    return {row["slug"]: row["zh"] for row in _rows("brands")}


def categories() -> list[CategoryDraft]:
    return [
        CategoryDraft(row["slug"], _texts(row["zh"], row["en"]), row["parent"] or None, int(row["rank"]))
        for row in _rows("categories")
    ]


def parents() -> dict[str, str]:
    return {row["slug"]: row["parent"] for row in _rows("categories") if row["parent"]}


@cache
def items() -> tuple[Item, ...]:
    """Everything, the departments mixed evenly: what was put last is what the shop shows as new."""
    mixed = []
    for shelf in SHELVES:
        rows = _rows(f"products/{shelf}")
        mixed += [((n + 1) / len(rows), _item(row)) for n, row in enumerate(rows)]
    return tuple(item for _, item in sorted(mixed, key=lambda pair: pair[0]))


def _item(row: Mapping[str, str]) -> Item:
    look = dict(part.split(":", 1) for part in row["look"].split(",") if part)
    return Item(
        slug=row["slug"],
        brand=row["brand"],
        kind=row["type"],
        category=row["category"],
        origin=row["origin"],
        hs_code=row["hs"],
        titles=_texts(row["zh"], row["en"]),
        texts=_texts(row["text_zh"], row["text_en"]),
        house=row["house"],
        form=row["form"],
        look=look,
        attributes=dict(part.split("=", 1) for part in row["attributes"].split(";") if part),
        variants=tuple(_variants(row)),
        months=int(row["months"]) if row["months"] else None,
    )


def _variants(row: Mapping[str, str]) -> Iterator[Variant]:
    axes: list[list[tuple[str, dict[str, Any]]]] = []
    for part in filter(None, row["variants"].split(";")):
        axis, _, values = part.partition(":")
        axes.append([(axis, _value(axis, value)) for value in values.split(",")])
    for chosen in combine(*axes):
        named = dict(chosen)
        price = next((value["price"] for value in named.values() if value["price"]), row["price"])
        net, _, gross = next((v["weight"] for v in named.values() if v["weight"]), row["weight"]).partition("/")
        minor = int(Decimal(price) * 100)
        yield Variant(
            code="-".join([row["slug"], *(value["code"] for value in named.values())]).upper(),
            values={axis: value["code"] for axis, value in named.items()},
            axes={axis: value["texts"] for axis, value in named.items()},
            price_minor=minor,
            was_minor=_was(minor, row["was"]),
            net_g=int(net),
            gross_g=int(gross),
            colour=next((colours()[value["code"]][1] for axis, value in named.items() if axis in _COLOURED), None),
        )


def _value(axis: str, text: str) -> dict[str, Any]:
    found = _VALUE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a variant: {text}")
    code = found["code"]
    if found["zh"]:
        texts: Texts = _texts(found["zh"], found["en"])
    elif axis == "colour":
        texts = colours()[code][0]
    elif sized := _SIZED.fullmatch(code):
        texts = _texts(f"{sized[1]} {sized[2]}", f"{sized[1]} {sized[2]}")
    else:
        texts = _texts(code.upper(), code.upper())
    return {"code": code, "texts": texts, "price": found["price"], "weight": found["weight"]}


def _was(minor: int, percent: str) -> int | None:
    """The struck-through price that makes the price about `percent` off: whole yuan, tens of yuan from 200 on."""
    if not percent:
        return None
    step = 10 if minor >= 200_00 else 1
    yuan = minor // (100 - int(percent)) // step * step
    return max(yuan * 100, minor + step * 100)


def _attribute(kind: str, word: str, value: str) -> tuple[str, Texts | str]:
    attribute = sheets.attribute(kind, word)
    if attribute.kind is not AttributeKind.TEXT:
        return attribute.code, value
    zh, _, en = value.partition("~")
    return attribute.code, _texts(zh, en or zh)
