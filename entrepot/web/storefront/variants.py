"""The variants of a product as links: each leads to the SKU that keeps as much of the present choice as there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from entrepot.catalogue.types import Sku
from entrepot.web.common.formats import text

_AXES = {
    "colour": gettext_noop("Colour"),
    "color": gettext_noop("Colour"),
    "size": gettext_noop("Size"),
    "shoe_size": gettext_noop("Size"),
    "volume": gettext_noop("Volume"),
    "weight": gettext_noop("Weight"),
    "shade": gettext_noop("Shade"),
    "flavour": gettext_noop("Flavour"),
    "scent": gettext_noop("Scent"),
    "stage": gettext_noop("Stage"),
    "pack": gettext_noop("Pack"),
    "count": gettext_noop("Count"),
    "capacity": gettext_noop("Capacity"),
    "storage": gettext_noop("Storage"),
    "length": gettext_noop("Length"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    address: str
    image: str | None
    chosen: bool
    left: int


@dataclass(frozen=True, slots=True)
class Axis:
    label: str
    chosen: str
    values: tuple[Choice, ...]


def axis_name(key: str) -> str:
    known = _AXES.get(key)
    return _(known) if known else key.replace("_", " ").capitalize()


def axes(skus: Sequence[Sku], chosen: Sku, left: Mapping[UUID, int], base: str) -> tuple[Axis, ...]:
    """One axis per difference between the SKUs, its values in the SKUs' order. `left` is free stock by SKU id."""
    keys = list(dict.fromkeys(key for sku in skus for key in sku.axes))
    return tuple(
        Axis(axis_name(key), text(chosen.axes.get(key, {})), _choices(skus, chosen, key, left, base))
        for key in keys
        if len({text(sku.axes[key]) for sku in skus if key in sku.axes}) > 1 or key in chosen.axes
    )


def _choices(skus: Sequence[Sku], chosen: Sku, key: str, left: Mapping[UUID, int], base: str) -> tuple[Choice, ...]:
    by_value: dict[str, list[Sku]] = {}
    for sku in skus:
        if key in sku.axes:
            by_value.setdefault(text(sku.axes[key]), []).append(sku)
    pictured = len({sku.image for sku in skus}) > 1 and all(
        len({sku.image for sku in group}) == 1 for group in by_value.values()
    )
    choices = []
    for label, group in by_value.items():
        best = max(group, key=lambda sku: (_alike(sku, chosen, key), left.get(sku.id, 0) > 0))
        choices.append(
            Choice(
                label=label,
                address=f"{base}?{urlencode({'sku': best.code})}",
                image=best.image if pictured else None,
                chosen=label == text(chosen.axes.get(key, {})),
                left=left.get(best.id, 0),
            )
        )
    return tuple(choices)


def _alike(sku: Sku, chosen: Sku, besides: str) -> int:
    return sum(sku.axes.get(key) == value for key, value in chosen.axes.items() if key != besides)
