from tests.sandboxed import sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]
