"""A carrier: gives waybill numbers, takes parcels over, and reports scans to the merchant.

POST /v1/waybills, /v1/waybills/dispatch, /v1/waybills/query: JSON, signed both ways. Scans go to the waybill's
notify_url.

Switches: `journey_s` is how long a whole delivery takes (60: about a minute, for the demo; 0 for tests); faults: `down`
(503), `slow` (`delay_s`), `duplicate` (each scan twice), `shuffle` (scans in random order), `wrong_signature`,
`hang_up` in `next` (does the work, closes without an answer), `lose` (no scan is ever sent; query still knows them).
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from entrepot.sandbox import signing
from entrepot.sandbox.carrier import journey
from entrepot.sandbox.party import Party
from entrepot.sandbox.wire import Answer, Hangup, Message, Refused, Request, Route

WEIGHT_MAX_G = 100_000
SERVICES = {"standard": 1.0, "express": 0.5}  # and how long their journeys take beside the standard one
_FAULTS_OF_A_CALL = {"down", "slow", "hang_up"}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS waybill (
    request_id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL, attach TEXT NOT NULL,
    reference TEXT NOT NULL, trade_mode TEXT NOT NULL, weight_g INTEGER NOT NULL, province TEXT NOT NULL,
    city TEXT NOT NULL, notify_url TEXT NOT NULL, transport TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'booked',
    created_at REAL NOT NULL, dispatched_at REAL
);
CREATE TABLE IF NOT EXISTS scan (
    event TEXT PRIMARY KEY, request_id TEXT NOT NULL REFERENCES waybill, position INTEGER NOT NULL, code TEXT NOT NULL,
    at REAL NOT NULL, place TEXT NOT NULL, zh TEXT NOT NULL, en TEXT NOT NULL, UNIQUE (request_id, position)
);
"""


class Carrier(Party):
    name = "carrier"
    schema = _SCHEMA
    switches: ClassVar[Mapping[str, Any]] = {
        "journey_s": 60.0,
        "down": False,
        "slow": False,
        "delay_s": 8.0,
        "duplicate": False,
        "shuffle": False,
        "wrong_signature": False,
        "lose": False,
    }
    choices: ClassVar[Mapping[str, Sequence[str]]] = {"next": sorted(_FAULTS_OF_A_CALL)}

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", "/v1/waybills", self._signed(self._book)),
            Route("POST", "/v1/waybills/dispatch", self._signed(self._dispatch)),
            Route("POST", "/v1/waybills/query", self._signed(self._query)),
        ]

    @property
    def _secret(self) -> str:
        return self.world.environ.get("ENTREPOT_CARRIER_SECRET", "")

    def _signed(self, work: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            signing.check(self._secret, request)
            fault = self.take_next()
            if fault == "down" or self.fault("down"):
                raise Refused(503, "down", "the carrier is not to be reached, as told")
            done = signing.answered(self._secret, work, request)
            if fault == "slow" or self.fault("slow"):
                self.linger(self.fault("delay_s"))
            if fault == "hang_up":
                raise Hangup
            return done

        return answer

    def _book(self, request: Request) -> Answer:
        wish = _wish(request)
        fingerprint = hashlib.sha256(request.body).hexdigest()
        with self.write() as db:
            row = _waybill(db, wish["request_id"])
            if row is not None and row["fingerprint"] != fingerprint:
                raise Refused(409, "request_reused", "this request_id was used for another parcel")
            if row is None:
                serial = secrets.randbelow(10**11)
                db.execute(
                    "INSERT INTO waybill (request_id, number, fingerprint, attach, reference, trade_mode, weight_g,"
                    " province, city, notify_url, transport, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        wish["request_id"], f"SX{serial:011d}CN", fingerprint, wish["attach"], wish["reference"],
                        wish["trade_mode"], wish["weight_g"], wish["province"], wish["city"], wish["notify_url"],
                        json.dumps({**journey.transport(wish["trade_mode"], serial), "service": wish["service"]}),
                        time.time(),
                    ),
                )  # fmt: skip
                row = _waybill(db, wish["request_id"])
        assert row is not None
        return Answer.json(_view(row))

    def _dispatch(self, request: Request) -> Answer:
        request_id = _text(request.json(), "request_id")
        with self.write() as db:
            row = _waybill(db, request_id)
            if row is None:
                raise Refused(404, "unknown_waybill", "no waybill has this request_id")
            if row["state"] == "booked":
                now = time.time()
                db.execute(
                    "UPDATE waybill SET state = 'dispatched', dispatched_at = ? WHERE request_id = ?", (now, request_id)
                )
                self._plan(db, row, now)
                row = _waybill(db, request_id)
        assert row is not None
        return Answer.json(_view(row))

    def _plan(self, db: sqlite3.Connection, row: sqlite3.Row, now: float) -> None:
        """Write all scans of the journey and schedule their reports."""
        length_s = float(self.fault("journey_s")) * SERVICES[json.loads(row["transport"]).get("service", "standard")]
        way = journey.steps(row["trade_mode"], row["province"], row["city"])
        moments = [step.share * length_s for step in way]
        told = moments[:]
        if self.fault("shuffle"):
            random.shuffle(told)
        for position, (step, at, told_at) in enumerate(zip(way, moments, told, strict=True)):
            event = secrets.token_hex(8)
            # Scans of an instant journey still come one after the other.
            db.execute(
                "INSERT INTO scan VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    event,
                    row["request_id"],
                    position,
                    step.code,
                    now + at + position * 0.001,
                    step.place,
                    step.zh,
                    step.en,
                ),
            )
            times = 0 if self.fault("lose") else 2 if self.fault("duplicate") else 1
            for _ in range(times):
                self.later(db, "scan", {"event": event}, after_s=told_at)

    def _query(self, request: Request) -> Answer:
        """The waybill with the scans so far."""
        request_id = _text(request.json(), "request_id")
        with self.write() as db:
            row = _waybill(db, request_id)
            scans = db.execute(
                "SELECT * FROM scan WHERE request_id = ? AND at <= ? ORDER BY position", (request_id, time.time())
            ).fetchall()
        if row is None:
            raise Refused(404, "unknown_waybill", "no waybill has this request_id")
        return Answer.json({**_view(row), "scans": [_scan_view(scan) for scan in scans]})

    def compose(self, kind: str, payload: Mapping[str, Any]) -> Message | None:
        with self.write() as db:
            scan = db.execute("SELECT * FROM scan WHERE event = ?", (payload["event"],)).fetchone()
            row = _waybill(db, scan["request_id"])
            assert row is not None
            if scan["code"] == "delivered":
                db.execute("UPDATE waybill SET state = 'delivered' WHERE request_id = ?", (row["request_id"],))
        content = {
            "request_id": row["request_id"],
            "number": row["number"],
            "attach": row["attach"],
            "scans": [_scan_view(scan)],
        }
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        wrong = self.fault("wrong_signature")
        return Message(
            row["notify_url"], body, signing.wrongly_signed(body) if wrong else signing.signed(self._secret, body)
        )


def _waybill(db: sqlite3.Connection, request_id: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = db.execute("SELECT * FROM waybill WHERE request_id = ?", (request_id,)).fetchone()
    return found


def _view(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "request_id": row["request_id"],
        "number": row["number"],
        "attach": row["attach"],
        "state": row["state"],
        "company": journey.COMPANY,
        **json.loads(row["transport"]),
    }


def _scan_view(scan: sqlite3.Row) -> dict[str, Any]:
    at = datetime.fromtimestamp(scan["at"], UTC).isoformat(timespec="milliseconds")
    return {name: scan[name] for name in ("event", "code", "place", "zh", "en")} | {"at": at}


def _text(wish: Mapping[str, Any], name: str, length_max: int = 500) -> str:
    value = wish.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= length_max:
        raise Refused(400, "bad_field", f"{name} is a text of 1 to {length_max} characters")
    return value


def _wish(request: Request) -> dict[str, Any]:
    raw = request.json()
    wish: dict[str, Any] = {
        name: _text(raw, name) for name in ("request_id", "reference", "trade_mode", "notify_url", "goods")
    }
    weight_g = raw.get("weight_g")
    if not isinstance(weight_g, int) or isinstance(weight_g, bool) or not 0 < weight_g <= WEIGHT_MAX_G:
        raise Refused(400, "bad_field", f"weight_g is 1 to {WEIGHT_MAX_G}")
    consignee = raw.get("consignee")
    if not isinstance(consignee, dict):
        raise Refused(400, "bad_field", "consignee is an object")
    for name in ("name", "phone", "address"):
        _text(consignee, name)
    if raw.get("service", "standard") not in SERVICES:
        raise Refused(400, "bad_field", f"service is one of {', '.join(SERVICES)}")
    return {
        **wish,
        "service": raw.get("service", "standard"),
        "weight_g": weight_g,
        "attach": str(raw.get("attach", ""))[:128],
        "province": str(consignee.get("province", ""))[:60],
        "city": str(consignee.get("city", ""))[:60],
    }
