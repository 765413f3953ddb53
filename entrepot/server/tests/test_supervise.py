"""When a process that ended is started again."""

from __future__ import annotations

import pytest

from entrepot.server import supervise
from entrepot.server.supervise import _Child


def test_who_ends_at_once_waits_longer_each_time_and_who_has_run_well_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [100.0]
    monkeypatch.setattr(supervise.time, "monotonic", lambda: at[0])
    child, pauses = _Child("web", lambda: 4711), []
    for ran_s in (0, 1, 0, 0, 0, 0, 0, supervise.sound_s, 0):
        child.start()
        assert child.pid == 4711
        at[0] += ran_s
        pauses.append(child.ended())
        assert (child.pid, child.start_at) == (0, at[0] + pauses[-1])
        at[0] = child.start_at
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 0.2, 0.4]
