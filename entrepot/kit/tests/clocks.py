"""Time that stands still until a test moves it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from entrepot.kit import kept


class Clock:
    """Stands for `time` in `kit.kept`: what is kept does not age because the machine is slow."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1_000.0
        monkeypatch.setattr(kept, "time", SimpleNamespace(monotonic=lambda: self.at))
