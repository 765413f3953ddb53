"""Limits of a basket."""

from __future__ import annotations

LINES_MAX = 50
QUANTITY_MAX = 99  # units of one SKU
KEPT_DAYS = 90  # an untouched basket is forgotten after
