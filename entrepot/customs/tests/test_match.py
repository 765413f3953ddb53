"""The cross-checks: documents that agree pass, a change of any single checked element is caught and masked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.customs.rules import match
from entrepot.customs.rules.match import differences
from entrepot.customs.rules.papers import Served, alone, clean, cop_no, phone
from entrepot.customs.tests.paper_makers import ID_NUMBER, changed, facts, four
from entrepot.kit.ids import new_id

OF = facts()
PAPERS = four(OF)
DIRECT = four(facts(mode="9610"))
MEANT = alone(OF)


@pytest.mark.parametrize("mode", ["1210", "1239", "9610"])
@pytest.mark.parametrize("lines", [1, 3, 99])
def test_documents_made_of_one_parcel_agree(mode: str, lines: int) -> None:
    of = facts(lines=lines, mode=mode)
    assert differences(four(of), meant=alone(of)) == ()


def _checked_elements() -> list[tuple[str, str]]:
    """Every element that a rule of equality or a constant looks at, read from the rules themselves."""
    equal = [(rule.rule, path) for rule in match.SAME for path in (rule.first, *rule.others)]
    return equal + [("constants", path) for path, _ in match.CONSTANTS]


def _other(text: str) -> str:
    """A value of the same kind that is not the same."""
    if text and all(c.isdigit() or c == "." for c in text):
        return str(Decimal(text) + 1)
    return text + "X"


@pytest.mark.parametrize(("rule", "path"), _checked_elements())
def test_a_change_of_any_checked_element_is_caught(rule: str, path: str) -> None:
    paper, _, name = path.partition(".")
    papers = DIRECT if name == "billNo" else PAPERS
    spoilt = changed(papers, paper, name, _other(getattr(papers, paper).get(name, "")))
    assert rule in {one.rule for one in differences(spoilt)}


_OWN = {"guid", "appType", "appTime", "appStatus"}  # of the message, which knows no wrong ones; its schema does


def _fields() -> list[tuple[str, str]]:
    """Every element that order, payment and waybill have, their lines too."""
    three = ("order", "payment", "waybill")
    heads = [(paper, name) for paper in three for name in getattr(PAPERS, paper) if name not in _OWN]
    return heads + [("order_lines", name) for name in PAPERS.order_lines[0]]


@pytest.mark.parametrize(("paper", "name"), _fields())
def test_a_change_of_any_element_of_the_three_is_caught(paper: str, name: str) -> None:
    row = 0 if paper == "order_lines" else None
    before = PAPERS.order_lines[0][name] if row == 0 else getattr(PAPERS, paper)[name]
    left_out = [""] if before.strip("0.") else []  # no sum says as much as nought
    for text in (_other(before), *left_out):
        assert differences(changed(PAPERS, paper, name, text, row=row), meant=MEANT), text


@pytest.mark.parametrize("name", [*match.LINE_SAME, "currency", "gnum"])
@pytest.mark.parametrize("paper", ["order_lines", "listed_lines"])
def test_a_change_of_any_checked_element_of_a_line_is_caught(paper: str, name: str) -> None:
    before = getattr(PAPERS, paper)[1].get(name, "")
    assert differences(changed(PAPERS, paper, name, _other(before), row=1))


@pytest.mark.parametrize("name", ["goodsValue", "freight", "taxTotal", "discount", "acturalPaid"])
def test_the_order_adds_up(name: str) -> None:
    spoilt = changed(PAPERS, "order", name, _other(PAPERS.order[name]))
    assert {"sum", "goods_sum"} & {one.rule for one in differences(spoilt)}


@pytest.mark.parametrize("name", ["emsNo", "areaCode", "areaName"])
def test_bonded_goods_need_their_account_book(name: str) -> None:
    (found,) = differences(changed(PAPERS, "listed", name, ""))
    assert (found.rule, name in found.zh, name in found.en) == ("mode", True, True)


def test_bonded_goods_need_their_item_record_and_leave_from_china() -> None:
    assert [d.rule for d in differences(changed(PAPERS, "listed_lines", "itemRecordNo", "", row=0))] == ["mode"]
    assert [d.rule for d in differences(changed(PAPERS, "listed", "country", "116"))] == ["mode"]


@pytest.mark.parametrize("name", ["trafNo", "voyageNo", "billNo"])
def test_direct_purchases_need_their_carriage(name: str) -> None:
    spoilt = changed(DIRECT, "listed", name, "")
    assert "mode" in {one.rule for one in differences(spoilt)}


@pytest.mark.parametrize(("net", "gross"), [("3", "2.9"), ("0", "1")])
def test_weights_are_possible(net: str, gross: str) -> None:
    spoilt = changed(changed(PAPERS, "listed", "netWeight", net), "listed", "grossWeight", gross)
    assert [one.rule for one in differences(spoilt)] == ["gross_weight", "weight"]


def test_a_missing_an_extra_and_a_doubled_line_are_caught() -> None:
    for lines in (PAPERS.listed_lines[:1], [*PAPERS.listed_lines, PAPERS.listed_lines[0]], []):
        spoilt = match.Papers(
            PAPERS.order, PAPERS.order_lines, PAPERS.payment, PAPERS.waybill, PAPERS.listed, list(lines)
        )
        assert "lines" in {one.rule for one in differences(spoilt)}


def test_differences_show_no_personal_value() -> None:
    for name, paper in (("buyerIdNumber", "listed"), ("payerIdNumber", "payment"), ("buyerName", "listed")):
        (found,) = differences(changed(PAPERS, paper, name, "440524188001010014"))
        assert ID_NUMBER not in found.left + found.right
        assert "440524188001010014" not in found.left + found.right
        assert "张小明" not in found.left + found.right
    others = {
        "consigneeAddress": "浙江省宁波市海曙区中山西路9号",
        "consigneeTelephone": "13912345678",
        "consignee": "李四",
    }
    for name, other in others.items():
        (found,) = differences(changed(PAPERS, "waybill", name, other))
        assert other not in found.right
        assert PAPERS.order[name] not in found.left
        assert "中山西路" not in found.left + found.right


@pytest.mark.parametrize(("rule", "path"), [(rule, path) for rule, *_, path in match.ALONE])
def test_what_one_document_tells_alone_is_held_against_the_facts(rule: str, path: str) -> None:
    paper, _, name = path.partition(".")
    assert differences(PAPERS, meant=MEANT) == ()
    (found,) = differences(changed(PAPERS, paper, name, "x"), meant=MEANT)
    assert (found.rule, found.left, found.right) == (rule, MEANT[path], "x")


def test_every_difference_speaks_both_languages() -> None:
    spoilt = changed(changed(changed(PAPERS, "listed", "packNo", "2"), "order", "orderNo", "x"), "listed", "emsNo", "")
    for one in differences(spoilt):
        assert one.zh.isascii() is False
        assert one.en.isascii() is True


@settings(deadline=None)
@given(st.integers(1, 10_000_000), st.integers(1, 99), st.integers(0, 100))
def test_any_discounted_line_still_multiplies_out(unit_price: int, quantity: int, discount_percent: int) -> None:
    """A price has five places: rounded to the fen, price times quantity is the total for any discount."""
    goods = unit_price * quantity
    discount = goods * discount_percent // 101
    of = facts(lines=1, quantity=quantity, unit_price_minor=unit_price, goods_minor=goods, discount_minor=discount)
    assert differences(four(of)) == ()


@pytest.mark.parametrize(
    ("payer_is_buyer", "verified", "held"),
    [(True, False, False), (True, True, False), (None, True, False), (None, False, True), (False, True, True)],
)
def test_the_buyer_pays_or_is_known(payer_is_buyer: bool | None, verified: bool, held: bool) -> None:
    found = match.payer_differs(payer_is_buyer=payer_is_buyer, buyer_verified=verified)
    assert bool(found) is held


def test_numbers_and_texts_fit_their_elements() -> None:
    declaration = new_id()
    assert cop_no("KL2611210123456789-1", declaration) == "KL26112101234567891"
    assert len(cop_no("LONG2611210123456789-12", declaration)) == 20
    assert cop_no("LONG2611210123456789-12", declaration) != cop_no("LONG2611210123456789-12", new_id())
    assert phone("+8613800005678") == "13800005678"
    assert clean("  两\u3000个\t字\x00\n", 3) == "两 个"


def test_customs_is_told_whole_lot_numbers_as_many_as_fit() -> None:
    of, codes = facts(lines=1), [f"LOT-2026-11-{n:04d}" for n in range(9)]
    lots = {line.sku_id: [Served(code, "REC-1") for code in codes] for line in of.parcel.lines}
    told = alone(replace(of, lots=lots))["order.batchNumbers"]
    assert told.split(";") == codes[:5]
