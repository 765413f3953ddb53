"""The Jinja2 environment of our pages: functions and filters every template may use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, FileSystemBytecodeCache, StrictUndefined

from entrepot.web.common import formats


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
    env.globals.update(static=static, url=reverse, media=formats.media)
    env.filters.update(
        money=formats.money,
        amount=formats.amount,
        country=formats.country,
        day=formats.day,
        moment=formats.moment,
        text=formats.text,
        percent=formats.percent,
    )
    env.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return env


def page(request: HttpRequest) -> dict[str, Any]:
    """What every page knows."""
    return {"language": translation.get_language() or "zh-hans"}
