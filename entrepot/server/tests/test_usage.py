"""What `entrepot --help` says is there, and what is there it says."""

from __future__ import annotations

import re
import subprocess
import sys

from django.core.management import get_commands

from entrepot.server import cli


def test_every_command_of_ours_is_told() -> None:
    """Who opens a shop has to enrol its first operator and to be introduced to customs."""
    ours = {name for name, app in get_commands().items() if str(app).startswith("entrepot.")}
    assert {name for name in ours if not re.search(rf"\b{name}\b", cli.usage)} == set()


def test_what_the_sandbox_cannot_do_without_is_told() -> None:
    refused = subprocess.run([sys.executable, "-m", "entrepot.sandbox"], capture_output=True, text=True, check=False)
    (needed,) = re.findall(r"required: (--\w+)", refused.stderr)
    assert f"sandbox {needed}" in cli.usage
