from __future__ import annotations

import re
from datetime import date

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from entrepot.audit.selectors import of_subject
from entrepot.catalogue import selectors, services
from entrepot.catalogue.tests.makers import NOW, TODAY, classification, make_product, make_sku, picture
from entrepot.catalogue.types import CategoryDraft, SkuDraft
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db

Brand, Category, Classification, Medium, Product, ProductType, Sku = (
    apps.get_model("catalogue", name)
    for name in ("Brand", "Category", "Classification", "Medium", "Product", "ProductType", "Sku")
)

RECORDS = "/office/records/catalogue"


@pytest.fixture(autouse=True)
def media_root(settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]


@pytest.fixture
def clerk() -> Client:
    return log_in(Client(), people.clerk(Role.CATALOGUE, is_demo=False), second_factor=True)


def shown(clerk: Client, address: str) -> str:
    answer = clerk.get(address, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_record_has_a_list_and_a_page(clerk: Client) -> None:
    sku = make_sku()
    services.put_category(draft=CategoryDraft("coats", {"zh-hans": "外套"}))
    services.add_image(product_id=sku.product_id, content=picture(), now=NOW)
    for model in (Brand, Category, Classification, Medium, Product, ProductType, Sku):
        name = model._meta.model_name
        assert str(model.objects.get().pk) in shown(clerk, f"{RECORDS}/{name}/")
        shown(clerk, f"{RECORDS}/{name}/{model.objects.get().pk}/change/")
        assert clerk.post(f"{RECORDS}/{name}/{model.objects.get().pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("brand/?q=盟可睐", True), ("brand/?q=monc", True), ("brand/?q=nike", False), ("product/?q=羽绒", True),
        ("product/?q=down", True), ("product/?q=moncler", True), ("product/?active__exact=0", False),
        ("sku/?q=down-jacket-M", True), ("sku/?classified=yes", True), ("sku/?classified=no", False),
        ("sku/?origin_known=no", False), ("sku/?origin_known=yes", True), ("classification/?q=6201401000", True),
        ("classification/?q=9999", False), ("product/?q=%27%22%25", False), ("product/?q=%00", True),
    ],
)  # fmt: skip
def test_records_are_found(clerk: Client, address: str, found: bool) -> None:
    make_sku()
    page = clerk.get(f"{RECORDS}/{address}", follow=True)
    assert page.status_code == 200
    assert (re.search(rf"/{address.split('/')[0]}/[0-9a-f-]{{36}}/change/", page.content.decode()) is not None) == found


def test_brands_are_put_and_the_log_says_who(clerk: Client) -> None:
    clerk.post(f"{RECORDS}/brand/add/", {"slug": "lego", "names_zh": "乐高", "names_en": "LEGO", "country": "丹麦"})
    brand = Brand.objects.get()
    assert (brand.slug, brand.names, brand.country) == ("lego", {"zh-hans": "乐高", "en": "LEGO"}, "DK")
    clerk.post(f"{RECORDS}/brand/{brand.pk}/change/", {"names_zh": "乐高积木", "names_en": "", "country": "DK"})
    assert Brand.objects.get().names == {"zh-hans": "乐高积木"}
    assert [entry.action for entry in of_subject(subject_id=brand.pk)] == [
        "catalogue.brand.change",
        "catalogue.brand.add",
    ]


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"slug": "Le go", "names_en": "x"}, "网址名"), ({"slug": "lego"}, "不能为空"),
        ({"slug": "lego", "names_en": "x", "country": "Atlantis"}, "不认识的国家"),
    ],
)  # fmt: skip
def test_what_the_verb_refuses_stands_at_the_field(clerk: Client, posted: dict[str, str], said: str) -> None:
    answer = clerk.post(f"{RECORDS}/brand/add/", posted)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Brand.objects.exists()


def test_categories_move_with_what_is_below(clerk: Client) -> None:
    ids = services.put_categories(drafts=[CategoryDraft("a", {"en": "A"}), CategoryDraft("b", {"en": "B"})])
    address = f"{RECORDS}/category/{ids['b']}/change/"
    clerk.post(address, {"names_zh": "乙", "names_en": "B", "parent": str(ids["a"]), "rank": "3"})
    moved = {category.slug: category for category in selectors.categories()}["b"]
    assert (moved.path, moved.rank, moved.names["zh-hans"]) == ((ids["a"], ids["b"]), 3, "乙")
    answer = clerk.post(address, {"names_zh": "乙", "parent": str(ids["b"]), "rank": "3"})
    assert "不能放在它自己之下" in answer.content.decode()


def test_products_change_and_get_pictures(clerk: Client) -> None:
    services.put_category(draft=CategoryDraft("coats", {"zh-hans": "外套"}))
    product = make_product()
    posted = {"titles_zh": "新款羽绒服", "titles_en": "", "categories": ["coats"], "active": "on"}
    file = SimpleUploadedFile("x.png", picture(), content_type="image/png")
    clerk.post(f"{RECORDS}/product/{product.id}/change/", {**posted, "picture": file})
    found = selectors.products(ids=[product.id])[product.id]
    assert found.titles == {"zh-hans": "新款羽绒服"}
    assert (len(found.images), len(found.category_ids), found.active, len(found.skus)) == (1, 1, True, 1)
    bad = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>", content_type="image/png")
    answer = clerk.post(f"{RECORDS}/product/{product.id}/change/", {**posted, "titles_zh": "坏", "picture": bad})
    assert "不是可用的 WebP" in answer.content.decode()
    huge = SimpleUploadedFile("x.png", b"x" * (services.IMAGE_MAX_BYTES + 1), content_type="image/png")
    answer = clerk.post(f"{RECORDS}/product/{product.id}/change/", {**posted, "titles_zh": "坏", "picture": huge})
    assert "图片过大" in answer.content.decode()
    assert selectors.products(ids=[product.id])[product.id].titles == {"zh-hans": "新款羽绒服"}


def test_skus_change_and_say_why_they_are_not_sold(clerk: Client) -> None:
    product = make_product(origin="")
    services.put_sku(product_id=product.id, draft=SkuDraft("other", "4006381333931"), now=NOW)
    address = f"{RECORDS}/sku/{product.skus[0].id}/change/"
    assert "原产国未知" in shown(clerk, address)
    posted = {
        "gtin": "9008700124195",
        "origin": "意大利",
        "net_weight_g": "700",
        "gross_weight_g": "900",
        "active": "on",
    }
    clerk.post(address, posted)
    sku = selectors.skus(ids=[product.skus[0].id])[product.skus[0].id]
    assert (sku.gtin, sku.origin, sku.net_weight_g, sku.axes) == ("9008700124195", "IT", 700, product.skus[0].axes)
    for field, value, said in (
        ("gtin", "9008700124196", "校验位"), ("gtin", "4006381333931", "已被货号 other"),
        ("gross_weight_g", "1", "毛重"), ("origin", "X", "不认识"),
    ):  # fmt: skip
        assert said in clerk.post(address, {**posted, field: value}).content.decode()
    assert selectors.skus(ids=[sku.id])[sku.id] == sku


DECISION = {
    "sku_code": "down-jacket-M", "jurisdiction": "CN", "hs_code": "6201401000", "sales_unit": "011", "unit1": "011",
    "quantity1": "1", "unit2": "035", "quantity2": "0.8", "declared_name": "男式羽绒服", "model": "锦纶",
    "valid_from": "2026-01-01", "valid_to": "", "reason": "预裁定 2026-11",
}  # fmt: skip


def test_a_decision_is_added_and_never_edited(clerk: Client) -> None:
    sku = make_product().skus[0]
    clerk.post(f"{RECORDS}/classification/add/", DECISION)
    found = selectors.classifications(sku_ids=[sku.id], jurisdiction="CN", on=TODAY)[sku.id]
    assert (found.hs_code, found.valid_from, found.reason) == ("6201401000", date(2026, 1, 1), "预裁定 2026-11")
    assert "6201401000" in shown(clerk, f"{RECORDS}/sku/{sku.id}/change/")
    row = Classification.objects.get()
    assert (
        clerk.post(f"{RECORDS}/classification/{row.pk}/change/", {**DECISION, "hs_code": "6202401000"}).status_code
        == 403
    )
    for changes, said in (
        ({"hs_code": "62"}, "10 位数字"), ({"sku_code": "none"}, "没有找到"), ({"quantity2": ""}, "第二单位"),
        ({}, "现行归类已与此相同"), ({"reason": " "}, "不能为空"), ({"valid_to": "2025-01-01"}, "晚于开始"),
    ):  # fmt: skip
        assert said in clerk.post(f"{RECORDS}/classification/add/", {**DECISION, **changes}).content.decode()
    assert Classification.objects.count() == 1


def test_other_staff_read_or_stay_out() -> None:
    sku = make_sku()
    services.classify(drafts=[classification(sku.id, model="x")], decided_by="x", reason="x", now=NOW)
    warehouse = log_in(Client(), people.clerk(Role.WAREHOUSE, is_demo=False), second_factor=True)
    assert warehouse.post(f"{RECORDS}/brand/add/", {"slug": "x", "names_en": "x"}).status_code == 403
    assert warehouse.post(f"{RECORDS}/sku/{sku.id}/change/", {"origin": "FR"}).status_code == 403
