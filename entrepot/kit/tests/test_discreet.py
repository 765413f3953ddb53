"""What is struck out of logs and of the list of failures."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.db import Error, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.discreet import discreet, fault


@pytest.mark.parametrize(
    "text",
    [
        "id 11010519491231002X here",
        "(11010519900107001x)",
        "phone=13800135678",
        "+8613800135678",
        "mail anna.lee+shop@mail.example.com.",
        "duplicate key\nDETAIL:  Key (name)=(张小燕) already exists.\n",
        "violates check\nDETAIL:  Failing row contains (1,\n 张小燕, x).\n",
        "violates check\nDETAIL:  Failing row contains (1,\n\n张小燕\n, x).\nCONTEXT:  while inserting\n张小燕",
        "no such column\nLINE 1: SELECT nothing, '张小燕'\n               ^",
    ],
)
def test_personal_data_is_struck_out(text: str) -> None:
    clean = discreet(text)
    for secret in ("110105", "13800135678", "anna", "张小燕"):
        assert secret not in clean


@pytest.mark.parametrize(
    "text",
    [
        "order KL2611210123456789 paid",
        "parcel 01a1fd3c-7b6c-77bb-9ce7-61c30257b442",
        "amount 13800 CNY, 1234567890123 EAN",
        "GET /api/v1/orders 200",
        "sku 13800135678901234567",
    ],
)
def test_numbers_of_the_trade_stay(text: str) -> None:
    assert discreet(text) == text


@given(st.text())
def test_any_line_passes(text: str) -> None:
    assert discreet(discreet(text)) == discreet(text)


LONG = """
import resource
from entrepot.kit.discreet import discreet
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for word in ("a", "a-", "1", "a@", "a.", "@a", "DETAIL:\\n", ': "'):
    discreet("Not Found: /" + word * 1_000_000)
"""


def test_a_very_long_text_is_read_once() -> None:
    """An address of any length is told as not found: read from each of its letters on that would take hours."""
    assert subprocess.run([sys.executable, "-c", LONG]).returncode == 0


def test_what_follows_a_quoted_row_stays() -> None:
    text = "refused\nDETAIL:  Key (name)=(张\n小燕) exists.\nHINT:  look\n\nThe above exception was the direct cause"
    kept = "refused\nDETAIL: [withheld]\nHINT:  look\n\nThe above exception was the direct cause"
    assert discreet(text) == kept


REFUSED = {
    "INSERT INTO kept VALUES (%(text)s), (%(text)s)": "kept_once",
    "INSERT INTO kept VALUES (%(text)s || NULL)": "null value in column",
    "SELECT %(text)s::integer": "invalid input syntax for type integer: [withheld]",
    "SELECT %(text)s::jsonb": "invalid input syntax for type json",
    "SELECT nothing, %(text)s": "does not exist",
    "INSERT INTO kept VALUES (repeat(%(text)s, 100))": "too long",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("statement", "told"), REFUSED.items())
@pytest.mark.parametrize("raw", [False, True], ids=["wrapped", "raw"])
def test_a_database_error_tells_what_was_refused_but_no_value(statement: str, told: str, raw: bool) -> None:
    secret = "张小燕 \n 110105194912310022"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept (name varchar(60) NOT NULL CONSTRAINT kept_once UNIQUE)")
        with pytest.raises(Error) as caught, transaction.atomic():
            cursor.execute(statement, {"text": secret})
    error: BaseException | None = caught.value.__cause__ if raw else caught.value
    assert error is not None
    assert "张小燕" in str(error) or "too long" in told or "null value" in told, (
        "the control: the error itself tells it"
    )
    assert told in fault(error)
    for word in ("张小燕", "110105"):
        assert word not in fault(error)


def test_another_error_tells_its_words() -> None:
    assert fault(ValueError("carrier said 13800135678")) == "ValueError: carrier said [personal]"
