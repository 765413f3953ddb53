"""What countries are called by people who look for goods from them."""

from __future__ import annotations

from functools import cache

from babel import Locale

_LOCALES = (Locale("zh", script="Hans"), Locale("en"))


@cache
def names(code: str) -> tuple[str, ...]:
    """The names of an ISO 3166-1 alpha-2 country in Chinese and English (CLDR); none for an unknown code."""
    return tuple(locale.territories[code] for locale in _LOCALES if code in locale.territories)
