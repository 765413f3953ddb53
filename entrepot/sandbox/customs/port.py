"""The customs port: takes CEB messages in DXP envelopes, judges them, and answers later with signed receipts.

POST /certificates {dxp_id, certificate, notify_url} → {certificate}: the sender's for the port's, once at set-up.
POST /dxp (DxpMsg): 200 when the message is new, 409 `duplicate_message` when the port has it already: then its
receipts are sent once more. POST /lists/decide {order_no, status, info}: an official's decision on a list under review.
GET /papers?order_no=…: what the port's books say.

Switches: `pace_s` seconds from one receipt to the next (1: a parcel is released about six seconds after its list can
leave); `together`: receipts that are due at one moment leave in one delivery, as multipart/mixed; faults: `late_s`,
`duplicate`, `shuffle`, `lose` (receipts), `wrong_signature`, `review` (lists wait for an official), `elsewhere` {ID
number: sum used on other platforms}, `down`, `slow` (`delay_s`); in `next`, one each for the next message:
`refuse:<code>` (waits for a message the code belongs to), `status:<n>` (a list that gets no further), `format`, `lose`,
`hang_up` (does the work, closes without an answer), `down`, `slow`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import random
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from entrepot.sandbox.customs import answers, sealing
from entrepot.sandbox.customs.answers import Say
from entrepot.sandbox.customs.judge import Judgement, Paper, judge, no
from entrepot.sandbox.party import Party, World
from entrepot.sandbox.wire import Answer, Hangup, Message, Refused, Request, Route

_CEB = "{http://www.chinaport.gov.cn/ceb}"
_DXP = "{http://www.chinaport.gov.cn/dxp}"
_BODIES = {"311": "Order", "411": "Payment", "511": "Logistics", "621": "Inventory", "623": "InvtCancel"}
_GUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_CODE = re.compile(r"(refuse):(-\d{6}|4|100)|(status):(300|399|500|501|502|503|599|700)")
_SUM = re.compile(r"\d{1,9}(\.\d{1,2})?")
_PLAIN_FAULTS = {"format", "lose", "hang_up", "down", "slow"}
_FAMILIES = {"-301": "311", "-401": "411", "-504": "511", "-621": "621", "-623": "623", "-625": "621"}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS company (dxp_id TEXT PRIMARY KEY, certificate TEXT NOT NULL, notify_url TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS message (guid TEXT PRIMARY KEY, dxp_id TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS paper (
    id INTEGER PRIMARY KEY, guid TEXT NOT NULL, kind TEXT NOT NULL, company TEXT NOT NULL, number TEXT NOT NULL,
    order_no TEXT NOT NULL, head TEXT NOT NULL, lines TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL,
    value TEXT NOT NULL, person TEXT NOT NULL, year INTEGER NOT NULL, invt_no TEXT NOT NULL, released_at REAL
);
CREATE INDEX IF NOT EXISTS paper_number ON paper (kind, number);
CREATE INDEX IF NOT EXISTS paper_order ON paper (order_no);
CREATE INDEX IF NOT EXISTS paper_person ON paper (person, year);
CREATE TABLE IF NOT EXISTS receipt (
    id INTEGER PRIMARY KEY, guid TEXT NOT NULL, paper INTEGER, status INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS receipt_guid ON receipt (guid);
"""


class Port(Party):
    name = "customs"
    schema = _SCHEMA
    switches: ClassVar[Mapping[str, Any]] = {
        "pace_s": 1.0,
        "together": True,
        "late_s": 0.0,
        "duplicate": False,
        "shuffle": False,
        "lose": False,
        "wrong_signature": False,
        "review": False,
        "elsewhere": {},
        "down": False,
        "slow": False,
        "delay_s": 8.0,
    }

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._key = sealing.Key(world.state_dir)
        self._xsd = etree.XMLSchema(etree.fromstring(files(__package__).joinpath("data", "ceb.xsd").read_bytes()))

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", "/certificates", self._enrol),
            Route("POST", "/dxp", self._take),
            Route("POST", "/lists/decide", self._decide),
            Route("GET", "/papers", self._papers),
        ]

    def check_switches(self, wanted: Mapping[str, Any]) -> None:
        if not all(isinstance(used, str) and _SUM.fullmatch(used) for used in wanted.get("elsewhere", {}).values()):
            raise Refused(400, "bad_value", "'elsewhere' maps ID numbers to sums as texts, \"21000.00\"")
        for fault in wanted.get("next", []):
            found = _CODE.fullmatch(fault)
            family = found is None or not (found[2] or "").startswith("-") or found[2][:4] in _FAMILIES
            if fault not in _PLAIN_FAULTS and (found is None or not family):
                raise Refused(400, "bad_value", f"{fault!r} is no fault of the port")

    def together(self) -> bool:
        return bool(self.fault("together"))

    # Set-up.

    def _enrol(self, request: Request) -> Answer:
        wish = request.json()
        texts = {name: str(wish.get(name) or "") for name in ("dxp_id", "certificate", "notify_url")}
        if not all(texts.values()):
            raise Refused(400, "bad_field", "dxp_id, certificate and notify_url are texts")
        try:
            certificate = x509.load_pem_x509_certificate(texts["certificate"].encode())
        except ValueError as wrong:
            raise Refused(400, "bad_field", "certificate is not a certificate in PEM") from wrong
        if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
            raise Refused(400, "bad_field", "the certificate's key is not RSA")
        with self.write() as db:
            db.execute(
                "INSERT INTO company VALUES (:dxp_id, :certificate, :notify_url) ON CONFLICT (dxp_id) DO UPDATE"
                " SET certificate = excluded.certificate, notify_url = excluded.notify_url",
                texts,
            )
        return Answer.json({"certificate": self._key.certificate_pem})

    # Messages in.

    def _take(self, request: Request) -> Answer:
        if self.fault("down"):
            raise Refused(503, "down", "the port is not to be reached, as told")
        guid, sender, kind, xml = _opened(request.body)
        fault = self.take_next(lambda fault: _fits(fault, kind))
        if fault == "down":
            raise Refused(503, "down", "the port is not to be reached, as told")
        fresh = self._store(guid, sender, kind, xml, fault)
        if fault == "slow" or self.fault("slow"):
            self.linger(self.fault("delay_s"))
        if fault == "hang_up":
            raise Hangup
        if not fresh:
            raise Refused(409, "duplicate_message", "the port has this message; its receipts come again")
        return Answer.json({"code": "0", "message": "stored"})

    def _store(self, guid: str, sender: str, kind: str, xml: bytes, fault: str | None) -> bool:
        """Judge and schedule the receipts. False for a message that is known already."""
        digest = hashlib.sha256(xml).hexdigest()
        with self.write() as db:
            company = db.execute("SELECT * FROM company WHERE dxp_id = ?", (sender,)).fetchone()
            if company is None:
                raise Refused(403, "unknown_sender", "this DXP address has not registered its certificate")
            known = db.execute("SELECT * FROM message WHERE guid = ?", (guid,)).fetchone()
            if known is not None:
                if known["sha256"] != digest:
                    raise Refused(422, "guid_reused", "this identifier was used for another message")
                self._say_again(db, guid)
                return False
            db.execute("INSERT INTO message VALUES (?, ?, ?)", (guid, sender, digest))
            silent = fault == "lose" or bool(self.fault("lose"))
            root, why = self._well_made(xml, guid, kind)
            if root is None or fault == "format":
                body = answers.badly_made(kind, guid, why or "格式校验未通过", time.time())
                self._keep(db, guid, None, [(900, body, 1)], silent)
                return True
            for paper in _papers_of(root, kind):
                self._judge(db, guid, paper, self._judgement(db, root, paper, company["certificate"], fault), silent)
        return True

    def _well_made(self, xml: bytes, guid: str, kind: str) -> tuple[etree._Element | None, str]:
        try:
            root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError:
            return None, "报文不是合法的XML"
        if root.tag != f"{_CEB}CEB{kind}Message" or not self._xsd.validate(root):
            first = next(iter(list(self._xsd.error_log)), None)  # type: ignore[call-overload]
            return None, f"XSD校验失败：{first.message if first is not None else '报文类型不符'}"[:500]
        if root.get("guid") != guid:
            return None, "报文标识与信封不一致"
        return root, ""

    def _judgement(
        self, db: sqlite3.Connection, root: etree._Element, paper: Paper, certificate: str, fault: str | None
    ) -> Judgement:
        signed = root.find("{http://www.w3.org/2000/09/xmldsig#}Signature") is not None
        if signed or paper.kind in ("621", "623"):
            listed = paper.kind == "621"
            try:
                sealing.check(root, certificate)
            except sealing.DataDiffer:
                return no(-621028 if listed else 100, "签名数据与报文不一致")
            except sealing.WrongSignature:
                return no(-621029 if listed else 100, "签名校验失败")
        verb, _, code = (fault or "").partition(":")
        if verb == "refuse":
            return no(int(code), _FORCED.get(int(code), "按要求退单"))
        judged = judge(db, paper, bool(self.fault("review")), self.fault("elsewhere"))
        if verb == "status" and judged.state == "taken":
            kept = [say for say in judged.says if say.status in (2, 120)]
            stop = Say(int(code), "海关作业", 3, kept[-1].numbers)
            return Judgement("taken", (*kept, stop), judged.value, judged.invt_no)
        return judged

    def _judge(self, db: sqlite3.Connection, guid: str, paper: Paper, judged: Judgement, silent: bool) -> None:
        now = time.time()
        pace_s = float(self.fault("pace_s"))
        release = next((say for say in judged.says if say.status == 800), None)
        head = paper.head
        if judged.replaces is not None:
            db.execute("UPDATE paper SET state = 'replaced' WHERE id = ?", (judged.replaces,))
        if judged.withdraws is not None:
            db.execute("UPDATE paper SET state = 'withdrawn' WHERE id = ?", (judged.withdraws,))
        row = db.execute(
            "INSERT INTO paper (guid, kind, company, number, order_no, head, lines, state, at, value, person, year,"
            " invt_no, released_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                guid, paper.kind, paper.company, paper.number, head.get("orderNo", ""), json.dumps(dict(head)),
                json.dumps([dict(line) for line in paper.lines]), judged.state, now, str(judged.value),
                head.get("buyerIdNumber", ""), datetime.fromtimestamp(now, answers.CHINA).year, judged.invt_no,
                now + release.step * pace_s if release else None,
            ),
        )  # fmt: skip
        bodies = [
            (say.status, answers.written(paper.kind, head, guid, say, now + say.step * max(pace_s, 0.002)), say.step)
            for say in judged.says
        ]
        self._keep(db, guid, row.lastrowid, bodies, silent)

    # Receipts out.

    def _keep(
        self, db: sqlite3.Connection, guid: str, paper: int | None, bodies: list[tuple[int, bytes, int]], silent: bool
    ) -> None:
        """Store the receipts and schedule their sending; all of them at once, so a restart loses none."""
        pace_s, late_s = float(self.fault("pace_s")), float(self.fault("late_s"))
        moments = [late_s + step * pace_s for _, _, step in bodies]
        if self.fault("shuffle"):
            random.shuffle(moments)
        for (status, body, _), moment in zip(bodies, moments, strict=True):
            row = db.execute(
                "INSERT INTO receipt (guid, paper, status, body) VALUES (?, ?, ?, ?)", (guid, paper, status, body)
            )
            for extra in range(0 if silent else 2 if self.fault("duplicate") else 1):
                self.later(db, "receipt", {"receipt": row.lastrowid}, after_s=moment + extra * pace_s / 2)

    def _say_again(self, db: sqlite3.Connection, guid: str) -> None:
        if self.fault("lose"):
            return
        pace_s = float(self.fault("pace_s"))
        for n, row in enumerate(db.execute("SELECT id FROM receipt WHERE guid = ? ORDER BY id", (guid,)).fetchall(), 1):
            self.later(db, "receipt", {"receipt": row["id"]}, after_s=n * pace_s)

    def compose(self, kind: str, payload: Mapping[str, Any]) -> Message | None:
        with self.write() as db:
            row = db.execute(
                "SELECT r.*, p.state, c.notify_url FROM receipt r LEFT JOIN paper p ON p.id = r.paper"
                " JOIN message m ON m.guid = r.guid JOIN company c ON c.dxp_id = m.dxp_id WHERE r.id = ?",
                (payload["receipt"],),
            ).fetchone()
            if row["status"] == 800 and row["state"] == "withdrawn":
                return None
            if row["status"] == 800:
                db.execute("UPDATE paper SET state = 'released' WHERE id = ?", (row["paper"],))
        body = self._key.signed(row["body"])
        if self.fault("wrong_signature"):
            body = body.replace(b"<returnStatus>", b"<returnStatus>1", 1)
        return Message(row["notify_url"], body, {"Content-Type": "application/xml; charset=utf-8"})

    # The official's desk.

    def _decide(self, request: Request) -> Answer:
        wish = request.json()
        status = wish.get("status")
        if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
            raise Refused(400, "bad_field", "status is a returnStatus of three digits")
        with self.write() as db:
            row = db.execute(
                "SELECT * FROM paper WHERE kind = '621' AND order_no = ? AND state = 'taken'", (wish.get("order_no"),)
            ).fetchone()
            if row is None:
                raise Refused(404, "unknown_list", "no list under way has this order number")
            say = Say(status, str(wish.get("info") or "海关决定"), 0, {"invtNo": row["invt_no"]})
            body = answers.written("621", json.loads(row["head"]), row["guid"], say, time.time())
            self._keep(db, row["guid"], row["id"], [(status, body, 0)], silent=False)
        return Answer.json({"code": "0"})

    def _papers(self, request: Request) -> Answer:
        with self.write() as db:
            rows = db.execute(
                "SELECT guid, kind, number, state, value, invt_no FROM paper WHERE order_no = ? ORDER BY id",
                (request.query.get("order_no", ""),),
            ).fetchall()
        return Answer.json([dict(row) for row in rows])


_FORCED = {
    4: "发送海关失败", -621013: "查询年度额度失败", -621014: "登记年度额度失败",
    -621018: "超过个人年度交易限值26000元，本年度已使用26000.00元",
    -625006: "退货申请为空", -625012: "参数表中不存在", -625014: "超过退货期限", -625015: "超过可退范围",
    -625024: "额度调整失败", -625025: "额度调整失败", -625026: "额度调整失败", -625209: "商品不在原清单中",
}  # fmt: skip


def _fits(fault: str, kind: str) -> bool:
    """Whether a fault of `next` can be shown by a message of this kind."""
    verb, _, code = fault.partition(":")
    if verb == "refuse" and code.startswith("-"):
        return _FAMILIES[code[:4]] == kind
    return verb != "status" or kind == "621"


def _opened(envelope: bytes) -> tuple[str, str, str, bytes]:
    """(guid, sender, kind, message) of a DxpMsg. Raises Refused(400)."""
    try:
        root = etree.fromstring(envelope, etree.XMLParser(resolve_entities=False, no_network=True))
        guid = root.findtext(f"{_DXP}TransInfo/{_DXP}CopMsgId") or ""
        sender = root.findtext(f"{_DXP}TransInfo/{_DXP}SenderId") or ""
        kind = (root.findtext(f"{_DXP}TransInfo/{_DXP}MsgType") or "").removeprefix("CEB").removesuffix("Message")
        xml = base64.b64decode(root.findtext(f"{_DXP}Data") or "", validate=True)
    except (etree.XMLSyntaxError, binascii.Error, ValueError) as wrong:
        raise Refused(400, "bad_envelope", "the body is not a DxpMsg") from wrong
    if root.tag != f"{_DXP}DxpMsg" or kind not in _BODIES or not _GUID.fullmatch(guid) or not xml:
        raise Refused(400, "bad_envelope", "CopMsgId, MsgType or Data is not what it should be")
    return guid, sender, kind, xml


def _papers_of(root: etree._Element, kind: str) -> list[Paper]:
    papers = []
    for body in root.findall(_CEB + _BODIES[kind]):
        head, lines = body, []
        if kind != "623":
            head, *lines = list(body)
        papers.append(Paper(kind, _texts(head), [_texts(line) for line in lines]))
    return papers


def _texts(element: etree._Element) -> dict[str, str]:
    return {etree.QName(child).localname: (child.text or "").strip() for child in element if isinstance(child.tag, str)}
