"""The grown state of `make growth` is what the verbs leave: as many rows for each order, and books that agree."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import copies, grown, lives
from entrepot.kit import clock
from entrepot.orders import selectors as orders
from entrepot.payments import selectors as payments
from entrepot.pricing import selectors as pricing
from entrepot.stock import selectors as stock

ORDERS = 1_000
PEOPLE = 8


def rows() -> Counter[str]:
    """Rows of every table, the queue's and Django's too."""
    names = copies.read("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    return Counter({str(name): int(str(copies.read(f"SELECT count(*) FROM {name}")[0][0])) for (name,) in names})


@pytest.mark.django_db(transaction=True)
def test_the_grown_state_is_what_the_verbs_leave() -> None:
    made = grown.grow(grown.Wanted(orders=ORDERS, skus=300, shoppers=PEOPLE, now=clock.now()))
    copied = rows()
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []
    assert payments.discrepancies() == []
    assert pricing.discrepancies() == []

    lived = Counter[str]()
    kinds = Counter(str(kind) for (kind,) in copies.read(grown.kinds(ORDERS)))
    assert kinds == {"unpaid": 1, "expired": 79, "limited": 100, "delivered": 820}
    with lives.outside() as world:
        for person, (kind, (limited, live)) in zip(made.requests[1:], grown.KINDS.items(), strict=False):
            before = rows()
            live(grown.asking(person, made.articles[limited]), world)
            lived += Counter({table: n * kinds[kind] for table, n in (rows() - before).items()})
    for table in sorted(lived | copied):
        print(table, lived[table], copied[table])
