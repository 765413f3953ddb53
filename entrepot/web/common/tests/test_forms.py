"""Forms: lists that follow the choice, and refusals on the field they name, in the visitor's language."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import translation

from entrepot.identity import services
from entrepot.identity.tests.makers import ADDRESS, NOW, address, buyer, id_number
from entrepot.identity.types import Scope
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.web.common.forms import AddressForm, KeyForm, RealNameForm, add_refusal

TYPED: dict[str, Any] = {name: value for name, value in asdict(ADDRESS).items() if name != "country"}


def choices(form: AddressForm, name: str) -> list[str]:
    return [code for code, _ in form.fields[name].choices]  # type: ignore[attr-defined]


def test_a_whole_address_becomes_the_draft() -> None:
    form = AddressForm(TYPED)
    assert form.is_valid(), form.errors
    assert form.draft() == ADDRESS


def test_lists_follow_the_choice() -> None:
    fresh = AddressForm()
    assert len(choices(fresh, "province_code")) == 32
    assert choices(fresh, "city_code") == choices(fresh, "district_code") == [""]
    typed = QueryDict("recipient=张小燕&province_code=330000&city_code=110100&reload=1")
    reloaded = AddressForm.reloaded(typed)
    assert "330100" in choices(reloaded, "city_code")
    assert not reloaded.is_bound
    assert reloaded["recipient"].value() == "张小燕"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"province_code": "810000"}, "province_code"),
        ({"city_code": "110100"}, "city_code"),
        ({"district_code": "110105"}, "district_code"),
        ({"recipient": ""}, "recipient"),
        ({"detail": "x" * 121}, "detail"),
    ],
)
def test_what_was_not_offered_is_not_taken(change: dict[str, str], field: str) -> None:
    form = AddressForm(TYPED | change)
    assert not form.is_valid()
    assert field in form.errors


@pytest.mark.django_db
def test_an_own_address_fills_the_form_to_be_changed() -> None:
    person = buyer()
    opened = services.open_address(address_id=address(person), buyer_id=person)
    form = AddressForm.of(opened)
    assert form["detail"].value() == opened.detail
    assert "330106" in choices(form, "district_code")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field", "zh", "en"),
    [
        ({"consent": ""}, "consent", "请阅读并勾选同意", "Please agree"),
        ({"id_number": "110105199001070014"}, "id_number", "身份证号码有误", "not a valid resident ID number"),
        ({"name": "R2D2"}, "name", "真实姓名", "exactly as on the ID card"),
        ({"phone": "12"}, "phone", "手机", "phone number"),
    ],
)
def test_refusals_stand_on_their_field_in_both_languages(change: dict[str, str], field: str, zh: str, en: str) -> None:
    typed = {"name": "张小燕", "id_number": id_number(), "phone": "13800135678", "consent": "on"} | change
    person = buyer()
    for language, sentence in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            form = RealNameForm(typed)
            assert form.is_valid(), form.errors
            with pytest.raises(Refusal) as refused:
                services.record_real_name(buyer_id=person, draft=form.draft(), now=NOW)
            add_refusal(form, refused.value)
            assert sentence in str(form.errors[field])
            assert typed["id_number"] not in str(form.errors)


def test_a_refusal_without_a_field_stands_above_the_form() -> None:
    form = RealNameForm({})
    form.full_clean()
    add_refusal(form, NotFound(what="x"))
    assert form.non_field_errors()


def test_a_key_form_offers_every_scope() -> None:
    form = KeyForm({"name": "erp", "scopes": [scope.value for scope in Scope], "days": "30"})
    assert form.is_valid(), form.errors
    assert form.draft().scopes == frozenset(Scope)
