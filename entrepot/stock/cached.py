"""The warehouses and shelf lives as this process last read them: small tables that change a few times a year."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.kept import Kept
from entrepot.stock.lot_models import ShelfLife
from entrepot.stock.models import Warehouse as Row
from entrepot.stock.types import Warehouse, WarehouseKind

KEPT_S = 30  # other processes see a change after at most this
_kept: Kept[Mapping[UUID, Warehouse]] = Kept(keep_s=KEPT_S)


_lives: Kept[Mapping[UUID, int]] = Kept(keep_s=KEPT_S)


def forget_shelf_lives() -> None:
    _lives.forget()


def shelf_lives() -> Mapping[UUID, int]:
    """Days of shelf life that goods must have left, by channel; none for those that ask for none."""
    return _lives.get("all", lambda: dict(ShelfLife.objects.values_list("channel_id", "days_min")))


def sold_until(day: date, channel_ids: Collection[UUID | None]) -> date:
    """The day that the expiry of lots must lie behind, to be sold on `day` by the most lenient of these channels."""
    lives = shelf_lives()
    return day + timedelta(days=min((lives.get(one, 0) if one else 0 for one in channel_ids), default=0))


def fresh_day(now: datetime) -> date:
    """The day that the expiry of lots must lie behind, to be sold everywhere: others are told when such goods come, so
    no channel hears too late."""
    return day_in(CHINA, now) + timedelta(days=max(shelf_lives().values(), default=0))


def days_of_sale(now: datetime) -> list[date]:
    """The days that the expiry of lots must lie behind, to be sold today: at all, and where shelf life must be left."""
    day = day_in(CHINA, now)
    return sorted({day, *(day + timedelta(days=least) for least in shelf_lives().values())})


def forget_warehouses() -> None:
    _kept.forget()


def warehouses() -> Mapping[UUID, Warehouse]:
    """Every warehouse by id, ordered by code. One that another process made a moment ago is found too: an id that is
    not known is looked up again."""
    return _kept.get("all", Known)


class Known(Mapping[UUID, Warehouse]):
    """Warehouses as last read; read again for an id that is not among them."""

    def __init__(self) -> None:
        self._rows = _read()

    def __getitem__(self, warehouse_id: UUID) -> Warehouse:
        if warehouse_id not in self._rows:
            self._rows = _read()
        return self._rows[warehouse_id]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _read() -> dict[UUID, Warehouse]:
    return {row.id: _warehouse(row) for row in Row.objects.order_by("code")}


def _warehouse(row: Row) -> Warehouse:
    return Warehouse(
        id=row.id,
        code=row.code,
        names=row.names,
        kind=WarehouseKind(row.kind),
        country=row.country,
        city=row.city,
        trade_mode=row.trade_mode,
        customs_code=row.customs_code,
        port_code=row.port_code,
        area_code=row.area_code,
        area_name=row.area_name,
        account_book=row.account_book,
        days_min=row.days_min,
        days_max=row.days_max,
        gate_pass_since=row.gate_pass_since,
    )
