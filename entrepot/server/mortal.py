"""Processes that do not outlive the one that started them."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from entrepot.server.logs import tell_where

_log = logging.getLogger("entrepot.serve")


def end_with_parent() -> None:
    """On Linux: be sent SIGTERM when the parent ends, even when it was killed with -9. Elsewhere nothing happens."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def fork(name: str, run: Callable[[], None]) -> int:
    """A process of its own that runs `run` and ends with this one; its number."""
    sys.stdout.flush()
    sys.stderr.flush()
    starter = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, _quit)  # before we are sent one: the supervisor's own only notes it
        end_with_parent()
        if os.getppid() != starter:
            raise SystemExit  # it had ended before it was to be told of
        tell_where()
        _name(name)
        os.setsid()  # Ctrl-C at the terminal reaches the supervisor only; it ends us in order
        run()
        code = 0
    except (KeyboardInterrupt, SystemExit):
        code = 0
    except Exception:  # noqa: BLE001 the last frame of a process: told, then it ends and is started again
        _log.exception("%s failed", name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _name(name: str) -> None:
    """What `ps` and `top` show; 15 characters count."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"entrepot-{name}"[:15])


def _quit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit
