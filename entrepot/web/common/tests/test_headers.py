"""What browsers are told with every answer, and what the settings make of a public address."""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from typing import Any

import pytest
from django.test import Client

from entrepot.identity.tests.makers import PASSWORD, buyer
from entrepot.web.common.tests.makers import directives

LOGIN = "/accounts/login/"


@pytest.mark.django_db
@pytest.mark.parametrize("path", [LOGIN, "/no-such-page/", "/api/no-such-operation"])
def test_every_answer_carries_the_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = directives(headers["Content-Security-Policy"])
    assert policy["default-src"] == {"'none'"}
    assert policy["frame-ancestors"] == {"'none'"}
    assert policy["base-uri"] == {"'none'"}
    for name in ("script-src", "style-src", "connect-src", "font-src"):
        assert policy[name] == {"'self'"}


@pytest.mark.django_db
def test_forms_lead_to_us_and_to_the_payment_page_only(client: Client, settings: Any) -> None:
    policy = directives(client.get(LOGIN).headers["Content-Security-Policy"])
    assert policy["form-action"] == {"'self'", settings.SANDBOX_URL}


@pytest.mark.django_db
def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(client: Client) -> None:
    buyer(email="buyer@example.com")
    client.get(LOGIN)
    client.post(LOGIN, {"login": "buyer@example.com", "password": PASSWORD})
    cookies = client.cookies
    for name in ("csrftoken", "sessionid"):
        assert cookies[name]["httponly"]
        assert cookies[name]["samesite"] == "Lax"
    assert "private" in client.get(LOGIN).headers["Cache-Control"]


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_the_visitors_language() -> None:
    strict = Client(enforce_csrf_checks=True)
    for prefix, word in (("", "页面"), ("/en", "page")):
        answered = strict.post(prefix + LOGIN, {"login": "x", "password": "y"})
        assert answered.status_code == 403
        assert word in answered.content.decode()


@pytest.mark.django_db
def test_a_body_too_large_is_refused_before_it_is_read(client: Client) -> None:
    client.raise_request_exception = False
    answered = client.post(LOGIN, {"login": "x" * 3_000_000, "password": "y"})
    assert answered.status_code in {400, 413}


def settings_with(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = find_spec("entrepot.server.settings")
    assert found is not None and found.origin is not None
    return runpy.run_path(found.origin)


def test_a_public_shop_speaks_tls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings_with(monkeypatch, ENTREPOT_URL="https://koala.example", ENTREPOT_DEMO="0")
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "LANGUAGE_COOKIE_SECURE", "SECURE_SSL_REDIRECT"):
        assert made[name] is True
    assert made["SECURE_HSTS_SECONDS"] == 31_536_000
    assert made["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert made["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["upgrade-insecure-requests"] is True
    assert made["SMS_ADAPTER"].endswith("GatewaySms")
    assert made["DEBUG"] is False


def test_a_forwarded_protocol_is_believed_only_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_with(monkeypatch)["SECURE_PROXY_SSL_HEADER"] is None
    assert settings_with(monkeypatch)["ALLAUTH_TRUSTED_PROXY_COUNT"] == 0
    behind = settings_with(monkeypatch, ENTREPOT_BEHIND_PROXY="1")
    assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert behind["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1


@pytest.mark.parametrize(
    ("address", "port", "tls", "starttls"),
    [("smtp://shop:p%40ss@mail.example", 587, False, True), ("smtps://mail.example", 465, True, False)],
)
def test_mail_leaves_through_the_server_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, address: str, port: int, tls: bool, starttls: bool
) -> None:
    made = settings_with(monkeypatch, ENTREPOT_SMTP=address)
    assert (made["EMAIL_HOST"], made["EMAIL_PORT"]) == ("mail.example", port)
    assert (made["EMAIL_USE_SSL"], made["EMAIL_USE_TLS"]) == (tls, starttls)
    assert made["EMAIL_HOST_PASSWORD"] in {"p@ss", ""}
