"""Verbs of the shelf."""

from entrepot.shelf.services.refreshing import rebuild, refresh, refresh_everywhere

__all__ = ["rebuild", "refresh", "refresh_everywhere"]
