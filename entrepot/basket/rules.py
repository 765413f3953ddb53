"""Limits of a basket."""

from __future__ import annotations

from entrepot.basket.types import LINES_MAX, QUANTITY_MAX

KEPT_DAYS = 90  # an untouched basket is forgotten after

__all__ = ["KEPT_DAYS", "LINES_MAX", "QUANTITY_MAX"]
