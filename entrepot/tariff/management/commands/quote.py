"""`entrepot quote`: quotes down a pipe from the database's newest books. `--shipped` never comes here."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from entrepot.tariff.piping import run
from entrepot.tariff.selectors import newest


class Command(BaseCommand):
    help = (
        "Landed cost: requests as JSON (Lines) on standard input, one answer a line. Exits with 1 if any is refused. "
        "`entrepot quote --shipped` asks the rate books that ship instead of the database's newest, and needs "
        "no database."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run(lambda destination: newest(destination=destination)))
