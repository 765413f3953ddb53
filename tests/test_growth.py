"""The grown state of `make growth` is what the verbs leave: as many rows for each order, and books that agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bench import copies, grown, growth, lives
from entrepot.checkout import services as checkout
from entrepot.checkout.types import Placed
from entrepot.kit import clock
from entrepot.orders import selectors as orders
from entrepot.payments import selectors as payments
from entrepot.pricing import selectors as pricing
from entrepot.stock import selectors as stock

ORDERS = 1_000
KINDS = {"unpaid": 1, "expired": 79, "limited": 100, "delivered": 820}
# Of what goods and people leave in these tables too, only what orders do.
OF_ORDERS = {
    "stock_movement": "kind IN ('claim', 'release', 'ship')",
    "audit_entry": "action = 'identity.real_name_read'",
    "outbox_event": "topic LIKE 'orders.%'",
}


def rows() -> Counter[str]:
    """How many in every table, the queue's and Django's too."""
    names = copies.read("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    questions = {
        str(name): f"SELECT count(*) FROM {name} WHERE {OF_ORDERS.get(str(name), 'true')}" for (name,) in names
    }
    return Counter({name: int(str(copies.read(question)[0][0])) for name, question in questions.items()})


@pytest.mark.django_db(transaction=True)
def test_the_grown_state_is_what_the_verbs_leave() -> None:
    made = grown.grow(grown.Wanted(orders=ORDERS, skus=300, shoppers=8, now=clock.now()))
    copied = rows()
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []
    assert payments.discrepancies() == []
    assert pricing.discrepancies() == []

    assert Counter(str(kind) for (kind,) in copies.read(grown.kinds(ORDERS))) == KINDS
    lived = Counter[str]()
    with lives.outside() as world:
        for person, (kind, (limited, live)) in zip(made.requests[1:], grown.KINDS.items(), strict=False):
            before = rows()
            live(grown.asking(person, made.articles[limited]), world)
            # The state holds the copies and the order they were copied from.
            lived += Counter({table: n * (KINDS[kind] + 1) for table, n in (rows() - before).items()})
    together = {"customs_batch", "customs_batchexchange"}  # only where a job stood in line
    assert set(lived) >= grown.LEFT_OUT - together
    left = set(lived) - grown.LEFT_OUT - {"orders_annualuse"}  # a row of a person, whatever they order
    assert {table: copied[table] for table in left} == {table: lived[table] for table in left}

    answers = [
        checkout.place(request=replace(request, idempotency_key="again"), now=clock.now()) for request in made.requests
    ]
    assert all(isinstance(answer, Placed) and not answer.replayed for answer in answers)
    assert orders.discrepancies() == []


def test_a_slower_or_larger_house_misses_the_aims(capsys: pytest.CaptureFixture[str]) -> None:
    asked = growth._arguments(["--orders", "20000", "--skus", "5000"])
    young = {f"{way}, orders/s": 100.0 for way in growth.WAYS} | {"web, MB": 90.0}
    for grown_state, fine in (
        (young | {"HTTP, orders/s": 81.0, "web, MB": 250.0}, True),
        (young | {"HTTP, orders/s": 79.0}, False),
        (young | {"web, MB": 251.0}, False),
    ):
        assert growth._told({growth.YOUNG: [young], growth.GROWN: [grown_state]}, 1_000, asked) is fine
        assert ("missed" in capsys.readouterr().out) is not fine
