from django.conf import settings
from django.db import connections


def serve_visitors() -> None:
    """From now on this process's new connections end what takes too long, since somebody waits for it; migrations, jobs
    and the like have all the time they need. Set by statement: poolers refuse it at the start of a connection."""
    connections.settings["default"]["SESSION"] = {
        "statement_timeout": f"{settings.STATEMENT_TIMEOUT_S}s",
        "idle_in_transaction_session_timeout": f"{settings.IDLE_TRANSACTION_TIMEOUT_S}s",
    }
