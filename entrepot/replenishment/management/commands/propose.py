"""`entrepot propose SOURCES.csv`: order proposals by supplier and place, for the back office to decide on."""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import Refusal
from entrepot.replenishment import reading, selectors, services
from entrepot.replenishment.rules.reorder import CONTAINERS
from entrepot.replenishment.types import OWN, Plan, Source

COLUMNS = ("supplier", "place", "article", "minimum", "pack", "volume_cm3", "weight_g", "on_order")


class Command(BaseCommand):
    help = f"Propose orders. SOURCES is CSV with the columns {', '.join(COLUMNS)}; one line an article and place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--history", default=OWN, help=f"whose sales count, with commas ({OWN})")
        parser.add_argument("--service", type=Decimal, default=Decimal("0.95"))
        parser.add_argument("--method", default="ses")
        parser.add_argument("--review-days", type=int, default=7, help="an order is placed every so many days")
        parser.add_argument("--lead-days", type=int, default=28, help="of suppliers with fewer than five deliveries")
        parser.add_argument("--lead-spread-days", type=int, default=7)
        parser.add_argument("--container", choices=sorted(CONTAINERS))
        parser.add_argument("--no-top-up", action="store_true", help="leave the last container as full as it is")

    def handle(self, *args: Any, **options: Any) -> None:
        at = now()
        try:
            plan = Plan(
                options["service"], options["method"], options["review_days"], options["lead_days"],
                options["lead_spread_days"], CONTAINERS.get(options["container"]), not options["no_top_up"],
            )  # fmt: skip
            made = services.propose(
                sources=_sources(options["file"]), plan=plan, today=day_in(CHINA, at), now=at,
                history=options["history"].split(","),
            )  # fmt: skip
        except (Refusal, ValueError) as refusal:
            raise CommandError(str(refusal)) from refusal
        for one in (selectors.proposal(proposal_id=proposal_id) for proposal_id in made):
            if one is not None:
                full = f", {one.load.number} x {one.load.code}, {one.load.volume_percent} % full" if one.load else ""
                sums = one.sums
                self.stdout.write(f"{one.supplier}, {one.place}: {sums.articles} articles, {sums.units:,} units{full}")
        self.stdout.write(f"{len(made)} proposals; decide on them at /office/replenishment/")


def _sources(file: Path) -> list[Source]:
    """Refuses CannotRead and HeadingsMissing; raises CommandError for a line that is no source."""
    found = []
    with reading.table(file, dict.fromkeys(COLUMNS, ()), reading.nothing) as lines:
        for number, cells in lines:
            try:
                supplier, place, article = cells[:3]
                minimum, pack, volume, weight, on_order = map(int, cells[3:])
                found.append(Source(supplier, place, article, minimum, pack, volume, weight, on_order))
            except (ValueError, IndexError) as error:
                raise CommandError(f"line {number}: {error}") from error
    return found
