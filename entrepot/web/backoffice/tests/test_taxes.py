"""Tax at customs in the office: months, bills, one bill beside its list, differences, payments; who gets in."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from entrepot.customs.selectors import taxes
from entrepot.customs.tests.bills import (
    GUARANTOR,
    bill,
    first_bill,
    line,
    list_number,
    listed,
    take,
    turn,
    without_documents,
)
from entrepot.customs.tests.receipts import T0, minutes, port_key  # noqa: F401
from entrepot.identity.types import Role
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import JUNK, shown, staff, within_budget

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("port_key")]
PAGE, BILLS, DIFFER = "/office/tax/", "/office/tax/bills/", "/office/tax/differences/"
EXPORTS = (f"{BILLS}export/", f"{DIFFER}export/")
PAID = {"guarantor": GUARANTOR, "month": f"{T0:%Y-%m}", "amount": "15.00", "reference": "ICBC-1",
        "paid_on": f"{T0:%Y-%m-%d}"}  # fmt: skip


@pytest.fixture
def billed() -> Any:
    """Two bills of ours, one of them with a cent too much and void since; and one of nobody's."""
    made, ready, number = listed()
    take(bill(number, "15", lines=[line(1, "15", code="3304990099")]))
    _, _, other = listed()
    take(bill(other, "7"), turn(other, 3, minutes(5)), bill(list_number(), "99"))
    return first_bill(made)


def rows_of(client: Client, address: str, **query: str) -> list[list[Any]]:
    answer = client.get(address, query)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("address", [PAGE, BILLS, DIFFER, *EXPORTS])
def test_only_finance_and_customs_get_in(address: str) -> None:
    got = {role: staff(role).get(address).status_code for role in Role}
    assert got == {role: 200 if role in (Role.FINANCE, Role.CUSTOMS) else 403 for role in Role}


@pytest.mark.parametrize(("language", "words"), [("en", "Not confirmed"), ("zh-hans", "未经证实")])
def test_the_month_warns_of_what_is_not_confirmed_and_sums(billed: Any, language: str, words: str) -> None:
    page = within_budget(staff(Role.FINANCE, language=language), PAGE)
    assert words in page
    assert "¥15.00" in page and "¥7.00" in page and GUARANTOR in page


def test_bills_are_found_by_filters_and_exported(billed: Any) -> None:
    client = staff(Role.CUSTOMS)
    assert billed.tax_no in within_budget(client, BILLS)
    for query, count in (({}, 2), ({"state": "3"}, 1), ({"paid": "open"}, 1), ({"paid": "paid"}, 0),
                         ({"q": "x"}, 0), ({"q": billed.list_number}, 1), ({"differing": "1"}, 2)):  # fmt: skip
        assert len(rows_of(client, EXPORTS[0], **query)) == count + 1, query
    (found,) = [row for row in rows_of(client, EXPORTS[0]) if row[0] == billed.tax_no]
    assert found[3:5] == [GUARANTOR, "Made"] and found[10] == "15.00"
    assert staff(Role.FINANCE).get(EXPORTS[0], {"form": "xlsx"}).status_code == 200


def test_a_bill_stands_beside_its_list_and_on_its_declaration(billed: Any) -> None:
    page = within_budget(staff(Role.FINANCE), f"{BILLS}{billed.buyer_id}/{billed.id}/")
    assert 'class="differs"' in page and "Another HS code" in page and "CEB816" in page
    assert "/office/declarations/" not in page
    without_documents(billed.buyer_id)
    declaration = f"/office/declarations/{billed.buyer_id}/{billed.parcel_id}/"
    page = within_budget(staff(Role.CUSTOMS), declaration)
    assert billed.tax_no in page and f"{BILLS}{billed.buyer_id}/{billed.id}/" in page
    assert "商品编码不同" in shown(staff(Role.FINANCE, language="zh-hans"), f"{BILLS}{billed.buyer_id}/{billed.id}/")


def test_differences_are_summed_by_kind_and_exported_with_bills_of_nobody(billed: Any) -> None:
    client = staff(Role.FINANCE)
    page = within_budget(client, DIFFER)
    assert "Another HS code" in page and "Every bill is void" in page and "¥99.00" in page
    rows = rows_of(client, EXPORTS[1])
    assert [row[5] for row in rows[1:]] == ["Another HS code", "Every bill is void", "A list that is not ours"]
    assert len(rows_of(client, EXPORTS[1], kind="code")) == 2


def test_finance_enters_a_payment_once(billed: Any) -> None:
    finance = staff(Role.FINANCE)
    assert "The open bills come to CNY 15.00" in posted(finance, f"{PAGE}pay/", **PAID | {"amount": "14"})
    for wrong in ({"amount": "x"}, {"amount": "-1"}, {"month": "11"}, {"paid_on": ""}, {"paid_on": "2999-01-01"}):
        assert "Give the guarantor" in posted(finance, f"{PAGE}pay/", **PAID | wrong), wrong
    for _ in range(2):
        assert "1 bills are paid" in posted(finance, f"{PAGE}pay/", **PAID)
    assert [one.amount_minor for one in taxes.payments()] == [1_500]
    page = shown(finance, f"{BILLS}{billed.buyer_id}/{billed.id}/")
    assert "ICBC-1" in page
    assert staff(Role.CUSTOMS).post(f"{PAGE}pay/", PAID).status_code == 403
    assert f"{PAGE}pay/" not in shown(staff(Role.CUSTOMS), PAGE)


def test_a_month_fills_the_form_of_its_payment(billed: Any) -> None:
    chosen = f"?guarantor={GUARANTOR}&amp;pay={T0:%Y-%m}#pay"
    finance = staff(Role.FINANCE)
    assert chosen in shown(finance, PAGE) and chosen not in shown(staff(Role.CUSTOMS), PAGE)
    page = within_budget(finance, PAGE + chosen.replace("&amp;", "&").partition("#")[0])
    assert all(f'value="{value}"' in page for value in (GUARANTOR, f"{T0:%Y-%m}", "15.00"))
    for wrong in ("2026-13", "x", "1999-01"):
        assert 'value="15.00"' not in shown(finance, f"{PAGE}?guarantor={GUARANTOR}&pay={wrong}")


def test_finance_takes_a_payment_back_with_a_reason(billed: Any) -> None:
    finance = staff(Role.FINANCE)
    assert "No payment was entered yet." in shown(finance, PAGE)
    assert finance.get(f"{PAGE}payments/{billed.id}/").status_code == 404
    posted(finance, f"{PAGE}pay/", **PAID)
    (one,) = taxes.payments()
    address = f"{PAGE}payments/{one.id}/"
    standing = within_budget(finance, address)
    assert billed.tax_no in standing and "Entered by mistake" in standing and "ICBC-1" in standing
    assert address in shown(finance, PAGE) and address in shown(finance, f"{BILLS}{billed.buyer_id}/{billed.id}/")
    assert "Say why" in posted(finance, f"{address}take-back/", reason=" ")
    for _ in range(2):
        gone = posted(finance, f"{address}take-back/", reason="of another guarantor")
        assert "Taken back: 1 bills are open again" in gone and "It pays no bill any more." in gone
    assert "-¥15.00" in gone.replace("−", "-") and "of another guarantor" in gone and "take-back/" not in gone
    assert "taken back" in shown(finance, PAGE)
    assert "has been taken back by" in posted(finance, f"{address}take-back/", reason="for another reason")
    assert "1 bills are paid" in posted(finance, f"{PAGE}pay/", **PAID)
    assert "撤回" in shown(staff(Role.FINANCE, language="zh-hans"), address)


def test_customs_sees_a_payment_and_does_not_take_it_back(billed: Any) -> None:
    posted(staff(Role.FINANCE), f"{PAGE}pay/", **PAID)
    (one,) = taxes.payments()
    customs = staff(Role.CUSTOMS)
    assert "take-back/" not in within_budget(customs, f"{PAGE}payments/{one.id}/")
    assert customs.post(f"{PAGE}payments/{one.id}/take-back/", {"reason": "x"}).status_code == 403
    assert staff(Role.SERVICE).get(f"{PAGE}payments/{one.id}/").status_code == 403
    assert taxes.payments() == [one]


def test_finance_enters_a_guarantee(billed: Any) -> None:
    finance = staff(Role.FINANCE)
    given = {"guarantor": GUARANTOR, "valid_from": "2026-01-01", "amount": "1,000", "source": "letter"}
    assert "Give the guarantor" in posted(finance, f"{PAGE}guarantee/", **given | {"source": ""})
    page = posted(finance, f"{PAGE}guarantee/", **given)
    assert "The guarantee is entered" in page and "¥985.00" in page
    assert "Another guarantee" in posted(finance, f"{PAGE}guarantee/", **given | {"amount": "2000"})
    (use,) = taxes.guarantee_uses(today=T0.date())
    assert use.guarantee is not None and use.guarantee.amount_minor == 100_000
    assert staff(Role.CUSTOMS).post(f"{PAGE}guarantee/", given).status_code == 403


def test_junk_in_the_address_is_no_fault(billed: Any) -> None:
    client = staff(Role.FINANCE)
    names = ("q", "state", "paid", "month", "guarantor", "kind", "form", "page")
    for text in (*JUNK, "２０２６-11", "20２６-11"):
        for address in (PAGE, BILLS, DIFFER, *EXPORTS):
            assert client.get(address, dict.fromkeys(names, text)).status_code == 200, (address, text)
