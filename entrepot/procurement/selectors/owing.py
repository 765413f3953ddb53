"""What we owe whom, and due when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from entrepot.kit import sql
from entrepot.procurement import models
from entrepot.procurement.models.owing import OPEN
from entrepot.procurement.types import (
    Due,
    DueState,
    DueSum,
    DuesWish,
    OrderState,
    Overpaid,
    Part,
    PaymentTerms,
    Undetermined,
)

PAGE = 50
PAGES_MAX = 500
EXPORT_MAX = 100_000
CHUNK = 1_000
WEEKS = 13
OVER = [state.value for state in OrderState if state.over]
_COLUMNS = ("order_id", "number", "name", "currency", "payment", "payment_days")
_PART = ("amount_minor", "paid_minor", "due_on", "since", "why")


def dues(*, wish: DuesWish, today: date, page: int = 1) -> tuple[list[Due], bool]:
    """A page of what is not paid, what is due first first and what has no day last, and whether there is more. One
    statement."""
    page = min(max(page, 1), PAGES_MAX)
    found = _read(_asked(wish, today)[(page - 1) * PAGE : page * PAGE + 1])
    return found[:PAGE], len(found) > PAGE


def exported_dues(*, wish: DuesWish, today: date) -> Iterator[Due]:
    """All that the same wish finds, at most `EXPORT_MAX`, as it is when it begins, a thousand at a time."""
    ids = list(_asked(wish, today).values_list("id", flat=True)[:EXPORT_MAX])
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        yield from _read(models.Due.objects.filter(id__in=part).order_by(F("due_on").asc(nulls_last=True), "id"))


def dues_of(*, order_id: UUID) -> list[Part]:
    """The parts of an order, paid ones too. One statement."""
    rows = models.Due.objects.filter(order_id=order_id).order_by("n")
    return [_part(row) for row in rows.values(*_PART)]


def due_sums(*, wish: DuesWish, today: date) -> list[DueSum]:
    """What is open by currency and week, `WEEKS` weeks from this one on; the wish's state is not asked. One
    statement."""
    until = today - timedelta(days=today.weekday()) + timedelta(weeks=WEEKS)
    params = {"today": today, "until": until, "supplier_id": wish.supplier_id, "currency": wish.currency}
    rows = sql.rows(sql.load("procurement", "due_sums"), params)
    return [DueSum(**{**row, "state": DueState(row["state"])}) for row in rows]


def dues_near(*, today: date, until: date) -> tuple[dict[str, int], dict[str, int]]:
    """What is overdue, and what is due from today to a day, by currency. Two statements."""
    rows = models.Due.objects.filter(OPEN).values_list("currency").order_by("currency")
    late, near = rows.filter(due_on__lt=today), rows.filter(due_on__gte=today, due_on__lte=until)
    open_minor = Sum(F("amount_minor") - F("paid_minor"))
    return dict(late.annotate(minor=open_minor)), dict(near.annotate(minor=open_minor))


def overpaid(*, wish: DuesWish) -> list[Overpaid]:
    """Orders that are over and for which more was paid than they owe, the newest first, at most `EXPORT_MAX`; the
    wish's state is not asked. One statement."""
    owed = models.Due.objects.filter(order_id=OuterRef("id")).order_by().values("order_id")
    rows = models.Order.objects.filter(state__in=OVER, paid_minor__gt=0)
    rows = rows.annotate(owed=Coalesce(Subquery(owed.annotate(sum=Sum("amount_minor")).values("sum")), Value(0)))
    if wish.supplier_id is not None:
        rows = rows.filter(supplier_id=wish.supplier_id)
    if wish.currency:
        rows = rows.filter(currency=wish.currency)
    rows = rows.filter(paid_minor__gt=F("owed")).select_related("supplier").order_by("-id")[:EXPORT_MAX]
    return [Overpaid(row.id, row.number, row.supplier.name, row.currency, row.paid_minor - row.owed) for row in rows]


def _asked(wish: DuesWish, today: date) -> QuerySet[models.Due]:
    rows = models.Due.objects.filter(OPEN)
    if wish.supplier_id is not None:
        rows = rows.filter(supplier_id=wish.supplier_id)
    if wish.currency:
        rows = rows.filter(currency=wish.currency)
    if wish.state is DueState.OVERDUE:
        rows = rows.filter(due_on__lt=today)
    elif wish.state is DueState.COMING:
        rows = rows.filter(due_on__gte=today)
    elif wish.state is DueState.UNDETERMINED:
        rows = rows.filter(due_on__isnull=True)
    return rows.order_by(F("due_on").asc(nulls_last=True), "id")


def _read(rows: QuerySet[models.Due]) -> list[Due]:
    named = rows.annotate(
        number=F("order__number"), name=F("supplier__name"), payment=F("order__contract__payment"),
        payment_days=F("order__contract__payment_days"),
    )  # fmt: skip
    return [
        Due(
            order_id=row["order_id"], order_number=row["number"], supplier=row["name"], currency=row["currency"],
            terms=PaymentTerms(row["payment"]), days=row["payment_days"], part=_part(row),
        )
        for row in named.values(*_COLUMNS, *_PART)
    ]  # fmt: skip


def _part(row: Mapping[str, object]) -> Part:
    said = {name: row[name] for name in _PART}
    return Part(**{**said, "why": Undetermined(str(row["why"])) if row["why"] else None})  # type: ignore[arg-type]
