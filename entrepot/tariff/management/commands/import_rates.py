"""`entrepot import_rates FILE --name cn-cbec --as-of 2026-11-21 [--dry-run]`, or `--founding` for what ships."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.kit.clock import now
from entrepot.tariff.services import BadBook, BookMoved, found_books, import_book


class Command(BaseCommand):
    help = "Import a version of a rate book from CSV; --dry-run shows the difference and every fault."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--name", default="cn-cbec")
        parser.add_argument("--as-of", type=date.fromisoformat, help="the day up to which the law is known")
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--founding", action="store_true", help="the books that ship with the software")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["founding"]:
            made = found_books(now=now())
            self.stdout.write(", ".join(version.code for version in made) or "the founding books are there")
            return
        if options["file"] is None or options["as_of"] is None:
            raise CommandError("a FILE and --as-of are needed (or --founding)")
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read {options['file']}: {error.strerror}") from error
        try:
            done = import_book(
                name=options["name"], content=content, as_of=options["as_of"], actor="command line", now=now(),
                dry_run=options["dry_run"],
            )  # fmt: skip
        except BadBook as refusal:
            for fault in refusal.faults:
                self.stderr.write(f"row {fault.row}, {fault.column}: {fault.en} / {fault.zh}")
            raise CommandError(refusal.message("en")) from refusal
        except BookMoved as refusal:
            raise CommandError(refusal.message("en")) from refusal
        for fault in done.faults:
            self.stdout.write(f"row {fault.row}, {fault.column}: {fault.en} / {fault.zh}")
        for sign, keys in (("+", done.added), ("-", done.removed)):
            for key in keys:
                self.stdout.write(f"{sign} {key}")
        name = done.version.code if done.version else "dry run, nothing written"
        self.stdout.write(f"{name}: {len(done.added)} added, {len(done.removed)} removed, {done.kept} kept")
