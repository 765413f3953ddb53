"""A parcel against the running sandbox carrier: booked, handed over, followed, delivered."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from entrepot.kit import clock, signed
from entrepot.kit.ids import new_id
from entrepot.kit.sealing import CannotOpen
from entrepot.shipping import models, selectors, services, tasks
from entrepot.shipping.carriers.sandbox import SandboxCarrier
from entrepot.shipping.services import booking, told
from entrepot.shipping.tests.makers import CONSIGNEE, booked, dispatched, wish
from entrepot.shipping.types import Waybill, WaybillState
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(topic, parcel_id) of everything told, in order."""
    events: list[tuple[str, str]] = []
    monkeypatch.setattr(told, "emit", lambda **event: events.append((event["topic"], event["payload"]["parcel_id"])))
    return events


def take(message: dict[str, Any]) -> None:
    services.take_scan(carrier="sandbox", body=message["body"].encode(), headers=message["headers"], now=clock.now())


def now_of(waybill: Waybill) -> Waybill:
    found = selectors.waybill(parcel_id=waybill.parcel_id, buyer_id=waybill.buyer_id)
    assert found is not None
    return found


def test_a_parcel_goes_its_way(sandbox: Sandbox, heard: list[tuple[str, str]]) -> None:
    waybill = booked()
    assert waybill.state is WaybillState.BOOKED and waybill.number and waybill.carrier_code == "4403160SBX"
    assert (waybill.transport_mode, waybill.bill) == ("7", "")
    assert sandbox.collect("carrier") == []
    sent = services.dispatch(parcel_id=waybill.parcel_id, buyer_id=waybill.buyer_id, now=clock.now())
    assert sent.state is WaybillState.DISPATCHED
    for message in sandbox.collect("carrier"):
        take(message)
    arrived = now_of(waybill)
    assert arrived.state is WaybillState.DELIVERED
    assert [scan.en.split()[0] for scan in arrived.scans] == ["Picked", "Left", "Arrived", "Out", "Delivered"]
    assert all(scan.zh and not scan.zh.isascii() for scan in arrived.scans)
    parcel = str(waybill.parcel_id)
    assert heard == [(told.DISPATCHED, parcel), (told.DELIVERED, parcel)]
    assert selectors.waybills(order_id=waybill.order_id, buyer_id=waybill.buyer_id) == [arrived]
    assert selectors.waybills(order_id=waybill.order_id, buyer_id=new_id()) == []
    assert models.Waybill.objects.get(id=waybill.id).ask_at is None


def test_direct_purchases_carry_flight_voyage_and_bill(sandbox: Sandbox) -> None:
    waybill = booked(trade_mode="9610")
    assert waybill.transport_mode == "5" and waybill.vessel and waybill.voyage and waybill.bill


def test_once_per_parcel(sandbox: Sandbox) -> None:
    made = wish()
    first = services.book(wish=made, now=clock.now())
    assert services.book(wish=replace(made, weight_g=9), now=clock.now()) == first
    other = services.book(wish=wish(buyer_id=made.buyer_id), now=clock.now())
    assert other.number != first.number


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [4, 4, 0, 0, 2], [2, 4, 1, 4, 3, 0]])
def test_any_order_and_repeats_end_the_same(sandbox: Sandbox, heard: list[tuple[str, str]], order: list[int]) -> None:
    waybill = dispatched()
    messages = sandbox.collect("carrier")
    for position in order:
        take(messages[position])
    arrived = now_of(waybill)
    assert arrived.state is WaybillState.DELIVERED
    assert len(arrived.scans) == len(set(order))
    assert [scan.at for scan in arrived.scans] == sorted(scan.at for scan in arrived.scans)
    assert [topic for topic, _ in heard] == [told.DISPATCHED, told.DELIVERED]


def test_scans_before_the_answer_to_dispatch(sandbox: Sandbox, heard: list[tuple[str, str]]) -> None:
    waybill = booked()
    sandbox.control("carrier", next=["hang_up"])
    with pytest.raises(services.CarrierSilent):
        services.dispatch(parcel_id=waybill.parcel_id, buyer_id=waybill.buyer_id, now=clock.now())
    assert now_of(waybill).state is WaybillState.BOOKED
    messages = sandbox.collect("carrier")
    take(messages[-1])  # delivered is the first thing heard: both facts are told, in their order
    assert [topic for topic, _ in heard] == [told.DISPATCHED, told.DELIVERED]
    again = services.dispatch(parcel_id=waybill.parcel_id, buyer_id=waybill.buyer_id, now=clock.now())
    assert again.state is WaybillState.DELIVERED and len(heard) == 2


def test_a_carrier_that_is_down_slow_or_cut_off(sandbox: Sandbox, settings: Any) -> None:
    made = wish()
    for fault in ({"down": True}, {"next": ["slow"], "delay_s": 3_600.0}, {"next": ["hang_up"]}):
        settings.OUTSIDE_TIMEOUT_S = 0.5 if fault.get("next") == ["slow"] else 60.0
        sandbox.control("carrier", reset=True, hold=True)
        sandbox.control("carrier", **fault)
        with pytest.raises(services.CarrierSilent):
            services.book(wish=made, now=clock.now())
        waybill = selectors.waybill(parcel_id=made.parcel_id, buyer_id=made.buyer_id)
        assert waybill is not None and waybill.state is WaybillState.REQUESTED and waybill.number is None
        with pytest.raises(services.NotBooked):
            services.dispatch(parcel_id=made.parcel_id, buyer_id=made.buyer_id, now=clock.now())
    sandbox.control("carrier", reset=True, hold=True)
    assert services.book(wish=made, now=clock.now()).state is WaybillState.BOOKED


def test_killed_between_the_carriers_answer_and_our_note_of_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    told_first: list[Any] = []

    def die(_wish: Any, answer: Any, _now: Any) -> None:
        told_first.append(answer.number)
        raise Killed

    made = wish()
    with monkeypatch.context() as patch:
        patch.setattr(booking, "_store", die)
        with pytest.raises(Killed):
            services.book(wish=made, now=clock.now())
    assert selectors.waybill(parcel_id=made.parcel_id, buyer_id=made.buyer_id) is None
    first, fresh = services.book_once(wish=made, now=clock.now())
    assert fresh and told_first == [first.number]
    again, fresh = services.book_once(wish=made, now=clock.now())
    assert (again, fresh) == (first, False)


def test_a_waybill_stays_when_the_carrier_is_silent_later(sandbox: Sandbox) -> None:
    made = wish()
    first = services.book(wish=made, now=clock.now())
    sandbox.control("carrier", down=True)
    assert services.book(wish=made, now=clock.now()) == first


def test_what_a_carrier_will_not_take(sandbox: Sandbox) -> None:
    with pytest.raises(services.CarrierRefused) as said:
        services.book(wish=wish(weight_g=200_000), now=clock.now())
    assert said.value.data["reason"] == "bad_field"
    with pytest.raises(services.UnknownCarrier) as unknown:
        services.book(wish=wish(carrier="pigeon"), now=clock.now())
    assert unknown.value.field == "carrier"
    with pytest.raises(ValueError):
        services.book(wish=wish(weight_g=0), now=clock.now())
    with pytest.raises(services.UnknownWaybill):
        services.dispatch(parcel_id=new_id(), buyer_id=new_id(), now=clock.now())


def test_lost_reports_are_asked_for(sandbox: Sandbox, heard: list[tuple[str, str]]) -> None:
    sandbox.control("carrier", lose=True, journey_s=0)
    waybill = dispatched()
    assert sandbox.collect("carrier") == []
    tasks.follow_parcels()
    assert now_of(waybill).state is WaybillState.DISPATCHED  # too early to ask
    models.Waybill.objects.filter(id=waybill.id).update(ask_at=clock.now())
    sandbox.control("carrier", down=True)
    tasks.follow_parcels()
    assert models.Waybill.objects.get(id=waybill.id).ask_at > clock.now()
    sandbox.control("carrier", down=False)
    services.follow(waybill_id=waybill.id, buyer_id=waybill.buyer_id, now=clock.now())
    arrived = now_of(waybill)
    assert arrived.state is WaybillState.DELIVERED and len(arrived.scans) == 5
    assert [topic for topic, _ in heard] == [told.DISPATCHED, told.DELIVERED]
    services.follow(waybill_id=waybill.id, buyer_id=waybill.buyer_id, now=clock.now())
    with pytest.raises(services.UnknownWaybill):
        services.follow(waybill_id=waybill.id, buyer_id=new_id(), now=clock.now())


@pytest.mark.parametrize(
    "odd",
    [
        {"request_id": 5},
        {"attach": ["a"]},
        {"scans": [{"at": "0001-01-01T00:00:00+14:00"}]},
        {"scans": [{"at": "9999-12-31T23:59:59-12:00"}]},
        {"scans": [7]},
    ],
)
def test_a_signed_answer_that_makes_no_sense_is_no_answer(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, odd: dict[str, Any]
) -> None:
    waybill = dispatched()
    scan = {"event": "e", "code": "picked_up", "at": "2026-11-21T04:00:00+00:00", "place": "", "zh": "揽收", "en": "Up"}
    view = {"request_id": str(waybill.id), "attach": str(waybill.buyer_id), "scans": [scan]} | odd
    if isinstance(view["scans"][0], dict):
        view["scans"][0] = scan | view["scans"][0]
    monkeypatch.setattr(signed.Party, "ask", lambda *_: signed.Answer("{}", "{}", 200, content=view))
    with pytest.raises(services.CarrierSilent):
        services.follow(waybill_id=waybill.id, buyer_id=waybill.buyer_id, now=clock.now())
    assert now_of(waybill).scans == ()


def test_one_answer_that_breaks_us_keeps_nobody_behind_it_from_being_asked(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def broken(_carrier: Any, waybill_id: Any, _now: Any) -> Any:
        asked.append(waybill_id)
        raise DatabaseError("what it says cannot be written")

    made = [dispatched().id for _ in range(2)]
    for waybill_id in made:
        models.Waybill.objects.filter(id=waybill_id).update(ask_at=clock.now())
    monkeypatch.setattr(SandboxCarrier, "query", broken)
    for _ in range(2):  # the tick is tried again
        with suppress(DatabaseError):
            tasks.follow_parcels()
    assert asked == made


def test_forged_reports_are_refused(sandbox: Sandbox, heard: list[tuple[str, str]]) -> None:
    sandbox.control("carrier", wrong_signature=True)
    waybill = dispatched()
    for message in sandbox.collect("carrier"):
        with pytest.raises(services.ForgedScan):
            take(message)
    sandbox.control("carrier", wrong_signature=False)
    genuine = dispatched()
    message = sandbox.collect("carrier")[-1]
    changed = json.loads(message["body"]) | {"request_id": str(waybill.id), "attach": str(waybill.buyer_id)}
    with pytest.raises(services.ForgedScan):
        take({**message, "body": json.dumps(changed)})
    assert now_of(waybill).scans == () and now_of(genuine).scans == ()


def test_a_report_about_a_waybill_we_do_not_have(sandbox: Sandbox) -> None:
    waybill = dispatched()
    models.Waybill.objects.filter(id=waybill.id).update(buyer_id=new_id())
    with pytest.raises(services.UnknownWaybill):
        take(sandbox.collect("carrier")[0])


def test_the_label_hides_what_the_standard_asks(sandbox: Sandbox) -> None:
    made = wish()
    sandbox.control("carrier", down=True)
    with pytest.raises(services.CarrierSilent):
        services.book(wish=made, now=clock.now())
    assert selectors.label(parcel_id=made.parcel_id, buyer_id=made.buyer_id) is None
    sandbox.control("carrier", down=False)
    waybill = services.book(wish=made, now=clock.now())
    label = selectors.label(parcel_id=made.parcel_id, buyer_id=made.buyer_id)
    assert label is not None and label.number == waybill.number
    assert (label.consignee, label.phone) == ("欧***", "138******78")
    assert label.address == "浙江省宁波市鄞州区幸福路88号*幢*单元*室"
    assert selectors.label(parcel_id=made.parcel_id, buyer_id=new_id()) is None
    assert selectors.consignee(parcel_id=made.parcel_id, buyer_id=made.buyer_id) == CONSIGNEE
    assert selectors.carriage(parcel_id=made.parcel_id, buyer_id=made.buyer_id) == (waybill, CONSIGNEE)
    assert selectors.consignee(parcel_id=made.parcel_id, buyer_id=new_id()) is None


def test_the_consignee_is_sealed_to_its_row(sandbox: Sandbox) -> None:
    one, other = booked(), booked()
    sealed = bytes(models.Waybill.objects.get(id=one.id).consignee_sealed)
    assert "欧阳".encode() not in sealed and b"13812345678" not in sealed
    models.Waybill.objects.filter(id=other.id).update(consignee_sealed=sealed)
    with pytest.raises(CannotOpen):
        selectors.consignee(parcel_id=other.parcel_id, buyer_id=other.buyer_id)


def test_statements_are_counted(sandbox: Sandbox, heard: list[tuple[str, str]]) -> None:
    def count(work: Any) -> int:
        with CaptureQueriesContext(connection) as seen:
            work()
        return sum(1 for query in seen.captured_queries if "SAVEPOINT" not in query["sql"])

    made = wish()
    assert count(lambda: services.book(wish=made, now=clock.now())) == 1
    assert count(lambda: services.dispatch(parcel_id=made.parcel_id, buyer_id=made.buyer_id, now=clock.now())) == 2
    first = sandbox.collect("carrier")[0]
    assert count(lambda: take(first)) == 1  # telling (`emit`) is one more each
