"""Verbs of histories."""

from entrepot.histories.services.taking import (
    BYTES_MAX,
    FILES_MAX,
    NoFiles,
    NotNow,
    NotThere,
    UnknownTakeOver,
    Upload,
    begin,
    drop,
    drop_forgotten,
    look,
    work,
)

__all__ = [
    "BYTES_MAX",
    "FILES_MAX",
    "NoFiles",
    "NotNow",
    "NotThere",
    "UnknownTakeOver",
    "Upload",
    "begin",
    "drop",
    "drop_forgotten",
    "look",
    "work",
]
