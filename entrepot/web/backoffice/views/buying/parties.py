"""Suppliers with their contracts and scorecards, brand owners, and authorisations with their papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
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
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.page import (
    choice,
    existing,
    form_of,
    once,
    page_number,
    reason,
    refusals_told,
    search_text,
)
from entrepot.web.backoffice.views.buying import asked
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language, last_day

ends_soon = timedelta(days=60)


def may_write(request: HttpRequest) -> bool:
    return Role.PURCHASING in caller(request).roles


@access(Role.PURCHASING, Role.FINANCE)
@require_GET
def suppliers(request: HttpRequest) -> HttpResponse:
    """Suppliers with what their deliveries say of them, brand owners, and the forms that put both."""
    return _suppliers(request)


@access(Role.PURCHASING)
@form_of("office_suppliers")
def put(request: HttpRequest) -> HttpResponse:
    """A supplier or a brand owner."""
    try:
        return redirect(_put(request))
    except Refusal as refusal:
        return _suppliers(request, refusal)


@access(Role.PURCHASING, Role.FINANCE)
@require_GET
def suppliers_export(request: HttpRequest) -> HttpResponseBase:
    """The suppliers that the list finds, with their scorecards, as a file."""
    form = Form(choice(request, "form", Form) or Form.CSV)
    return table(rows=_supplier_rows(search_text(request)), name="suppliers", form=form)


def _supplier_rows(text: str) -> Iterator[Sequence[Any]]:
    yield [
        _("Code"), _("Supplier"), _("Country"), _("Currency"), _("Orders"), _("Units"), _("On time"),
        _("Discrepancy"), _("Sound"),
    ]  # fmt: skip
    page = 1
    while found := selectors.suppliers(text=text, page=page):
        cards = selectors.scorecards(supplier_ids=list(found), now=now())
        for one in found.values():
            card = cards.get(one.id)
            told = [card.on_time_share, card.discrepancy_share, card.sound_share] if card else [None] * 3
            shares = ["" if share is None else str(share) for share in told]
            sums = [card.orders, card.units] if card else [0, 0]
            yield [one.code, one.name, one.country, one.currency, *sums, *shares]
        page += 1


def _suppliers(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    page, wanted = page_number(request), search_text(request)
    found, owners = selectors.suppliers(text=wanted, page=page), selectors.owners()
    brands, owner = catalogue.brands(), request.POST.get("act") == "owner"
    cards = selectors.scorecards(supplier_ids=list(found), now=now())
    context = {
        "rows": [
            (one, owners.get(one.owner_id) if one.owner_id else None, cards.get(one.id)) for one in found.values()
        ],
        "owners": [(one, names(brands, one.brand_ids)) for one in owners.values()],
        "may_write": may_write(request),
        "form": {} if owner else request.POST or _standing(request.GET.get("change", "")),
        "owner_form": request.POST if owner else {},
        "q": wanted,
        "page": page,
        "more": len(found) == selectors.PARTIES_PAGE,
    }
    return asked.answered(request, "buying/suppliers", _("Suppliers"), refusal, context)


def _standing(supplier_id: str) -> dict[str, Any]:
    """What is kept of the supplier that is to be changed: what the form leaves out is changed too."""
    one = (
        next((one for one in selectors.suppliers().values() if str(one.id) == supplier_id), None)
        if supplier_id
        else None
    )
    if one is None:
        return {}
    head = {name: getattr(one, name) for name in ("code", "name", "country", "currency", "email")}
    return {**head, "owner": str(one.owner_id or ""), "resting": not one.active}


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
@form_of("office_supplier")
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
        "card": selectors.scorecards(supplier_ids=[supplier_id], now=now()).get(supplier_id),
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
        valid_to=asked.last_day(post, "valid_to"),
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
    """Links, what ends first first, and how their brands stand; the form that records a link."""
    return _authorisations(request)


@access(Role.PURCHASING)
@form_of("office_authorisations")
def authorise(request: HttpRequest) -> HttpResponse:
    """One link of a chain."""
    try:
        once(request, _authorised)
    except Refusal as refusal:
        return _authorisations(request, refusal)
    messages.success(request, _("The authorisation is recorded"))
    return redirect("office_authorisations")


def _authorised(request: HttpRequest) -> UUID:
    return services.authorise(draft=_link(request), actor=caller(request).name, now=now())


def _authorisations(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    today, page, brands = day_in(CHINA, now()), page_number(request), catalogue.brands()
    links, found = selectors.authorisations(**_wanted(request, brands, today), page=page), selectors.suppliers()
    standings = selectors.standings(brand_ids={link.brand_id for link in links}, on=today)
    context = {
        "rows": [_row(link, brands, found, today) for link in links],
        "all": "all" if "all" in request.GET else "",
        "q": search_text(request),
        "page": page,
        "more": len(links) == selectors.PARTIES_PAGE,
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


def _wanted(request: HttpRequest, brands: Mapping[UUID, Brand], today: date) -> dict[str, Any]:
    """Which links: of brands whose name or address holds `?q=`; with `?all=` those that have ended too."""
    text = search_text(request).casefold()
    of = {one.id for one in brands.values() if any(text in name.casefold() for name in (one.slug, *one.names.values()))}
    return {"brand_ids": of if text else None, "in_force_on": None if "all" in request.GET else today}


@access(Role.PURCHASING, Role.CATALOGUE)
@require_GET
def authorisations_export(request: HttpRequest) -> HttpResponseBase:
    """The links that the list finds, as a file."""
    today, brands = day_in(CHINA, now()), catalogue.brands()
    rows = _link_rows(_wanted(request, brands, today), brands, today)
    return table(rows=rows, name="authorisations", form=Form(choice(request, "form", Form) or Form.CSV))


def _link_rows(wanted: Mapping[str, Any], brands: Mapping[UUID, Brand], today: date) -> Iterator[Sequence[Any]]:
    yield [
        _("Brand"), _("Authorised by"), pgettext("who", "Authorised"), _("Territory"), _("From"), _("Until"),
        _("Days left"),
    ]  # fmt: skip
    found, page = selectors.suppliers(), 1
    while links := selectors.authorisations(**wanted, page=page):
        for link in links:
            row = _row(link, brands, found, today)
            sides = [row["grantor"] or _("brand owner"), row["grantee"] or _("us")]
            days = [link.valid_from.isoformat(), last_day(link.ends_on).isoformat(), max(row["left"], 0)]
            yield [row["brand"], *sides, " ".join(sorted(link.territory)), *days]
        page += 1


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
        valid_to=asked.last_day(post, "valid_to"),
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
