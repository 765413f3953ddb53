"""`entrepot import_sales FILE --source NAME --place CODE`: take in what another system sold, and say what was in it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.kit.bar import Bar
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.replenishment import services
from entrepot.replenishment.rules.sales import NOT_GOODS
from entrepot.replenishment.telling import sales_lines
from entrepot.replenishment.types import Origin


class Command(BaseCommand):
    help = "Take in the sales of another system: CSV, plain or gzip. The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="", help="what the other system is called (the file's name)")
        parser.add_argument("--place", default="MAIN", help="code of the warehouse or channel that served (MAIN)")
        parser.add_argument(
            "--not-goods", default=",".join(sorted(NOT_GOODS)), help="codes that are no goods; * at the end for any end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        codes = frozenset(code for one in options["not_goods"].split(",") if (code := one.strip().upper()))
        file = options["file"]
        origin = Origin(
            options["source"] or file.name.split(".")[0][:60], options["place"], codes, file.name, "command line"
        )
        try:
            done = services.import_sales(file=file, origin=origin, now=now(), progress=Bar(self.stderr))
        except Refusal as refusal:
            raise CommandError(refusal.message("en")) from refusal
        for line in sales_lines(done):
            self.stdout.write(line)
