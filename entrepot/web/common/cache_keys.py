"""Keys of the shared cache: hashed with our key, since throttles count by address, phone and IP."""

from __future__ import annotations

from entrepot.kit.sealing import sealer


def keyed(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION: what the database holds tells nothing about whom it counts."""
    return sealer().blind_index(f"{key_prefix}:{version}:{key}", "cache").hex()
