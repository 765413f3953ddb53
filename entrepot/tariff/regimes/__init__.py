"""The regimes, found by their folders: each has rules.py with a REGIME, rates.csv, cases.json and a README."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from importlib.resources import files

from entrepot.tariff.measures import GENERIC, Parser
from entrepot.tariff.regime import Regime

FOLDERS: tuple[str, ...] = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg))
REGIMES: Mapping[str, Regime] = {name: import_module(f"{__name__}.{name}.rules").REGIME for name in FOLDERS}


def union(destination: str) -> str:
    """The customs union a destination is in, as rows name it; "" for none."""
    return next(
        (regime.union for regime in REGIMES.values() if regime.union and destination in regime.destinations), ""
    )


def book_name(folder: str) -> str:
    """The name of the book that ships in a regime's folder: cn_cbec has "cn-cbec"."""
    return folder.replace("_", "-")


def shipped(folder: str) -> bytes:
    """The rate book in a regime's folder, as CSV."""
    return files(__name__).joinpath(folder, "rates.csv").read_bytes()


def parser(measure: str) -> Parser | None:
    """What reads the parameters of a measure; None for a measure nobody knows."""
    family = measure.partition(".")[0]
    for regime in REGIMES.values():
        if family in regime.measures:
            return regime.measures[family]
    return GENERIC.get(family)


def known_measures() -> tuple[str, ...]:
    """The first words of all measures, for messages."""
    return tuple(sorted({*GENERIC, *(name for regime in REGIMES.values() for name in regime.measures)}))
