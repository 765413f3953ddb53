"""A person's own pages: addresses, real names, keys, log-in pages; masked, in both languages, nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from entrepot.identity import selectors as people
from entrepot.identity import services as identity
from entrepot.identity.tests.makers import PASSWORD, id_number
from entrepot.identity.tests.makers import buyer as enrolled
from entrepot.kit.clock import now
from entrepot.orders.tests.makers import placed
from entrepot.web.storefront.tests.makers import Buyer, Shop, buyer, new_buyer
from entrepot.web.storefront.tests.test_checkout import ADDRESS

pytestmark = pytest.mark.django_db


@pytest.fixture
def who(shop: Shop) -> Buyer:
    return buyer()


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


PAGES = ["", "addresses/", "addresses/new/", "real-names/", "real-names/new/", "keys/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("start", ["/account/", "/en/account/"])
def test_own_pages_show_nothing_in_the_clear_and_are_not_kept_by_browsers(who: Buyer, start: str, path: str) -> None:
    answer = who.client.get(start + path)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "张小燕" not in shown
    assert "13800135678" not in shown
    assert id_number() not in shown


def test_an_address_is_added_changed_and_removed(who: Buyer) -> None:
    data = {name: value for name, value in ADDRESS.items() if name != "address"}
    assert who.client.post("/en/account/addresses/new/", data | {"is_default": "on"}).status_code == 302
    first, second = people.masked_addresses(buyer_id=who.id)
    assert (first.is_default, second.is_default) == (True, False)
    change = page(who.client, f"/en/account/addresses/{first.id}/")
    assert 'value="张小燕"' in change  # the owner changes the whole, not the mask
    who.client.post(f"/en/account/addresses/{first.id}/", data | {"detail": "新地址 1 号"})
    assert "新地址" in page(who.client, f"/en/account/addresses/{first.id}/")
    who.client.post(f"/en/account/addresses/{first.id}/drop/")
    assert [one.id for one in people.masked_addresses(buyer_id=who.id)] == [second.id]


def test_an_address_that_is_sent_twice_is_kept_once(who: Buyer) -> None:
    data = {name: value for name, value in ADDRESS.items() if name != "address"}
    for _ in range(2):
        assert who.client.post("/en/account/addresses/new/", data).status_code == 302
    assert len(people.masked_addresses(buyer_id=who.id)) == 2  # the maker's, and this one


@pytest.mark.parametrize(
    ("field", "value"), [("recipient", ""), ("phone", "x"), ("district_code", "999999"), ("detail", "\0")]
)
def test_a_wrong_address_is_said_at_its_field(who: Buyer, field: str, value: str) -> None:
    answer = who.client.post("/account/addresses/new/", ADDRESS | {field: value})
    assert answer.status_code == 422
    assert re.search(rf'(id="id_{field}-say"|id="{field}-say")', answer.content.decode())
    assert len(people.masked_addresses(buyer_id=who.id)) == 1


def test_the_lists_follow_what_is_chosen_for_htmx_and_survive_nonsense(who: Buyer) -> None:
    assert "杭州" in page(who.client, "/divisions/?province_code=330000")
    assert "西湖" in page(who.client, "/divisions/?province_code=330000&city_code=330100")
    for odd in ("x", "%00", "9" * 500, "330000%27"):
        page(who.client, f"/divisions/?province_code={odd}&city_code={odd}")


def test_a_real_name_is_recorded_once_masked_and_withdrawn(who: Buyer) -> None:
    number = id_number(sequence=77)
    data = {"name": "李明", "id_number": number, "phone": "13900139000", "consent": "on"}
    assert who.client.post("/en/account/real-names/new/", data).status_code == 302
    shown = page(who.client, "/en/account/real-names/")
    assert "李*" in shown
    assert number not in shown
    record = next(one for one in people.masked_real_names(buyer_id=who.id) if one.name.startswith("李"))
    who.client.post(f"/en/account/real-names/{record.id}/drop/")
    assert len(people.masked_real_names(buyer_id=who.id)) == 1


def test_the_year_of_a_confirmed_person_is_shown_and_of_no_other(who: Buyer) -> None:
    assert "<meter" not in page(who.client, "/en/account/real-names/")
    reading = {"reader": "system:customs", "reason": "declaration", "confirmed_by": "payment sandbox", "now": now()}
    identity.reveal_real_name(record_id=who.real_name_id, buyer_id=who.id, **reading)
    id_hash = people.id_hash(record_id=who.real_name_id, buyer_id=who.id)
    order = placed(buyer_id=who.id, id_hash=id_hash, placed_at=now(), pay_until=now() + timedelta(minutes=30))
    shown = page(who.client, "/en/account/real-names/")
    used = order.parcels[0].allowance_minor
    assert f'max="2600000" value="{used}"' in shown
    other, _ = new_buyer()
    assert "<meter" not in page(other, "/en/account/real-names/")


def test_a_wrong_id_number_is_refused_in_both_languages(who: Buyer) -> None:
    data = {"name": "李明", "id_number": "110105199001070000", "phone": "13900139000", "consent": "on"}
    for path, said in (("/account/", "身份证号码有误"), ("/en/account/", "not a valid resident ID number")):
        answer = who.client.post(f"{path}real-names/new/", data)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert 'aria-invalid="true"' in answer.content.decode()


def test_a_key_is_shown_once_and_revoked(who: Buyer) -> None:
    data = {"name": "script", "days": "30", "scopes": ["catalogue:read"]}
    shown = who.client.post("/en/account/keys/", data).content.decode()
    secret = re.search(r'<code class="secret">([^<]+)</code>', shown)
    assert secret is not None
    assert secret[1] not in page(who.client, "/en/account/keys/")
    (key,) = people.keys(person_id=who.id)
    who.client.post(f"/en/account/keys/{key.id}/revoke/")
    assert "revoked" in page(who.client, "/en/account/keys/")


def test_who_gives_a_key_away_is_told_all_that_it_may_do(who: Buyer) -> None:
    """What the API lets the scope orders:write do, and nothing that it does not."""
    shown = page(who.client, "/en/account/keys/")
    (label,) = re.findall(r'value="orders:write"><span>([^<]*)', shown)
    for act in ("Order", "pay", "returns", "stopped at customs", "addresses", "real names"):
        assert act in label, act
    assert "cancel" not in label


def test_other_peoples_things_are_not_there(who: Buyer) -> None:
    other, _ = new_buyer()
    page(other, f"/en/account/addresses/{who.address_id}/", 404)
    assert other.post(f"/en/account/addresses/{who.address_id}/drop/").status_code == 404
    assert other.post(f"/en/account/real-names/{who.real_name_id}/drop/").status_code == 404
    assert len(people.masked_addresses(buyer_id=who.id)) == 1


ENTRANCES = ["account_login", "account_signup", "account_reset_password"]
OWN = ["account_email", "account_change_phone", "account_change_password", "mfa_index", "account_logout"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", ENTRANCES + OWN)
def test_log_in_pages_are_ours(who: Buyer, client: Client, name: str, language: str) -> None:
    with translation.override(language):
        address = reverse(name)
    shown = page(client if name in ENTRANCES else who.client, address)
    assert "KOALA" in shown.upper()
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in shown
    assert ('name="csrfmiddlewaretoken"' in shown) == (name != "mfa_index")


def test_logging_in_through_the_page(who: Buyer, client: Client) -> None:
    email = "somebody@example.com"
    enrolled(email=email)
    wrong = client.post("/en/accounts/login/", {"login": email, "password": "nonsense"})
    assert "The account or the password is not right." in wrong.content.decode()
    right = client.post("/en/accounts/login/", {"login": email, "password": PASSWORD, "next": "/en/checkout/"})
    assert right["Location"] == "/en/checkout/"


def test_switching_on_the_second_step_shows_code_and_secret(who: Buyer) -> None:
    ask = who.client.get("/en/accounts/2fa/totp/activate/")["Location"]
    assert "Is it you?" in page(who.client, ask)
    who.client.post(ask, {"password": PASSWORD})
    shown = page(who.client, "/en/accounts/2fa/totp/activate/")
    assert 'src="data:image/svg+xml' in shown
    assert 'class="secret"' in shown
