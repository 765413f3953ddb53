"""What log lines strike out."""

from __future__ import annotations

import logging

from entrepot.server.logs import Discreet


def test_tracebacks_are_struck_out_too() -> None:
    formatter = Discreet("{message}", style="{")
    try:
        raise ValueError("cannot use 11010519491231002X of anna@example.com")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed for %s", ("13800135678",), info)
    line = formatter.format(record)
    assert "Traceback" in line
    assert "11010519491231002X" not in line.split("raise ValueError")[0]
    assert "anna" not in line.splitlines()[-1]
    assert "13800135678" not in line
