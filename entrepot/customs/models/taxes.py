"""Tax bills: what came and waits for its list, bills and what was said of them, lines against what was collected, and
what was paid. Bills, notices and lines are keyed by buyer; what waits belongs to nobody yet; payments and guarantees
are the guarantor's."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from entrepot.customs.types.taxes import BillState, TaxKind
from entrepot.kit.ids import new_id

_STATES = [(s.value, s.value) for s in BillState]


class TaxInbox(models.Model):
    """One statement of customs about a bill (816 or 818) that is not yet put to its list: it came a moment ago, or the
    list is not ours, or not yet known to be. The key is made of what it says; the same again only raises `times`."""

    id = models.UUIDField(primary_key=True, editable=False)
    list_number = models.CharField(max_length=18, help_text="invtNo")
    tax_no = models.CharField(max_length=50)
    message = models.CharField(max_length=3)
    returned_at = models.DateTimeField()
    told = models.JSONField()
    arrival_id = models.UUIDField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["first_at", "id"], name="tax_inbox_in_order"),
            models.Index(fields=["list_number"], name="tax_inbox_by_list"),
        ]

    def __str__(self) -> str:
        return f"{self.message} {self.tax_no}"


class TaxBill(models.Model):
    """A bill as customs last spoke of it. Each part has the mark of the statement it is from (rules/bills.py), and only
    a higher mark replaces it. `notice_id` is the 816 whose sums count; NULL: only its state has come yet. What was paid
    for it stays beside, whatever customs says after."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    declaration = models.ForeignKey("customs.Declaration", on_delete=models.PROTECT, related_name="+", db_index=False)
    parcel_id = models.UUIDField()
    order_number = models.CharField(max_length=60)
    list_number = models.CharField(max_length=18)
    tax_no = models.CharField(max_length=50)
    guarantor = models.CharField(max_length=30, help_text="assureCode")
    mark = models.CharField(max_length=60)
    state = models.CharField(max_length=1, choices=_STATES)
    summed_mark = models.CharField(max_length=60, blank=True)
    summed = models.CharField(max_length=60, blank=True, help_text="entDutyNo")
    notice_mark = models.CharField(max_length=60, blank=True)
    notice_id = models.UUIDField(null=True, blank=True)
    duty_minor = models.BigIntegerField(default=0)
    vat_minor = models.BigIntegerField(default=0)
    excise_minor = models.BigIntegerField(default=0)
    made_on = models.DateField(null=True, blank=True, help_text="day in China")
    due_on = models.DateField(null=True, blank=True)
    differs = models.BooleanField(default=False, help_text="a line of its list differs")
    payment_id = models.UUIDField(null=True, blank=True)
    paid_minor = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "declaration", "tax_no"], name="tax_bill_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in BillState]), name="tax_bill_state"),
            models.CheckConstraint(
                condition=Q(notice_id__isnull=True, made_on__isnull=True)
                | Q(notice_id__isnull=False, made_on__isnull=False),
                name="tax_bill_made",
            ),
            models.CheckConstraint(
                condition=Q(payment_id__isnull=True, paid_minor__isnull=True)
                | Q(payment_id__isnull=False, paid_minor__isnull=False),
                name="tax_bill_paid",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["guarantor", "made_on"], name="tax_bill_of_month"),
            models.Index(fields=["summed"], condition=~Q(summed=""), name="tax_bill_summed"),
            models.Index(fields=["tax_no"], opclasses=["varchar_pattern_ops"], name="tax_bill_by_number"),
            models.Index(fields=["list_number"], opclasses=["varchar_pattern_ops"], name="tax_bill_by_list"),
            models.Index(fields=["order_number"], opclasses=["varchar_pattern_ops"], name="tax_bill_by_order"),
            models.Index(
                fields=["due_on"], condition=Q(payment_id__isnull=True) & ~Q(state="3"), name="tax_bill_to_pay"
            ),
            models.Index(fields=["payment_id"], condition=Q(payment_id__isnull=False), name="tax_bill_of_payment"),
        ]

    def __str__(self) -> str:
        return self.tax_no


class TaxNotice(models.Model):
    """One statement about a bill, never changed but for how often it came. Sums and lines of an 816 as they came."""

    id = models.UUIDField(primary_key=True, editable=False)
    buyer_id = models.UUIDField()
    declaration = models.ForeignKey("customs.Declaration", on_delete=models.PROTECT, related_name="+", db_index=False)
    tax_no = models.CharField(max_length=50)
    message = models.CharField(max_length=3)
    state = models.CharField(max_length=1, choices=_STATES)
    summed = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    duty = models.DecimalField(max_digits=19, decimal_places=5, default=0)
    vat = models.DecimalField(max_digits=19, decimal_places=5, default=0)
    excise = models.DecimalField(max_digits=19, decimal_places=5, default=0)
    lines = models.JSONField(default=list)
    returned_at = models.DateTimeField()
    received_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    arrival_id = models.UUIDField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "id"], name="tax_notice_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer_id", "declaration"], name="tax_notice_of_declaration"),
        ]

    def __str__(self) -> str:
        return f"{self.message} {self.tax_no} {self.returned_at:%Y-%m-%d %H:%M:%S}"


class TaxLine(models.Model):
    """One line of a billed list: collected at sale, lifted by returns, billed. Reckoned anew whenever one of them
    changes; a function of them alone (rules/taxes.py)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    declaration = models.ForeignKey("customs.Declaration", on_delete=models.PROTECT, related_name="+", db_index=False)
    gnum = models.PositiveSmallIntegerField(help_text="0: what the heads say beyond their lines")
    parcel_id = models.UUIDField()
    order_number = models.CharField(max_length=60)
    list_number = models.CharField(max_length=18)
    guarantor = models.CharField(max_length=30)
    made_on = models.DateField(help_text="of the newest bill that stands, else of the newest")
    duty_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    excise_minor = models.BigIntegerField()
    lifted_duty_minor = models.BigIntegerField()
    lifted_vat_minor = models.BigIntegerField()
    lifted_excise_minor = models.BigIntegerField()
    billed_duty_minor = models.BigIntegerField()
    billed_vat_minor = models.BigIntegerField()
    billed_excise_minor = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    billed_value_minor = models.BigIntegerField(null=True)
    code = models.CharField(max_length=13, blank=True)
    billed_code = models.CharField(max_length=10, blank=True)
    lifted_minor = models.BigIntegerField()
    difference_minor = models.BigIntegerField()
    kind = models.CharField(max_length=20, blank=True, choices=[(k.value, k.value) for k in TaxKind])

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "declaration", "gnum"], name="tax_line_once"),
            models.CheckConstraint(
                condition=Q(
                    difference_minor=models.F("billed_duty_minor")
                    + models.F("billed_vat_minor")
                    + models.F("billed_excise_minor")
                    - models.F("duty_minor")
                    - models.F("vat_minor")
                    - models.F("excise_minor")
                    + models.F("lifted_minor")
                ),
                name="tax_line_difference",
            ),
            models.CheckConstraint(
                condition=Q(
                    lifted_minor=models.F("lifted_duty_minor")
                    + models.F("lifted_vat_minor")
                    + models.F("lifted_excise_minor")
                ),
                name="tax_line_lifted",
            ),
            models.CheckConstraint(condition=Q(difference_minor=0) | ~Q(kind=""), name="tax_line_kind"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["guarantor", "made_on"], name="tax_line_of_month"),
            models.Index(fields=["made_on", "id"], condition=~Q(kind=""), name="tax_line_differs"),
        ]

    def __str__(self) -> str:
        return f"{self.list_number} {self.gnum}"


class TaxPayment(models.Model):
    """Tax that the bank moved, once per reference of a guarantor. Never changed but for `counter_id`: the entry that
    takes it back, after which the reference is free again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    guarantor = models.CharField(max_length=30)
    reference = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField()
    paid_on = models.DateField()
    month = models.DateField(null=True, blank=True)
    summed = models.CharField(max_length=60, blank=True)
    bills = models.PositiveIntegerField()
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()
    counter_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["guarantor", "reference"], condition=Q(counter_id__isnull=True), name="tax_payment_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="tax_payment_amount"),
            models.CheckConstraint(
                condition=Q(month__isnull=True) & ~Q(summed="") | Q(month__isnull=False, summed=""),
                name="tax_payment_of_one",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class TaxCounter(models.Model):
    """The entry that takes a payment back: the same sum the other way, with who and why; never changed. One for each
    payment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    payment = models.OneToOneField("customs.TaxPayment", on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField(help_text="below zero")
    bills = models.PositiveIntegerField(help_text="that are open again, or void")
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount_minor__lt=0), name="tax_counter_amount"),
            models.CheckConstraint(condition=~Q(reason=""), name="tax_counter_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.at:%Y-%m-%d}"


class TaxGuarantee(models.Model):
    """What stands surety for a guarantor's tax since a day. Rows are only added; the latest begun is in force."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    guarantor = models.CharField(max_length=30)
    valid_from = models.DateField()
    amount_minor = models.BigIntegerField()
    source = models.CharField(max_length=200)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["guarantor", "valid_from"], name="tax_guarantee_once"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="tax_guarantee_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.guarantor} {self.valid_from}"
