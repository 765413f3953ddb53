"""Rate books as dated rows. A version is written once and never changed: quotes name it and can be checked for ever."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id


class Book(models.Model):
    """One version of a named rate book, with all its rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField("名称", max_length=40)
    number = models.PositiveIntegerField("版本")
    as_of = models.DateField("内容截至")
    digest = models.CharField("摘要", max_length=64)
    actor = models.CharField("导入人", max_length=80)
    imported_at = models.DateTimeField("导入时间")
    destinations = models.JSONField("目的地", default=list)  # of its rows, so that a quote asks for its books alone

    class Meta:
        verbose_name = verbose_name_plural = "税率簿"
        db_table = "tariff_book"
        ordering = ("name", "-number")
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="tariff_book_version"),
            models.CheckConstraint(condition=Q(number__gte=1), name="tariff_book_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name}/{self.number}"


class Draft(models.Model):
    """A file that somebody compares before it becomes a version. Kept a day; nothing reads rates from here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=40)
    after = models.PositiveIntegerField()  # the newest version when it was compared, 0 for none
    as_of = models.DateField()
    content = models.BinaryField()
    actor = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "tariff_draft"
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="tariff_draft_named")]

    def __str__(self) -> str:
        return self.name


class Row(models.Model):
    """One dated rate: what `measure` is for goods under `hs_prefix` from `origin` ("" any, "@…" a group)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    book = models.ForeignKey("tariff.Book", verbose_name="税率簿", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField("行号")
    hs_prefix = models.CharField("商品编码前缀", max_length=10, blank=True)
    origin = models.CharField("原产国", max_length=12, blank=True)
    destination = models.CharField("目的地", max_length=2)
    measure = models.CharField("措施", max_length=60)
    params = models.JSONField("参数")
    valid_from = models.DateField("生效日")
    valid_to = models.DateField("失效日", null=True, blank=True)
    confirmed = models.BooleanField("已核实")
    source = models.CharField("依据", max_length=300)
    note = models.CharField("备注", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "税率"
        db_table = "tariff_row"
        ordering = ("book", "position")
        constraints = [
            models.UniqueConstraint(fields=["book", "position"], name="tariff_row_position"),
            models.UniqueConstraint(
                fields=["book", "destination", "measure", "hs_prefix", "origin", "valid_from"], name="tariff_row_start"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="tariff_row_period"
            ),
            models.CheckConstraint(condition=Q(hs_prefix__regex=r"^[0-9]{0,10}$"), name="tariff_row_prefix_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.hs_prefix or '*'}"
