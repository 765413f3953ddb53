"""The port's pages: what it received, the quota book, bills, requests; both languages, no script, persons masked."""

from __future__ import annotations

import re

import httpx
import pytest

from entrepot.sandbox.tests.trader import Purchase, Trader
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401


@pytest.fixture
def trader(sandbox: Sandbox) -> Trader:  # noqa: F811
    sandbox.control("customs", pace_s=0, together=False, tax_bills=False)
    return Trader(sandbox)


def _page(trader: Trader, path: str, status: int = 200, **query: str) -> str:
    answer = trader.port.http.get(path, params={"lang": "en", **query})
    assert answer.status_code == status, answer.text
    return answer.text


def _file_of(trader: Trader, of: Purchase) -> str:
    """The address of the order's page."""
    found = re.search(r"/customs/desk/papers/\d+", _page(trader, "/customs/desk", q=of.order_no))
    assert found is not None
    return found[0]


def _post(trader: Trader, path: str, **form: str) -> httpx.Response:
    return trader.port.http.post(path, data=form)


@pytest.mark.parametrize("path", ["", "desk", "desk/people", "desk/tax", "desk/requests"])
def test_pages_speak_both_languages_under_a_strict_policy(trader: Trader, path: str) -> None:
    chinese, english = (trader.port.http.get(f"/customs/{path}", params={"lang": lang}) for lang in ("zh", "en"))
    assert 'lang="zh-Hans"' in chinese.text and 'lang="en"' in english.text
    assert chinese.text != english.text
    for page in (chinese, english):
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert not re.search(r"<script|\sstyle=|\son\w+=|javascript:", page.text)
        assert 'name="viewport"' in page.text
    assert trader.port.http.get("/customs/desk.css").headers["content-type"].startswith("text/css")


def test_an_order_s_page_shows_all_documents_with_their_receipts_in_time(trader: Trader) -> None:
    of = trader.listed()
    text = _page(trader, _file_of(trader, of))
    for shown in ("Order <small>311", "Payment <small>411", "Waybill <small>511", "List <small>621", of.invt_no):
        assert shown in text
    lists = text[text.rindex("List <small>621") :].partition('<ol class="line"')[2]
    assert lists.index("2 Being declared") < lists.index("120 Taken in") < lists.index("800 Released")
    assert "delivered" in lists
    assert _page(trader, _file_of(trader, of), lang="zh").count("放行") > 1


def test_people_are_masked(trader: Trader) -> None:
    of = trader.listed()
    for path in (_file_of(trader, of), "/customs/desk", "/customs/desk/people"):
        text = _page(trader, path)
        for secret in (of.person, of.name, "13800005678", "13900000000", "西湖区一号"):
            assert secret not in text, (path, secret)
    masked = f"{of.person[:3]}{'*' * 13}{of.person[-2:]}"
    assert masked in _page(trader, "/customs/desk/people")


def test_the_list_of_documents_can_be_searched_and_leafed_through(trader: Trader) -> None:
    of = trader.listed()
    refused = Purchase()
    trader.port.control("customs", next=["refuse:100"])
    trader.says("311", refused)
    found = _page(trader, "/customs/desk", q=of.order_no, kind="621")
    assert found.count("<tr>") == 2  # head and one
    assert of.order_no in _page(trader, "/customs/desk", state="released", kind="621")
    assert refused.order_no in _page(trader, "/customs/desk", state="refused")
    assert f">{refused.order_no}<" not in _page(trader, "/customs/desk", state="taken", q=refused.order_no)
    assert "Nothing here yet" in _page(trader, "/customs/desk", before="1")
    hostile = _page(trader, "/customs/desk", q='"><script>alert(1)</script>')
    assert "<script>" not in hostile
    _page(trader, "/customs/desk/papers/999999999", status=404)
    _page(trader, "/customs/desk/people/999999999", status=404)


def test_hostile_texts_in_documents_are_only_shown(trader: Trader) -> None:
    of = Purchase(name="<script>alert(1)</script>", order_no="T<b>1</b>&amp;")
    trader.says("311", of)
    text = _page(trader, _file_of(trader, of))
    assert "T&lt;b&gt;1&lt;/b&gt;&amp;amp;" in text
    assert "<b>1" not in text and "<script" not in text


def test_messages_of_the_wrong_form_are_shown(trader: Trader) -> None:
    guid, xml = trader.message("311", {"orderNo": "X"}, [])
    assert trader.post("311", guid, xml) == 200
    assert "CEB900" in _page(trader, "/customs/desk")


def test_the_official_s_desk_on_the_page(trader: Trader) -> None:
    trader.port.control("customs", course="500")
    of = trader.listed(upto=(2, 120, 500))
    path = _file_of(trader, of)
    assert "500 Inspected" in _page(trader, path)
    assert _post(trader, path, do="621", status="800").status_code == 303
    assert trader.state(of) == "released"
    assert [one.status for one in trader.told()] == [800]
    assert _post(trader, path, do="621", status="800").status_code == 404
    for wrong in ({"do": "621", "status": "120"}, {"do": "621"}, {"do": "explode"}, {}):
        assert _post(trader, path, **wrong).status_code == 400
    assert _post(trader, path, do="ask").status_code == 303
    assert of.order_no in _page(trader, "/customs/desk/requests")


def test_a_return_s_goods_arrive_on_the_page(trader: Trader) -> None:
    of = trader.listed()
    trader.port.control("customs", returns_wait=True)
    trader.says("625", of)
    path = _file_of(trader, of)
    assert "Goods are back" in _page(trader, path)
    assert _post(trader, path, do="arrived").status_code == 303
    assert trader.state(of) == "returned"
    assert "Goods are back" not in _page(trader, path)


def test_the_quota_book_on_the_page(trader: Trader) -> None:
    of = trader.listed()
    form = {"id_number": of.person, "name": of.name, "year": "2026", "used": "25000"}
    year = trader.port.http.post("/customs/people/find", json={"id_number": of.person}).json()["movements"][0]["year"]
    answer = _post(trader, "/customs/desk/people", **{**form, "year": str(year)})
    assert answer.status_code == 303
    assert of.person not in answer.headers["location"]
    assert trader.used(of) == "25000.00"
    text = _page(trader, "/customs/desk/people")
    assert "25,000.00 of 26,000" in text and "known to the port" in text
    person = re.search(r"/customs/desk/people/\d+", text)
    assert person is not None
    movements = _page(trader, person[0])
    assert "+200.00" in movements and "+24,800.00" in movements and "set by hand" in movements
    assert _post(trader, "/customs/desk/people", **{**form, "year": "x"}).status_code == 400


def test_bills_on_the_page(trader: Trader) -> None:
    trader.port.control("customs", tax_bills=True)
    of = trader.three(Purchase())
    trader.send("621", of)
    trader.told()
    assert of.order_no in _page(trader, "/customs/desk/tax")
    assert "18.20" in _page(trader, _file_of(trader, of))  # 200 × 0.13 × 0.7
    assert _post(trader, "/customs/desk/tax").status_code == 303
    bills = trader.port.http.get("/customs/bills", params={"order_no": of.order_no}).json()
    assert [bill["status"] for bill in bills] == [2]


def test_forms_of_foreign_pages_are_refused(trader: Trader) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/customs/", "/customs/desk/people", "/customs/desk/tax", "/pay/"):
        assert trader.port.http.post(path, data={"reset": "1"}, headers=foreign).status_code == 403


def test_each_case_can_be_provoked_on_the_switch_page(trader: Trader) -> None:
    text = _page(trader, "/customs/")
    for code in ("refuse:-621018", "refuse:-625209", "status:500&gt;800", "status:700", "grab:20004", "format"):
        assert f'<option value="{code}">' in text, code
    assert text.count("<fieldset>") == 6
    form = {"next": "refuse:-621005", "pace_s": "0.5", "seed": "5", "inspect_share": "0.25", "course": "500>800"}
    form |= {"late_s": "0", "jitter_s": "0", "days_ahead": "0", "duplicate_share": "0", "lose_share": "0"}
    form |= {"tax_off_by": "0", "ask_share": "0", "delay_s": "8", "ask_as": "json", "hold": "on"}
    form |= {"platform_url": 'http://x/"', "upload_refusal": "20000"}
    assert _post(trader, "/customs/", **form).status_code == 303
    told = trader.port.http.get("/customs/control").json()
    assert (told["next"], told["seed"], told["course"]) == (["refuse:-621005"], 5, "500>800")
    assert told["platform_url"] == 'http://x/"'
    assert 'value="http://x/&quot;"' in _page(trader, "/customs/")
