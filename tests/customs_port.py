"""The sandbox's customs port, introduced to us: `from tests.customs_port import customs_port` beside the sandbox's.

`customs_port` is the `Sandbox` with certificates exchanged; receipts come by `sandbox.collect("customs")`, each
alone unless a test says `together`.
"""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.customs import services
from entrepot.kit import clock
from tests.sandboxed import Sandbox


@pytest.fixture
def customs_port(sandbox: Sandbox, settings: Any) -> Sandbox:
    settings.CUSTOMS_KEY_FILE = str(sandbox.state / "our-customs.pem")
    settings.CUSTOMS_PORT_CERTIFICATE_FILE = str(sandbox.state / "customs-port.pem")
    services.set_up(now=clock.now())
    sandbox.control("customs", pace_s=0, together=False)
    return sandbox
