"""The money and the allowance of what came back, once each: what is due in all less what went before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import Order, OrderLine
from entrepot.outbox.services import defer
from entrepot.payments import services as payments
from entrepot.returns import models, reading, selectors
from entrepot.returns.rules.judging import no_tax, units_of
from entrepot.returns.rules.sums import Units, allowance, part
from entrepot.returns.services.asking import lines_of
from entrepot.returns.services.keeping import kept_units
from entrepot.returns.services.moving import NotNow, UnknownReturn, locked, move, trace, turn_of
from entrepot.returns.types import Amounts, Clerk, CustomsAnswer, Decision, Reason, ReturnState

TELL_IN_VAIN = "returns.tell_in_vain"
HEARD = {CustomsAnswer.ACCEPTED: "customs_accepted", CustomsAnswer.REFUSED: "customs_refused"}


class TaxStays(Refusal):
    code = "tax_stays"
    zh = "税款不能退还（{zh_why}）；如只退货款，请确认"
    en = "The tax cannot go back ({en_why}): confirm that only the price is refunded"


def complete(*, who: Clerk, decision: Decision, now: datetime) -> Amounts:
    """A clerk settles a counted return: the refund is ordered, and with the tax the yearly allowance is restored.

    Returns what goes back. Refuses UnknownReturn, NotNow, and TaxStays where the tax of something fit to be sold again
    stays and the decision does not say that this is known.
    """
    with transaction.atomic():
        row = locked(who)
        if row.state != ReturnState.ARRIVED or row.arrived_on is None:
            raise NotNow
        lines = [reading.line_of(one) for one in lines_of(row)]
        why = no_tax(customs=CustomsAnswer(row.customs), arrived_on=row.arrived_on, window=reading.window_of(row))
        if why and any(line.sound for line in lines) and not decision.without_tax:
            raise TaxStays(zh_why=why.zh, en_why=why.en)
        reason = Reason(row.reason)
        units = {line.line_id: units_of(line, reason=reason, decision=decision, why_not=why) for line in lines}
        given = _give_back(row, units, key=f"return:{row.id}")
        note = why.value if why else ""
        done = {"state": ReturnState.COMPLETED, "taxed": why is None}
        move(who, (ReturnState.ARRIVED,), kind=ReturnState.COMPLETED, note=note, now=now, **done)
        trace(row, action="complete", who=who, reason=note, now=now)
    return given


def hear_customs(*, return_id: UUID, buyer_id: UUID, answer: CustomsAnswer, code: str, now: datetime) -> None:
    """What customs says of the return. A yes that comes after the goods were paid brings the tax too, if they were in
    time. Repeated news change nothing; a return that is over otherwise only notes it. Refuses UnknownReturn.
    """
    who = Clerk(return_id, buyer_id, "customs")
    with transaction.atomic():
        row = locked(who)
        if (row.customs, row.customs_code) == (answer, code):
            return
        changed = {"customs": answer, "customs_code": code}
        row = move(who, tuple(ReturnState), kind=HEARD[answer], note=code, **changed, now=now)
        if row.state == ReturnState.COMPLETED and row.arrived_on is not None:
            _tax_after_all(row)
        told_if_in_vain(row)


def told_if_in_vain(row: models.Return) -> None:
    """Customs takes back what does not come: the desk is told, by a job. In a transaction."""
    if row.customs == CustomsAnswer.ACCEPTED and row.state in (ReturnState.LAPSED, ReturnState.WITHDRAWN):
        args = {"return_id": str(row.id), "buyer_id": str(row.buyer_id)}
        defer(job=TELL_IN_VAIN, lock=turn_of(row), args=args)


def _tax_after_all(row: models.Return) -> None:
    assert row.arrived_on is not None
    why = no_tax(customs=CustomsAnswer(row.customs), arrived_on=row.arrived_on, window=reading.window_of(row))
    if why is None and models.Return.objects.filter(buyer_id=row.buyer_id, id=row.id, taxed=False).update(taxed=True):
        lines = lines_of(row)
        _give_back(row, {line.line_id: Units(taxed=line.sound) for line in lines}, key=f"return:{row.id}:tax")


def _give_back(row: models.Return, units: Mapping[UUID, Units], *, key: str) -> Amounts:
    """Count the units as given back, order the refund and restore the allowance."""
    order = orders.order(order_id=row.order_id, buyer_id=row.buyer_id)
    if order is None or order.payment_id is None:
        raise UnknownReturn(what="order")
    known = selectors.paid_lines(order=order, parcel_id=row.parcel_id)
    books = models.Book.objects.select_for_update().filter(buyer_id=row.buyer_id, parcel_id=row.parcel_id)
    before = {book.line_id: Units(book.priced, book.freighted, book.taxed) for book in books.order_by("line_id")}
    given = Amounts()
    for line_id, more in sorted(units.items()):
        amounts = part(known[line_id], before[line_id], more)
        _write(row, line_id, more, amounts)
        given += amounts
    if given.total_minor:
        payments.give_back_later(
            payment_id=order.payment_id, buyer_id=row.buyer_id, amount_minor=given.total_minor, key=key
        )
    kept = kept_units(row.buyer_id, row.parcel_id)
    after = {
        line_id: replace(done, taxed=done.taxed - kept.get(line_id, 0)).plus(units.get(line_id, Units()))
        for line_id, done in before.items()
    }
    _restore(row, order, [(known[line_id], done) for line_id, done in after.items()])
    return given


def _write(row: models.Return, line_id: UUID, more: Units, amounts: Amounts) -> None:
    models.Book.objects.filter(buyer_id=row.buyer_id, parcel_id=row.parcel_id, line_id=line_id).update(
        priced=F("priced") + more.priced, freighted=F("freighted") + more.freighted, taxed=F("taxed") + more.taxed
    )
    models.Line.objects.filter(buyer_id=row.buyer_id, of_id=row.id, line_id=line_id).update(
        goods_minor=F("goods_minor") + amounts.goods_minor,
        freight_minor=F("freight_minor") + amounts.freight_minor,
        tax_minor=F("tax_minor") + amounts.tax_minor,
    )


def _restore(row: models.Return, order: Order, lines: list[tuple[OrderLine, Units]]) -> None:
    """The allowance of what customs took back counts against the year no more."""
    most = next(parcel.allowance_minor for parcel in order.parcels if parcel.id == row.parcel_id)
    restored = allowance(lines, most=most)
    if restored:
        order_verbs.restore_allowance(
            parcel_id=row.parcel_id, order_id=row.order_id, buyer_id=row.buyer_id, restored_minor=restored
        )
