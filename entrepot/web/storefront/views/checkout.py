"""One page from basket to payment: address, real name, notice, payment, and the sum that will be charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect

from entrepot.basket import selectors as baskets
from entrepot.basket.types import BasketLine
from entrepot.checkout import selectors as quotes
from entrepot.checkout import services as checkout
from entrepot.checkout.types import How, Placed, PlaceRequest
from entrepot.identity import selectors as people
from entrepot.identity import services as identity
from entrepot.identity.types import MaskedAddress, MaskedRealName
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.orders.types import Delivery
from entrepot.storefronts.types import Storefront
from entrepot.web.common.access import BUYER, access
from entrepot.web.common.forms import AddressForm, RealNameForm, add_refusal
from entrepot.web.storefront.forms import NEW, CheckoutForm, wishes_of
from entrepot.web.storefront.shell import storefront_at
from entrepot.web.storefront.shopper import owner
from entrepot.web.storefront.views.paying import WAYS, to_provider
from entrepot.web.storefront.views.rush import passes

# What the verb calls its inputs, where the page calls them otherwise.
_FIELDS = {"notice_accepted": "notice", "idempotency_key": "key", "real_name_id": "real_name", "address_id": "address"}
_TYPED = ("address", "real_name", "delivery", "provider", "key", "notice", "partial")
WHO = "who"  # prefix of the real-name form: both forms ask for a phone number


@dataclass(slots=True)
class Desk:
    """The three forms of the page, bound to what was sent or empty, and what the buyer has kept to choose from."""

    choices: CheckoutForm
    address: AddressForm
    real_name: RealNameForm
    addresses: Sequence[MaskedAddress]
    real_names: Sequence[MaskedRealName]

    def complete(self) -> bool:
        """All that was chosen is filled in; forms of things chosen from the list are not asked."""
        parts = [self.choices.is_valid()]
        parts += [self.address.is_valid()] if self.choices.chosen("address") == NEW else []
        parts += [self.real_name.is_valid()] if self.choices.chosen("real_name") == NEW else []
        return all(parts)


@access(BUYER)
@never_cache
def checkout_page(request: HttpRequest) -> HttpResponse:
    store = storefront_at(request.get_host())
    buyer_id = owner(request)
    lines = baskets.lines(buyer_id=buyer_id, storefront_id=store.id)
    if request.method == "POST" and "reload" not in request.POST:
        return _order(request, store, lines)
    if not lines:
        return _to_the_basket(request)
    return _page(request, store, lines, _desk(request))


def _to_the_basket(request: HttpRequest) -> HttpResponse:
    """Also from a form that is drawn anew in its place: the basket's page has nothing to put there."""
    address = reverse("basket")
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)  # type: ignore[attr-defined]


def _desk(request: HttpRequest) -> Desk:
    """The forms: fresh on the first visit, with what was typed when the lists were reloaded, bound when sent."""
    buyer_id, post = owner(request), request.POST
    addresses = people.masked_addresses(buyer_id=buyer_id)
    real_names = people.masked_real_names(buyer_id=buyer_id)
    if request.method == "POST" and "reload" not in post:
        choices = CheckoutForm(post)
        desk = Desk(choices, AddressForm(post), RealNameForm(post, prefix=WHO), addresses, real_names)
    else:
        default = next((one.id for one in addresses if one.is_default), NEW)
        first = {
            "address": default,
            "real_name": real_names[0].id if real_names else NEW,
            "delivery": Delivery.STANDARD.value,
            "provider": WAYS[0].code,
            "key": uuid4(),
        }
        typed = {name: post[name] for name in _TYPED if name in post}
        names = {name: post.get(f"{WHO}-{name}", "") for name in RealNameForm.base_fields}
        desk = Desk(
            CheckoutForm(initial={**first, **typed}),
            AddressForm.reloaded(post) if post else AddressForm(),
            RealNameForm(initial=names, prefix=WHO),
            addresses,
            real_names,
        )
    desk.choices.offer("address", [*(str(one.id) for one in addresses), NEW])
    desk.choices.offer("real_name", [*(str(one.id) for one in real_names), NEW])
    desk.choices.offer("delivery", [one.value for one in Delivery])
    desk.choices.offer("provider", [one.code for one in WAYS])
    return desk


def _order(request: HttpRequest, store: Storefront, lines: Sequence[BasketLine]) -> HttpResponse:
    desk = _desk(request)
    if desk.complete():
        try:
            placed = _place(request, store, desk)
        except checkout.KeyReused:
            messages.warning(request, _("An order was already sent from that page. Here are your orders."))
            return HttpResponseRedirect(reverse("orders"))
        except checkout.NotAdmitted as closed:
            return _to_the_line(request, closed)
        if placed is not None:
            return to_provider(request, placed.number)
    if not lines:
        messages.warning(request, _("The basket is empty: if you have just ordered, the order is in your list."))
        return HttpResponseRedirect(reverse("orders"))
    desk.addresses = people.masked_addresses(buyer_id=owner(request))  # what was new is kept by now
    desk.real_names = people.masked_real_names(buyer_id=owner(request))
    return _page(request, store, lines, desk, status=422)


def _to_the_line(request: HttpRequest, closed: checkout.NotAdmitted) -> HttpResponse:
    """Whoever has put a sale's article into the basket without its pass lines up; the basket stays as it is."""
    messages.warning(request, closed.message(get_language() or "zh-hans"))
    return HttpResponseRedirect(reverse("line", args=[closed.data["sale"]]))


def _place(request: HttpRequest, store: Storefront, desk: Desk) -> Placed | None:
    """Keep what is new and place the order; None when something was refused, which the forms then say.

    Refuses KeyReused: the page was sent before, with another content. Refuses NotAdmitted: there is a line for it.
    Refuses Busy, which is a page of its own: sent again as it is, the order is placed once.
    """
    chosen = desk.choices.cleaned_data
    ids = _kept(owner(request), desk)
    if ids is None:
        return None
    wish = PlaceRequest(
        buyer_id=owner(request),
        storefront_id=store.id,
        wishes=None,
        address_id=ids[0],
        real_name_id=ids[1],
        notice_accepted=chosen["notice"],
        provider=chosen["provider"],
        idempotency_key=str(chosen["key"]),
        expected_total_minor=chosen["total"],
        language=get_language() or "zh-hans",
        passes=passes(request),
        partial=chosen["partial"],
        delivery=_delivery(desk),
    )
    try:
        return checkout.place(request=wish, now=now())
    except (checkout.KeyReused, checkout.NotAdmitted, checkout.Busy):
        raise
    except Refusal as refusal:
        short = isinstance(refusal, checkout.OutOfStock)  # said where one can choose to order what is there
        refusal.field = "partial" if short else _FIELDS.get(refusal.field or "", refusal.field)
        add_refusal(desk.choices, refusal)
        return None


def _kept(buyer_id: UUID, desk: Desk) -> tuple[UUID, UUID] | None:
    """The ids of address and real name; new ones are written together or not at all, and once, however often the page
    is sent: else the same order would ask for another address, and be another request under its key."""
    chosen = desk.choices.cleaned_data
    form: AddressForm | RealNameForm = desk.address
    try:
        with transaction.atomic():
            if chosen["address"] == NEW:
                address = identity.keep_address(buyer_id=buyer_id, draft=desk.address.draft(), now=now())
            else:
                address = UUID(chosen["address"])
            form = desk.real_name
            if chosen["real_name"] == NEW:
                return address, identity.record_real_name(buyer_id=buyer_id, draft=desk.real_name.draft(), now=now())
            return address, UUID(chosen["real_name"])
    except Refusal as refusal:
        add_refusal(form, refusal)
        return None


def _delivery(desk: Desk) -> Delivery:
    chosen = desk.choices.chosen("delivery")
    return Delivery(chosen) if chosen in set(Delivery) else Delivery.STANDARD


def _page(
    request: HttpRequest, store: Storefront, lines: Sequence[BasketLine], desk: Desk, status: int = 200
) -> HttpResponse:
    """The page with the sum as of now, of what is there. What stands in the way otherwise is shown where it can be
    changed: the basket."""
    buyer_id = owner(request)
    chosen = next((one.id for one in desk.real_names if str(one.id) == desk.choices.chosen("real_name")), None)
    wishes, at = wishes_of(lines), now()
    how = How(partial=True, delivery=_delivery(desk))
    quote = quotes.quote(storefront=store, wishes=wishes, buyer_id=buyer_id, now=at, real_name_id=chosen, how=how)
    personal = {"over_annual_limit"}  # depends on whose name is chosen, so it is said here
    hurdles = [one for one in quote.obstacles if one.code not in personal]
    if not quote.parcels or hurdles:
        messages.warning(request, _("Something in the basket cannot be ordered as it stands: see the notes beside it."))
        if quote.shortages:  # the basket shows what stands in the way of all of it, not of what is there
            for one in hurdles:
                messages.warning(request, one.en if get_language() == "en" else one.zh)
        return _to_the_basket(request)
    context = {
        "quote": quote,
        "choices": desk.choices,
        "address_form": desk.address,
        "real_name_form": desk.real_name,
        "addresses": desk.addresses,
        "real_names": desk.real_names,
        "ways": quotes.shipping_ways(quote=quote, now=at),
        "providers": WAYS,
        "new": NEW,
    }
    return render(request, "shop/checkout.html", context, status=status)
