"""The gate: who is let in, and how the others are turned away."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import include, path
from django.views import View
from ninja import NinjaAPI

from entrepot.identity import services
from entrepot.identity.tests.makers import buyer, clerk, key
from entrepot.identity.types import Role, Scope
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.web.common.access import BUYER, PUBLIC, STAFF, access
from entrepot.web.common.callers import Door
from entrepot.web.common.middleware import answer
from entrepot.web.common.tests.makers import log_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@access(PUBLIC)
def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse("public")


@access(BUYER)
class Own(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("own")

    post = get


@access(Role.CUSTOMS, Role.SERVICE)
def customs(request: HttpRequest) -> HttpResponse:
    return HttpResponse("customs")


@access(*STAFF)
def staff(request: HttpRequest) -> HttpResponse:
    return HttpResponse("staff")


def silent(request: HttpRequest) -> HttpResponse:
    return HttpResponse("should not be seen")


api = NinjaAPI(urls_namespace="api-of-this-test", docs_url=None)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return answer(request, refusal)


def who(request: HttpRequest) -> dict[str, str]:
    return {"caller": request.auth.name}  # type: ignore[attr-defined]


api.get("/open", auth=Door(PUBLIC, scope=Scope.CATALOGUE_READ))(who)
api.post("/own", auth=Door(BUYER, scope=Scope.ORDERS_WRITE))(who)
api.get("/staff", auth=Door(Role.CUSTOMS))(who)

urlpatterns = [
    path("public/", public),
    path("own/", Own.as_view()),
    path("customs/", customs),
    path("staff/", staff),
    path("silent/", silent),
    path("api/", api.urls),
    path("", include("entrepot.web.storefront.urls")),  # the log-in pages stand in the shop
]


def test_everybody_sees_what_is_public(client: Client) -> None:
    assert client.get("/public/").content == b"public"


def test_a_view_that_declares_nothing_lets_nobody_in(client: Client) -> None:
    with pytest.raises(ImproperlyConfigured):
        client.get("/silent/")
    log_in(client, clerk(*Role))
    client.raise_request_exception = False
    answered = client.get("/silent/")
    assert answered.status_code == 500
    assert b"should not be seen" not in answered.content


def test_a_stranger_is_led_to_the_log_in_page_and_back(client: Client) -> None:
    answered = client.get("/own/?page=2")
    assert answered.status_code == 302
    where = urlsplit(answered.headers["Location"])
    assert where.path == "/accounts/login/"
    assert parse_qs(where.query) == {"next": ["/own/?page=2"]}


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/product/x/?colour=red", "/product/x/?colour=red"),
        ("https://evil.example/product/", "/"),
        ("http://testserver.evil.example/", "/"),
        ("", "/"),
    ],
)
def test_after_a_form_a_stranger_comes_back_to_the_page_it_was_on(client: Client, referer: str, back: str) -> None:
    answered = client.post("/own/", headers={"Referer": referer})
    assert parse_qs(urlsplit(answered.headers["Location"]).query) == {"next": [back]}


def test_htmx_is_told_to_go_there_instead_of_showing_it_inside_the_page(client: Client) -> None:
    answered = client.get("/own/", headers={"HX-Request": "true", "Referer": "http://testserver/basket/"})
    assert answered.headers["HX-Redirect"] == "/accounts/login/?next=%2Fbasket%2F"


def test_a_buyer_may_see_their_own_pages_but_none_of_the_staffs(client: Client) -> None:
    log_in(client, buyer())
    assert client.get("/own/").content == b"own"
    answered = client.get("/customs/")
    assert answered.status_code == 403
    assert "您没有权限进行此操作" in answered.content.decode()
    assert client.get("/staff/").status_code == 403


@pytest.mark.parametrize(("role", "status"), [(Role.CUSTOMS, 200), (Role.SERVICE, 200), (Role.CATALOGUE, 403)])
def test_staff_see_what_their_role_sees(client: Client, role: Role, status: int) -> None:
    log_in(client, clerk(role))
    assert client.get("/customs/").status_code == status
    assert client.get("/staff/").status_code == 200


def test_a_second_factor_counts_for_a_working_day(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(client, clerk(Role.CUSTOMS))
    assert client.get("/customs/").status_code == 200
    monkeypatch.setattr("entrepot.web.common.access.second_factor_max_age_s", -1)
    assert client.get("/customs/").headers["Location"].startswith("/accounts/2fa/totp/activate/?next=")


def test_a_closed_account_is_out_at_once(client: Client) -> None:
    person = buyer()
    log_in(client, person)
    services.set_standing(person_id=person, roles=[], is_active=False, actor="boss", reason="fraud", now=now())
    assert client.get("/own/").status_code == 302


def test_the_demos_people_are_nobody_once_the_demo_is_over(client: Client, settings: Any) -> None:
    person = clerk(Role.CUSTOMS, is_demo=True)
    settings.DEMO = True
    log_in(client, person, second_factor=False)
    assert client.get("/customs/").status_code == 200
    settings.DEMO = False
    assert client.get("/customs/").headers["Location"].startswith("/accounts/login/")
    log_in(client, person)
    assert client.get("/customs/").headers["Location"].startswith("/accounts/login/")


# The doors of the API.


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_anybody_may_call_an_open_operation_and_is_known_if_logged_in(client: Client) -> None:
    assert client.get("/api/open").json() == {"caller": "anonymous"}
    person = buyer()
    log_in(client, person)
    assert client.get("/api/open").json() == {"caller": str(person)}


def test_a_key_calls_for_its_person_within_its_scopes(client: Client) -> None:
    person = buyer()
    reads, writes = key(person, [Scope.CATALOGUE_READ]), key(person, [Scope.ORDERS_WRITE])
    assert client.get("/api/open", headers=bearer(reads)).json() == {"caller": str(person)}
    assert client.post("/api/own", headers=bearer(writes)).json() == {"caller": str(person)}
    answered = client.post("/api/own", headers=bearer(reads) | {"Accept-Language": "en"})
    assert answered.status_code == 403
    assert answered.headers["Content-Type"] == "application/problem+json"
    assert answered.json()["code"] == "scope_missing"
    assert answered.json()["title"] == "The access key lacks the scope orders:write"
    assert client.get("/api/open", headers=bearer(writes)).status_code == 403


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer ek_nonsense", "Basic dTpw", "Bearer", "x", "Bearer " + "x" * 9000]
)
def test_a_bad_key_is_refused_even_where_none_is_needed(client: Client, header: str) -> None:
    answered = client.get("/api/open", headers={"Authorization": header})
    assert (answered.status_code, answered.json()["code"]) == (401, "bad_key")


def test_a_stranger_is_refused_with_a_problem_and_no_redirect(client: Client) -> None:
    answered = client.post("/api/own")
    assert (answered.status_code, answered.json()["code"]) == (401, "must_log_in")
    assert isinstance(answered, JsonResponse)


def test_a_session_writes_only_with_the_forms_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    log_in(strict, buyer())
    assert strict.get("/api/open").status_code == 200
    answered = strict.post("/api/own")
    assert (answered.status_code, answered.json()["code"]) == (403, "stale_form")
    strict.get("/accounts/password/change/")
    token = strict.cookies["csrftoken"].value
    assert strict.post("/api/own", headers={"X-CSRFToken": token}).status_code == 200


def test_a_key_needs_no_token_because_no_browser_sends_it_by_itself() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/api/own", headers=bearer(key(buyer()))).status_code == 200


def test_roles_count_for_keys_too(client: Client) -> None:
    assert client.get("/api/staff", headers=bearer(key(clerk(Role.CUSTOMS)))).status_code == 200
    assert client.get("/api/staff", headers=bearer(key(clerk(Role.SERVICE)))).status_code == 403
    assert client.get("/api/staff", headers=bearer(key(buyer()))).status_code == 403
    log_in(client, clerk(Role.CUSTOMS), second_factor=False)
    assert client.get("/api/staff").json()["code"] == "second_factor_needed"


def test_a_caller_is_looked_up_once(client: Client, django_assert_num_queries: Any) -> None:
    secret = key(buyer(), [Scope.CATALOGUE_READ])
    client.get("/api/open", headers=bearer(secret))
    with django_assert_num_queries(1):
        client.get("/api/open", headers=bearer(secret))
    assert UUID(client.get("/api/open", headers=bearer(secret)).json()["caller"])
