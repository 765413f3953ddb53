"""The customs port: takes CEB messages in DXP envelopes, judges them, and answers later with signed receipts.

POST /certificates {dxp_id, certificate, notify_url} → {certificate}: the sender's for the port's, once at set-up.
POST /dxp (DxpMsg): 200 when the message is new, 409 `duplicate_message` when the port has it already: then its
receipts are sent once more. POST /lists/decide {order_no, status, info, kind}: an official's decision on a list or
return. GET /papers?order_no=…: what the port's books say. POST /people {id_number, name, year, used}: what the port is
sure of; POST /people/find {id_number}: its quota book. POST /returns/arrived {order_no}. GET /bills?order_no=…,
POST /bills/sum {assure_code}. POST /requests {order_no}: ask for payment data; GET /requests?order_no=…;
uploads come to POST /ceb2grab/grab/realTimeDataUpload. Switches: README.md beside this file.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lxml import etree

from entrepot.sandbox.customs import answers, asking, desk, quota, reading, sealing, sm2, tax
from entrepot.sandbox.customs.clerk import SUM, Clerk
from entrepot.sandbox.customs.faults import fits, forced_words
from entrepot.sandbox.customs.judge import judge
from entrepot.sandbox.customs.paper import Ground, Judgement, Paper, day, no
from entrepot.sandbox.party import World
from entrepot.sandbox.wire import Answer, Hangup, Refused, Request, Route

_RATE = re.compile(r"\d{1,3}(\.\d{1,5})?")
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


class Port(Clerk):
    words = desk.WORDS
    pages = desk.PAGES
    groups = desk.GROUPS

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._schema = reading.Schema()

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", "/certificates", self._enrol),
            Route("POST", "/dxp", self._take),
            Route("POST", "/lists/decide", self._decide),
            Route("GET", "/papers", self._papers),
            Route("POST", "/people", self._register),
            Route("POST", "/people/find", self._person),
            Route("POST", "/returns/arrived", self._arrived),
            Route("GET", "/bills", self._bills),
            Route("POST", "/bills/sum", self._sum),
            Route("POST", "/requests", self._request),
            Route("GET", "/requests", self._requests),
            Route("POST", "/ceb2grab/grab/realTimeDataUpload", self._upload),
            *desk.routes(self),
        ]

    def check_switches(self, wanted: Mapping[str, Any]) -> None:
        if not all(isinstance(used, str) and SUM.fullmatch(used) for used in wanted.get("elsewhere", {}).values()):
            raise Refused(400, "bad_value", "'elsewhere' maps ID numbers to sums as texts, \"21000.00\"")
        if wanted.get("signs") and not sm2.there():
            raise Refused(400, "no_sm2", "gmssl-pyx, which signs with SM2, is not installed on this machine")
        if wanted.get("single_limit") and not SUM.fullmatch(wanted["single_limit"]):
            raise Refused(400, "bad_value", "'single_limit' is a sum as text, \"5000.00\", or empty")
        for told in wanted.get("rates", {}).values():
            if not isinstance(told, dict) or not all(
                name in tax.NAMES and isinstance(rate, str) and _RATE.fullmatch(rate) for name, rate in told.items()
            ):
                raise Refused(400, "bad_value", "'rates' maps code beginnings to vat, ct, duty, per_unit as texts")
        for name in wanted:
            if name.endswith("_share") and wanted[name] > 1:
                raise Refused(400, "bad_value", f"{name!r} is a share of one")

    def together(self) -> bool:
        return bool(self.fault("together"))

    # Set-up.

    def _enrol(self, request: Request) -> Answer:
        wish = request.json()
        texts = {name: str(wish.get(name) or "") for name in ("dxp_id", "certificate", "notify_url")}
        if not all(texts.values()):
            raise Refused(400, "bad_field", "dxp_id, certificate and notify_url are texts")
        try:
            known = sealing.can_check(texts["certificate"])
        except ValueError as wrong:
            raise Refused(400, "bad_field", "certificate is not a certificate in PEM") from wrong
        if not known:
            raise Refused(400, "bad_field", "the port checks no signatures of the certificate's kind of key")
        with self.write() as db:
            db.execute(
                "INSERT INTO company VALUES (:dxp_id, :certificate, :notify_url) ON CONFLICT (dxp_id) DO UPDATE"
                " SET certificate = excluded.certificate, notify_url = excluded.notify_url",
                texts,
            )
        return Answer.json({"certificate": self._keys.certificate_pem(self.fault("signs"))})

    # Messages in.

    def _take(self, request: Request) -> Answer:
        self._answer_at_all()
        guid, sender, kind, xml = reading.opened(request.body)
        fault = self.take_next(lambda fault: fits(fault, kind)) or ""
        self._answer_at_all(fault)
        fresh = self._store((guid, sender, kind), xml, fault)
        self._answer_in_time(fault)
        if not fresh:
            raise Refused(409, "duplicate_message", "the port has this message; its receipts come again")
        return Answer.json({"code": "0", "message": "stored"})

    def _answer_at_all(self, fault: str = "") -> None:
        if fault == "down" or self.fault("down"):
            raise Refused(503, "down", "the port is not to be reached, as told")

    def _answer_in_time(self, fault: str) -> None:
        if fault == "slow" or self.fault("slow"):
            self.linger(self.fault("delay_s"))
        if fault == "hang_up":
            raise Hangup

    def _store(self, envelope: tuple[str, str, str], xml: bytes, fault: str) -> bool:
        """Judge and schedule the receipts. False for a message that is known already."""
        guid, sender, kind = envelope
        digest = hashlib.sha256(xml).hexdigest()
        with self.write() as db:
            company = db.execute("SELECT * FROM company WHERE dxp_id = ?", (sender,)).fetchone()
            if company is None:
                raise Refused(403, "unknown_sender", "this DXP address has not registered its certificate")
            known = db.execute("SELECT * FROM message WHERE guid = ?", (guid,)).fetchone()
            if known is not None:
                if known["sha256"] != digest:
                    raise Refused(422, "guid_reused", "this identifier was used for another message")
                self.say_again(db, guid)
                return False
            db.execute(
                "INSERT INTO message (guid, dxp_id, sha256, kind, at) VALUES (?, ?, ?, ?, ?)",
                (guid, sender, digest, kind, self.clock()),
            )
            silent = fault == "lose" or bool(self.fault("lose"))
            root, why = self._schema.well_made(xml, guid, kind)
            if root is None or fault == "format":
                body = answers.badly_made(kind, guid, why or "格式校验未通过", self.clock())
                self.keep(db, guid, None, [(900, body, 1)], silent)
                return True
            for paper in reading.papers_of(root, kind):
                ground = self._ground_for(db, paper, fault)
                judged = _judgement(ground, root, paper, company["certificate"], fault)
                self.file(ground, guid, paper, judged, silent=silent)
        return True

    def _ground_for(self, db: sqlite3.Connection, paper: Paper, fault: str) -> Ground:
        course = fault.removeprefix("status:") if fault.startswith("status:") else ""
        ground = self.ground(db, course)
        if paper.kind == "621" and not ground.course and self.by_chance("inspect_share"):
            return replace(ground, course="500>800")
        return ground

    # The officials' desk.

    def _decide(self, request: Request) -> Answer:
        wish = request.json()
        status, kind = wish.get("status"), wish.get("kind", "621")
        if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
            raise Refused(400, "bad_field", "status is a returnStatus of three digits")
        if kind not in ("621", "625"):
            raise Refused(400, "bad_field", "kind is 621 or 625")
        self.decide(kind, str(wish.get("order_no", "")), status, str(wish.get("info") or ""))
        return Answer.json({"code": "0"})

    def _papers(self, request: Request) -> Answer:
        rows = self._rows(
            "SELECT guid, kind, number, state, value, invt_no, status FROM paper WHERE order_no = ? ORDER BY id",
            request.query.get("order_no", ""),
        )
        return Answer.json([dict(row) for row in rows])

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self.write() as db:
            return db.execute(query, values).fetchall()

    def _register(self, request: Request) -> Answer:
        wish = request.json()
        person, name, used = (str(wish.get(key) or "") for key in ("id_number", "name", "used"))
        year = wish.get("year", day(self.clock()).year)
        self.seed_person(person, name, year, used)
        return Answer.json({"code": "0"})

    def _person(self, request: Request) -> Answer:
        person = str(request.json().get("id_number", ""))
        with self.write() as db:
            ground = self.ground(db)
            row = db.execute("SELECT * FROM person WHERE id_number = ?", (person,)).fetchone()
            moves = db.execute(
                "SELECT year, amount, why, at FROM quota WHERE person = ? ORDER BY id", (person,)
            ).fetchall()
            used = {one["year"]: str(quota.used(db, person, one["year"], ground.elsewhere)) for one in moves}
        if row is None and not moves:
            raise Refused(404, "unknown_person", "the port has not met this person")
        single, year = quota.limits(ground.today)
        return Answer.json(
            {
                "name": row["name"] if row else "",
                "sure": bool(row and row["sure"]),
                "used": used,
                "limits": {"single": str(single), "year": str(year)},
                "movements": [dict(one) for one in moves],
            }
        )

    def _arrived(self, request: Request) -> Answer:
        self.arrive(str(request.json().get("order_no", "")))
        return Answer.json({"code": "0"})

    def _bills(self, request: Request) -> Answer:
        rows = self._rows(
            "SELECT b.tax_no, b.status, b.ent_no, b.lines, p.invt_no FROM bill b JOIN paper p ON p.id = b.paper"
            " WHERE p.order_no = ? ORDER BY b.id",
            request.query.get("order_no", ""),
        )
        return Answer.json([{**dict(row), "lines": json.loads(row["lines"])} for row in rows])

    def _sum(self, request: Request) -> Answer:
        return Answer.json(self.sum_bills(str(request.json().get("assure_code", ""))))

    # Payment data on request.

    def _request(self, request: Request) -> Answer:
        with self.write() as db:
            session = self.ask(db, str(request.json().get("order_no", "")))
        return Answer.json({"session": session})

    def _requests(self, request: Request) -> Answer:
        query = "SELECT session, heard, code, told, upload FROM asked WHERE order_no = ? ORDER BY at"
        return Answer.json([dict(row) for row in self._rows(query, request.query.get("order_no", ""))])

    def _upload(self, request: Request) -> Answer:
        self._answer_at_all()
        fault = self.take_next(lambda fault: fits(fault, "179")) or ""
        self._answer_at_all(fault)
        forced = fault.removeprefix("grab:") if fault.startswith("grab:") else ""
        with self.write() as db:
            text = request.form().get("payExInfoStr", "")
            answer = asking.upload(db, text, self.fault("upload_refusal"), forced)
        self._answer_in_time(fault)
        return answer


def _judgement(ground: Ground, root: etree._Element, paper: Paper, certificate: str, fault: str) -> Judgement:
    listed = paper.kind == "621"
    if root.find(_SIGNATURE) is not None or paper.kind in reading.SIGNED:
        try:
            sealing.check(root, certificate)
        except sealing.DataDiffer:
            return no(-621028 if listed else 100, "签名数据与报文不一致")
        except sealing.WrongSignature:
            return no(-621029 if listed else 100, "签名校验失败")
    if fault.startswith("refuse:"):
        code = int(fault.removeprefix("refuse:"))
        return no(code, forced_words(code))
    return judge(ground, paper)
