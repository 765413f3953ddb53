"""Money: integer minor units and a currency. Sums are split by one allocator, so parts always add up to the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm

# ISO 4217:2015 minor units, for the currencies that do not have two.
_EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip


@lru_cache(maxsize=512)
def exponent(currency: str) -> int:
    """Decimal places of the currency's minor unit (ISO 4217): CNY 2, JPY 0, KWD 3."""
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise ValueError(f"not an ISO 4217 code: {currency!r}")
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str, rounding: str = ROUND_HALF_UP) -> int:
    """Round a decimal amount to minor units; the mode is the document's, half-up is China customs' (CEB816)."""
    return int(amount.scaleb(exponent(currency)).quantize(Decimal(1), rounding=rounding))


def to_decimal(minor: int, currency: str) -> Decimal:
    """Minor units as an exact decimal with the currency's places: 42500 CNY is Decimal("425.00")."""
    return decimal(minor, exponent(currency))


def decimal(minor: int, places: int) -> Decimal:
    """Minor units as an exact decimal with so many places."""
    return Decimal(minor).scaleb(-places)


def allocate(total: int, weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    """Share `total` by `weights`, largest remainder first; parts sum to `total` exactly.

    Ties go to the earlier position, so the same input always gives the same parts. All weights zero shares evenly.
    Negative totals (refunds) mirror positive ones. Raises ValueError for no weights or a negative one.
    """
    return allocate_each([total], weights)[0]


def allocate_each(totals: Iterable[int], weights: Sequence[int | Decimal | Fraction]) -> list[list[int]]:
    """`allocate` of each total by the same weights, which are looked at once."""
    if not weights:
        raise ValueError("nothing to share among")
    parts = _whole(weights)
    if min(parts) < 0:
        raise ValueError("weights must not be negative")
    whole = sum(parts)
    if whole == 0:
        parts, whole = [1] * len(parts), len(parts)
    return [_shared(total, parts, whole) for total in totals]


def _shared(total: int, parts: Sequence[int], whole: int) -> list[int]:
    sign, size = (-1, -total) if total < 0 else (1, total)
    shares = [size * part // whole for part in parts]
    if left := size - sum(shares):
        remainders = [size * part % whole for part in parts]
        for i in sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)[:left]:  # stable: ties in order
            shares[i] += 1
    return [-share for share in shares] if sign < 0 else shares


def _whole(weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    """The weights as whole numbers in the same proportion."""
    if set(map(type, weights)) == {int}:
        return list(weights)  # type: ignore[arg-type]
    parts = [Fraction(weight) for weight in weights]
    scale = lcm(*(part.denominator for part in parts))
    return [part.numerator * (scale // part.denominator) for part in parts]


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: `minor` units of `currency`. Mixing currencies raises ValueError."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError("minor units are whole numbers")
        exponent(self.currency)

    @classmethod
    def of(cls, amount: Decimal | str, currency: str, rounding: str = ROUND_HALF_UP) -> Money:
        return cls(to_minor(Decimal(amount), currency, rounding), currency)

    @property
    def decimal(self) -> Decimal:
        return to_decimal(self.minor, self.currency)

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if not isinstance(times, int):
            raise TypeError("money times a whole number; a rate is applied by the verb that owns its rounding")
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def share(self, weights: Sequence[int | Decimal]) -> list[Money]:
        """`allocate` for money."""
        return [Money(part, self.currency) for part in allocate(self.minor, weights)]

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"
