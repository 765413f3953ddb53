"""Brands, product types, categories, products, SKUs, pictures and classifications.

Texts are JSON objects by language tag ("zh-hans", "en"); `rules.clean_texts` checks them before they get here.
All of these are small, read-mostly tables: on a cluster they are reference tables.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import MD5, Cast, LPad

from entrepot.catalogue.types import AttributeKind, ImportState, Verdict, text
from entrepot.kit.ids import new_id

_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_COUNTRY = r"^([A-Z]{2})?$"


def _id() -> models.UUIDField[Any, Any]:
    return models.UUIDField(primary_key=True, default=new_id, editable=False)


class Brand(models.Model):
    id = _id()
    slug = models.CharField("网址名 · Slug", max_length=120, unique=True)
    names = models.JSONField()
    keys = ArrayField(models.CharField(max_length=200), editable=False)  # `rules.brand_key` of each name
    country = models.CharField("国家 · Country", max_length=2, blank=True)
    # The first day on which it may not be listed any more, copied down from its authorisations; NULL: none is asked
    sell_until = models.DateField("授权截止 · Authorised until", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "品牌 · Brand"
        verbose_name_plural = "品牌 · Brands"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(slug__regex=_SLUG), name="brand_slug"),
            models.CheckConstraint(condition=Q(country__regex=_COUNTRY), name="brand_country"),
            models.CheckConstraint(condition=~Q(names={}), name="brand_named"),
        ]
        indexes: ClassVar[list[models.Index]] = [GinIndex(fields=["keys"], name="brand_keys")]

    def __str__(self) -> str:
        return text(self.names, "zh-hans")


class ProductType(models.Model):
    id = _id()
    code = models.CharField("代码 · Code", max_length=60, unique=True)
    names = models.JSONField()

    class Meta:
        verbose_name = "商品类型 · Product type"
        verbose_name_plural = "商品类型 · Product types"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(code__regex=_SLUG), name="product_type_code"),
        ]

    def __str__(self) -> str:
        return text(self.names, "zh-hans")


class AttributeDefinition(models.Model):
    """One line of a type's data sheet. `choices` maps a choice's code to its texts."""

    id = _id()
    product_type = models.ForeignKey("catalogue.ProductType", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=60)
    labels = models.JSONField()
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in AttributeKind])
    unit = models.CharField(max_length=20, blank=True)
    choices = models.JSONField(default=dict, blank=True)
    rank = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = "属性 · Attribute"
        verbose_name_plural = "属性 · Attributes"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["product_type", "code"], name="attribute_once"),
            models.CheckConstraint(condition=Q(code__regex=_SLUG), name="attribute_code"),
            models.CheckConstraint(condition=Q(kind__in=list(AttributeKind)), name="attribute_kind"),
        ]

    def __str__(self) -> str:
        return text(self.labels, "zh-hans")


class Category(models.Model):
    """`path` holds the ids from the root to the category itself, so a subtree is one array test."""

    id = _id()
    slug = models.CharField("网址名 · Slug", max_length=120, unique=True)
    names = models.JSONField()
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="上级 · Parent"
    )
    path = ArrayField(models.UUIDField())
    rank = models.IntegerField("排序 · Rank", default=0)

    class Meta:
        verbose_name = "分类 · Category"
        verbose_name_plural = "分类 · Categories"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(slug__regex=_SLUG), name="category_slug"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="category_not_own_parent"),
            models.CheckConstraint(condition=Q(path__contains=[F("id")]), name="category_path_ends_in_itself"),
        ]

    def __str__(self) -> str:
        return text(self.names, "zh-hans")


class Product(models.Model):
    """What a page shows. `images` are media paths, the first one is the cover; `attributes` by attribute code."""

    id = _id()
    slug = models.CharField("网址名 · Slug", max_length=120, unique=True)
    brand = models.ForeignKey(
        "catalogue.Brand", on_delete=models.PROTECT, related_name="+", verbose_name="品牌 · Brand"
    )
    product_type = models.ForeignKey(
        "catalogue.ProductType", on_delete=models.PROTECT, related_name="+", verbose_name="类型 · Type"
    )
    titles = models.JSONField()
    descriptions = models.JSONField(default=dict, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    category_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    images = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    active = models.BooleanField("启用 · Active", default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "商品 · Product"
        verbose_name_plural = "商品 · Products"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(slug__regex=_SLUG), name="product_slug"),
            models.CheckConstraint(condition=~Q(titles={}), name="product_titled"),
        ]

    def __str__(self) -> str:
        return text(self.titles, "zh-hans")


class Sku(models.Model):
    """A variant that is bought, stored and declared. Unknown origin is "", unknown weight 0: then not sellable."""

    id = _id()
    product = models.ForeignKey(
        "catalogue.Product", on_delete=models.PROTECT, related_name="+", verbose_name="商品 · Product"
    )
    code = models.CharField("编码 · Code", max_length=40, unique=True)
    gtin = models.CharField("条码 · Barcode", max_length=14, null=True, blank=True)
    axes = models.JSONField(default=dict, blank=True)
    origin = models.CharField("原产国 · Origin", max_length=2, blank=True)
    net_weight_g = models.PositiveIntegerField("净重(克) · Net weight, g", default=0)
    gross_weight_g = models.PositiveIntegerField("毛重(克) · Gross weight, g", default=0)
    image = models.CharField(max_length=80, blank=True)
    active = models.BooleanField("启用 · Active", default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "单品 · SKU"
        verbose_name_plural = "单品 · SKUs"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # GTIN-8, -12 and -13 are GTIN-14 with leading zeros: one article, one number.
            models.UniqueConstraint(
                LPad("gtin", 14, Value("0")), name="sku_gtin_once", condition=Q(gtin__isnull=False)
            ),
            # What cannot be told apart cannot be chosen. A SKU that was switched off may have a successor.
            models.UniqueConstraint(
                F("product"), MD5(Cast("axes", models.TextField())), name="sku_variant_once", condition=Q(active=True)
            ),
            models.CheckConstraint(
                condition=Q(gtin__isnull=True) | Q(gtin__regex=r"^([0-9]{8}|[0-9]{12,14})$"), name="sku_gtin"
            ),
            models.CheckConstraint(condition=Q(origin__regex=_COUNTRY), name="sku_origin"),
            models.CheckConstraint(
                condition=Q(gross_weight_g=0) | Q(gross_weight_g__gte=F("net_weight_g")), name="sku_gross_not_below_net"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Medium(models.Model):
    """A stored picture, addressed by the SHA-256 of what was uploaded. The files hold our own WebP of it."""

    id = _id()
    digest = models.CharField(max_length=64, unique=True)
    path = models.CharField(max_length=80)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "图片 · Picture"
        verbose_name_plural = "图片 · Pictures"

    def __str__(self) -> str:
        return self.path


class Classification(models.Model):
    """A decision: append-only. On any day the latest decision whose half-open period holds the day is in force."""

    id = _id()
    sku = models.ForeignKey(
        "catalogue.Sku", on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="单品 · SKU"
    )
    jurisdiction = models.CharField("辖区 · Jurisdiction", max_length=2)
    hs_code = models.CharField("商品编号 · HS code", max_length=10)
    sales_unit = models.CharField("申报单位 · Declared unit", max_length=3)
    unit1 = models.CharField("法定第一单位 · First legal unit", max_length=3)
    quantity1 = models.DecimalField("法定第一数量 · First legal quantity", max_digits=19, decimal_places=5)
    unit2 = models.CharField("法定第二单位 · Second legal unit", max_length=3, blank=True)
    quantity2 = models.DecimalField(
        "法定第二数量 · Second legal quantity", max_digits=19, decimal_places=5, null=True, blank=True
    )
    declared_name = models.CharField("申报品名 · Declared name", max_length=250)
    model = models.CharField("规格型号 · Model and specification", max_length=510)
    valid_from = models.DateField("生效日 · Valid from")
    valid_to = models.DateField("失效日 · Valid to", null=True, blank=True)
    decided_by = models.CharField("决定人 · Decided by", max_length=120)
    reason = models.CharField("理由 · Reason", max_length=500)
    decided_at = models.DateTimeField("决定时间 · Decided at")

    class Meta:
        verbose_name = "归类 · Classification"
        verbose_name_plural = "归类 · Classifications"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["sku", "jurisdiction", "-decided_at", "-id"], name="classification_latest"),
            models.Index(fields=["hs_code"], name="classification_hs"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(jurisdiction="CN") | Q(hs_code__regex=r"^[0-9]{10}$"), name="classification_cn_ten_digits"
            ),
            models.CheckConstraint(condition=Q(quantity1__gt=0), name="classification_quantity1"),
            models.CheckConstraint(
                condition=Q(unit2="", quantity2__isnull=True) | (~Q(unit2="") & Q(quantity2__gt=0)),
                name="classification_second_unit_whole",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="classification_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction} {self.hs_code}"


class ImportRun(models.Model):
    """One file on its way into the catalogue. A step of work and the position it reached commit together.

    `mapping` is {field: column number}, `defaults` {field: text for empty cells}; positions say where to go on.
    """

    id = _id()
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, db_index=True)
    size_bytes = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    sheet = models.CharField(max_length=200, blank=True)
    headings = models.JSONField()
    mapping = models.JSONField(default=dict, blank=True)
    defaults = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=12, choices=[(state.value, state.value) for state in ImportState])
    rows_total = models.PositiveIntegerField()
    rows_done = models.PositiveIntegerField(default=0)
    position_line = models.PositiveIntegerField(default=0)
    position_slug = models.CharField(max_length=120, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "导入批次 · Import run"
        verbose_name_plural = "导入批次 · Import runs"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-created_at"], name="import_run_latest")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(ImportState)), name="import_run_state"),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """A staged line: its cells, what they say, what is wrong, and what they would change in which product."""

    id = _id()
    run = models.ForeignKey("catalogue.ImportRun", on_delete=models.PROTECT, related_name="+", db_index=False)
    line = models.PositiveIntegerField()
    cells = models.JSONField()
    parsed = models.JSONField(default=dict)
    code = models.CharField(max_length=40, blank=True)
    number = models.CharField(max_length=14, blank=True)  # GTIN with leading zeros
    product_slug = models.CharField(max_length=120, blank=True)
    verdict = models.CharField(max_length=10, blank=True)
    problems = models.JSONField(default=list)
    diff = models.JSONField(default=dict)
    written = models.BooleanField(default=False)

    class Meta:
        verbose_name = "导入行 · Import row"
        verbose_name_plural = "导入行 · Import rows"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["run", "product_slug"], name="import_row_product"),
            models.Index(fields=["run", "code"], name="import_row_code"),
            models.Index(fields=["run", "number"], name="import_row_number", condition=~Q(number="")),
            models.Index(fields=["run", "verdict", "line"], name="import_row_verdict"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "line"], name="import_row_once"),
            models.CheckConstraint(
                condition=Q(verdict__in=["", *(verdict.value for verdict in Verdict)]), name="import_row_verdict_known"
            ),
            models.CheckConstraint(
                condition=Q(written=False) | ~Q(verdict__in=["", "bad"]), name="import_row_no_bad_in"
            ),
        ]

    def __str__(self) -> str:
        return str(self.line)
