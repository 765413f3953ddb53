"""Every sentence our pages show has its Chinese, and the compiled catalogues follow their sources."""

from __future__ import annotations

import os

import pytest
from django.utils import translation

from entrepot.web.common import translations
from entrepot.web.common.messages import kept, missing


@pytest.mark.parametrize("package", ["backoffice", "common", "storefront"])
def test_no_sentence_lacks_its_chinese(package: str) -> None:
    assert missing(package) == []


def test_catalogues_are_compiled_when_stale_and_left_alone_when_fresh() -> None:
    po = next(translations.catalogues())
    os.utime(po)
    assert po.with_suffix(".mo") in translations.compile_all()
    assert translations.compile_all() == []


@pytest.mark.parametrize("package", ["backoffice", "common", "storefront"])
def test_no_other_package_says_it_otherwise(package: str) -> None:
    """Django merges all catalogues: a word that allauth translates too is theirs, unless ours stands in a context."""
    with translation.override("zh-hans"):
        for message in kept(package):
            if message.id and not message.context and not isinstance(message.id, tuple):
                assert translation.gettext(str(message.id)) == message.string
