"""Stock, orders, the year, rushes and money in plain Python: dicts and whole numbers, no SQL, nothing of the services.

`test_model.py` asks it and the real house the same and compares answers and books. Time is in minutes, money in fen;
articles and warehouses have names, orders, accounts and identities numbers. An answer is a tuple that begins with its
code. What it says is docs/algorithms/place.md, claim.md, payment.md, rush.md and promotions.md, without locks: here
everything comes one after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from entrepot.checkout.tests.plain_records import (
    DAY,
    Asked,
    Draft,
    Limit,
    Lines,
    Order,
    Parcel,
    Place,
    Promotion,
    Sale,
    Take,
)

BONDED, OVERSEAS = ("NGB1", "NGB2"), ("MIL1",)
WAREHOUSES = (*BONDED, *OVERSEAS)  # the first that can is taken
GRAMS = 1_000  # each article
YEAR_FEN, SINGLE_FEN = 26_000_00, 5_000_00
TIME_TO_PAY, ASK_FOR, PASS_FOR = 30, 30, 10
ROUNDS = 3
AGAIN = ("moved", "out_of_stock", "promotion_gone", "promotion_used_up")
TAX_PER_MILLE = 91  # 13 % VAT at 70 %, no consumption tax
OVER_LIMIT = {"over_single_limit", "over_annual_limit", "purchase_limit"}
MAY_COME_BEFORE = {
    "declared": ("paid", "held"),
    "held": ("paid", "declared"),
    "released": ("paid", "declared", "held"),
    "shipped": ("released",),
    "delivered": ("released", "shipped"),
    "cancelled": ("paid", "declared", "held"),
}

Answer = tuple[Any, ...]
Counted = tuple[int, int, str, int]  # rule, period, account or identity


class Plain:
    """The whole house. Verbs answer as the services would."""

    def __init__(self, prices: dict[str, int], new_year: int) -> None:
        self.now, self.new_year = 0, new_year
        self.price = dict(prices)
        self.on_hand: Counter[Place] = Counter()
        self.claimed: Counter[Place] = Counter()
        self.used: Counter[tuple[int, int]] = Counter()  # identity, year
        self.committed: Counter[tuple[int, int]] = Counter()
        self.sales: list[Sale] = []
        self.promotions: list[Promotion] = []
        self.known: dict[int, int] | None = None  # what a process knows to be left of promotions' budgets
        self.limits: dict[str, Limit] = {}
        self.tally: Counter[Counted] = Counter()
        self.passes: dict[tuple[int, int], int] = {}  # sale, account: until when
        self.orders: list[Order] = []
        self.keys: dict[tuple[int, str], int] = {}
        self.rules = 0
        self.provider_down = False

    # What is asked for, quoted.

    def year(self) -> int:
        return int(self.now >= self.new_year)

    def free(self, article: str) -> dict[str, int]:
        """Free units by warehouse, in the order of preference."""
        left = {at: self.on_hand[article, at] - self.claimed[article, at] for at in WAREHOUSES}
        return {at: units for at, units in left.items() if units}

    def sale_of(self, article: str) -> Sale | None:
        """The sale whose price is the article's."""
        for sale in self.sales:
            if sale.article == article and not sale.over(self.now) and sale.left and sale.price < self.price[article]:
                return sale
        return None

    def quote(self, n: int, asked: Asked, used: int, planned: Counter[Counted] | None = None) -> Draft | Answer:
        """What the order would be, or why it cannot be ordered as it stands. `planned`: what others of its person will
        have of promotions."""
        wants: dict[str, int] = {}
        for article, units in asked.wishes:
            wants[article] = wants.get(article, 0) + units
        sales = {article: self.sale_of(article) for article in wants}
        found = {article: why for article, units in wants.items() if (why := self._hurdle(article, units))}
        plan, short = split(
            {article: n for article, n in wants.items() if article not in found}, {a: self.free(a) for a in wants}
        )
        obstacles = [*found.values(), *(("out_of_stock", article, left) for article, left in short.items())]
        prices = {a: sale.price if (sale := sales[a]) else self.price[a] for a in wants}
        lines = [(a, 0 if sales[a] else prices[a] * n) for _, units in plan for a, n in units.items()]
        promotion, off, denied = self._promised(asked, lines, planned or Counter())
        parcels, so_far = [], used
        for at, units in plan:
            full = [prices[article] * n for article, n in units.items()]
            less, off = off[: len(full)], off[len(full) :]
            fee = freight(at, sum(units.values()), sum(full))
            value = sum(full) - sum(less) + fee
            taxes = tax([line - share for line, share in zip(full, less, strict=True)], fee)
            parcels.append(Parcel(at, units, value, value + taxes, sum(less)))
            if so_far + value > YEAR_FEN:
                obstacles.append(("over_annual_limit", "", 0))
            elif value > SINGLE_FEN:
                obstacles.append(("over_single_limit", "", 0))
            so_far += value
        if obstacles:
            return refusal(obstacles)
        total = sum(parcel.total for parcel in parcels)
        if asked.seen not in (None, total):
            return ("price_changed", total)
        doors = [sale.name for sale in sales.values() if sale and sale.door]
        if any(self.passes.get((door, asked.account), 0) <= self.now for door in doors):
            return ("not_admitted",)
        takes = [self._take(article, units, sales[article]) for article, units in wants.items()]
        return Draft(n, asked, used, parcels, [take for take in takes if take.sale or take.limit], promotion, denied)

    def _promised(
        self, asked: Asked, lines: Lines, planned: Counter[Counted]
    ) -> tuple[Promotion | None, list[int], bool]:
        """The promotion that takes off most, as far as is known of its budget and the person may have it, each line's
        share of it, and whether one that takes off more is used up."""
        if self.known is None:
            self.known = {one.name: one.left for one in self.promotions}
        best, most, denied = None, 0, 0
        for one in self.promotions:
            worth = 0 if one.over(self.now) else one.worth(lines, self.known[one.name])
            if one.most and any(self.tally[key] + planned[key] >= one.most for key in counted(one, asked)):
                denied = max(denied, worth)
            elif worth > most:
                best, most = one, worth
        return best, shared(most, best.counted(lines)) if best else [0] * len(lines), denied > most

    def _hurdle(self, article: str, units: int) -> Answer | None:
        sale, limit = self.sale_of(article), self.limits.get(article)
        most = min([*([sale.limit] if sale else []), *([limit.quantity] if limit else [])], default=units)
        if units > most:
            return ("purchase_limit", article, most)
        return ("sold_out_at_price", article, sale.left) if sale and units > sale.left else None

    def _take(self, article: str, units: int, sale: Sale | None) -> Take:
        limit = self.limits.get(article)
        return Take(article, units, sale, limit, (self.now - limit.since) // DAY if limit else 0)

    # Placing.

    def place(self, batch: Sequence[Asked]) -> list[Answer]:
        """What becomes of each: first come, first served; the same key once."""
        self.known = None
        return self._placed(batch)

    def _placed(self, batch: Sequence[Asked]) -> list[Answer]:
        answers: dict[int, Answer] = {}
        first: dict[tuple[int, str], int] = {}
        for n, asked in enumerate(batch):
            first.setdefault((asked.account, asked.key), n)
        turn, agreed = list(first.values()), dict[int, Draft]()
        for _ in range(ROUNDS):  # who found the goods or the year moved is quoted again
            drafts = self._quoted(turn, batch, answers)
            agreed |= {draft.n: draft for draft in drafts}
            answers |= (written := self._write(drafts))
            turn = [n for n in turn if n in written and written[n][0] in AGAIN]
        for n in turn:
            if answers[n][0] == "moved":
                answers |= self._write(self._quoted([n], batch, answers))
        if any(
            answers[n][0] not in ("placed", "rush", "taken") for n in agreed
        ):  # who is refused takes nothing from those behind
            again = self._write([draft for n, draft in agreed.items() if answers[n][0] == "rush"])
            answers |= {n: answer for n, answer in again.items() if answer[0] == "placed"}
        for n in first.values():
            answers[n] = self._replayed(batch[n]) or answers[n]
        rest = []
        for n, asked in enumerate(batch):
            if n in answers:
                continue
            before = first[asked.account, asked.key]
            told = self._replayed(asked) or (answers[before] if same(asked, batch[before]) else None)
            if told is None:
                rest.append(n)
            else:
                answers[n] = told
        answers |= dict(zip(rest, self._placed([batch[n] for n in rest]), strict=True)) if rest else {}
        return [answers[n] for n in range(len(batch))]

    def _replayed(self, asked: Asked) -> Answer | None:
        """A key that has placed an order is answered with it, whatever has happened since."""
        order = self.keys.get((asked.account, asked.key))
        if order is None:
            return None
        return ("placed", order) if same(asked, self.orders[order].asked) else ("idempotency_key_reused",)

    def _quoted(self, turn: Sequence[int], batch: Sequence[Asked], answers: dict[int, Answer]) -> list[Draft]:
        """Each knows what of its identity's year and promotions those before it will use; of the goods all see the
        same."""
        drafts, used, planned = [], {}, Counter[Counted]()
        for n in turn:
            person = batch[n].identity, self.year()
            found = self.quote(n, batch[n], used.get(person, self.used[person]), planned)
            if isinstance(found, Draft):
                drafts.append(found)
                used[person] = found.used + found.value
                planned.update(key for key in counted(found.promotion, batch[n]) if key[2] == "identity")
            else:
                answers[n] = found
        return drafts

    def _write(self, drafts: Sequence[Draft]) -> dict[int, Answer]:
        """Together or not at all: done again without those that cannot be served, until the others can."""
        answers: dict[int, Answer] = {}
        while True:
            new, moved = self._counted([draft for draft in drafts if draft.n not in answers])
            dropped = self._without_room(new) or self._without_goods(new) or self._without_budget(new)
            if not dropped:
                return answers | moved | {draft.n: ("placed", self._stand(draft)) for draft in new}
            answers |= dropped

    def _counted(self, rest: Sequence[Draft]) -> tuple[list[Draft], dict[int, Answer]]:
        new, moved, used = [], {}, Counter(self.used)
        for draft in rest:
            person = draft.asked.identity, self.year()
            if (draft.asked.account, draft.asked.key) in self.keys:
                moved[draft.n] = ("taken",)
            elif used[person] != draft.used:
                moved[draft.n] = ("moved",)
            else:
                used[person] += draft.value
                new.append(draft)
        return new, moved

    def _without_room(self, drafts: Sequence[Draft]) -> dict[int, Answer]:
        refused, tally, taken = {}, Counter(self.tally), Counter[int]()
        for draft in drafts:
            why: set[Answer] = set()
            for take in draft.takes:
                left = take.sale.left - taken[take.sale.name] if take.sale else take.units
                why |= {refusal([("sold_out_at_price", take.article, left)])} if take.units > left else set()
                why |= {
                    refusal([("purchase_limit", take.article, (most, tally[rule, period, *who]))])
                    for rule, period, most in take.counters()
                    for who in people(draft.asked)
                    if tally[rule, period, *who] + take.units > most
                }
            if why:
                refused[draft.n] = ("rush", frozenset(why))
                continue
            for take in draft.takes:
                taken[take.sale.name if take.sale else 0] += take.units
                tally.update(self._counts(draft.asked, take))
        return refused

    def _without_goods(self, drafts: Sequence[Draft]) -> dict[int, Answer]:
        """Who has no hope; of the others some may have to be asked again."""
        short, all_before, served_before = {}, Counter[Place](), Counter[Place]()
        for draft in drafts:
            needs = sum((parcel.places() for parcel in draft.parcels), Counter[Place]())
            all_before += needs
            if self._has(needs, all_before):
                served_before += needs
            elif not self._has(needs, needs + served_before):
                short[draft.n] = ("out_of_stock", frozenset[Answer]())
        return short

    def _without_budget(self, drafts: Sequence[Draft]) -> dict[int, Answer]:
        """Who gets nothing of a promotion: its budget is spent (from then on it is known how much is left), or its
        person has had it."""
        gone, all_before, served_before = {}, Counter[Any](), Counter[Any]()
        for draft in drafts:
            if draft.promotion is None:
                continue
            name, left = draft.promotion.name, 0 if draft.promotion.over(self.now) else draft.promotion.left
            wants = Counter[Any]({name: draft.off, **dict.fromkeys(counted(draft.promotion, draft.asked), 1)})
            room = {key: (draft.promotion.most or 0) - self.tally[key] for key in wants if key != name} | {name: left}
            all_before += wants
            short = {key for key in wants if served_before[key] + wants[key] > room[key]}
            if all(all_before[key] <= room[key] for key in wants):
                served_before += wants
            elif short:
                gone[draft.n] = ("promotion_gone",) if name in short else ("promotion_used_up",)
                self.known = None if name in short else self.known
        return gone

    def _has(self, where: Iterable[Place], units: Counter[Place]) -> bool:
        return all(self.claimed[place] + units[place] <= self.on_hand[place] for place in where)

    def _stand(self, draft: Draft) -> int:
        n = len(self.orders)
        order = Order(draft.asked, self.year(), draft.parcels, draft.takes, self.now + TIME_TO_PAY, draft.promotion)
        order.denied = draft.denied
        self._grant(order, draft.off)
        self.orders.append(order)
        self.keys[draft.asked.account, draft.asked.key] = n
        for take in order.takes:
            if take.sale:
                take.sale.taken += take.units
            self.tally.update(self._counts(order.asked, take))
        self._hold(order)
        return n

    def _grant(self, order: Order, amount: int) -> None:
        """So much more of the promotion, or less; an order that has any of it counts for its person."""
        if order.promotion:
            had, order.granted = order.granted, order.granted + amount
            order.promotion.given += amount
            for key in counted(order.promotion, order.asked):
                self.tally[key] += (order.granted > 0) - (had > 0)

    def _may_have_again(self, order: Order) -> bool:
        """All that it once had of its promotion."""
        of = order.promotion
        if of is None:
            return True
        free = order.granted > 0 or all(self.tally[key] < (of.most or 0) for key in counted(of, order.asked))
        return free and order.off - order.granted <= of.left

    def _hold(self, order: Order) -> None:
        self.used[order.asked.identity, order.year] += sum(parcel.value for parcel in order.parcels)
        for parcel in order.parcels:
            self.claimed.update(parcel.places())

    def _counts(self, asked: Asked, take: Take) -> dict[Counted, int]:
        return {(rule, period, *who): take.units for rule, period, _ in take.counters() for who in people(asked)}

    def _give_back(self, order: Order, parcel: Parcel) -> None:
        """What it took of a rush for the goods of a parcel."""
        for take in [take for take in order.takes if take.held and take.article in parcel.units]:
            units = parcel.units[take.article]
            if take.sale:
                take.sale.taken -= units
            self.tally.subtract(self._counts(order.asked, replace(take, units=units)))
            take.held = take.units > units
            take.units -= units if take.held else 0

    def _takes_again(self, order: Order) -> list[Take] | None:
        """What it takes under limits once more; None where it may not, or had taken of a sale."""
        gone, units = [take for take in order.takes if not take.held], Counter[str]()
        for parcel in order.parcels:
            units.update(parcel.units)
        again = [one for one in (self._take(take.article, units[take.article], None) for take in gone) if one.limit]
        over = any(
            self.tally[rule, period, *who] + take.units > most
            for take in again
            for rule, period, most in take.counters()
            for who in people(order.asked)
        )
        return None if over or any(take.sale for take in gone) else again

    def _free(self, order: Order, parcel: Parcel) -> None:
        """Goods, year and rush of a parcel that will not leave."""
        parcel.state = "cancelled"
        self.used[self._counts_in(order, parcel)] -= parcel.value
        self.claimed.subtract(parcel.places())
        self._give_back(order, parcel)

    def _counts_in(self, order: Order, parcel: Parcel) -> tuple[int, int]:
        return order.asked.identity, order.year if parcel.year is None else parcel.year

    # Money.

    def open(self, order: Order, *, paid_at_once: bool) -> str:
        """The buyer goes to pay; the provider's notice may be there before its answer."""
        if order.ours == "captured":
            return "already_paid"
        if order.ours == "failed" or order.pay_until <= self.now:
            return "payment_closed"
        order.begun = True
        if self.provider_down:
            return "provider_silent"
        if order.theirs == "closed":
            order.ours = "failed"
            return "payment_closed"
        order.theirs = order.theirs or "open"
        if paid_at_once and order.theirs == "open":
            order.theirs = "captured"
            self.notice(order)
        if order.ours == "pending":
            order.ours = "open"
        return "cashier"

    def notice(self, order: Order, *, waits: bool = False) -> bool:
        """The provider says how it stands. True if this took the payment; it settles too, unless that waits."""
        if order.theirs == "captured" and order.ours != "captured":
            order.ours, order.waits = "captured", waits
            if not waits:
                self.settle(order)
            return True
        if order.theirs == "closed" and order.ours in ("pending", "open"):
            order.ours = "failed"
        if order.theirs == "open" and order.ours == "pending":
            order.ours = "open"
        return False

    def ask(self, order: Order, *, waits: bool = False) -> str:
        """Ask the provider, where it is not settled here."""
        if order.ours not in ("pending", "open"):
            return order.ours
        if self.provider_down:
            return "provider_silent"
        if not order.theirs and order.ours == "pending" and self.now > order.pay_until:
            order.ours = "failed"
        self.notice(order, waits=waits)
        return order.ours

    def settle(self, order: Order) -> bool:
        """The order is paid; a late payment brings it back, or goes back itself."""
        if order.state == "placed":
            self._paid(order)
            return True
        if order.paid:
            return False
        wanted, takes = not order.by_buyer and not order.refused, self._takes_again(order)
        needs = sum((parcel.places() for parcel in order.parcels), Counter[Place]())
        year = self.used[order.asked.identity, order.year] + sum(parcel.value for parcel in order.parcels)
        goods = self._has(needs, needs) and self._may_have_again(order)
        if wanted and takes is not None and year <= YEAR_FEN and goods:
            order.again, order.takes = True, [take for take in order.takes if take.held] + takes
            for take in takes:
                self.tally.update(self._counts(order.asked, take))
            self._grant(order, order.off - order.granted)
            self._hold(order)
            self._paid(order)
            return True
        order.refused = True
        order.refunds.setdefault("late", [order.total, "ordered"])
        return False

    def _paid(self, order: Order) -> None:
        order.state, order.paid = "paid", True
        for parcel in order.parcels:
            parcel.state = "paid"

    def pay_back(self, *, answered: bool) -> None:
        """The worker's refunds, and those that were not answered once more."""
        for order in self.orders:
            for refund in order.refunds.values():
                if refund[1] != "done":
                    refund[1] = "done" if answered else "pending"

    # How an order goes on.

    def cancel(self, order: Order, *, by_buyer: bool) -> bool:
        if order.state != "placed":
            return False
        order.state, order.by_buyer = "cancelled", by_buyer
        if by_buyer and order.ours == "pending":
            order.pay_until = self.now  # whoever has not been to the cashier is not let in
        for parcel in order.parcels:
            self._free(order, parcel)
        self._grant(order, -order.granted)
        return True

    def sweep(self) -> list[int]:
        """Whose time to pay is over, each once."""
        due = [n for n, one in enumerate(self.orders) if one.state == "placed" and not one.overdue]
        due = [n for n in due if self.orders[n].pay_until < self.now]
        for n in due:
            self.orders[n].overdue = True
        return due

    def expire(self, order: Order) -> bool | str:
        if order.state != "placed" or self.now <= order.pay_until:
            return False
        if order.ours == "pending" and not order.begun:
            order.ours = "failed"
        if self.ask(order) == "provider_silent" and self.now <= order.pay_until + ASK_FOR:
            return "provider_silent"
        if order.ours == "captured":
            self.settle(order)  # it need not wait for its event
        return self.cancel(order, by_buyer=False)

    def move(self, order: Order, parcel: Parcel, state: str, *, of_last_year: bool) -> bool:
        """News of customs and carrier, and the clerk who calls a parcel off. What comes before customs counts in the
        year in which it does."""
        if of_last_year and state in ("declared", "released") and parcel.state in ("paid", "declared", "held"):
            self.used[self._counts_in(order, parcel)] -= parcel.value
            parcel.year = self.year()
            self.used[self._counts_in(order, parcel)] += parcel.value
        if parcel.state not in MAY_COME_BEFORE[state]:
            return False
        parcel.state = state
        if state == "released":
            self.committed[self._counts_in(order, parcel)] += parcel.value
            self.claimed.subtract(parcel.places())
            self.on_hand.subtract(parcel.places())
        if state == "cancelled":
            self._free(order, parcel)
            self._grant(order, -parcel.off)
            order.refunds[f"off {order.parcels.index(parcel)}"] = [parcel.total, "ordered"]
        if all(one.state in ("delivered", "cancelled") for one in order.parcels):
            order.state = "delivered" if any(one.state == "delivered" for one in order.parcels) else "cancelled"
        return True

    # Prices, sales, limits.

    def plan_sale(self, article: str, price: int, units: int, limit: int, door: bool) -> str:
        if any(sale.article == article and not sale.over(self.now) for sale in self.sales):
            return "article_in_other_sale"
        if price >= self.price[article]:
            return "not_cheaper"
        self.rules += 1
        self.sales.append(Sale(self.rules, article, price, units, limit, door, self.now))
        return "planned"

    def plan_promotion(
        self, sums: tuple[int, int], times: int, articles: frozenset[str], budget: int, most: int | None
    ) -> Promotion:
        self.rules += 1
        self.promotions.append(Promotion(self.rules, *sums, times, articles, budget, self.now, most))
        return self.promotions[-1]

    def set_limit(self, article: str, quantity: int) -> int:
        self.rules += 1
        self.limits[article] = Limit(self.rules, quantity, self.now)
        return self.rules


def same(one: Asked, other: Asked) -> bool:
    """Whether they ask for the same: the order of the wishes and the total shown belong to it."""
    return one == other


def people(asked: Asked) -> tuple[tuple[str, int], ...]:
    return ("account", asked.account), ("identity", asked.identity)


def counted(promotion: Promotion | None, asked: Asked) -> list[Counted]:
    """As whom an order counts for a promotion; where that has no limit for one person, as nobody."""
    return [(promotion.name, 0, *who) for who in people(asked)] if promotion and promotion.most else []


def refusal(obstacles: Sequence[Answer]) -> Answer:
    codes = {code for code, *_ in obstacles}
    named = (one for one in ("sold_out_at_price", "out_of_stock") if one in codes)
    return ("over_limit" if codes & OVER_LIMIT else next(named), frozenset(obstacles))


def freight(at: str, units: int, goods: int) -> int:
    """As data/freight.csv says."""
    if at in BONDED:
        return 0 if goods >= 199_00 else 10_00 + 4_00 * (units - 1)
    return 0 if goods >= 599_00 else 39_00 + 16_00 * (2 * units - 1)


def tax(lines: Sequence[int], fee: int) -> int:
    """Each line's, rounded half up; freight is shared by what the lines are worth, the largest remainder first."""
    values = [line + share for line, share in zip(lines, shared(fee, lines), strict=True)]
    return sum((value * TAX_PER_MILLE + 500) // 1_000 for value in values)


def shared(amount: int, weights: Sequence[int]) -> list[int]:
    """Shares of an amount: what is left over goes to the largest remainders first, of equal ones to the first."""
    whole = sum(weights)
    shares = [amount * weight // whole for weight in weights]
    for n in sorted(range(len(weights)), key=lambda n: -(amount * weights[n] % whole))[: amount - sum(shares)]:
        shares[n] += 1
    return shares


def split(
    wants: dict[str, int], free: dict[str, dict[str, int]]
) -> tuple[list[tuple[str, dict[str, int]]], dict[str, int]]:
    """Which warehouse sends what, and the articles of which there is not enough with what there is."""
    there = {article: sum(free[article].values()) for article in wants}
    short = {article: there[article] for article, n in wants.items() if there[article] < n}
    rest = {article: n for article, n in wants.items() if article not in short}
    sent: dict[str, dict[str, int]] = {at: {} for at in WAREHOUSES}

    def serves(at: str, article: str) -> bool:
        return free[article].get(at, 0) >= rest[article]

    alone = [at for at in WAREHOUSES if rest and all(serves(at, article) for article in rest)]
    if alone:
        sent[alone[0]], rest = dict(rest), {}
    for kind in (BONDED, OVERSEAS):
        whole = [article for article in rest if any(serves(at, article) for at in kind)]
        choices = [some for size in range(len(kind) + 1) for some in combinations(kind, size)]
        fewest = next(some for some in choices if all(any(serves(at, article) for at in some) for article in whole))
        for article in whole:
            at = next(at for at in fewest if serves(at, article))
            sent[at][article] = rest[article]
        rest = {article: n for article, n in rest.items() if article not in whole}
    for article, n in rest.items():
        for at in sorted(free[article], key=lambda at: (not sent[at], -free[article][at], WAREHOUSES.index(at))):
            if part := min(n, free[article][at]):
                sent[at][article] = part
                n -= part
    return [(at, units) for at, units in sent.items() if units], short
