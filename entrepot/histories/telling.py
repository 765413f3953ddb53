"""What the command says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from entrepot.kit.money import to_decimal

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
