"""Articles as other contexts see them. Texts are dicts by language ("zh-hans", "en")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

Texts = Mapping[str, str]
# CEB unit codes that the law measures by. Others (tin, box, bottle …) measure nothing.
MEASURES = {
    "007": "piece", "011": "piece", "010": "sheet", "020": "sheet", "035": "kg", "036": "g", "070": "t", "095": "l",
    "096": "ml",
}  # fmt: skip
WIDTHS = (320, 800)  # stored widths of every picture, px; paths name the largest


def text(texts: Texts, language: str) -> str:
    """The text in `language`, else in Chinese, else in any language there is; empty if none."""
    return texts.get(language) or texts.get("zh-hans") or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class Brand:
    id: UUID
    slug: str
    names: Texts
    country: str  # ISO 3166-1 alpha-2: where the brand is at home; empty while unknown


@dataclass(frozen=True, slots=True)
class Category:
    id: UUID
    slug: str
    names: Texts
    parent_id: UUID | None
    path: tuple[UUID, ...]  # from the root to itself
    rank: int


@dataclass(frozen=True, slots=True)
class Sku:
    """What is bought, stored and declared. `titles` include brand, product and variant."""

    id: UUID
    product_id: UUID
    product_slug: str
    code: str
    gtin: str | None
    titles: Texts
    axes: Mapping[str, Texts]  # {"colour": {"zh-hans": "红色", "en": "Red"}}
    brand_id: UUID
    origin: str  # country of origin, ISO 3166-1 alpha-2; empty while unknown (then it is not sellable)
    net_weight_g: int
    gross_weight_g: int
    image: str | None  # media path: MEDIA_URL + image
    product_type: str
    active: bool
    sell_until: date | None = None  # the first day on which its brand may not be sold any more

    def authorised(self, day: date) -> bool:
        return self.sell_until is None or day < self.sell_until


@dataclass(frozen=True, slots=True)
class Classification:
    """The HS decision for one SKU in one jurisdiction, with the legal quantities of ONE sales unit.

    Units are CEB codes ("035" kg, "011" piece). `declared_name` and `model` are the customs gname and gmodel.
    """

    sku_id: UUID
    jurisdiction: str  # "CN"
    hs_code: str  # ten digits for CN
    sales_unit: str  # unit of the order line, CEB code
    unit1: str
    quantity1: Decimal
    unit2: str | None
    quantity2: Decimal | None
    declared_name: str
    model: str
    valid_from: date
    decided_by: str
    valid_to: date | None = None  # the first day on which it no longer holds
    reason: str = ""

    def measures(self, units: int = 1) -> dict[str, Decimal]:
        """Legal quantities of so many sales units by name of the measure ("g", "piece"), the first unit first."""
        found: dict[str, Decimal] = {}
        for unit, each in ((self.unit1, self.quantity1), (self.unit2, self.quantity2)):
            name = MEASURES.get(unit or "")
            if name is not None and each:
                found.setdefault(name, each * units)
        return found


@dataclass(frozen=True, slots=True)
class Product:
    """A product page's content, with all its SKUs."""

    id: UUID
    slug: str
    brand: Brand
    titles: Texts
    descriptions: Texts
    product_type: str
    attributes: tuple[tuple[Texts, Texts], ...]  # (label, value), in the type's order
    category_ids: tuple[UUID, ...]
    images: tuple[str, ...]
    skus: tuple[Sku, ...]
    active: bool


def sized(path: str, width: int) -> str:
    """The same picture in another stored width (`WIDTHS`): "ab/ab…-800.webp" and 320 give "ab/ab…-320.webp"."""
    stem, _, _ = path.rpartition("-")
    return f"{stem}-{width}.webp"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something cannot be: a refusal's code and field with its sentence in both languages."""

    code: str
    field: str
    zh: str
    en: str

    def message(self, language: str) -> str:
        return self.zh if language.lower().startswith("zh") else self.en


class AttributeKind(StrEnum):
    """`TEXT` values are texts by language, `NUMBER` a decimal in the attribute's unit, `CHOICE` one of its choices."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One line of a product type's data sheet. `unit` is a symbol ("mAh"); `choices` maps a code to its texts."""

    code: str
    labels: Texts
    kind: AttributeKind = AttributeKind.TEXT
    unit: str = ""
    choices: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProductType:
    id: UUID
    code: str
    names: Texts
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class BrandDraft:
    slug: str
    names: Texts
    country: str = ""  # ISO 3166-1 alpha-2; empty while nobody knows


@dataclass(frozen=True, slots=True)
class CategoryDraft:
    slug: str
    names: Texts
    parent: str | None = None  # slug; parents may come later in the same list
    rank: int = 0


@dataclass(frozen=True, slots=True)
class ProductTypeDraft:
    code: str
    names: Texts
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class SkuDraft:
    """`axes` are what tells the variants of one product apart. An empty origin and a weight of 0 mean "unknown"."""

    code: str
    gtin: str | None = None
    axes: Mapping[str, Texts] = field(default_factory=dict)
    origin: str = ""
    net_weight_g: int = 0
    gross_weight_g: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """`brand` and `categories` are slugs, `product_type` a code. Named SKUs are put; others stay as they are.

    `attributes` maps an attribute's code to texts (TEXT), a decimal as text (NUMBER) or a choice's code (CHOICE).
    """

    slug: str
    brand: str
    titles: Texts
    product_type: str
    descriptions: Texts = field(default_factory=dict)
    attributes: Mapping[str, Texts | str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    skus: tuple[SkuDraft, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class ImageDraft:
    """A picture as uploaded (WebP, JPEG or PNG). It becomes the product's next one and that of the named SKUs."""

    product_id: UUID
    content: bytes
    sku_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassificationDraft:
    """A decision about one SKU. Without `valid_to` it holds until the next one already planned, or for good."""

    sku_id: UUID
    hs_code: str
    sales_unit: str
    unit1: str
    quantity1: Decimal
    declared_name: str
    model: str
    valid_from: date
    unit2: str | None = None
    quantity2: Decimal | None = None
    valid_to: date | None = None
    jurisdiction: str = "CN"


class ImportState(StrEnum):
    """READING, COMPARING and COMMITTING go on step by step; in the others a run rests."""

    UPLOADED = "uploaded"
    READING = "reading"
    COMPARING = "comparing"
    COMPARED = "compared"
    COMMITTING = "committing"
    DONE = "done"
    DISCARDED = "discarded"

    @property
    def working(self) -> bool:
        return self in {ImportState.READING, ImportState.COMPARING, ImportState.COMMITTING}


class Verdict(StrEnum):
    """What committing a staged row would do. Nothing of a product is written while one of its rows is BAD."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class ImportRun:
    """`rows_done` of `rows_total` counts inside the present state.

    `counts` holds rows by verdict, "written" rows and "new_brands".
    """

    id: UUID
    file_name: str
    size_bytes: int
    kind: str
    encoding: str
    delimiter: str
    sheet: str
    headings: tuple[str, ...]
    mapping: Mapping[str, int]
    defaults: Mapping[str, str]
    language: str
    state: ImportState
    rows_total: int
    rows_done: int
    counts: Mapping[str, int]
    created_by: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ImportRow:
    """`said` is what the cells say, by field; `diff` maps a field to (before, after) for what is there already."""

    line: int
    cells: tuple[str, ...]
    code: str
    product_slug: str
    verdict: Verdict | None
    problems: tuple[Problem, ...]
    said: Mapping[str, str]
    diff: Mapping[str, tuple[str, str]]
    written: bool
