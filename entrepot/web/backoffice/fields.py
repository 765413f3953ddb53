"""Fields of a form as what they mean. What cannot be read is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from entrepot.kit.refusals import Invalid, Refusal
from entrepot.stock import selectors as stock
from entrepot.stock.types import Warehouse
from entrepot.web.common.formats import language

lines_max, line_chars_max, number_digits_max = 2_000, 300, 9
WORDS = {
    "units": _("Units"), "days": _("Days"), "on": _("Day"), "sampling_days": _("Days for sampling"),
    "valid_from": _("Valid from"), "valid_to": _("Valid until (optional)"), "lines": _("Lines"),
    "items": _("Item records"), "bill": _("Amount"), "waybills": _("Waybills"),
    "vehicle_kg": _("Vehicle's own weight, kg (optional)"), "vehicle": _("Vehicle"), "weight": _("Weight"),
    "lists": _("Lists"), "customs number": _("Customs' number"), "document": _("Paper"),
    "declaration number": _("Declaration number"), "reason": _("Reason"), "warehouse": _("Warehouse"),
    "counted": _("Counted"), "count": _("Counted"), "quantity": _("Units"), "origin": _("Origin"), "lot": _("Lot"),
    "level": _("Lot"), "lots": _("Lots"), "item_record": _("Item record"), "unit_cost": _("Unit cost"),
    "number": _("Number"), "name": _("Name"), "supplier": _("Supplier"), "amount": _("Amount"),
    "expires_on": _("Best before"), "country": _("Country"), "currency": _("Currency"), "code": _("Code"),
    **dict.fromkeys(("operator_name", "operator_code"), pgettext("account book", "Operator")), "day": _("Day"),
    "customs_code": _("Customs district"), "hs_code": _("HS code"), "place": _("Named place"),
}  # fmt: skip
_BETWEEN = re.compile(r"[\s,;，；]+")


class FieldWrong(Invalid):
    code = "field_wrong"
    zh = "“{what}”填写有误"
    en = "{what}: this cannot be right"


class LineWrong(Invalid):
    code = "line_wrong"
    zh = "第{n}行有误：{what}"
    en = "Line {n} cannot be right: {what}"


def text(request: HttpRequest, name: str, most: int = 200) -> str:
    """One line, without what no page shows; empty where nothing was written."""
    return " ".join(request.POST.get(name, "").split())[:most]


def number(request: HttpRequest, name: str, what: str = "") -> int | None:
    """A whole number, not below zero; None where nothing was written. Of one field of many, `what` it is of. Refuses
    FieldWrong."""
    return whole(text(request, name), name, what)


def counted(request: HttpRequest, name: str, awaited: int, what: str) -> int:
    """Units found, in a field that begins with those awaited: one that was emptied does not say that all came. Refuses
    FieldWrong."""
    units = number(request, name, what)
    if units is None and name in request.POST:
        raise _wrong(name, what)
    return awaited if units is None else units


def whole(said: str, name: str, what: str = "") -> int | None:
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) <= number_digits_max):
        raise _wrong(name, what)
    return int(said)


def _wrong(name: str, what: str = "") -> FieldWrong:
    """By the word that stands beside the field."""
    return FieldWrong(field=name, what=what or str(WORDS.get(name, name)))


def said(refusal: Refusal, words: Mapping[str, Any] | None = None) -> str:
    """A refusal as the reader is told it: with the word that stands beside a field, not its inner name. `words`: those
    of the form, in both languages; others are for Chinese only, since inner names are English."""
    what, english = str(refusal.data.get("what")), language() == "en"
    word = (words or {}).get(what) or (None if english else WORDS.get(what))
    if word is None:
        return refusal.message(language())
    return (refusal.en if english else refusal.zh).format(**{**refusal.data, "what": word})


def day(request: HttpRequest, name: str) -> date | None:
    """A day; None where nothing was written. Refuses FieldWrong."""
    said = text(request, name)
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as wrong:
        raise _wrong(name) from wrong


def warehouse(request: HttpRequest) -> Warehouse:
    """The one whose code is the field "warehouse". Refuses FieldWrong."""
    code = text(request, "warehouse")
    place = next((one for one in stock.warehouses().values() if one.code == code), None)
    if place is None:
        raise _wrong("warehouse")
    return place


def lines(request: HttpRequest, name: str) -> Iterator[tuple[int, list[str]]]:
    """Number and words of each line that says something, parted by white space or commas. Refuses FieldWrong."""
    written = [one.strip() for one in request.POST.get(name, "").splitlines()]
    told = [(n, words) for n, one in enumerate(written, 1) if (words := [word for word in _BETWEEN.split(one) if word])]
    if not 0 < len(told) <= lines_max or max(map(len, written)) > line_chars_max:
        raise _wrong(name)
    yield from told


def line_day(said: str, n: int) -> date | None:
    """A day in a line; "-" is none. Refuses LineWrong."""
    try:
        return None if said == "-" else date.fromisoformat(said)
    except ValueError as wrong:
        raise LineWrong(field="lines", n=n, what=said) from wrong


def line_amount(said: str, n: int) -> Decimal:
    """An amount in a line. Refuses LineWrong."""
    try:
        found = Decimal(said)
    except InvalidOperation as wrong:
        raise LineWrong(field="lines", n=n, what=said) from wrong
    if not found.is_finite() or not 0 <= found < 10**9:
        raise LineWrong(field="lines", n=n, what=said)
    return found


def line_units(said: str, n: int) -> int:
    """Units in a line. Refuses LineWrong."""
    if not (said.isascii() and said.isdigit() and 0 < len(said) <= number_digits_max):
        raise LineWrong(field="lines", n=n, what=said)
    return int(said)
