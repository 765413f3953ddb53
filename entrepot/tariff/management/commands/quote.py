"""`entrepot quote`: quotes down a pipe from the database's newest books. `--shipped` never comes here."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from entrepot.tariff.piping import run
from entrepot.tariff.selectors import newest


class Command(BaseCommand):
    help = "Landed cost: requests as JSON (Lines) on standard input, one answer a line. Exits with 1 if any is refused."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run(lambda destination: newest(destination=destination)))
