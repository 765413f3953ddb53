from entrepot.customs.tests.receipts import port_key
from tests.customs_port import customs_port
from tests.sandboxed import sandbox, sandbox_process

__all__ = ["customs_port", "port_key", "sandbox", "sandbox_process"]
