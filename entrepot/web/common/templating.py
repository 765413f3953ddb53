"""The Jinja2 environment of our pages: functions and filters every template may use."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import get_urlconf, reverse
from django.utils import translation
from jinja2 import Environment, FileSystemBytecodeCache, StrictUndefined

from entrepot.kit.money import to_decimal
from entrepot.web.common import formats
from entrepot.web.common.icons import icon


@lru_cache(maxsize=20_000)
def _address(name: str, args: tuple[object, ...], lang: str, urlconf: str | None) -> str:
    return reverse(name, args=args)


def url(name: str, *args: object) -> str:
    """The address of a page in the visitor's language."""
    return _address(name, args, translation.get_language() or "", get_urlconf())


@lru_cache(maxsize=1_000)
def asset(path: str) -> str:
    """The address of a static file, with its hashed name where there is one."""
    return static(path)


def environment(**options: Any) -> Environment:
    """Templates are compiled once per process (and kept on disk between starts); an unknown name is an error."""
    compiled = Path(settings.HOME) / "cache" / "templates"
    compiled.mkdir(parents=True, exist_ok=True)
    options.update(
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
        undefined=StrictUndefined,
        bytecode_cache=FileSystemBytecodeCache(str(compiled)),
    )
    env = Environment(**options)  # noqa: S701 Django's backend sets autoescape
    env.globals.update(static=asset, url=url, media=formats.media, icon=icon)
    env.filters.update(
        money=formats.money,
        amount=formats.amount,
        decimal=to_decimal,
        country=formats.country,
        day=formats.day,
        moment=formats.moment,
        text=formats.text,
        percent=formats.percent,
        weight=formats.weight,
    )
    # A word that other packages translate otherwise is looked up in a context: pgettext('shop', 'Log out').
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext, translation.ngettext, newstyle=True, pgettext=translation.pgettext
    )
    return env
