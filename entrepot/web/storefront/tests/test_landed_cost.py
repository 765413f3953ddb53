"""The reckoner: what is typed is answered or named at its field, in the visitor's language, and never lost."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

CREAM = [
    ("hs", "3304990029"),
    ("origin", "FR"),
    ("quantity", "1"),
    ("price", "425.00"),
    ("amount", "20"),
    ("unit", "g"),
]
WINE = [("hs", "2204210000"), ("origin", "IT"), ("quantity", "1"), ("price", "600"), ("amount", "0.75"), ("unit", "l")]
USUAL = [("ask", "1"), ("form", "1"), ("registered", "1"), ("to", "CN"), ("day", "2026-11-14"), ("currency", "CNY")]


def page(client: Client, *fields: tuple[str, str], start: str = "/en", status: int = 200) -> str:
    answer = client.get(f"{start}/landed-cost/", fields)
    assert answer.status_code == status, re.findall('class="error".*?</p>', answer.content.decode())
    return html.unescape(answer.content.decode())


def errors(text: str) -> dict[str, str]:
    return dict(re.findall(r'<p class="error" id="([\w-]+)-say">(.*?)</p>', text))


def values(text: str) -> list[tuple[str, str]]:
    """What the form's boxes and selects hold."""
    boxes = re.findall(r'<input id="[\w-]+" name="(\w+)"[^>]*?value="([^"]*)"', text)
    chosen = re.findall(
        r'<select[^>]*name="(\w+)"[^>]*>(?:(?!</select>).)*?<option value="([^"]*)" selected', text, re.S
    )
    return boxes + chosen


def test_a_line_is_answered_step_by_step(client: Client) -> None:
    text = page(client, *CREAM, ("way", "bonded"), *USUAL)
    assert "¥98.00" in text
    assert "Consumption tax: [425.00 ÷ (1 − 0.15) × 0.15] × 0.7 = 52.50 CNY" in text
    assert "财税[2016]103号" in text
    assert "cn-cbec/1" in text
    assert re.findall(r'<td data-label="Consumption tax">([^<]*)</td>', text) == ["52.50", "52.50"]
    chinese = page(client, *CREAM, ("way", "bonded"), *USUAL, start="")
    assert "高档化妆品" in chinese and "high-end" not in chinese
    assert "消费税：[425.00 ÷ (1 − 0.15) × 0.15] × 0.7 = 52.50 元" in chinese
    assert "可以按此方式进口" in chinese


def test_where_nothing_is_owed_nobody_collects_it(client: Client) -> None:
    to_japan = [(name, {"to": "JP", "currency": "JPY"}.get(name, value)) for name, value in USUAL]
    cream = [(name, {"price": "9000"}.get(name, value)) for name, value in CREAM]
    assert "Collected by nobody" in page(client, *cream, ("way", "direct"), *to_japan)
    assert "征收方：无<" in page(client, *cream, ("way", "direct"), *to_japan, start="")


def test_without_a_way_in_all_are_compared_and_drawn(client: Client) -> None:
    text = page(client, *CREAM, *USUAL)
    assert "The ways in, compared" in text
    assert len(re.findall('<svg class="way-bar"', text)) >= 2
    assert "style=" not in text.split("<main")[1]


def test_lines_sum_and_parcels_are_split(client: Client) -> None:
    both = page(client, *CREAM, *WINE, ("way", "bonded"), *USUAL)
    assert "¥205.34" in both  # 98.00 and 107.34
    many = [("quantity", "12"), ("amount", "240")]
    split = page(client, *(pair for pair in CREAM if pair[0] not in dict(many)), *many, ("way", "bonded"), *USUAL)
    assert "Orders that clear one by one" in split
    assert "No fewer orders would do" in split


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"hs": "3399"}, "hs-1", "near headings: 3305, 3306, 3307"),
    ({"hs": ""}, "hs-1", "Enter the commodity code"),
    ({"origin": ""}, "origin-1", "Choose where the goods were made"),
    ({"quantity": "two"}, "quantity-1", "Enter a number"),
    ({"quantity": "0"}, "quantity-1", "above 0"),
    ({"price": "-4"}, "price-1", "between 0"),
    ({"price": "1e3"}, "price-1", "Enter a number"),
    ({"amount": ""}, "amount-1", "grams"),
    ({"amount": "x"}, "amount-1", "Enter a number"),
    ({"discount": "1000"}, "discount-1", "more than the goods cost"),
    ({"duty": "high"}, "duty-1", "Enter a number"),
    ({"day": "2026-02-31"}, "day", "Enter a date"),
    ({"day": "1999-01-01"}, "day", "No rate book"),
    ({"currency": "EUR"}, "rate", "exchange_rate"),
    ({"currency": "XQX"}, "currency", "XQX"),
    ({"to": "QX"}, "to", "QX"),
    ({"way": "pigeon"}, "way", "Choose one of the ways"),
    ({"freight": "a lot"}, "freight", "Enter a number"),
    ({"used": "-1"}, "used", "between 0"),
]


@pytest.mark.parametrize(("change", "place", "said"), WRONG, ids=lambda part: str(part)[:30])
def test_what_is_wrong_is_named_at_its_field_and_kept(
    client: Client, change: dict[str, str], place: str, said: str
) -> None:
    fields = {**dict(CREAM), "way": "bonded", **dict(USUAL), **change}
    text = page(client, *fields.items(), status=422)
    assert list(errors(text)) == [place], errors(text)
    assert said in errors(text)[place]
    assert f'href="#{place}"' in text
    held = dict(values(text))
    lost = {name: value for name, value in fields.items() if name in held and held[name] != value}
    assert lost == {}
    chinese = errors(page(client, *fields.items(), start="", status=422))
    assert re.search("[\u4e00-\u9fff]", chinese[place])


def test_all_that_is_wrong_is_named_at_once(client: Client) -> None:
    lines = [
        ("hs", "3399"), ("origin", ""), ("quantity", "zwei"), ("price", "1,299.5"), ("amount", ""), ("unit", "g"),
        ("hs", "3304990029"), ("origin", "FR"), ("quantity", "1"), ("price", "-4"), ("amount", ""), ("unit", "g"),
    ]  # fmt: skip
    told = errors(page(client, *lines, *USUAL, ("freight", "?"), status=422))
    assert set(told) == {"hs-1", "origin-1", "quantity-1", "price-2", "amount-2", "freight"}


def test_figures_are_read_as_people_write_them(client: Client) -> None:
    fields = {
        **dict(CREAM),
        "price": "￥１,２９９.５０",
        "hs": "3304.99.0029",
        "duty": "6.5 %",
        **dict(USUAL),
        "way": "bonded",
    }
    text = page(client, *fields.items())
    assert '"unit_price": "1299.50"' in text
    assert '"duty": "0.065"' in text


def test_lines_are_added_and_taken_out_without_a_script(client: Client) -> None:
    added = page(client, *CREAM, *USUAL, ("add", "1"))
    assert len(re.findall('name="hs"', added)) == 2
    assert 'id="answer"' not in added
    dropped = page(client, *CREAM, *WINE, *USUAL, ("drop", "1"))
    assert [value for name, value in values(dropped) if name == "hs"] == ["2204210000"]
    full = page(client, *(CREAM * 30), *USUAL)
    assert len(re.findall('name="hs"', full)) == 20
    assert 'name="add"' not in full


@pytest.mark.parametrize("nasty", ["\0", "<script>alert(1)</script>", "\ud800", "9" * 5_000, "'", "\u202e"])
def test_nonsense_is_taken_calmly(client: Client, nasty: str) -> None:
    query = urlencode([(name, nasty) for name, _ in (*CREAM, *USUAL)] + [("drop", nasty)], errors="surrogatepass")
    for path in ("landed-cost/", "landed-cost/headings/"):
        answer = client.get(f"/en/{path}?{query}")
        assert answer.status_code in {200, 422}
        assert "<script>alert" not in answer.content.decode()


def test_headings_are_proposed_for_what_is_typed(client: Client) -> None:
    ask = "/en/landed-cost/headings/"
    assert "3303, 3304" in client.get(ask, {"hs": "33"}).content.decode()
    assert "Near: 3305, 3306, 3307" in client.get(ask, {"hs": "3399"}).content.decode()
    assert client.get(ask, {"hs": "3304990029"}).content.strip() == b""


def test_the_product_page_fills_the_reckoner_in(client: Client) -> None:
    product = html.unescape(client.get("/en/p/dark/").content.decode())
    address = re.search(r'href="(/en/landed-cost/\?[^"]+)"', product)
    assert address is not None
    asked = dict(parse_qsl(address[1].partition("?")[2]))
    assert {"hs": "1806310000", "origin": "CH", "price": "88.00"}.items() <= asked.items()
    shown = re.search(r"Import tax for one</dt><dd>(.*?)</dd>", product)
    freight = re.search(r"Freight, if ordered alone</dt><dd>¥(.*?)</dd>", product)
    assert shown is not None
    extra = [("freight", freight[1])] if freight else []
    answer = page(client, *asked.items(), *extra, ("way", "bonded"), ("day", "2026-11-21"))
    assert f"<b>{shown[1]}</b>" in answer


def test_a_warm_page_asks_the_database_nothing(client: Client) -> None:
    page(client, *CREAM, *USUAL)
    with CaptureQueriesContext(connection) as asked:
        page(client, *CREAM, *USUAL)
    assert [one["sql"] for one in asked.captured_queries] == []
