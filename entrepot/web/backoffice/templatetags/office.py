"""Words, states and formats of the pages, for Django's templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from entrepot.customs.types import Document
from entrepot.kit.clock import now
from entrepot.kit.money import to_minor
from entrepot.orders.types.notes import note_text
from entrepot.web.backoffice import words
from entrepot.web.backoffice.persons import by_whom
from entrepot.web.common import formats
from entrepot.web.common.access import back_to

register = template.Library()
_GUID = re.compile(r"\s*\[[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\]")
_USED = re.compile(r"(已(?:使用|用)[^0-9，,；;。]{0,6}?)[0-9][0-9,.]*")
register.filter("money", formats.money)
register.filter("moment", formats.moment)
register.filter("day", formats.day)
register.filter("country", formats.country)
register.filter("percent", formats.percent)
register.filter("in_language", formats.text)
register.filter("word", words.word)
register.filter("receipt_word", words.receipt_word)
register.filter("duration", words.duration)
register.filter("limit_choice", words.limit_choice)
register.filter("limit_outcome", words.limit_outcome)
register.filter("by_whom", by_whom)
register.filter("stuck_kind", words.stuck_kind)
register.filter("stuck_state", words.stuck_state)


@register.filter
def last_day(after: date) -> str:
    """The last day of a period of which the first day after it is kept."""
    return formats.day(formats.last_day(after))


@register.filter
def worth(value: Decimal, currency: str) -> str:
    """An exact value, rounded as its currency is paid."""
    return formats.money(to_minor(value, currency), currency)


@register.filter
def figure(value: Decimal) -> str:
    """A unit price without the zeros that it is kept with."""
    return f"{value.normalize():f}"


@register.filter
def count(value: int | Decimal | None) -> str:
    """How many, as the reader's language groups its figures; nothing was counted yet: a dash. The one way in which
    units and other quantities are written in a table (`tests/test_figures.py`)."""
    return "—" if value is None else formats.amount(value)


@register.simple_tag
def lines_of(counts: Mapping[str, int]) -> int:
    """How many lines stand in a report by kind."""
    return sum(counts.values())


@register.filter
def in_order(values: Iterable[str]) -> list[str]:
    return sorted(values)


@register.filter
def state(value: Any) -> SafeString:
    """A state as a badge: its word, coloured by how good it is."""
    return format_html('<span class="state {}">{}</span>', words.tone(value), words.word(value))


@register.filter
def ours(two: Mapping[str, Any] | Any) -> str:
    """The reader's half of a thing that says itself in `zh` and `en`."""
    half = "en" if formats.language() == "en" else "zh"
    return str(two[half] if isinstance(two, Mapping) else getattr(two, half))


@register.filter
def verifier(code: str) -> str:
    """Who can confirm a payment's transaction to customs (verDept)."""
    return str(words.VERIFIERS.get(code, code))


@register.filter
def data_answer(code: str) -> str:
    """What customs' code for an upload of payment data means; nothing for one that is not known."""
    return str(words.DATA_ANSWERS.get(code, ""))


@register.filter
def note(text: str) -> str:
    """A timeline's note in the reader's words; a person's own words as they are."""
    return note_text(text, formats.language())


@register.filter
def disagreement(rule: str) -> str:
    """What is wrong with a payment's books."""
    return str(words.DISAGREEMENTS.get(rule, rule))


@register.filter
def movement(kind: str) -> str:
    """A line of a statement: money taken or given back."""
    return str(words.MOVEMENTS.get(kind, kind))


@register.filter
def plain(text: str) -> str:
    """Customs' text without the identifiers it repeats and without the sum that a person has used of a year: staff read
    that for a reason, which is written down."""
    return _USED.sub(r"\1•••", _GUID.sub("", text))


@register.filter
def happened(kind: str) -> str:
    """A timeline's entry: what happened, where a state's word would say what is awaited."""
    return gettext("Ordered") if kind == "placed" else str(words.word(kind))


@register.filter
def documents(sent: Sequence[Document]) -> SafeString:
    """What became of a declaration's documents, in a row of the queue: 200 of them on a page, so in one piece."""
    parts = []
    for one in sent:
        bad = " bad" if one.status is not None and bad_receipt(one.status) else ""
        told = "…" if one.status is None else one.status
        parts.append((bad, one.kind.value, words.word(one.kind), told))
    return format_html_join(" ", '<span class="code{}" title="CEB{}">{} {}</span>', parts)


@register.filter
def bad_receipt(status: int) -> bool:
    return status < 0 or status in {4, 100, 501, 502, 503, 599, 700}


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


@register.filter
def age(at: datetime) -> str:
    """How long ago, in the largest unit that says it."""
    minutes = max(int((now() - at).total_seconds() // 60), 0)
    if minutes < 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)d hour", "%(n)d hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)d day", "%(n)d days", minutes // 1440) % {"n": minutes // 1440}


@register.filter
def days_left(days: int) -> str:
    """How long there is still time; what is over says so."""
    if days < 0:
        return ngettext("%(n)d day over", "%(n)d days over", -days) % {"n": -days}
    return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}


@register.filter
def yes_no(value: bool | None) -> str:
    return {True: gettext("yes"), False: gettext("no")}.get(value, gettext("not checked"))  # type: ignore[arg-type]


@register.simple_tag(takes_context=True)
def other_page(context: template.RequestContext, page: int) -> str:
    """The address of another page of the same list, its filters kept."""
    query = context["request"].GET.copy()
    query["page"] = str(page)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def this_page(context: template.RequestContext) -> str:
    """The address of the page, of a form's answer that of the page it was on: its own may know no GET."""
    return back_to(context["request"])
