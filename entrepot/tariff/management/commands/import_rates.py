"""`entrepot import_rates FILE --name cn-cbec --as-of 2026-11-21 [--dry-run]`, or `--founding` for what ships.

`--from cn-steps` reads China's tariff in dated steps (entrepot/tariff/importing/cn_steps.py; .gz is opened) and says
which lines could not be taken.
"""

from __future__ import annotations

import gzip
import zlib
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.kit.clock import now
from entrepot.tariff.importing import cn_steps
from entrepot.tariff.services import CONTENT_BYTES_MAX, BadBook, BookMoved, found_books, import_book


class Command(BaseCommand):
    help = "Import a version of a rate book from CSV; --dry-run shows the difference and every fault."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--name", default="cn-cbec")
        parser.add_argument("--as-of", type=date.fromisoformat, help="the day up to which the law is known")
        parser.add_argument("--from", dest="form", choices=("book", "cn-steps"), default="book", help="what FILE holds")
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--founding", action="store_true", help="the books that ship with the software")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["founding"]:
            made = found_books(now=now())
            self.stdout.write(", ".join(version.code for version in made) or "the founding books are there")
            return
        if options["file"] is None or options["as_of"] is None:
            raise CommandError("a FILE and --as-of are needed (or --founding)")
        content = _content(options["file"])
        if options["form"] == "cn-steps":
            content = self._converted(content, options["as_of"])
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

    def _converted(self, content: bytes, as_of: date) -> bytes:
        try:
            made = cn_steps.convert(content.decode("utf-8-sig"), as_of)
        except UnicodeDecodeError as error:
            raise CommandError("the file is not UTF-8") from error
        except cn_steps.NotSteps as error:
            raise CommandError(str(error)) from error
        for fault in made.left_out:
            self.stdout.write(f"left out: line {fault.row}, {fault.column}: {fault.en} / {fault.zh}")
        return made.content


def _content(path: Path) -> bytes:
    """The file's bytes, unpacked where it is packed: to no more than a book may have."""
    try:
        if path.suffix != ".gz":
            return path.read_bytes()
        with gzip.open(path) as packed:
            content = packed.read(CONTENT_BYTES_MAX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CommandError(f"cannot read {path}: {error}") from error
    if len(content) > CONTENT_BYTES_MAX:
        raise CommandError(f"{path} unpacks to more than {CONTENT_BYTES_MAX} bytes")
    return content
