"""Brand owners, suppliers, the papers that join them to us, and contracts."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.procurement.types import Incoterm, PaymentTerms

_CODE = r"^[A-Z0-9][A-Z0-9-]*$"
_COUNTRY = r"^[A-Z]{2}$"
_CURRENCY = r"^[A-Z]{3}$"


def _id() -> models.UUIDField[UUID | str, UUID]:
    return models.UUIDField(primary_key=True, default=new_id, editable=False)


class BrandOwner(models.Model):
    """Who holds the rights of brands. Not who sells to us, and not who sells beside us."""

    id = _id()
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=160)
    country = models.CharField(max_length=2)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(code__regex=_CODE), name="brand_owner_code"),
            models.CheckConstraint(condition=Q(country__regex=_COUNTRY), name="brand_owner_country"),
        ]

    def __str__(self) -> str:
        return self.name


class OwnedBrand(models.Model):
    """A brand of the catalogue belongs to one owner."""

    id = _id()
    brand = models.OneToOneField("catalogue.Brand", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("procurement.BrandOwner", on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.brand_id)


class Supplier(models.Model):
    """Who sells to us. `owner`: the brand owner whose own company it is."""

    id = _id()
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=160)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    email = models.CharField(max_length=120, blank=True)
    owner = models.ForeignKey("procurement.BrandOwner", on_delete=models.PROTECT, related_name="+", null=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(code__regex=_CODE), name="supplier_code"),
            models.CheckConstraint(condition=Q(country__regex=_COUNTRY), name="supplier_country"),
            models.CheckConstraint(condition=Q(currency__regex=_CURRENCY), name="supplier_currency"),
        ]

    def __str__(self) -> str:
        return self.name


class Paper(models.Model):
    """A document as it was uploaded, known by its content. Kept in the database: a paper and its fact are one write."""

    id = _id()
    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=160)
    media_type = models.CharField(max_length=20)
    content = models.BinaryField()
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Authorisation(models.Model):
    """One link of a chain: the grantor (NULL: the brand's owner) lets the grantee (NULL: us) sell the brand."""

    id = _id()
    brand = models.ForeignKey("catalogue.Brand", on_delete=models.PROTECT, related_name="+")
    grantor = models.ForeignKey("procurement.Supplier", on_delete=models.PROTECT, related_name="+", null=True)
    grantee = models.ForeignKey("procurement.Supplier", on_delete=models.PROTECT, related_name="+", null=True)
    territory = ArrayField(models.CharField(max_length=2), default=list)
    valid_from = models.DateField()
    valid_to = models.DateField()
    revoked_on = models.DateField(null=True)
    paper = models.ForeignKey("procurement.Paper", on_delete=models.PROTECT, related_name="+", null=True)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["valid_to"], name="authorisation_by_end")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(valid_from__lt=F("valid_to")), name="authorisation_period"),
            models.CheckConstraint(
                condition=Q(grantor__isnull=True) | Q(grantee__isnull=True) | ~Q(grantor=F("grantee")),
                name="authorisation_of_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand_id} until {self.valid_to}"


class GuardedBrand(models.Model):
    """A brand with an authorisation on record. Who reads a brand's links to draw a conclusion locks this row first."""

    id = _id()
    brand = models.OneToOneField("catalogue.Brand", on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.brand_id)


class Notice(models.Model):
    """A warning that was told: this authorisation ends in so many days."""

    id = _id()
    authorisation = models.ForeignKey("procurement.Authorisation", on_delete=models.PROTECT, related_name="+")
    days = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["authorisation", "days"], name="notice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.days} days"


class Contract(models.Model):
    """Terms with a supplier for a period. Never edited: a change is another contract."""

    id = _id()
    supplier = models.ForeignKey("procurement.Supplier", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40, unique=True)
    valid_from = models.DateField()
    valid_to = models.DateField()
    currency = models.CharField(max_length=3)
    incoterm = models.CharField(max_length=3, choices=[(one.value, one.value) for one in Incoterm])
    place = models.CharField(max_length=80)
    payment = models.CharField(max_length=10, choices=[(one.value, one.value) for one in PaymentTerms])
    payment_days = models.PositiveSmallIntegerField()
    territory = ArrayField(models.CharField(max_length=2), default=list)
    order_units_min = models.PositiveIntegerField(default=0)
    line_units_min = models.PositiveIntegerField(default=0)
    over_receipt = models.DecimalField(max_digits=4, decimal_places=3, default=0)
    value_minor = models.BigIntegerField(default=0, help_text="what was signed for; 0: a frame without a sum")
    rate = models.DecimalField(max_digits=18, decimal_places=8, null=True, help_text="of a sum, on the day of signing")
    rate_source = models.CharField(max_length=300, blank=True)
    programme = models.ForeignKey("procurement.Programme", on_delete=models.PROTECT, related_name="+", null=True)
    paper = models.ForeignKey("procurement.Paper", on_delete=models.PROTECT, related_name="+", null=True)
    signed_on = models.DateField()
    signed_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(valid_from__lt=F("valid_to")), name="contract_period"),
            models.CheckConstraint(condition=Q(currency__regex=_CURRENCY), name="contract_currency"),
            models.CheckConstraint(condition=Q(incoterm__in=list(Incoterm)), name="contract_incoterm"),
            models.CheckConstraint(condition=Q(payment__in=list(PaymentTerms)), name="contract_payment"),
            models.CheckConstraint(condition=Q(over_receipt__gte=0, over_receipt__lte="0.1"), name="contract_over"),
            models.CheckConstraint(
                condition=Q(value_minor=0) | Q(value_minor__gt=0, rate__gt=0), name="contract_value"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ContractArticle(models.Model):
    """An article that a contract names, with its price and the amounts it is sold in."""

    id = _id()
    contract = models.ForeignKey("procurement.Contract", on_delete=models.PROTECT, related_name="+", db_index=False)
    sku = models.ForeignKey("catalogue.Sku", on_delete=models.PROTECT, related_name="+")
    unit_price = models.DecimalField(max_digits=16, decimal_places=4, help_text="in the contract's currency")
    units_min = models.PositiveIntegerField(default=0)
    pack = models.PositiveIntegerField(default=1, help_text="units of one carton: only whole ones are sold")
    volume_cm3 = models.PositiveIntegerField(default=0, help_text="of one unit as packed for transport; 0: unknown")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["contract", "sku"], name="contract_article_once"),
            models.CheckConstraint(condition=Q(unit_price__gte=0, pack__gt=0), name="contract_article_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id}: {self.unit_price}"


class Tier(models.Model):
    """A discount by volume: from so many units of one order on."""

    id = _id()
    contract = models.ForeignKey("procurement.Contract", on_delete=models.PROTECT, related_name="+", db_index=False)
    units_from = models.PositiveIntegerField()
    discount = models.DecimalField(max_digits=5, decimal_places=4)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["contract", "units_from"], name="tier_once"),
            models.CheckConstraint(condition=Q(discount__gt=0, discount__lt=1), name="tier_discount"),
            models.CheckConstraint(condition=Q(units_from__gt=0), name="tier_units"),
        ]

    def __str__(self) -> str:
        return f"{self.units_from}: {self.discount}"
