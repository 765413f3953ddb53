"""One thread of the process for what may be done a little later, away from who asked for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import BoundedSemaphore

from django.db import close_old_connections, connections
from django.http import Http404

from entrepot.kit.refusals import Refusal

jobs_max = 1_000
_log = logging.getLogger("entrepot.behind")


class Behind:
    """Does jobs one after the other in a thread of its own, which begins with the first. What fails is logged.

    A job sees nothing of the request or transaction of who asked for it. A fork begins with no thread and no jobs.
    """

    def __init__(self) -> None:
        self._afresh()
        os.register_at_fork(after_in_child=self._afresh)

    def _afresh(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self._places = BoundedSemaphore(jobs_max)

    def do(self, job: Callable[[], object]) -> bool:
        """Whether the job will be done: not where too many wait, or while the process ends."""
        places = self._places
        if not places.acquire(blocking=False):
            return False
        try:
            future = self._thread.submit(_do, job)
        except RuntimeError:  # the interpreter takes no more jobs at its end
            places.release()
            return False
        future.add_done_callback(partial(_done, places))
        return True

    def end(self) -> None:
        """Return when all jobs are done and the thread is gone, with its database connections."""
        thread = self._thread
        self._afresh()
        thread.submit(connections.close_all)
        thread.shutdown()


def _do(job: Callable[[], object]) -> object:
    """As Django does around a request."""
    close_old_connections()
    try:
        return job()
    finally:
        close_old_connections()


def _done(places: BoundedSemaphore, future: Future[object]) -> None:
    places.release()
    failure = future.exception()
    if failure is not None:
        expected = isinstance(failure, (Refusal, Http404))
        _log.log(logging.INFO if expected else logging.ERROR, "a job behind failed", exc_info=failure)


behind = Behind()
