"""The port's inner work: its clock and chance, receipts at their moments, and what each step changes in the books."""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from entrepot.sandbox.customs import after, answers, asking, billing, books, quota, sealing
from entrepot.sandbox.customs.answers import Say
from entrepot.sandbox.customs.faults import COURSES, NEXT, STATUSES
from entrepot.sandbox.customs.paper import Ground, Judgement, Paper, n, texts_of
from entrepot.sandbox.party import Party, World
from entrepot.sandbox.wire import Message, Refused

DAY_S = 86400
SUM = re.compile(r"\d{1,9}(\.\d{1,2})?")
# What a step makes of a list, and in which states of the books it still can.
_STEPS: Mapping[int, tuple[str, str]] = {
    **dict.fromkeys((300, 399, 500, 501, 502, 503, 599), ("taken", "taken")),
    100: ("taken", "refused"),
    700: ("taken", "sent_back"),
    800: ("taken", "released"),
    899: ("released", "closed"),
}
_NEVER_RELEASED = ("withdrawn", "sent_back", "refused")
_PLAIN_STEPS = (1, 2, 3, 4, 120)  # these change nothing but what is said


class Clerk(Party):
    name = "customs"
    schema = books.SCHEMA
    changes = books.CHANGES
    switches: ClassVar[Mapping[str, Any]] = {
        "pace_s": 1.0,
        "together": True,
        "seed": 0,
        "jitter_s": 0.0,
        "late_s": 0.0,
        "duplicate": False,
        "duplicate_share": 0.0,
        "shuffle": False,
        "lose": False,
        "lose_share": 0.0,
        "wordy": False,
        "wrong_signature": False,
        "signs": "",
        "review": False,
        "course": "",
        "inspect_share": 0.0,
        "days_ahead": 0,
        "elsewhere": {},
        "quota_fails": "",
        "single_limit": "",
        "sent_back_frees": True,
        "returns_wait": False,
        "tax_bills": True,
        "tax_off_by": 0,
        "tax_extra": True,
        "rates": {},
        "platform_url": "",
        "ask_as": "form",
        "ask_share": 0.0,
        "upload_refusal": "20000",
        "down": False,
        "slow": False,
        "delay_s": 8.0,
    }
    choices: ClassVar[Mapping[str, Sequence[str]]] = {
        "next": NEXT,
        "course": COURSES,
        "signs": tuple(manner for manner in sealing.MANNERS if manner),
        "quota_fails": ("query", "book", "return"),
        "ask_as": asking.FORMS,
    }

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._keys = sealing.Keys(world.state_dir)
        self._chance = random.Random()  # noqa: S311

    # Clock and chance.

    def clock(self) -> float:
        """The port's time: now, and as many days ahead as it was told."""
        return time.time() + float(self.fault("days_ahead")) * DAY_S

    def turn(self, wanted: Mapping[str, Any]) -> None:
        super().turn(wanted)
        if "seed" in wanted:
            self._throw_again()

    def rest(self) -> None:
        super().rest()
        self._throw_again()

    def _throw_again(self) -> None:
        """The same seed throws the same dice from here; 0 throws others each time."""
        with self._lock:
            self._chance = random.Random(int(self.fault("seed")) or None)  # noqa: S311

    def by_chance(self, share: str) -> bool:
        """Whether it happens this time. Without a share no dice are thrown, so that switches do not disturb others."""
        wanted = self.fault(share)
        return bool(wanted) and self._chance.random() < wanted

    def ground(self, db: sqlite3.Connection, course: str = "") -> Ground:
        course = course or self.fault("course") or ("300" if self.fault("review") else "")
        told = {name: self.fault(name) for name in ("elsewhere", "quota_fails", "returns_wait", "single_limit")}
        return Ground(db, self.clock(), course, **told)

    # Papers in, receipts out.

    def file(self, ground: Ground, guid: str, paper: Paper, judged: Judgement, *, silent: bool) -> None:
        """Write the paper down and schedule its steps and receipts; all at once, so that a restart loses none."""
        now, pace_s = ground.now, float(self.fault("pace_s"))
        release = next((say for say in judged.says if say.status == 800), None)
        planned = now + release.step * pace_s if release else None
        id_ = books.file_paper(ground, guid, paper, judged, planned)
        if paper.kind in ("621", "625") and judged.state == "taken":
            for say in judged.says:
                if say.status not in _PLAIN_STEPS:
                    self.later(ground.db, "act", {"paper": id_, "status": say.status}, after_s=say.step * pace_s)
        says = judged.says
        if self.fault("wordy") and says[0].status == 2:
            says = (Say(1, "暂存成功", 0), says[0], replace(says[0], status=3, info=STATUSES[3][0]), *says[1:])
        bodies = [
            (say.status, answers.written(paper.kind, paper.head, guid, say, now + say.step * max(pace_s, 0.002)), step)
            for step, say in ((say.step, say) for say in says)
        ]
        self.keep(ground.db, guid, id_, bodies, silent)

    def keep(
        self, db: sqlite3.Connection, guid: str, paper: int | None, bodies: list[tuple[int, bytes, int]], silent: bool
    ) -> None:
        """Store the receipts and schedule their sending, late, twice and out of order as told."""
        pace_s, late_s, jitter_s = (float(self.fault(name)) for name in ("pace_s", "late_s", "jitter_s"))
        moments = [late_s + step * pace_s + self._jitter(jitter_s) for _, _, step in bodies]
        if self.fault("shuffle"):
            self._chance.shuffle(moments)
        for (status, body, _), moment in zip(bodies, moments, strict=True):
            row = db.execute(
                "INSERT INTO receipt (guid, paper, status, body) VALUES (?, ?, ?, ?)", (guid, paper, status, body)
            )
            lost = silent or self.by_chance("lose_share")
            twice = self.fault("duplicate") or self.by_chance("duplicate_share")
            for extra in range(0 if lost else 2 if twice else 1):
                again_s = extra * (pace_s / 2 + self._jitter(jitter_s))
                self.later(db, "receipt", {"receipt": row.lastrowid}, after_s=moment + again_s)

    def _jitter(self, most_s: float) -> float:
        return self._chance.uniform(0, most_s) if most_s else 0.0

    def say_again(self, db: sqlite3.Connection, guid: str) -> None:
        if self.fault("lose"):
            return
        pace_s = float(self.fault("pace_s"))
        rows = db.execute("SELECT id FROM receipt WHERE guid = ? ORDER BY id", (guid,)).fetchall()
        for step, row in enumerate(rows, 1):
            self.later(db, "receipt", {"receipt": row["id"]}, after_s=step * pace_s)

    def compose(self, kind: str, payload: Mapping[str, Any]) -> Message | None:
        with self.write() as db:
            if kind == "act":
                self.act(db, payload["paper"], payload["status"])
                return None
            if kind == "ask":
                url = self.fault("platform_url") or self.world.environ.get(asking.ADDRESS, "")
                return asking.question(db, payload["session"], url, self.fault("ask_as"))
            row = db.execute(
                "SELECT r.*, c.notify_url FROM receipt r JOIN message m ON m.guid = r.guid"
                " JOIN company c ON c.dxp_id = m.dxp_id WHERE r.id = ?",
                (payload["receipt"],),
            ).fetchone()
            if row["paper"] is not None and not self._still_true(db, row["paper"], row["status"]):
                return None
        body = self._keys.signed(row["body"], self.fault("signs"))
        if self.fault("wrong_signature"):
            body = re.sub(rb"<(returnStatus|status)>", rb"<\1>1", body, count=1)
        return Message(row["notify_url"], body, {"Content-Type": "application/xml; charset=utf-8"})

    def told(self, kind: str, payload: Mapping[str, Any], answer: bytes) -> None:
        if kind == "ask":
            with self.write() as db:
                asking.heard(db, payload["session"], answer)

    def _still_true(self, db: sqlite3.Connection, paper: int, status: int) -> bool:
        """Nobody hears of a release that a cancellation has overtaken; who hears of one finds it in the books."""
        if status not in (800, 899):
            return True
        self.act(db, paper, status)
        state = db.execute("SELECT state FROM paper WHERE id = ?", (paper,)).fetchone()["state"]
        return state not in _NEVER_RELEASED

    # What a step changes.

    def act(self, db: sqlite3.Connection, paper: int, status: int) -> None:
        """Take one step with a list or a return; a step that was taken, or comes too late, changes nothing."""
        row = db.execute("SELECT * FROM paper WHERE id = ?", (paper,)).fetchone()
        if row["kind"] == "625":
            self._act_on_return(db, row, status)
            return
        before, behind = _STEPS.get(status, ("taken", "taken"))
        if row["state"] != before:
            return
        db.execute("UPDATE paper SET state = ?, status = ? WHERE id = ?", (behind, status, paper))
        if status == 700 and self.fault("sent_back_frees") or status == 100:
            quota.give_back(db, paper, behind, self.clock())
        if status == 800:
            db.execute("UPDATE paper SET released_at = ? WHERE id = ?", (self.clock(), paper))
            self._released(db, paper)

    def _released(self, db: sqlite3.Connection, paper: int) -> None:
        row = db.execute("SELECT * FROM paper WHERE id = ?", (paper,)).fetchone()
        if self.fault("tax_bills"):
            self._send_bills(db, row, [billing.make(self._desk(db), row, {})])
        if self.by_chance("ask_share"):
            self.ask(db, row["order_no"])

    def _act_on_return(self, db: sqlite3.Connection, row: sqlite3.Row, status: int) -> None:
        asked = db.execute("SELECT * FROM returned WHERE paper = ? AND state = 'asked'", (row["id"],)).fetchone()
        if asked is None or status not in (100, 399):
            return
        state = "back" if status == 399 else "refused"
        listed = db.execute("SELECT * FROM paper WHERE id = ?", (asked["list"],)).fetchone()
        gone = after.returned(db, listed["id"], ("back", "back"))
        db.execute("UPDATE returned SET state = ? WHERE paper = ?", (state, row["id"]))
        db.execute(
            "UPDATE paper SET status = ?, state = ? WHERE id = ?",
            (status, "taken" if status == 399 else "refused", row["id"]),
        )
        if status == 399:
            back = after.returned(db, listed["id"], ("back", "back"))
            amount, everything = billing.value_between(listed, gone, back)
            quota.give_back(db, listed["id"], "returned", self.clock(), None if everything else amount)
            if everything:
                db.execute("UPDATE paper SET state = 'returned' WHERE id = ?", (listed["id"],))
            self._send_bills(db, listed, billing.lift(self._desk(db), listed, {} if everything else back))

    # Tax bills and requests.

    def _desk(self, db: sqlite3.Connection) -> billing.Desk:
        return billing.Desk(
            db,
            self.clock() + max(self.fault("pace_s"), 0.02),
            self.fault("rates"),
            int(self.fault("tax_off_by")),
            bool(self.fault("tax_extra")),
        )

    def _send_bills(self, db: sqlite3.Connection, row: sqlite3.Row, bodies: Sequence[tuple[int, bytes]]) -> None:
        self.keep(db, row["guid"], row["id"], [(kind, body, 1) for kind, body in bodies], bool(self.fault("lose")))

    def sum_bills(self, assure_code: str) -> dict[str, int]:
        """Summed bills, one a guarantor: how many bills each holds."""
        with self.write() as db:
            summed = billing.summed(self._desk(db), assure_code)
            for row, body in summed.bodies:
                self._send_bills(db, row, [(818, body)])
        return summed.counts

    def ask(self, db: sqlite3.Connection, order_no: str) -> str:
        """Ask the platform for the payment data of an order; the session's name."""
        session = asking.open_session(db, order_no, self.clock())
        self.later(db, "ask", {"session": session})
        return session

    def decide(self, kind: str, order_no: str, status: int, info: str) -> None:
        """An official's decision on a list or a return. Raises Refused(404)."""
        wanted, _ = _STEPS.get(status, ("taken", ""))
        with self.write() as db:
            row = db.execute(
                "SELECT p.* FROM paper p LEFT JOIN returned r ON r.paper = p.id WHERE kind = ? AND order_no = ?"
                " AND p.state = ? AND coalesce(r.state, 'asked') = 'asked' ORDER BY id DESC",
                (kind, order_no, "taken" if kind == "625" else wanted),
            ).fetchone()
            if row is None:
                raise Refused(404, "unknown_list", "no list or return of this order number is in a state for that")
            say = Say(status, info or STATUSES.get(status, ("海关决定", ""))[0], 0, {"invtNo": row["invt_no"]})
            body = answers.written(kind, texts_of(row), row["guid"], say, self.clock())
            self.act(db, row["id"], status)
            self.keep(db, row["guid"], row["id"], [(status, body, 0)], silent=False)

    def arrive(self, order_no: str) -> None:
        """Goods that come back, reported by the warden: in time they are approved, too late refused."""
        with self.write() as db:
            row = db.execute(
                "SELECT p.released_at FROM returned r JOIN paper a ON a.id = r.paper JOIN paper p ON p.id = r.list"
                " WHERE r.state = 'asked' AND a.order_no = ?",
                (order_no,),
            ).fetchone()
            if row is None:
                raise Refused(404, "unknown_return", "no return under way has this order number")
            late = after.days_since(row, self.ground(db).today) > after.BACK_DAYS
        if late:
            self.decide("625", order_no, 100, f"超过放行之日起{after.BACK_DAYS}日，退货未运抵")
        else:
            self.decide("625", order_no, 399, "商品已退回监管场所，海关审结")

    # People.

    def seed_person(self, person: str, name: str, year: Any, used: str) -> None:
        """Make the port sure of a name, or of what was used in a year, or of both. Raises Refused(400)."""
        if not 0 < len(person) <= 60 or len(name) > 60 or not (name or used):
            raise Refused(400, "bad_field", "id_number, and name or used, are texts of at most 60 characters")
        if not isinstance(year, int) or not 2016 <= year <= 2100 or (used and not SUM.fullmatch(used)):
            raise Refused(400, "bad_field", 'year is a number, used a sum as text, "21000.00"')
        with self.write() as db:
            if name:
                quota.register(db, person, name)
            else:
                quota.meet(db, person, "")
            if used:
                quota.seed(db, person, year, n(used), self.clock())
