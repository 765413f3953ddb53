"""All forms, registered by being imported."""

from entrepot.demo.art.forms import (
    bags,
    care,
    coats,
    compacts,
    devices,
    drinks,
    household,
    jars,
    kitchen,
    knits,
    machines,
    nursery,
    packs,
    play,
    sandals,
    shoes,
    vessels,
    wear,
    wraps,
)

__all__ = [
    "bags", "care", "coats", "compacts", "devices", "drinks", "household", "jars", "kitchen", "knits", "machines",
    "nursery", "packs", "play", "sandals", "shoes", "vessels", "wear", "wraps",
]  # fmt: skip
