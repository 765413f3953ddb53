"""An order's story as steps: what has happened to a parcel, what is next, what stopped it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from entrepot.checkout.types import LIMIT_CODES
from entrepot.orders.types import Order, OrderEvent, OrderParcel, OrderState, ParcelState
from entrepot.orders.types.notes import NOTES, note_text

_WAY = (ParcelState.PAID, ParcelState.DECLARED, ParcelState.RELEASED, ParcelState.SHIPPED, ParcelState.DELIVERED)
LATE = {
    "late_payment",
    "late_payment_refunded",
    "late_payment_price_gone",
    "late_payment_over_year",
    "late_payment_over_limit",
    "cancelled_payment_refunded",
}
_FINAL = {OrderState.DELIVERED, OrderState.CANCELLED}
polls_max = 240


@dataclass(frozen=True, slots=True)
class Step:
    """`state` is done, now (the next one, awaited), held or next."""

    name: str
    state: str
    at: datetime | None
    hint: str


def name_of(kind: str) -> str:
    names = {
        "placed": _("Ordered"),
        "paid": _("Paid"),
        "declared": _("Declared to customs"),
        "held": _("Stopped at customs"),
        "released": _("Released by customs"),
        "shipped": _("Shipped"),
        "delivered": _("Delivered"),
        "cancelled": _("Cancelled"),
    }
    return names.get(kind, kind)


def _ahead(kind: str) -> str:
    """A step that is still to come."""
    return {
        "paid": _("Payment"),
        "declared": _("Customs declaration"),
        "released": _("Customs release"),
        "shipped": _("Shipping"),
        "delivered": _("Delivery"),
    }[kind]


def _hint(kind: str) -> str:
    return {
        "paid": _("waiting for your payment"),
        "declared": _("the papers are being sent"),
        "released": _("customs is checking order, payment and waybill"),
        "shipped": _("the warehouse is packing"),
        "delivered": _("the courier is on the way"),
    }[kind]


def steps(order: Order, parcel: OrderParcel) -> tuple[Step, ...]:
    """Paid → declared → released → shipped → delivered, each with its time or what it waits for; or that it was called
    off. The order as a whole is delivered with its last parcel: that tells nothing of the others."""
    events = sorted(order.events, key=lambda event: event.sequence)
    of_all = [event for event in events if event.parcel_id is None and event.kind != OrderState.DELIVERED]
    whole = {event.kind: event for event in reversed(of_all)}  # a payment that comes late cancels nothing again
    last = {**whole, **{event.kind: event for event in events if event.parcel_id == parcel.id}}
    times = {kind: event.at for kind, event in last.items()}
    held = parcel.state is ParcelState.HELD
    reached = max((i for i, state in enumerate(_WAY) if state.value in times), default=-1)
    if parcel.state in _WAY:
        reached = _WAY.index(parcel.state)
    if held:
        reached = max(reached, _WAY.index(ParcelState.DECLARED))
    shown = []
    for i, state in enumerate(_WAY):
        if i <= reached:
            shown.append(Step(name_of(state), "done", times.get(state.value), ""))
        elif i == reached + 1 and held:
            shown.append(Step(name_of("held"), "held", times.get("held"), _why_held(order, parcel)))
        elif i == reached + 1 and parcel.state is ParcelState.CANCELLED:
            end = last.get("cancelled")
            why = told(end) if end and end.parcel_id else ""  # what ended the whole order stands beside the headline
            return (*shown, Step(name_of("cancelled"), "held", end.at if end else None, why))
        elif i == reached + 1:
            shown.append(Step(_ahead(state.value), "now", None, _hint(state.value)))
        else:
            shown.append(Step(_ahead(state.value), "next", None, ""))
    return tuple(shown)


def _why_held(order: Order, parcel: OrderParcel) -> str:
    stops = [event for event in order.events if event.kind == "held" and event.parcel_id == parcel.id]
    if stops and max(stops, key=lambda event: event.sequence).note in LIMIT_CODES:
        return _("above a limit of customs: see below")
    return _("customs has a question, and we are answering it")


@dataclass(frozen=True, slots=True)
class Headline:
    """What the order page says first. `tone` is wait, good, held or off; `note` what became of a late payment."""

    title: str
    text: str
    tone: str
    note: str = ""


def told(event: OrderEvent) -> str:
    """What an event says beside its name: only words of the house, no codes of others."""
    return note_text(event.note, get_language() or "zh-hans") if event.note in NOTES else ""


def headline(order: Order) -> Headline:
    """Where the order stands; a payment that came too late is spoken of first."""
    late = next((told(event) for event in reversed(order.events) if event.note in LATE), "")
    return replace(_headline(order), note=late)


def closed() -> Headline:
    """Of an order whose payment failed or was closed, while its goods are still held."""
    title = _("The payment was closed")
    return Headline(title, _("This order cannot be paid any more. Its goods can be ordered again."), "off")


def overdue() -> Headline:
    """Of an order that nobody has paid in time, as far as is known: the provider is asked before it is cancelled."""
    text = _("We ask the payment provider once more: if you have paid, the order stands, else it is cancelled.")
    return Headline(_("The time to pay is over"), text, "wait")


def _headline(order: Order) -> Headline:
    states = {parcel.state for parcel in order.parcels if parcel.state is not ParcelState.CANCELLED}
    if order.state is OrderState.PLACED:
        return Headline(_("Waiting for your payment"), _("The goods are held for you until the time below."), "wait")
    if order.state is OrderState.CANCELLED:
        return Headline(
            _("Cancelled"), _("Nothing will be sent. Money that was paid goes back the way it came."), "off"
        )
    if order.state is OrderState.DELIVERED:
        return Headline(_("Delivered"), _("Thank you. If something is not right, see how returns work."), "good")
    if ParcelState.HELD in states:
        return Headline(
            _("Stopped at customs"),
            _("Customs has a question about a parcel. We are working on it; you need not do anything now."),
            "held",
        )
    if states <= {ParcelState.SHIPPED, ParcelState.DELIVERED}:
        return Headline(_("On the way to you"), _("Released by customs and handed to the courier."), "good")
    if states & {ParcelState.SHIPPED, ParcelState.DELIVERED}:
        title = _("A part is on the way to you") if ParcelState.SHIPPED in states else _("A part has arrived")
        return Headline(title, _("The parcels travel apart: see below how each of them stands."), "good")
    if states == {ParcelState.RELEASED}:
        return Headline(_("Released by customs"), _("The warehouse hands the goods to the courier."), "good")
    if ParcelState.DECLARED in states:
        return Headline(
            _("With customs"),
            _("Order, payment and waybill are being compared. This takes minutes, seldom hours."),
            "good",
        )
    return Headline(_("Paid"), _("We are preparing the papers for customs."), "good")


def pause_s(order: Order, at: datetime, polls: int) -> int:
    """Seconds until the page asks again, 0 for never: quick while things happen, slow after that, then not at all."""
    if order.state in _FINAL or polls >= polls_max:
        return 0
    latest = max((event.at for event in order.events), default=order.placed_at)
    quiet = at - latest
    if quiet < timedelta(minutes=2):
        return 3
    return 15 if quiet < timedelta(minutes=30) else 60
