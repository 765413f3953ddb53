"""Verbs of the shelf."""

from entrepot.shelf.services.refreshing import follow_rates, rebuild, refresh, refresh_everywhere

__all__ = ["follow_rates", "rebuild", "refresh", "refresh_everywhere"]
