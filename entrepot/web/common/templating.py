"""The Jinja2 environments of our pages, one per language: functions and filters every template may use.

What is the same for everybody is worked out when a template is compiled: texts, addresses of pages and files, icons.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.template.backends.base import BaseEngine
from django.template.backends.jinja2 import Jinja2, Template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Macro
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from entrepot.kit.money import to_decimal
from entrepot.web.common import formats
from entrepot.web.common.icons import icon


class Templates(BaseEngine):
    """A template is compiled once per process and language."""

    app_dirname = "jinja2"

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__({name: value for name, value in params.items() if name != "OPTIONS"})
        self._engines = {lang: Jinja2(_with_language(params, lang)) for lang, _name in settings.LANGUAGES}

    def get_template(self, template_name: str) -> Template:
        return self._engines[formats.language()].get_template(template_name)

    def from_string(self, template_code: str) -> Template:
        return self._engines[formats.language()].from_string(template_code)


def _with_language(params: dict[str, Any], lang: str) -> dict[str, Any]:
    return {**params, "OPTIONS": {**params["OPTIONS"], "language": lang}}


class _Folding(NodeTransformer):
    """Calls of functions that answer always the same become filters: those Jinja works out beforehand where it can."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        called = node.node
        if not isinstance(called, nodes.Name) or called.name not in self._names:
            return node
        first, *others = node.args
        return nodes.Filter(first, called.name, others, node.kwargs, None, None, lineno=node.lineno)


class _Compiler(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Any = None) -> None:
        names: frozenset[str] = self.environment.same_for_all  # type: ignore[attr-defined]
        _Folding(names).visit(node).set_environment(self.environment)
        super().visit_Template(node, frame)


class _Environment(Environment):
    code_generator_class = _Compiler
    same_for_all: frozenset[str] = frozenset()


@lru_cache(maxsize=20_000)
def _address(lang: str, name: str, *args: object) -> str:
    with translation.override(lang):
        return reverse(name, args=args)


def url(name: str, *args: object) -> str:
    """The address of a page in the visitor's language."""
    return _address(formats.language(), name, *args)


@lru_cache(maxsize=5_000)
def _translated(lang: str, text: str) -> Markup:
    with translation.override(lang):
        return Markup(translation.gettext(text))  # noqa: S704 ours, not a visitor's


def _text(lang: str, text: str, **values: object) -> Markup:
    """Our text in the language, with values put in its places; these are escaped."""
    return _translated(lang, text) % values


@lru_cache(maxsize=1_000)
def asset(path: str) -> str:
    """The address of a static file, with its hashed name where there is one."""
    return static(path)


@lru_cache(maxsize=10_000)
def _kept(macro: Macro, *args: object) -> Markup:
    """What a macro makes of its arguments, where it looks at nothing else and they cannot change."""
    return Markup(macro(*args))  # noqa: S704 a macro escapes what it is given


def environment(*, language: str, **options: Any) -> Environment:
    """The templates of one language; an unknown name is an error."""
    options.update(
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
        undefined=StrictUndefined,
    )
    env = _Environment(**options)  # Django's backend sets autoescape
    same_for_all: dict[str, Callable[..., object]] = {
        "_": partial(_text, language),
        "url": partial(_address, language),
        "static": asset,
        "media": formats.media,
        "icon": icon,
        "kept": _kept,
    }
    # A word that other packages translate otherwise is looked up in a context: pgettext('shop', 'Log out').
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext, translation.ngettext, newstyle=True, pgettext=translation.pgettext
    )
    env.globals.update(same_for_all, house=lambda: settings.SHOP_NAME)
    env.filters.update(
        same_for_all,
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
    env.same_for_all = frozenset(same_for_all)
    return env
