"""Which sentences a web package shows: found in its Python and template files by Babel, kept in its catalogue."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from entrepot.web.common.translations import WEB

# A call as `templatize` writes it: gettext('…'), ngettext('…', '…', count), pgettext('…', '…') …
_TEXT = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(gettext|ngettext|pgettext|npgettext|_)\(\s*{_TEXT}(?:\s*,\s*{_TEXT})?(?:\s*,\s*{_TEXT})?")


def django_template(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Babel's extractor for Django's templates: (line, function, message, comments)."""
    code = templatize(fileobj.read().decode())
    for found in _CALL.finditer(code):
        texts = tuple(literal_eval(text) for text in found.groups()[1:] if text)
        yield code.count("\n", 0, found.start()) + 1, found[1], texts if len(texts) > 1 else texts[0], []


_METHODS: list[tuple[str, Any]] = [
    ("tests/**", "ignore"),
    ("**/jinja2/**.html", "jinja2"),
    ("**/templates/**.html", django_template),
    ("**.py", "python"),
]
_KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "gettext_noop": None, "_lazy": None, "_later": None}
_OPTIONS = {"**/jinja2/**.html": {"trimmed": "true", "silent": "false"}}


def found(package: str) -> Catalog:
    """The sentences of `entrepot/web/<package>`, without translations. Chinese reads left to right like the code."""
    catalogue = Catalog(locale="zh_Hans", project="entrepot", charset="utf-8", fuzzy=False)
    for name, _line, message, comments, context in extract_from_dir(
        WEB / package, _METHODS, _OPTIONS, _KEYWORDS, strip_comment_tags=True
    ):
        catalogue.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalogue


def catalogue_file(package: str) -> Path:
    return WEB / package / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def kept(package: str) -> Catalog:
    """The package's Chinese catalogue as it is on disk."""
    file = catalogue_file(package)
    if not file.exists():
        return Catalog(locale="zh_Hans")
    with file.open("rb") as source:
        return read_po(source, locale="zh_Hans")


def refresh(package: str) -> list[str]:
    """Bring the catalogue up to date with the code; returns the sentences that lack their Chinese."""
    fresh, old = found(package), kept(package)
    for message in fresh:
        before = old.get(message.id, message.context) if message.id else None
        if before is not None:
            message.string = before.string
    file = catalogue_file(package)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as target:
        write_po(target, fresh, omit_header=False, no_location=True, sort_output=True, width=110, ignore_obsolete=True)
    return missing(package)


def missing(package: str) -> list[str]:
    """Sentences in the code that the catalogue does not translate."""
    have = kept(package)
    lacking = []
    for message in found(package):
        if not message.id:
            continue
        kept_one = have.get(message.id, message.context)
        strings = kept_one.string if kept_one else ""
        if not (all(strings) if isinstance(strings, tuple) else strings):
            lacking.append(str(message.id))
    return lacking
