"""A new version of a rate book through the back office: compared, then decided."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role
from entrepot.tariff import selectors
from entrepot.tariff.tests.makers import COLUMNS, founding_book
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db
ROW = '6109,,CN,duty,"{""rate"":""0.06""}",2019-01-01,,yes,customs tariff 2019,'


@pytest.fixture
def clerk() -> Client:
    return log_in(Client(), people.clerk(Role.CUSTOMS, is_demo=False), second_factor=True)


def upload(clerk: Client, *rows: str, **fields: str) -> HttpResponse:
    content = "\n".join((",".join(COLUMNS), *rows)).encode()
    form = {"name": "cn-duty", "as_of": "2026-11-21", "file": SimpleUploadedFile("duty.csv", content), **fields}
    return clerk.post("/office/rates/", form)  # type: ignore[return-value]


def text(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status
    return answer.content.decode()


def codes() -> set[str]:
    return {version.code for version in selectors.book_versions()}


def test_a_book_is_compared_and_then_decided(clerk: Client) -> None:
    founding_book()
    assert "cn-cbec/1" in text(clerk.get("/office/rates/"))
    address = upload(clerk, ROW)["Location"]
    assert "duty CN 6109" in text(clerk.get(address)) and "cn-duty/1" not in codes()
    assert clerk.post(address)["Location"] == "/office/rates/"
    assert "cn-duty/1" in codes() and "cn-duty/1 已写入" in text(clerk.get("/office/rates/"))
    changed = upload(clerk, ROW.replace("0.06", "0.05"))["Location"]
    page = text(clerk.get(changed))
    assert "0.06" in page and "0.05" in page
    assert clerk.get(address).status_code == 404  # a draft is decided once


def test_a_file_that_says_what_stands_already_is_told_to_have_written_nothing(clerk: Client) -> None:
    clerk.post(upload(clerk, ROW)["Location"])
    again = upload(clerk, ROW, as_of="2026-11-25")["Location"]
    told = text(clerk.post(again, follow=True))  # type: ignore[arg-type]
    assert "没有写入：cn-duty/1 的内容相同" in told
    assert codes() == {"cn-duty/1"}


def test_rows_beyond_those_shown_are_counted(clerk: Client) -> None:
    page = text(clerk.get(upload(clerk, *(ROW.replace("6109", f"{n:04}") for n in range(6000, 6502)))["Location"]))
    assert page.count("<ins>") == 2 * 500 and "另有 2 行未列出：每类只列出前 500 行" in page


def test_rows_with_faults_are_shown_and_cannot_be_imported(clerk: Client) -> None:
    address = upload(clerk, ROW, ROW.replace("0.06", "six"))["Location"]
    page = text(clerk.get(address))
    assert "第 3 行" in page and "params" in page
    text(clerk.post(address), 422)
    assert "cn-duty/1" not in codes()


def test_another_import_in_between_asks_for_a_new_decision(clerk: Client) -> None:
    first, second = upload(clerk, ROW)["Location"], upload(clerk, ROW.replace("0.06", "0.05"))["Location"]
    clerk.post(first)
    assert "刚刚有了新版本" in text(clerk.post(second), 409)
    assert codes() == {"cn-duty/1"}


@pytest.mark.parametrize("wrong", [{"name": "Duty Rates"}, {"name": ""}, {"as_of": "soon"}, {"file": ""}])
def test_what_is_no_book_is_told(clerk: Client, wrong: dict[str, str]) -> None:
    page = text(upload(clerk, ROW, **wrong), 422)
    assert 'aria-describedby="refusal"' in page
