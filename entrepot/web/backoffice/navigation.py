"""The menu: each place is shown to those whom its own declaration lets in (`entrepot.web.common.access`)."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext as _

from entrepot.web.common.access import Access, declaration_of


def may_open(request: HttpRequest, name: str) -> bool:
    """Whether the view of this name lets the caller in. A name that does not exist lets nobody in."""
    _, wanted = _place(name)
    return bool(wanted and request.user.is_authenticated and wanted.roles & request.user.role_set)


@cache
def _place(name: str) -> tuple[str, Access | None]:
    """Address of the view of this name and whom it lets in. Looked up once: there are five hundred addresses to look
    through, and each page asks for forty places."""
    try:
        match = resolve(link := reverse(name))
    except NoReverseMatch:
        return "", None
    return link, declaration_of(match.func, match.view_name)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of the menu with what the caller may open."""
    groups = [
        (
            _("Work"),
            [
                (_("Overview"), "dashboard", "office"),
                (_("Orders"), "receipt_long", "office_orders"),
                (_("Declarations"), "assured_workload", "office_declarations"),
                (_("Tax at customs"), "request_quote", "office_tax"),
                (_("Goods sent back"), "assignment_return", "office_returns"),
                (_("Recalls"), "campaign", "office_recalls"),
                (_("Provider's statements"), "account_balance", "office_statements"),
            ],
        ),
        (
            _("Goods"),
            [
                (_("Stock by lot"), "inventory_2", "office_stock"),
                (_("Codes on goods"), "qr_code_2", "office_codes"),
                (_("Transfers"), "swap_horiz", "office_transfers"),
                (_("Cycle counts"), "fact_check", "office_counts"),
                (_("Landed cost"), "price_change", "office_landings"),
                (_("Account books"), "menu_book", "office_books"),
                (_("Inbound declarations"), "move_to_inbox", "office_inbounds"),
                (_("Inbound accounts"), "pallet", "office_deliveries"),
                (_("Gate passes"), "local_shipping", "office_passes"),
                (_("Disposal"), "delete_forever", "office_disposals"),
                (_("Order proposals"), "shopping_cart", "office_replenishment"),
                (_("Flash sales and limits"), "bolt", "office_sales"),
                (_("Promotions"), "percent_discount", "office_promotions"),
                (_("Not sellable"), "production_quantity_limits", "office_unsellable"),
                (_("Imports"), "upload_file", "office_imports"),
                (_("Rate books"), "percent", "office_rates"),
                (_("What if"), "query_stats", "office_what_if"),
            ],
        ),
        (
            _("Buying"),
            [
                (_("Purchase orders"), "shopping_cart_checkout", "office_purchases"),
                (_("Consignments"), "directions_boat", "office_consignments"),
                (_("Differences of deliveries"), "rule", "office_differences"),
                (_("Deliveries taken over"), "history", "office_take_overs"),
                (_("What we owe suppliers"), "payments", "office_dues"),
                (_("Margin before buying"), "calculate", "office_margins"),
                (_("Suppliers"), "handshake", "office_suppliers"),
                (_("Brand authorisations"), "verified", "office_authorisations"),
                (_("Purchase commitments"), "flag", "office_programmes"),
            ],
        ),
        (
            _("House"),
            [
                (_("Jobs"), "sync_problem", "office_jobs"),
                (_("Records"), "database", "admin:index"),
            ],
        ),
    ]
    shown = [(title, [one for one in items if may_open(request, one[2])]) for title, items in groups]
    return [
        {"title": title, "separator": False, "items": [_item(request, *one) for one in items]}
        for title, items in shown
        if items
    ]


def _item(request: HttpRequest, title: str, icon: str, name: str) -> dict[str, Any]:
    link, _wanted = _place(name)
    active = request.path == link if name == "office" else request.path.startswith(link)
    return {"title": title, "icon": icon, "link": link, "active": active}


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """What staff do with their own account."""
    return [
        {"title": _("Password"), "link": reverse("account_change_password")},
        {"title": _("Second factor"), "link": reverse("mfa_index")},
    ]


def subheader(request: HttpRequest) -> str:
    return _("Back office")
