"""The database cannot be reached for a while: it restarts, or has no connection left. Or it has not finished in the
time that a visitor is kept waiting. Told as such, not as a fault."""

from __future__ import annotations

import logging

import psycopg
from django.db import InterfaceError, OperationalError

from entrepot.kit.refusals import Refusal

# PostgreSQL's error codes, Appendix A: 08 connection exception, 53300 too many connections, 57P01 to 57P03 the server
# is being shut down, has crashed, or does not take connections yet.
_CODES = ("08", "53300", "57P01", "57P02", "57P03")
# 57014 a statement is broken off at its time limit, 55P03 a lock was not to be had, 40P01 two waited for each other.
_LATE = ("57014", "55P03", "40P01")
_log = logging.getLogger(__name__)


class DatabaseAway(Refusal):
    """Whether what was under way has been written is not known; the same idempotency key finds it."""

    code = "database_away"
    status = 503
    retry_after_s = 2
    in_doubt = True
    zh = "服务正在恢复，请稍候再试；用同一幂等键重新提交不会重复处理"
    en = "We will be back in a moment; please try again. Sent again under the same key, nothing happens twice"


class TookTooLong(Refusal):
    """A statement was broken off and its transaction taken back; those before it may stand."""

    code = "took_too_long"
    status = 503
    retry_after_s = 5
    in_doubt = True
    zh = "系统繁忙，处理时间过长已中止，请稍候再试"
    en = "This took too long and was broken off; please try again in a moment"


def away(wrong: BaseException | None) -> DatabaseAway | TookTooLong | None:
    """What to tell where this came of a database that is away or too slow; None for every other fault."""
    if not isinstance(wrong, OperationalError | InterfaceError):
        return None
    cause = wrong.__cause__
    code = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    if code in _LATE:
        return TookTooLong()
    return DatabaseAway() if code is None or code.startswith(_CODES) else None


def told_away(wrong: Exception, path: str) -> DatabaseAway | TookTooLong | None:
    """The same, where nobody else logs it: what was too slow is logged whole, for somebody should look at it."""
    found = away(wrong)
    if isinstance(found, TookTooLong):
        _log.error("broken off at %s", path, exc_info=wrong)
    return found


class Brief(logging.Filter):
    """Of a database that is away one line is written for each request, without the way the fault took."""

    def filter(self, record: logging.LogRecord) -> bool:
        wrong = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(away(wrong), DatabaseAway):
            record.msg, record.args = "the database is away: %s", (str(wrong).partition("\n")[0],)
            record.exc_info = record.exc_text = None
        return True
