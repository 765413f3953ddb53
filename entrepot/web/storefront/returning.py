"""A return's story for its buyer: what it says first, its steps, and the form that asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _later

from entrepot.orders.types import OrderParcel
from entrepot.returns.types import NOTE_MAX, CustomsAnswer, Reason, Return, ReturnState, Told
from entrepot.web.common.formats import day, money
from entrepot.web.storefront.timeline import Headline, Step

_WAY = (ReturnState.APPLIED, ReturnState.APPROVED, ReturnState.ARRIVED, ReturnState.COMPLETED)


def said(word: Told) -> str:
    """A word of the house in the reader's language."""
    return word.zh if (get_language() or "zh").startswith("zh") else word.en


class ReturnForm(forms.Form):
    """Units of each line of one parcel, why, and what else there is to say."""

    reason = forms.ChoiceField(error_messages={"required": _later("Say why you send it back.")})
    note = forms.CharField(max_length=NOTE_MAX, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": _later("Please load the page again.")})

    def __init__(
        self, parcel: OrderParcel, left: Mapping[UUID, int], recalled: bool, *args: object, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        reason = self.fields["reason"]
        assert isinstance(reason, forms.ChoiceField)
        reason.choices = [(one.value, said(one)) for one in Reason if one is not Reason.RECALLED or recalled]
        self.lines = [(line, left[line.id]) for line in parcel.lines]
        for line, most in self.lines:
            wrong = _("Enter a whole number from 0 to %(most)s.") % {"most": most}
            self.fields[f"units-{line.number}"] = forms.IntegerField(
                min_value=0,
                max_value=most,
                required=False,
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
            )

    def units(self) -> dict[UUID, int]:
        """By line of the order, those of which something goes back."""
        asked = {line.id: self.cleaned_data[f"units-{line.number}"] or 0 for line, _most in self.lines}
        return {line_id: units for line_id, units in asked.items() if units}


def name_of(kind: str) -> str:
    return {
        "applied": _("Return asked for"),
        "approved": _("Return accepted"),
        "sent": _("Handed to the carrier"),
        "customs_asked": _("Customs asked"),
        "customs_accepted": _("Customs accepted the return"),
        "customs_refused": _("Customs did not accept the return"),
        "arrived": _("Arrived and counted"),
        "completed": _("Refund ordered"),
        "refused": _("Return not accepted"),
        "withdrawn": _("Return withdrawn"),
        "lapsed": _("Not back in time"),
    }.get(kind, kind)


def _ahead(state: ReturnState, found: Return) -> tuple[str, str]:
    """A step that is still to come, and what it waits for."""
    return {
        ReturnState.APPROVED: (_("Our answer"), _("we are looking at what you wrote")),
        ReturnState.ARRIVED: (
            _("Arrival"),
            _("to be there by %(day)s") % {"day": day(found.window.back_by)},
        ),
        ReturnState.COMPLETED: (_("Refund"), _("a clerk settles what goes back")),
    }[state]


def steps(found: Return) -> tuple[Step, ...]:
    """Asked → accepted → arrived → refunded, each with its time or what it waits for; or what ended it."""
    times = {event.kind: event.at for event in found.events}
    shown = [Step(name_of(state), "done", times[state.value], "") for state in _WAY if state.value in times]
    if found.state in (ReturnState.REFUSED, ReturnState.WITHDRAWN, ReturnState.LAPSED):
        return (*shown, Step(name_of(found.state), "held", times.get(found.state.value), ""))
    for n, state in enumerate([one for one in _WAY if one.value not in times]):
        name, hint = _ahead(state, found)
        shown.append(Step(name, "next" if n else "now", None, "" if n else hint))
    return tuple(shown)


def headline(found: Return) -> Headline:
    until = {"day": day(found.window.back_by)}
    if found.state is ReturnState.APPLIED:
        return Headline(_("We are looking at it"), _("You hear from us here. Keep the goods as they are."), "wait")
    if found.state is ReturnState.APPROVED and found.tracking:
        return Headline(_("On the way back"), _("The goods must be in the warehouse by %(day)s.") % until, "wait")
    if found.state is ReturnState.APPROVED:
        return Headline(_("Please send the goods back"), _("They must be in the warehouse by %(day)s.") % until, "wait")
    if found.state is ReturnState.ARRIVED:
        return Headline(_("The goods have arrived"), _("They are counted; the refund is next."), "good")
    if found.state is ReturnState.COMPLETED:
        sum_ = money(found.refunded.total_minor, found.currency)
        return Headline(_("Refunded"), _("%(sum)s goes back the way you paid.") % {"sum": sum_}, "good")
    if found.state is ReturnState.REFUSED:
        why = found.refusal
        return Headline(_("We cannot take it back"), said(why) if why else "", "held", found.refusal_note)
    if found.state is ReturnState.WITHDRAWN:
        return Headline(_("You kept the goods"), _("The return was withdrawn; nothing goes back."), "off")
    late = (
        _("The goods were not back by %(day)s. If they still arrive we count them, but customs keeps the tax.") % until
    )
    return Headline(_("Not back in time"), late, "held")


def at_customs(found: Return) -> str:
    """What customs says of the tax, in a sentence; empty where it was not asked or it no longer matters."""
    if found.state in (ReturnState.REFUSED, ReturnState.WITHDRAWN):
        return ""
    return {
        CustomsAnswer.NONE: "",
        CustomsAnswer.ASKED: _("Customs has been asked to take the goods back and to lift the tax."),
        CustomsAnswer.ACCEPTED: _(
            "Customs accepts the return: the tax of what arrives in time and can be sold again goes back, "
            "and your yearly allowance is restored."
        ),
        CustomsAnswer.REFUSED: _("Customs did not accept the return: the tax cannot go back. We look at what can."),
    }[found.customs]
