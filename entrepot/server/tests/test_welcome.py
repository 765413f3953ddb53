"""What the first start says at its end."""

from __future__ import annotations

from pathlib import Path

from entrepot.server.embedded import EmbeddedServer
from entrepot.server.opening import _welcome


def test_it_says_where_the_data_is_also_the_databases(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    """Root's database stands elsewhere, where nobody else may enter the checkout: who deletes one place loses keys."""
    server = EmbeddedServer(tmp_path / "db")
    settings.HOME = server.data.parent.parent
    assert f"stays in {settings.HOME}\n" in _welcome(8000, server)
    settings.HOME = tmp_path / "elsewhere"
    assert f"stays in {settings.HOME} and {server.data}\n" in _welcome(8000, server)
    assert f"stays in {settings.HOME}\n" in _welcome(8000, None)
