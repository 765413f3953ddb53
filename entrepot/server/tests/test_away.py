"""The database is away: told with 503 and when to come again, in one line of the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection
from django.test import Client

from entrepot.server.logs import Discreet
from entrepot.web.common.away import Brief, away
from entrepot.web.rest import short

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def nobody_listens() -> Iterator[None]:
    """The next connection is refused."""
    kept = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(HOST="127.0.0.1", PORT="1")
    yield
    connection.close()
    connection.settings_dict.update(kept)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.usefixtures("nobody_listens")
@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/products/none-such"])
def test_the_api_says_when_to_come_again(client: Client, path: str) -> None:
    told = client.get(path, HTTP_AUTHORIZATION="Bearer ek_none")
    assert (told.status_code, told["Content-Type"]) == (503, "application/problem+json")
    assert (told["Retry-After"], told.json()["code"]) == ("2", "database_away")


@pytest.mark.usefixtures("nobody_listens")
def test_an_order_the_short_way_too() -> None:
    headers = {"authorization": "Bearer ek_none", "content-type": "application/json", "host": "testserver"}
    call = short.Call(short.ORDERS, headers, b"{}")
    for told in (short.serve(call), short.refused(call, _refused_connection())):
        assert (told.status, told.headers["Retry-After"]) == (503, "2")


@pytest.mark.usefixtures("nobody_listens")
@pytest.mark.parametrize("path", ["/basket/", "/en/search/?q=milk", "/office/", "/healthz"])
def test_a_page_says_so_without_reading(client: Client, path: str) -> None:
    client.cookies["sessionid"] = "somebody"
    told = client.get(path)
    assert (told.status_code, told["Retry-After"]) == (503, "2"), path


@pytest.mark.usefixtures("nobody_listens")
def test_the_log_has_one_line_for_it_and_the_whole_of_a_fault() -> None:
    def line(wrong: Exception) -> str:
        record = logging.LogRecord("entrepot", logging.ERROR, "", 1, "fault at %s", ("/x",), (None, wrong, None))  # type: ignore[arg-type]
        assert Brief().filter(record)
        return Discreet().format(record)

    assert line(_refused_connection()).startswith("the database is away: ")
    assert "\n" not in line(_refused_connection())
    assert "ValueError" in line(ValueError("ours"))


@pytest.fixture
def slow() -> Iterator[None]:
    """Every statement takes longer than a visitor is kept waiting."""

    def slowly(execute: Callable[..., object], _sql: str, _params: object, many: bool, context: object) -> object:
        return execute("SELECT pg_sleep(5)", None, many, context)

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1")
    with connection.execute_wrapper(slowly):
        yield
    connection.close()


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("path", ["/healthz", "/api/v1/products/none-such", "/en/p/none-such/", "/office/"])
def test_who_waited_too_long_may_come_again_and_somebody_looks_at_it(
    client: Client, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    client.cookies["sessionid"] = "somebody"
    told = client.get(path, HTTP_AUTHORIZATION="Bearer ek_none")
    assert (told.status_code, told["Retry-After"]) == (503, "5")
    assert "statement timeout" in caplog.text
    assert path in caplog.text


def test_a_wrong_statement_is_no_absence() -> None:
    assert away(ValueError()) is None


def _refused_connection() -> Exception:
    try:
        connection.ensure_connection()
    except OperationalError as wrong:
        return wrong
    raise AssertionError("somebody listens")
