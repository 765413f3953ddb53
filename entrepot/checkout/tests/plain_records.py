"""What the model in plain Python (`plain.py`) keeps books of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

DAY, SALE_FOR = 1_440, 60  # minutes
Place = tuple[str, str]  # article, warehouse
Lines = Sequence[tuple[str, int]]  # articles, and what of their goods a promotion may count


@dataclass(frozen=True)
class Asked:
    """An order as it is sent. `seen`: the total the buyer was shown."""

    account: int
    identity: int
    wishes: tuple[tuple[str, int], ...]
    key: str
    seen: int | None = None


@dataclass(eq=False)
class Sale:
    name: int
    article: str
    price: int
    units: int
    limit: int
    door: bool
    since: int
    off: bool = False
    taken: int = 0

    @property
    def left(self) -> int:
        return self.units - self.taken

    def over(self, now: int) -> bool:
        return self.off or now >= self.since + SALE_FOR


@dataclass(eq=False)
class Limit:
    name: int
    quantity: int
    since: int


@dataclass(eq=False)
class Promotion:
    """`off` for each `threshold` of `articles` (all, where it names none), at most `times`, for `most` orders of one
    person."""

    name: int
    threshold: int
    off: int
    times: int
    articles: frozenset[str]
    budget: int
    since: int
    most: int | None = None
    called_off: bool = False
    given: int = 0

    @property
    def left(self) -> int:
        return self.budget - self.given

    def over(self, now: int) -> bool:
        return self.called_off or now >= self.since + DAY

    def worth(self, lines: Lines, left: int) -> int:
        """What it takes off lines, with so much of its budget left."""
        goods = sum(self.counted(lines))
        return self.off * min(goods // self.threshold, self.times, left // self.off)

    def counted(self, lines: Lines) -> list[int]:
        return [worth if not self.articles or article in self.articles else 0 for article, worth in lines]


@dataclass
class Take:
    """What an order has of one article's sale and limit. `period` is the limit's."""

    article: str
    units: int
    sale: Sale | None
    limit: Limit | None
    period: int
    held: bool = True

    def counters(self) -> list[tuple[int, int, int]]:
        """(rule, period, most) of everything it counts against each person for."""
        of_sale = [(self.sale.name, 0, self.sale.limit)] if self.sale else []
        return of_sale + ([(self.limit.name, self.period, self.limit.quantity)] if self.limit else [])


@dataclass
class Parcel:
    warehouse: str
    units: dict[str, int]
    value: int  # goods and freight: what customs taxes and the year counts
    total: int
    off: int = 0
    state: str = "placed"
    year: int | None = None  # that it counts in, where that is not its order's

    def places(self) -> Counter[Place]:
        return Counter({(article, self.warehouse): n for article, n in self.units.items()})


@dataclass
class Draft:
    n: int  # its place in the batch
    asked: Asked
    used: int  # of the year, as it was quoted
    parcels: list[Parcel]
    takes: list[Take]
    promotion: Promotion | None = None
    denied: bool = False  # one that takes off more is used up

    @property
    def value(self) -> int:
        return sum(parcel.value for parcel in self.parcels)

    @property
    def off(self) -> int:
        return sum(parcel.off for parcel in self.parcels)


@dataclass
class Order:
    asked: Asked
    year: int
    parcels: list[Parcel]
    takes: list[Take]
    pay_until: int
    promotion: Promotion | None = None
    granted: int = 0  # what it has of the promotion's budget
    denied: bool = False  # one that takes off more was used up
    state: str = "placed"
    by_buyer: bool = False  # who cancelled it
    paid: bool = False
    again: bool = False  # it stands again by a late payment
    refused: bool = False  # its late payment went back
    overdue: bool = False
    ours: str = "pending"  # how its payment stands here: pending, open, failed, captured
    waits: bool = False  # the event of its capture is not handled yet
    theirs: str = ""  # and at the provider: unknown, open, closed, captured
    begun: bool = False  # the buyer was sent to the cashier, or should have been
    refunds: dict[str, list[Any]] = field(default_factory=dict)  # key: [amount, ordered | pending | done]

    @property
    def total(self) -> int:
        return sum(parcel.total for parcel in self.parcels)

    @property
    def off(self) -> int:
        return sum(parcel.off for parcel in self.parcels)

    def refunded(self, state: str) -> int:
        return sum(amount for amount, at in self.refunds.values() if at == state)
