from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from entrepot.storefronts import cached, selectors, services
from entrepot.storefronts.models import Host, Storefront
from entrepot.storefronts.tests.makers import KOALA, NOW, koala_lane

pytestmark = pytest.mark.django_db


def test_a_storefront_is_opened_and_answers_on_any_host() -> None:
    opened = services.open_storefront(draft=KOALA, now=NOW)
    shop = selectors.by_host(host="anything.example:8000")
    assert shop == selectors.by_code(code="koala")
    assert (shop.id, shop.default_language, shop.languages, shop.currency) == (
        opened,
        "zh-hans",
        ("zh-hans", "en"),
        "CNY",
    )
    assert shop.names["en"] == "Koala Lane"


def test_a_named_host_comes_before_the_one_for_all_others() -> None:
    koala_lane()
    other = replace(KOALA, code="emu", hosts=("emu.example", "www.emu.example"))
    services.open_storefront(draft=other, now=NOW)
    assert selectors.by_host(host="WWW.emu.example:443").code == "emu"
    assert selectors.by_host(host="emu.example.").code == "emu"
    assert selectors.by_host(host="example").code == "koala"
    assert [shop.code for shop in selectors.every()] == ["koala", "emu"]


def test_an_unknown_host_or_code_is_refused() -> None:
    services.open_storefront(draft=replace(KOALA, hosts=("koala.example",)), now=NOW)
    with pytest.raises(selectors.NoStorefront) as refused:
        selectors.by_host(host="other.example")
    assert "other.example" in refused.value.message("zh-hans")
    with pytest.raises(selectors.NoStorefront):
        selectors.by_code(code="emu")


@pytest.mark.parametrize("change", [{"hosts": ("else.example",)}, {"code": "emu"}])
def test_a_taken_code_or_host_is_refused_and_nothing_is_written(change: dict[str, object]) -> None:
    koala_lane()
    with pytest.raises(services.StorefrontTaken):
        services.open_storefront(draft=replace(KOALA, **change), now=NOW)
    assert (Storefront.objects.count(), Host.objects.count()) == (1, 1)


def test_a_bad_draft_is_refused_by_field() -> None:
    with pytest.raises(services.InvalidStorefront) as refused:
        services.open_storefront(draft=replace(KOALA, currency="yuan"), now=NOW)
    assert refused.value.field == "currency"
    assert "currency" in refused.value.message("en")


def test_questions_are_answered_from_the_process(django_assert_num_queries) -> None:
    koala_lane()
    cached.forget()
    with django_assert_num_queries(1):
        selectors.by_host(host="a.example")
    with django_assert_num_queries(0):
        selectors.by_host(host="b.example")
        selectors.by_code(code="koala")


def test_the_database_holds_the_default_language_to_the_languages() -> None:
    koala_lane()
    with pytest.raises(IntegrityError), transaction.atomic():
        Storefront.objects.update(default_language="fr")
