"""Declarations, their documents, receipts and what was said with the port. Keyed by buyer, but for `Number`
and `Arrival`.

Documents and receipts hold ID numbers: their bytes are sealed (`entrepot.kit.sealing`) and never change.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from entrepot.customs.models.desk import DataRequest, DataUpload, DayFigures, Escalation, PutOff
from entrepot.customs.models.site import Delivery as Delivery
from entrepot.customs.models.site import DeliveryAnswer as DeliveryAnswer
from entrepot.customs.models.site import DeliveryMessage as DeliveryMessage
from entrepot.customs.models.site import DeliveryWaybill as DeliveryWaybill
from entrepot.customs.models.site import GatePass as GatePass
from entrepot.customs.models.taxes import TaxBill, TaxCounter, TaxGuarantee, TaxInbox, TaxLine, TaxNotice, TaxPayment
from entrepot.customs.rules.standing import BAD, RELEASED
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit.ids import new_id

__all__ = [
    "Application",
    "Arrival",
    "Batch",
    "BatchExchange",
    "DataRequest",
    "DataUpload",
    "DayFigures",
    "Declaration",
    "Document",
    "Escalation",
    "Exchange",
    "Number",
    "PutOff",
    "Receipt",
    "TaxBill",
    "TaxCounter",
    "TaxGuarantee",
    "TaxInbox",
    "TaxLine",
    "TaxNotice",
    "TaxPayment",
]

UNDER_WAY = ("draft", "matching", "listed", "held")
_KINDS = [(kind.value, kind.value) for kind in DocumentKind]


class Declaration(models.Model):
    """One parcel before customs.

    `standing` says by document kind how the newest document of that kind stands: {"311": {document, sent, mark,
    status, verdict, code, pre, invt}} (rules/standing.py); state and held_code follow from it, in one statement.
    `ask_at` is when the port is reminded if nothing was heard, `asks` how often it was. `since` is when it came to its
    state; nobody is called to it before `quiet_until`: it waits for somebody who is not of the house.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    parcel_id = models.UUIDField()
    order_number = models.CharField(max_length=60, help_text="customs orderNo")
    trade_mode = models.CharField(max_length=4)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in DeclarationState])
    held_code = models.CharField(max_length=12, blank=True)
    standing = models.JSONField()
    differences = models.JSONField()
    list_number = models.CharField(max_length=18, blank=True, help_text="invtNo")
    warehouse_id = models.UUIDField(null=True, blank=True, help_text="bonded lists: where the goods stand")
    account_book = models.CharField(max_length=30, blank=True, default="", db_default="", help_text="emsNo")
    booked = models.JSONField(default=dict, db_default={}, help_text="weights, and what the list writes off")
    general_number = models.CharField(
        max_length=18,
        blank=True,
        default="",
        db_default="",
        help_text="of the general-trade declaration that released it",
    )
    stays_at = models.DateTimeField(
        null=True, blank=True, help_text="its goods stay: the parcel was taken back after the release"
    )
    stay_paper = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="by which customs settled goods that stay"
    )
    stay_settled_at = models.DateTimeField(null=True, blank=True)
    stay_settled_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    pass_id = models.UUIDField(null=True, blank=True, help_text="the gate pass that it leaves on: one at most")
    asks = models.PositiveSmallIntegerField(default=0)
    ask_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    since = models.DateTimeField()
    quiet_until = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "parcel_id"], name="declaration_one_per_parcel"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in DeclarationState]), name="declaration_state"
            ),
            models.CheckConstraint(
                condition=Q(state=DeclarationState.HELD) & ~Q(held_code="")
                | ~Q(state=DeclarationState.HELD) & Q(held_code=""),
                name="declaration_held_has_code",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | Q(state=DeclarationState.CANCELLED),
                name="declaration_cancelled_state",
            ),
            models.CheckConstraint(
                condition=Q(general_number="") | Q(state=DeclarationState.RELEASED), name="declaration_general_released"
            ),
            models.CheckConstraint(
                condition=Q(stay_settled_at__isnull=True, stay_paper="", stay_settled_by="")
                | Q(stay_settled_at__isnull=False, stays_at__isnull=False) & ~Q(stay_paper="") & ~Q(stay_settled_by=""),
                name="declaration_stay_settled",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "-id"], name="declaration_by_state"),
            # Found by how a number begins, in the order of numbers: the newest of a state need not be passed over.
            models.Index(
                fields=["order_number", "id"],
                opclasses=["varchar_pattern_ops", "uuid_ops"],
                name="declaration_by_number",
            ),
            models.Index(
                fields=["state", "order_number", "id"],
                opclasses=["varchar_ops", "varchar_pattern_ops", "uuid_ops"],
                name="declaration_by_state_number",
            ),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="declaration_to_ask"),
            # A tax bill names the list and nothing else.
            models.Index(fields=["list_number"], condition=~Q(list_number=""), name="declaration_by_list"),
            models.Index(
                fields=["warehouse_id", "id"],
                condition=Q(state=DeclarationState.RELEASED, pass_id__isnull=True, warehouse_id__isnull=False),
                name="declaration_to_leave",
            ),
            models.Index(fields=["pass_id"], condition=Q(pass_id__isnull=False), name="declaration_on_pass"),
            # Few were taken back after their release; which of them customs has not settled.
            models.Index(
                fields=["stays_at"],
                condition=Q(stays_at__isnull=False, stay_settled_at__isnull=True),
                name="declaration_stays",
            ),
            models.Index(
                fields=["stay_settled_at"], condition=Q(stay_settled_at__isnull=False), name="declaration_settled"
            ),
            # What may be stuck: few, however many were released.
            models.Index(fields=["state", "since"], condition=Q(state__in=UNDER_WAY), name="declaration_under_way"),
        ]

    def __str__(self) -> str:
        return self.order_number


class Document(models.Model):
    """One CEB message as it was signed; its id in upper case is the guid. Only `sent_at`, `attempts` and the batch that
    carries it ever change. What was made for a batch has no signature of its own: the batch has it.

    `version` counts the documents of one kind: a redeclared one gets the next.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    declaration = models.ForeignKey("customs.Declaration", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=3, choices=_KINDS)
    version = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=60, help_text="orderNo, payTransactionId, logisticsNo or copNo")
    xml_sealed = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    batch_id = models.UUIDField(null=True, blank=True, help_text="the message that it travels in, where not its own")
    place = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["declaration", "kind", "version", "buyer_id"], name="document_version_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in DocumentKind]), name="document_kind"),
        ]
        # A receipt names a number and no buyer: this look-up is the one that cuts across buyers.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["number", "kind"], name="document_by_number"),
            models.Index(fields=["batch_id"], condition=Q(batch_id__isnull=False), name="document_of_batch"),
        ]

    def __str__(self) -> str:
        return f"CEB{self.kind} {self.number}"


class Batch(models.Model):
    """One message with the documents of up to 100 parcels, under a guid and a signature of its own (`tail`: what
    follows the documents). With them, in the order of their `place`, it is made again byte for byte.

    Belongs to no buyer. `halved_at`: it was refused as a whole, and its documents went on in two others.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=3, choices=_KINDS)
    documents = models.PositiveSmallIntegerField()
    tail = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, help_text="the last time")
    halved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(documents__gte=1, documents__lte=100), name="batch_of_a_hundred"),
        ]

    def __str__(self) -> str:
        return f"CEB{self.kind} {self.documents}"


class BatchExchange(models.Model):
    """One sending of a batch, as `Exchange` is one of a document."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey("customs.Batch", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    opening = models.BinaryField(default=b"")
    envelope_sha256 = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.status or '-'}"


class Arrival(models.Model):
    """One message that came, byte for byte, or what its head was where it was refused for being too large. The key is
    made of its hash: the same bytes again only raise `times`. `outcome` is empty when it was taken, else why not.

    Belongs to no buyer: whose it is, only what is in it can say, and not all of it can be read.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    way = models.CharField(max_length=10, help_text="http or folder")
    root = models.CharField(max_length=20, blank=True, help_text="CEB312Message, …")
    size = models.PositiveBigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    raw_sealed = models.BinaryField()
    outcome = models.CharField(max_length=40, blank=True)
    told = models.CharField(max_length=1000, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["first_at"], name="arrival_in_order"),
            models.Index(fields=["first_at"], condition=~Q(outcome=""), name="arrival_refused"),
        ]

    def __str__(self) -> str:
        return f"{self.root or '?'} {self.first_at:%Y-%m-%d %H:%M:%S}"


class Receipt(models.Model):
    """One answer of customs about one document. `sha256` is of what was signed: the same again only raises `times`.
    `arrival_id` is the message that brought it first."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    declaration = models.ForeignKey("customs.Declaration", on_delete=models.PROTECT, related_name="+", db_index=False)
    document = models.ForeignKey("customs.Document", on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.IntegerField()
    mark = models.CharField(max_length=40)
    info = models.CharField(max_length=1000, blank=True, help_text="ID numbers masked")
    returned_at = models.DateTimeField()
    received_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    arrival_id = models.UUIDField()
    sha256 = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["document", "sha256", "buyer_id"], name="receipt_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["declaration", "buyer_id"], name="receipt_of_declaration"),
            models.Index(fields=["returned_at"], condition=Q(status=RELEASED), name="receipt_released"),
            models.Index(fields=["returned_at"], condition=Q(status__lt=0) | Q(status__in=BAD), name="receipt_refused"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.returned_at:%Y-%m-%d %H:%M:%S}"


class Exchange(models.Model):
    """One sending of a document: the envelope that left up to its data, which with the document makes it again, its
    hash, and the port's answer (no answer: NULL)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    document = models.ForeignKey("customs.Document", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    opening = models.BinaryField(default=b"")
    envelope_sha256 = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.status or '-'}"


class Application(models.Model):
    """One return before customs (CEB625): goods of a released list that come back. `document` is its newest message,
    the `version`th; how it stands is said by its receipts, as in a declaration's `standing`.

    A parcel may have several, each of its own; `return_id` is whose they are in the flow of returns.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    return_id = models.UUIDField()
    document = models.ForeignKey("customs.Document", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField()
    sent = models.BooleanField(default=False)
    mark = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=10, blank=True)
    status = models.IntegerField(null=True, blank=True)
    booked = models.JSONField(default=dict, db_default={}, help_text="what comes back into which account book")
    asks = models.PositiveSmallIntegerField(default=0)
    ask_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "return_id"], name="application_once"),
            models.CheckConstraint(condition=Q(version__gt=0), name="application_version"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="application_to_ask"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.verdict or '-'}"


class Number(models.Model):
    """A number of the trade that names one business object only: whose declaration uses it.

    Belongs to no buyer: its key is the number, so that two buyers can never declare the same payment or waybill.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=3, choices=_KINDS)
    company = models.CharField(max_length=18)
    number = models.CharField(max_length=60)
    declaration_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "company", "number"], name="customs_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.company} {self.number}"
