"""The catalogue's records for staff. Everything is written by the verbs; what they do not offer is read-only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from entrepot.audit.services import record
from entrepot.catalogue import selectors
from entrepot.catalogue.admin_forms import (
    BrandForm,
    CategoryForm,
    ClassificationForm,
    ProductForm,
    SkuForm,
    VerbForm,
)
from entrepot.catalogue.models import (
    AttributeDefinition,
    Brand,
    Category,
    Classification,
    Medium,
    Product,
    ProductType,
    Sku,
)
from entrepot.catalogue.types import sized
from entrepot.kit.clock import CHINA, day_in, now


class Records(ModelAdmin):  # type: ignore[misc]
    """Read-only unless a subclass has a VerbForm. Texts are searched whatever their language."""

    list_per_page = 50
    show_full_result_count = False
    searched_texts: ClassVar[tuple[str, ...]] = ()
    adds = changes = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.adds and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.changes and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_readonly_fields(request, obj)
        keyed = issubclass(self.form, VerbForm) and "slug" in self.form.Meta.fields
        return ["slug", *found] if obj and keyed else found

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term or not self.searched_texts:
            found: tuple[Any, bool] = super().get_search_results(request, queryset, search_term)
            return found
        named = Q()
        for field in self.search_fields:
            named |= Q(**{f"{field}__icontains": search_term})
        for column in self.searched_texts:
            queryset = queryset.annotate(**{f"{column}_words": Cast(column, TextField())})
            named |= Q(**{f"{column}_words__icontains": search_term})
        return queryset.filter(named), False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = str(request.user.pk)
        return form

    def save_form(self, request: HttpRequest, form: VerbForm, change: bool) -> Any:
        return self.model.objects.get(pk=form.written)

    def save_model(self, request: HttpRequest, obj: Any, form: VerbForm, change: bool) -> None:
        """The verb wrote it; who did it is written down here."""
        record(
            actor=str(request.user.pk),
            action=f"catalogue.{self.opts.model_name}.{'change' if change else 'add'}",
            subject_kind=self.opts.model_name,
            subject_id=obj.pk,
            buyer_id=None,
            reason="back office",
            at=now(),
            detail={"fields": sorted(form.changed_data)},
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on a record that the verb did not write."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit log has it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit log has it."""


def _names(texts: dict[str, str]) -> str:
    return " · ".join(dict.fromkeys(texts.values()))


def _thumb(path: str) -> SafeString:
    return format_html('<img src="{}{}" alt="" width="48" height="48">', settings.MEDIA_URL, sized(path, 320))


@admin.register(Brand)
class BrandAdmin(Records):
    form, adds, changes = BrandForm, True, True
    list_display: ClassVar[list[str]] = ["slug", "all_names", "country", "products"]
    list_filter: ClassVar[list[str]] = ["country"]
    search_fields: ClassVar[list[str]] = ["slug"]
    searched_texts = ("names",)
    ordering: ClassVar[list[str]] = ["slug"]
    fields: ClassVar[list[str]] = ["slug", "names_zh", "names_en", "country"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the products of the page's brands counted at once."""
        changelist = super().get_changelist_instance(request)
        brands = list(changelist.result_list)
        counts = dict(Product.objects.filter(brand__in=brands).values_list("brand").annotate(Count("id")))
        for brand in brands:
            brand.count = counts.get(brand.pk, 0)
        changelist.result_list = brands
        return changelist

    @admin.display(description="名称 · Names")
    def all_names(self, brand: Brand) -> str:
        return _names(brand.names)

    @admin.display(description="商品数 · Products")
    def products(self, brand: Brand) -> int:
        return getattr(brand, "count", 0)


@admin.register(Category)
class CategoryAdmin(Records):
    form, adds, changes = CategoryForm, True, True
    list_display: ClassVar[list[str]] = ["indented", "slug", "rank"]
    search_fields: ClassVar[list[str]] = ["slug"]
    searched_texts = ("names",)
    ordering: ClassVar[list[str]] = ["path"]
    fields: ClassVar[list[str]] = ["slug", "names_zh", "names_en", "parent", "rank"]

    @admin.display(description="分类 · Category")
    def indented(self, category: Category) -> str:
        return "　" * (len(category.path) - 1) + _names(category.names)


@admin.register(ProductType)
class ProductTypeAdmin(Records):
    list_display: ClassVar[list[str]] = ["code", "all_names", "sheet"]
    search_fields: ClassVar[list[str]] = ["code"]
    fields: ClassVar[list[str]] = ["code", "all_names", "sheet"]
    readonly_fields: ClassVar[list[str]] = ["all_names", "sheet"]

    @admin.display(description="名称 · Names")
    def all_names(self, product_type: ProductType) -> str:
        return _names(product_type.names)

    @admin.display(description="属性 · Attributes")
    def sheet(self, product_type: ProductType) -> str:
        lines = AttributeDefinition.objects.filter(product_type=product_type).order_by("rank", "code")
        return ", ".join(f"{line}{f' ({line.unit})' if line.unit else ''}" for line in lines)


@admin.register(Product)
class ProductAdmin(Records):
    form, changes = ProductForm, True
    list_display: ClassVar[list[str]] = ["cover", "all_titles", "slug", "brand", "product_type", "active"]
    list_display_links: ClassVar[list[str]] = ["cover", "all_titles"]
    list_filter: ClassVar[list[str]] = ["active", "product_type"]
    list_select_related: ClassVar[list[str]] = ["brand", "product_type"]
    search_fields: ClassVar[list[str]] = ["slug", "brand__slug"]
    search_help_text = "标题、网址名、品牌 · title, slug, brand"
    searched_texts = ("titles",)
    ordering: ClassVar[list[str]] = ["-id"]
    fields: ClassVar[list[str]] = [
        "slug", "brand", "product_type", "titles_zh", "titles_en", "descriptions_zh", "descriptions_en", "categories",
        "active", "pictures", "picture", "variants",
    ]  # fmt: skip
    readonly_fields: ClassVar[list[str]] = ["slug", "brand", "product_type", "pictures", "variants"]

    @admin.display(description="图片 · Picture")
    def cover(self, product: Product) -> str:
        return _thumb(product.images[0]) if product.images else "—"

    @admin.display(description="标题 · Title")
    def all_titles(self, product: Product) -> str:
        return _names(product.titles)

    @admin.display(description="图片 · Pictures")
    def pictures(self, product: Product) -> str:
        return format_html_join(" ", "{}", ((_thumb(path),) for path in product.images)) or "—"

    @admin.display(description="单品 · SKUs")
    def variants(self, product: Product) -> str:
        skus = Sku.objects.filter(product=product).order_by("id")[:200]
        links = ((reverse("admin:catalogue_sku_change", args=[sku.pk]), sku.code) for sku in skus)
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "—"


class Classified(admin.SimpleListFilter):
    title, parameter_name = "归类 · Classified (CN)", "classified"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "已归类 · yes"), ("no", "未归类 · no")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        day = day_in(CHINA, now())
        decided = Exists(
            Classification.objects.filter(sku=OuterRef("pk"), jurisdiction="CN", valid_from__lte=day).filter(
                Q(valid_to__isnull=True) | Q(valid_to__gt=day)
            )
        )
        return queryset.filter(decided if self.value() == "yes" else ~decided) if self.value() else queryset


class OriginKnown(admin.SimpleListFilter):
    title, parameter_name = "原产国 · Origin", "origin_known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "已知 · known"), ("no", "未知 · unknown")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        if self.value() == "no":
            return queryset.filter(origin="")
        return queryset.exclude(origin="") if self.value() == "yes" else queryset


@admin.register(Sku)
class SkuAdmin(Records):
    form, changes = SkuForm, True
    list_display: ClassVar[list[str]] = ["code", "gtin", "product", "variant", "origin", "gross_weight_g", "active"]
    list_filter: ClassVar[list[Any]] = ["active", OriginKnown, Classified]
    list_select_related: ClassVar[list[str]] = ["product"]
    search_fields: ClassVar[list[str]] = ["code", "gtin", "product__slug"]
    search_help_text = "编码、条码、商品 · code, barcode, product"
    ordering: ClassVar[list[str]] = ["-id"]
    fields: ClassVar[list[str]] = [
        "code", "product", "variant", "gtin", "origin", "net_weight_g", "gross_weight_g", "active",
        "why_not", "decisions",
    ]  # fmt: skip
    readonly_fields: ClassVar[list[str]] = ["code", "product", "variant", "why_not", "decisions"]

    @admin.display(description="规格 · Variant")
    def variant(self, sku: Sku) -> str:
        return ", ".join(_names(texts) for _, texts in sorted(sku.axes.items())) or "—"

    @admin.display(description="能否销往中国 · Sellable into China")
    def why_not(self, sku: Sku) -> str:
        reasons = selectors.sellability(sku_ids=[sku.pk], jurisdiction="CN", on=day_in(CHINA, now()))[sku.pk]
        lines = ((f"{reason.zh} · {reason.en}",) for reason in reasons)
        return format_html_join(SafeString("<br>"), "✗ {}", lines) or "✓ 可售 · yes"

    @admin.display(description="归类 · Classifications")
    def decisions(self, sku: Sku) -> str:
        found = selectors.classification_history(sku_id=sku.pk, jurisdiction="CN")
        lines = (
            (one.hs_code, one.valid_from, one.valid_to or "…", one.declared_name, one.decided_by, one.reason)
            for one in found
        )
        return format_html_join(SafeString("<br>"), "{}, {} – {}: {} ({}: {})", lines) or "—"


@admin.register(Classification)
class ClassificationAdmin(Records):
    form, adds = ClassificationForm, True
    list_display: ClassVar[list[str]] = [
        "sku", "jurisdiction", "hs_code", "declared_name", "valid_from", "valid_to", "decided_by", "decided_at",
    ]  # fmt: skip
    list_filter: ClassVar[list[str]] = ["jurisdiction"]
    list_select_related: ClassVar[list[str]] = ["sku"]
    search_fields: ClassVar[list[str]] = ["hs_code", "sku__code", "declared_name"]
    search_help_text = "商品编号、货号、品名 · HS code, SKU code, declared name"
    ordering: ClassVar[list[str]] = ["-decided_at", "-id"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["sku_code", *ClassificationForm.Meta.fields, "reason"]
        return ["sku", *ClassificationForm.Meta.fields, "reason", "decided_by", "decided_at"]


@admin.register(Medium)
class MediumAdmin(Records):
    list_display: ClassVar[list[str]] = ["picture", "digest", "width", "height", "size_bytes", "created_at"]
    search_fields: ClassVar[list[str]] = ["digest"]
    ordering: ClassVar[list[str]] = ["-id"]

    @admin.display(description="图片 · Picture")
    def picture(self, medium: Medium) -> str:
        return _thumb(medium.path)
