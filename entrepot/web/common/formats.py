"""Money, countries and times as a visitor reads them, by Babel in the visitor's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from threading import local
from unicodedata import normalize

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from django.conf import settings
from django.utils import translation

from entrepot.catalogue.types import WIDTHS, sized
from entrepot.kit.clock import CHINA, now
from entrepot.kit.money import exponent, to_decimal

_LOCALES = {"zh-hans": Locale("zh", script="Hans"), "en": Locale("en")}
# The names required in mainland China's trade (customs country table), which CLDR does not use.
_NAMES = {
    "zh-hans": {"HK": "中国香港", "MO": "中国澳门", "TW": "中国台湾"},
    "en": {"HK": "Hong Kong, China", "MO": "Macao, China", "TW": "Taiwan, China"},
}


_speaking = local()


def language() -> str:
    """The visitor's language as our texts are keyed: "zh-hans" or "en"."""
    settled: str | None = getattr(_speaking, "language", None)
    if settled is not None:
        return settled
    return "en" if (translation.get_language() or "").startswith("en") else "zh-hans"


@contextmanager
def settled_language() -> Iterator[None]:
    """The language stays what it is in this block: a page asks for it sixty times, and Django looks it up each time."""
    before, _speaking.language = getattr(_speaking, "language", None), language()
    try:
        yield
    finally:
        _speaking.language = before


@lru_cache(maxsize=65_536)
def _money(minor: int, currency: str, lang: str) -> str:
    sum_ = to_decimal(minor, currency)
    if currency != "CNY":
        said = format_currency(sum_, currency, locale=_LOCALES[lang])
        return said if "JP¥" in said else said.replace("¥", "JP¥")  # English gives yen the sign that is the yuan's here
    pattern = "¥#,##0." + "0" * exponent(currency)
    return format_decimal(sum_, pattern, locale=_LOCALES[lang]).replace("-¥", "−¥")


def money(minor: int, currency: str = "CNY") -> str:
    """Minor units as a price: ¥1,234.00. Yuan carry the sign alone: the shop sells in one currency."""
    return _money(minor, currency, language())


@lru_cache(maxsize=65_536)
def _amount(value: str, lang: str) -> str:
    return format_decimal(Decimal(value), locale=_LOCALES[lang], decimal_quantization=False)


def amount(value: str | int | Decimal) -> str:
    """A decimal figure with grouping, its own places kept."""
    return _amount(str(value), language())


def percent(value: str | Decimal) -> str:
    """A rate as a percentage with as many places as it needs: 0.091 is 9.1%."""
    return format_percent(Decimal(value), locale=_LOCALES[language()], decimal_quantization=False)


@lru_cache(maxsize=1024)
def _country(code: str, lang: str) -> str:
    return _NAMES[lang].get(code) or str(_LOCALES[lang].territories.get(code, code))


def country(code: str) -> str:
    """The name of an ISO 3166-1 alpha-2 country, the code itself where there is none."""
    return _country(code, language())


def by_name(codes: Iterable[str]) -> list[tuple[str, str]]:
    """(code, name) of countries in the order the visitor looks for them: the GB code table is in pinyin order."""
    lang = language()
    named = [(code, _country(code, lang)) for code in codes]
    if lang == "en":
        return sorted(named, key=lambda one: normalize("NFKD", one[1]))
    return sorted(named, key=lambda one: one[1].encode("gb18030"))


def currency_name(code: str) -> str:
    """The name of an ISO 4217 currency."""
    return str(_LOCALES[language()].currencies.get(code, code))


def language_name(code: str) -> str:
    """The name of a language by its code, such as "zh-hans"."""
    named = Locale.parse(code, sep="-").get_display_name(_LOCALES[language()])
    return named or code


def day(at: datetime | date) -> str:
    """A calendar day in China."""
    local = at.astimezone(CHINA).date() if isinstance(at, datetime) else at
    return format_date(local, "medium", locale=_LOCALES[language()])


def last_day(after: date) -> date:
    """The last day of a period of which the first day after it is kept."""
    return max(after, date(1, 1, 2)) - timedelta(days=1)


def moment(at: datetime) -> str:
    """Day and minute in China, the day as `day` writes it: times on orders and customs receipts are read against a
    Chinese clock. The year stands where it is another one than this."""
    local = at.astimezone(CHINA)
    chinese, this_year = language() == "zh-hans", local.year == now().astimezone(CHINA).year
    day_of = ("M月d日" if chinese else "MMM d,") if this_year else ("y年M月d日" if chinese else "MMM d, y,")
    return format_datetime(local, f"{day_of} HH:mm", locale=_LOCALES[language()])


def text(texts: Mapping[str, str]) -> str:
    """Ours of a text in several languages, else the Chinese, else any; empty where a page has none."""
    if not texts:
        return ""
    return texts.get(language()) or texts.get("zh-hans") or next(iter(texts.values()), "")


def media(path: str, width: int = max(WIDTHS)) -> str:
    """The address of a stored picture in one of its stored widths."""
    return f"{settings.MEDIA_URL}{sized(path, width)}"


def weight(grams: int) -> str:
    """Grams below a kilogram, kilograms from there on."""
    locale = _LOCALES[language()]
    if grams < 1000:
        return f"{format_decimal(grams, locale=locale)} g"
    return f"{format_decimal(Decimal(grams) / 1000, '#,##0.##', locale=locale)} kg"
