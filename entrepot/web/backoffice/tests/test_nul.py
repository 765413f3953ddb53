"""U+0000, which PostgreSQL does not take, in every field of every form that a menu's pages show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from lxml import html

from entrepot.catalogue.tests.makers import make_sku
from entrepot.identity.types import Role
from entrepot.web.backoffice.tests.test_pages import PAGES, shown, staff

pytestmark = pytest.mark.django_db
TYPED = "//input[not(@type) or @type='text' or @type='search']|//textarea"


def forms(page: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Method, address and filled fields of each form of a page."""
    for form in html.fromstring(page).forms:
        typed = {one.name for one in form.xpath(f".{TYPED.replace('|//', '|.//')}")}
        fields = {name: value or "" for name, value in form.form_values()}
        yield form.method, form.action or "", {**fields, **dict.fromkeys(filter(None, typed), "a\0b")}


def test_a_nul_in_a_field_is_no_fault() -> None:
    client, sent = staff(*Role), 0
    make_sku()
    for address in PAGES:
        for method, action, fields in forms(shown(client, address)):
            if "logout" in action or settings.LOGIN_URL in action:
                continue
            ask = client.post if method == "POST" else client.get
            assert ask(action or address, fields).status_code < 500, (address, action)
            sent += 1
    assert sent > 50
