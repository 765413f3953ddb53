"""What a laptop needs before the shop can open. Each step is repeatable."""

from __future__ import annotations

import base64
import contextlib
import errno
import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from entrepot.server.embedded import CannotStart

bar_width = 28


class Steps:
    """Progress on the terminal: a line per step, a moving bar where the output is a terminal."""

    def __init__(self) -> None:
        self._tty = sys.stdout.isatty()
        self._began = time.monotonic()
        self._open = ""

    def __call__(self, step: str, part: float) -> None:
        """Show that `step` is done to `part` (0 to 1)."""
        if self._tty:
            if self._open and self._open != step:
                sys.stdout.write("\n")
            full = int(part * bar_width)
            sys.stdout.write(f"\r  {step:<34} {'█' * full}{'·' * (bar_width - full)} {part:4.0%}")
            self._open = "" if part >= 1 else step
            if part >= 1:
                sys.stdout.write("\n")
        elif part >= 1:
            sys.stdout.write(f"  {step} (at {time.monotonic() - self._began:.1f} s)\n")
        sys.stdout.flush()


def laptop_environment(home: Path) -> Mapping[str, str]:
    """The settings of a laptop's shop: read from `home`/entrepot.env, made with fresh keys the first time.

    The file holds the keys of every sealed field in this home's database: losing it loses them.
    """
    file = home / "entrepot.env"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        lines = [
            "ENTREPOT_DEMO=1",
            f"SECRET_KEY={secrets.token_urlsafe(50)}",
            f"ENTREPOT_FIELD_KEYS=1:{_key()}",
            f"ENTREPOT_INDEX_KEY={_key()}",
            f"ENTREPOT_PAYMENT_SECRET={secrets.token_urlsafe(32)}",
            f"ENTREPOT_CARRIER_SECRET={secrets.token_urlsafe(32)}",
        ]
        descriptor, whole = tempfile.mkstemp(dir=home, prefix=f"{file.name}.")  # its owner's alone
        try:
            with os.fdopen(descriptor, "w") as opened:
                opened.write("\n".join(lines) + "\n")
                opened.flush()
                os.fsync(descriptor)
            with contextlib.suppress(FileExistsError):  # another start was first: its keys are the ones
                os.link(whole, file)
        finally:
            os.unlink(whole)
    pairs = (line.split("=", 1) for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return {name: value for name, value in pairs if "=" not in name}


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def refuse_taken(port: int, *, wait_s: float = 0.0, advice: str = "PORT=8010 make run chooses another") -> None:
    """Raises CannotStart when somebody listens there, also after `wait_s`, or nobody can: with another house's web
    processes ours would share it, and each visitor come to one of them by chance."""
    address = os.environ.get("ENTREPOT_BIND", "127.0.0.1")
    deadline = time.monotonic() + wait_s
    while wrong := _unusable(address, port):
        taken = wrong.errno == errno.EADDRINUSE
        if not taken or time.monotonic() >= deadline:
            why = "is taken" if taken else f"of {address} cannot be used ({wrong.strerror})"
            raise CannotStart(f"port {port} {why}; {advice}")
        time.sleep(0.1)


def _unusable(address: str, port: int) -> OSError | None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as wrong:
            return wrong
    return None


def sandbox(home: Path, port: int) -> None:
    """Become the outside world of the demo, which keeps its books under `home`. Does not return."""
    command = [sys.executable, "-m", "entrepot.sandbox", "--port", str(port), "--state", str(home / "sandbox")]
    os.execv(sys.executable, command)  # noqa: S606


def static_is_fresh(root: Path, sources: list[Path]) -> bool:
    """True when the collected files are newer than every source."""
    marker = root / "staticfiles.json"
    if not marker.exists():
        return False
    collected = marker.stat().st_mtime
    return all(file.stat().st_mtime <= collected for folder in sources for file in folder.rglob("*"))
