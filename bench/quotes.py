"""How fast the tariff answers: one-line quotes and a basket of 99 lines in one process, from a warm book."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from entrepot.tariff.book import Book, Books, Rate
from entrepot.tariff.engine import quote
from entrepot.tariff.measures import Levy
from entrepot.tariff.reading import shipped_books
from entrepot.tariff.regimes import REGIMES
from entrepot.tariff.types import LineRequest, QuoteRequest
from entrepot.tariff.types.wire import render

seconds = 3.0


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


def grown(books: Books, count: int) -> Books:
    """The same books with one of `count` rows of duty beside them: codes of eight digits, five periods each."""
    days = [date(2000 + 5 * n, 1, 1) for n in range(6)]
    rates = tuple(
        Rate(f"{10_000_000 + i // 5 * 11:08}", "", "CN", "duty", {}, days[i % 5], days[i % 5 + 1], True, "bench", "",
             Levy(Fraction(1, 10)))
        for i in range(count)
    )  # fmt: skip
    return Books("CN", (*books.books, Book("grown/1", date(2026, 11, 1), rates)))


def codes_of(count: int, asked: int) -> list[str]:
    """`asked` codes that a book of `count` grown rows has, from all over it, as often as makes 200,000 questions."""
    has = max(1, count // 5)
    return [f"{10_000_000 + i * 7919 % has * 11:08}90" for i in range(min(asked, has))] * (200_000 // min(asked, has))


def look_ups(books: Books, codes: list[str]) -> float:
    """Look-ups a second that nothing has remembered."""
    fresh, day = Books("CN", books.books), date(2018, 3, 1)
    began = time.process_time()
    for code in codes:
        fresh._search("duty", day, code, "FR")
    return len(codes) / (time.process_time() - began)


def plain(codes: list[str], count: int) -> float:
    """The same questions put to Python's own dict of as many codes: what the machine's memory takes of anybody."""
    known = {f"{10_000_000 + i * 11:08}90": i for i in range(max(1, count // 5))}
    began = time.process_time()
    for code in codes:
        known.get(code)
    return len(codes) / (time.process_time() - began)


def rate(work: Callable[[], object]) -> float:
    """Calls in a second of CPU: what others do on the machine does not count."""
    work()
    done, began = 0, time.process_time()
    while (took := time.process_time() - began) < seconds:
        for _ in range(20):
            work()
        done += 20
    return done / took


def main() -> None:
    books, regimes = shipped_books("CN"), list(REGIMES.values())
    single, basket = one_line(), many_lines(99)
    print(f"quotes of one line: {rate(lambda: quote(single, books, regimes)):,.0f}/s in one process (aim 20,000)")
    print(f"the same with its explanation as JSON: {rate(lambda: render(quote(single, books, regimes))):,.0f}/s")
    print(f"basket of 99 lines: {1000 / rate(lambda: quote(basket, books, regimes)):.2f} ms (aim 2)")
    for count in (1_000, 100_000, 1_000_000):
        large = grown(books, count)
        for asked in (200, 20_000):
            codes = codes_of(count, asked)
            print(
                f"look-up among {count:,} rows, {len(set(codes)):,} different codes asked, nothing remembered:"
                f" {look_ups(large, codes):,.0f}/s (a plain dict {plain(codes, count):,.0f})"
            )


if __name__ == "__main__":
    main()
