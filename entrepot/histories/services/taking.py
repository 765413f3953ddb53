"""A set of files is looked at, then taken over by the job, a batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.db import IntegrityError, transaction

from entrepot.audit.services import record
from entrepot.histories import models, rules
from entrepot.histories.services.making import Batch, make
from entrepot.histories.services.parties import Parties
from entrepot.histories.types import TakeOverState
from entrepot.kit.clock import now as clock_now
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import order_once
from entrepot.replenishment import selectors as replenishment
from entrepot.replenishment import services as replenishment_verbs
from entrepot.replenishment.types import Origin, ShipmentLine
from entrepot.stock import selectors as stock
from entrepot.stock.types import Warehouse, WarehouseKind
from entrepot.tariff import selectors as tariff

WORK = "histories.take_over"
FILES_MAX = 20
BYTES_MAX = 32 * 2**20  # of all files of a set
AT_ONCE = 100  # consignments of one transaction
KEPT = timedelta(days=30)  # files that were looked at and not begun
ACTOR = "system:histories"


class NoFiles(Invalid):
    code = "take_over_without_files"
    zh = "请选择 1 到 {most} 个文件，合计不超过 {mb} MB"
    en = "Choose 1 to {most} files, {mb} MB in all at most"


class NotThere(Invalid):
    code = "take_over_warehouse"
    zh = "请选择境外仓或国内仓：保税仓的货物须凭入区申报入库"
    en = "Choose a warehouse abroad or at home: goods come into a bonded one by a declaration"


class NotNow(Refusal):
    code = "take_over_not_now"
    zh = "该批历史数据当前状态不能进行此操作，或同一来源正在导入"
    en = "This take-over is in a state in which this cannot be done, or one of the same system is being made"


class UnknownTakeOver(NotFound):
    code = "unknown_take_over"
    zh = "没有找到这次历史承接"
    en = "There is no such take-over"


@dataclass(frozen=True, slots=True)
class Upload:
    """Files of one system by name and content, and the warehouse that the goods are counted in."""

    source: str
    warehouse_id: UUID
    files: Sequence[tuple[str, bytes]]


def look(*, upload: Upload, actor: str, now: datetime) -> UUID:
    """Read the files and say what would become of their lines; only that is written, and the files.

    Refuses NoFiles, NotThere, and what `replenishment.look_at_shipments` refuses.
    """
    _warehouse(upload.warehouse_id)
    if not 0 < len(upload.files) <= FILES_MAX or not 0 < sum(len(one) for _, one in upload.files) <= BYTES_MAX:
        raise NoFiles(field="files", most=FILES_MAX, mb=BYTES_MAX // 2**20)
    source = " ".join(upload.source.split())[:60]
    with _on_disk([content for _, content in upload.files]) as paths:
        report, lines = replenishment_verbs.look_at_shipments(files=paths, source=source)
    rates = rates_for(lines)
    left = Counter(why for line in lines if (why := rules.faults(line, rates)))
    with transaction.atomic():
        row = models.TakeOver.objects.create(
            source=source, files=[name[:160] for name, _ in upload.files], warehouse_id=upload.warehouse_id,
            state=TakeOverState.LOOKED, report=report, remarks=rules.remarks(lines), left_out=left,
            whole=report["consignments"], actor=actor, at=now,
        )  # fmt: skip
        models.TakenFile.objects.bulk_create(
            models.TakenFile(take_over=row, position=n, content=content) for n, (_, content) in enumerate(upload.files)
        )
        _trace(row.id, "look", actor, now)
    return row.id


def begin(*, take_over_id: UUID, actor: str, now: datetime) -> None:
    """Let the job make it. Refuses UnknownTakeOver, NotNow."""
    try:
        with transaction.atomic():
            _move(take_over_id, state=TakeOverState.WORKING, actor=actor, done=0)
            order_once(job=WORK, args={"take_over_id": str(take_over_id)})
            _trace(take_over_id, "begin", actor, now)
    except IntegrityError as clash:
        raise NotNow from clash


def drop(*, take_over_id: UUID, actor: str, now: datetime) -> None:
    """It is not wanted. Refuses UnknownTakeOver, NotNow."""
    with transaction.atomic():
        _move(take_over_id, state=TakeOverState.DROPPED, ended_at=now)
        models.TakenFile.objects.filter(take_over_id=take_over_id).delete()
        _trace(take_over_id, "drop", actor, now)


def drop_forgotten(*, now: datetime) -> int:
    """Take-overs that nobody began in `KEPT` are not wanted: their files go. How many."""
    old = models.TakeOver.objects.filter(state=TakeOverState.LOOKED, at__lt=now - KEPT)
    dropped = 0
    for take_over_id in old.values_list("id", flat=True):
        with suppress(NotNow):  # somebody begins or drops it at this moment
            drop(take_over_id=take_over_id, actor=ACTOR, now=now)
            dropped += 1
    return dropped


def work(
    *,
    take_over_id: UUID,
    now: datetime,
    told: Callable[[int, int], None] = lambda _done, _whole: None,
    clock: Callable[[], datetime] = clock_now,
) -> None:
    """The job: make what is not ours yet. Killed and begun again it goes on where it was. `told` hears how many
    consignments are made, of how many. What refuses the whole set is kept for who began it."""
    row = models.TakeOver.objects.filter(id=take_over_id, state=TakeOverState.WORKING).first()
    if row is None:
        return
    mine = models.TakeOver.objects.filter(id=row.id)
    try:
        _take_in(row, now)
        _make_all(row, now, told)
    except Refusal as no:
        mine.update(refused_zh=no.message("zh")[:300], refused_en=no.message("en")[:300])
    ours, lines, left = replenishment.outcome(source=row.source)
    with transaction.atomic():
        mine.update(
            state=TakeOverState.DONE,
            ended_at=clock(),
            left_out=left,
            report={**row.report, "ours": ours, "our_lines": lines},
        )
        models.TakenFile.objects.filter(take_over_id=row.id).delete()


def _take_in(row: models.TakeOver, now: datetime) -> None:
    contents = (
        models.TakenFile.objects.filter(take_over_id=row.id).order_by("position").values_list("content", flat=True)
    )
    origin = Origin(row.source, "", frozenset(), ", ".join(row.files)[:200], row.actor)
    with _on_disk([bytes(one) for one in contents]) as paths:
        replenishment_verbs.import_shipments(files=paths, origin=origin, now=now)
    replenishment_verbs.try_again(source=row.source)


def _make_all(row: models.TakeOver, now: datetime, told: Callable[[int, int], None]) -> None:
    warehouse = _warehouse(row.warehouse_id)
    whole = left = replenishment.waiting_count(source=row.source)
    parties = Parties(row.source, row.actor, now)
    while left:
        lines = replenishment.waiting_shipments(source=row.source, most=AT_ONCE)
        with transaction.atomic():
            became, out = _made(Batch(lines, rates_for(lines), parties, warehouse))
            replenishment_verbs.become(source=row.source, became=became, left_out=out)
            left = replenishment.waiting_count(source=row.source)
            models.TakeOver.objects.filter(id=row.id).update(done=whole - left, whole=whole)
        told(whole - left, whole)


def _made(batch: Batch) -> tuple[dict[str, UUID], dict[str, str]]:
    """All of the batch; where a neighbour refuses it, order by order, and what is refused then has its code for a
    reason."""
    try:
        with transaction.atomic():
            return make(batch)
    except Refusal as no:
        batch.parties.forget()  # what was put is not there any more
        orders: dict[str, list[ShipmentLine]] = {}
        for line in batch.lines:
            orders.setdefault(rules.order_number(line), []).append(line)
        if len(orders) == 1:
            return {}, {line.reference: no.code[:30] for line in batch.lines if line.became_id is None}
        became, left = dict[str, UUID](), dict[str, str]()
        for lines in orders.values():
            one, out = _made(replace(batch, lines=lines))
            became |= one
            left |= out
        return became, left


def rates_for(lines: Sequence[ShipmentLine]) -> Mapping[date, Decimal]:
    """Yuan for one of the lines' currency on each of their days that has a rate."""
    days = {day for line in lines for day in (rules.ordered_on(line), line.delivered_on)}
    currency = lines[0].currency if lines else ""
    found = {day: tariff.exchange_rates(currencies={currency}, on=day).get(currency) for day in days}
    return {day: one.rate for day, one in found.items() if one is not None}


def _warehouse(warehouse_id: UUID) -> Warehouse:
    found = stock.warehouses().get(warehouse_id)
    if found is None or found.kind not in (WarehouseKind.OVERSEAS, WarehouseKind.DOMESTIC):
        raise NotThere(field="warehouse")
    return found


def _move(take_over_id: UUID, **changes: object) -> None:
    rows = models.TakeOver.objects.filter(id=take_over_id)
    if not rows.filter(state=TakeOverState.LOOKED).update(**changes):
        raise NotNow if rows.exists() else UnknownTakeOver(what="take-over")


@contextmanager
def _on_disk(contents: Sequence[bytes]) -> Iterator[list[Path]]:
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{n}.csv" for n in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        yield paths


def _trace(take_over_id: UUID, action: str, actor: str, now: datetime) -> None:
    record(
        actor=actor, action=f"histories.{action}", subject_kind="take_over", subject_id=take_over_id, buyer_id=None,
        reason="", at=now,
    )  # fmt: skip
