"""Questions to the shelf."""

from entrepot.shelf.selectors.listing import BadFilter, NoSuchCategory, NoSuchPage, beginning, cards, firsts, listing
from entrepot.shelf.selectors.suggest import suggest

__all__ = ["BadFilter", "NoSuchCategory", "NoSuchPage", "beginning", "cards", "firsts", "listing", "suggest"]
