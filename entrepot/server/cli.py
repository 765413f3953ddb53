"""`entrepot`: one command for everything. Django's own commands are reached through it too."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.server.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(["entrepot", *sys.argv[1:]])
