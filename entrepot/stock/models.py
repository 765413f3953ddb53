"""Warehouses, lots, levels, the ledger of movements and claims. Keyed by article: every table of goods has `sku_id`."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.stock import lot_models  # noqa: F401 its tables are ours
from entrepot.stock.types import HOUSE, ClaimState, CustomsState, MovementKind, WarehouseKind
from entrepot.stock.types.bonded import DisposalKind, DisposalState, EntryKind, InboundState

QUANTITY_MAX = 1_000_000_000
EITHER_WAY = [MovementKind.ADJUST, MovementKind.ASIDE, MovementKind.SEND, MovementKind.ARRIVE, MovementKind.COUNT]
ONCE = [kind.value for kind in MovementKind if kind not in ("claim", "release", "ship")]  # by their reference


class Warehouse(models.Model):
    """A place that goods are stored in and leave under one import type. Small, read-mostly."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    names = models.JSONField()
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in WarehouseKind])
    country = models.CharField(max_length=2)
    city = models.JSONField()
    trade_mode = models.CharField(max_length=4)
    customs_code = models.CharField(max_length=4, blank=True)
    port_code = models.CharField(max_length=4, blank=True)
    area_code = models.CharField(max_length=18, blank=True)
    area_name = models.CharField(max_length=100, blank=True)
    account_book = models.CharField(max_length=30, blank=True)
    days_min = models.PositiveSmallIntegerField()
    days_max = models.PositiveSmallIntegerField()
    gate_pass_since = models.DateTimeField(null=True, blank=True, help_text="parcels leave on a gate pass only")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in WarehouseKind]), name="warehouse_kind"),
            models.CheckConstraint(condition=Q(days_max__gte=F("days_min")), name="warehouse_days"),
            models.CheckConstraint(
                condition=~Q(kind=WarehouseKind.BONDED) | ~Q(account_book="") & ~Q(area_code=""),
                name="warehouse_bonded_has_book",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Lot(models.Model):
    """One batch of one SKU. Everything about it is fixed; the same batch at another landed cost takes another code."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    code = models.CharField(max_length=60)
    expires_on = models.DateField(null=True, blank=True)
    origin = models.CharField(max_length=2)
    unit_cost = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3)
    item_record = models.CharField(max_length=30, blank=True)
    produced_on = models.DateField(null=True, blank=True)
    declaration_number = models.CharField(max_length=30, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "code"], name="lot_once"),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="lot_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code


class Level(models.Model):
    """Units of one lot, owner and customs state in one warehouse: the checked sum of its movements."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey("stock.Lot", on_delete=models.PROTECT, related_name="+", db_index=False)
    owner_id = models.UUIDField(default=HOUSE)
    customs_state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in CustomsState])
    on_hand = models.IntegerField(default=0)
    claimed = models.IntegerField(default=0)
    stopped = models.BooleanField(default=False, db_default=False, help_text="the lot was called back: nothing leaves")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["lot"], name="level_by_lot")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["sku_id", "warehouse", "lot", "owner_id", "customs_state"], name="level_once"
            ),
            models.CheckConstraint(
                condition=Q(claimed__gte=0) & Q(on_hand__gte=F("claimed")) & Q(on_hand__lte=QUANTITY_MAX),
                name="level_never_oversold",
            ),
            models.CheckConstraint(
                condition=Q(customs_state__in=[s.value for s in CustomsState]), name="level_customs_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand} ({self.claimed})"


class Movement(models.Model):
    """One line of the ledger, never changed or deleted: signed units on hand and claimed, and what caused them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    level = models.ForeignKey(
        "stock.Level", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in MovementKind])
    on_hand = models.IntegerField(help_text="change of units on hand")
    claimed = models.IntegerField(help_text="change of units claimed")
    reference = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["reference"], name="movement_by_reference"),
            # Kind and units too: what came and left of many lots is read from the index alone.
            models.Index(fields=["level", "at"], include=["kind", "on_hand"], name="movement_by_level"),
            # The ledger lies in the order of time: a range of it costs next to nothing to write and little to find.
            BrinIndex(fields=["at"], name="movement_by_time", pages_per_range=32, autosummarize=True),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A receipt sent twice is received once.
            models.UniqueConstraint(
                fields=["sku_id", "level", "reference"],
                condition=Q(kind__in=ONCE),
                name="movement_received_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[MovementKind.RECEIVE, MovementKind.RETURN], on_hand__gt=0, claimed=0)
                | Q(kind=MovementKind.CLAIM, on_hand=0, claimed__gt=0)
                | Q(kind=MovementKind.RELEASE, on_hand=0, claimed__lt=0)
                | Q(kind=MovementKind.SHIP, on_hand__lt=0, claimed=F("on_hand"))
                | Q(kind__in=[MovementKind.DISPOSE, MovementKind.LOST, MovementKind.GONE], on_hand__lt=0, claimed=0)
                | Q(kind__in=EITHER_WAY, claimed=0) & ~Q(on_hand=0),
                name="movement_signs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class Claim(models.Model):
    """Units of one level held for one order line. A line served by several lots has several parts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    level = models.ForeignKey(
        "stock.Level", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    reference = models.UUIDField(help_text="the order")
    line_id = models.UUIDField()
    part = models.PositiveSmallIntegerField()
    buyer_id = models.UUIDField()
    quantity = models.PositiveIntegerField()
    returned = models.PositiveIntegerField(
        default=0, db_default=0, help_text="of what was shipped: back in the warehouse"
    )
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in ClaimState], default=ClaimState.OPEN)
    expires_at = models.DateTimeField()
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["level"], condition=Q(state=ClaimState.OPEN), name="claim_open_by_level"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # The same line is held once: a repeated claim finds it, two at the same moment collide here.
            models.UniqueConstraint(
                fields=["sku_id", "reference", "line_id", "part"],
                condition=~Q(state=ClaimState.RELEASED),
                name="claim_once",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="claim_quantity"),
            models.CheckConstraint(
                condition=Q(returned=0) | Q(state=ClaimState.SHIPPED, returned__lte=F("quantity")),
                name="claim_returned",
            ),
            models.CheckConstraint(
                condition=Q(state=ClaimState.OPEN, closed_at__isnull=True)
                | Q(state__in=[ClaimState.RELEASED, ClaimState.SHIPPED], closed_at__isnull=False),
                name="claim_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.state}"


class AccountBook(models.Model):
    """The customs ledger of a bonded operator (账册). Small, read-mostly; a warehouse names it by its number."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=30, unique=True, help_text="emsNo")
    operator_code = models.CharField(max_length=18)
    operator_name = models.CharField(max_length=100)
    customs_code = models.CharField(max_length=4)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    sampling_days = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.number


class BookItem(models.Model):
    """One article's item record in a book: the checked sum of its posted entries."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    book = models.CharField(max_length=30)
    item_record = models.CharField(max_length=30)
    hs_code = models.CharField(max_length=10)
    unit = models.CharField(max_length=3)
    origin = models.CharField(max_length=2)
    name = models.CharField(max_length=250)
    inbound = models.BigIntegerField(default=0)
    written_off = models.BigIntegerField(default=0)
    added_back = models.BigIntegerField(default=0)
    disposed = models.BigIntegerField(default=0)
    corrected = models.BigIntegerField(default=0)
    balance = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["book", "item_record"], name="book_item_in_book")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "book", "item_record"], name="book_item_once"),
            models.CheckConstraint(
                condition=Q(inbound__gte=0, written_off__gte=0, added_back__gte=0, disposed__gte=0, balance__gte=0)
                & Q(balance=F("inbound") - F("written_off") + F("added_back") - F("disposed") + F("corrected")),
                name="book_item_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_record} {self.balance}"


class BookEntry(models.Model):
    """One line of a book, never deleted, changed only by being `posted`: what customs released counts, also where the
    balance does not cover it yet or the record is not in the book."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    book = models.CharField(max_length=30)
    item_record = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in EntryKind])
    quantity = models.IntegerField()
    reference = models.CharField(max_length=60)
    cause = models.CharField(max_length=60, blank=True, help_text="reference of the movements of the same goods")
    note = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=60)
    posted = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["book", "id"], name="book_entry_in_order"),
            models.Index(fields=["book", "sku_id"], condition=Q(posted=False), name="book_entry_waiting"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["sku_id", "book", "item_record", "kind", "reference"], name="book_entry_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[EntryKind.INBOUND, EntryKind.ADD_BACK], quantity__gt=0)
                | Q(kind__in=[EntryKind.WRITE_OFF, EntryKind.DISPOSE], quantity__lt=0)
                | Q(kind=EntryKind.CORRECT) & ~Q(quantity=0),
                name="book_entry_signs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class BookCheck(models.Model):
    """What a nightly look at a book found."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    book = models.CharField(max_length=30)
    at = models.DateTimeField()
    items = models.PositiveIntegerField()
    moving = models.PositiveIntegerField()
    wrong = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["book", "-at"], name="book_check_latest")]

    def __str__(self) -> str:
        return f"{self.book} {self.at:%Y-%m-%d}"


class Inbound(models.Model):
    """Goods declared at the first line into a book, on their way to the shelves of a warehouse."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    book = models.CharField(max_length=30)
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in InboundState])
    declaration_number = models.CharField(max_length=30, blank=True)
    declared_on = models.DateField(null=True, blank=True)
    arrived_on = models.DateField(null=True, blank=True)
    sampled_until = models.DateField(null=True, blank=True)
    put_away_at = models.DateTimeField(null=True, blank=True)
    settled = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A declaration brings its goods into the book once.
            models.UniqueConstraint(
                fields=["declaration_number"], condition=~Q(declaration_number=""), name="inbound_declared_once"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InboundLine(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    of = models.ForeignKey("stock.Inbound", on_delete=models.PROTECT, related_name="+")
    item_record = models.CharField(max_length=30)
    lot = models.CharField(max_length=60)
    quantity = models.PositiveIntegerField()
    origin = models.CharField(max_length=2)
    unit_cost = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3)
    produced_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    counted = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "of", "lot"], name="inbound_lot_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inbound_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.lot} {self.quantity}"


class Disposal(models.Model):
    """Expired or damaged goods that are destroyed under supervision or sent back abroad."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in DisposalKind])
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in DisposalState])
    reason = models.CharField(max_length=200)
    document = models.CharField(max_length=60, blank=True)
    officer = models.CharField(max_length=60, blank=True)
    done_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(state=DisposalState.DONE) | Q(done_on__isnull=False) & ~Q(document="") & ~Q(officer=""),
                name="disposal_done_under_supervision",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class DisposalLine(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    of = models.ForeignKey("stock.Disposal", on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey("stock.Level", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "of", "level"], name="disposal_level_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="disposal_quantity"),
        ]

    def __str__(self) -> str:
        return str(self.quantity)
