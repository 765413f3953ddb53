"""Invoices come in, a run lays them on the lots, and is reversed when it must be another."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from sys import intern
from uuid import UUID

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from entrepot.audit.services import record
from entrepot.kit import sql
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import emit
from entrepot.procurement.landing import models as tables
from entrepot.procurement.landing import rules
from entrepot.procurement.landing.types import Basis, CostKind, InvoiceDraft, LandingLineDraft
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.types.lots import Charge, LotFacts
from entrepot.tariff import selectors as tariff

COMPARED_IN = "CNY"  # values of lots in several currencies are compared in it
INVOICES_MAX = 200
CHANGED = "procurement.landing_changed"  # invoices or goods came that the run that stands does not know
BATCH = 20_000
Key = tuple[UUID, UUID]
Told = Callable[[int, int], None]  # so many done, of so many


class LandingInvalid(Invalid):
    code = "landing_invalid"
    zh = "第{position}行批次资料有误：{what}"
    en = "Line {position} of the lots cannot be right: {what}"


class UnknownLanding(NotFound):
    code = "unknown_landing"
    zh = "没有找到这批到货"
    en = "There is no such landing"


class InvoiceInvalid(Invalid):
    code = "landing_invoice_invalid"
    zh = "费用发票有误：{what}"
    en = "The invoice's {what} cannot be right"


class InvoiceKnown(Refusal):
    code = "landing_invoice_known"
    zh = "发票{number}已登记"
    en = "Invoice {number} is on record already"


class UnknownInvoice(NotFound):
    code = "unknown_landing_invoice"
    zh = "没有找到这张费用发票"
    en = "There is no such invoice"


class InvoiceNotNow(Refusal):
    code = "landing_invoice_withdrawn"
    zh = "该发票已撤回"
    en = "The invoice is withdrawn already"


class NothingToAllocate(Refusal):
    code = "nothing_to_allocate"
    zh = "没有可分摊的发票，或批次从未入库"
    en = "There is no invoice to allocate, or a lot never came"


class NothingToReverse(Refusal):
    code = "nothing_to_reverse"
    zh = "没有有效的分摊可以冲回"
    en = "No run stands that could be reversed"


class NoExchangeRate(Refusal):
    code = "no_rate_that_day"
    status = 422
    zh = "{on} 没有 {asked} 折算 {wanted} 的汇率：请先导入汇率"
    en = "There is no rate from {asked} to {wanted} for {on}: import one first"


class NoMeasure(Refusal):
    code = "no_measure"
    status = 422
    zh = "发票{number}无法按“{what}”分摊：{count}个批次没有该数据"
    en = "Invoice {number} cannot be shared by {what}: {count} lots have none"


class NoLotsInLine(Refusal):
    code = "no_lots_in_duty_line"
    status = 422
    zh = "发票{number}的税则号{hs}下没有批次"
    en = "Invoice {number} has a duty line {hs} that no lot falls under"


class NoSuchLot(Refusal):
    code = "no_such_lot_in_landing"
    status = 422
    zh = "发票{number}写明的批次{lot}不在这批到货中，或不止一个"
    en = "Invoice {number} names the lot {lot}, which is not, or not once, in this landing"


def _nobody(_done: int, _whole: int) -> None:
    return None


def open_landing(*, name: str, lines: Sequence[LandingLineDraft], actor: str, now: datetime) -> UUID:
    """Lots that came together and will bear the same invoices. Refuses LandingInvalid(field)."""
    fault = (0, "name") if not 0 < len(name.strip()) <= 100 else rules.line_fault(lines)
    if fault is not None:
        raise LandingInvalid(field=fault[1], position=fault[0] + 1, what=fault[1])
    codes = _codes(lines)
    with transaction.atomic():
        row = tables.Landing.objects.create(
            number=human_number("LC", now), name=name.strip(), lots=len(lines), created_at=now
        )
        for start in range(0, len(lines), BATCH):
            part = lines[start : start + BATCH]
            params = {
                "base": new_id(), "of_id": row.id, "before": start, "hs_codes": [line.hs_code for line in part],
                "sku_ids": sql.array(line.sku_id for line in part), "lot_ids": sql.array(line.lot_id for line in part),
                "lots": codes[start : start + BATCH],
                "grosses": sql.array(line.gross_g for line in part),
                "volumes": sql.array(line.volume_ml for line in part),
            }  # fmt: skip
            sql.run(sql.load("procurement", "landing_lines"), params)
        _trace(row.id, "open", actor, name, now)
    return row.id


def add_invoice(*, landing_id: UUID, draft: InvoiceDraft, actor: str, now: datetime) -> UUID:
    """An invoice comes in; it counts with the next run. Refuses UnknownLanding, InvoiceInvalid(field), InvoiceKnown."""
    fault = rules.invoice_fault(draft)
    if fault is not None:
        raise InvoiceInvalid(field=fault, what=fault)
    fields = {name: getattr(draft, name) for name in InvoiceDraft.__dataclass_fields__ if not name.endswith("_amounts")}
    try:
        with transaction.atomic():
            row = _locked(landing_id)
            if tables.LandingInvoice.objects.filter(of_id=row.id).count() >= INVOICES_MAX:
                raise InvoiceInvalid(field="number", what="count")
            made = tables.LandingInvoice.objects.create(
                of=row, created_at=now, hs_amounts=dict(draft.hs_amounts), lot_amounts=dict(draft.lot_amounts), **fields
            )
            tell_changed(row=row)
            _trace(row.id, "invoice", actor, draft.number, now)
    except IntegrityError as clash:
        if isinstance(clash.__cause__, UniqueViolation):
            raise InvoiceKnown(field="number", number=draft.number) from clash
        raise
    return made.id


def withdraw_invoice(*, landing_id: UUID, invoice_id: UUID, reason: str, actor: str, now: datetime) -> None:
    """An invoice was wrong: it counts no more from the next run on. Refuses UnknownInvoice, InvoiceNotNow."""
    with transaction.atomic():
        row = _locked(landing_id)
        invoices = tables.LandingInvoice.objects.filter(of_id=row.id, id=invoice_id)
        if not invoices.exists():
            raise UnknownInvoice(what="invoice")
        if not invoices.filter(withdrawn_at=None).update(withdrawn_at=now):
            raise InvoiceNotNow
        tell_changed(row=row)
        _trace(row.id, "withdraw", actor, reason, now)


def allocate_landing(*, landing_id: UUID, actor: str, now: datetime, told: Told = _nobody) -> UUID:
    """Lay all invoices on the lots as they stand now; a run that stood is reversed in the same transaction. Returns the
    run. `told` hears how many shares are reckoned and laid, of how many. Refuses UnknownLanding, NothingToAllocate,
    NoExchangeRate, NoMeasure, NoLotsInLine, NoSuchLot; then nothing changes."""
    with transaction.atomic():
        row = _locked(landing_id)
        invoices = list(tables.LandingInvoice.objects.filter(of_id=row.id, withdrawn_at=None).order_by("id"))
        facts, lots = _lots(row.id)
        if not invoices or not all(lot.units for lot in lots):
            raise NothingToAllocate
        charges: list[tuple[tables.LandingInvoice, Charge]] = []
        for done, one in enumerate(invoices, 1):
            charges += [(one, charge) for charge in _charges(one, lots)]
            told(done * len(facts) // len(invoices), 2 * len(facts))
        del lots  # there may be many, and what follows needs room
        _reverse(row.id, actor, "", now)
        run = tables.LandingRun.objects.create(
            of=row, number=tables.LandingRun.objects.filter(of_id=row.id).count() + 1, actor=actor[:60], at=now
        )
        borne = stock_verbs.lay_costs(
            run_id=run.id, charges=[one for _, one in charges], lots=facts, now=now,
            told=lambda laid: told(len(facts) + laid, 2 * len(facts)),
        )  # fmt: skip
        tables.RunCharge.objects.bulk_create(
            [
                tables.RunCharge(
                    id=charge.id, run=run, invoice=invoice, currency=charge.currency, rate=charge.rate,
                    source=charge.source, paid_minor=sum(charge.paid), amount_minor=sum(charge.amounts),
                    stock_minor=part.stock_minor, sold_minor=part.sold_minor, lost_minor=part.lost_minor,
                )
                for (invoice, charge), part in zip(charges, borne, strict=True)
            ]
        )  # fmt: skip
        _trace(row.id, "allocate", actor, "", now)
    return run.id


def reverse_landing(*, landing_id: UUID, reason: str, actor: str, now: datetime) -> None:
    """The run that stands is taken back: the lots cost what they cost before it. Refuses UnknownLanding,
    NothingToReverse, InvoiceInvalid(field) without a reason."""
    if not reason.strip():
        raise InvoiceInvalid(field="reason", what="reason")
    with transaction.atomic():
        row = _locked(landing_id)
        if not _reverse(row.id, actor, reason.strip(), now):
            raise NothingToReverse
        _trace(row.id, "reverse", actor, reason, now)


def tell_changed(*, row: tables.Landing) -> None:
    """A landing that opened by itself is run again by itself; who made one by hand says when. In a transaction."""
    if row.source is not None:
        emit(topic=CHANGED, aggregate_id=row.id, buyer_id=None, payload={})


def _reverse(landing_id: UUID, actor: str, reason: str, now: datetime) -> bool:
    run = tables.LandingRun.objects.filter(of_id=landing_id, reversed_at=None).first()
    if run is None:
        return False
    tables.LandingRun.objects.filter(id=run.id).update(reversed_at=now, reversed_by=actor[:60], reason=reason[:200])
    stock_verbs.take_back_costs(run_id=run.id, now=now)
    return True


def _charges(invoice: tables.LandingInvoice, lots: Sequence[rules.Lot]) -> list[Charge]:
    """The invoice shared among the lots, one charge for each currency that lots have."""
    draft = InvoiceDraft(
        number=invoice.number, supplier=invoice.supplier, kind=CostKind(invoice.kind), basis=Basis(invoice.basis),
        currency=invoice.currency, amount_minor=invoice.amount_minor, invoiced_on=invoice.invoiced_on,
        hs_amounts=invoice.hs_amounts, lot_amounts=invoice.lot_amounts,
    )  # fmt: skip
    currencies = sorted({lot.currency for lot in lots})
    several = len(currencies) > 1 and draft.basis in (Basis.VALUE, Basis.HS)
    compared = {one: _rate(one, COMPARED_IN, draft.invoiced_on)[0] if several else Decimal(1) for one in currencies}
    parts = rules.shared(draft, lots, compared)
    if isinstance(parts, rules.Lacking):
        if draft.basis is Basis.HS:
            raise NoLotsInLine(field="hs_amounts", number=draft.number, hs=parts.what)
        if draft.basis is Basis.STATED:
            raise NoSuchLot(field="lot_amounts", number=draft.number, lot=parts.what)
        raise NoMeasure(field="basis", number=draft.number, what=parts.what, count=parts.count)
    charges = []
    for currency in currencies:
        mine = [i for i, lot in enumerate(lots) if lot.currency == currency and parts[i]]
        if not mine:
            continue
        rate, source = _rate(draft.currency, currency, draft.invoiced_on)
        amounts = rules.converted([parts[i] for i in mine], draft.currency, currency, rate)
        paid, laid = array("q", bytes(8 * len(lots))), array("q", bytes(8 * len(lots)))  # numbers, not objects
        for i, amount in zip(mine, amounts, strict=True):
            paid[i], laid[i] = parts[i], amount
        charges.append(Charge(new_id(), draft.kind.value, draft.currency, currency, rate, source, paid, laid))
    return charges


def _rate(asked: str, wanted: str, on: date) -> tuple[Decimal, str]:
    """The rate and whose it is. Refuses NoExchangeRate."""
    if asked == wanted:
        return Decimal(1), ""
    found = tariff.exchange_rate(asked=asked, wanted=wanted, on=on)
    if found is None:
        raise NoExchangeRate(field="currency", asked=asked, wanted=wanted, on=on.isoformat())
    return round(found.rate, rules.RATE_PLACES), found.source[:300]


def _lots(landing_id: UUID) -> tuple[list[LotFacts], list[rules.Lot]]:
    """The lots of a landing in its order, and what each is weighed by. Read bit by bit and without objects: there may
    be many."""
    names = ("n", "sku_id", "lot_id", "gross_g", "volume_ml", "hs_code")
    rows = tables.LandingLine.objects.filter(of_id=landing_id).order_by("n").values_list(*names)
    facts: list[LotFacts] = []
    weighed: list[rules.Lot] = []
    last = -1
    while lines := list(rows.filter(n__gt=last)[:BATCH]):
        last = lines[-1][0]
        known = _facts([(sku_id, lot_id) for _n, sku_id, lot_id, *_ in lines])
        for _n, sku_id, lot_id, gross_g, volume_ml, hs_code in lines:
            one = known[sku_id, lot_id]
            facts.append(one)
            measures = gross_g, volume_ml, intern(hs_code)
            weighed.append(rules.Lot(one.units, one.unit_cost, one.currency, *measures, one.code))
    return facts, weighed


def _codes(lines: Sequence[LandingLineDraft]) -> list[str]:
    """What the lots are called. Refuses LandingInvalid(field) where one does not exist."""
    codes = []
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        facts = _facts([(line.sku_id, line.lot_id) for line in part])
        for position, line in enumerate(part, start + 1):
            if (line.sku_id, line.lot_id) not in facts:
                raise LandingInvalid(field="lot", position=position, what="lot")
            codes.append(facts[line.sku_id, line.lot_id].code)
    return codes


def _facts(keys: Sequence[Key]) -> Mapping[Key, LotFacts]:
    return stock.lot_facts(lots=keys)


def _locked(landing_id: UUID) -> tables.Landing:
    row = tables.Landing.objects.select_for_update().filter(id=landing_id).first()
    if row is None:
        raise UnknownLanding(what="landing")
    return row


def _trace(landing_id: UUID, action: str, actor: str, reason: str, now: datetime) -> None:
    record(
        actor=actor,
        action=f"procurement.landing_{action}",
        subject_kind="landing",
        subject_id=landing_id,
        buyer_id=None,
        reason=reason,
        at=now,
    )
