"""The port's own pages: what it received with receipts as a time line, the quota book, tax bills, payment data.

Chinese and English, no script, nothing from elsewhere. The ID number of a person is never in an address.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from importlib.resources import files
from typing import Any

from entrepot.sandbox.customs import billing, quota
from entrepot.sandbox.customs.clerk import Clerk
from entrepot.sandbox.customs.drawing import Pen, id_number, moment, person_name
from entrepot.sandbox.customs.faults import KINDS, STATUSES
from entrepot.sandbox.customs.paper import day
from entrepot.sandbox.customs.words import GROUPS, PAGES, WORDS
from entrepot.sandbox.switchboard import LANGUAGES, Frame, framed, navigation, number, own_page_only
from entrepot.sandbox.wire import Answer, Refused, Request, Route

__all__ = ["GROUPS", "PAGES", "WORDS", "routes"]
ROWS_MAX = 50
# What an official may decide, by kind and the paper's state.
DECISIONS = {
    ("621", "taken"): (800, 300, 399, 500, 501, 502, 503, 599, 700, 100),
    ("621", "released"): (899,),
    ("625", "taken"): (399, 300, 100),
}
_STATES = ("taken", "released", "closed", "returned", "withdrawn", "sent_back", "refused", "replaced", "deleted")
_STYLE = Answer(200, files(__package__).joinpath("data", "desk.css").read_bytes(), "text/css; charset=utf-8")


def routes(port: Clerk) -> Sequence[Route]:
    desk = Desk(port)
    return [
        Route("GET", "/desk", desk.documents),
        Route("GET", "/desk.css", lambda _request: _STYLE),
        Route("GET", "/desk/papers/{paper}", desk.file),
        Route("POST", "/desk/papers/{paper}", lambda request: desk.change(request, desk.decide)),
        Route("GET", "/desk/people", desk.people),
        Route("POST", "/desk/people", lambda request: desk.change(request, desk.seed)),
        Route("GET", "/desk/people/{person}", desk.person),
        Route("GET", "/desk/tax", desk.tax),
        Route("POST", "/desk/tax", lambda request: desk.change(request, desk.sum_up)),
        Route("GET", "/desk/requests", desk.requests),
    ]


class Desk:
    def __init__(self, port: Clerk) -> None:
        self._port = port

    def _rows(self, query: str, *values: Any, **named: Any) -> list[sqlite3.Row]:
        with self._port.write() as db:
            return db.execute(query, named or values).fetchall()

    def _pen(self, request: Request) -> Pen:
        return Pen(number(request), self._port.world.public_url)

    def _page(self, request: Request, title: str, body: str) -> Answer:
        """`title` is a text, `body` HTML."""
        pen = self._pen(request)
        style = f"{self._port.world.public_url}/desk.css"
        return framed(Frame(request, pen.word("port"), style, navigation(self._port, pen.n)), title, body)

    def change(self, request: Request, act: Callable[[Request], None]) -> Answer:
        """Do what a form asks for, and show the page again; what is refused is answered like everywhere."""
        own_page_only(request)
        act(request)
        address = f"{self._port.world.public_url}{request.path}?lang={LANGUAGES[number(request)]}"
        return Answer.redirect(address)

    # What was received.

    def documents(self, request: Request) -> Answer:
        pen = self._pen(request)
        asked = {name: request.query.get(name, "") for name in ("q", "kind", "state", "before")}
        before = int(asked["before"]) if asked["before"].isdigit() else 2**62
        rows = self._rows(
            "SELECT * FROM paper WHERE id < :before AND :kind IN ('', kind) AND :state IN ('', state)"
            " AND :q IN ('', order_no, number, invt_no) ORDER BY id DESC LIMIT :most",
            **{**asked, "before": before, "most": ROWS_MAX + 1},
        )
        heads = ("when", "kind", "own_number", "state", "order", "value")
        cells = [
            (
                moment(row["at"]),
                pen.kind(row["kind"]),
                pen.link(f"/desk/papers/{row['id']}", escape(row["number"])),
                pen.state(row),
                escape(row["order_no"]),
                escape(row["value"]) if row["kind"] == "621" else "",
            )
            for row in rows[:ROWS_MAX]
        ]
        body = self._counts(pen) + _search(pen, asked) + pen.table(heads, cells)
        if len(rows) > ROWS_MAX:
            kept = {name: asked[name] for name in ("q", "kind", "state") if asked[name]}
            body += f"<p>{pen.link('/desk', pen.word('older'), before=str(rows[ROWS_MAX - 1]['id']), **kept)}</p>"
        return self._page(request, WORDS["documents"][pen.n], body + self._malformed(pen))

    def _counts(self, pen: Pen) -> str:
        rows = self._rows("SELECT kind, state, count(*) AS many FROM paper GROUP BY kind, state")
        by_kind: dict[str, int] = {}
        for row in rows:
            by_kind[row["kind"]] = by_kind.get(row["kind"], 0) + row["many"]
        lists = {row["state"]: row["many"] for row in rows if row["kind"] == "621"}
        tiles = [(pen.kind(kind), by_kind.get(kind, 0)) for kind in KINDS]
        tiles += [(f"{pen.kind('621')} {pen.badge(state)}", lists[state]) for state in _STATES if state in lists]
        return '<ul class="tiles">' + "".join(f"<li>{name}<b>{many}</b></li>" for name, many in tiles) + "</ul>"

    def _malformed(self, pen: Pen) -> str:
        rows = self._rows(
            "SELECT r.id, r.status, r.body, m.kind, m.at FROM receipt r JOIN message m ON m.guid = r.guid"
            " WHERE r.paper IS NULL ORDER BY r.id DESC LIMIT 20"
        )
        if not rows:
            return ""
        items = "".join(
            f'<section class="card"><h3>{pen.kind(row["kind"])} {moment(row["at"])}</h3>'
            f"{pen.time_line([(row, self._fates([row])[row['id']])])}</section>"
            for row in rows
        )
        return f"<h2>{pen.word('malformed')}</h2>{items}"

    def file(self, request: Request) -> Answer:
        """Everything the port has of a paper's order: documents, receipts, bills, requests; and what can be done."""
        pen, row = self._pen(request), self._paper(request)
        papers = [row]
        if row["order_no"]:
            papers = self._rows("SELECT * FROM paper WHERE order_no = ? ORDER BY kind, id", row["order_no"])
        marks = ",".join("?" * len(papers))
        receipts = self._rows(
            f"SELECT id, paper, status, body FROM receipt WHERE paper IN ({marks}) ORDER BY id",  # noqa: S608
            *(one["id"] for one in papers),
        )
        fates = self._fates(receipts)
        cards = "".join(
            pen.paper(one, [(told, fates[told["id"]]) for told in receipts if told["paper"] == one["id"]])
            for one in papers
        )
        bills = self._rows(
            "SELECT b.*, p.order_no FROM bill b JOIN paper p ON p.id = b.paper WHERE p.order_no = ? AND ? != ''",
            row["order_no"],
            row["order_no"],
        )
        asked = self._rows("SELECT * FROM asked WHERE order_no = ? AND ? != ''", row["order_no"], row["order_no"])
        more = f"<h2>{pen.word('tax')}</h2>{_bills(pen, bills)}" if bills else ""
        more += f"<h2>{pen.word('requests')}</h2>{_sessions(pen, asked)}" if asked else ""
        body = (_acts(pen, papers) if row["order_no"] else "") + f'<div class="cards">{cards}</div>{more}'
        return self._page(request, row["order_no"] or row["number"], body)

    def _paper(self, request: Request) -> sqlite3.Row:
        rows = self._rows("SELECT * FROM paper WHERE id = ?", request.variables["paper"])
        if not rows:
            raise Refused(404, "not_found", "the port has no such paper")
        return rows[0]

    def _fates(self, receipts: Sequence[sqlite3.Row]) -> dict[int, str]:
        """What became of each receipt: sent, waits, failed; lost when it never was to be sent."""
        fates = {}
        for one in receipts:
            tries = self._rows(
                "SELECT done_at, gave_up_at FROM sending WHERE kind = 'receipt' AND payload = ?",
                json.dumps({"receipt": one["id"]}),
            )
            waits = "failed" if any(each["gave_up_at"] for each in tries) else "waits"
            fates[one["id"]] = "sent" if any(each["done_at"] for each in tries) else waits if tries else "lost"
        return fates

    def decide(self, request: Request) -> None:
        row, form = self._paper(request), request.form()
        wish, order_no = form.get("do", ""), row["order_no"]
        if wish == "ask":
            with self._port.write() as db:
                self._port.ask(db, order_no)
        elif wish == "arrived":
            self._port.arrive(order_no)
        elif wish in ("621", "625") and form.get("status") in {str(s) for many in DECISIONS.values() for s in many}:
            self._port.decide(wish, order_no, int(form["status"]), "")
        else:
            raise Refused(400, "bad_field", "nothing the desk can do")

    # People.

    def people(self, request: Request) -> Answer:
        pen, now = self._pen(request), self._port.clock()
        elsewhere, this_year = self._port.fault("elsewhere"), day(now).year
        _, limit = quota.limits(day(now))
        rows = self._rows(
            "SELECT p.id, p.id_number, p.name, p.sure, q.year FROM person p"
            " LEFT JOIN (SELECT DISTINCT person, year FROM quota) q ON q.person = p.id_number"
            " ORDER BY p.id DESC, q.year DESC LIMIT ?",
            ROWS_MAX,
        )
        cells = []
        for row in rows:
            year = row["year"] or this_year
            with self._port.write() as db:
                used = quota.used(db, row["id_number"], year, elsewhere)
            more = f" <small>{pen.word('elsewhere')}</small>" if row["id_number"] in elsewhere else ""
            cells.append(
                (
                    pen.link(f"/desk/people/{row['id']}", escape(id_number(row["id_number"]))),
                    escape(person_name(row["name"])) + (f" {pen.badge('sure')}" if row["sure"] else ""),
                    str(year),
                    f'<meter min="0" max="{limit}" value="{min(used, limit)}"></meter>'
                    f" {used:,} {pen.word('of')} {limit:,}{more}",
                )
            )
        body = pen.table(("person", "name", "year", "used"), cells) + _seed_form(pen, this_year)
        return self._page(request, WORDS["people"][pen.n], body)

    def seed(self, request: Request) -> None:
        form = request.form()
        year = int(form["year"]) if form.get("year", "").isdigit() else 0
        self._port.seed_person(
            form.get("id_number", "").strip(), form.get("name", "").strip(), year, form.get("used", "")
        )

    def person(self, request: Request) -> Answer:
        pen = self._pen(request)
        rows = self._rows("SELECT * FROM person WHERE id = ?", request.variables["person"])
        if not rows:
            raise Refused(404, "not_found", "the port has not met this person")
        moves = self._rows(
            "SELECT q.*, p.order_no FROM quota q LEFT JOIN paper p ON p.id = q.paper WHERE q.person = ? ORDER BY q.id",
            rows[0]["id_number"],
        )
        cells = [
            (
                moment(one["at"]),
                str(one["year"]),
                pen.word(one["why"]),
                f"{Decimal(one['amount']):+,}",
                pen.link(f"/desk/papers/{one['paper']}", escape(one["order_no"])) if one["paper"] else "",
            )
            for one in moves
        ]
        body = f"<h2>{pen.word('movements')}</h2>{pen.table(('when', 'year', 'why', 'amount', 'order'), cells)}"
        return self._page(request, f"{id_number(rows[0]['id_number'])} {person_name(rows[0]['name'])}", body)

    # Tax bills and payment data.

    def tax(self, request: Request) -> Answer:
        pen = self._pen(request)
        rows = self._rows(
            "SELECT b.*, p.order_no FROM bill b JOIN paper p ON p.id = b.paper ORDER BY b.id DESC LIMIT ?", ROWS_MAX
        )
        form = f'<form method="post" class="bar"><button>{pen.word("sum")}</button></form>'
        return self._page(request, WORDS["tax"][pen.n], form + _bills(pen, rows))

    def sum_up(self, _request: Request) -> None:
        self._port.sum_bills("")

    def requests(self, request: Request) -> Answer:
        pen = self._pen(request)
        rows = self._rows("SELECT * FROM asked ORDER BY at DESC LIMIT ?", ROWS_MAX)
        return self._page(request, WORDS["requests"][pen.n], _sessions(pen, rows))


def _search(pen: Pen, asked: dict[str, str]) -> str:
    def options(values: Sequence[tuple[str, str]], chosen: str) -> str:
        return "".join(
            f'<option value="{value}"{" selected" if value == chosen else ""}>{text}</option>' for value, text in values
        )

    kinds = [("", pen.word("all")), *((kind, f"{escape(names[pen.n])} {kind}") for kind, names in KINDS.items())]
    states = [("", pen.word("all")), *((state, pen.word(state)) for state in _STATES)]
    return (
        f'<form method="get" class="bar" role="search"><input type="hidden" name="lang" value="{LANGUAGES[pen.n]}">'
        f'<label>{pen.word("number")}<input name="q" value="{escape(asked["q"])}"></label>'
        f'<label>{pen.word("kind")}<select name="kind">{options(kinds, asked["kind"])}</select></label>'
        f'<label>{pen.word("state")}<select name="state">{options(states, asked["state"])}</select></label>'
        f"<button>{pen.word('find')}</button></form>"
    )


def _acts(pen: Pen, papers: Sequence[sqlite3.Row]) -> str:
    """What an official can do with this order now."""
    forms = ""
    for row in papers:
        decisions = DECISIONS.get((row["kind"], row["state"]), ())
        if decisions and (row["kind"], row["status"]) != ("625", 399):
            options = "".join(f'<option value="{s}">{s} {escape(STATUSES[s][pen.n])}</option>' for s in decisions)
            forms += (
                f'<form method="post" class="bar"><label><span>{pen.word("decide")} · {pen.kind(row["kind"])}</span>'
                f'<select name="status">{options}</select></label>'
                f'<button name="do" value="{row["kind"]}">{pen.word("do_it")}</button></form>'
            )
    if any(row["kind"] == "625" and row["state"] == "taken" and row["status"] != 399 for row in papers):
        forms += (
            f'<form method="post" class="bar"><button name="do" value="arrived">{pen.word("arrived")}</button></form>'
        )
    if any(row["kind"] == "311" for row in papers):
        forms += f'<form method="post" class="bar"><button name="do" value="ask">{pen.word("ask")}</button></form>'
    return f'<div class="acts">{forms}</div>' if forms else ""


def _seed_form(pen: Pen, year: int) -> str:
    return (
        f'<form method="post" class="card"><h2>{pen.word("seed_title")}</h2><p>{pen.word("seed_hint")}</p>'
        f'<div class="bar"><label>{pen.word("person")}'
        f'<input name="id_number" required maxlength="60" autocomplete="off"></label>'
        f'<label>{pen.word("name")}<input name="name" maxlength="60" autocomplete="off"></label>'
        f'<label>{pen.word("year")}<input type="number" name="year" value="{year}" min="2016" max="2100"></label>'
        f'<label>{pen.word("used")}<input name="used" inputmode="decimal" placeholder="21000.00"></label>'
        f"<button>{pen.word('set')}</button></div></form>"
    )


def _bills(pen: Pen, rows: Sequence[sqlite3.Row]) -> str:
    heads = ("when", "tax_no", "order", "duty", "vat", "consumption", "state", "summed_bill")
    cells = []
    for row in rows:
        lines = json.loads(row["lines"])
        sums = [billing.total(lines, name) for name in ("customsTax", "valueAddedTax", "consumptionTax")]
        order = pen.link(f"/desk/papers/{row['paper']}", escape(row["order_no"]))
        bill = (moment(row["at"]), escape(row["tax_no"]), order, *sums, pen.badge(f"bill_{row['status']}"))
        cells.append((*bill, escape(row["ent_no"])))
    return pen.table(heads, cells)


def _sessions(pen: Pen, rows: Sequence[sqlite3.Row]) -> str:
    cells = [
        (
            moment(row["at"]),
            escape(row["order_no"]),
            escape(row["session"]),
            pen.badge(row["heard"] or "waits"),
            f"{pen.badge(row['code'])} {escape(row['told'])}" if row["code"] else pen.badge("not_yet"),
        )
        for row in rows
    ]
    return pen.table(("when", "order", "session", "platform_said", "we_said"), cells)
