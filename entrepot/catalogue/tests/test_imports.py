from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.audit.selectors import of_subject
from entrepot.catalogue import selectors, services
from entrepot.catalogue.importing import fields
from entrepot.catalogue.models import Brand, ImportRow, ImportRun, Product, Sku
from entrepot.catalogue.services import imports, steps, writing
from entrepot.catalogue.tests.makers import NOW, TODAY, make_classified, make_product
from entrepot.catalogue.types import (
    Attribute,
    AttributeKind,
    CategoryDraft,
    ImportState,
    ProductTypeDraft,
    SkuDraft,
    Verdict,
)
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.outbox.testing import drain
from tests.examples import many

pytestmark = pytest.mark.django_db


def sheet(*rows: Mapping[str, str]) -> bytes:
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def staged(*rows: Mapping[str, str], defaults: Mapping[str, str] | None = None, language: str = "zh-hans") -> UUID:
    """A run of these rows, compared. Columns are called by field names."""
    run_id = services.open_import(name="goods.csv", content=sheet(*rows), actor="Li", now=NOW)
    mapping = {name: n for n, name in enumerate(dict.fromkeys(name for row in rows for name in row))}
    services.map_import(run_id=run_id, mapping=mapping, defaults=defaults or {}, language=language, now=NOW)
    work(run_id)
    return run_id


def work(run_id: UUID) -> None:
    while services.step_import(run_id=run_id, now=NOW):
        pass


def committed(*rows: Mapping[str, str], **options: Any) -> UUID:
    run_id = staged(*rows, **options)
    services.commit_import(run_id=run_id, actor="Li", now=NOW)
    work(run_id)
    return run_id


def verdicts(run_id: UUID) -> list[str]:
    return [str(row.verdict) for row in selectors.import_rows(run_id=run_id)[0]]


def codes(run_id: UUID) -> list[list[tuple[str, str]]]:
    return [[(p.code, p.field) for p in row.problems] for row in selectors.import_rows(run_id=run_id)[0]]


JUICE = {
    "code": "J1",
    "gtin": "9008700124195",
    "brand": "Bravo",
    "title": "苹果汁",
    "origin": "奥地利",
    "net_weight_kg": "2",
}


def test_a_file_becomes_brands_products_and_skus() -> None:
    rows = [{**JUICE, "gross_weight_kg": "2.2", "axis.size": "两升"}, {"code": "P1", "brand": "BRAVO", "title": "梨汁"}]
    run_id = staged(*rows)
    run = selectors.import_run(run_id=run_id)
    assert run is not None
    assert (run.kind, run.encoding, run.rows_total, run.state) == ("csv", "utf-8", 2, ImportState.COMPARED)
    assert run.counts == {"new": 2, "written": 0, "new_brands": 1}
    assert not Product.objects.exists()
    services.commit_import(run_id=run_id, actor="Li", now=NOW)
    work(run_id)
    sku = selectors.sku_by_code(codes=["J1"])["J1"]
    assert sku.titles == {"zh-hans": "Bravo 苹果汁 两升"}
    assert (sku.gtin, sku.origin, sku.net_weight_g, sku.gross_weight_g) == ("9008700124195", "AT", 2000, 2200)
    assert [brand.slug for brand in selectors.brands().values()] == ["bravo"]
    assert selectors.product(slug="bravo-p1") is not None
    done = selectors.import_run(run_id=run_id)
    assert done is not None
    assert (done.state, done.counts["written"]) == (ImportState.DONE, 2)
    assert [(entry.actor, entry.action) for entry in of_subject(subject_id=run_id)] == [("Li", "catalogue.import")]


def test_each_row_is_compared_once_also_where_the_server_orders_as_a_dictionary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In English "a-c" comes after "ab", in code points before it."""
    monkeypatch.setattr(steps, "PRODUCTS_PER_COMPARING", 2)
    slugs = ("ab", "a-c", "b")
    run_id = services.open_import(
        name="goods.csv",
        content=sheet(*({**JUICE, "gtin": "", "product": one, "code": one} for one in slugs)),
        actor="Li",
        now=NOW,
    )
    services.map_import(
        run_id=run_id,
        mapping={name: n for n, name in enumerate([*JUICE, "product"])},
        defaults={},
        language="en",
        now=NOW,
    )
    done = []
    while services.step_import(run_id=run_id, now=NOW):
        run = ImportRun.objects.get(id=run_id)
        if run.state == ImportState.COMPARING:
            done.append(run.rows_done)
    assert done == [0, 2, 3]


def test_the_same_file_again_changes_nothing() -> None:
    committed(JUICE)
    run_id = staged(JUICE)
    assert verdicts(run_id) == ["unchanged"]
    with pytest.raises(services.NothingToImport):
        services.commit_import(run_id=run_id, actor="Li", now=NOW)


def test_only_what_a_file_says_changes_and_the_difference_is_shown() -> None:
    committed(JUICE)
    run_id = committed({"code": "J1", "title.en": "Apple juice", "origin": "", "net_weight_g": "1900"})
    row = selectors.import_rows(run_id=run_id)[0][0]
    assert row.verdict == "changed"
    assert row.diff == {"titles.en": ("", "Apple juice"), "net_weight_g": ("2000", "1900")}
    sku = selectors.sku_by_code(codes=["J1"])["J1"]
    assert sku.titles == {"zh-hans": "Bravo 苹果汁", "en": "Bravo Apple juice"}
    assert (sku.origin, sku.net_weight_g) == ("AT", 1900)


def test_a_barcode_alone_names_a_sku() -> None:
    committed(JUICE)
    committed(
        {"gtin": "9008700124195", "title": "苹果果汁"}, {"gtin": "09008700145268", "title": "橙汁", "brand": "Bravo"}
    )
    assert selectors.sku_by_code(codes=["J1"])["J1"].titles["zh-hans"] == "Bravo 苹果果汁"
    assert set(selectors.sku_by_code(codes=["09008700145268"])) == {"09008700145268"}


def test_rows_of_one_product_become_its_variants() -> None:
    shirt = {"product": "Basic Tee", "brand": "Uniqlo", "title": "T恤"}
    committed(
        {**shirt, "code": "T-S", "axis.size": "S"},
        {**shirt, "code": "T-M", "axis.size": "M"},
        {**JUICE, "product": "juice"},
    )
    product = next(
        product for product in selectors.products(ids=selectors.product_ids()).values() if len(product.skus) == 2
    )
    assert product.slug.startswith("basic-tee-")
    assert [sku.axes["size"]["zh-hans"] for sku in product.skus] == ["S", "M"]
    run_id = committed({**shirt, "code": "T-L", "axis.size": "L"})
    assert verdicts(run_id) == ["new"]
    assert Product.objects.count() == 2


def test_one_bad_row_holds_its_whole_product_back_and_no_other() -> None:
    tee = {"product": "tee", "brand": "Uniqlo", "title": "T恤", "gtin": ""}
    run_id = committed(
        {**tee, "code": "A", "axis.size": "S"}, {**tee, "code": "B", "gtin": "123"}, {**JUICE, "product": "j"}
    )
    assert verdicts(run_id) == ["bad", "bad", "new"]
    assert codes(run_id) == [[("held_back", "product")], [("bad_gtin", "gtin")], []]
    assert list(Product.objects.values_list("slug", flat=True)) == ["j"]
    assert not Brand.objects.filter(slug="uniqlo").exists()


def test_a_classification_comes_with_the_file() -> None:
    whole = {**JUICE, "gross_weight_g": "2100", "hs_code": "2009790000", "declared_name": "苹果汁", "model": "100%果汁",
             "sales_unit": "011", "unit1": "35", "quantity1": "2.0"}  # fmt: skip
    committed(whole)
    sku = selectors.sku_by_code(codes=["J1"])["J1"]
    assert selectors.sellability(sku_ids=[sku.id], jurisdiction="CN", on=TODAY) == {sku.id: ()}
    decision = selectors.classifications(sku_ids=[sku.id], jurisdiction="CN", on=TODAY)[sku.id]
    assert (decision.unit1, decision.decided_by, decision.reason) == ("035", "Li", "import goods.csv")
    assert verdicts(staged(whole)) == ["unchanged"]
    run_id = staged({"code": "J1", "hs_code": "2009710000"})
    assert selectors.import_rows(run_id=run_id)[0][0].diff == {"hs_code": ("2009790000", "2009710000")}


def test_attributes_and_categories_are_found_by_their_names() -> None:
    services.put_categories(drafts=[CategoryDraft("drinks", {"zh-hans": "饮料", "en": "Drinks"})])
    lines = (
        Attribute("power", {"zh-hans": "功率"}, AttributeKind.NUMBER, "W"),
        Attribute("plug", {"zh-hans": "插头"}, AttributeKind.CHOICE, choices={"cn": {"zh-hans": "国标"}}),
        Attribute("note", {"zh-hans": "备注"}),
    )
    services.put_product_type(draft=ProductTypeDraft("appliance", {"en": "Appliance"}, lines))
    extra = {"type": "appliance", "category": "饮料", "attr.power": "500 W", "attr.plug": "国标", "attr.note": "新"}
    committed({**JUICE, **extra})
    product = next(iter(selectors.products(ids=selectors.product_ids()).values()))
    assert [value["zh-hans"] for _, value in product.attributes] == ["500 W", "国标", "新"]
    assert len(product.category_ids) == 1
    assert imports.attribute_words()["功率"] == "attr.power"
    run_id = staged({**JUICE, "type": "boat", "category": "车", "attr.power": "x"})
    assert [code for code, _ in codes(run_id)[0]] == ["not_in_catalogue"] * 3


def test_new_brands_meet_old_ones_by_any_name_and_get_slugs_of_their_own() -> None:
    make_product()
    rows = [
        {"code": "1", "title": "甲", "brand": "盟可睐"}, {"code": "2", "title": "乙", "brand": "ＭＯＮＣＬＥＲ"},
        {"code": "3", "title": "丙", "brand": "A+", "brand_country": "US"}, {"code": "4", "title": "丁", "brand": "A"},
        {"code": "5", "title": "戊", "brand": "李宁"}, {"code": "6", "title": "己", "brand": "A", "brand.en": "Alpha"},
    ]  # fmt: skip
    committed(*rows)
    brands = {brand.slug: brand for brand in selectors.brands().values()}
    assert len(brands) == 4
    assert brands["a"].names != {}
    assert sum(slug.startswith("a") for slug in brands) == 2
    assert any(brand.names.get("en") == "Alpha" and brand.names["zh-hans"] == "A" for brand in brands.values())


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"code": "N1"}, ("missing", "title")), ({"code": "N1", "title": "x"}, ("missing", "brand")),
        ({"code": "", "title": "x"}, ("missing", "code")), ({"code": "-x"}, ("bad_code", "code")),
        ({"code": "N1", "gtin": "9008700124196"}, ("bad_check_digit", "gtin")),
        ({"code": "N1", "gtin": "9008700124195"}, ("taken", "gtin")),
        ({"code": "J1", "product": "other"}, ("taken", "code")),
        ({"code": "N1", "origin": "Atlantis"}, ("unknown_country", "origin")),
        ({"code": "N1", "net_weight_g": "1,250"}, ("ambiguous_number", "net_weight_g")),
        ({"code": "N1", "net_weight_g": "heavy"}, ("bad_number", "net_weight_g")),
        ({"code": "J1", "gross_weight_g": "1"}, ("bad_weight", "gross_weight")),
        ({"code": "J1", "hs_code": "2009"}, ("bad_hs_code", "hs_code")),
        ({"code": "J1", "hs_code": "2009790000"}, ("half_classified", "sales_unit")),
        ({"code": "J1", "active": "maybe"}, ("bad_switch", "active")),
        ({"code": "J1", "title": "x" * 251}, ("bad_text", "title")),
        ({"code": "J1", "content_quantity": "5", "content_unit": "spoons"}, ("unknown_unit", "content_unit")),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_row_is_named(row: dict[str, str], problem: tuple[str, str]) -> None:
    committed(JUICE)
    run_id = staged(row)
    assert verdicts(run_id) == ["bad"]
    assert problem in codes(run_id)[0]
    with pytest.raises(services.NothingToImport):
        services.commit_import(run_id=run_id, actor="Li", now=NOW)


def test_a_file_that_repeats_or_contradicts_itself_says_so() -> None:
    tee = {"product": "tee", "brand": "Uniqlo"}
    run_id = staged(
        {**JUICE, "product": "a"}, {**JUICE, "product": "b"}, {"code": "X", "gtin": "9008700124195", "product": "c"},
        {**tee, "code": "S", "title": "T恤", "axis.size": "S"}, {**tee, "code": "M", "title": "衬衫", "axis.size": "M"},
        {**tee, "code": "L", "title": "T恤", "axis.size": "S"},
    )  # fmt: skip
    found = codes(run_id)
    assert found[1] == [("duplicate_row", "code")]
    assert ("duplicate_row", "gtin") in found[2]
    assert found[3] == [("held_back", "product")]
    assert found[4] == [("disagrees", "titles.zh-hans")]
    assert found[5] == [("taken", "axes")]


def test_a_variant_that_is_there_already_is_refused() -> None:
    product = make_product(sizes=("M",))
    run_id = staged({"code": "other", "product": product.slug, "axis.size.zh-hans": "M", "axis.size.en": "M"})
    assert codes(run_id) == [[("taken", "axes")]]


def test_defaults_fill_empty_cells_and_bad_ones_are_refused() -> None:
    committed({"code": "1", "title": "水", "brand": ""}, defaults={"brand": "无品牌", "origin": "HR"})
    assert selectors.sku_by_code(codes=["1"])["1"].origin == "HR"
    with pytest.raises(imports.BadDefault) as refused:
        staged(JUICE, defaults={"origin": "Atlantis"})
    assert refused.value.field == "origin"


def test_titles_are_kept_in_the_language_of_the_file() -> None:
    committed({**JUICE, "title": "Nektar"}, language="hr")
    assert selectors.sku_by_code(codes=["J1"])["J1"].titles == {"hr": "Bravo Nektar"}
    with pytest.raises(Refusal):
        staged(JUICE, language="Croatian!")


def test_what_changed_after_the_comparison_is_judged_again_and_never_stops_the_rest() -> None:
    run_id = staged(JUICE, {"code": "P1", "brand": "Bravo", "title": "梨汁"})
    product = make_product()
    services.put_sku(product_id=product.id, draft=SkuDraft("own", "9008700124195"), now=NOW)
    services.commit_import(run_id=run_id, actor="Li", now=NOW)
    work(run_id)
    assert verdicts(run_id) == ["bad", "new"]
    assert codes(run_id)[0] == [("taken", "gtin")]
    assert not Sku.objects.filter(code="J1").exists()
    assert Sku.objects.filter(code="P1").exists()


def test_a_refusal_while_writing_stops_one_product_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the catalogue changed between the last judgement and the write."""
    put = writing.put_products

    def refuse_one(*, drafts: Sequence[Any], now: Any) -> Any:
        if any(sku.code == "7" for draft in drafts for sku in draft.skus):
            raise services.GtinTaken(field="gtin", gtin="1", sku="other")
        return put(drafts=drafts, now=now)

    monkeypatch.setattr(writing, "put_products", refuse_one)
    run_id = committed(*({"code": str(n), "brand": "Bravo", "title": f"果汁{n}"} for n in range(20)))
    assert [row.line for row in selectors.import_rows(run_id=run_id, verdict=Verdict.BAD)[0]] == [9]
    assert Sku.objects.count() == 19


def test_a_step_that_fails_leaves_nothing_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "PRODUCTS_PER_COMMITTING", 3)
    run_id = staged(*({"code": str(n), "brand": f"B{n}", "title": f"果汁{n}"} for n in range(10)))
    services.commit_import(run_id=run_id, actor="Li", now=NOW)
    services.step_import(run_id=run_id, now=NOW)
    assert (Sku.objects.count(), ImportRow.objects.filter(written=True).count()) == (3, 3)
    with monkeypatch.context() as broken:
        broken.setattr(steps, "load", lambda *names: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.step_import(run_id=run_id, now=NOW)
    assert (Sku.objects.count(), Brand.objects.count(), ImportRow.objects.filter(written=True).count()) == (3, 3, 3)
    work(run_id)
    assert (Sku.objects.count(), ImportRow.objects.filter(written=True).count()) == (10, 10)


def test_products_are_never_cut_between_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "ROWS_PER_READING", 4)
    monkeypatch.setattr(steps, "ROWS_PER_STEP_MAX", 5)
    rows = [
        {"product": f"p-{n % 4}", "brand": "B", "title": f"T{n % 4}", "code": str(n), "axis.size": str(n)}
        for n in range(12)
    ]
    rows.append({**rows[0], "code": "3"})
    run_id = committed(*rows)
    assert verdicts(run_id).count("new") == 9
    assert {len(product.skus) for product in selectors.products(ids=selectors.product_ids()).values()} == {3}
    assert codes(run_id)[12] == [("duplicate_row", "code")] or ("duplicate_row", "code") in codes(run_id)[12]


def test_the_worker_does_the_same() -> None:
    run_id = services.open_import(name="goods.csv", content=sheet(JUICE), actor="Li", now=NOW)
    run = selectors.import_run(run_id=run_id)
    assert run is not None
    services.map_import(run_id=run_id, mapping=run.mapping, defaults={}, language="zh-hans", now=NOW, background=True)
    drain()
    services.commit_import(run_id=run_id, actor="Li", now=NOW, background=True)
    drain()
    assert selectors.import_run(run_id=run_id).state is ImportState.DONE  # type: ignore[union-attr]


def test_a_run_goes_forward_only() -> None:
    run_id = committed(JUICE)
    for verb in (
        lambda: services.commit_import(run_id=run_id, actor="Li", now=NOW),
        lambda: services.discard_import(run_id=run_id, now=NOW),
        lambda: services.map_import(run_id=run_id, mapping={"code": 0}, defaults={}, language="en", now=NOW),
    ):
        with pytest.raises(services.WrongState) as refused:
            verb()
        assert refused.value.data["state"] == "done"
    with pytest.raises(NotFound):
        services.step_import(run_id=new_id(), now=NOW)


def test_a_mapping_can_be_changed_until_the_commit() -> None:
    run_id = staged({**JUICE, "title": "汁", "title.en": "Juice"})
    mapping = {"code": 0, "brand": 2, "title.en": 3}
    services.map_import(run_id=run_id, mapping=mapping, defaults={}, language="zh-hans", now=NOW)
    work(run_id)
    assert selectors.import_rows(run_id=run_id)[0][0].said["titles.en"] == "汁"
    with pytest.raises(fields.MissingColumns):
        services.map_import(run_id=run_id, mapping={"title": 1}, defaults={}, language="en", now=NOW)


def test_what_nobody_wants_any_more_goes() -> None:
    done, left, fresh = committed(JUICE), staged(JUICE), staged(JUICE)
    services.discard_import(run_id=staged(JUICE), now=NOW)
    ImportRun.objects.filter(id=fresh).update(changed_at=NOW + timedelta(days=10))
    assert services.purge_imports(now=NOW + timedelta(days=31)) == 2
    states = {run.id: run.state for run in selectors.import_runs()[0]}
    assert (states[done], states[left], states[fresh]) == ("done", "discarded", "compared")


def test_the_report_of_bad_rows_runs_no_formula() -> None:
    run_id = staged(
        {"code": "=1+1", "title": "@SUM(A1)", "brand": "-2", "description": "+x"}, {"code": "a b", "title": "好"}
    )
    report = "".join(selectors.error_report(run_id=run_id, language="zh-hans"))
    assert report.startswith("\ufeff行号,字段,代码,原因,code,title")
    lines = list(csv.reader(io.StringIO(report)))
    assert lines[1][:3] == ["2", "code", "bad_code"]
    assert lines[1][4:] == ["'=1+1", "'@SUM(A1)", "'-2", "'+x"]
    assert (
        "".join(selectors.error_report(run_id=run_id, language="en"))
        .splitlines()[1]
        .startswith('2,code,bad_code,"A SKU')
    )


CELL = st.one_of(st.text(max_size=8), st.sampled_from(["9008700124195", "1.5 kg", "IT", "是", "A1", "B2", "tee", "=x"]))
NAMES = [
    "code",
    "gtin",
    "product",
    "brand",
    "title",
    "origin",
    "net_weight_g",
    "axis.size",
    "hs_code",
    "content_quantity",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=many(40))
@given(st.lists(st.lists(CELL, min_size=len(NAMES), max_size=len(NAMES)), min_size=1, max_size=5))
def test_whatever_is_in_a_file_ends_in_verdicts_and_whole_products(cells: list[list[str]]) -> None:
    rows = [dict(zip(NAMES, row, strict=True)) for row in cells]
    try:
        run_id = staged(*rows)
    except Refusal as refused:
        assert refused.field
        return
    try:
        services.commit_import(run_id=run_id, actor="Li", now=NOW)
    except services.NothingToImport:
        pass
    else:
        work(run_id)
    for row in selectors.import_rows(run_id=run_id)[0]:
        assert row.verdict is not None
        assert (row.verdict is Verdict.BAD) == bool(row.problems)
        assert row.written == (row.verdict in {Verdict.NEW, Verdict.CHANGED})
        assert row.verdict is Verdict.BAD or row.code in selectors.sku_by_code(codes=[row.code])


def test_open_runs_are_found_by_file() -> None:
    run_id = staged(JUICE)
    digest = ImportRun.objects.get(id=run_id).digest
    assert selectors.unfinished_import(digest=digest) is None
    services.commit_import(run_id=run_id, actor="Li", now=NOW)
    assert selectors.unfinished_import(digest=digest).id == run_id  # type: ignore[union-attr]


def test_classified_already_makes_a_partial_decision_whole() -> None:
    product = make_product()
    make_classified([product.skus[0].id])
    committed({"code": product.skus[0].code, "quantity2": "0.9"})
    decision = selectors.classifications(sku_ids=[product.skus[0].id], jurisdiction="CN", on=TODAY)
    assert str(decision[product.skus[0].id].quantity2.normalize()) == "0.9"  # type: ignore[union-attr]
