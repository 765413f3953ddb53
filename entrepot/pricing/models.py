"""Price lists, effective-dated prices, flash sales with their own stock, purchase limits, promotions with a budget, and
what was taken of each.

What has been in force is never changed: a new price cuts the future. Tables of goods are keyed by article (`sku_id`).
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.pricing.rules import AMOUNT_MAX_MINOR
from entrepot.pricing.types import TakeState


class PriceList(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["storefront", "currency"], name="price_list_once"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="price_list_currency"),
        ]

    def __str__(self) -> str:
        return self.currency


class Price(models.Model):
    """`amount_minor` before tax in [valid_from, valid_to). Periods of one SKU in one list never overlap.

    They are cut under a lock on the list; the guards that need no lock stand here: one beginning a time, one open end.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    price_list = models.ForeignKey("pricing.PriceList", on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_minor = models.BigIntegerField()
    was_minor = models.BigIntegerField(null=True, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    set_by = models.CharField(max_length=60)
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "price_list", "valid_from"], name="price_one_beginning"),
            models.UniqueConstraint(
                fields=["sku_id", "price_list"], condition=Q(valid_to__isnull=True), name="price_one_open_end"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(amount_minor__lte=AMOUNT_MAX_MINOR), name="price_amount"
            ),
            models.CheckConstraint(
                condition=Q(was_minor__isnull=True)
                | Q(was_minor__gt=F("amount_minor")) & Q(was_minor__lte=AMOUNT_MAX_MINOR),
                name="price_was_more",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="price_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor}"


class FlashSale(models.Model):
    """Goods at a price of their own in [starts_at, ends_at), through a door that lets `admit_per_s` people in a second.

    `next_number`: the next number of its door's line, handed out in blocks; `early` numbers were taken before the start
    and are drawn by `seed`, which nobody knows before it. Small and read-mostly.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    price_list = models.ForeignKey("pricing.PriceList", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=60, unique=True)
    titles = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    admit_per_s = models.PositiveIntegerField(null=True, blank=True, help_text="empty: the door is open")
    next_number = models.BigIntegerField(default=0)
    early = models.BigIntegerField(null=True, blank=True)
    seed = models.BinaryField(null=True)
    planned_by = models.CharField(max_length=60)
    planned_at = models.DateTimeField()
    called_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["ends_at"], name="flash_sale_by_end")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="flash_sale_window"),
            models.CheckConstraint(
                condition=Q(admit_per_s__isnull=True) | Q(admit_per_s__gt=0), name="flash_sale_admits"
            ),
            models.CheckConstraint(
                condition=Q(early__isnull=True, seed__isnull=True)
                | Q(early__isnull=False, seed__isnull=False, early__lte=F("next_number")),
                name="flash_sale_draw",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class FlashSaleItem(models.Model):
    """At most `units` of an article are sold at this price, at most `limit_per_person` to an account or identity."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    sale = models.ForeignKey("pricing.FlashSale", on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()
    price_minor = models.BigIntegerField()
    was_minor = models.BigIntegerField(null=True, blank=True)
    units = models.IntegerField()
    taken = models.IntegerField(default=0)
    limit_per_person = models.IntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "sale"], name="flash_item_once"),
            models.CheckConstraint(
                condition=Q(taken__gte=0) & Q(taken__lte=F("units")), name="flash_item_never_oversold"
            ),
            models.CheckConstraint(
                condition=Q(price_minor__gt=0) & Q(price_minor__lte=AMOUNT_MAX_MINOR), name="flash_item_price"
            ),
            models.CheckConstraint(
                condition=Q(was_minor__isnull=True)
                | Q(was_minor__gt=F("price_minor")) & Q(was_minor__lte=AMOUNT_MAX_MINOR),
                name="flash_item_was_more",
            ),
            models.CheckConstraint(condition=Q(limit_per_person__gt=0), name="flash_item_limit"),
        ]

    def __str__(self) -> str:
        return f"{self.taken}/{self.units}"


class PurchaseLimit(models.Model):
    """At most `quantity` of an article to a buyer and to an identity in `days` days, counted from `valid_from` on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    quantity = models.IntegerField()
    days = models.IntegerField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    set_by = models.CharField(max_length=60)
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["sku_id"], condition=Q(valid_to__isnull=True), name="purchase_limit_one_open_end"
            ),
            models.UniqueConstraint(fields=["sku_id", "valid_from"], name="purchase_limit_one_beginning"),
            models.CheckConstraint(condition=Q(quantity__gt=0) & Q(days__gt=0), name="purchase_limit_positive"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="purchase_limit_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} in {self.days} days"


class Tally(models.Model):
    """What one person has taken under one rule (a sale's item, a limit's period, a promotion) of the `most` it allows.

    A person is counted twice: by account (the 16 bytes of its id) and by identity (the 32 bytes of its keyed hash).
    Of a promotion orders are counted, of the others units. A promotion is for many articles: its own id stands in
    `sku_id` too, and keeps its tallies together.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    rule_id = models.UUIDField(help_text="the sale's item, the limit or the promotion")
    period = models.IntegerField()
    person = models.BinaryField()
    quantity = models.IntegerField()
    most = models.IntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "rule_id", "period", "person"], name="tally_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0) & Q(quantity__lte=F("most")), name="tally_never_over_the_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity}/{self.most}"


class Take(models.Model):
    """Units an order took at a sale's price or under a limit: a repetition finds them, a giving back names them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    order_id = models.UUIDField()
    buyer_id = models.UUIDField()
    identity = models.BinaryField()
    quantity = models.IntegerField()
    item = models.ForeignKey(
        "pricing.FlashSaleItem", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    limit = models.ForeignKey(
        "pricing.PurchaseLimit", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    period = models.IntegerField(help_text="of the limit")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in TakeState], default=TakeState.TAKEN)
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["item", "at"], condition=Q(item__isnull=False), name="take_by_item"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "order_id"], condition=Q(state="taken"), name="take_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="take_quantity"),
            models.CheckConstraint(condition=Q(item__isnull=False) | Q(limit__isnull=False), name="take_under_a_rule"),
            models.CheckConstraint(
                condition=Q(state=TakeState.TAKEN, closed_at__isnull=True)
                | Q(state=TakeState.GIVEN_BACK, closed_at__isnull=False),
                name="take_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.state}"


class Promotion(models.Model):
    """`off_minor` less for each `threshold_minor` of goods in one order, at most `times_max` times, in [starts_at,
    ends_at), until the orders that stand have had `budget_minor` of it; at most `per_person` of them are of one person.
    `sku_ids`: the articles that count, empty for all of the list's storefront. Small and read-mostly but for
    `given_minor`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    price_list = models.ForeignKey("pricing.PriceList", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=60, unique=True)
    titles = models.JSONField()
    threshold_minor = models.BigIntegerField()
    off_minor = models.BigIntegerField()
    times_max = models.PositiveIntegerField()
    sku_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    budget_minor = models.BigIntegerField()
    given_minor = models.BigIntegerField(default=0)
    per_person = models.PositiveIntegerField(null=True, blank=True, help_text="orders; empty: any number")
    planned_by = models.CharField(max_length=60)
    planned_at = models.DateTimeField()
    called_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["ends_at"], name="promotion_by_end")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="promotion_window"),
            models.CheckConstraint(
                condition=Q(off_minor__gt=0)
                & Q(threshold_minor__gt=F("off_minor"))
                & Q(threshold_minor__lte=AMOUNT_MAX_MINOR)
                & Q(times_max__gt=0),
                name="promotion_leaves_a_price",
            ),
            models.CheckConstraint(
                condition=Q(given_minor__gte=0) & Q(given_minor__lte=F("budget_minor")),
                name="promotion_never_over_budget",
            ),
            models.CheckConstraint(
                condition=Q(per_person__isnull=True) | Q(per_person__gt=0), name="promotion_per_person"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Grant(models.Model):
    """What a promotion takes off one order: `amount_minor` of the `promised_minor` still stands. It falls as parcels
    are given up, and all of it comes back to the budget where the order is not paid. While any of it stands the order
    counts for its account and for the `identity` it is declared under."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    promotion = models.ForeignKey("pricing.Promotion", on_delete=models.PROTECT, related_name="+", db_index=False)
    order_id = models.UUIDField()
    buyer_id = models.UUIDField()
    identity = models.BinaryField(db_default=b"")
    promised_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order_id", "promotion", "buyer_id"], name="grant_once"),
            models.CheckConstraint(
                condition=Q(promised_minor__gt=0) & Q(amount_minor__gte=0) & Q(amount_minor__lte=F("promised_minor")),
                name="grant_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor}/{self.promised_minor}"
