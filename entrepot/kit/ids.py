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


def human_number(prefix: str, at: datetime, digits: int = 10) -> str:
    """A number a person can read out: prefix, day in China, random digits ("CN2611210123456789").

    Uniqueness is held by the database. Two of a day's n numbers are the same with a chance of n²/2 in 10^digits: with
    ten digits and a hundred a day that is once in 5,000 years, with fourteen and a million a day once in 200 days.
    """
    day = at.astimezone(CHINA)
    chance = int.from_bytes(secrets.token_bytes(16))  # so many that no remainder is likelier than another
    return f"{prefix}{day.year % 100:02d}{day.month:02d}{day.day:02d}{chance % 10**digits:0{digits}d}"
