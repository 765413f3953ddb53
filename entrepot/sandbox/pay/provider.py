"""A wallet company: takes signed orders for payments, shows buyers a cashier, and tells the merchant what happened.

POST /v1/payments, /v1/payments/query, /v1/payments/capture, /v1/refunds, /v1/refunds/query, /v1/statements and what
declaring.py tells of: JSON, signed both ways. GET and POST /cashier/{token}: the buyer's page. Notices go to the
payment's notify_url. A payment that was created with `authorise_first` is only reserved when the buyer agrees, and
taken when the merchant says so.

Faults: `payments` (lasting) or `next` (one each). Of a payment, its notices and those of its refunds: lose_callback,
double, before_response, wrong_signature, wrong_amount. Of a call: down (closes the connection and does nothing),
http_500, slow (does it, answers after `delay_s` or when the switches are next set), success_after_timeout (the same,
then closes without an answer), wrong_answer (does it, and the answer is signed with another secret). `identity` is what
the check of the payer answers, `auto_capture` pays at once without a buyer, `refunds_later_s` answers refunds as
pending and finishes them then.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from entrepot.sandbox import signing
from entrepot.sandbox.party import Party
from entrepot.sandbox.pay import cashier, declaring, store, wishes
from entrepot.sandbox.pay.words import WORDS
from entrepot.sandbox.wire import Answer, Hangup, Message, NotTaken, Refused, Request, Route, post

OF_A_PAYMENT = {"lose_callback", "double", "before_response", "wrong_signature", "wrong_amount"}
OF_A_CALL = {"down", "http_500", "slow", "success_after_timeout", "wrong_answer"}
SAID = {"lose_callback": 0, "double": 2}  # how often a notice is sent, if not once
IDENTITIES = ("same", "different", "unchecked")


class Provider(Party):
    name = "pay"
    schema = store.SCHEMA + declaring.SCHEMA
    switches: ClassVar[Mapping[str, Any]] = {
        "payments": "",
        "identity": "",
        "delay_s": 8.0,
        "auto_capture": False,
        "refunds_later_s": 0.0,
    }
    words = WORDS
    choices: ClassVar[Mapping[str, Sequence[str]]] = {
        "payments": sorted(OF_A_PAYMENT | OF_A_CALL),
        "next": sorted(OF_A_PAYMENT | OF_A_CALL),
        "identity": IDENTITIES,
    }

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", "/v1/payments", self._signed(self._create)),
            Route("POST", "/v1/payments/query", self._signed(self._query)),
            Route("POST", "/v1/payments/capture", self._signed(self._capture)),
            Route("POST", "/v1/payments/close", self._signed(self._close)),
            Route("POST", "/v1/refunds", self._signed(self._refund)),
            Route("POST", "/v1/refunds/query", self._signed(self._query_refund)),
            Route("POST", "/v1/statements", self._signed(self._statement)),
            Route("POST", "/v1/customs/declarations", self._signed(self._declare)),
            Route("POST", "/v1/customs/declarations/query", self._signed(self._query_declaration)),
            Route("POST", "/customs-receipts", self._take_receipts),
            Route("GET", "/cashier/{token}", self._show_cashier),
            Route("POST", "/cashier/{token}", self._use_cashier),
            Route("GET", "/cashier.css", lambda _request: cashier.STYLE),
        ]

    @property
    def _secret(self) -> str:
        return self.world.environ.get("ENTREPOT_PAYMENT_SECRET", "")

    # Calls of the merchant.

    def _signed(self, work: Any) -> Any:
        """Check the signature, show the fault of the call if one is set, answer signed."""

        def answer(request: Request) -> Answer:
            signing.check(self._secret, request)
            lasting = self.fault("payments")
            fault = self.take_next(lambda head: head in OF_A_CALL) or (lasting if lasting in OF_A_CALL else "")
            if fault == "down":
                raise Hangup
            if fault == "http_500":
                raise Refused(500, "fault", "as told")
            done = signing.answered(self._secret, work, request, wrongly=fault == "wrong_answer")
            if fault in {"slow", "success_after_timeout"}:
                self.linger(self.fault("delay_s"))
            if fault == "success_after_timeout":
                raise Hangup
            return done

        return answer

    def _create(self, request: Request) -> Answer:
        wish = wishes.wish(request)
        fingerprint = wishes.fingerprint(wish)
        now = time.time()
        with self.write() as db:
            row = store.payment_of(db, wish["request_id"])
            fresh = row is None
            if row is None:
                row = self._insert(db, wish, fingerprint, now)
            elif row["fingerprint"] != fingerprint:
                raise Refused(409, "request_reused", "this request_id was used for another payment")
            else:
                db.execute(
                    "UPDATE payment SET return_url = ?, notify_url = ?, language = ? WHERE request_id = ?",
                    (wish["return_url"], wish["notify_url"], wish["language"], wish["request_id"]),
                )
                store.close_expired(db, wish["request_id"], now)
            capture_now = fresh and (row["fault"] == "before_response" or self.fault("auto_capture"))
        if capture_now:
            self._capture_at_once(row, announce=row["fault"] == "before_response")
        with self.write() as db:
            row = store.payment_of(db, wish["request_id"])
        assert row is not None
        view = {**store.payment_view(row), "cashier_url": f"{self.world.public_url}/cashier/{row['token']}"}
        return Answer.json(view, 201 if fresh else 200)

    def _insert(self, db: sqlite3.Connection, wish: Mapping[str, Any], fingerprint: str, now: float) -> sqlite3.Row:
        lasting = self.fault("payments")
        fault = self.take_next(lambda head: head in OF_A_PAYMENT) or (lasting if lasting in OF_A_PAYMENT else "")
        expires_at = wish["expires_at"]
        db.execute(
            "INSERT INTO payment (request_id, payment, token, fingerprint, attach, merchant_order, currency,"
            " amount_minor, splits, payer_shown, payer_named, return_url, notify_url, language, expires_at,"
            " created_at, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                wish["request_id"], store.number("42", now), secrets.token_urlsafe(24), fingerprint, wish["attach"],
                wish["merchant_order"], wish["currency"], wish["amount_minor"], json.dumps(wish["splits"]),
                wishes.masked(str(wish["payer"].get("name", ""))), bool(wish["payer"].get("id_number")),
                wish["return_url"], wish["notify_url"], wish["language"], expires_at, now, fault,
            ),
        )  # fmt: skip
        if wish["authorise_first"]:
            store.reserve_first(db, wish["request_id"])
        if expires_at is not None:
            self.later(db, "expire", {"request_id": wish["request_id"]}, after_s=max(expires_at - now, 0) + 1)
        row = store.payment_of(db, wish["request_id"])
        assert row is not None
        return row

    def _capture_at_once(self, row: sqlite3.Row, announce: bool) -> None:
        """Without a cashier. `announce`: the notice goes out before the merchant has the answer to its call."""
        with self.write() as db:
            store.agree(db, row, self._check_payer(row, "own"), time.time())
            if not announce:
                self._schedule_notices(db, row)
        if announce:
            message = self.compose("notice", {"request_id": row["request_id"], "event": secrets.token_hex(8)})
            assert message is not None
            if self.fault("hold") or not _posted(message):
                with self.write() as db:
                    self._schedule_notices(db, row)

    def _query(self, request: Request) -> Answer:
        with self.write() as db:
            request_id = wishes.text(request.json(), "request_id")
            store.close_expired(db, request_id, time.time())
            row = store.payment_of(db, request_id)
        if row is None:
            raise Refused(404, "unknown_payment", "no payment has this request_id")
        return Answer.json(store.payment_view(row))

    def _capture(self, request: Request) -> Answer:
        """The merchant takes what the buyer has agreed to. Said again, it is taken once."""
        request_id, now = wishes.text(request.json(), "request_id"), time.time()
        with self.write() as db:
            store.close_expired(db, request_id, now)
            row = store.payment_of(db, request_id)
            if row is None:
                raise Refused(404, "unknown_payment", "no payment has this request_id")
            if row["state"] == "authorised":
                store.capture(db, row, row["payer_check"], now, before="authorised")
                self._schedule_notices(db, row)
            elif row["state"] != "captured":
                raise Refused(409, "not_authorised", "the buyer has not agreed, or it is too late")
            row = store.payment_of(db, request_id)
        assert row is not None
        return Answer.json(store.payment_view(row))

    def _close(self, request: Request) -> Answer:
        """The merchant does not want it any more: what was reserved is free. Said again, it is closed once."""
        request_id = wishes.text(request.json(), "request_id")
        with self.write() as db:
            row = store.payment_of(db, request_id)
            if row is None:
                raise Refused(404, "unknown_payment", "no payment has this request_id")
            if row["state"] not in ("open", "authorised", "closed"):
                raise Refused(409, "captured", "it was taken: refund it")
            store.close(db, request_id)
            row = store.payment_of(db, request_id)
        assert row is not None
        return Answer.json(store.payment_view(row))

    def _refund(self, request: Request) -> Answer:
        wish = request.json()
        request_id, amount_minor = wishes.text(wish, "request_id"), wishes.amount(wish, "amount_minor")
        now = time.time()
        with self.write() as db:
            payment = store.payment_of(db, wishes.text(wish, "payment_request_id"))
            if payment is None:
                raise Refused(404, "unknown_payment", "no payment has this payment_request_id")
            row = db.execute("SELECT * FROM refund WHERE request_id = ?", (request_id,)).fetchone()
            if row is None:
                self._insert_refund(db, payment, request_id, amount_minor, now)
            elif (row["payment_request_id"], row["amount_minor"]) != (payment["request_id"], amount_minor):
                raise Refused(409, "request_reused", "this request_id was used for another refund")
            row = db.execute("SELECT * FROM refund WHERE request_id = ?", (request_id,)).fetchone()
            return Answer.json(store.refund_view(row, payment))

    def _insert_refund(
        self, db: sqlite3.Connection, payment: sqlite3.Row, request_id: str, amount_minor: int, now: float
    ) -> None:
        if payment["state"] != "captured":
            raise Refused(409, "not_captured", "nothing was paid yet")
        asked = db.execute(
            "SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE payment_request_id = ?", (payment["request_id"],)
        ).fetchone()[0]
        if asked + amount_minor > payment["amount_minor"]:
            raise Refused(409, "more_than_paid", "refunds would exceed what was paid")
        db.execute(
            "INSERT INTO refund (request_id, refund, payment_request_id, amount_minor, reason, state, created_at)"
            " VALUES (?, ?, ?, ?, '', 'pending', ?)",
            (request_id, store.number("50", now), payment["request_id"], amount_minor, now),
        )
        wait_s = self.fault("refunds_later_s")
        if wait_s:
            payload = {"request_id": request_id, "event": secrets.token_hex(8)}
            told = SAID.get(payment["fault"], 1)
            for n in range(max(told, 1)):  # one that is not told is given back all the same
                self.later(db, "refund", payload | {"silent": n >= told}, after_s=wait_s)
        else:
            store.give_back(db, request_id, now)

    def _query_refund(self, request: Request) -> Answer:
        with self.write() as db:
            row = db.execute(
                "SELECT * FROM refund WHERE request_id = ?", (wishes.text(request.json(), "request_id"),)
            ).fetchone()
            payment = store.payment_of(db, row["payment_request_id"]) if row else None
        if row is None or payment is None:
            raise Refused(404, "unknown_refund", "no refund has this request_id")
        return Answer.json(store.refund_view(row, payment))

    def _statement(self, request: Request) -> Answer:
        day = wishes.text(request.json(), "day")
        try:
            with self.write() as db:
                text = store.statement(db, day)
        except ValueError as wrong:
            raise Refused(400, "bad_day", "day is YYYY-MM-DD") from wrong
        return Answer(200, text.encode(), "text/csv; charset=utf-8")

    # Before customs.

    def _declare(self, request: Request) -> Answer:
        with self.write() as db:
            view, fresh = declaring.declare(db, request.json(), time.time())
            if fresh:
                row = db.execute("SELECT guid FROM declared WHERE request_id = ?", (view["request_id"],)).fetchone()
                self.later(db, "introduction", {})
                self.later(db, "declaration", {"guid": row["guid"]}, after_s=0.1)
        return Answer.json(view)

    def _query_declaration(self, request: Request) -> Answer:
        with self.write() as db:
            return Answer.json(declaring.view(db, wishes.text(request.json(), "request_id", 32)))

    def _take_receipts(self, request: Request) -> Answer:
        with self.write() as db:
            declaring.take_receipts(db, request.body, time.time())
        return Answer.json({})

    @property
    def _port(self) -> str:
        return f"{self.world.public_url.removesuffix('/pay')}/customs"

    # The buyer.

    def _show_cashier(self, request: Request) -> Answer:
        row = self._by_token(request)
        if row is None:
            return cashier.unknown(request.query.get("lang"))
        return cashier.page(row, request.query.get("lang"), self.fault("identity"))

    def _use_cashier(self, request: Request) -> Answer:
        row, form = self._by_token(request), request.form()
        if row is None:
            return cashier.unknown(request.query.get("lang"))
        if form.get("action") == "pay":
            with self.write() as db:
                if store.agree(db, row, self._check_payer(row, form.get("wallet", "own")), time.time()):
                    self._schedule_notices(db, row)
            after = self._by_token(request)
            if after is not None and after["state"] not in {"authorised", "captured"}:
                return cashier.page(after, request.query.get("lang"), "", status=409)
        return Answer.redirect(row["return_url"])

    def _by_token(self, request: Request) -> sqlite3.Row | None:
        with self.write() as db:
            query = "SELECT * FROM payment WHERE token = ?"
            row: sqlite3.Row | None = db.execute(query, (request.variables["token"],)).fetchone()
            if row is not None and store.close_expired(db, row["request_id"], time.time()):
                row = db.execute(query, (request.variables["token"],)).fetchone()
        return row

    def _check_payer(self, row: sqlite3.Row, wallet: str) -> str:
        """Whether the wallet's registered person is the person named at creation."""
        if not row["payer_named"]:
            return "unchecked"
        told = str(self.fault("identity"))
        return told or ("different" if wallet == "other" else "same")

    # Notices.

    def _schedule_notices(self, db: sqlite3.Connection, row: sqlite3.Row) -> None:
        payload = {"request_id": row["request_id"], "event": secrets.token_hex(8)}
        for _ in range(SAID.get(row["fault"], 1)):
            self.later(db, "notice", payload)

    def compose(self, kind: str, payload: Mapping[str, Any]) -> Message | None:
        now = time.time()
        if kind == "introduction":
            address = f"{self.world.public_url}/customs-receipts"
            return declaring.introduction(self._port, address, self.world.state_dir)
        with self.write() as db:
            if kind == "declaration":
                return declaring.envelope(db, self._port, payload["guid"])
            if kind == "refund":
                store.give_back(db, payload["request_id"], now)
                refund = db.execute("SELECT * FROM refund WHERE request_id = ?", (payload["request_id"],)).fetchone()
                payment = store.payment_of(db, refund["payment_request_id"])
                assert payment is not None
                if payload.get("silent"):
                    return None
                return self._message(payment, "refund.done", payload["event"], store.refund_view(refund, payment))
            if kind == "expire":
                store.close_expired(db, payload["request_id"], now)
            payment = store.payment_of(db, payload["request_id"])
        assert payment is not None
        if kind == "expire" and payment["state"] != "closed":
            return None
        event = payload.get("event", f"expire-{payment['payment']}")
        return self._message(payment, f"payment.{payment['state']}", event, store.payment_view(payment))

    def _message(self, payment: sqlite3.Row, kind: str, event: str, view: Mapping[str, Any]) -> Message:
        if payment["fault"] == "wrong_amount":
            view = {**view, "amount_minor": view["amount_minor"] + 1}
        created_at = store.moment(payment["captured_at"] or payment["created_at"])
        content = {"event": event, "type": kind, "created_at": created_at, "data": view}
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        wrong = payment["fault"] == "wrong_signature"
        headers = signing.wrongly_signed(body) if wrong else signing.signed(self._secret, body)
        return Message(payment["notify_url"], body, headers)


def _posted(message: Message) -> bool:
    try:
        post(message, timeout_s=4)
    except NotTaken:
        return False
    return True
