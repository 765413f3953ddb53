"""How settings are written in the environment, for those who use them and for `entrepot check`."""

from __future__ import annotations

import base64
import logging
import os
from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


def required(name: str, read: Callable[[str], T]) -> T:
    """What is written there. Raises ImproperlyConfigured where nothing is, or `read` finds it wrong (ValueError); it is
    not quoted, for it may be a secret."""
    text = os.environ.get(name)
    if not text:
        raise ImproperlyConfigured(f"{name} is not set; `entrepot check` tells what is missing")
    try:
        return read(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} cannot be right; `entrepot check` tells what it is to be") from None


def flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int, least: int = 0) -> int:
    """Raises ImproperlyConfigured where it is none, or too small."""
    text = os.environ.get(name) or str(default)
    try:
        found = int(text)
    except ValueError:
        found = least - 1
    if found < least:
        raise ImproperlyConfigured(f"{name}={text} is not a whole number of {least} or more")
    return found


def log_level(name: str) -> str:
    """DEBUG, INFO and so on. Raises ImproperlyConfigured where it is none."""
    text = os.environ.get(name) or "INFO"
    if text.upper() not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured(f"{name}={text} is none of {', '.join(logging.getLevelNamesMapping())}")
    return text.upper()


def keys(text: str) -> dict[int, bytes]:
    """`id:base64,…`, of 32 bytes each under ids 1 to 255. Raises ValueError."""
    parts = [part.split(":", 1) for part in text.split(",")]
    found = {int(key_id): base64.b64decode(key) for key_id, key in parts}
    if len(found) != len(parts) or any(not 0 < key_id < 256 or len(key) != 32 for key_id, key in found.items()):
        raise ValueError("field keys are 32 bytes under ids 1 to 255, each once")
    return found


def index_key(text: str) -> bytes:
    """base64 of 32 bytes or more. Raises ValueError."""
    found = base64.b64decode(text)
    if len(found) < 32:
        raise ValueError("the index key has at least 32 bytes")
    return found


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
