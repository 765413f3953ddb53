"""Suppliers with their contracts and scorecards, brand owners, and authorisations with their papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Brand, Sku, text
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import Refusal
from entrepot.procurement import selectors, services
from entrepot.procurement.types import (
    ArticleTerms,
    AuthorisationDraft,
    Contract,
    ContractDraft,
    Incoterm,
    OwnerDraft,
    PaymentTerms,
    SupplierDraft,
    Tier,
)
from entrepot.web.backoffice.page import existing, page_number, reason, refusals_told, search_text
from entrepot.web.backoffice.views.buying import asked
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language

ends_soon = timedelta(days=60)
suppliers_shown = 20  # a card is reckoned from every receipt of the supplier


def may_write(request: HttpRequest) -> bool:
    return Role.PURCHASING in caller(request).roles


@access(Role.PURCHASING, Role.FINANCE)
@require_GET
def suppliers(request: HttpRequest) -> HttpResponse:
    """Suppliers with what their deliveries say of them, brand owners, and the forms that put both."""
    return _suppliers(request)


@access(Role.PURCHASING)
@require_POST
def put(request: HttpRequest) -> HttpResponse:
    """A supplier or a brand owner."""
    try:
        return redirect(_put(request))
    except Refusal as refusal:
        return _suppliers(request, refusal)


def _suppliers(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    asked_for, page = search_text(request), page_number(request)
    meant = asked_for.casefold()
    found = [one for one in selectors.suppliers().values() if meant in f"{one.name} {one.code}".casefold()]
    shown = found[(page - 1) * suppliers_shown : page * suppliers_shown]
    owners, brands = selectors.owners(), catalogue.brands()
    cards = selectors.scorecards(supplier_ids=[one.id for one in shown])
    context = {
        "rows": [(one, owners.get(one.owner_id) if one.owner_id else None, cards.get(one.id)) for one in shown],
        "q": asked_for,
        "page": page,
        "more": len(found) > page * suppliers_shown,
        "owners": [(one, names(brands, one.brand_ids)) for one in owners.values()],
        "may_write": may_write(request),
    }
    return asked.answered(request, "buying/suppliers", _("Suppliers"), refusal, context)


def names(brands: Mapping[UUID, Brand], ids: frozenset[UUID]) -> list[str]:
    return sorted(text(brands[one].names, language()) for one in ids if one in brands)


def _put(request: HttpRequest) -> str:
    """Where to go after a supplier or an owner was put."""
    post, who = request.POST, {"actor": caller(request).name, "now": now()}
    head = {name: post.get(name, "") for name in ("code", "name", "country")}
    if post.get("act") == "owner":
        slugs = {slug.lower() for slug in asked.codes(post, "brands")}
        ids = {brand.slug: brand.id for brand in catalogue.brands().values()}
        if slugs - ids.keys():
            raise services.UnknownParty(field="brands", what=min(slugs - ids.keys()))
        services.put_owner(draft=OwnerDraft(**head, brand_ids=frozenset(ids[slug] for slug in slugs)), **who)  # type: ignore[arg-type]
        return reverse("office_suppliers")
    draft = SupplierDraft(
        **head,
        currency=post.get("currency", ""),
        email=post.get("email", ""),
        owner_id=asked.identity_or_none(post, "owner"),
        active="resting" not in post,
    )
    return reverse("office_supplier", args=[services.put_supplier(draft=draft, **who)])  # type: ignore[arg-type]


@access(Role.PURCHASING, Role.FINANCE)
@require_GET
def supplier(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """One supplier: contracts, scorecard, orders; and the form that signs a contract."""
    return _supplier(request, supplier_id)


@access(Role.PURCHASING)
@require_POST
def sign(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """A contract with a supplier."""
    try:
        services.sign(draft=_contract(request, supplier_id), actor=caller(request).name, now=now())
    except Refusal as refusal:
        return _supplier(request, supplier_id, refusal)
    messages.success(request, _("The contract is signed"))
    return redirect("office_supplier", supplier_id=supplier_id)


def _supplier(request: HttpRequest, supplier_id: UUID, refusal: Refusal | None = None) -> HttpResponse:
    found = existing(selectors.suppliers(ids=[supplier_id]).get(supplier_id), supplier_id)
    contracts = selectors.contracts(supplier_id=supplier_id)
    context = {
        "crumbs": [(_("Suppliers"), reverse("office_suppliers"))],
        "supplier": found,
        "today": day_in(CHINA, now()),
        "contracts": contracts,
        "articles": _articles(contracts),
        "card": selectors.scorecards(supplier_ids=[supplier_id]).get(supplier_id),
        "orders": selectors.orders(supplier_id=supplier_id)[0],
        "programmes": selectors.programmes(),
        "incoterms": list(Incoterm),
        "payments": list(PaymentTerms),
        "may_write": may_write(request),
    }
    return asked.answered(request, "buying/supplier", found.name, refusal, context)


def _articles(contracts: Sequence[Contract]) -> list[tuple[Contract, list[tuple[Sku | None, ArticleTerms]]]]:
    """What each contract says of articles."""
    found = selectors.contract_articles(contract_ids=[one.id for one in contracts])
    skus = catalogue.skus(ids={one.sku_id for terms in found.values() for one in terms})
    return [(of, [(skus.get(one.sku_id), one) for one in found[of.id]]) for of in contracts if of.id in found]


def _contract(request: HttpRequest, supplier_id: UUID) -> ContractDraft:
    post = request.POST
    currency = post.get("currency", "").strip().upper()
    if post.get("incoterm") not in set(Incoterm) or post.get("payment") not in set(PaymentTerms):
        raise asked.ChooseOne(field="incoterm")
    return ContractDraft(
        supplier_id=supplier_id,
        number=post.get("number", ""),
        valid_from=asked.day(post, "valid_from"),
        valid_to=asked.day(post, "valid_to"),
        currency=currency,
        incoterm=Incoterm(post["incoterm"]),
        place=post.get("place", ""),
        payment=PaymentTerms(post["payment"]),
        payment_days=asked.number(post, "payment_days"),
        territory=asked.codes(post, "territory"),
        order_units_min=asked.number(post, "order_units_min"),
        line_units_min=asked.number(post, "line_units_min"),
        over_receipt=asked.percent(post, "over_receipt"),
        value_minor=asked.minor(post, "value", currency),
        tiers=_tiers(post.get("tiers", "")),
        articles=asked.articles(post),
        programme_id=asked.identity_or_none(post, "programme"),
        paper=asked.paper(request),
    )


def _tiers(written: str) -> tuple[Tier, ...]:
    """One a line: units and per cent. Refuses BadTiers."""
    made = []
    for _n, words in asked.rows(written):
        if len(words) != 2 or not (words[0].isascii() and words[0].isdigit() and len(words[0]) < 10):
            raise services.BadTiers(field="tiers")
        made.append(Tier(int(words[0]), asked.decimal(words[1].removesuffix("%"), "tiers") / 100))
    return tuple(made)


@access(Role.PURCHASING, Role.CATALOGUE)
@require_GET
def authorisations(request: HttpRequest) -> HttpResponse:
    """Every link, what ends first first, and how guarded brands stand; the form that records a link."""
    return _authorisations(request)


@access(Role.PURCHASING)
@require_POST
def authorise(request: HttpRequest) -> HttpResponse:
    """One link of a chain."""
    try:
        services.authorise(draft=_link(request), actor=caller(request).name, now=now())
    except Refusal as refusal:
        return _authorisations(request, refusal)
    messages.success(request, _("The authorisation is recorded"))
    return redirect("office_authorisations")


def _authorisations(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    today = day_in(CHINA, now())
    links, brands, found = selectors.authorisations(), catalogue.brands(), selectors.suppliers()
    standings = selectors.standings(brand_ids=selectors.guarded_brands(), on=today)
    shown = "all" if "all" in request.GET else ""
    context = {
        "rows": [_row(link, brands, found, today) for link in links if shown or link.ends_on > today],
        "over": sum(link.ends_on <= today for link in links),
        "all": shown,
        "brands": sorted((text(one.names, language()), one.id) for one in brands.values()),
        "suppliers": found.values(),
        "standings": sorted(
            ((text(brands[one.brand_id].names, language()), one, one.holds(today)) for one in standings.values()),
            key=lambda row: (row[2], row[1].until or today, row[0]),
        ),
        "soon": today + ends_soon,
        "may_write": may_write(request),
    }
    return asked.answered(request, "buying/authorisations", _("Brand authorisations"), refusal, context)


def _row(link: Any, brands: Mapping[UUID, Brand], found: Mapping[UUID, Any], today: Any) -> dict[str, Any]:
    return {
        "link": link,
        "brand": text(brands[link.brand_id].names, language()),
        "grantor": found[link.grantor_id].name if link.grantor_id else "",
        "grantee": found[link.grantee_id].name if link.grantee_id else "",
        "left": (link.ends_on - today).days,
    }


def _link(request: HttpRequest) -> AuthorisationDraft:
    post = request.POST
    return AuthorisationDraft(
        brand_id=asked.identity(post, "brand"),
        grantor_id=asked.identity_or_none(post, "grantor"),
        grantee_id=asked.identity_or_none(post, "grantee"),
        valid_from=asked.day(post, "valid_from"),
        valid_to=asked.day(post, "valid_to"),
        territory=asked.codes(post, "territory"),
        paper=asked.paper(request),
    )


@access(Role.PURCHASING)
@require_POST
def revoke(request: HttpRequest, authorisation_id: UUID) -> HttpResponse:
    """The link does not hold from a day on."""
    with refusals_told(request):
        services.revoke(
            authorisation_id=authorisation_id,
            from_day=asked.day(request.POST, "from_day"),
            actor=caller(request).name,
            reason=reason(request),
            now=now(),
        )
        messages.success(request, _("The authorisation is revoked"))
    return redirect("office_authorisations")


@access(Role.PURCHASING, Role.CATALOGUE, Role.FINANCE)
@require_GET
def paper(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """A document as it was uploaded, as a file: nothing of it runs here."""
    found = existing(selectors.paper(paper_id=paper_id), paper_id)
    answer = HttpResponse(found.content, content_type=found.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="paper-{found.id}.{found.media_type.split("/")[1]}"'
    return answer
