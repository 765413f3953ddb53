"""A form of the back office that is sent twice makes one thing, and the second time leads to it too."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from entrepot.catalogue.tests.makers import make_sku
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.procurement import selectors as procurement
from entrepot.procurement.tests import makers
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import arrival, book, item, warehouse
from entrepot.stock.types import CustomsState, WarehouseKind
from entrepot.web.backoffice.tests.test_pages import shown, staff

pytestmark = pytest.mark.django_db
TODAY = day_in(CHINA, now())
Form = dict[str, str]


def at_home() -> str:
    """Ten units that have expired, at home; the SKU's code."""
    made, home = make_sku(), warehouse("SH1", WarehouseKind.DOMESTIC)
    warehouse("SHOP1", WarehouseKind.SHOP)
    place = {"unit_cost": Decimal(12), "customs_state": CustomsState.DUTY_PAID, "item_record": ""}
    line = arrival(made.id, home, 10, expires_on=TODAY - timedelta(days=1), **place)
    stock_verbs.receive(receipts=[line], reference="PO-1", now=now() - timedelta(days=40))
    return made.code


def purchase() -> Form:
    makers.put_rates(("EUR", "8.2", "2026-01-01", ""))
    makers.articles()
    of = makers.contract(valid_to=TODAY + timedelta(days=90))
    return {"contract": str(of.id), "expected_on": TODAY.isoformat(), "lines": "down-jacket-S0 100 10.50"}


def authorisation() -> Form:
    (sku,) = makers.articles()
    return {"brand": str(sku.brand_id), "valid_from": "2026-01-01", "valid_to": "2030-01-01"}


def transfer() -> Form:
    return {"source": "SH1", "target": "SHOP1", "lines": f"{at_home()} L1 4"}


def count() -> Form:
    at_home()
    return {"warehouse": "SH1"}


def landing() -> Form:
    return {"name": "Ship 7", "lines": f"{at_home()} L1"}


def disposal() -> Form:
    at_home()
    (level,) = stock.disposable(on=TODAY)
    return {"warehouse": "SH1", "kind": "destroy", "reason": "expired", f"units-{level.id}": "4"}


def inbound() -> Form:
    made = make_sku()
    warehouse()
    book()
    item(made.id)
    return {"warehouse": "NGB1", "lines": f"{made.code} 10 L1 2028-06-30 61.25"}


FORMS: list[tuple[Role, str, str, Callable[[], Form], Callable[[], Collection[Any]], Form]] = [
    (Role.PURCHASING, "purchases/new/", "", purchase, lambda: procurement.orders()[0], {"note": "another"}),
    (
        Role.PURCHASING, "authorisations/", "record/", authorisation, lambda: procurement.authorisations(),
        {"territory": "CN"},
    ),
    (Role.WAREHOUSE, "transfers/", "plan/", transfer, lambda: stock.transfers(), {"note": "another"}),
    (Role.WAREHOUSE, "counts/", "open/", count, lambda: stock.counts(), {}),
    (Role.FINANCE, "landings/", "open/", landing, lambda: procurement.landings(), {"name": "Ship 8"}),
    (Role.WAREHOUSE, "inbound/", "draft/", inbound, lambda: stock.inbounds(), {}),
    (Role.WAREHOUSE, "disposals/", "plan/", disposal, lambda: stock.disposals(), {}),
]  # fmt: skip


@pytest.mark.parametrize(("role", "page", "form", "fields", "made", "change"), FORMS, ids=[one[1] for one in FORMS])
def test_a_form_that_is_sent_twice_makes_one_thing(
    role: Role,
    page: str,
    form: str,
    fields: Callable[[], Form],
    made: Callable[[], Collection[Any]],
    change: Form,
) -> None:
    told, client = fields(), staff(role)
    (key,) = set(re.findall(r'name="key" value="([0-9a-f-]+)"', shown(client, f"/office/{page}")))
    first, again = (client.post(f"/office/{page}{form}", {**told, "key": key})["Location"] for _ in range(2))
    assert first == again
    assert "done before: nothing changed" in shown(client, f"/office/{page}")
    assert len(made()) == 1
    if change:  # what is wanted besides, from the same page by the browser's way back
        assert client.post(f"/office/{page}{form}", {**told, **change, "key": key}).status_code == 302
        assert len(made()) == 2


@pytest.mark.parametrize(
    ("role", "page", "form", "typed"),
    [
        (Role.WAREHOUSE, "transfers/", "plan/", {"lines": "NOPE L1 4", "target": "SHOP1", "note": "fragile"}),
        (Role.WAREHOUSE, "counts/", "open/", {"skus": "NOPE", "warehouse": "SHOP1"}),
        (Role.FINANCE, "landings/", "open/", {"name": "Ship 7", "lines": "NOPE L1"}),
        (Role.WAREHOUSE, "inbound/", "draft/", {"lines": "NOPE 10 L1 - 61.25", "warehouse": "NGB1"}),
    ],
)
def test_what_was_typed_into_a_form_that_is_refused_stands_in_it_also_without_scripts(
    role: Role, page: str, form: str, typed: Form
) -> None:
    at_home()
    warehouse()
    book()
    client = staff(role)
    answer = client.post(f"/office/{page}{form}", {"source": "SH1", **typed}, follow=True).content.decode()
    assert "NOPE" in answer.split("cannot be right")[1][:40] or "NOPE: this cannot be right" in answer
    for name, text in typed.items():
        field = answer.split(f'name="{name}"')[1].split("</label>")[0]
        chosen = f'value="{text}" selected' if name in ("target", "warehouse") else text
        assert chosen in field, field
    assert client.get(f"/office/{page}{form}?page=2")["Location"] == f"/office/{page}?page=2"
