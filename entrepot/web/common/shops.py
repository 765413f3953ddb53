"""Where a shop is found."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from entrepot.storefronts.types import Storefront


def address_of(shop: Storefront | None) -> str:
    """A shop's first own name; the house's address where it has none, or that one too."""
    public = urlsplit(settings.PUBLIC_URL)
    names = [name for name in shop.hosts if name] if shop else []
    at = public.netloc if not names or public.hostname in names else names[0]
    return f"{public.scheme}://{at}"
