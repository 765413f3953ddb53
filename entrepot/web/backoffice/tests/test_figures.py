"""Quantities in tables stand under one another and are grouped as the reader's language does it, by one filter."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils.translation import override

from entrepot.web import backoffice

TEMPLATES = Path(backoffice.__file__).parent / "templates"
_CELL = re.compile(r"<td[^>]*class=\"num\"[^>]*>(.*?)</td>", re.DOTALL)
_NOT_SHOWN = re.compile(r"<input[^>]*>|{% blocktranslate.*?endblocktranslate %}", re.DOTALL)
_BARE = re.compile(r"{{ ([a-z_.0-9]+) }}")
# Figures that are no quantities: numbers of things, prices and shares that are texts already, and what says why.
OTHER = {
    "past.number", "forloop.counter", "one.number", "line.unit_price", "line.unit_cost.normalize", "line.currency",
    "of.currency", "paper.currency", "line.duty", "line.vat", "line.excise", "way.tax", "way.ours", "way.revenue",
    "way.margin", "one.wape", "one.bias", "one.factor", "figure", "percent", "line", "why", "basis", "one.group",
}  # fmt: skip


def bare(html: str) -> set[str]:
    cells = (_NOT_SHOWN.sub("", cell) for cell in _CELL.findall(html))
    return {name for cell in cells for name in _BARE.findall(cell)}


def test_no_table_writes_a_quantity_without_the_filter() -> None:
    found = {name: path.name for path in TEMPLATES.rglob("*.html") for name in bare(path.read_text())}
    assert {name: path for name, path in found.items() if name not in OTHER} == {}
    assert found.keys() >= OTHER


def test_a_bare_quantity_would_be_found() -> None:
    assert bare('<td class="num" data-word="{{ a }}"><b>{{ row.units }}</b> {{ row.sum|count }}</td>') == {"row.units"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_thousands_are_parted(language: str) -> None:
    shown = Template("{% load office %}{{ a|count }} {{ b|count }} {{ c|count }} {{ d|count }}")
    with override(language):
        told = shown.render(Context({"a": 1234567, "b": 999, "c": Decimal("-1234.5"), "d": None}))
    assert told == "1,234,567 999 -1,234.5 —"
