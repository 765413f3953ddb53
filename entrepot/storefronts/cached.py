"""The storefronts as this process last read them: a handful of rows that change a few times a year."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from entrepot.kit.kept import Kept
from entrepot.storefronts.models import Host
from entrepot.storefronts.models import Storefront as Row
from entrepot.storefronts.types import Storefront

KEPT_S = 30  # other processes see a change after at most this
_kept: Kept[tuple[Storefront, ...]] = Kept(keep_s=KEPT_S)


def storefronts() -> tuple[Storefront, ...]:
    """All storefronts, oldest first."""
    return _kept.get("all", _read)


def forget() -> None:
    _kept.forget()


def _read() -> tuple[Storefront, ...]:
    hosts = ArraySubquery(Host.objects.filter(storefront=OuterRef("pk")).order_by("id").values("name"))
    return tuple(
        Storefront(
            id=row.id,
            code=row.code,
            names=row.names,
            hosts=tuple(row.host_names),
            default_language=row.default_language,
            languages=tuple(row.languages),
            currency=row.currency,
        )
        for row in Row.objects.annotate(host_names=hosts).order_by("opened_at", "id")
    )
