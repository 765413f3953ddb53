"""Tax bills (816) and their states (818): kept as they come, put to their lists in batches, reckoned against what was
collected. Late, twice and shuffled they end in the same books."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from entrepot.customs import models, reading
from entrepot.customs.ceb import message
from entrepot.customs.rules import tax_days, taxes
from entrepot.customs.rules.bills import Told, lines_of, merged
from entrepot.customs.services.telling import LOCK_TIMEOUT, Arrived
from entrepot.customs.types.taxes import BillState, Taxes, TaxLine
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders

LISTS_MAX = 500  # in one batch
BATCHES_MAX = 200  # in one run of the clock
LOOKED_FOR = timedelta(days=90)  # how long a bill waits for its list to become known
INBOX_FOR = timedelta(days=400)
PURGE_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """A message about tax bills, with what it says of each."""

    arrival: Arrived
    bills: tuple[Told, ...]


def keep_bills(messages: Sequence[Said], now: datetime) -> list[list[bool]]:
    """Keep what the messages say, in one statement; which of it is about lists of ours, by message."""
    rows = [(one, bill) for one in messages for bill in one.bills]
    if not rows:
        return []
    arrivals = list({one.arrival.id: one.arrival for one in messages}.values())
    found = sql.hot_rows(
        sql.load("customs", "take_bills"),
        {
            "said": json.dumps([_said(n, one.arrival.id, bill) for n, (one, bill) in enumerate(rows)]),
            "arrival_ids": [one.id for one in arrivals],
            "ways": [one.way for one in arrivals],
            "roots": [one.root for one in arrivals],
            "sizes": [one.size for one in arrivals],
            "arrival_hashes": [one.sha256 for one in arrivals],
            "raws": [one.raw_sealed for one in arrivals],
            "at": now,
        },
    )
    ours = iter([row["ours"] for row in found])
    return [[next(ours) for _ in one.bills] for one in messages]


def _said(n: int, arrival_id: UUID, bill: Told) -> dict[str, Any]:
    return {
        "n": n,
        "id": str(bill.id),
        "list_number": bill.list_number,
        "tax_no": bill.tax_no,
        "message": bill.message,
        "returned_at": bill.returned_at.isoformat(),
        "told": bill.content,
        "arrival_id": str(arrival_id),
    }


def match_bills(*, now: datetime) -> int:
    """Put what waits to its lists, and reckon those lists anew; how many statements that were. Each batch is one
    transaction of few statements, whatever it holds. Two runs at once do no harm."""
    done = 0
    for _ in range(BATCHES_MAX):
        with transaction.atomic():
            rows = sql.rows(
                sql.load("customs", "lists_billed"),
                {"most": LISTS_MAX, "since": now - LOOKED_FOR, "lock_timeout": LOCK_TIMEOUT},
            )
            done += _put(rows, now) if rows else 0
        if len(rows) < LISTS_MAX:
            break
    return done


def reckon_tax(*, return_id: UUID, buyer_id: UUID) -> None:
    """Customs has decided about a return: reckon its list anew, if it was billed."""
    with transaction.atomic():
        document = models.Application.objects.filter(buyer_id=buyer_id, return_id=return_id).values("document_id")
        declaration = models.Document.objects.filter(buyer_id=buyer_id, id__in=document).values("declaration_id")
        rows = models.Declaration.objects.select_for_update().filter(buyer_id=buyer_id, id__in=declaration)
        _reckon([{"id": row.id, "buyer_id": row.buyer_id} for row in rows])


def purge_bills(*, now: datetime) -> int:
    """Forget what was said long ago of bills of lists that never became ours. Returns how many."""
    old = models.TaxInbox.objects.filter(first_at__lt=now - INBOX_FOR).values_list("id", flat=True)[:PURGE_MAX]
    return models.TaxInbox.objects.filter(id__in=list(old)).delete()[0]


def _put(declarations: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Move what waits for these locked declarations to them."""
    by_list = {row["list_number"]: row for row in declarations}
    waiting = sql.rows(
        "DELETE FROM customs_taxinbox WHERE list_number = ANY(%(lists)s) RETURNING *", {"lists": list(by_list)}
    )
    if not waiting:
        return 0
    bills: dict[tuple[UUID, str], list[Told]] = {}
    notices = []
    for row in waiting:
        of, told = by_list[row["list_number"]], _told(row)
        bills.setdefault((of["id"], told.tax_no), []).append(told)
        notices.append(_notice(of, told, row))
    whose = {row["id"]: row for row in declarations}
    rows = [_bill(whose[of], number, said) for (of, number), said in bills.items()]
    sql.run(sql.load("customs", "put_bills"), {"notices": json.dumps(notices), "bills": json.dumps(rows), "at": now})
    _reckon(declarations)
    return len(waiting)


def _told(row: Mapping[str, Any]) -> Told:
    content = sql.json_value(row["told"])
    return Told(
        row["id"], row["id"].bytes, row["message"], row["list_number"], row["tax_no"], row["returned_at"], content
    )


def _notice(of: Mapping[str, Any], told: Told, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(told.id),
        "buyer_id": str(of["buyer_id"]),
        "declaration_id": str(of["id"]),
        "tax_no": told.tax_no,
        "message": told.message,
        "state": told.content["state"],
        "summed": told.content["summed"],
        "note": told.content["note"],
        **{name: told.content.get(name, "0") for name in ("duty", "vat", "excise")},
        "lines": told.content.get("lines", []),
        "returned_at": told.returned_at.isoformat(),
        "received_at": row["first_at"].isoformat(),
        "last_at": row["last_at"].isoformat(),
        "times": row["times"],
        "arrival_id": str(row["arrival_id"]),
    }


def _bill(of: Mapping[str, Any], number: str, said: Sequence[Told]) -> dict[str, Any]:
    found = merged(said)
    told = found.bill
    made_on = day_in(CHINA, told.returned_at) if told else None
    due_on = tax_days.due_on(tax_days.table(), made_on) if made_on else None
    amounts = taxes.minor(_standing(told.content)) if told else Taxes()
    return {
        "id": str(new_id()),
        "buyer_id": str(of["buyer_id"]),
        "declaration_id": str(of["id"]),
        "parcel_id": str(of["parcel_id"]),
        "order_number": of["order_number"],
        "list_number": of["list_number"],
        "tax_no": number,
        "guarantor": told and told.content["guarantor"] or settings.CUSTOMS_ASSURE_CODE,
        "mark": found.mark,
        "state": found.state.value,
        "summed_mark": found.summed_mark,
        "summed": found.summed,
        "notice_mark": told.mark if told else "",
        "notice_id": str(told.id) if told else None,
        "duty_minor": amounts.duty,
        "vat_minor": amounts.vat,
        "excise_minor": amounts.excise,
        "made_on": made_on.isoformat() if made_on else None,
        "due_on": due_on.isoformat() if due_on else None,
    }


def _standing(content: Mapping[str, Any]) -> taxes.Standing:
    duty, vat, excise = (Decimal(content[name]) for name in ("duty", "vat", "excise"))
    return taxes.Standing(duty, vat, excise, lines_of(content["lines"]))


# Reckoning.


def _reckon(declarations: Sequence[Mapping[str, Any]]) -> None:
    """Write the lines of these locked declarations' lists as their bills, orders and returns now make them. Four
    statements for any number; those without a bill are left out."""
    key = {"buyer_ids": list({row["buyer_id"] for row in declarations}), "ids": [row["id"] for row in declarations]}
    buyers = {row["id"]: row["buyer_id"] for row in declarations}
    bills: dict[UUID, list[dict[str, Any]]] = {}
    for row in sql.rows(sql.load("customs", "billed"), key):
        bills.setdefault(row["declaration_id"], []).append(row | {"lines": sql.json_value(row["lines"])})
    if not bills:
        return
    sold = orders.taxed_lines(keys=[(buyers[of], rows[0]["parcel_id"]) for of, rows in bills.items()])
    gone = _gone(key)
    lines = []
    for of, rows in bills.items():
        frozen = [
            taxes.Sold(
                line.number,
                line.hs_code,
                line.quantity,
                line.customs_value_minor,
                Taxes(line.duty_minor, line.vat_minor, line.excise_minor),
            )
            for line in sold.get(rows[0]["parcel_id"], ())
        ]
        stand = [row for row in rows if row["state"] != BillState.VOID]
        about = {"buyer_id": str(buyers[of]), "declaration_id": str(of), **_about((stand or rows)[-1])}
        found = taxes.reckoned(frozen, gone.get(of, {}), [_standing(row) for row in stand])
        lines += [about | _columns(line) for line in found]
    sql.run(sql.load("customs", "put_lines"), {"lines": json.dumps(lines), **key, "ids": list(bills)})


def _gone(key: Mapping[str, Any]) -> dict[UUID, dict[int, int]]:
    """Units that customs took back, by declaration and line."""
    found: dict[UUID, dict[int, int]] = {}
    for row in sql.rows(sql.load("customs", "taken_back"), key):
        units = found.setdefault(row["declaration_id"], {})
        for line in message.read(reading.open_document(row["xml_sealed"], row["id"])).lines:
            gnum = int(line["gnum"])
            units[gnum] = units.get(gnum, 0) + int(Decimal(line["qty"]))
    return found


def _about(bill: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "parcel_id": str(bill["parcel_id"]),
        "order_number": bill["order_number"],
        "list_number": bill["list_number"],
        "guarantor": bill["guarantor"],
        "made_on": bill["made_on"].isoformat(),
    }


def _columns(line: TaxLine) -> dict[str, Any]:
    sums = {"": line.collected, "lifted_": line.lifted, "billed_": line.billed}
    return {
        "id": str(new_id()),
        "gnum": line.gnum,
        **{
            f"{part}{name}_minor": getattr(one, name)
            for part, one in sums.items()
            for name in ("duty", "vat", "excise")
        },
        "value_minor": line.value,
        "billed_value_minor": line.billed_value,
        "code": line.code,
        "billed_code": line.billed_code,
        "lifted_minor": line.lifted.total,
        "difference_minor": line.difference,
        "kind": line.kind.value if line.kind else "",
    }
