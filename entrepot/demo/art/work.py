"""`python -m entrepot.demo.art.work`: draws for another process, so that two cores work at once.

Reads jobs as JSON lines until the end of its input, then writes each picture with its length before it (4 bytes).
"""

from __future__ import annotations

import json
import struct
import sys

from entrepot.demo.art.render import Job, draw


def main() -> None:
    jobs = [Job(**json.loads(line)) for line in sys.stdin.buffer.read().splitlines()]
    for job in jobs:
        picture = draw(job)
        sys.stdout.buffer.write(struct.pack(">I", len(picture)) + picture)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
