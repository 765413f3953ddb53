"""How settings are written in the environment, for those who use them and for `entrepot check`."""

from __future__ import annotations

import base64
import os


def flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}


def keys(text: str) -> dict[int, bytes]:
    """`id:base64,…`. Raises ValueError."""
    return {int(key_id): base64.b64decode(key) for key_id, key in (part.split(":", 1) for part in text.split(","))}


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
