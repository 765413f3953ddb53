"""Landed cost over the wire: what is documented is what is taken and given; refusals name the field; hardly a query."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entrepot.storefronts.tests.makers import koala_lane
from entrepot.tariff.tests.makers import founding_book
from entrepot.tariff.types import wire
from entrepot.web.rest.examples import REQUESTS, RESPONSES
from entrepot.web.rest.landed_cost_schema import ANSWER, LINE, REQUEST
from entrepot.web.rest.tests.document import faults
from entrepot.web.rest.tests.makers import CLIENT, Caller, refused

ADDRESS = "/landed-cost/quotes"


def cream(price: str = "425.00", quantity: str = "1", **changes: Any) -> dict[str, Any]:
    line = {
        "id": "cream", "hs_code": "3304990099", "origin": "FR", "quantity": quantity, "unit": "piece",
        "unit_price": price, "measures": {"g": "20"},
    }  # fmt: skip
    return {**line, **changes}


def question(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    whole = {"destination": "CN", "channel": "bonded", "date": "2026-11-14", "currency": "CNY"}
    return {**whole, "lines": list(lines or [cream()]), **changes}


@pytest.fixture(autouse=True)
def founded(db: None) -> None:
    founding_book()
    koala_lane()


def test_the_schema_knows_every_field_that_is_read() -> None:
    assert REQUEST["properties"].keys() == wire._TOP
    assert LINE["properties"].keys() == wire._LINE
    assert set(LINE["properties"]["measures"]["properties"]) == set(wire.MEASURES)


ASKED = {
    "clear": question(),
    "ranked": question(channel=None),
    "split": question(cream("1400.00", "5", measures={"g": "100"})),
    "one above the limit": question(cream("5400.00", rates={"duty": "0.05"})),
    "no duty known": question(cream("5400.00")),
    "another currency": question(cream("50.00"), currency="EUR", exchange_rate="7.85"),
    "everything said": question(
        cream(discount="25", rates={"duty": None, "excise": "0.15", "vat": "0.13"}, proof_of_origin=True),
        freight="12", insurance="1.5", incoterm="DAP", registered_seller=False, transport="air",
        buyer={"used_this_year": "100.00", "origin_region": "HK", "region": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_questions_and_answers_are_what_the_document_says(name: str) -> None:
    asked = ASKED[name]
    assert faults(asked, REQUEST) == []
    answer = Caller().post(ADDRESS, asked)
    assert answer.status_code == 200, answer.content
    assert faults(answer.json(), ANSWER) == []


def test_the_example_is_the_answer_to_the_example() -> None:
    """Explanations are shortened in the document; figures and the step that is shown are not."""
    told = Caller().post(ADDRESS, REQUESTS["quote_landed_cost"]).json()
    shown = RESPONSES["quote_landed_cost"]
    figures = ("regime", "channel", "decision", "currency", "total_tax", "excise", "vat", "collector")
    assert {name: told[name] for name in figures} == {name: shown[name] for name in figures}
    assert told["lines"][0]["rates"] == shown["lines"][0]["rates"]
    assert shown["lines"][0]["explanation"][0] in told["lines"][0]["explanation"]


def test_the_engine_ranks_and_lines_sum_to_the_whole() -> None:
    told = Caller().post(ADDRESS, ASKED["ranked"]).json()
    assert {"bonded", "direct"} <= {option["channel"] for option in told["options"]}
    open_ones = [option for option in told["options"] if option["open"]]
    assert told["channel"] == open_ones[0]["channel"]
    assert Decimal(told["total_tax"]) == min(Decimal(option["total_tax"]) for option in open_ones)
    assert Decimal(told["total_tax"]) == sum(Decimal(line["total_tax"]) for line in told["lines"])


def test_a_split_clears_order_by_order() -> None:
    told = Caller().post(ADDRESS, ASKED["split"]).json()
    assert (told["decision"], told["parts_proven"]) == ("split", True)
    for part in told["parts"]:
        lines = [cream("1400.00", part["units"]["cream"], measures={"g": f"{20 * int(part['units']['cream'])}"})]
        assert Caller().post(ADDRESS, question(*lines)).json()["decision"] == "clear"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (question(cream(hs_code="3399")), "unknown_hs_code", "lines[0].hs_code"),
    (question(cream(), cream(id="2", hs_code="9999999999")), "unknown_hs_code", "lines[1].hs_code"),
    (question(cream(measures={})), "missing_measure", "lines[0].measures"),
    (question(cream(quantity="0")), "bad_amount", "lines[0].quantity"),
    (question(cream("-1")), "bad_amount", "lines[0].unit_price"),
    (question(cream(discount="425.01")), "bad_amount", "lines[0].discount"),
    (question(freight="0.001"), "bad_amount", "freight"),
    (question(cream(origin="QX")), "unknown_code", "lines[0].origin"),
    (question(currency="XQX"), "unknown_code", "currency"),
    (question(destination="QX"), "unknown_code", "destination"),
    (question(destination="AQ"), "unsupported_regime", "channel"),
    (question(currency="EUR"), "no_exchange_rate", "exchange_rate"),
    (question(date="1999-01-01"), "no_rate_book", "date"),
    (question(date="2026-02-30"), "bad_quote_request", "date"),
    (question(channel="pigeon"), "bad_quote_request", "channel"),
    (question(cream(measures={"stone": "1"})), "bad_quote_request", "lines[0].measures.stone"),
    (question(cream(rates={"vat": "1"})), "bad_amount", "lines[0].rates.vat"),
    (question(cream(), cream()), "bad_quote_request", "lines[1].id"),
    (question(tax="0"), "bad_quote_request", "tax"),
]


@pytest.mark.parametrize(("asked", "code", "field"), WRONG, ids=lambda part: part if isinstance(part, str) else "")
def test_a_refusal_names_the_field(asked: dict[str, Any], code: str, field: str) -> None:
    refused(Caller().post(ADDRESS, asked), 422, code, field)
    assert refused(Caller(language="zh-hans").post(ADDRESS, asked), 422, code, field)["title"].isascii() is False


def test_a_warm_process_asks_the_database_nothing() -> None:
    body = json.dumps(question(channel=None)).encode()

    def ask() -> None:
        assert CLIENT.post(f"/api/v1{ADDRESS}", body, content_type="application/json").status_code == 200

    ask()
    with CaptureQueriesContext(connection) as asked:
        ask()
    assert [one["sql"] for one in asked.captured_queries] == []
