"""Passwords of the suite's people."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickHasher(Argon2PasswordHasher):
    """The same algorithm with the least it takes: 40 ms for each person made are not what a test is about.

    The cost that the house pays is proven in `identity/tests/test_tasks.py`.
    """

    time_cost = parallelism = 1
    memory_cost = 8
