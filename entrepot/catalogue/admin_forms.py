"""Forms of the records: what they hold is put by the verbs, whose refusals become errors of the fields they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db import transaction
from django.utils.translation import get_language
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from entrepot.catalogue import selectors, services
from entrepot.catalogue.models import Brand, Category, Classification, Product, Sku
from entrepot.catalogue.services.known import product_drafts
from entrepot.catalogue.types import BrandDraft, CategoryDraft, ClassificationDraft, ImageDraft, SkuDraft
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import NotFound, Refusal


def line(label: str, length_max: int = 120, required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, max_length=length_max, required=required, widget=UnfoldAdminTextInputWidget)


def area(label: str, length_max: int) -> forms.CharField:
    return forms.CharField(label=label, max_length=length_max, required=False, widget=UnfoldAdminTextareaWidget)


class VerbForm(forms.ModelForm):  # type: ignore[type-arg]
    """The last check is the verb itself: it writes, or its refusal stands at the field. `put` gives the record's id."""

    aliases: ClassVar[Mapping[str, str]] = {}  # what a refusal calls a field: what the form calls it
    actor = ""
    texts: ClassVar[tuple[str, ...]] = ()  # columns of texts, edited as <column>_zh and <column>_en

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in self.texts:
            stored = getattr(self.instance, column) or {}
            for short, language in (("zh", "zh-hans"), ("en", "en")):
                self.fields[f"{column}_{short}"].initial = stored.get(language, "")

    def written_texts(self, column: str) -> dict[str, str]:
        """The column's texts with the form's two languages; other languages stay."""
        stored = dict(getattr(self.instance, column) or {})
        zh, en = self.cleaned_data[f"{column}_zh"], self.cleaned_data[f"{column}_en"]
        return {**stored, "zh-hans": zh, "en": en}

    def put(self, cleaned: dict[str, Any]) -> UUID:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            with transaction.atomic():
                self.written = self.put(cleaned)
        except Refusal as refused:
            field = (refused.field or "").split(".")[0]
            field = self.aliases.get(field, field)
            self.add_error(field if field in self.fields else None, refused.message(get_language() or "zh-hans"))
        return cleaned

    def _post_clean(self) -> None:
        """The verb made the row; the form's own instance is never saved."""


class BrandForm(VerbForm):
    texts = ("names",)
    aliases: ClassVar[Mapping[str, str]] = {"names": "names_zh"}
    names_zh, names_en = line("中文名 · Chinese name"), line("英文名 · English name")
    country = line("国家 · Country", 60)

    class Meta:
        model = Brand
        fields: ClassVar[list[str]] = ["slug", "country"]

    def put(self, cleaned: dict[str, Any]) -> UUID:
        slug = self.instance.slug or cleaned["slug"]
        return services.put_brand(draft=BrandDraft(slug, self.written_texts("names"), cleaned["country"]))


class CategoryForm(VerbForm):
    texts = ("names",)
    aliases: ClassVar[Mapping[str, str]] = {"names": "names_zh"}
    names_zh, names_en = line("中文名 · Chinese name"), line("英文名 · English name")

    class Meta:
        model = Category
        fields: ClassVar[list[str]] = ["slug", "parent", "rank"]

    def put(self, cleaned: dict[str, Any]) -> UUID:
        parent = cleaned["parent"].slug if cleaned["parent"] else None
        slug = self.instance.slug or cleaned["slug"]
        return services.put_category(draft=CategoryDraft(slug, self.written_texts("names"), parent, cleaned["rank"]))


class ProductForm(VerbForm):
    """Changes a product's texts, categories and state, and adds a picture. New ones come by import."""

    texts = ("titles", "descriptions")
    aliases: ClassVar[Mapping[str, str]] = {
        "titles": "titles_zh",
        "descriptions": "descriptions_zh",
        "image": "picture",
    }
    titles_zh, titles_en = line("中文标题 · Chinese title", 250), line("英文标题 · English title", 250)
    descriptions_zh = area("中文描述 · Chinese description", 10_000)
    descriptions_en = area("英文描述 · English description", 10_000)
    categories = forms.MultipleChoiceField(
        label="分类 · Categories", required=False, widget=UnfoldAdminSelect2MultipleWidget
    )
    picture = forms.FileField(
        label="新图片 · New picture (WebP, JPEG, PNG)", required=False, widget=UnfoldAdminFileFieldWidget
    )

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = ["active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tree = selectors.categories()
        chosen = self.fields["categories"]
        chosen.choices = [(c.slug, "　" * (len(c.path) - 1) + c.names.get("zh-hans", c.slug)) for c in tree]  # type: ignore[attr-defined]
        chosen.initial = [category.slug for category in tree if category.id in self.instance.category_ids]

    def put(self, cleaned: dict[str, Any]) -> UUID:
        draft = replace(
            product_drafts([self.instance.slug])[self.instance.slug],
            titles=self.written_texts("titles"),
            descriptions=self.written_texts("descriptions"),
            categories=tuple(cleaned["categories"]),
            active=cleaned["active"],
            skus=(),
        )
        product_id = services.put_product(draft=draft, now=now())
        if cleaned["picture"]:
            services.add_images(
                drafts=[ImageDraft(product_id, cleaned["picture"].read(services.IMAGE_MAX_BYTES + 1))], now=now()
            )
        return product_id


class SkuForm(VerbForm):
    aliases: ClassVar[Mapping[str, str]] = {"net_weight": "net_weight_g", "gross_weight": "gross_weight_g"}
    gtin, origin = line("条码 · Barcode", 20), line("原产国 · Country of origin", 60)

    class Meta:
        model = Sku
        fields: ClassVar[list[str]] = ["gtin", "origin", "net_weight_g", "gross_weight_g", "active"]

    def put(self, cleaned: dict[str, Any]) -> UUID:
        sku = self.instance
        draft = SkuDraft(
            sku.code, cleaned["gtin"] or None, sku.axes, cleaned["origin"], cleaned["net_weight_g"],
            cleaned["gross_weight_g"], cleaned["active"],
        )  # fmt: skip
        return services.put_sku(product_id=sku.product_id, draft=draft, now=now())


class SaysTheSame(Refusal):
    code = "says_the_same"
    zh = "现行归类已与此相同，无需新增"
    en = "The decision in force says the same: nothing to add"


class ClassificationForm(VerbForm):
    """A new decision; those that were made stay as they are."""

    aliases: ClassVar[Mapping[str, str]] = {"sku_id": "sku_code"}
    sku_code = line("货号 · SKU code", 40, required=True)
    unit2 = line("法定第二单位 · Second legal unit", 3)
    reason = area("理由 · Reason", 500)

    class Meta:
        model = Classification
        fields: ClassVar[list[str]] = [
            "jurisdiction", "hs_code", "sales_unit", "unit1", "quantity1", "unit2", "quantity2", "declared_name",
            "model", "valid_from", "valid_to",
        ]  # fmt: skip

        help_texts: ClassVar[dict[str, str]] = {
            "hs_code": "中国 10 位 · ten digits in China",
            "sales_unit": "海关三位代码，如 011 件、035 千克 · customs' three-digit code: 011 piece, 035 kg",
            "quantity1": "一个销售单位的法定数量 · of one sales unit",
            "model": "申报要素，用 | 分隔 · the declaration elements, divided by |",
            "valid_to": "不含当日；留空则一直有效 · the first day on which it no longer holds",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "valid_from" in self.fields:  # not on the page of a decision that was made
            self.fields["jurisdiction"].initial = "CN"
            self.fields["valid_from"].initial = day_in(CHINA, now())

    def put(self, cleaned: dict[str, Any]) -> UUID:
        code = cleaned.pop("sku_code")
        sku = selectors.sku_by_code(codes=[code]).get(code)
        if sku is None:
            raise NotFound(field="sku_code", what=code)
        reason = cleaned.pop("reason")
        draft = ClassificationDraft(sku_id=sku.id, **{**cleaned, "unit2": cleaned["unit2"] or None})
        added = services.classify(drafts=[draft], decided_by=self.actor, reason=reason, now=now())
        if not added:
            raise SaysTheSame(field="hs_code")
        return added[0]
