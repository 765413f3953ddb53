"""Delivery addresses: what is kept, what is refused, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.db.models import QuerySet

from entrepot.identity import models, selectors, services
from entrepot.identity.services import addresses
from entrepot.identity.tests.makers import ADDRESS, NOW, address, buyer
from entrepot.kit.refusals import Refusal
from entrepot.kit.tests.racing import WAIT_S, behind, outcomes


@pytest.mark.django_db
def test_an_address_comes_back_in_the_clear_for_its_buyer_and_masked_for_pages() -> None:
    person = buyer()
    opened = services.open_address(address_id=address(person), buyer_id=person)
    assert opened.one_line == "浙江省杭州市西湖区文三路 90 号 71 幢 101 室"
    assert (opened.recipient, opened.phone) == ("张小燕", "+8613800135678")
    [masked] = selectors.masked_addresses(buyer_id=person)
    assert (masked.recipient, masked.phone, masked.place) == ("张**", "138****5678", "浙江省 杭州市 西湖区")


@pytest.mark.django_db
def test_a_municipality_is_named_once() -> None:
    person = buyer()
    beijing = replace(ADDRESS, province_code="110000", city_code="110100", district_code="110105")
    opened = services.open_address(address_id=address(person, beijing), buyer_id=person)
    assert opened.one_line.startswith("北京市朝阳区文三路")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"country": "HK"}, "outside_china", "country"),
        ({"country": "US"}, "outside_china", "country"),
        ({"province_code": "810000"}, "outside_china", "province_code"),
        ({"province_code": "710000", "city_code": "", "district_code": ""}, "outside_china", "province_code"),
        ({"province_code": "990000"}, "unknown_division", "province_code"),
        ({"province_code": ""}, "unknown_division", "province_code"),
        ({"city_code": "110100"}, "unknown_division", "city_code"),
        ({"city_code": "330106"}, "unknown_division", "city_code"),
        ({"district_code": "110105"}, "unknown_division", "district_code"),
        ({"district_code": "330103"}, "unknown_division", "district_code"),  # merged in 2021
        ({"phone": "12345"}, "invalid_phone", "phone"),
        ({"phone": "+14155552671"}, "invalid_phone", "phone"),
        ({"recipient": "  "}, "invalid_text", "recipient"),
        ({"recipient": "张" * 61}, "invalid_text", "recipient"),
        ({"detail": ""}, "invalid_text", "detail"),
        ({"detail": "x" * 121}, "invalid_text", "detail"),
        ({"detail": "文三路\u202e90"}, "invalid_text", "detail"),
    ],
)
@pytest.mark.django_db
def test_bad_addresses_are_refused_by_name_and_field(change: dict[str, str], code: str, field: str) -> None:
    person = buyer()
    with pytest.raises(Refusal) as refused:
        address(person, replace(ADDRESS, **change))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.message("zh-hans") != refused.value.message("en")
    assert selectors.masked_addresses(buyer_id=person) == []


@pytest.mark.django_db
def test_the_first_address_is_the_default_until_another_takes_over() -> None:
    person = buyer()
    first, second = address(person), address(person)
    assert [one.id for one in selectors.masked_addresses(buyer_id=person) if one.is_default] == [first]
    services.change_address(
        address_id=second, buyer_id=person, draft=replace(ADDRESS, detail="保俶路 1 号", is_default=True), now=NOW
    )
    assert [one.id for one in selectors.masked_addresses(buyer_id=person) if one.is_default] == [second]
    assert services.open_address(address_id=second, buyer_id=person).detail == "保俶路 1 号"
    services.drop_address(address_id=second, buyer_id=person)
    assert [one.id for one in selectors.masked_addresses(buyer_id=person) if one.is_default] == [first]
    services.drop_address(address_id=first, buyer_id=person)
    assert selectors.masked_addresses(buyer_id=person) == []


@pytest.mark.django_db
def test_the_same_address_is_kept_once_and_any_other_beside_it() -> None:
    mine, theirs = buyer(), buyer()

    def kept(person: Any, **changes: Any) -> Any:
        return services.keep_address(buyer_id=person, draft=replace(ADDRESS, **changes), now=NOW)

    first = kept(mine)
    assert kept(mine, phone="+86 138 0013 5678", recipient=f" {ADDRESS.recipient}") == first
    others = [kept(mine, recipient="李四"), kept(mine, detail="保俶路 1 号"), kept(theirs)]
    assert len({first, *others}) == 4
    assert kept(mine, recipient="李四", is_default=True) not in {first, *others}


@pytest.mark.django_db
def test_somebody_elses_address_does_not_exist() -> None:
    mine, theirs = buyer(), buyer()
    foreign = address(theirs)
    verbs: list[Callable[[], Any]] = [
        lambda: services.open_address(address_id=foreign, buyer_id=mine),
        lambda: services.drop_address(address_id=foreign, buyer_id=mine),
        lambda: services.change_address(address_id=foreign, buyer_id=mine, draft=ADDRESS, now=NOW),
    ]
    for verb in verbs:
        with pytest.raises(services.NoAddress):
            verb()
    assert len(selectors.masked_addresses(buyer_id=theirs)) == 1


def _add_at_once(person: Any) -> int:
    """How many of eight simultaneous additions were taken."""
    return outcomes([lambda: address(person)] * 8)["done"]


@pytest.fixture
def nearly_full(transactional_db: None) -> Any:
    person = buyer()
    for _ in range(19):
        address(person)
    return person


def test_one_of_eight_gets_the_last_place(nearly_full: Any) -> None:
    assert _add_at_once(nearly_full) == 1
    assert models.Address.objects.filter(buyer_id=nearly_full).count() == 20


def test_without_the_lock_more_than_one_would(nearly_full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race is real, the lock is what wins it."""
    counted, fill = Barrier(8, timeout=WAIT_S), addresses._fill

    def filled_by_all(*what: Any) -> None:
        counted.wait()
        fill(*what)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    monkeypatch.setattr(addresses, "_fill", filled_by_all)
    assert _add_at_once(nearly_full) == 8


def _by_default(person: Any) -> list[Any]:
    return [one.id for one in selectors.masked_addresses(buyer_id=person) if one.is_default]


def test_of_two_addresses_made_the_default_at_once_the_second_is_it(transactional_db: None) -> None:
    person = buyer()
    _, one, other = (address(person) for _ in range(3))

    def prefer(which: Any) -> None:
        draft = replace(ADDRESS, is_default=True)
        services.change_address(address_id=which, buyer_id=person, draft=draft, now=NOW)

    behind(lambda: prefer(one), [lambda: prefer(other)])
    assert _by_default(person) == [other]


def test_of_two_addresses_dropped_at_once_neither_is_what_becomes_the_default(transactional_db: None) -> None:
    person = buyer()
    first, second, third = (address(person) for _ in range(3))

    def drop(which: Any) -> None:
        services.drop_address(address_id=which, buyer_id=person)

    behind(lambda: drop(third), [lambda: drop(first)])
    assert _by_default(person) == [second]
