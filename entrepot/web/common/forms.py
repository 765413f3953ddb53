"""Forms that several entry points show. They ask; the verbs decide, and their refusals land on the field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from entrepot.identity import selectors
from entrepot.identity.types import (
    Address,
    AddressDraft,
    Division,
    KeyDraft,
    RealNameDraft,
    Scope,
    detail_length_max,
    name_length_max,
)
from entrepot.kit.refusals import Refusal


def add_refusal(form: forms.Form, refusal: Refusal) -> None:
    """Show a refusal on the field it names, else above the form, in the visitor's language."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, refusal.message(get_language() or "zh-hans"))


def _choices(divisions: tuple[Division, ...]) -> list[tuple[str, Any]]:
    return [("", _("Please choose")), *((division.code, division.name) for division in divisions)]


def _text(label: Any, autocomplete: str, length_max: int, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete, **attrs})
    return forms.CharField(label=label, max_length=length_max, widget=widget)


class AddressForm(forms.Form):
    """A delivery address in mainland China. Cities and districts follow the chosen province and city.

    Without JavaScript: a button `name=reload` posts the form, and the view shows `AddressForm.reloaded(request.POST)`.
    """

    recipient = _text(_("Recipient"), "name", name_length_max)
    phone = _text(_("Phone number"), "tel", 30, type="tel", inputmode="tel")
    province_code = forms.ChoiceField(label=_("Province"))
    city_code = forms.ChoiceField(label=_("City"))
    district_code = forms.ChoiceField(label=_("District"))
    detail = _text(_("Street, building, room"), "street-address", detail_length_max)
    is_default = forms.BooleanField(label=_("Use as the default address"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        province, city = self._chosen("province_code"), self._chosen("city_code")
        tiers = {
            "province_code": selectors.provinces(),
            "city_code": selectors.cities(province=province),
            "district_code": selectors.districts(city=city) if city else (),
        }
        for name, divisions in tiers.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = _choices(divisions)

    def _chosen(self, name: str) -> str:
        source: Any = self.data if self.is_bound else self.initial
        return str(source.get(name) or "")

    @classmethod
    def reloaded(cls, post: QueryDict) -> AddressForm:
        """What was typed so far, with the lists that fit, and nothing complained about yet."""
        return cls(initial={name: post.get(name, "") for name in cls.base_fields})

    @classmethod
    def of(cls, address: Address) -> AddressForm:
        """For changing an address of the visitor's own."""
        return cls(initial={name: getattr(address, name) for name in cls.base_fields})

    def draft(self) -> AddressDraft:
        return AddressDraft(**self.cleaned_data)


class RealNameForm(forms.Form):
    """Name and ID number of the person who orders, and the separate consent."""

    name = _text(_("Name as on the ID card"), "name", name_length_max)
    id_number = _text(_("Resident ID number"), "off", 24, spellcheck="false", autocapitalize="characters")
    phone = _text(_("Phone number"), "tel", 30, type="tel", inputmode="tel")
    consent = forms.BooleanField(
        label=_(
            "I agree that this name and ID number are kept encrypted and used only for the customs declaration and "
            "the payment check of my orders. I can withdraw this at any time."
        ),
        required=False,  # the verb refuses with its own sentence
    )

    def draft(self) -> RealNameDraft:
        return RealNameDraft(**self.cleaned_data)


class KeyForm(forms.Form):
    """A new access key for the API."""

    name = _text(_("Name of the key"), "off", 60)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[
            (Scope.CATALOGUE_READ.value, _("Read the catalogue and search")),
            (Scope.QUOTES_READ.value, _("Compute quotes and landed cost")),
            (Scope.BASKET_WRITE.value, _("Change the basket")),
            (Scope.ORDERS_READ.value, _("Read orders")),
            (
                Scope.ORDERS_WRITE.value,
                _(
                    "Order and pay, ask for returns, choose what becomes of a parcel stopped at customs, add "
                    "addresses and real names and see them masked"
                ),
            ),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(label=_("Valid for (days)"), min_value=1, max_value=365, initial=90)

    def draft(self) -> KeyDraft:
        scopes = frozenset(Scope(scope) for scope in self.cleaned_data["scopes"])
        return KeyDraft(name=self.cleaned_data["name"], scopes=scopes, days=self.cleaned_data["days"])
