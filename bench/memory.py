"""What the processes of a running demo shop hold in memory.

They are forked from one and share what it loaded. Proportional: of a page that n processes hold, each bears an nth, so
the sum is what is resident because of them all. Resident, as `ps` has it, counts such a page in each.
"""

from __future__ import annotations

import psutil

from tests.house import House, house

together_mb_max = 400


def measure(opened: House) -> dict[str, tuple[float, float]]:
    """(resident, proportional) megabytes by process."""
    found = {}
    for name in ("web", "worker", "scheduler"):
        infos = [psutil.Process(pid).memory_full_info() for pid in opened.pids(name)]
        found[name] = (sum(info.rss for info in infos) / 2**20, sum(info.pss for info in infos) / 2**20)
    return found


def main() -> int:
    with house(ENTREPOT_DEMO_PICTURES="0") as opened:
        for path in ("/", "/en/", "/api/v1/products", "/search/?q=sony"):
            opened.get(path)
        found = measure(opened)
    for name, (resident, proportional) in found.items():
        print(f"{name:<10} {resident:6.0f} MB resident, {proportional:5.0f} MB proportional")
    total = sum(proportional for _, proportional in found.values())
    print(f"together   {total:6.0f} MB in all, what is shared counted once ({together_mb_max} at most)")
    return int(total > together_mb_max)


if __name__ == "__main__":
    raise SystemExit(main())
