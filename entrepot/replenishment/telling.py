"""What the commands say."""

from __future__ import annotations

from collections.abc import Iterator

from entrepot.replenishment.types import Dirt, Report, Taken

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
