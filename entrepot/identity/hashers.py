"""How passwords are hashed."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the OWASP parameters: 19 MiB and two passes, so that a rush of log-ins does not eat the memory.

    Django's own 100 MiB and eight lanes would take a quarter of the web process's budget for each log-in at a time.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
