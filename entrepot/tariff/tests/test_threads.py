"""Structs that threads read at once, each process for the first time."""

from __future__ import annotations

import subprocess
import sys

import pytest

READ = """
import os, sys, threading
{module}
sys.setswitchinterval(1e-6)

def read_at_once():
    start = threading.Barrier(4)
    def read():
        start.wait()
        {read}
    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

for _ in range(200):
    child = os.fork()
    if not child:
        read_at_once()
        os._exit(0)
    if os.waitpid(child, 0)[1]: sys.exit("a process died")
"""
LINE = '{"id": "1", "hs_code": "1", "origin": "FR", "quantity": "1", "unit": "piece", "unit_price": "1"}'
QUESTION = f'{{"destination": "CN", "date": "2026-11-30", "currency": "CNY", "lines": [{LINE}]}}'
OURS = "import json; from entrepot.tariff.types import wire"
NOT_OURS = "import json, msgspec; from entrepot.tariff.types import QuoteRequest"


@pytest.mark.parametrize(
    ("module", "read", "dies"),
    [
        (OURS, f"wire.asked(json.loads('{QUESTION}'))", False),
        (NOT_OURS, f"msgspec.convert(json.loads('{QUESTION}'), QuoteRequest)", True),
    ],
    ids=["ours", "control"],
)
def test_threads_that_read_a_question_at_once(module: str, read: str, dies: bool) -> None:
    done = subprocess.run([sys.executable, "-c", READ.format(module=module, read=read)], capture_output=True, text=True)
    assert (done.returncode != 0) is dies, done.stderr
    assert ("a process died" in done.stderr) is dies, done.stderr
