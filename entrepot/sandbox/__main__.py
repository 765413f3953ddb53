"""`python -m entrepot.sandbox --port N --state DIR`: payment provider, carrier and customs port.

One small process; each party has its own address prefix and its own state.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from entrepot.sandbox import carrier, customs, pay, switchboard
from entrepot.sandbox.party import Party, World
from entrepot.sandbox.sending import Scheduler
from entrepot.sandbox.wire import Answer, Refused, Request, Server, route

PARTIES = {"pay": pay.build, "carrier": carrier.build, "customs": customs.build}


def main() -> None:
    parser = argparse.ArgumentParser(prog="entrepot sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099, help="0 takes any free one; the first line printed names it")
    parser.add_argument("--state", type=Path, required=True, help="directory of the parties' databases and keys")
    parser.add_argument("--public-url", default="", help="the address browsers use, if not http://HOST:PORT")
    options = parser.parse_args()
    run(options.host, options.port, options.state, options.public_url)


def run(host: str, port: int, state: Path, public_url: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    threading.stack_size(512 * 1024)  # a thread per connection stays cheap
    desk = Desk()
    server = Server(host, port, desk.answer)
    address = f"http://{host}:{server.server_address[1]}"
    desk.open(state, public_url.rstrip("/") or address)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"sandbox on {address}", flush=True)
    server.serve_forever(poll_interval=0.2)
    server.server_close()
    sys.stdout.flush()
    os._exit(0)  # senders may be waiting for a merchant; what they send is safe in the parties' databases


class Desk:
    """Where requests arrive: the first path segment says for which party."""

    def __init__(self) -> None:
        self.parties: Mapping[str, Party] = {}
        self._scheduler = Scheduler()

    def open(self, state: Path, public_url: str) -> None:
        parties: dict[str, Party] = {}
        for name, build in PARTIES.items():
            parties[name] = build(World(state / name, f"{public_url}/{name}", os.environ, self._scheduler.wake))
        self.parties = parties
        self._scheduler.start(tuple(parties.values()))

    def answer(self, request: Request) -> Answer:
        if request.path == "/":
            return switchboard.entrance(tuple(self.parties.values()), request)
        if request.path == "/healthz":
            return Answer.json({"ok": True, "parties": sorted(self.parties)})
        name, _, rest = request.path.lstrip("/").partition("/")
        party = self.parties.get(name)
        if party is None:
            raise Refused(404, "not_found", "no such party")
        inner = Request(request.method, f"/{rest}", request.query, request.headers, request.body)
        return route([*switchboard.routes(party), *party.all_routes()], inner)


if __name__ == "__main__":
    main()
