"""Questions about goods of a released list that come back, or that stay though it was released."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from entrepot.customs import models, reading
from entrepot.customs.rules import return_days
from entrepot.customs.rules.standing import Verdict
from entrepot.customs.rules.words import words
from entrepot.customs.selectors import released_at
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.customs.types.staying import Settled, Stay, StayState, Window

SETTLED_MAX = 200


def return_window(*, released_at: datetime) -> Window | None:
    """Until which day goods of a list released then may be asked back and be back; None where no rule was in force."""
    return return_days.window(return_days.table(), released_at=released_at)


def stay(*, parcel_id: UUID, buyer_id: UUID) -> Stay | None:
    """How a released list stands whose goods stay; None for every other. At most four statements."""
    row = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id, stays_at__isnull=False).first()
    return stay_of(row) if row is not None else None


def stay_of(row: models.Declaration) -> Stay | None:
    """The same of a declaration's row."""
    if row.stays_at is None:
        return None
    mine = models.Application.objects.filter(buyer_id=row.buyer_id, return_id=row.id)
    asked = mine.select_related("document").defer("document__xml_sealed").first()
    state = _state(row, asked)
    refused = asked if state is StayState.REFUSED else None
    may = state in (StayState.REFUSED, StayState.UNASKED)
    released = released_at(parcel_id=row.parcel_id, buyer_id=row.buyer_id) if may else None
    window = return_window(released_at=released) if released else None
    return Stay(
        since=row.stays_at,
        state=state,
        version=asked.version if asked else 0,
        number=asked.document.number if asked else "",
        code=str(refused.status) if refused else "",
        told=_told(refused) if refused else {},
        ask_by=window.apply_by if window else None,
        paper=row.stay_paper,
        settled_by=row.stay_settled_by,
        settled_at=row.stay_settled_at,
        released=_released(row),
    )


def settled(*, since: datetime) -> list[Settled]:
    """Lists of account books whose goods stay and that customs settled by a paper since then, the newest first; at most
    `SETTLED_MAX`."""
    rows = models.Declaration.objects.filter(stay_settled_at__gte=since).exclude(account_book="")
    return [
        Settled(
            order_number=row.order_number,
            buyer_id=row.buyer_id,
            parcel_id=row.parcel_id,
            book=row.account_book,
            units=sum(int(units) for *_, units in row.booked.get("lines", ())),
            paper=row.stay_paper,
            settled_by=row.stay_settled_by,
            settled_at=row.stay_settled_at,
        )
        for row in rows.order_by("-stay_settled_at").defer("standing", "differences")[:SETTLED_MAX]
        if row.stay_settled_at is not None
    ]


def _released(row: models.Declaration) -> bool:
    """By its list, and still."""
    listed = reading.standings_of(row.standing).get(DocumentKind.LIST)
    return row.state == DeclarationState.RELEASED and listed is not None and listed.verdict is Verdict.DONE


def _state(row: models.Declaration, asked: models.Application | None) -> StayState:
    if asked is not None and asked.verdict == Verdict.DONE:
        return StayState.TAKEN_BACK
    if row.stay_settled_at is not None:
        return StayState.SETTLED
    if asked is not None and asked.verdict == Verdict.REFUSED:
        return StayState.REFUSED
    return StayState.UNASKED if asked is None else StayState.ASKED


def _told(refused: models.Application) -> Mapping[str, str]:
    """Why customs refuses in plain words, with what it wrote."""
    meant = words(str(refused.status))
    told = models.Receipt.objects.filter(buyer_id=refused.buyer_id, document_id=refused.document_id, mark=refused.mark)
    info = told.exclude(info="").order_by("id").values_list("info", flat=True).first()
    said = {"zh-hans": f"{meant.zh}。", "en": f"{meant.en}."}
    if info:
        said = {"zh-hans": f"{said['zh-hans']}海关原文：{info}", "en": f"{said['en']} Customs: {info}"}
    return said
