"""`entrepot what_if FILE --date 2027-01-01 --channel general`: what rows of a rate book would change."""

from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.insight import reporting, rules, selectors
from entrepot.insight.types import FULL, WhatIf
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import Refusal
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront
from entrepot.tariff.services import BadBook
from entrepot.tariff.types import wire

SHOWN = 20


class Command(BaseCommand):
    help = (
        "What catalogue, stock and open purchase orders would owe with rows of a rate book laid over the books in "
        "force. FILE is CSV as import_rates takes it (- reads standard input). Nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="CSV of rate rows; - is standard input")
        parser.add_argument("--date", type=date.fromisoformat, help="the day whose law is asked for (today in China)")
        parser.add_argument(
            "--channel", choices=[*wire.CHANNELS, FULL], default="", help="the way in for all; as it comes in without"
        )
        parser.add_argument("--storefront", help="code of the storefront whose prices count (the first)")
        parser.add_argument("--csv", type=Path, help="write every position there")

    def handle(self, *args: Any, **options: Any) -> None:
        at = now()
        day = options["date"] or day_in(CHINA, at)
        try:
            overlay = selectors.overlay(content=_content(options["file"]))
            store = _storefront(options["storefront"])
            positions = selectors.every_position(storefront=store, day=day, now=at, way=options["channel"])
            found = selectors.what_if(positions=positions, overlay=overlay, day=day, progress=self._progress)
        except BadBook as refusal:
            for fault in refusal.faults:
                self.stderr.write(f"row {fault.row}, {fault.column}: {fault.en} / {fault.zh}")
            raise CommandError(refusal.message("en")) from refusal
        except Refusal as refusal:
            raise CommandError(refusal.message("en")) from refusal
        self._tell(found)
        if options["csv"] is not None:
            _write(options["csv"], found)

    def _progress(self, done: int, whole: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {whole:,}", ending="\n" if done == whole else "")
            self.stderr.flush()

    def _tell(self, found: WhatIf) -> None:
        books = ", ".join(found.books) or "no book"
        self.stdout.write(f"{found.rows} rows over {books} on {found.day}; {len(found.effects):,} positions")
        for total in rules.totals(found.effects, lambda effect: f"{effect.position.kind}, {effect.currency}"):
            self.stdout.write(
                f"{total.key}: {total.positions:,} positions, {total.units:,} units, "
                + reporting.change(total.before, total.after, total.key[-3:])
            )
        for unknown, count in found.uncomputed.values():
            self.stdout.write(f"not computed: {count:,} ({unknown.code}), for instance: {unknown.en}")
        for effect in found.changed[:SHOWN]:
            name = effect.sku.code if effect.sku else str(effect.position.sku_id)
            kind = f"{effect.position.kind} {effect.position.reference}".strip()
            self.stdout.write(f"  {kind} {name} {effect.hs_code} {effect.origin}: {reporting.both(effect)}")
        if (more := len(found.changed) - SHOWN) > 0:
            self.stdout.write(f"  and {more:,} more (--csv has all)")


def _write(name: Path, found: WhatIf) -> None:
    """Raises CommandError for a file that cannot be written."""
    try:
        with name.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(reporting.table(found=found, language="en"))
    except OSError as error:
        raise CommandError(f"cannot write {name}: {error.strerror}") from error


def _content(name: str) -> bytes:
    """Raises CommandError for a file that cannot be read."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"cannot read {name}: {error.strerror}") from error


def _storefront(code: str | None) -> Storefront:
    """Raises NoStorefront, and CommandError where there is none at all."""
    if code:
        return storefronts.by_code(code=code)
    every = storefronts.every()
    if not every:
        raise CommandError("there is no storefront yet, and so no price")
    return every[0]
