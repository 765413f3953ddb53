from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from entrepot.kit.money import Money


class TakeState(StrEnum):
    TAKEN = "taken"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True)
class SalePrice:
    """That a price is a flash sale's: `left` units can still be had at it, at most `limit` by one person.

    `door`: only who has passed the sale's door may order at it.
    """

    item_id: UUID
    sale_id: UUID
    left: int
    limit: int
    door: bool


@dataclass(frozen=True, slots=True)
class BuyingLimit:
    """At most so many units of the article to one person in so many days."""

    quantity: int
    days: int


@dataclass(frozen=True, slots=True)
class Price:
    """The unit price now, tax not included, and the price list it comes from. `was` is the struck-through price.

    While a flash sale has units left, `amount` is the sale's. With `sale` or `limit` an order has to take its units
    (`services.take_many`).
    """

    sku_id: UUID
    list_id: UUID
    amount: Money
    was: Money | None
    sale: SalePrice | None = None
    limit: BuyingLimit | None = None

    @property
    def sale_item_id(self) -> UUID | None:
        return self.sale.item_id if self.sale else None

    @property
    def most(self) -> int | None:
        """Units one person who has bought none yet can order at this price; None where nothing limits them."""
        of_sale = (self.sale.limit, self.sale.left) if self.sale else ()
        return min((*of_sale, *((self.limit.quantity,) if self.limit else ())), default=None)


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one storefront in one currency."""

    id: UUID
    storefront_id: UUID
    currency: str


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """A price to set, in minor units of the list's currency, for the half-open period [valid_from, valid_to).

    `valid_from` None is now; `valid_to` None is until another one is set. Where a period with an end lies inside a
    standing price, the standing one goes on after it.
    """

    sku_id: UUID
    amount_minor: int
    was_minor: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """One price of one SKU over one half-open period. `id` is None while it is not stored."""

    id: UUID | None
    amount_minor: int
    was_minor: int | None
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class SaleItemDraft:
    """An article of a flash sale. Without `was_minor` the ordinary price is the one struck through."""

    sku_id: UUID
    price_minor: int
    units: int
    limit_per_person: int
    was_minor: int | None = None


@dataclass(frozen=True, slots=True)
class SaleDraft:
    """A flash sale to plan, in the half-open window [starts_at, ends_at). `admit_per_s` None: the door is open."""

    list_id: UUID
    code: str
    titles: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    admit_per_s: int | None
    items: tuple[SaleItemDraft, ...]


class SaleState(StrEnum):
    COMING = "coming"
    RUNNING = "running"
    SOLD_OUT = "sold_out"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SaleItem:
    """`was_minor` is None where the ordinary price is the one to strike through."""

    id: UUID
    sku_id: UUID
    price_minor: int
    was_minor: int | None
    units: int
    taken: int
    limit_per_person: int

    @property
    def left(self) -> int:
        return self.units - self.taken


@dataclass(frozen=True, slots=True)
class Sale:
    """A flash sale with its items in their order. `early` and `seed` are drawn when it begins."""

    id: UUID
    list_id: UUID
    storefront_id: UUID
    currency: str
    code: str
    titles: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    admit_per_s: int | None
    early: int | None
    seed: bytes
    called_off_at: datetime | None
    numbers: int
    items: tuple[SaleItem, ...]

    @property
    def over_at(self) -> datetime:
        """When it ended or will: called off, before its time."""
        return min(self.ends_at, self.called_off_at or self.ends_at)

    @property
    def sold_out(self) -> bool:
        return all(item.left == 0 for item in self.items)

    def state(self, now: datetime) -> SaleState:
        if self.called_off_at is not None or now >= self.ends_at:
            return SaleState.OVER
        if now < self.starts_at:
            return SaleState.COMING
        return SaleState.SOLD_OUT if self.sold_out else SaleState.RUNNING


@dataclass(frozen=True, slots=True)
class Take:
    """Units of one article that an order wants, as it was agreed: at the price of the sale's item, or at the ordinary
    one (`item_id` None). `id_hash` is the keyed hash of the identity it is declared under."""

    order_id: UUID
    buyer_id: UUID
    id_hash: bytes
    sku_id: UUID
    item_id: UUID | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """A block of numbers of a door's line, from `first` on; what was drawn at the start, if it has begun."""

    first: int
    early: int | None
    seed: bytes


@dataclass(frozen=True, slots=True)
class Limit:
    """A purchase limit of an article with its period."""

    id: UUID
    sku_id: UUID
    quantity: int
    days: int
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A counter that is not the sum of what was taken."""

    rule: str
    sku_id: UUID
    rule_id: UUID
    expected: int
    found: int


@dataclass(frozen=True, slots=True)
class PromotionDraft:
    """A promotion to plan: `off_minor` less for each `threshold_minor` of goods, at most `times_max` times an order.
    `sku_ids`: the articles that count, none for all of them. `per_person`: so many orders of one person may have it."""

    list_id: UUID
    code: str
    titles: Mapping[str, str]
    threshold_minor: int
    off_minor: int
    times_max: int
    starts_at: datetime
    ends_at: datetime
    budget_minor: int
    sku_ids: tuple[UUID, ...] = ()
    per_person: int | None = None


class PromotionState(StrEnum):
    COMING = "coming"
    RUNNING = "running"
    SPENT = "spent"  # what is left of the budget is less than it takes off
    OVER = "over"


class Promotion(msgspec.Struct, frozen=True):
    """So much off for so much of goods, open to all buyers, while its budget lasts; for at most `per_person` orders of
    one person. Amounts in minor units."""

    id: UUID
    list_id: UUID
    storefront_id: UUID
    currency: str
    code: str
    titles: Mapping[str, str]
    threshold_minor: int
    off_minor: int
    times_max: int
    sku_ids: frozenset[UUID]
    starts_at: datetime
    ends_at: datetime
    budget_minor: int
    given_minor: int
    called_off: bool
    per_person: int | None = None

    @property
    def left_minor(self) -> int:
        return self.budget_minor - self.given_minor

    def state(self, now: datetime) -> PromotionState:
        if self.called_off or now >= self.ends_at:
            return PromotionState.OVER
        if now < self.starts_at:
            return PromotionState.COMING
        return PromotionState.SPENT if self.left_minor < self.off_minor else PromotionState.RUNNING

    def covers(self, sku_id: UUID) -> bool:
        return not self.sku_ids or sku_id in self.sku_ids


@dataclass(frozen=True, slots=True)
class GrantWish:
    """What an order is to have off by a promotion, as it was agreed. `id_hash` is the keyed hash of the identity it is
    declared under."""

    order_id: UUID
    buyer_id: UUID
    id_hash: bytes
    promotion_id: UUID
    amount_minor: int
