"""The Jinja2 environment of our pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment


def environment(**options: Any) -> Environment:
    env = Environment(**options, extensions=["jinja2.ext.i18n"])  # noqa: S701 Django's backend sets autoescape
    env.globals.update(static=static, url=reverse)
    env.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return env


def page(request: HttpRequest) -> dict[str, Any]:
    """What every page knows."""
    return {"language": translation.get_language() or "zh-hans"}
