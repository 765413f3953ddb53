"""The headings of the Harmonized System (editions 2012, 2017 and 2022 together): is a code one, and which are near."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def _chapters() -> dict[str, tuple[int, ...]]:
    text = files("entrepot.tariff").joinpath("data", "hs_headings.csv").read_text(encoding="utf-8")
    chapters = {}
    for row in csv.DictReader(text.splitlines()):
        numbers: list[int] = []
        for part in row["headings"].split():
            first, _, last = part.partition("-")
            numbers.extend(range(int(first), int(last or first) + 1))
        chapters[row["chapter"]] = tuple(numbers)
    return chapters


def known(hs_code: str) -> bool:
    """Eight or ten digits under a heading that exists. China's own last digits are not checked."""
    return (
        len(hs_code) in {8, 10}
        and hs_code.isascii()
        and hs_code.isdigit()
        and int(hs_code[2:4]) in _chapters().get(hs_code[:2], ())
    )


def nearest(hs_code: str, count: int = 3) -> list[str]:
    """Up to `count` headings near a code that is none: same chapter first; none for text without digits."""
    digits = "".join(c for c in hs_code[:4] if c.isascii() and c.isdigit())
    if len(digits) < 2:
        return []
    wanted = int(digits.ljust(4, "0"))
    every = [int(chapter) * 100 + number for chapter, numbers in _chapters().items() for number in numbers]
    every.sort(key=lambda heading: (heading // 100 != wanted // 100, abs(heading - wanted), heading))
    return [f"{heading:04}" for heading in sorted(every[:count])]


def beginning(digits: str, count: int = 12) -> list[str]:
    """Up to `count` headings that begin like what was typed so far; none for fewer than two digits."""
    if len(digits) < 2 or not (digits.isascii() and digits.isdigit()):
        return []
    every = (f"{digits[:2]}{number:02}" for number in _chapters().get(digits[:2], ()))
    return [heading for heading in every if heading.startswith(digits[:4])][:count]
