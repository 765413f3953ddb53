"""Forms of the shop itself; addresses and real names are asked for by `web.common.forms`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from entrepot.basket.types import BasketLine
from entrepot.checkout.types import Wish

NEW = "new"
quantity_max = 99  # of one article, as the basket holds it


class PutForm(forms.Form):
    """One article into the basket: `mode` add counts on top of what is there, set replaces it (0 takes it out)."""

    sku = forms.UUIDField(error_messages={"invalid": _("This article does not exist.")})
    quantity = forms.IntegerField(
        min_value=0,
        max_value=quantity_max,
        error_messages={
            "invalid": _("Enter a whole number from 0 to 99."),
            "required": _("Enter a whole number from 0 to 99."),
            "min_value": _("Enter a whole number from 0 to 99."),
            "max_value": _("At most 99 of one article."),
        },
    )
    mode = forms.ChoiceField(choices=[("add", "add"), ("set", "set")])
    next = forms.ChoiceField(choices=[("", ""), ("checkout", "checkout")], required=False)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("mode") == "add" and self.cleaned_data.get("quantity") == 0:
            self.add_error("quantity", _("Enter a whole number from 1 to 99."))
        return self.cleaned_data

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])


class CheckoutForm(forms.Form):
    """The choices of the checkout page. `address` and `real_name` are an id of the buyer's own, or "new"."""

    address = forms.ChoiceField(error_messages={"required": _("Choose where the parcel should go.")})
    real_name = forms.ChoiceField(error_messages={"required": _("Choose in whose name customs is told.")})
    notice = forms.BooleanField(
        error_messages={"required": _("Please read the notice and confirm that you agree before ordering.")}
    )
    partial = forms.BooleanField(required=False)  # order what is there of what is short
    delivery = forms.ChoiceField(required=False)  # standard where a page did not ask
    provider = forms.ChoiceField(error_messages={"required": _("Choose how you want to pay.")})
    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": _("Please load the page again.")})
    total = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def offer(self, name: str, values: Sequence[str]) -> None:
        """What may be chosen in a field: the buyer's own."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(value, value) for value in values]

    def chosen(self, name: str) -> str:
        """The value to show as chosen, typed or initial."""
        value = self[name].value()
        return "" if value is None else str(value)


def wishes_of(lines: Sequence[BasketLine]) -> list[Wish]:
    return [Wish(line.sku_id, line.quantity) for line in lines]
