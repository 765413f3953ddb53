"""The storefronts' read model: rebuilt from the contexts below, so nothing refers to it and it may be emptied.

`Entry` is one product on one storefront with all that its card shows and all that it is found by. `Place` is the
narrow row that lists, filters and counts run over: one for the whole shop (category "") and one for each category above
the product. `Term` is a word that queries are spelt by. `Storefront` is the row a refresh locks.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from entrepot.kit.ids import new_id


class Storefront(models.Model):
    """One writer per storefront: whoever reads the contexts later writes later, so an older state never wins."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    storefront = models.OneToOneField("storefronts.Storefront", on_delete=models.PROTECT, related_name="+")
    rebuilt_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.storefront_id)


class Entry(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT, related_name="+", db_index=False)
    product_id = models.UUIDField()
    slug = models.CharField(max_length=120)
    titles = models.JSONField()
    brand_slug = models.CharField(max_length=120)
    brand_names = models.JSONField()
    origin = models.CharField(max_length=2)
    image = models.CharField(max_length=80, null=True, blank=True)
    price_minor = models.BigIntegerField()
    was_minor = models.BigIntegerField(null=True, blank=True)
    tax_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    kinds = models.SmallIntegerField(help_text="warehouse kinds that have it: 1 bonded, 2 overseas, 4 domestic")
    in_stock = models.BooleanField()
    variants = models.SmallIntegerField()
    categories = ArrayField(models.CharField(max_length=120))
    rank = models.IntegerField()
    listed_at = models.DateTimeField()
    title_keys = ArrayField(models.TextField())
    lexemes = SearchVectorField()

    class Meta:
        verbose_name_plural = "entries"
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["lexemes"], name="entry_by_lexeme", fastupdate=False),
            models.Index(fields=["storefront", "brand_slug"], name="entry_by_brand"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["storefront", "product_id"], name="entry_once"),
            models.CheckConstraint(
                condition=Q(price_minor__gt=0) & Q(tax_minor__gte=0) & Q(variants__gt=0), name="entry_amounts"
            ),
            models.CheckConstraint(condition=Q(kinds__gte=0) & Q(kinds__lte=7), name="entry_kinds"),
        ]

    def __str__(self) -> str:
        return self.slug


class Place(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT, related_name="+", db_index=False)
    category = models.CharField(max_length=120, blank=True)
    product_id = models.UUIDField()
    brand_slug = models.CharField(max_length=120)
    origin = models.CharField(max_length=2)
    price_minor = models.BigIntegerField()
    kinds = models.SmallIntegerField()
    in_stock = models.BooleanField()
    rank = models.IntegerField()
    listed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["storefront", "category", "-in_stock", "-rank", "product_id"], name="place_by_rank"),
            models.Index(fields=["storefront", "category", "price_minor", "product_id"], name="place_by_price"),
            models.Index(fields=["storefront", "category", "listed_at", "product_id"], name="place_by_age"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["storefront", "product_id", "category"], name="place_once"),
        ]

    def __str__(self) -> str:
        return self.category


class Term(models.Model):
    """`near` holds the term's near forms (`rules.spelling`); `products` is exact after a rebuild."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT, related_name="+", db_index=False)
    term = models.CharField(max_length=60)
    surface = models.CharField(max_length=60)
    products = models.IntegerField()
    near = ArrayField(models.CharField(max_length=10))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["near"], name="term_by_near_form", fastupdate=False),
            models.Index(
                fields=["storefront", "surface"],
                name="term_by_beginning",
                opclasses=["uuid_ops", "varchar_pattern_ops"],
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["storefront", "term"], name="term_once"),
        ]

    def __str__(self) -> str:
        return self.surface
