"""`entrepot import products FILE`: the staged import on the terminal.

    entrepot import products goods.xlsx --dry-run
    entrepot import products goods.csv.gz --language hr --mapping title=name --set brand=无品牌 --yes

Killed and started again with the same file it goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from entrepot.catalogue import selectors, services
from entrepot.catalogue.importing import fields, reading
from entrepot.catalogue.types import ImportRun, ImportState, Verdict
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal

BAR_WIDTH = 40
_STAGES = {ImportState.READING: "reading", ImportState.COMPARING: "comparing", ImportState.COMMITTING: "writing"}


class Progress:
    """A bar on a terminal, a line at every tenth elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._live, self._shown = out, out.isatty(), ("", -1)

    def show(self, run: ImportRun) -> None:
        whole = run.rows_total
        if run.state is ImportState.COMMITTING:
            whole = sum(run.counts.get(verdict, 0) for verdict in (Verdict.NEW, Verdict.CHANGED))
        stage, share = _STAGES.get(run.state, ""), run.rows_done / max(whole, 1)
        if self._live and stage:
            bar = "█" * int(share * BAR_WIDTH)
            self._out.write(f"\r{stage:>10} {bar:░<{BAR_WIDTH}} {share:4.0%} {run.rows_done:,}/{whole:,}  ")
        elif stage and (stage, int(share * 10)) != self._shown:
            self._out.write(f"{stage} {share:.0%}\n")
            self._shown = (stage, int(share * 10))
        self._out.flush()

    def end(self) -> None:
        if self._live:
            self._out.write("\r\033[K")


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = dict(text.split("=", 1) for text in texts if "=" in text)
    if len(pairs) != len(texts):
        raise CommandError(f"{option} takes FIELD=VALUE, each field once")
    return pairs


class Command(BaseCommand):
    help = (
        "Import products from CSV (also .gz) or XLSX: read, compare, ask, write. `import sales` and `import "
        "consignments` take in what another system sold and received; each has a --help of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True, parser_class=argparse.ArgumentParser)
        products = what.add_parser("products", help="brands, products, SKUs and classifications")
        products.add_argument("file", type=Path)
        products.add_argument("--dry-run", action="store_true", help="compare and say what would change; write nothing")
        products.add_argument("--yes", action="store_true", help="write without asking")
        products.add_argument("--mapping", action="append", default=[], metavar="FIELD=HEADING",
                              help="what a column means, over the guess; FIELD= takes a guess back")  # fmt: skip
        products.add_argument("--set", action="append", default=[], metavar="FIELD=TEXT", dest="defaults",
                              help="the text of empty cells")  # fmt: skip
        products.add_argument("--language", default="zh-hans", help="of columns that name none (zh-hans, en, hr …)")
        products.add_argument(
            "--encoding", default="", choices=["", *reading.ENCODINGS], help="if not the detected one"
        )
        products.add_argument("--errors", type=Path, metavar="CSV", help="write the bad rows to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        self.tongue = "zh-hans" if os.environ.get("LANG", "").startswith("zh") else "en"
        self.progress = Progress(sys.stderr)
        try:
            self._import(options)
        except Refusal as refused:
            where = f" [{refused.field}]" if refused.field else ""
            raise CommandError(f"{refused.code}{where}: {refused.message(self.tongue)}") from refused
        except KeyboardInterrupt:
            self.progress.end()
            raise CommandError("stopped; the same command goes on from here", returncode=130) from None

    def _import(self, options: dict[str, Any]) -> None:
        try:
            with options["file"].open("rb") as file:
                content = file.read(reading.FILE_MAX_BYTES + 1)
        except OSError as wrong:
            raise CommandError(f"{options['file']}: {wrong.strerror}") from wrong
        begun = None if options["dry_run"] else self._begun(content)
        run = begun or self._compared(content, options)
        if begun:
            self.stdout.write(f"Going on with the import begun on {begun.created_at:%Y-%m-%d %H:%M}.")
        else:
            self._show(run, options["errors"])
            changes = sum(run.counts.get(verdict, 0) for verdict in (Verdict.NEW, Verdict.CHANGED))
            if options["dry_run"] or not changes:
                self.stdout.write("Nothing was written." if changes else "Nothing to write.")
                services.discard_import(run_id=run.id, now=now())
                return
            if not options["yes"] and not self._agreed(changes):
                services.discard_import(run_id=run.id, now=now())
                raise CommandError("Nothing was written.")
            services.commit_import(run_id=run.id, actor="system:import", now=now())
        done = self._work(run.id)
        self.stdout.write(self.style.SUCCESS(f"{done.counts['written']:,} rows written."))
        refused = done.counts.get(Verdict.BAD, 0) - run.counts.get(Verdict.BAD, 0)
        if refused > 0:
            self.stdout.write(self.style.WARNING(f"{refused:,} more rows were refused while writing:"))
            self._show_problems(done, options["errors"])

    def _begun(self, content: bytes) -> ImportRun | None:
        return selectors.unfinished_import(digest=hashlib.sha256(content).hexdigest())

    def _compared(self, content: bytes, options: dict[str, Any]) -> ImportRun:
        chosen, defaults = _pairs(options["mapping"], "--mapping"), _pairs(options["defaults"], "--set")
        run_id = services.open_import(
            name=options["file"].name, content=content, actor="system:import", now=now(), encoding=options["encoding"]
        )
        run = selectors.import_run(run_id=run_id)
        assert run is not None
        try:
            mapping = self._mapping(run, chosen)
            services.map_import(
                run_id=run_id, mapping=mapping, defaults=defaults, language=options["language"], now=now()
            )
        except Refusal:
            services.discard_import(run_id=run_id, now=now())
            raise
        return self._work(run_id)

    def _mapping(self, run: ImportRun, chosen: dict[str, str]) -> dict[str, int]:
        wanted = fields.by_headings({name: heading for name, heading in chosen.items() if heading}, run.headings)
        taken = set(wanted.values())
        guessed = {name: column for name, column in run.mapping.items() if name not in chosen and column not in taken}
        return {**guessed, **wanted}

    def _work(self, run_id: UUID) -> ImportRun:
        while True:
            more = services.step_import(run_id=run_id, now=now())
            run = selectors.import_run(run_id=run_id)
            assert run is not None
            self.progress.show(run)
            if not more:
                self.progress.end()
                return run

    def _show(self, run: ImportRun, errors: Path | None) -> None:
        source = f"{run.encoding}, columns split by {run.delimiter!r}" if run.kind == "csv" else f"sheet {run.sheet!r}"
        self.stdout.write(f"{run.file_name}: {run.kind.upper()}, {source}, {run.rows_total:,} rows")
        meaning = {column: name for name, column in run.mapping.items()}
        for column, heading in enumerate(run.headings):
            self.stdout.write(f"  {heading or '—':<24} → {meaning.get(column, '(not used)')}")
        named = ", ".join(f"{run.counts.get(verdict, 0):,} {verdict}" for verdict in Verdict)
        self.stdout.write(f"{named}; {run.counts.get('new_brands', 0):,} new brands")
        self._show_problems(run, errors)

    def _show_problems(self, run: ImportRun, errors: Path | None) -> None:
        for problem, count, line in selectors.problem_counts(run_id=run.id):
            words = ": ".join(part for part in (problem.field, problem.message(self.tongue)) if part)
            self.stdout.write(f"  {count:>7,} × {problem.code}, first in line {line}: {words}")
        if errors and run.counts.get(Verdict.BAD):
            try:
                with errors.open("w", encoding="utf-8", newline="") as out:
                    out.writelines(selectors.error_report(run_id=run.id, language=self.tongue))
            except OSError as wrong:
                raise CommandError(f"{errors}: {wrong.strerror}") from wrong
            self.stdout.write(f"The bad rows are in {errors}.")

    def _agreed(self, changes: int) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Not a terminal: say --yes to write or --dry-run to look.")
        return input(f"Write {changes:,} rows? [y/N] ").strip().casefold() in {"y", "yes", "是"}
