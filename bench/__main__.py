"""`python -m bench`: every measurement in one run. Machines are noisy: compare the ratios to pgbench, not the rates."""

from __future__ import annotations

import subprocess
import sys

PARTS = ("bench.quotes", "bench.customs", "bench.memory", "bench.browse", "bench.intake", "bench.rush")


def main() -> int:
    failed = [part for part in PARTS if subprocess.run([sys.executable, "-m", part], check=False).returncode]
    for part in failed:
        print(f"{part} missed an aim or failed")
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(main())
