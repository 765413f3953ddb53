"""`entrepot backtest [FILE] --source NAME`: how methods would have done on real sales; FILE is taken in first."""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.kit.bar import Bar
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.replenishment import library, services
from entrepot.replenishment.rules.sales import NOT_GOODS
from entrepot.replenishment.selectors import Wanted
from entrepot.replenishment.telling import backtest_lines, sales_lines
from entrepot.replenishment.types import OWN, Origin


class Command(BaseCommand):
    help = "Rolling forecasts over real sales, by method, with the service they reach and the stock they keep."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--source", default="", help=f"whose sales ({OWN}; with FILE what its system is called)")
        parser.add_argument("--lead-weeks", type=int, default=4)
        parser.add_argument("--service", type=Decimal, default=Decimal("0.95"))
        parser.add_argument("--methods", default=",".join(library.names()), help=f"of {', '.join(library.names())}")

    def handle(self, *args: Any, **options: Any) -> None:
        file, source = options["file"], options["source"] or (OWN if options["file"] is None else options["file"].name)
        try:
            if file is not None:
                origin = Origin(source[:60], "MAIN", NOT_GOODS, file.name, "command line")
                done = services.import_sales(file=file, origin=origin, now=now(), progress=Bar(self.stderr))
                for line in sales_lines(done):
                    self.stdout.write(line)
            found = services.backtest(
                wanted=Wanted([source[:60]]), setup=(options["lead_weeks"], options["service"]),
                methods=options["methods"].split(","), clock=process_time, now=now(), progress=Bar(self.stderr),
            )  # fmt: skip
        except (Refusal, ValueError) as refusal:
            raise CommandError(str(refusal)) from refusal
        for line in backtest_lines(found):
            self.stdout.write(line)
