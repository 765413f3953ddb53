"""`entrepot import consignments FILE… --warehouse CODE`: look at deliveries of another system, then make them ours.

Every hundred consignments are one transaction: killed and started again it goes on, and the same files again change
nothing.
"""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.histories import selectors, services
from entrepot.histories.telling import shipment_lines
from entrepot.kit.bar import Bar
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.replenishment import selectors as replenishment
from entrepot.stock import selectors as stock

ACTOR = "command line"
WORDS = {
    "mode_untold": "nobody says how it was carried",
    "term_replaced": "an Incoterm of an older edition: read as the one that took its place",
    "term_untold": "no Incoterm: we are taken to bear everything from the maker's door on (EXW)",
    "origin_unknown": "the country of origin cannot be told",
    "place_unknown": "the country it went to cannot be told",
    "departure_untold": "nobody says when it left: the day it came stands for that",
    "no_units": "no units",
    "no_rate": "no exchange rate on the day of the order or of the delivery: import rates first",
    "order_known": "the order is on record without this delivery",
    "notice_known": "the supplier's notice is on record already",
}


class Command(BaseCommand):
    help = "Take in deliveries with their freight (USAID SCMS columns). The same files again change nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="+")
        parser.add_argument("--source", default="", help="what the other system is called (the first file's name)")
        parser.add_argument("--warehouse", required=True, help="code of the warehouse the goods came to")
        parser.add_argument("--dry-run", action="store_true", help="say what would become of the lines, and stop")
        parser.add_argument("--unresolved", type=Path, metavar="CSV", help="write what could not be resolved there")

    def handle(self, *args: Any, **options: Any) -> None:
        begun, at, files = monotonic(), now(), options["file"]
        source = options["source"] or files[0].name.split(".")[0][:60]
        place = next((one.id for one in stock.warehouses().values() if one.code == options["warehouse"]), None)
        if place is None:
            raise CommandError(f"there is no warehouse {options['warehouse']}")
        try:
            upload = services.Upload(source, place, [(file.name, file.read_bytes()) for file in files])
            made = services.look(upload=upload, actor=ACTOR, now=at)
            self._tell(made)
            if options["dry_run"]:
                services.drop(take_over_id=made, actor=ACTOR, now=now())
                return
            services.begin(take_over_id=made, actor=ACTOR, now=at)
            services.work(take_over_id=made, now=at, told=Bar(self.stderr))
        except OSError as wrong:
            raise CommandError(f"{wrong.filename}: {wrong.strerror}") from wrong
        except Refusal as refusal:
            raise CommandError(refusal.message("en")) from refusal
        self._tell_end(made)
        self.stdout.write(f"{monotonic() - begun:.1f} s; line by line at /office/replenishment/consignments/")
        if options["unresolved"] is not None:
            self._report(options["unresolved"], source)

    def _tell(self, take_over_id: Any) -> None:
        found = selectors.take_over(take_over_id=take_over_id)
        assert found is not None
        for line in shipment_lines(found.report):
            self.stdout.write(line)
        for title, counts in (("assumed", found.remarks), ("would be left out", found.left_out)):
            for code, count in sorted(counts.items()):
                self.stdout.write(f"{title}: {count:,} lines: {WORDS.get(code, code)}")

    def _tell_end(self, take_over_id: Any) -> None:
        found = selectors.take_over(take_over_id=take_over_id)
        assert found is not None
        if found.refused:
            raise CommandError(found.refused["en"])
        ours, lines = found.report["ours"], found.report["our_lines"]
        self.stdout.write(f"{ours:,} consignments with {lines:,} lines are ours, {found.done:,} of them since now")
        for code, count in sorted(found.left_out.items()):
            self.stdout.write(f"left out: {count:,} lines: {WORDS.get(code, code)}")

    def _report(self, file: Path, source: str) -> None:
        """Every line whose freight nobody can tell, or that became nothing, as CSV."""
        try:
            with file.open("w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(("source", "consignment", "line", "freight", "why", "left out"))
                rows = replenishment.shipment_lines(source=source, unresolved=True)
                writer.writerows(
                    (one.source, one.consignment, one.reference, one.freight_told, one.unresolved, one.left_out)
                    for one in rows
                )
        except OSError as wrong:
            raise CommandError(f"{file}: {wrong.strerror}") from wrong
        self.stdout.write(f"What could not be resolved is in {file}.")
