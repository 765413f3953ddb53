"""`entrepot quote`: each request of a stream is answered or refused for itself, however it was cut up or broken."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.tariff import piping
from entrepot.tariff.reading import shipped_books
from entrepot.tariff.tests.makers import founding_book, frozen_books
from entrepot.tariff.types import wire
from tests.examples import many


def a_question(**changes: Any) -> dict[str, Any]:
    line = {
        "id": "1", "hs_code": "3304990099", "origin": "FR", "quantity": "1", "unit": "piece", "unit_price": "425.00",
        "measures": {"g": "20"},
    }  # fmt: skip
    whole = {"destination": "CN", "channel": "bonded", "date": "2025-11-14", "currency": "CNY", "lines": [line]}
    return {**whole, **changes}


def piped(content: bytes, progress: io.StringIO | None = None) -> tuple[list[dict[str, Any]], int]:
    sink = io.BytesIO()
    refused = piping.answer_all(io.BytesIO(content), sink, shipped_books, progress=progress)
    return [json.loads(line) for line in sink.getvalue().splitlines()], refused


def told(answer: dict[str, Any]) -> tuple[Any, ...]:
    if "refused" in answer:
        return answer["refused"]["code"], answer["refused"]["field"], answer["line"]
    return answer["decision"], answer["total_tax"]


GOOD = json.dumps(a_question()).encode()
FINE = ("clear", "98.00")


def test_lines_are_answered_one_by_one_and_blank_ones_passed_over() -> None:
    answers, refused = piped(b"\xef\xbb\xbf" + GOOD + b"\n\n  \r\n" + GOOD + b"\r\n" + GOOD)
    assert [told(one) for one in answers] == [FINE] * 3
    assert refused == 0
    assert "cn-cbec/shipped" in answers[0]["books"]


@pytest.mark.parametrize("indent", [None, 0, 1, 4, "\t"])
def test_a_request_may_stand_over_several_lines(indent: int | str | None) -> None:
    pretty = json.dumps(a_question(), indent=indent).encode()
    answers, refused = piped(pretty + b"\n" + GOOD + b"\n\n" + pretty)
    assert ([told(one) for one in answers], refused) == ([FINE] * 3, 0)


@pytest.mark.parametrize("destination", ["CN", "DE", "GB", "JP"])
def test_the_books_that_ship_are_those_a_database_begins_with(destination: str) -> None:
    """A member's rows and its customs union's: without these nobody knows what a parcel to Germany owes."""
    shipped, founding = shipped_books(destination), frozen_books(destination)
    assert [code.partition("/")[0] for code in shipped.codes] == [code.partition("/")[0] for code in founding.codes]
    assert shipped.places == founding.places


BROKEN = {
    b"hello": ("bad_quote_request", "-"),
    b"[]": ("bad_quote_request", "-"),
    b"{}": ("bad_quote_request", "destination"),
    b"{" * 5_000: ("bad_quote_request", "-"),
    GOOD[:60]: ("bad_quote_request", "-"),
    GOOD[:-1]: ("bad_quote_request", "-"),
    GOOD + b"}": ("bad_quote_request", "-"),
    GOOD.replace(b'"425.00"', b"NaN"): ("bad_quote_request", "lines[0].unit_price"),
    GOOD.replace(b'"425.00"', b"9" * 5_000): ("bad_quote_request", "-"),
    GOOD.replace(b'"425.00"', b'"-1"'): ("bad_amount", "lines[0].unit_price"),
    GOOD.replace(b'"425.00"', b'"0.00"'): ("bad_amount", "lines[0].unit_price"),
    GOOD.replace(b"3304990099", b"3399"): ("unknown_hs_code", "lines[0].hs_code"),
    GOOD.replace(b"piece", b"pi\xffece"): ("not_utf8", "-"),
    GOOD.replace(b'"g"', b'"kilo"'): ("bad_quote_request", "lines[0].measures.kilo"),
    GOOD.replace(b'"g": "20"', b""): ("missing_measure", "lines[0].measures"),
    GOOD.replace(b"2025-11-14", b"1999-11-14"): ("no_rate_book", "date"),
    GOOD.replace(b'"CN"', b'"QX"'): ("unknown_code", "destination"),
    b'{"destination": "CN", "x": "' + b"x" * wire.BODY_BYTES_MAX + b'"}': ("request_too_long", "-"),
    b'{"destination": "CN", "x": [\n' + b"1,\n" * (wire.BODY_BYTES_MAX // 3) + b"1]}": ("request_too_long", "-"),
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda text: text[:20].decode(errors="replace"))
def test_what_is_wrong_is_refused_by_name_and_the_others_are_answered(broken: bytes) -> None:
    answers, refused = piped(GOOD + b"\n" + broken + b"\n" + GOOD + b"\n")
    assert [told(one) for one in answers] == [FINE, (*BROKEN[broken], 2), FINE]
    assert refused == 1
    assert {"code", "field", "zh", "en", "data"} == set(answers[1]["refused"])


@given(st.lists(st.one_of(st.just(GOOD), st.sampled_from(sorted(BROKEN)), st.binary(max_size=40)), max_size=6))
@settings(deadline=None, max_examples=many(60))
def test_no_neighbour_takes_an_answer_away(parts: list[bytes]) -> None:
    """However broken the lines between are, each good line has its answer."""
    answers, refused = piped(b"\n".join(parts) + b"\n")
    assert [told(one) for one in answers].count(FINE) == parts.count(GOOD)
    assert refused == len(answers) - parts.count(GOOD)


def test_a_run_has_a_limit_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piping, "REQUESTS_MAX", 2)
    answers, refused = piped((GOOD + b"\n") * 4)
    assert [told(one) for one in answers] == [FINE, FINE, ("too_many_requests", "-", 3)]
    assert refused == 1


def test_progress_counts_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piping, "TOLD_EVERY_S", 0.0)
    progress = io.StringIO()
    piped(GOOD + b"\nhello\n" + GOOD, progress)
    assert progress.getvalue().endswith("\r2 answered, 1 refused\n")


def test_the_command_needs_no_database_and_says_by_its_exit_code_whether_all_were_answered() -> None:
    bare = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "entrepot", "quote", "--shipped"]
    for content, code, lines in ((GOOD + b"\n" + GOOD, 0, 2), (GOOD + b"\nhello\n", 1, 2), (b"", 0, 0)):
        done = subprocess.run(command, input=content, env=bare, capture_output=True, timeout=60)
        assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (code, lines, b"")


@pytest.mark.django_db
def test_without_shipped_the_newest_books_of_the_database_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    founding_book()
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD + b"\nhello\n")))
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit) as ended:
        call_command("quote")
    assert ended.value.code == 1
    first, second = out.buffer.getvalue().splitlines()  # type: ignore[attr-defined]
    assert json.loads(first)["books"][0] == "cn-cbec/1"
    assert told(json.loads(second)) == ("bad_quote_request", "-", 2)
