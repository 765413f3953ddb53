"""`entrepot import_rates FILE --name cn-cbec --as-of 2026-11-21 [--dry-run]`, or `--founding` for what ships.

A FILE in somebody else's shape is converted first: `--from cn-steps --name cn-duty --as-of 2019-06-12` takes China's
tariff in dated steps, whose rows hold up to the day of `--as-of`. What a converter cannot take is listed.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.kit.clock import now
from entrepot.tariff.importing import cn_steps
from entrepot.tariff.importing.converted import BadSource, Converted
from entrepot.tariff.services import BadBook, BookMoved, found_books, import_book

# By the name of the shape: a file and the command's options become a rate book.
CONVERTERS: Mapping[str, Callable[[bytes, Mapping[str, Any]], Converted]] = {
    "cn-steps": lambda content, options: cn_steps.convert(content, options["as_of"]),
}


class Command(BaseCommand):
    help = "Import a version of a rate book from CSV; --dry-run shows the difference and every fault."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--name", default="cn-cbec")
        parser.add_argument("--from", dest="shape", choices=sorted(CONVERTERS), help="the shape FILE is in")
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
        if options["shape"] is not None:
            content = self._converted(content, options)
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

    def _converted(self, content: bytes, options: Mapping[str, Any]) -> bytes:
        try:
            made = CONVERTERS[options["shape"]](content, options)
        except BadSource as refusal:
            raise CommandError(refusal.message("en")) from refusal
        for left in made.left_out:
            self.stdout.write(f"left out, row {left.row} {left.code}: {left.en} / {left.zh}")
        self.stdout.write(f"{options['shape']}: {made.rows} rows, {len(made.left_out)} lines left out")
        return made.content
