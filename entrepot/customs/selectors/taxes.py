"""Questions about tax bills: by month, one by one, against what was collected, and what belongs to no list of ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Greatest, Least

from entrepot.customs import models, reading
from entrepot.customs.rules import tax_days
from entrepot.customs.rules.bills import lines_of
from entrepot.customs.selectors import PAGE, PAGES_MAX
from entrepot.customs.types.taxes import (
    BillPage,
    BillState,
    BillWish,
    DifferencePage,
    DifferenceRow,
    Guarantee,
    GuaranteeUse,
    KindSum,
    Paid,
    Stray,
    TaxBill,
    TaxCounter,
    TaxDays,
    Taxes,
    TaxKind,
    TaxLine,
    TaxMonth,
    TaxNotice,
    TaxPayment,
    Unbilled,
    WholeBill,
)
from entrepot.kit import sql
from entrepot.kit.ids import first_id
from entrepot.kit.money import to_minor
from entrepot.orders import selectors as orders

EXPORT_MAX, EXPORT_STEP = 100_000, 2_000
SHOWN_MAX = 50  # of strays, lists without a bill, payments
UNBILLED_FOR = timedelta(days=90)  # how far back lists without a bill are looked for
UNBILLED_AFTER = timedelta(days=2)  # customs makes the bill at release; its message may take its time
_TOTAL = F("duty_minor") + F("vat_minor") + F("excise_minor")


def days_in_force(*, today: date) -> TaxDays | None:
    """The days of the law for bills made today, and whether they are confirmed."""
    return tax_days.in_force(tax_days.table(), today)


def months(*, since: date, today: date) -> list[TaxMonth]:
    """Tax by guarantor and month since a month's first day, the newest first. One statement."""
    rows = sql.rows(sql.load("customs", "tax_months"), {"since": since, "today": today, "void": BillState.VOID.value})
    whole = {"bills", "void_bills", "differing", "summed", "paid", "open", "overdue", "void", "void_paid", "lifted"}
    return [
        TaxMonth(
            guarantor=row["guarantor"],
            month=row["month"],
            taxes=Taxes(int(row["duty"]), int(row["vat"]), int(row["excise"])),
            first_due=row["first_due"],
            last_due=row["last_due"],
            difference=int(row["difference"]),
            **{name: int(row[name]) for name in whole},
        )
        for row in rows
    ]


def guarantee_uses(*, today: date) -> list[GuaranteeUse]:
    """Billed and unpaid tax of each guarantor against the guarantee in force, by guarantor. Two statements."""
    in_force: dict[str, Guarantee] = {}
    for row in models.TaxGuarantee.objects.filter(valid_from__lte=today).order_by("valid_from"):
        in_force[row.guarantor] = Guarantee(row.guarantor, row.valid_from, row.amount_minor, row.source)
    unpaid = _to_pay(models.TaxBill.objects.all()).values_list("guarantor").annotate(used=Sum("total")).order_by()
    used = {guarantor: int(total or 0) for guarantor, total in unpaid}
    return [GuaranteeUse(name, used.get(name, 0), in_force.get(name)) for name in sorted(used.keys() | in_force.keys())]


def payments(*, limit: int = SHOWN_MAX) -> list[TaxPayment]:
    """Tax that was paid, the last entered first."""
    return [reading.payment_of(row) for row in models.TaxPayment.objects.order_by("-id")[:limit]]


def payment(*, payment_id: UUID) -> tuple[TaxPayment, TaxCounter | None, list[TaxBill]] | None:
    """A payment, the entry that took it back, and the first of the bills that it pays. Three statements."""
    row = models.TaxPayment.objects.filter(id=payment_id).first()
    if row is None:
        return None
    counter = models.TaxCounter.objects.filter(payment_id=payment_id).first()
    paid = models.TaxBill.objects.filter(payment_id=payment_id).order_by("-id")[:SHOWN_MAX]
    return reading.payment_of(row), reading.counter_of(counter) if counter else None, [_bill(one) for one in paid]


def bills(*, wish: BillWish, today: date, page: int = 1) -> BillPage:
    """Bills for staff, the newest first."""
    page = min(max(page, 1), PAGES_MAX)
    start = (page - 1) * PAGE
    found = list(_chosen(wish, today).order_by("-id")[start : start + PAGE + 1])
    return BillPage(tuple(_bill(row) for row in found[:PAGE]), page, len(found) > PAGE)


def exported_bills(*, wish: BillWish, today: date) -> Iterator[TaxBill]:
    """The bills that `bills` finds, the oldest first, at most `EXPORT_MAX`, read a few thousand at a time."""
    yield from map(_bill, _steps(_chosen(wish, today)))


def bill(*, bill_id: UUID, buyer_id: UUID) -> WholeBill | None:
    """A bill with its lines, what was said of it and its list line by line. Four statements."""
    row = models.TaxBill.objects.filter(buyer_id=buyer_id, id=bill_id).first()
    if row is None:
        return None
    (whole,) = _whole([row])
    return whole


def of_parcel(*, parcel_id: UUID, buyer_id: UUID) -> list[WholeBill]:
    """The bills of a parcel's list, in the order they came. Four statements, one where there is none."""
    declared = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id).values("id")
    rows = list(models.TaxBill.objects.filter(buyer_id=buyer_id, declaration_id__in=declared).order_by("id"))
    return _whole(rows) if rows else []


def differences(
    *, guarantor: str = "", month: date | None = None, kind: TaxKind | None = None, page: int = 1
) -> DifferencePage:
    """Lines on which billed and collected tax differ, the newest bills first."""
    page = min(max(page, 1), PAGES_MAX)
    start = (page - 1) * PAGE
    rows = _differing(guarantor, month, kind).order_by("-made_on", "-id")
    found = list(rows[start : start + PAGE + 1])
    return DifferencePage(tuple(_row(row) for row in found[:PAGE]), page, len(found) > PAGE)


def exported_differences(
    *, guarantor: str = "", month: date | None = None, kind: TaxKind | None = None
) -> Iterator[DifferenceRow]:
    yield from map(_row, _steps(_differing(guarantor, month, kind)))


def difference_sums(*, guarantor: str = "", month: date | None = None) -> list[KindSum]:
    """How many lines differ in which way, and by how much, the most lines first."""
    told = (
        _differing(guarantor, month, None)
        .values_list("kind")
        .annotate(
            lines=Count("id"),
            total=Sum("difference_minor"),
            over=Sum(Greatest("difference_minor", 0)),
            under=Sum(-Least("difference_minor", 0)),
        )
        .order_by("-lines", "kind")
    )
    return [KindSum(TaxKind(kind), *map(int, sums)) for kind, *sums in told]


def strays(*, limit: int = SHOWN_MAX) -> list[Stray]:
    """What customs said of bills for no list of ours, the newest first."""
    rows = models.TaxInbox.objects.order_by("-first_at", "-id")[:limit]
    return [_stray(row) for row in rows]


def stray_count(*, most: int = 10_000) -> int:
    return len(models.TaxInbox.objects.values("id")[:most])


def unbilled(*, now: datetime, limit: int = SHOWN_MAX) -> list[Unbilled]:
    """Released lists that should have a bill and have none, the oldest first, with the tax collected for them."""
    params = {"since": first_id(now - UNBILLED_FOR), "until": now - UNBILLED_AFTER, "most": limit}
    rows = sql.rows(sql.load("customs", "unbilled"), params)
    sold = orders.taxed_lines(keys=[(row["buyer_id"], row["parcel_id"]) for row in rows]) if rows else {}
    return [
        Unbilled(
            **row, collected=sum(x.duty_minor + x.excise_minor + x.vat_minor for x in sold.get(row["parcel_id"], []))
        )
        for row in rows
    ]


def _to_pay(rows: QuerySet[models.TaxBill]) -> QuerySet[models.TaxBill]:
    owed = rows.filter(payment_id__isnull=True, due_on__isnull=False).exclude(state=BillState.VOID)
    return owed.annotate(total=_TOTAL).filter(total__gt=0)


def _chosen(wish: BillWish, today: date) -> QuerySet[models.TaxBill]:
    rows = models.TaxBill.objects.all()
    rows = rows.filter(guarantor=wish.guarantor) if wish.guarantor else rows
    rows = rows.filter(state=wish.state) if wish.state else rows
    rows = rows.filter(differs=True) if wish.differing else rows
    if wish.month:
        rows = rows.filter(made_on__gte=wish.month, made_on__lt=_next(wish.month))
    if wish.paid is Paid.PAID:
        rows = rows.filter(payment_id__isnull=False)
    elif wish.paid is Paid.OPEN:
        rows = _to_pay(rows)
    elif wish.paid is Paid.OVERDUE:
        rows = _to_pay(rows).filter(due_on__lt=today)
    text = wish.text.strip().upper()[:60]
    if text:
        begins = [Q(**{f"{name}__startswith": text}) for name in ("tax_no", "list_number", "order_number", "summed")]
        rows = rows.filter(begins[0] | begins[1] | begins[2] | begins[3])
    return rows


def _differing(guarantor: str, month: date | None, kind: TaxKind | None) -> QuerySet[models.TaxLine]:
    rows = models.TaxLine.objects.filter(kind=kind) if kind else models.TaxLine.objects.exclude(kind="")
    rows = rows.filter(guarantor=guarantor) if guarantor else rows
    return rows.filter(made_on__gte=month, made_on__lt=_next(month)) if month else rows


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _steps(rows: QuerySet[Any]) -> Iterator[Any]:
    after, left = None, EXPORT_MAX
    while left > 0:
        wanted = rows.order_by("id")
        found = list((wanted.filter(id__gt=after) if after else wanted)[: min(EXPORT_STEP, left)])
        yield from found
        after = found[-1].id if found else None
        left = left - len(found) if len(found) == EXPORT_STEP else 0


def _whole(rows: Collection[models.TaxBill]) -> list[WholeBill]:
    key = {"buyer_id__in": {row.buyer_id for row in rows}, "declaration_id__in": {row.declaration_id for row in rows}}
    notices: dict[tuple[UUID, str], list[models.TaxNotice]] = {}
    for notice in models.TaxNotice.objects.filter(**key).order_by("returned_at", "state", "id"):
        notices.setdefault((notice.declaration_id, notice.tax_no), []).append(notice)
    listed: dict[UUID, list[TaxLine]] = {}
    for line in models.TaxLine.objects.filter(**key).order_by("gnum"):
        listed.setdefault(line.declaration_id, []).append(_line(line))
    paid = {row.payment_id for row in rows if row.payment_id}
    paying = {row.id: reading.payment_of(row) for row in models.TaxPayment.objects.filter(id__in=paid)} if paid else {}
    found = []
    for row in rows:
        said = notices.get((row.declaration_id, row.tax_no), [])
        counts = next((one for one in said if one.id == row.notice_id), None)
        found.append(
            WholeBill(
                bill=_bill(row, counts.note if counts else ""),
                lines=lines_of(counts.lines) if counts else (),
                notices=tuple(_notice(one) for one in said),
                listed=tuple(listed.get(row.declaration_id, [])),
                payment=paying.get(row.payment_id) if row.payment_id else None,
            )
        )
    return found


def _bill(row: models.TaxBill, note: str = "") -> TaxBill:
    return TaxBill(
        id=row.id,
        buyer_id=row.buyer_id,
        declaration_id=row.declaration_id,
        parcel_id=row.parcel_id,
        order_number=row.order_number,
        list_number=row.list_number,
        tax_no=row.tax_no,
        guarantor=row.guarantor,
        state=BillState(row.state),
        summed=row.summed,
        taxes=Taxes(row.duty_minor, row.vat_minor, row.excise_minor),
        made_on=row.made_on,
        due_on=row.due_on,
        payment_id=row.payment_id,
        paid_minor=row.paid_minor,
        differs=row.differs,
        note=note,
    )


def _notice(row: models.TaxNotice) -> TaxNotice:
    return TaxNotice(row.message, BillState(row.state), row.summed, row.returned_at, row.received_at, row.times)


def _line(row: models.TaxLine) -> TaxLine:
    return TaxLine(
        gnum=row.gnum,
        collected=Taxes(row.duty_minor, row.vat_minor, row.excise_minor),
        lifted=Taxes(row.lifted_duty_minor, row.lifted_vat_minor, row.lifted_excise_minor),
        billed=Taxes(row.billed_duty_minor, row.billed_vat_minor, row.billed_excise_minor),
        value=row.value_minor,
        billed_value=row.billed_value_minor,
        code=row.code,
        billed_code=row.billed_code,
        kind=TaxKind(row.kind) if row.kind else None,
    )


def _row(row: models.TaxLine) -> DifferenceRow:
    return DifferenceRow(
        buyer_id=row.buyer_id,
        parcel_id=row.parcel_id,
        order_number=row.order_number,
        list_number=row.list_number,
        guarantor=row.guarantor,
        made_on=row.made_on,
        line=_line(row),
    )


def _stray(row: models.TaxInbox) -> Stray:
    told = row.told
    sums = [to_minor(Decimal(told[name]), "CNY") for name in ("duty", "vat", "excise") if name in told]
    return Stray(
        id=row.id,
        message=row.message,
        list_number=row.list_number,
        tax_no=row.tax_no,
        guarantor=told["guarantor"],
        state=BillState(told["state"]),
        total=sum(sums) if sums else None,
        returned_at=row.returned_at,
        first_at=row.first_at,
        times=row.times,
    )
