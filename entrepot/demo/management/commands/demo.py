"""`entrepot demo`: load the demo into this database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from entrepot.demo.load import load, log_ins
from entrepot.kit.clock import now


class Command(BaseCommand):
    help = "Load the demo: people with a known password, articles, prices, stock and pictures."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("the demo's people have a known password: set ENTREPOT_DEMO=1 to load them")
        load(self._report, now())
        for line in log_ins():
            self.stdout.write(line)

    def _report(self, step: str, part: float) -> None:
        if part >= 1:
            self.stdout.write(f"{step}: done")
