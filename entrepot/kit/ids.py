"""Identifiers: UUIDv7 (RFC 9562) made by the application, and numbers for people."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from entrepot.kit.clock import CHINA


def new_id() -> UUID:
    """A fresh UUIDv7: grows with time, so B-trees stay dense."""
    return uuid7()


def first_id(at: datetime) -> UUID:
    """The smallest id that could be made at `at`: ids below it are older (RFC 9562: 48 bits of milliseconds)."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62)


def human_number(prefix: str, at: datetime) -> str:
    """A number a person can read out: prefix, day in China, ten random digits ("KL2611210123456789").

    Uniqueness is held by the database; ten digits a day make a collision at 10,000 a day about one in 200 years.
    """
    return f"{prefix}{at.astimezone(CHINA):%y%m%d}{secrets.randbelow(10**10):010d}"
