"""A paid parcel that customs stopped at a limit: its buyer chooses the way on, the house carries it out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from entrepot.basket import services as basket
from entrepot.checkout.limits import MOVED_ON, offer
from entrepot.checkout.models import LimitCase
from entrepot.checkout.rules import ways
from entrepot.checkout.services import general
from entrepot.checkout.types import ANNUAL, LIMIT_CODES, Offer, Way
from entrepot.customs import selectors as declarations
from entrepot.customs import services as customs
from entrepot.customs.types import DeclarationState, LimitAnswer, News
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.money import to_minor
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import Answer, Order, OrderParcel, ParcelState
from entrepot.outbox.services import emit
from entrepot.tariff import selectors as tariff

MET = "checkout.limit_met"
SYSTEM = "system:limits"
LOOK_AGAIN = timedelta(hours=1)
SWEEP_BATCH = 200


class NoCase(NotFound):
    code = "no_limit_case"
    zh = "这个包裹没有待选择的事项"
    en = "There is nothing to choose about this parcel"


class CaseOver(Refusal):
    code = "limit_case_over"
    zh = "海关的状态已变化，无须再选择，请刷新页面"
    en = "Things have moved on at customs and there is nothing to choose any more: load the page again"


class AlreadyChosen(Refusal):
    code = "already_chosen"
    zh = "已选择其他处理方式，不能再改"
    en = "Another way was chosen before and stands"


class WayClosed(Refusal):
    code = "way_closed"
    zh = "这个包裹目前不能走这条途径，请选择其他方式"
    en = "This way is not open to this parcel now: choose another"


def meet(*, news: News, now: datetime) -> bool:
    """Customs stopped a parcel at a limit: the person's year is corrected by what it said, and the buyer is asked how
    to go on, if the parcel is held. Held for another reason there is nothing to choose; money that is to go back goes
    back all the same. Once per receipt; True for the call that asked. In the transaction that holds the declaration."""
    order = orders.order(order_id=news.order_id, buyer_id=news.buyer_id)
    if order is None or (parcel := _parcel(order, news.parcel_id)).state is not ParcelState.HELD:
        return False
    key = {"parcel_id": news.parcel_id, "buyer_id": news.buyer_id}
    if news.code not in LIMIT_CODES:
        going_back = LimitCase.objects.filter(**key, ended_at__isnull=True, choice__in=[Way.REFUND, Way.SPLIT])
        if not going_back.exists():
            general.end_cases(**key, outcome="again", now=now)
        return False
    said = declarations.limit_answer(**key)
    if said is None or LimitCase.objects.filter(**key, receipt_id=said.receipt_id).exists():
        return False
    told = ways.told(said.info)
    if news.code == ANNUAL:
        _correct(parcel, said, told, now)
    answer_by = now + timedelta(days=settings.LIMIT_ANSWER_DAYS)
    general.end_cases(**key, outcome="again", now=now)
    case = LimitCase.objects.create(
        id=new_id(),
        buyer_id=news.buyer_id,
        order_id=news.order_id,
        parcel_id=news.parcel_id,
        receipt_id=said.receipt_id,
        code=news.code,
        limit_minor=told.limit_minor,
        value_minor=told.value_minor,
        opened_at=now,
        answer_by=answer_by,
        due_at=answer_by,
    )
    customs.excuse(**key, until=answer_by)
    payload = {"case_id": str(case.id), "order_id": str(news.order_id)}
    emit(topic=MET, aggregate_id=case.id, buyer_id=news.buyer_id, payload=payload)
    return True


def _correct(parcel: OrderParcel, said: LimitAnswer, told: ways.Told, now: datetime) -> None:
    law = tariff.annual_limit(on=day_in(CHINA, said.told_at))
    ours = to_minor(law, "CNY") if law is not None else 0
    limit = ours if told.limit_minor is None else told.limit_minor
    value = parcel.allowance_minor if told.value_minor is None else told.value_minor
    answer = Answer(
        receipt_id=said.receipt_id,
        buyer_id=parcel.buyer_id,
        order_id=parcel.order_id,
        parcel_id=parcel.id,
        told_at=said.told_at,
        told_minor=told.used_minor,
        least_minor=ways.least_used(limit_minor=limit, value_minor=value),
        booked=tuple(declarations.booked(buyer_id=parcel.buyer_id)),
    )
    order_verbs.correct_allowance(told=answer, now=now)


def choose(*, case_id: UUID, buyer_id: UUID, way: Way, actor: str, now: datetime) -> None:
    """The buyer (or, when the time to answer or to pay is over, the house) chooses. Choosing the same again changes
    nothing; who waits, or has not paid for general trade, may still have the money back. Of two choices at one moment
    one stands and the other is refused.

    What is chosen is carried out by a job, but what a split puts into the basket, what a wait reserves and what general
    trade asks to be paid is written now. Refuses NoCase, CaseOver, AlreadyChosen, WayClosed, and what the basket
    refuses.
    """
    seen = _case(case_id, buyer_id)
    order = orders.order(order_id=seen.order_id, buyer_id=buyer_id)
    if order is None:
        raise NoCase()
    open_ways = offer(case=seen, order=order, parcel=_parcel(order, seen.parcel_id), now=now)
    with transaction.atomic():
        # The declaration is locked first, as everywhere: customs' news of this very parcel wait, or are known here.
        news = customs.news(parcel_id=seen.parcel_id, buyer_id=buyer_id)
        case = LimitCase.objects.select_for_update().get(buyer_id=buyer_id, id=case_id)
        if case.choice == way:
            return
        if case.ended_at or news is None or news.state is not DeclarationState.HELD or news.code not in LIMIT_CODES:
            raise CaseOver()
        if not ways.may_follow(case.choice, way, settled=case.settled_at is not None):
            raise AlreadyChosen()
        if actor == SYSTEM and case.choice == Way.WAIT:
            raise AlreadyChosen()
        if not open_ways.allows(way):
            raise WayClosed()
        _write(case, order, way, actor, open_ways, now)


def _write(case: LimitCase, order: Order, way: Way, actor: str, open_ways: Offer, now: datetime) -> None:
    changes: dict[str, Any] = {"choice": way, "chosen_at": now, "chosen_by": actor, "due_at": now + LOOK_AGAIN}
    if way is Way.SPLIT:
        changes["parts"] = [dict(part) for part in open_ways.parts]
    if way is Way.WAIT:
        assert open_ways.wait_until is not None
        until = open_ways.wait_until
        changes |= {"wait_until": until, "due_at": until}
        key = {"parcel_id": case.parcel_id, "buyer_id": case.buyer_id}
        order_verbs.count_in_year(**key, order_id=case.order_id, year=until.astimezone(CHINA).year)
        customs.excuse(**key, until=until + LOOK_AGAIN)
    if way is Way.GENERAL:
        assert open_ways.general is not None
        changes |= general.agree(case=case, order=order, total_minor=open_ways.general.total_minor, now=now)
        customs.excuse(parcel_id=case.parcel_id, buyer_id=case.buyer_id, until=changes["wait_until"])
    if case.choice == Way.GENERAL:
        general.not_wanted(case=case, now=now)
    LimitCase.objects.filter(buyer_id=case.buyer_id, id=case.id).update(**changes)
    if way is Way.SPLIT:
        _fill(order, changes["parts"][0], now)
    if way is not Way.WAIT:
        general.look_later(case)


def fill(*, case_id: UUID, buyer_id: UUID, part: int, now: datetime) -> None:
    """Put the goods of one order of a split into the basket, part 1 is the first. Doing it twice is doing it once.

    Refuses NoCase and what the basket refuses.
    """
    case = _case(case_id, buyer_id)
    order = orders.order(order_id=case.order_id, buyer_id=buyer_id)
    if order is None or case.choice != Way.SPLIT or not 0 < part <= len(case.parts):
        raise NoCase()
    with transaction.atomic():
        _fill(order, case.parts[part - 1], now)


def _fill(order: Order, units: dict[str, int], now: datetime) -> None:
    for sku_id, quantity in units.items():
        basket.put(
            buyer_id=order.buyer_id,
            storefront_id=order.storefront_id,
            sku_id=UUID(sku_id),
            quantity=quantity,
            now=now,
        )


def sweep_limits(*, now: datetime) -> int:
    """Order one job for each case that somebody must look at. Returns how many; each is handed out once an hour."""
    with transaction.atomic():
        rows = LimitCase.objects.select_for_update(skip_locked=True).filter(ended_at__isnull=True, due_at__lte=now)
        due = list(rows.order_by("due_at")[:SWEEP_BATCH])
        LimitCase.objects.filter(id__in=[case.id for case in due]).update(due_at=now + LOOK_AGAIN)
        for case in due:
            general.look_later(case)
    return len(due)


def come_due(*, case_id: UUID, buyer_id: UUID, now: datetime) -> str:
    """Carry out what was chosen, give the money back where nobody chose or paid in time, close what has moved on.
    Repeatable; signs and calls outside, so not inside a transaction. Returns what was done. Refuses what customs and
    asking the provider refuse; the caller tries again."""
    case = _case(case_id, buyer_id)
    order = orders.order(order_id=case.order_id, buyer_id=buyer_id)
    if case.ended_at or order is None:
        return "over"
    state = _parcel(order, case.parcel_id).state
    if state in MOVED_ON:
        return close(parcel_id=case.parcel_id, buyer_id=buyer_id, outcome=MOVED_ON[state], now=now)
    if general.unpaid(case, now):
        general.ask_provider(case=case, now=now)
        case = _case(case_id, buyer_id)
    if (not case.choice and case.answer_by <= now) or general.unpaid(case, now):
        try:
            choose(case_id=case_id, buyer_id=buyer_id, way=Way.REFUND, actor=SYSTEM, now=now)
        except (CaseOver, AlreadyChosen):
            return "nothing"  # it moved in this very moment: the next look sees how
        case.choice = Way.REFUND
    found = declarations.declaration(parcel_id=case.parcel_id, buyer_id=buyer_id)
    if found is None or not case.choice:
        return "nothing"
    if case.choice == Way.GENERAL:
        if case.settled_at is not None:
            customs.excuse(parcel_id=case.parcel_id, buyer_id=buyer_id, until=None)  # the desk's turn
        return "nothing"
    if case.choice != Way.WAIT:
        reason = f"customs limit {case.code}: {case.choice}"
        customs.cancel(declaration_id=found.id, buyer_id=buyer_id, actor=SYSTEM, reason=reason, now=now)
        return "cancelled"
    if case.wait_until and case.wait_until <= now and found.held_code in LIMIT_CODES:
        customs.redeclare(declaration_id=found.id, buyer_id=buyer_id, actor=SYSTEM, now=now)
        return "declared"
    return "nothing"


def close(*, parcel_id: UUID, buyer_id: UUID, outcome: str, now: datetime) -> str:
    """The parcel is on its way (`outcome` released), or its money is (refunded): nothing is left to choose."""
    general.end_cases(parcel_id=parcel_id, buyer_id=buyer_id, outcome=outcome, now=now)
    return outcome


def _case(case_id: UUID, buyer_id: UUID) -> LimitCase:
    found = LimitCase.objects.filter(buyer_id=buyer_id, id=case_id).first()
    if found is None:
        raise NoCase()
    return found


def _parcel(order: Order, parcel_id: UUID) -> OrderParcel:
    return next(one for one in order.parcels if one.id == parcel_id)
