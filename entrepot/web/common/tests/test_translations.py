"""Every sentence our pages show has its Chinese, and the compiled catalogues follow their sources."""

from __future__ import annotations

import os

import pytest

from entrepot.web.common import translations
from entrepot.web.common.messages import missing


@pytest.mark.parametrize("package", ["common"])
def test_no_sentence_lacks_its_chinese(package: str) -> None:
    assert missing(package) == []


def test_catalogues_are_compiled_when_stale_and_left_alone_when_fresh() -> None:
    po = next(translations.catalogues())
    os.utime(po)
    assert po.with_suffix(".mo") in translations.compile_all()
    assert translations.compile_all() == []
