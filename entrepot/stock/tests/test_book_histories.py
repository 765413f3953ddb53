"""Random lives of a book beside a model in plain Python: in whatever order and however often things happen, what went
in less what went out is the balance, and the balance and what is in motion are what stands in the warehouse."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.kit.ids import new_id
from entrepot.stock import selectors, services
from entrepot.stock.models import Movement
from entrepot.stock.tests.makers import NOW, book, brought_in, claimed, declared_line, item, warehouse
from entrepot.stock.types import CustomsState, LevelUnits, PutBack
from entrepot.stock.types.bonded import Booking, BookLine, DisposalKind

pytestmark = pytest.mark.django_db
BOOK = "T3105W000123"
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "bring",
                "begin",
                "part",
                "finish",
                "order",
                "release",
                "ship",
                "accept",
                "arrive",
                "spoil",
                "dispose",
                "settle",
            ]
        ),
        st.integers(0, 5),
        st.integers(1, 6),
    ),
    max_size=30,
)


class Life:
    """One article's history, and what a person with a pencil would have written."""

    def __init__(self) -> None:
        self.sku, self.place = new_id(), warehouse()
        book()
        item(self.sku)
        self.orders: list[tuple[object, object, int]] = []
        self.shipped: set[int] = set()
        self.inbounds: list[object] = []
        self.parts: dict[int, list[int]] = {}  # declared and put away so far, of those that come in parts
        self.listed: dict[int, int] = {}
        self.accepted: dict[int, int] = {}
        self.declared, self.disposed, self.corrected = 0, 0, 0
        self.diffs: dict[int, int] = {}

    def bring(self, which: int, units: int) -> None:
        found = units if which < 4 else units - 1
        lot = f"L{len(self.inbounds)}"
        self.inbounds.append(brought_in(self.place, [declared_line(self.sku, units, lot=lot)], found=found))
        self.declared += units
        if found != units:
            self.diffs[len(self.inbounds) - 1] = found - units

    def begin(self, _which: int, units: int) -> None:
        """Declared and there, and nothing counted yet."""
        lines = [declared_line(self.sku, 2 * units, lot=f"L{len(self.inbounds)}")]
        made = services.draft_inbound(book=BOOK, warehouse_id=self.place, lines=lines, now=NOW)
        number = f"3105{new_id().int % 10**14:014}"
        services.declare_inbound(inbound_id=made, number=number, on=NOW.date(), actor="t", now=NOW)
        services.arrive_inbound(inbound_id=made, on=NOW.date(), actor="t", now=NOW)
        self.parts[len(self.inbounds)] = [2 * units, 0]
        self.inbounds.append(made)
        self.declared += 2 * units

    def part(self, which: int, units: int) -> None:
        if which in self.parts:
            told = {"inbound_id": self.inbounds[which], "counted": {(self.sku, f"L{which}"): units}}
            for _ in range(2):
                services.put_away_part(**told, reference=f"GR{self.parts[which][1]}", actor="t", now=NOW)  # type: ignore[arg-type]
            self.parts[which][1] += units

    def finish(self, which: int, units: int) -> None:
        if which in self.parts:
            declared, before = self.parts.pop(which)
            counted = {(self.sku, f"L{which}"): services.Count(units % 3, "counted twice")}
            services.put_away(inbound_id=self.inbounds[which], counted=counted, actor="t", now=NOW)  # type: ignore[arg-type]
            if before + units % 3 != declared:
                self.diffs[which] = before + units % 3 - declared

    def settle(self, which: int, _units: int) -> None:
        if which in self.diffs and self.balance() + self.waiting() + self.diffs[which] >= 0 == self.waiting():
            services.settle_inbound(inbound_id=self.inbounds[which], document="P1", actor="t", now=NOW)  # type: ignore[arg-type]
            self.corrected += self.diffs.pop(which)

    def order(self, _which: int, units: int) -> None:
        if sum(one.quantity for one in selectors.available(sku_ids=[self.sku]).get(self.sku, [])) >= units:
            self.orders.append((*claimed(self.sku, self.place, units), units))

    def _list(self, which: int, units: int) -> Booking:
        order = self.orders[which][0]
        return Booking(BOOK, f"list-{order}", str(order), (BookLine(self.sku, "1", units),))

    def release(self, which: int, _units: int) -> None:
        if which < len(self.orders):
            services.write_off(lists=[self._list(which, self.orders[which][2])] * 2, now=NOW)
            self.listed[which] = self.orders[which][2]

    def ship(self, which: int, _units: int) -> None:
        if which < len(self.orders):
            order, line, _ = self.orders[which]
            services.ship(reference=order, line_ids=[line], sku_ids=[self.sku], now=NOW)  # type: ignore[arg-type, list-item]
            self.shipped.add(which)

    def accept(self, which: int, _units: int) -> None:
        if which in self.listed:
            order = self.orders[which][0]
            back = Booking(BOOK, f"R{order}", f"R{order}", (BookLine(self.sku, "1", 1),))
            services.add_back(returns=[back], now=NOW)
            self.accepted[which] = 1

    def arrive(self, which: int, units: int) -> None:
        if which in self.shipped:
            order, line, _ = self.orders[which]
            lines = [PutBack(line, self.sku, units % 2, 1 - units % 2)]  # type: ignore[arg-type]
            services.put_back(reference=order, lines=lines, returned=f"R{order}", now=NOW)  # type: ignore[arg-type]

    def spoil(self, which: int, units: int) -> None:
        levels = [one for one in selectors.levels(sku_ids=[self.sku]) if one.customs_state is CustomsState.BONDED]
        fit = [one for one in levels if one.free >= units]
        if fit:
            level = fit[which % len(fit)]
            services.set_aside(level_id=level.id, sku_id=self.sku, quantity=units, reference=str(new_id()), now=NOW)

    def dispose(self, which: int, units: int) -> None:
        fit = [one for one in selectors.disposable(on=NOW.date()) if one.free >= units]
        if not fit:
            return
        doomed = [LevelUnits(self.sku, fit[which % len(fit)].id, units)]
        plan = services.plan_disposal(
            warehouse_id=self.place, kind=DisposalKind.DESTROY, lines=doomed, reason="spoiled", actor="t", now=NOW
        )
        try:
            with transaction.atomic():
                by = services.Supervised("D1", "O1", NOW.date())
                services.carry_out(disposal_id=plan, by=by, actor="t", now=NOW)
            self.disposed += units
        except services.BookShort:
            services.cancel_disposal(disposal_id=plan, actor="t", now=NOW)

    def total(self) -> int:
        """The balance, if everything that waits were posted."""
        out = sum(self.listed.values()) + self.disposed
        return self.declared - out + sum(self.accepted.values()) + self.corrected

    def _state(self) -> tuple[int, int]:
        (found,) = selectors.book_states(book=BOOK)
        return found.balance, found.waiting

    def balance(self) -> int:
        return self._state()[0]

    def waiting(self) -> int:
        return self._state()[1]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_in_less_out_is_the_balance_and_the_balance_is_what_stands(steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        life = Life()
        for name, which, units in steps:
            getattr(life, name)(which, units)
            (found,) = selectors.book_states(book=BOOK)
            assert found.balance + found.waiting == life.total(), (name, which, units)
            assert found.wrong == 0, (name, which, units)
            assert found.balance >= 0
        for which in list(life.parts):
            life.finish(which, 1)
        for which in range(len(life.orders)):  # everything comes to its end
            for end in (life.release, life.ship):
                end(which, 1)
            if which in life.accepted:
                life.arrive(which, 1)
            elif (which in life.shipped) and _came(life, which):
                life.accept(which, 1)
        for which in list(life.diffs):
            life.settle(which, 1)
        services.post_waiting(book=BOOK)
        (after,) = selectors.book_states(book=BOOK)
        assert (after.leaving, after.returning, after.coming, after.wrong) == (0, 0, 0, 0)
        assert after.balance + after.waiting == after.in_stock - after.miscounted == life.total()
        assert selectors.discrepancies() == []
        transaction.set_rollback(True)


def _came(life: Life, which: int) -> bool:
    return Movement.objects.filter(kind="return", reference=f"R{life.orders[which][0]}").exists()
