"""A fault planted in a hot statement: what shows that a test of it can fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from entrepot.kit import sql


def planted(monkeypatch: pytest.MonkeyPatch, where: str, old: str, new: str) -> None:
    """From here on `context/verb` says `new` where it says `old`."""
    load: Callable[[str, str], str] = sql.load

    def faulty(context: str, verb: str) -> str:
        text = load(context, verb)
        if f"{context}/{verb}" != where:
            return text
        assert old in text, f"{where} does not say {old}"
        return text.replace(old, new)

    monkeypatch.setattr(sql, "load", faulty)
