"""What a visitor asks of a list, read from the address: filter, page, chips to take filters off again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from entrepot.kit.money import to_decimal, to_minor
from entrepot.shelf.types import Filter, Listing
from entrepot.stock.types import WarehouseKind

text_max = 100
values_max = 30
page_max = 50
price_max = Decimal(1_000_000)
KINDS = tuple(kind.value for kind in WarehouseKind)
SORTS = ("relevance", "new", "price_up", "price_down")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")

Label = Callable[[str, str], str]


def clean(text: str) -> str:
    """Words as typed, without control characters, cut to the limit."""
    return " ".join(_CONTROL.sub(" ", text).split())[:text_max]


class Asked:
    """`base` is the list's own address, `fixed` what that address already says (a category, a brand)."""

    def __init__(self, query: QueryDict, *, base: str, fixed: Filter, currency: str) -> None:
        self.base, self.fixed, self.currency = base, fixed, currency
        self.raw = {name: clean(query.get(name, "")) for name in ("price_from", "price_to")}
        self.errors: dict[str, str] = {"price_from": "", "price_to": ""}
        self.page = self._page(query.get("page", ""))
        self.filter = replace(
            fixed,
            text=clean(query.get("q", "")),
            brands=fixed.brands or self._several(query, "brand"),
            origins=fixed.origins or tuple(code.upper() for code in self._several(query, "origin")),
            warehouse_kinds=tuple(kind for kind in KINDS if kind in query.getlist("warehouse")),
            price_from=self._price("price_from"),
            price_to=self._price("price_to"),
            in_stock=query.get("stock") == "1",
            sort=query.get("sort", "") if query.get("sort") in SORTS else fixed.sort,
        )
        low, high = self.filter.price_from, self.filter.price_to
        if low is not None and high is not None and low > high:
            self.errors["price_to"] = _("The second price must not be below the first.")
            self.filter = replace(self.filter, price_from=None, price_to=None)

    @staticmethod
    def _page(text: str) -> int:
        return min(int(text[:9]), page_max) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else 1

    @staticmethod
    def _several(query: QueryDict, name: str) -> tuple[str, ...]:
        values = (clean(value) for value in query.getlist(name)[:values_max])
        return tuple(dict.fromkeys(value for value in values if value))

    def _price(self, name: str) -> int | None:
        typed = self.raw[name].lstrip("¥￥").replace(",", "").strip()
        if not typed:
            return None
        try:
            amount = Decimal(typed)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or not 0 <= amount <= price_max:
            self.errors[name] = _("Enter a price such as 100.")
            return None
        return to_minor(amount, self.currency)

    def _pairs(self) -> list[tuple[str, str]]:
        """The address's parameters for the filter as it stands, without the page."""
        asked = self.filter
        pairs = [("q", asked.text)] if asked.text else []
        if not self.fixed.brands:
            pairs += [("brand", value) for value in asked.brands]
        if not self.fixed.origins:
            pairs += [("origin", value) for value in asked.origins]
        pairs += [("warehouse", value) for value in asked.warehouse_kinds]
        pairs += [(name, self.raw[name]) for name in ("price_from", "price_to") if getattr(asked, name) is not None]
        pairs += [("stock", "1")] if asked.in_stock else []
        pairs += [("sort", asked.sort)] if asked.sort != self.fixed.sort else []
        return pairs

    def _address(self, pairs: list[tuple[str, str]]) -> str:
        return f"{self.base}?{urlencode(pairs)}" if pairs else self.base

    def at_page(self, number: int) -> str:
        return self._address([*self._pairs(), ("page", str(number))] if number > 1 else self._pairs())

    def with_price(self, band: str) -> str:
        """The address with a price band ("10000-30000", minor units) chosen, or without it if it is chosen already."""
        low, _dash, high = band.partition("-")
        pairs = [(name, value) for name, value in self._pairs() if not name.startswith("price_")]
        wanted = (int(low) if low else None, int(high) if high else None)
        if wanted != (self.filter.price_from, self.filter.price_to):
            ends = zip(("price_from", "price_to"), wanted, strict=True)
            pairs += [(name, f"{to_decimal(minor, self.currency).normalize():f}") for name, minor in ends if minor]
        return self._address(pairs)

    @property
    def cleared(self) -> str:
        return self._address([("q", self.filter.text)] if self.filter.text else [])

    @cached_property
    def chips(self) -> list[tuple[str, str]]:
        """(label, address without it) for each filter chosen; `listing` and `label` are set by the view."""
        return [(self.label(name, value), self._without(name, value)) for name, value in self._chosen()]

    label: Label = staticmethod(lambda name, value: value)

    def _chosen(self) -> list[tuple[str, str]]:
        return [pair for pair in self._pairs() if pair[0] not in {"q", "sort"}]

    def _without(self, name: str, value: str) -> str:
        return self._address([pair for pair in self._pairs() if pair != (name, value)])


def names_of(listing: Listing) -> Mapping[tuple[str, str], str]:
    """Labels of the listing's facet values by (facet, value)."""
    return {(facet, value.value): value.label for facet, values in listing.facets.items() for value in values}


def shown_pages(page: int, pages: int) -> list[int]:
    """Page numbers to offer, 0 for a gap: 1 … 4 5 6 … 20."""
    near = sorted({n for n in (1, 2, page - 1, page, page + 1, pages) if 1 <= n <= pages})
    shown: list[int] = []
    for n in near:
        if shown and n - shown[-1] > 1:
            shown.append(0)
        shown.append(n)
    return shown
