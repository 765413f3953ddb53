"""What pages of a shop with more than a page of goods ask the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.kit.kept import forget_all
from entrepot.web.storefront.tests.makers import Shop, open_shop
from entrepot.web.storefront.tests.test_browse import text
from tests.plugin import ForTheFile

pytestmark = pytest.mark.django_db
queries_max = 14


@contextmanager
def queries(most: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    statements = [query["sql"] for query in captured.captured_queries]
    assert len(statements) <= most, "\n".join(statements)


@pytest.fixture(scope="module")
def full_shop(for_the_file: ForTheFile) -> Shop:
    return for_the_file(lambda: open_shop(extra=26))


@pytest.mark.parametrize(
    "path", ["/", "/c/food/", "/search/?q=chocolate", "/p/dark/", "/brands/", "/b/lindt/", "/help/tax/"]
)
def test_pages_keep_their_query_budget(full_shop: Shop, client: Client, path: str) -> None:
    forget_all()
    with queries(queries_max):
        text(client, path)
    with queries(8):
        text(client, path)
