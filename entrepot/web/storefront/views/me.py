"""A person's own pages: overview, addresses, real-name records, access keys."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from entrepot.checkout import selectors as flow
from entrepot.identity import selectors as people
from entrepot.identity import services as identity
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.recalls import selectors as recalls
from entrepot.web.common.access import BUYER, PUBLIC, access
from entrepot.web.common.forms import AddressForm, KeyForm, RealNameForm, add_refusal
from entrepot.web.storefront.shopper import owner
from entrepot.web.storefront.views.orders import listed


@access(BUYER)
@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    buyer_id = owner(request)
    latest = orders.of_buyer(buyer_id=buyer_id, page=1)[:3]
    context = {
        "here": "account",
        "person": people.person(person_id=buyer_id),
        "rows": listed(latest),
        "recalls": [one for one in recalls.notices(buyer_id=buyer_id) if one.open and one.order_number],
    }
    return render(request, "me/account.html", context)


@access(BUYER)
@never_cache
@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    rows = people.masked_addresses(buyer_id=owner(request))
    return render(request, "me/addresses.html", {"here": "account", "rows": rows})


@access(BUYER)
@never_cache
def new_address(request: HttpRequest) -> HttpResponse:
    form = _address_form(request, AddressForm())
    if form.is_bound and form.is_valid():
        try:
            identity.keep_address(buyer_id=owner(request), draft=form.draft(), now=now())
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The address is saved."))
            return HttpResponseRedirect(reverse("addresses"))
    return _form_page(request, "me/address.html", form, _("New address"))


@access(BUYER)
@never_cache
def change_address(request: HttpRequest, address_id: UUID) -> HttpResponse:
    own = identity.open_address(address_id=address_id, buyer_id=owner(request))
    form = _address_form(request, AddressForm.of(own))
    if form.is_bound and form.is_valid():
        try:
            identity.change_address(address_id=own.id, buyer_id=owner(request), draft=form.draft(), now=now())
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The address is saved."))
            return HttpResponseRedirect(reverse("addresses"))
    return _form_page(request, "me/address.html", form, _("Change address"))


@access(BUYER)
@require_POST
def drop_address(request: HttpRequest, address_id: UUID) -> HttpResponse:
    identity.drop_address(address_id=address_id, buyer_id=owner(request))
    messages.success(request, _("The address is removed."))
    return HttpResponseRedirect(reverse("addresses"))


@access(PUBLIC)
@require_safe
def divisions(request: HttpRequest) -> HttpResponse:
    """The three lists for what is chosen so far, for htmx."""
    chosen = {name: request.GET.get(name, "") for name in ("province_code", "city_code", "district_code")}
    return render(request, "parts/divisions.html", {"form": AddressForm(initial=chosen)})


def _address_form(request: HttpRequest, first: AddressForm) -> AddressForm:
    if request.method != "POST":
        return first
    return AddressForm.reloaded(request.POST) if "reload" in request.POST else AddressForm(request.POST)


def _form_page(request: HttpRequest, template: str, form: AddressForm | RealNameForm, heading: str) -> HttpResponse:
    context = {"here": "account", "form": form, "heading": heading}
    return render(request, template, context, status=422 if form.errors else 200)


@access(BUYER)
@never_cache
@require_safe
def real_names(request: HttpRequest) -> HttpResponse:
    rows = people.masked_real_names(buyer_id=owner(request))
    years = flow.allowances(buyer_id=owner(request), now=now())
    return render(request, "me/real_names.html", {"here": "account", "rows": rows, "years": years})


@access(BUYER)
@never_cache
def new_real_name(request: HttpRequest) -> HttpResponse:
    form = RealNameForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            identity.record_real_name(buyer_id=owner(request), draft=form.draft(), now=now())
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The real name is saved, encrypted."))
            return HttpResponseRedirect(reverse("real_names"))
    return _form_page(request, "me/real_name.html", form, _("New real-name record"))


@access(BUYER)
@require_POST
def drop_real_name(request: HttpRequest, real_name_id: UUID) -> HttpResponse:
    identity.drop_real_name(record_id=real_name_id, buyer_id=owner(request), now=now())
    messages.success(request, _("The real name is withdrawn and will be deleted."))
    return HttpResponseRedirect(reverse("real_names"))


@access(BUYER)
@never_cache
def keys(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST if request.method == "POST" else None)
    issued = None
    if form.is_bound and form.is_valid():
        try:
            issued = identity.issue_key(person_id=owner(request), draft=form.draft(), now=now())
            form = KeyForm()
        except Refusal as refusal:
            add_refusal(form, refusal)
    context = {
        "here": "account",
        "form": form,
        "issued": issued,
        "rows": people.keys(person_id=owner(request)),
        "now": now(),
    }
    return render(request, "me/keys.html", context, status=422 if form.errors else 200)


@access(BUYER)
@require_POST
def revoke_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    identity.revoke_key(key_id=key_id, person_id=owner(request), now=now())
    messages.success(request, _("The key is revoked; it opens nothing any more."))
    return HttpResponseRedirect(reverse("keys"))
