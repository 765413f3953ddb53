"""What a clerk does before money moves: yes, no, and what arrived; and what the clock does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from entrepot.customs import selectors as customs_read
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.returns import models
from entrepot.returns.services.asking import give_units_back, lines_of
from entrepot.returns.services.at_customs import ask_later
from entrepot.returns.services.moving import NotNow, locked, move, plain_text, trace
from entrepot.returns.services.settling import told_if_in_vain
from entrepot.returns.types import Clerk, Counted, CustomsAnswer, NoReturn, Reason, ReturnState
from entrepot.stock import selectors as stock_read
from entrepot.stock import services as stock
from entrepot.stock.types import PutBack, WarehouseKind

LAPSE_BATCH = 200


class CountWrong(Invalid):
    code = "count_wrong"
    zh = "点数与退货不符：每行最多为退货数量，且不能为负"
    en = "The count does not fit the return: of each line at most what was to come back"


class ArrivalWrong(Invalid):
    code = "return_arrival_wrong"
    zh = "到仓日期有误：不能早于申请退货之日，也不能晚于今天"
    en = "The goods cannot have arrived before their return was asked for, nor later than today"


class TooLateToApprove(Refusal):
    code = "too_late_to_approve"
    zh = "货物最晚须在 {until} 退回，现在同意已来不及：请拒绝并说明原因"
    en = "The goods had to be back by {until}: it is too late to approve. Please refuse, and say why"


def approve(*, who: Clerk, now: datetime) -> None:
    """A clerk says yes: the goods may come, and customs is asked to take them back. What came in as general trade it is
    not asked for, and a place at home awaits it. Refuses UnknownReturn, NotNow, TooLateToApprove."""
    with transaction.atomic():
        row = move(who, (ReturnState.APPLIED,), kind=ReturnState.APPROVED, state=ReturnState.APPROVED, now=now)
        if day_in(CHINA, now) > row.back_by:
            raise TooLateToApprove(until=row.back_by)
        if customs_read.released_at(parcel_id=row.parcel_id, buyer_id=row.buyer_id) is not None:
            ask_later(row, now)
        if _duty_paid(row):
            stock.place_at_home()
        trace(row, action="approve", who=who, reason="", now=now)


def refuse(*, who: Clerk, why: NoReturn, note: str, now: datetime) -> None:
    """A clerk says no, in a word and what else there is to say; the units may be asked for again.

    Refuses UnknownReturn, NotNow.
    """
    said = f"{why.value}:{plain_text(note)}" if plain_text(note) else why.value
    with transaction.atomic():
        row = move(who, (ReturnState.APPLIED,), kind=ReturnState.REFUSED, note=said, state=ReturnState.REFUSED, now=now)
        give_units_back(row, {one.line_id: one.quantity for one in lines_of(row)})
        trace(row, action="refuse", who=who, reason=said, now=now)


def arrive(
    *,
    who: Clerk,
    counted: Mapping[UUID, Counted],
    warehouse_id: UUID,
    now: datetime,
    home_id: UUID | None = None,
    on: date | None = None,
) -> None:
    """The goods are in their warehouse, since the day `on` (None: today): counted, line by line, and put back into
    stock. What did not come may be asked for again. Goods that have lapsed may still come; of what came late the tax
    stays.

    From a warehouse abroad goods are quarantined wherever they are: they are not on its shelves. So is what was
    recalled, and what customs has not accepted: it is in no account book. What came in as general trade has paid its
    duty: it comes to a warehouse at home (`home_id`; None: the first one, or the house's place for it), and into no
    account book again.
    Refuses UnknownReturn, NotNow, CountWrong, ArrivalWrong, and what `stock.put_back` refuses.
    """
    before = (ReturnState.APPROVED, ReturnState.LAPSED)
    with transaction.atomic():
        row = locked(who)
        if row.state not in before:
            raise NotNow
        lines = lines_of(row)
        if {one.line_id for one in lines} != counted.keys() or any(_wrong(one, counted[one.line_id]) for one in lines):
            raise CountWrong(field="counted")
        today = day_in(CHINA, now)
        if on is not None and not day_in(CHINA, row.applied_at) <= on <= today:
            raise ArrivalWrong(field="on")
        for line in lines:
            found = counted[line.line_id]
            models.Line.objects.filter(buyer_id=row.buyer_id, id=line.id).update(
                sound=found.sound, spoiled=found.spoiled
            )
        give_units_back(row, {one.line_id: one.quantity - _came(counted[one.line_id]) for one in lines})
        paid = _duty_paid(row)
        home_id = (home_id or stock.place_at_home()) if paid else None
        aside = row.reason == Reason.RECALLED or (not paid and _not_for_sale(row, warehouse_id))
        back = [_put_back(one, counted[one.line_id], aside) for one in lines if _came(counted[one.line_id])]
        if back:
            stock.put_back(reference=row.order_id, lines=back, returned=str(row.id), home_id=home_id, now=now)
        row = move(
            who,
            before,
            kind=ReturnState.ARRIVED,
            state=ReturnState.ARRIVED,
            note=stock_read.warehouses()[home_id].code if home_id else "",
            arrived_on=on or today,
            now=now,
        )
        trace(row, action="arrive", who=who, reason="", now=now)


def lapse(*, now: datetime) -> int:
    """Approved returns whose goods are not back in time have lapsed. Returns how many did."""
    late = models.Return.objects.filter(state=ReturnState.APPROVED, back_by__lt=day_in(CHINA, now)).order_by("back_by")
    done = 0
    for return_id, buyer_id in late.values_list("id", "buyer_id")[:LAPSE_BATCH]:
        who = Clerk(return_id, buyer_id, "system:returns")
        try:
            with transaction.atomic():
                row = move(who, (ReturnState.APPROVED,), kind=ReturnState.LAPSED, state=ReturnState.LAPSED, now=now)
                told_if_in_vain(row)
        except NotNow:
            continue  # it arrived in this very moment
        done += 1
    return done


def _duty_paid(row: models.Return) -> bool:
    return customs_read.came_as_general_trade(parcel_id=row.parcel_id, buyer_id=row.buyer_id)


def _not_for_sale(row: models.Return, warehouse_id: UUID) -> bool:
    """Not on the warehouse's shelves, or not in its account book."""
    abroad = stock_read.warehouses()[warehouse_id].kind is WarehouseKind.OVERSEAS
    return abroad or row.customs in (CustomsAnswer.ASKED, CustomsAnswer.REFUSED)


def _came(found: Counted) -> int:
    return found.sound + found.spoiled


def _wrong(line: models.Line, found: Counted) -> bool:
    return min(found.sound, found.spoiled) < 0 or _came(found) > line.quantity


def _put_back(line: models.Line, found: Counted, aside: bool) -> PutBack:
    sound = 0 if aside else found.sound
    return PutBack(line_id=line.line_id, sku_id=line.sku_id, sound=sound, spoiled=_came(found) - sound)
