"""Random lives of a parcel's returns beside a model in plain Python: what was taken, what went back, was restored."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from random import Random
from uuid import UUID

import pytest

from entrepot.kit import sql
from entrepot.orders import selectors as orders
from entrepot.payments import selectors as payments
from entrepot.returns import selectors, services
from entrepot.returns.tests.makers import NOW, Bought, applied, arrive, bought, read
from entrepot.returns.types import OUR_FAULT, CustomsAnswer, Decision, NoReturn, Reason, Return, ReturnState
from entrepot.stock import selectors as stock
from tests.examples import many

pytestmark = pytest.mark.django_db
STEPS = 40


class Life:
    """One parcel. `taken` and what went back by line; `taxed` are the returns whose tax went back."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        draw = self.chance.randint
        units = [draw(1, 7) for _ in range(draw(1, 3))]
        self.of: Bought = bought(
            *units, discount_minor=draw(0, 999), freight_minor=draw(0, 999), vat_minor=draw(0, 9_999)
        )
        self.taken: Counter[UUID] = Counter()
        self.priced: Counter[UUID] = Counter()
        self.freighted: Counter[UUID] = Counter()
        self.taxed_units: Counter[UUID] = Counter()
        self.taxed: set[UUID] = set()

    def found(self, *states: ReturnState) -> list[Return]:
        all_of_them = selectors.of_order(order_id=self.of.order.id, buyer_id=self.of.order.buyer_id)
        return [one for one in all_of_them if one.state in states]

    def step(self) -> None:
        act: Callable[[], None] = self.chance.choice(
            [self.ask, self.ask, self.decide, self.customs_speaks, self.count, self.count, self.settle, self.settle]
        )
        act()

    def ask(self) -> None:
        lines = self.of.parcel.lines
        units = [self.chance.randint(0, line.quantity) for line in lines]
        fits = any(units) and all(
            n <= line.quantity - self.taken[line.id] for n, line in zip(units, lines, strict=True)
        )
        try:
            applied(self.of, *units, reason=self.chance.choice(list(Reason)))
        except (services.MoreThanLeft, services.NothingToReturn):
            assert not fits
            return
        assert fits
        for n, line in zip(units, lines, strict=True):
            self.taken[line.id] += n

    def decide(self) -> None:
        for one in self.found(ReturnState.APPLIED)[:1]:
            said = self.chance.choice(["yes", "yes", "no", "withdrawn"])
            if said == "yes":
                services.approve(who=self.of.clerk(one), now=NOW)
                continue
            if said == "no":
                services.refuse(who=self.of.clerk(one), why=NoReturn.OPENED, note="", now=NOW)
            else:
                services.withdraw(return_id=one.id, buyer_id=one.buyer_id, now=NOW)
            for line in one.lines:
                self.taken[line.line_id] -= line.quantity

    def customs_speaks(self) -> None:
        standing = self.found(ReturnState.APPROVED, ReturnState.ARRIVED, ReturnState.COMPLETED)
        if not standing:
            return
        one = self.chance.choice(standing)
        answer = self.chance.choice([CustomsAnswer.ACCEPTED, CustomsAnswer.ACCEPTED, CustomsAnswer.REFUSED])
        code = str(self.chance.randint(1, 3))
        services.hear_customs(return_id=one.id, buyer_id=one.buyer_id, answer=answer, code=code, now=NOW)
        if answer is CustomsAnswer.ACCEPTED and one.state is ReturnState.COMPLETED:
            self.give_tax(one)

    def count(self) -> None:
        for one in self.found(ReturnState.APPROVED)[:1]:
            counts = []
            for line in one.lines:
                sound = self.chance.randint(0, line.quantity)
                spoiled = self.chance.randint(0, line.quantity - sound)
                counts.append((sound, spoiled))
                self.taken[line.line_id] -= line.quantity - sound - spoiled
            arrive(self.of, one, *counts)

    def settle(self) -> None:
        for one in self.found(ReturnState.ARRIVED)[:1]:
            pay = self.chance.random() < 0.5
            accepted = one.customs is CustomsAnswer.ACCEPTED
            decision = Decision(pay_spoiled=pay, without_tax=True)
            services.complete(who=self.of.clerk(one), decision=decision, now=NOW)
            for line in one.lines:
                n = line.sound + (line.spoiled if pay or one.reason is Reason.RECALLED else 0)
                self.priced[line.line_id] += n
                self.freighted[line.line_id] += n if one.reason in OUR_FAULT else 0
            if accepted:
                self.give_tax(one)

    def give_tax(self, one: Return) -> None:
        if one.id not in self.taxed:
            self.taxed.add(one.id)
            for line in read(one).lines:
                self.taxed_units[line.line_id] += line.sound

    def agree(self) -> None:
        back = restored = 0
        for line in self.of.parcel.lines:
            price = line.goods_minor - line.discount_minor
            parts = ((price, self.priced), (line.freight_minor, self.freighted), (line.tax_minor, self.taxed_units))
            back += sum(half_up(Fraction(whole * units[line.id], line.quantity)) for whole, units in parts)
            value = price + line.freight_minor
            restored += half_up(Fraction(value * self.taxed_units[line.id], line.quantity))
        jobs = sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'payments.give_back'")
        args = [sql.json_value(job["args"]) for job in jobs]
        assert sum(one["amount_minor"] for one in args) == back <= self.of.order.total_minor
        assert len({one["key"] for one in args}) == len(args)
        (order,) = sql.rows("SELECT allowance_minor FROM orders_order WHERE id = %s", (self.of.order.id,))
        assert order["allowance_minor"] == self.of.parcel.allowance_minor - restored
        left = selectors.returnable(order=self.of.order, now=NOW)[self.of.parcel.id].left
        assert left == {line.id: line.quantity - self.taken[line.id] for line in self.of.parcel.lines}


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


@pytest.mark.parametrize("seed", range(many(12)))
def test_returns_go_as_the_model_says(seed: int) -> None:
    life = Life(seed)
    for _ in range(STEPS):
        life.step()
        life.agree()
    for context in (selectors, stock, orders, payments):
        assert context.discrepancies() == []
