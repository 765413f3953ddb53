"""What identity does by itself."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

from entrepot.identity import services
from entrepot.kit import sql
from entrepot.kit.clock import now
from entrepot.outbox.services import every


@every("23 19 * * *")  # 03:23 in China
def purge_dropped_real_names() -> None:
    """Empty the records whose time is over, batch by batch: buyers are promised the day."""
    while services.purge_real_names(now=now()):
        continue


@every("41 19 * * *")
def forget_ended_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@every("47 19 * * *")
def forget_old_counts() -> None:
    """Of throttles: the fewer there are, the sooner the next is written."""
    sql.run("DELETE FROM cache_entry WHERE expires < %s", (now(),))
