"""Authorisations: what is not ours to sell is neither bought nor listed, and its end is told in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.tests.makers import make_classified
from entrepot.catalogue.types import Sku
from entrepot.kit import sql
from entrepot.kit.clock import CHINA
from entrepot.procurement import models, selectors, services
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import NOW, TODAY, told
from entrepot.procurement.types import ContractDraft, Incoterm, OwnerDraft, PaperDraft, PaymentTerms, Tier

pytestmark = pytest.mark.django_db
PDF = PaperDraft("授权书.pdf", b"%PDF-1.7 a letter")


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    makers.rates()


@pytest.fixture
def sku() -> Sku:
    (one,) = makers.articles()
    make_classified([one.id])
    return one


def why_not(sku: Sku, day: date = TODAY) -> list[str]:
    return [one.code for one in catalogue.sellability(sku_ids=[sku.id], jurisdiction="CN", on=day)[sku.id]]


def order(sku: Sku, supplier_id, now: datetime = NOW):  # type: ignore[no-untyped-def]
    of = makers.contract(supplier_id)
    return services.draft(wish=makers.wish(of, [(sku, 1, "1")]), actor="a", now=now)


def test_a_brand_without_any_authorisation_is_not_guarded(sku: Sku) -> None:
    assert order(sku, makers.supplier())
    assert why_not(sku) == []
    assert not selectors.standings(brand_ids=[sku.brand_id], on=TODAY)[sku.brand_id].guarded


def test_a_chain_over_two_suppliers_lets_the_second_sell(sku: Sku) -> None:
    agent, seller, stranger = (makers.supplier(code) for code in ("AGENT", "SELLER", "STRANGER"))
    makers.authorised(sku.brand_id, None, agent)
    assert why_not(sku) == ["brand_not_authorised"]  # nobody has authorised us yet
    makers.authorised(sku.brand_id, agent, seller, valid_to=date(2027, 1, 1))
    makers.authorised(sku.brand_id, seller, None)
    assert why_not(sku) == []
    assert selectors.standings(brand_ids=[sku.brand_id], on=TODAY)[sku.brand_id].until == date(2027, 1, 1)
    for supplier_id in (agent, seller):
        assert order(sku, supplier_id)
    with pytest.raises(services.NotAuthorised) as no:
        order(sku, stranger)
    assert no.value.data["brands"] == "Moncler"


def test_the_owners_own_company_sells_what_the_owner_lets_us_sell(sku: Sku) -> None:
    owner_id = makers.owner([sku.brand_id])
    own, other = makers.supplier("OWN", owner_id=owner_id), makers.supplier("OTHER")
    makers.authorised(sku.brand_id, None, None)
    assert order(sku, own)
    with pytest.raises(services.NotAuthorised):
        order(sku, other)


def test_what_ends_blocks_purchase_and_listing_by_the_date_alone(sku: Sku) -> None:
    end = TODAY + timedelta(days=10)
    makers.authorised(sku.brand_id, None, None, valid_to=end)
    assert why_not(sku, end - timedelta(days=1)) == []
    assert why_not(sku, end) == ["brand_not_authorised"]  # no job ran
    found = catalogue.skus(ids=[sku.id])[sku.id]
    assert (found.sell_until, found.authorised(end)) == (end, False)
    assert catalogue.unsellable(jurisdiction="CN", on=end, why="brand_not_authorised") == [sku.id]
    assert catalogue.unsellable_counts(jurisdiction="CN", on=TODAY)["brand_not_authorised"] == 0


def test_an_end_between_draft_and_sending_stops_the_order(sku: Sku) -> None:
    supplier_id, end = makers.supplier(), TODAY + timedelta(days=2)
    makers.authorised(sku.brand_id, None, supplier_id, valid_to=end)
    makers.authorised(sku.brand_id, supplier_id, None)
    order_id = order(sku, supplier_id)
    after = datetime(end.year, end.month, end.day, 0, 30, tzinfo=CHINA)
    wanted = {"order_id": order_id, "version": 1, "actor": "b", "four_eyes_from_minor": makers.BIG}
    with pytest.raises(services.NotAuthorised):
        services.approve(**wanted, now=after)
    services.approve(**wanted, now=after - timedelta(hours=1))
    with pytest.raises(services.NotAuthorised):
        services.send(order_id=order_id, actor="a", now=after)


def test_a_renewal_goes_on_and_a_gap_does_not(sku: Sku) -> None:
    makers.authorised(sku.brand_id, None, None, valid_to=date(2027, 1, 1))
    makers.authorised(sku.brand_id, None, None, valid_from=date(2027, 1, 1), valid_to=date(2027, 6, 1))
    makers.authorised(sku.brand_id, None, None, valid_from=date(2027, 7, 1), valid_to=date(2028, 6, 1))
    assert catalogue.skus(ids=[sku.id])[sku.id].sell_until == date(2027, 6, 1)
    services.new_day(now=datetime(2027, 7, 1, 0, 3, tzinfo=CHINA))
    assert catalogue.skus(ids=[sku.id])[sku.id].sell_until == date(2028, 6, 1)


def test_revoking_ends_at_once_and_tells_the_shelf(sku: Sku) -> None:
    link = makers.authorised(sku.brand_id, None, None)
    before = len(told("catalogue.products_changed"))
    services.revoke(authorisation_id=link, from_day=TODAY, actor="a", reason="withdrawn", now=NOW)
    assert why_not(sku) == ["brand_not_authorised"]
    assert len(told("catalogue.products_changed")) == before + 1
    with pytest.raises(services.AlreadyRevoked):
        services.revoke(authorisation_id=link, from_day=TODAY, actor="a", reason="again", now=NOW)


def test_a_territory_without_china_lists_nothing_there(sku: Sku) -> None:
    makers.authorised(sku.brand_id, None, None, territory=frozenset({"SG"}))
    assert why_not(sku) == ["brand_not_authorised"]


def test_each_warning_is_told_once(sku: Sku) -> None:
    link = makers.authorised(sku.brand_id, None, None, valid_to=TODAY + timedelta(days=90))
    days = (0, 29, 30, 31, 60, 82, 83, 84, 89, 90, 95)
    heard = [services.new_day(now=NOW + timedelta(days=n)) for n in days for _ in range(2)]  # twice each day
    assert heard == [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert [one.days for one in models.Notice.objects.order_by("told_at")] == [60, 30, 7]
    assert [sql.json_value(event["payload"])["days"] for event in told("procurement.authorisation_ends")] == [60, 30, 7]
    assert {event["aggregate_id"] for event in told("procurement.authorisation_ends")} == {link}
    assert selectors.authorisations()[0].notice_days == 7


def test_papers_are_kept_once_and_only_documents_are(sku: Sku) -> None:
    ids = [makers.authorised(sku.brand_id, None, None, paper=PDF) for _ in range(2)]
    (paper_id,) = {one.paper_id for one in selectors.authorisations() if one.id in ids}
    assert paper_id is not None
    paper = selectors.paper(paper_id=paper_id)
    assert paper is not None
    assert (paper.name, paper.media_type, paper.content) == ("授权书.pdf", "application/pdf", PDF.content)
    with pytest.raises(services.NotADocument):
        makers.authorised(sku.brand_id, None, None, paper=PaperDraft("x.pdf", b"<html>"))
    assert models.Authorisation.objects.count() == 2


def test_a_link_joins_two(sku: Sku) -> None:
    supplier_id = makers.supplier()
    with pytest.raises(services.SameParty):
        makers.authorised(sku.brand_id, supplier_id, supplier_id)
    with pytest.raises(services.BadPeriod):
        makers.authorised(sku.brand_id, None, None, valid_to=date(2026, 1, 1))
    with pytest.raises(services.UnknownParty):
        makers.authorised(supplier_id, None, None)


def test_a_right_that_was_to_end_later_can_end_today(sku: Sku) -> None:
    link = makers.authorised(sku.brand_id, None, None)
    said: dict[str, Any] = {"authorisation_id": link, "actor": "a", "reason": "withdrawn", "now": NOW}
    services.revoke(from_day=TODAY + timedelta(days=30), **said)
    assert selectors.standings(brand_ids=[sku.brand_id], on=TODAY)[sku.brand_id].holds(TODAY)
    services.revoke(from_day=TODAY, **said)
    assert not selectors.standings(brand_ids=[sku.brand_id], on=TODAY)[sku.brand_id].holds(TODAY)
    with pytest.raises(services.AlreadyRevoked):  # nobody makes it hold again
        services.revoke(from_day=TODAY + timedelta(days=1), **said)


def test_a_brand_has_one_owner(sku: Sku) -> None:
    first = makers.owner([sku.brand_id])
    with pytest.raises(services.BrandOwned):
        makers.owner([sku.brand_id], code="SECOND")
    services.put_owner(draft=OwnerDraft("OWNER", "Renamed", "IT"), actor="a", now=NOW)
    assert selectors.owners()[first].brand_ids == frozenset()
    assert makers.owner([sku.brand_id], code="SECOND")


def test_contracts_are_signed_once_in_sound_terms() -> None:
    draft = ContractDraft(
        makers.supplier(), "C-1", date(2026, 1, 1), date(2027, 1, 1), "USD", Incoterm.CIF, "Shanghai",
        PaymentTerms.ADVANCE, 0, value_minor=1_000_000,
    )  # fmt: skip
    services.sign(draft=draft, actor="a", now=NOW)
    assert models.Contract.objects.get().rate == makers.Decimal("7.1")
    tiers = (Tier(100, makers.Decimal("0.1")), Tier(200, makers.Decimal("0.05")))
    for wrong, refusal in (
        (draft, services.AlreadyThere),
        (replace(draft, number="C-2", tiers=tiers), services.BadTiers),
        (replace(draft, number="C-2", currency="GBP"), services.NoRateOnTheDay),
        (replace(draft, number="C-2", over_receipt=makers.Decimal("0.2")), services.BadAmount),
        (replace(draft, number="C-2", value_minor=-1), services.BadAmount),
        (replace(draft, number="C-2", valid_to=date(2025, 1, 1)), services.BadPeriod),
    ):
        with pytest.raises(refusal):
            services.sign(draft=wrong, actor="a", now=NOW)
    assert models.Contract.objects.count() == 1


@pytest.mark.parametrize("share", ["0.99999", "0.00001", "0.33333"])
def test_a_share_with_more_places_than_a_contract_keeps_is_refused(share: str) -> None:
    """Kept it would be another one than was signed, or none at all."""
    with pytest.raises(services.BadTiers):
        makers.contract(tiers=(Tier(100, makers.Decimal(share)),))
    with pytest.raises(services.BadTolerance):
        makers.contract(over_receipt=makers.Decimal("0.0505"))
