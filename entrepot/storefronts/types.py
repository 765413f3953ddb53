"""What the rest of the house may know of a storefront."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Storefront:
    """One brand's shop. `names` by language; `hosts` are the domains it answers on ("" = any)."""

    id: UUID
    code: str
    names: Mapping[str, str]
    hosts: tuple[str, ...]
    default_language: str
    languages: tuple[str, ...]
    currency: str


@dataclass(frozen=True, slots=True)
class StorefrontDraft:
    """A storefront to open. `languages` are offered in this order, the first one is the default."""

    code: str
    names: Mapping[str, str]
    hosts: tuple[str, ...]
    languages: tuple[str, ...]
    currency: str
