"""Words that the port's rooms share: a document as received, what is made of it, and the ground it is judged on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from entrepot.sandbox.customs.answers import CHINA, Say

Texts = Mapping[str, str]
# Where a document keeps whose it is and its number.
NUMBERS = {
    "311": ("ebpCode", "orderNo"),
    "411": ("payCode", "payTransactionId"),
    "511": ("logisticsCode", "logisticsNo"),
    "513": ("logisticsCode", "logisticsNo"),
    "621": ("agentCode", "copNo"),
    "623": ("agentCode", "invtNo"),
    "625": ("agentCode", "invtNo"),
    "711": ("operatorCode", "billNo"),
}
# States of a list that stands in the port's books. Those beside it: refused, replaced, deleted, withdrawn, sent_back.
LISTED = ("taken", "released", "closed", "returned")


@dataclass(frozen=True, slots=True)
class Paper:
    """One business object as received."""

    kind: str
    head: Texts
    lines: Sequence[Texts]

    @property
    def company(self) -> str:
        return self.head.get(NUMBERS[self.kind][0], "")

    @property
    def number(self) -> str:
        return self.head.get(NUMBERS[self.kind][1], "")


@dataclass(frozen=True, slots=True)
class Judgement:
    """`state` is what the port's books say of the paper from now on; `says` the receipts."""

    state: str
    says: tuple[Say, ...]
    value: Decimal = Decimal(0)
    invt_no: str = ""
    withdraws: int | None = None  # the id of the list taken back
    replaces: int | None = None
    returns: int | None = None  # the id of the list that goods come back from
    wares: Mapping[str, str] = field(default_factory=dict)  # of these lines (gnum), so many units


@dataclass(frozen=True, slots=True)
class Ground:
    """What a judgement rests on beside the paper. `now` is the port's clock, `course` the way a list takes after 120,
    `elsewhere` sums used on other platforms, `quota_fails` the quota function that does not work, `single_limit`
    another limit of one purchase than the law's."""

    db: sqlite3.Connection
    now: float
    course: str
    elsewhere: Mapping[str, str]
    quota_fails: str
    returns_wait: bool
    single_limit: str = ""

    @property
    def today(self) -> date:
        return day(self.now)


def no(status: int, why: str) -> Judgement:
    """A refusal: codes below zero come at once, a 100 after the port has passed the document on."""
    if status < 0:
        return Judgement("refused", (Say(status, why, 1),))
    return Judgement("refused", (Say(2, "申报成功", 1), Say(status, why, 2)))


def day(at: float) -> date:
    return datetime.fromtimestamp(at, CHINA).date()


def n(text: str) -> Decimal:
    return Decimal(text or "0")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def part(amount: Decimal, share: Fraction) -> Decimal:
    return cents(amount * share.numerator / share.denominator)


def texts_of(row: sqlite3.Row) -> Texts:
    """The head of a stored paper."""
    head: dict[str, str] = json.loads(row["head"])
    return head


def lines_of(row: sqlite3.Row) -> list[Texts]:
    lines: list[Texts] = json.loads(row["lines"])
    return lines


def dutiable(head: Texts, lines: Sequence[Texts]) -> dict[str, Decimal]:
    """The dutiable price of each line by gnum: its goods, and its share of freight and insurance by value.

    To the cent; what rounding leaves goes to the largest rests, earlier lines first, so that the parts make the whole.
    """
    goods = {line["gnum"]: cents(n(line["totalPrice"])) for line in lines}
    whole, extra = sum(goods.values(), Decimal(0)), cents(n(head["freight"]) + n(head["insuredFee"]))
    weights = goods if whole else dict.fromkeys(goods, Decimal(1))
    exact = {gnum: extra * weight / sum(weights.values(), Decimal(0)) for gnum, weight in weights.items()}
    shares = {gnum: share.quantize(Decimal("0.01"), "ROUND_DOWN") for gnum, share in exact.items()}
    left = int((extra - sum(shares.values(), Decimal(0))) * 100)
    for gnum in sorted(exact, key=lambda gnum: shares[gnum] - exact[gnum])[:left]:
        shares[gnum] += Decimal("0.01")
    return {gnum: goods[gnum] + shares[gnum] for gnum in goods}
