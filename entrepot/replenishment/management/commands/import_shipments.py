"""`entrepot import consignments FILE`: take deliveries in, share their freight, and say what has none.

All or nothing in one transaction: killed and started again it begins anew, and the same file again changes nothing.
"""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.replenishment import selectors, services
from entrepot.replenishment.telling import Bar, shipment_lines
from entrepot.replenishment.types import Origin


class Command(BaseCommand):
    help = "Take in deliveries with their freight (USAID SCMS columns). The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="", help="what the other system is called (the file's name)")

        parser.add_argument(
            "--unresolved", type=Path, metavar="CSV", help="write the lines without a known freight there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file = options["file"]
        origin = Origin(options["source"] or file.name.split(".")[0][:60], "", frozenset(), file.name, "command line")
        begun = monotonic()
        try:
            done = services.import_shipments(file=file, origin=origin, now=now(), progress=Bar(self.stderr))
        except Refusal as refusal:
            raise CommandError(refusal.message("en")) from refusal
        for line in shipment_lines(done):
            self.stdout.write(line)
        self.stdout.write(f"{monotonic() - begun:.1f} s; line by line at /office/replenishment/consignments/")
        if options["unresolved"] is not None:
            self._report(options["unresolved"])

    def _report(self, file: Path) -> None:
        """Every line whose freight nobody can tell, as CSV."""
        try:
            with file.open("w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(("source", "consignment", "line", "freight", "why"))
                rows = selectors.shipment_lines(unresolved=True)
                writer.writerows(
                    (one.source, one.consignment, one.reference, one.freight_told, one.unresolved) for one in rows
                )
        except OSError as wrong:
            raise CommandError(f"{file}: {wrong.strerror}") from wrong
        self.stdout.write(f"Lines without a known freight are in {file}.")
