"""How fast the tariff answers: one-line quotes and a basket of 99 lines in one process, from a warm book."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files

import django

from entrepot.tariff.book import Book
from entrepot.tariff.rules import quote
from entrepot.tariff.types import LineRequest, QuoteRequest

seconds = 3.0
_KEY = base64.b64encode(b"k" * 32).decode()


def one_line() -> QuoteRequest:
    line = LineRequest(
        id="1", hs_code="3304990039", origin="FR", quantity=Decimal(1), unit="piece",
        unit_price=Decimal("425.00"), measures={"g": Decimal(20)},
    )  # fmt: skip
    return QuoteRequest(destination="CN", channel="bonded", date=date(2026, 11, 1), currency="CNY", lines=(line,))


def many_lines(count: int) -> QuoteRequest:
    first = one_line().lines[0]
    lines = tuple(
        replace(first, id=str(i), unit_price=Decimal("12.50"), measures={"g": Decimal(50)}) for i in range(count)
    )
    return replace(one_line(), lines=lines, freight=Decimal("35.00"))


def shipped_book() -> Book:
    """The book that comes with the package, without a database."""
    for name, value in {"DATABASE_URL": "postgresql:///none", "SECRET_KEY": "x", "ENTREPOT_INDEX_KEY": _KEY}.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("ENTREPOT_FIELD_KEYS", f"1:{_KEY}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.server.settings")
    django.setup()
    from entrepot.tariff.services import read

    content = files("entrepot.tariff").joinpath("data", "cn-cbec.csv").read_bytes()
    rates, faults = read(content=content)
    if faults:
        raise ValueError(faults)
    return Book("cn-cbec/1", date(2026, 11, 1), "CN", rates)


def rate(work: Callable[[], object]) -> float:
    """Calls a second over `seconds`."""
    work()
    done, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        work()
        done += 1
    return done / took


def main() -> None:
    book = shipped_book()
    single, basket = one_line(), many_lines(99)
    print(f"quotes of one line: {rate(lambda: quote(single, book)):,.0f}/s in one process")
    print(f"basket of 99 lines: {1000 / rate(lambda: quote(basket, book)):.2f} ms")


if __name__ == "__main__":
    main()
