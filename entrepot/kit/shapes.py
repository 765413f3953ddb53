"""Plain values, as JSON has them, made into our types again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def reader(kind: type[T], *, strict: bool = True) -> Callable[[Any], T]:
    """What makes a `kind` (struct, dataclass, or a list of them) of plain values; raises msgspec.ValidationError where
    they are none. Not `strict`: a number may be written as text.

    Call it while modules are loaded. msgspec (0.22) looks at the fields of a type when it is first asked for it; where
    two threads ask at once one of them finds the other's half-made list, and the process dies of a segmentation fault.
    """
    msgspec.json.Decoder(kind)  # looks at them now
    return partial(msgspec.convert, type=kind, strict=strict)


def json_reader(kind: type[T]) -> Callable[[bytes | str], T]:
    """The same from JSON."""
    return msgspec.json.Decoder(kind).decode
