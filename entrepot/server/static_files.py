"""Which files of the installed packages the shop serves, and how they are collected."""

from __future__ import annotations

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Files(StaticFilesConfig):
    # Source maps and the API page that we do not show were half of all bytes collected.
    ignore_patterns = (*StaticFilesConfig.ignore_patterns, "*.map", "redoc.*")


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names with a hash and compressed copies. What a source map's address says is left alone: no map is collected."""

    patterns = tuple(
        (files, tuple(one for one in found if "sourceMappingURL" not in str(one)))
        for files, found in CompressedManifestStaticFilesStorage.patterns
    )
