"""Run a command with the settings of the tests: `python -m scripts.with_test_settings COMMAND …`."""

from __future__ import annotations

import os
import sys

from tests import plugin  # noqa: F401 fills the environment and starts the tests' database

os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606
