from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from entrepot.catalogue import selectors, services
from entrepot.catalogue.tests.makers import NOW, make_import_run
from entrepot.catalogue.types import ImportState
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role
from entrepot.outbox.testing import drain
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db

GOODS = "货号,名称,品牌,备注\nA1,果汁,Bravo,=1+1\nA 2,坏,Bravo,\n".encode("gb18030")


@pytest.fixture
def clerk() -> Client:
    return log_in(Client(), people.clerk(Role.CATALOGUE, is_demo=False), second_factor=True)


def upload(clerk: Client, content: bytes, **fields: str) -> HttpResponse:
    file = SimpleUploadedFile("货品.csv", content)
    return clerk.post("/office/imports/", {"file": file, **fields})  # type: ignore[return-value]


def page(answer: HttpResponse) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_stage_of_a_run_speaks_the_readers_language_only(clerk: Client) -> None:
    goods = b"code,title,brand\nA1,Juice,Bravo\nA 2,Bad,Bravo\n"
    address = upload(clerk, goods)["Location"]
    clerk.cookies["django_language"] = "en"
    stages = [work(clerk, address)]
    clerk.post(f"{address}columns/", {"column-0": "code", "column-1": "title", "column-2": "brand", "language": "en"})
    stages.append(work(clerk, address))
    drain()
    stages += [work(clerk, address), work(clerk, "/office/imports/")]
    assert ["To be confirmed" in stage for stage in stages] == [False, False, True, True]
    for stage in stages:
        assert not re.search(r"[一-鿿]", stage), stage
    clerk.cookies["django_language"] = "zh-hans"
    for stage in (work(clerk, address), work(clerk, "/office/imports/")):
        assert "待确认" in stage
        assert not re.search(r"\b(Rows|State|Verdict|Upload|Encoding|bad|new|all)\b", stage), stage


def test_what_a_row_says_is_told_by_the_names_of_its_columns(clerk: Client) -> None:
    address = upload(clerk, b"code,product,title,brand\nA1,juice-1,Juice,Bravo\n")["Location"]
    meant = {f"column-{n}": name for n, name in enumerate(("code", "product", "title", "brand"))}
    clerk.post(f"{address}columns/", {**meant, "language": "zh-hans"})
    drain()
    assert re.search(r"款号\s+juice-1", work(clerk, address))


def work(clerk: Client, address: str) -> str:
    """The words of a page inside the admin's frame, without the choices of its selects."""
    text = page(clerk.get(address)).split('<div class="office">')[1].split("<script")[0].replace("货品.csv", "")
    return re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<select.*?</select>", "", text))


def test_a_file_goes_the_whole_way(clerk: Client) -> None:
    answer = upload(clerk, GOODS)
    assert answer.status_code == 302
    address = answer["Location"]
    columns = page(clerk.get(address))
    assert "gb18030" in columns
    assert '<option value="zh-hans" selected>中文 (简体)</option>' in columns and ">俄语<" in columns
    for field in ("code", "title", "brand"):
        assert re.search(rf'<option value="{field}" selected>', columns)
    posted = {
        "column-0": "code",
        "column-1": "title",
        "column-2": "brand",
        "language": "zh-hans",
        "default-origin": "HR\0",
    }
    assert clerk.post(f"{address}columns/", posted)["Location"] == address

    waiting = page(clerk.get(address))
    assert f'hx-get="{address}progress/"' in waiting
    assert "读取" in waiting
    assert "<progress" in page(clerk.get(f"{address}progress/", headers={"HX-Request": "true"}))
    drain()
    assert clerk.get(f"{address}progress/")["HX-Refresh"] == "true"

    compared = page(clerk.get(address))
    assert "写入 1 行" in compared
    assert "货号须以字母或数字开头" in compared
    assert "果汁" not in page(clerk.get(f"{address}?verdict=bad"))
    report = b"".join(clerk.get(f"{address}errors.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "3,code,bad_code" in report
    assert page(clerk.get(f"{address}?columns=")).count('<option value="code" selected>') == 1

    assert clerk.post(f"{address}act/", {"act": "commit"})["Location"] == address
    assert "写入" in page(clerk.get(address))
    drain()
    done = page(clerk.get(address))
    assert "已写" in done
    assert "act/" not in done
    sku = selectors.sku_by_code(codes=["A1"])["A1"]
    assert (sku.titles, sku.origin) == ({"zh-hans": "Bravo 果汁"}, "HR")
    listed = page(clerk.get("/office/imports/"))
    assert "货品.csv" in listed
    assert '<span class="state good">已完成</span>' in listed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "文件是空的"), (b"%PDF-\x00\x01", "无法识别的文件"), (b"a,A\n1,2\n", "须为表头"),
        (b"a\n" + b"\xff\xff", "文字编码无法识别"), (b"PK\x03\x04xxxx", "工作簿已损坏"), (b'a\n"x', "引号"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_on_the_page(clerk: Client, content: bytes, said: str) -> None:
    answer = upload(clerk, content)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert selectors.import_runs()[0] == []


def test_too_large_a_file_is_refused_unread(clerk: Client) -> None:
    answer = upload(clerk, b"x" * (services.FILE_MAX_BYTES + 1))
    assert answer.status_code == 413
    assert "文件过大" in answer.content.decode()


def test_no_file_is_refused(clerk: Client) -> None:
    answer = clerk.post("/office/imports/", {})
    assert answer.status_code == 422
    assert "文件是空的" in answer.content.decode()


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({}, "没有任何一列对应"), ({"column-0": "price"}, "没有这个字段"),
        ({"column-0": "code", "column-1": "code"}, "对应了同一个字段"),
        ({"column-0": "code", "default-origin": "Atlantis"}, "默认值有误"),
        ({"column-0": "code", "language": "?"}, "语言"),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_are_refused_and_kept_on_the_page(
    clerk: Client, posted: dict[str, str], said: str
) -> None:
    run_id = make_import_run()
    answer = clerk.post(f"/office/imports/{run_id}/columns/", {"language": "zh-hans", **posted})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert ("Atlantis" in answer.content.decode()) == ("default-origin" in posted)
    assert state(run_id) is ImportState.UPLOADED


def state(run_id: UUID) -> ImportState:
    run = selectors.import_run(run_id=run_id)
    assert run is not None
    return run.state


def test_a_run_can_be_given_up_and_then_nothing_else(clerk: Client) -> None:
    run_id = make_import_run()
    clerk.post(f"/office/imports/{run_id}/act/", {"act": "discard"})
    assert state(run_id) is ImportState.DISCARDED
    answer = clerk.post(f"/office/imports/{run_id}/act/", {"act": "commit"}, follow=True)
    assert "不能这样做" in answer.content.decode()
    clerk.post(f"/office/imports/{run_id}/act/", {"act": "dance"})
    assert state(run_id) is ImportState.DISCARDED


def test_there_is_a_file_to_begin_with(clerk: Client) -> None:
    template = clerk.get("/office/imports/template.csv")
    assert "货号,条码,款号" in template.content.decode("utf-8-sig")


def test_a_run_that_does_not_move_says_so(clerk: Client) -> None:
    run_id = make_import_run()
    services.map_import(run_id=run_id, mapping={"code": 0}, defaults={}, language="en", now=NOW)  # long ago
    assert "30 秒没有进展" in page(clerk.get(f"/office/imports/{run_id}/progress/"))


@pytest.mark.parametrize("query", ["?verdict=x&page=-1", "?page=99999999999", "?page=a", "?verdict=%00"])
def test_odd_questions_get_a_page(clerk: Client, query: str) -> None:
    run_id = make_import_run()
    services.map_import(run_id=run_id, mapping={"code": 0}, defaults={}, language="en", now=NOW)
    while services.step_import(run_id=run_id, now=NOW):
        pass
    page(clerk.get(f"/office/imports/{run_id}/{query}"))
    page(clerk.get(f"/office/imports/{query}"))


def test_no_such_run(clerk: Client) -> None:
    assert clerk.get("/office/imports/01a1fd51-8916-71f2-af13-81bb86a9f715/").status_code == 404


def test_cells_are_shown_and_never_run(clerk: Client) -> None:
    run_id = make_import_run("code,title,brand\nA1,<script>alert(1)</script>,<b>B</b>\n")
    assert "<script>alert" not in page(clerk.get(f"/office/imports/{run_id}/"))
    services.map_import(run_id=run_id, mapping={"code": 0, "title": 1}, defaults={}, language="en", now=NOW)
    while services.step_import(run_id=run_id, now=NOW):
        pass
    assert "<script>alert" not in page(clerk.get(f"/office/imports/{run_id}/"))
