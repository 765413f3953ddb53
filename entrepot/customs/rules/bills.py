"""What customs says of tax bills (816, 818): read tolerantly, merged so that order and repetition do not matter.

A bill's standing is a maximum over what was said of it: its state by the latest statement, its sums by the latest 816,
the summed bill it is on by the latest statement that names one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.customs.ceb import message
from entrepot.customs.rules.info import masked_info
from entrepot.customs.types.taxes import BilledLine, BillState

BILL, STATUS = "816", "818"
NOTE_MAX = 1000
_TAXES = (("duty", "customsTax"), ("vat", "valueAddedTax"), ("excise", "consumptionTax"))
_AMOUNT_DIGITS_MAX = 13  # before the point: what a column of 19 digits with 5 places holds, less one for sums


@dataclass(frozen=True, slots=True)
class Told:
    """One statement about one bill. `id` and `sha256` are of what it says, so the same said again is the same."""

    id: UUID
    sha256: bytes
    message: str
    list_number: str
    tax_no: str
    returned_at: datetime
    content: Mapping[str, Any]  # state, summed, guarantor, note; of an 816 also duty, vat, excise and lines, as texts

    @property
    def mark(self) -> str:
        """A text that sorts as statements count: by returnTime, at one moment the further state."""
        return f"{int(self.returned_at.timestamp() * 1000):015d}{self.content['state']}{self.id.hex}"


def told(root: str, head: message.Texts, lines: Sequence[message.Texts]) -> Told:
    """What one business object of an 816 or 818 says. Raises message.NotWellMade."""
    state = head["status"]
    if state not in {one.value for one in BillState}:
        raise message.NotWellMade("status: not allowed")
    kind = BILL if root == f"CEB{BILL}Message" else STATUS
    content: dict[str, Any] = {
        "state": state,
        "summed": head.get("entDutyNo", ""),
        "guarantor": head.get("assureCode", ""),
        "note": masked_info(head.get("note", ""))[:NOTE_MAX],
    }
    if kind == BILL:
        content |= {name: _amount(head, element) for name, element in _TAXES}
        content["lines"] = [_line(line) for line in lines]
        if len({line["gnum"] for line in content["lines"]}) != len(lines):
            raise message.NotWellMade("gnum: twice")
    facts = {"message": kind, "list": head["invtNo"], "tax": head["taxNo"], "at": head["returnTime"], **content}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).digest()
    at = message.moment(head["returnTime"])
    return Told(UUID(bytes=digest[:16]), digest, kind, head["invtNo"], head["taxNo"], at, content)


def _line(line: message.Texts) -> dict[str, Any]:
    found: dict[str, Any] = {"gnum": int(line["gnum"]), "code": line.get("gcode", "")}
    found["value"] = _amount(line, "taxPrice") if line.get("taxPrice") else None
    return found | {name: _amount(line, element) for name, element in _TAXES}


def _amount(texts: message.Texts, element: str) -> str:
    """A sum in plain digits, in one way of writing: 0.0 and 0 are the same."""
    value = Decimal(texts[element])
    if not value.is_finite() or value.adjusted() >= _AMOUNT_DIGITS_MAX:
        raise message.NotWellMade(f"{element}: too large")
    return message.decimal_text(value)


def lines_of(column: Iterable[Mapping[str, Any]]) -> tuple[BilledLine, ...]:
    """The lines of a bill as they are kept, by their numbers."""
    found = [
        BilledLine(
            gnum=one["gnum"],
            code=one["code"],
            value=None if one["value"] is None else Decimal(one["value"]),
            duty=Decimal(one["duty"]),
            vat=Decimal(one["vat"]),
            excise=Decimal(one["excise"]),
        )
        for one in column
    ]
    return tuple(sorted(found, key=lambda line: line.gnum))


@dataclass(frozen=True, slots=True)
class Merged:
    """What several statements about one bill come to: each mark with what it brings. `bill` None: no 816 among them."""

    mark: str
    state: BillState
    summed_mark: str
    summed: str
    bill: Told | None


def merged(statements: Iterable[Told]) -> Merged:
    """A maximum by mark for each part: any order, grouping and repetition comes to the same."""
    ordered = sorted(statements, key=lambda one: one.mark)
    last = ordered[-1]
    named = [one for one in ordered if one.content["summed"]]
    bills = [one for one in ordered if one.message == BILL]
    return Merged(
        mark=last.mark,
        state=BillState(last.content["state"]),
        summed_mark=named[-1].mark if named else "",
        summed=named[-1].content["summed"] if named else "",
        bill=bills[-1] if bills else None,
    )
