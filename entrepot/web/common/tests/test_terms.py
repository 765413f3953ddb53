"""In Chinese one thing of customs has one name, as GLOSSARY.md says, and no other thing has it."""

from __future__ import annotations

import pytest
from django.utils import translation

from entrepot.catalogue import selectors, services
from entrepot.web.common.messages import kept
from entrepot.web.common.translations import WEB

PACKAGES = ("backoffice", "common", "storefront")


def saying(word: str) -> set[str]:
    """The sentences whose Chinese has a word."""
    every = [message for package in PACKAGES for message in kept(package) if message.id]
    return {str(one.id) for one in every if word in str(one.string)}


def test_a_parcels_list_is_not_called_the_form_that_only_other_goods_have() -> None:
    """报关单 is of goods that come into a bonded warehouse or as general trade: a parcel has a 清单 in its place."""
    other_goods = {"Declaration number", "Declaration %(number)s", "Number of the general-trade declaration"}
    chosen = {one for one in saying("报关单") - saying("报关单证") if "nothing is left to pay" not in one}
    assert chosen == other_goods
    (of_a_parcel,) = [one for one in kept("backoffice") if one.id == "Declaration %(number)s"]
    assert of_a_parcel.string == "申报 %(number)s"


def test_direct_purchase_is_not_called_by_the_name_of_the_post() -> None:
    """Parcels of 9610 owe the tax of retail imports; what comes by post owes that of personal articles."""
    assert saying("直邮") == set()
    direct = {"Direct import", "Direct mail (9610)", "Sent directly to the buyer", "sent directly (9610)"}
    assert saying("直购进口") == direct


def test_the_code_of_an_article_is_not_called_the_code_of_the_tariff() -> None:
    """商品编码 is the HS code; whoever is told that it lacks, or has a wrong form, would look at the wrong column."""
    assert selectors.field_label(name="code", language="zh-hans") == "货号"
    assert "商品编码" not in services.GtinTaken.zh + services.SkuElsewhere.zh
    assert not any("SKU code" in one for one in saying("商品编码"))
    assert saying("商品编号") == set()  # which is what customs' forms call it


def test_stock_is_closed_by_the_day() -> None:
    """日结, each night; 月结 would be a monthly one, which the house has not."""
    assert saying("月结") == set()
    assert "No month has been closed yet." in saying("日结")


def test_before_the_tax_alone_does_not_stand_what_stands_before_a_sum_with_it() -> None:
    """On a card 含税 is the price with its tax; the bar of the product's page said so of the tax."""
    assert saying("含税 %(total)s") == {"tax %(tax)s, together %(total)s"}
    assert saying("含税 %(tax)s") == set()


@pytest.mark.parametrize(
    ("page", "context", "message", "chinese"),
    [
        ("states.py", "disposal", "Gone", "已处置"),  # not 删除, which is what a new rate book does to rows
        ("views/books.py", "goods", "On its way back", "退货在途"),  # not money, 退款中
        ("fields.py", "account book", "Operator", "经营企业"),  # not a role of staff
        ("states.py", "leg", "Arrived", "已到达"),  # at a port, not in the warehouse, 到仓
        ("templates/backoffice/coming/consignment.html", "leg", "Arrived", "已到达"),
        ("templates/backoffice/coming/consignment.html", "day", "Planned", "计划"),
        ("templates/backoffice/coming/receipt.html", "dock", "Closed", "关闭"),  # not 结关, a state of customs
        ("templates/backoffice/count.html", "count sheet", "Counted", "已盘点"),  # not 点收, of what came
        ("templates/backoffice/count.html", "count sheet", "Difference", "差异"),  # of units, not 差额, of money
        ("templates/backoffice/buying/purchase.html", "purchase", "Paid on", "付款日期"),  # not 缴纳, of tax
        ("templates/backoffice/tax_bill.html", "tax", "Value", "完税价格"),  # beside that of the bill
        ("templates/backoffice/replenishment/proposal.html", "units", "Order", "订购数"),  # not a buyer's
    ],
)
def test_one_english_word_for_two_things_is_two_in_chinese(page: str, context: str, message: str, chinese: str) -> None:
    source = (WEB / "backoffice" / page).read_text(encoding="utf-8").replace("'", '"')
    assert f'"{message}" context "{context}"' in source or f'pgettext("{context}", "{message}")' in source
    with translation.override("zh-hans"):
        assert translation.pgettext(context, message) == chinese
