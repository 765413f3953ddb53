"""Reading goods the short way says what the long way says."""

from __future__ import annotations

import pytest
from ninja.constants import NOT_SET

from entrepot.checkout.tests.makers import shopper
from entrepot.identity.tests.makers import key as access_key
from entrepot.identity.types import Scope
from entrepot.kit.kept import forget_all
from entrepot.web.rest import catalogue, short_reads
from entrepot.web.rest.api import api
from entrepot.web.rest.short import Call, Reply
from entrepot.web.rest.tests.makers import CLIENT, filled_shelf
from entrepot.web.rest.tests.test_short import in_order

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "zh-CN,zh;q=0.9", "fr-FR", "")
ANSWERED = {
    "home": 200,
    "products": 200,
    "products?category=chocolate&page=1&brand=lindt&brand=b&sort=price_up&in_stock=true&unknown=1": 200,
    "products?category=nothing": 404,
    "products?page=2": 404,
    "products?price_from=100&price_to=5000": 200,
    "products?warehouse=a": 422,
    "search?q=chocolate": 200,
    "search?q=%E5%B7%A7%E5%85%8B%E5%8A%9B&q=chocolate": 200,
    "products/bar-0": 200,
    "products/nothing": 404,
}
LEFT = (
    "products?page=0",
    "products?page=two",
    "products?sort=best",
    "search",
    "search?q=",
    "search?q=%00",
    "products/Coat%20M",
    "products/",
    "categories",
    "brands",
    f"search?q={'x' * 600}",
)


def short_way(address: str, headers: dict[str, str]) -> Reply | None:
    small = {name.lower(): value for name, value in headers.items()} | {"host": "testserver"}
    path, _, query = address.partition("?")
    assert short_reads.goes("GET", short_reads.ROOT + path, small)
    return short_reads.read(Call(short_reads.ROOT + path, small, query=query))


def alike(address: str, headers: dict[str, str]) -> int:
    here = short_way(address, headers)
    assert here is not None
    forget_all()
    there = CLIENT.get(short_reads.ROOT + address, headers=headers)
    assert (here.status, here.body) == (there.status_code, there.content)
    assert in_order(dict(here.headers)) == in_order(dict(there.headers))
    return here.status


@pytest.mark.parametrize(("address", "status"), ANSWERED.items())
def test_lists_and_goods(address: str, status: int) -> None:
    filled_shelf()
    assert [alike(address, {"Accept-Language": language}) for language in LANGUAGES] == [status] * len(LANGUAGES)


def test_keys_and_scopes() -> None:
    filled_shelf()
    good, poor = access_key(shopper().buyer_id), access_key(shopper().buyer_id, scopes={Scope.BASKET_WRITE})
    told = [
        alike("products/bar-0", {"Authorization": authorization})
        for authorization in (f"Bearer {good}", f"Bearer {poor}", "Bearer ek_unknown", "Basic abc")
    ]
    assert told == [200, 403, 401, 401]


@pytest.mark.parametrize("address", LEFT)
def test_what_is_unusual_goes_the_long_way(address: str) -> None:
    filled_shelf()
    assert short_way(address, {}) is None


def test_cookies_strange_hosts_and_other_methods_go_the_long_way() -> None:
    path = short_reads.ROOT + "home"
    assert not short_reads.goes("GET", path, {"host": "testserver", "cookie": "sessionid=x"})
    assert not short_reads.goes("GET", path, {"host": "elsewhere.example"})
    assert not short_reads.goes("HEAD", path, {"host": "testserver"})
    assert not short_reads.goes("GET", "/", {"host": "testserver"})


def test_a_fault_of_ours_is_told_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    filled_shelf()
    monkeypatch.setattr("entrepot.shelf.selectors.listing", lambda **_: 1 / 0)
    assert alike("products", {}) == 500


def test_its_door_is_that_of_the_api() -> None:
    [(_, router)] = [(where, found) for where, found in api._routers if found is catalogue.router]
    for path in ("/home", "/products", "/search", "/products/{slug}"):
        assert [operation.auth_param for operation in router.path_operations[path].operations] == [NOT_SET]
    assert router.auth is catalogue.reads
