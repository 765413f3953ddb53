"""What the commands say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from entrepot.kit.money import to_decimal
from entrepot.replenishment.types import Dirt, Report, Taken

_WIDTH = 30
DIRT_WORDS = {
    Dirt.UNREADABLE: "cannot be read",
    Dirt.DUPLICATE: "the same as an earlier line",
    Dirt.NOT_GOODS: "no goods (postage, fees, corrections)",
    Dirt.CANCELLATION: "cancellation, found its invoice line",
    Dirt.CANCELLATION_ALONE: "cancellation of what is not (all) in the file: a return of its day",
    Dirt.NEGATIVE: "negative, but no cancellation: a correction of the stock",
    Dirt.PRICE: "nothing was paid",
    Dirt.NO_CUSTOMER: "without a customer",
}


class Bar:
    """A bar on a terminal; elsewhere it is silent."""

    def __init__(self, out: Any) -> None:
        self.out = out
        self.shown = -1

    def __call__(self, done: int, whole: int) -> None:
        percent = 100 * done // max(whole, 1)
        if percent == self.shown or not self.out.isatty():
            return
        self.shown = percent
        full = _WIDTH * percent // 100
        self.out.write(f"\r[{'#' * full}{'.' * (_WIDTH - full)}] {percent:3} %", ending="\n" if percent >= 100 else "")
        self.out.flush()


def sales_lines(done: Taken) -> Iterator[str]:
    report = done.report
    if done.known:
        yield f"{done.name} was taken in on {done.at:%Y-%m-%d}; nothing changed. It had:"
    yield (
        f"{done.lines:,} lines, {report['taken']:,} taken, {report['left_out']:,} left out; {report['since']} to "
        f"{report['until']}, {report['articles']:,} articles ({report['in_catalogue']:,} of the catalogue), "
        f"{len(report['countries'])} countries"
    )
    yield f"{report['units']:,} units sold, {report['cancelled']:,} of them cancelled, {report['returned']:,} returned"
    for kind, count in report["kinds"].items():
        what = "left out" if Dirt(kind).left_out else "taken"
        yield f"  {count:>9,}  {kind} ({what}): {DIRT_WORDS[Dirt(kind)]}"
        for sample in report["samples"].get(kind, [])[:1]:
            yield f"             line {sample}"


FREIGHT_WORDS = {
    "line_missing": "the line it refers to is not in the file",
    "other_document": "the line it refers to belongs to another consignment",
    "circle": "its references run in a circle",
    "words_unknown": "what it says of its freight is not understood",
    "invoiced_separately": "the freight is on an invoice that is not in the file",
}


def shipment_lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{report['lines']:,} lines, {report['taken']:,} taken, of {report['consignments']:,} consignments"
    for name, title in (("kinds", "freight"), ("bases", "shared by"), ("dirt", "remarks")):
        said = ", ".join(f"{kind} {count:,}" for kind, count in sorted(report[name].items()))
        yield f"{title}: {said}"
    shared = report["kinds"].get("shared", 0)
    stated, borne = (to_decimal(report[name], report["currency"]) for name in ("stated_minor", "borne_minor"))
    yield f"{report['shared_resolved']:,} of {shared:,} references lead to a sum"
    yield f"{stated:,} {report['currency']} stated, {borne:,} borne by lines"
    for why, count in sorted(report["unresolved"].items()):
        yield f"  {count:>9,}  {why}: {FREIGHT_WORDS[why]}"
        for line, consignment, said in report["examples"][why][:1]:
            yield f"             line {line} of {consignment}: {said}"


def backtest_lines(found: Report) -> Iterator[str]:
    yield (
        f"{found.name}: {found.articles:,} articles, {found.weeks} weeks from {found.first}; {found.origins} origins, "
        f"each {found.horizon} weeks ahead; wished service {found.service:.0%}"
    )
    yield "                               normal factor             learnt factor"
    yield "method          WAPE    bias   service   units    held   factor  service   units    held       s"
    for one in found.scores:
        figures, learnt = (f"{safe:7.1%} {served:7.1%} {held:7,.0f}" for safe, served, held in (one.normal, one.learnt))
        mark = "*" if one.method == found.best else " "
        yield (
            f"{one.method:<12}{mark} {one.wape:6.1%} {one.bias:+7.1%}  {figures}  {one.factor:7.2f}  {learnt}  "
            f"{one.seconds:6.1f}"
        )
    yield "* keeps the least stock among those that serve as wished"
    yield "service: cycles without a shortage; units: served from stock; held: mean units at the end of a week"
