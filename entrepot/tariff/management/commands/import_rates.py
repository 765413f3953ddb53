"""`entrepot import_rates FILE --name cn-cbec --as-of 2026-11-21 [--dry-run]`, or `--founding` for what ships.

A FILE in somebody else's shape is converted first: `--from ecb --destination KR --name fx-kr` takes the history of euro
reference rates (two years of it, or from `--since` to `--until`, or `--only` some currencies).
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.kit.clock import now
from entrepot.kit.refusals import Invalid
from entrepot.tariff.importing import fx
from entrepot.tariff.regimes import REGIMES
from entrepot.tariff.services import CONTENT_BYTES_MAX, ROWS_MAX, BadBook, BookMoved, found_books, import_book


def from_ecb(content: bytes, options: Mapping[str, Any]) -> bytes:
    """Raises CommandError, and what the converter raises."""
    to = options["destination"]
    regime = next((regime for regime in REGIMES.values() if to in regime.destinations), None)
    if regime is None:
        raise CommandError(f"--destination is a country that a regime serves, not {to}")
    only = frozenset(options["only"].split(",")) if options["only"] else frozenset()
    wanted = fx.Wanted(to, regime.currency(to), options["since"], options["until"], only)
    return fx.convert(content, wanted, rows_max=ROWS_MAX - 1, bytes_max=CONTENT_BYTES_MAX).content


# By the name of the shape: a file and the command's options become the CSV of a rate book.
CONVERTERS: Mapping[str, Callable[[bytes, Mapping[str, Any]], bytes]] = {"ecb": from_ecb}


class Command(BaseCommand):
    help = "Import a version of a rate book from CSV; --dry-run shows the difference and every fault."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--name", help="of the book; cn-cbec where FILE is not converted")
        parser.add_argument("--from", dest="shape", choices=sorted(CONVERTERS), help="the shape FILE is in")
        parser.add_argument("--destination", help="ecb: the country whose currency the rates are in")
        parser.add_argument("--since", type=date.fromisoformat, help="ecb: the first day wanted")
        parser.add_argument("--until", type=date.fromisoformat, help="ecb: the last day wanted")
        parser.add_argument("--only", help="ecb: the currencies wanted, with commas between them")
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
        if options["shape"] is not None and options["name"] is None:
            raise CommandError("--from needs the book's --name")
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read {options['file']}: {error.strerror}") from error
        if options["shape"] is not None:
            try:
                content = CONVERTERS[options["shape"]](content, options)
            except Invalid as refusal:
                raise CommandError(refusal.message("en")) from refusal
        try:
            done = import_book(
                name=options["name"] or "cn-cbec", content=content, as_of=options["as_of"], actor="command line",
                now=now(), dry_run=options["dry_run"],
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
