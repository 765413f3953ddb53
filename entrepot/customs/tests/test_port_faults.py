"""What the port says no to, really by content where content can show it, else told to; and how it may misbehave."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from lxml import etree
from msgspec import structs

from entrepot.customs import port, services
from entrepot.customs.ceb import message
from entrepot.customs.keys import identity
from entrepot.customs.rules import papers
from entrepot.customs.tests.makers import Ready, answered, declared, parcel, seen, take
from entrepot.customs.tests.paper_makers import ID_NUMBER, PARTIES, facts, sign, travelling, written
from entrepot.customs.tests.receipts import topics
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit import clock
from entrepot.kit.ids import new_id
from entrepot.outbox.testing import drain
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customs_port")]
ORDER, PAYMENT, WAYBILL, LIST = DocumentKind.ORDER, DocumentKind.PAYMENT, DocumentKind.WAYBILL, DocumentKind.LIST

FORCED = [-621013, -621014]


def _through(port: Sandbox) -> None:
    """As the port does it: what is refused because it names nothing that is known yet comes again after the others."""
    waiting: list[dict[str, Any]] = []
    for _ in range(3):
        drain()
        waiting += port.collect("customs")
        while (left := [one for one in waiting if not _known(one)]) and len(left) < len(waiting):
            waiting = left
        waiting = left
    assert not waiting


def _known(message: dict[str, Any]) -> bool:
    try:
        take([message])
    except services.UnknownDocument:
        return False
    return True


# The port alone: documents sent straight to it, its receipts read as it wrote them.


def _unique(of: papers.Facts | None = None, **changes: Any) -> papers.Facts:
    """Facts whose numbers nobody used: the port keeps its books for the whole run."""
    of = of or facts(**changes)
    number = f"KL{new_id().hex[-14:].upper()}-1"
    return replace(
        of,
        parcel=structs.replace(of.parcel, number=number),
        split=replace(of.split, number=number, transaction=new_id().hex),
        waybill=replace(of.waybill, number=new_id().hex.upper()),
        real_name=replace(of.real_name, id_number=f"{new_id().int % 10**17:017d}X"),
    )


def _papers(of: papers.Facts) -> dict[DocumentKind, papers.Paper]:
    made = papers.compose(of, PARTIES, clock.now())
    listed = made[LIST]
    made[LIST] = papers.Paper({**listed.head, "copNo": of.parcel.number.replace("-", "")}, listed.lines)
    return made


def _send(
    kind: DocumentKind, paper: papers.Paper, *, app_type: str = "1", change: Any = None, id_: UUID | None = None
) -> int | None:
    """Send one document; `change` spoils the tree after it was signed."""
    id_ = id_ or new_id()
    root = written(kind, paper, id_, clock.now(), app_type)
    sign(root, identity())
    if change is not None:
        change(root)
    return port.send(document_id=id_, kind=kind, xml=travelling(root), made_at=clock.now()).status


def _statuses(port: Sandbox) -> list[tuple[int, str]]:
    """(returnStatus, returnInfo) of what the port would send, tax bills left out."""
    found = []
    for one in port.collect("customs"):
        answer, returns = message.read_answer(message.parse(one["body"].encode()))
        if answer.taxes:
            continue
        found += [(int(each.head["returnStatus"]), each.head.get("returnInfo", "")) for each in returns]
    return found


def _three(of: papers.Facts, port: Sandbox) -> dict[DocumentKind, papers.Paper]:
    """Order, payment and waybill taken in by the port."""
    made = _papers(of)
    for kind in (ORDER, PAYMENT, WAYBILL):
        _send(kind, made[kind])
    assert sorted(status for status, _ in _statuses(port)) == [2, 2, 2, 120, 120, 120]
    return made


def _says(port: Sandbox, kind: DocumentKind, paper: papers.Paper, **more: Any) -> tuple[int, str]:
    """The port's last word on one document."""
    _send(kind, paper, **more)
    return _statuses(port)[-1]


def test_duplicates_of_order_payment_and_waybill(customs_port: Sandbox) -> None:
    made = _three(_unique(), customs_port)
    assert _says(customs_port, ORDER, made[ORDER])[0] == -301010
    assert _says(customs_port, PAYMENT, made[PAYMENT])[0] == -401007
    assert _says(customs_port, WAYBILL, made[WAYBILL])[0] == -504015


def test_an_order_may_change_until_it_is_on_a_list(customs_port: Sandbox) -> None:
    made = _three(_unique(), customs_port)
    assert _says(customs_port, ORDER, made[ORDER], app_type="2")[0] == 120
    assert _says(customs_port, LIST, made[LIST])[0] == 800
    assert _says(customs_port, ORDER, made[ORDER], app_type="2")[0] == -301011
    assert _says(customs_port, LIST, made[LIST])[0] == -621004
    assert _says(customs_port, ORDER, _papers(_unique())[ORDER], app_type="2")[0] == 100


def test_the_list_needs_its_three_documents(customs_port: Sandbox) -> None:
    made = _papers(_unique())
    status, told = _says(customs_port, LIST, made[LIST])
    assert status == 100
    assert all(name in told for name in ("订单", "支付单", "运单"))


SPOILT = [
    (PAYMENT, "amountPaid", "1"), (PAYMENT, "payerName", "李四"), (PAYMENT, "payerIdNumber", "1"),
    (PAYMENT, "ebpCode", "X"), (WAYBILL, "consignee", "李四"), (WAYBILL, "consigneeTelephone", "1"),
    (WAYBILL, "consigneeAddress", "别处"), (WAYBILL, "logisticsNo", None), (LIST, "buyerName", "李四"),
    (LIST, "buyerIdNumber", "2"), (LIST, "ebcCode", "X"), (LIST, "logisticsCode", "X"), (LIST, "freight", "9"),
    (LIST, "packNo", 2), (LIST, "currency", "502"), (LIST, "emsNo", None), (LIST, "country", "116"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "value"), SPOILT)
def test_the_port_compares_the_documents_itself(
    customs_port: Sandbox,
    kind: DocumentKind,
    name: str,
    value: Any,
) -> None:
    made = _papers(_unique())
    value = new_id().hex if name == "logisticsNo" else value
    made[kind] = papers.Paper({**made[kind].head, name: value}, made[kind].lines)
    for each in (ORDER, PAYMENT, WAYBILL):
        _send(each, made[each])
    _statuses(customs_port)
    status, told = _says(customs_port, LIST, made[LIST])
    assert status == 100, told


def test_amounts_that_do_not_add_up_are_refused_at_once(customs_port: Sandbox) -> None:
    made = _papers(_unique())[ORDER]
    assert _says(customs_port, ORDER, papers.Paper({**made.head, "taxTotal": "1"}, made.lines))[0] == 100
    wrong_line = {**made.lines[0], "price": "1"}
    assert _says(customs_port, ORDER, papers.Paper(made.head, (wrong_line, *made.lines[1:])))[0] == 100


def _priced(fen: int, quantity: int, lines: int = 1, **person: str) -> papers.Facts:
    of = facts(lines=lines, unit_price_minor=fen, goods_minor=fen * quantity, quantity=quantity)
    lines_free = tuple(structs.replace(line, freight_minor=0) for line in of.parcel.lines)
    of = replace(of, parcel=structs.replace(of.parcel, lines=lines_free, freight_minor=0))
    of = replace(of, split=replace(of.split, amount_minor=of.parcel.total_minor))
    of = _unique(of)
    return replace(of, real_name=replace(of.real_name, **person)) if person else of


@pytest.mark.parametrize(
    ("fen", "quantity", "expected"),
    [(500_000, 1, 800), (250_000, 2, 800), (250_001, 2, -621005), (500_001, 1, 800), (600_000, 2, -621005)],
)
def test_the_single_limit_is_inclusive_and_spares_one_item(
    customs_port: Sandbox,
    fen: int,
    quantity: int,
    expected: int,
) -> None:
    made = _three(_priced(fen, quantity), customs_port)
    assert _says(customs_port, LIST, made[LIST])[0] == expected


def test_the_yearly_limit_is_by_person_over_all_platforms(customs_port: Sandbox) -> None:
    person = f"{new_id().int % 10**17:017d}X"
    customs_port.control("customs", elsewhere={person: "21000.00"})
    made = _three(_priced(500_000, 1, id_number=person), customs_port)
    assert _says(customs_port, LIST, made[LIST])[0] == 800
    made = _three(_priced(100, 1, id_number=person), customs_port)
    status, told = _says(customs_port, LIST, made[LIST])
    assert status == -621018
    assert "26000" in told  # the sum used is named
    made = _three(_priced(100, 1), customs_port)
    assert _says(customs_port, LIST, made[LIST])[0] == 800


def test_line_numbers_and_their_count(customs_port: Sandbox) -> None:
    made = _three(_unique(), customs_port)[LIST]
    twice = papers.Paper(made.head, (made.lines[0], {**made.lines[1], "gnum": 1}))
    assert _says(customs_port, LIST, twice)[0] == -621027

    def many(root: etree._Element) -> None:
        body = root[0]
        for n in range(3, 103):
            line = etree.fromstring(etree.tostring(body[1]))
            line[0].text = str(n)
            body.append(line)
        root.remove(root[-1])
        sign(root, identity())

    assert _says(customs_port, LIST, made, change=many)[0] == -621030


def test_signatures(customs_port: Sandbox) -> None:
    made = _three(_unique(), customs_port)[LIST]

    def data(root: etree._Element) -> None:
        found = next(root.iter("{*}grossWeight"))
        found.text = "9"

    def value(root: etree._Element) -> None:
        found = next(root.iter("{*}SignatureValue"))
        found.text = "A" * 344

    def none(root: etree._Element) -> None:
        root.remove(root[-1])

    assert _says(customs_port, LIST, made, change=data)[0] == -621028
    assert _says(customs_port, LIST, made, change=value)[0] == -621029
    assert _says(customs_port, LIST, made, change=none)[0] == -621029
    order = _papers(_unique())[ORDER]
    assert _says(customs_port, ORDER, order, change=none)[0] == 120  # optional there
    assert _says(customs_port, ORDER, _papers(_unique())[ORDER], change=lambda root: root[0][0].append(
        etree.fromstring('<ceb:note xmlns:ceb="http://www.chinaport.gov.cn/ceb">x</ceb:note>')))[0] == 100  # fmt: skip


def test_a_message_of_the_wrong_schema_is_answered_by_900(customs_port: Sandbox) -> None:
    def spoil(root: etree._Element) -> None:
        root[0][0].remove(root[0][0][6])

    _send(ORDER, _papers(_unique())[ORDER], change=spoil)
    (one,) = customs_port.collect("customs")
    assert "CEB900Message" in one["body"]
    answer, _ = message.read_answer(message.parse(one["body"].encode()))
    assert answer.kind is None


def test_the_same_message_again_is_a_duplicate_and_its_receipts_come_again(customs_port: Sandbox) -> None:
    paper, id_ = _papers(_unique())[ORDER], new_id()
    now = clock.now()
    xml = travelling(written(ORDER, paper, id_, now))
    first = port.send(document_id=id_, kind=ORDER, xml=xml, made_at=now)
    bodies = [one["body"] for one in customs_port.collect("customs")]
    again = port.send(document_id=id_, kind=ORDER, xml=xml, made_at=now)
    assert [one["body"] for one in customs_port.collect("customs")] == bodies
    other = port.send(document_id=id_, kind=ORDER, xml=xml + b" ", made_at=now)
    assert (first.status, again.status, other.status) == (200, 409, 422)
    assert (first.arrived, again.arrived, other.arrived) == (True, True, False)


# The port and us.


@pytest.mark.parametrize("code", FORCED)
def test_codes_that_content_cannot_show_are_told_to(customs_port: Sandbox, code: int) -> None:
    ready = parcel()
    customs_port.control("customs", next=[f"refuse:{code}"])
    declared(ready)
    _through(customs_port)
    made = seen(ready)
    assert (made.state, made.held_code) == (DeclarationState.HELD, str(code))
    assert made.held_note["zh-hans"]
    assert made.held_note["en"]
    assert topics(ready.parcel.id)[-1] == "customs.held"


def test_over_the_yearly_limit_a_buyer_reads_how_much_was_used(customs_port: Sandbox) -> None:
    ready = parcel(id_number=ID_NUMBER)
    customs_port.control("customs", elsewhere={ID_NUMBER: "25900.00"})
    declared(ready)
    _through(customs_port)
    made = seen(ready)
    assert made.held_code == "-621018"
    assert "25900.00" in made.held_note["zh-hans"]
    assert ID_NUMBER not in made.held_note["zh-hans"]


def test_a_format_refusal_holds_the_declaration(customs_port: Sandbox) -> None:
    ready = parcel()
    customs_port.control("customs", next=["format"])
    declared(ready)
    _through(customs_port)
    assert seen(ready).held_code == "900"


def _released(ready: Ready, port: Sandbox) -> None:
    declared(ready)
    _through(port)
    assert seen(ready).state is DeclarationState.RELEASED
    assert topics(ready.parcel.id) == ["customs.declared", "customs.released"]


def test_receipts_twice_and_shuffled_end_released(customs_port: Sandbox) -> None:
    customs_port.control("customs", duplicate=True, shuffle=True, pace_s=0.01)
    for _ in range(5):
        _released(parcel(lines=2), customs_port)


def test_receipts_with_a_wrong_signature_are_refused_and_nothing_moves(customs_port: Sandbox) -> None:
    ready = parcel()
    declared(ready)
    customs_port.control("customs", wrong_signature=True)
    for one in customs_port.collect("customs"):
        with pytest.raises(services.ForgedReceipt):
            take([one])
    assert seen(ready).state is DeclarationState.MATCHING
    assert all(document.receipts == () for document in seen(ready).documents)


def test_the_official_may_take_time_and_change_their_mind(customs_port: Sandbox) -> None:
    ready = parcel()
    customs_port.control("customs", review=True)
    declared(ready)
    _through(customs_port)
    assert seen(ready).state is DeclarationState.LISTED
    for status, state in (
        (500, DeclarationState.HELD),
        (399, DeclarationState.LISTED),
        (800, DeclarationState.RELEASED),
    ):
        customs_port.http.post("/customs/lists/decide", json={"order_no": ready.parcel.number, "status": status})
        answered(customs_port)
        assert seen(ready).state is state, status


def test_the_list_number_is_customs_year_and_nine_digits(customs_port: Sandbox) -> None:
    ready, begin = parcel(), clock.now()
    _released(ready, customs_port)
    years = {f"{clock.day_in(clock.CHINA, at).year}" for at in (begin, clock.now())}  # it may be new year's eve
    assert re.fullmatch(rf"3105({'|'.join(years)})I\d{{9}}", seen(ready).list_number)
