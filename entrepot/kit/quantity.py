"""Legal quantities: an amount in a customs unit, with exact conversion inside mass and volume."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Unit codes as in the CEB unit table (General Administration of Customs): (dimension, factor to the base unit).
_UNITS: dict[str, tuple[str, Decimal]] = {
    "007": ("piece", Decimal(1)),  # 个
    "011": ("piece", Decimal(1)),  # 件
    "035": ("mass", Decimal(1000)),  # 千克
    "036": ("mass", Decimal(1)),  # 克
    "095": ("volume", Decimal(1000)),  # 升
    "096": ("volume", Decimal(1)),  # 毫升
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """`amount` in `unit`, a three-digit CEB unit code ("035" kilogram). Amounts are positive or zero."""

    amount: Decimal
    unit: str

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("a quantity is not negative")
        if len(self.unit) != 3 or not self.unit.isdigit():
            raise ValueError(f"not a customs unit code: {self.unit!r}")

    def __mul__(self, times: int) -> Quantity:
        return Quantity(self.amount * times, self.unit)

    def to(self, unit: str) -> Quantity:
        """The same quantity in another unit of its dimension. Raises ValueError between dimensions (g to ml)."""
        if unit == self.unit:
            return self
        mine, theirs = _UNITS.get(self.unit), _UNITS.get(unit)
        if mine is None or theirs is None or mine[0] != theirs[0]:
            raise ValueError(f"no conversion from unit {self.unit} to {unit}")
        return Quantity(self.amount * mine[1] / theirs[1], unit)
