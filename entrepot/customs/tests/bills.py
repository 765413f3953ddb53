"""Tax bills as a port would write them, and lists of ours that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.customs import services
from entrepot.customs.models import Declaration, Document, TaxBill, TaxLine
from entrepot.customs.rules.standing import THREE
from entrepot.customs.tests.makers import Ready, parcel
from entrepot.customs.tests.receipts import T0, declaration, signed
from entrepot.customs.types import DocumentKind
from entrepot.kit.clock import CHINA
from entrepot.kit.ids import new_id

GUARANTOR = "3301960SBG"
SAME = ("duty", "vat", "excise")


def list_number() -> str:
    return f"31052026I{new_id().int % 10**9:09d}"


def moment(at: datetime) -> str:
    here = at.astimezone(CHINA)
    return f"{here:%Y%m%d%H%M%S}{here.microsecond // 1000:03d}"


def line(gnum: int = 1, vat: str = "0", **more: str) -> str:
    """A bill's line. More: duty, excise, value, code."""
    code, value = more.get("code", "1901101000"), more.get("value", "")
    return (
        f"<ceb:TaxListRd><ceb:gnum>{gnum}</ceb:gnum>"
        + (f"<ceb:gcode>{code}</ceb:gcode>" if code else "")
        + (f"<ceb:taxPrice>{value}</ceb:taxPrice>" if value else "")
        + f"<ceb:customsTax>{more.get('duty', '0')}</ceb:customsTax><ceb:valueAddedTax>{vat}</ceb:valueAddedTax>"
        f"<ceb:consumptionTax>{more.get('excise', '0')}</ceb:consumptionTax></ceb:TaxListRd>"
    )


def head(of: str, vat: str = "0", at: datetime = T0, **more: str) -> str:
    """A bill's head. More: duty, excise, number, status, guarantor, note."""
    return (
        f"<ceb:TaxHeadRd><ceb:guid>{new_id()}</ceb:guid><ceb:returnTime>{moment(at)}</ceb:returnTime>"
        f"<ceb:invtNo>{of}</ceb:invtNo><ceb:taxNo>{more.get('number', of + 'T01')}</ceb:taxNo>"
        f"<ceb:customsTax>{more.get('duty', '0')}</ceb:customsTax><ceb:valueAddedTax>{vat}</ceb:valueAddedTax>"
        f"<ceb:consumptionTax>{more.get('excise', '0')}</ceb:consumptionTax><ceb:status>{more.get('status', '1')}"
        f"</ceb:status><ceb:note>{more.get('note', '')}</ceb:note>"
        f"<ceb:assureCode>{more.get('guarantor', GUARANTOR)}</ceb:assureCode></ceb:TaxHeadRd>"
    )


def bill(of: str, vat: str = "0", at: datetime = T0, lines: Sequence[str] = (), **more: str) -> bytes:
    """A signed 816 with one bill; without `lines` one line that says what the head does. More: as `head`."""
    own = lines or [line(1, vat, **{name: text for name, text in more.items() if name in SAME})]
    return signed(f"<ceb:Tax>{head(of, vat, at, **more)}{''.join(own)}</ceb:Tax>", "816")


def turn(of: str, status: int, at: datetime = T0, number: str = "", summed: str = "") -> bytes:
    """A signed 818."""
    named = f"<ceb:entDutyNo>{summed}</ceb:entDutyNo>" if summed else ""
    inside = (
        f"<ceb:guid>{new_id()}</ceb:guid><ceb:returnTime>{moment(at)}</ceb:returnTime><ceb:invtNo>{of}</ceb:invtNo>"
        f"<ceb:taxNo>{number or of + 'T01'}</ceb:taxNo><ceb:status>{status}</ceb:status>{named}"
    )
    return signed(f"<ceb:Tax><ceb:TaxHeadStatus>{inside}</ceb:TaxHeadStatus></ceb:Tax>", "818")


def listed(lines: int = 1, numbered: bool = True, **changes: Any) -> tuple[Declaration, Ready, str]:
    """A declaration of a real order, released under a list number, or one that customs has yet to number."""
    ready = parcel(lines, carry=False, **changes)
    made = declaration((*THREE, DocumentKind.LIST))
    number = list_number()
    Document.objects.filter(declaration_id=made.id).update(buyer_id=ready.buyer_id)
    own = {"buyer_id": ready.buyer_id, "order_id": ready.order_id, "parcel_id": ready.parcel.id}
    if numbered:
        made.standing["621"]["invt"] = number
        own |= {"list_number": number, "standing": made.standing, "state": "released"}
    Declaration.objects.filter(id=made.id).update(**own)
    made.refresh_from_db()
    return made, ready, number


def take(*bodies: bytes, now: datetime = T0) -> None:
    """Hear the bodies one after the other, and let the clock put them to their lists."""
    for body in bodies:
        hear(body, now)
    services.match_bills(now=now)


def hear(body: bytes, now: datetime = T0) -> None:
    try:
        services.take_receipt(body=body, headers={}, now=now)
    except services.UnknownDocument:  # for a list that is not known yet
        return


def books(declaration_id: UUID) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All that the bills of a list came to, without what each run makes anew."""
    bills = TaxBill.objects.filter(declaration_id=declaration_id).order_by("tax_no").values()
    lines = TaxLine.objects.filter(declaration_id=declaration_id).order_by("gnum").values()
    return [_plain(row) for row in bills], [_plain(row) for row in lines]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}


def first_bill(made: Declaration) -> TaxBill:
    return TaxBill.objects.get(declaration_id=made.id)


def without_documents(buyer_id: UUID) -> None:
    """A list's documents of tests' making have nothing in them that a page could open."""
    Document.objects.filter(buyer_id=buyer_id).delete()
