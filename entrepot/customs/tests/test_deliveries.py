"""Accounts of what came into a site (CEB711): made, sent, answered in any order, sent anew after a no."""

from __future__ import annotations

from itertools import permutations

import pytest
from lxml import etree

from entrepot.customs import models, reading, selectors, services
from entrepot.customs.ceb import message
from entrepot.customs.tests.makers import answered, declared, parcel
from entrepot.customs.tests.receipts import minutes, signed
from entrepot.customs.types import Delivery
from entrepot.kit import clock
from entrepot.kit.clock import CHINA
from entrepot.outbox.testing import drain
from entrepot.shipping import selectors as shipping
from entrepot.stock.types import WarehouseKind
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


def came(*waybills: str, **changes: str) -> services.Came:
    carrier = (changes.get("carrier", "3301980SBC"), changes.get("carrier_name", "沙盒物流"))
    return services.Came(
        customs_code="2233", operator=("2233980SBO", "监管场所"), carrier=carrier, transport="5", vessel="SX1",
        voyage="42", bill=changes.get("bill", "BILL1"), waybills=waybills,
    )  # fmt: skip


def read(of: object) -> Delivery:
    found = selectors.delivery(delivery_id=of)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_what_came_in_is_told_and_taken_in(customs_port: Sandbox) -> None:
    ready = parcel(kind=WarehouseKind.OVERSEAS)
    declared(ready)
    answered(customs_port)
    waybill = shipping.waybill(parcel_id=ready.parcel.id, buyer_id=ready.buyer_id)
    assert waybill is not None and waybill.number is not None
    told = came(waybill.number, bill=waybill.bill, carrier=waybill.carrier_code, carrier_name=waybill.carrier_name)
    made = services.tell_delivery(came=told, actor="li", now=clock.now())
    with pytest.raises(services.WaybillCameIn):
        services.tell_delivery(came=told, actor="li", now=clock.now())
    drain()
    assert read(made).sent_at is not None
    answered(customs_port)
    after = read(made)
    assert (after.accepted, after.status) == (True, 120)
    assert after.site_number.startswith("RK")
    assert [one.status for one in after.answers] == [2, 120]
    with pytest.raises(services.DeliveryNotRefused):
        services.tell_delivery_anew(delivery_id=made, actor="li", now=clock.now())


def test_a_refused_one_goes_again_as_a_new_message(customs_port: Sandbox) -> None:
    made = services.tell_delivery(came=came("UNKNOWN1"), actor="li", now=clock.now())
    drain()
    answered(customs_port)
    assert (read(made).accepted, read(made).status) == (False, 100)
    services.tell_delivery_anew(delivery_id=made, actor="li", now=clock.now())
    assert (read(made).accepted, read(made).version, read(made).sent_at) == (None, 2, None)
    first, second = models.DeliveryMessage.objects.order_by("version")
    xml = reading.open_document(second.xml_sealed, second.id)
    message.check(etree.fromstring(xml))
    assert message.read(xml).lines[0]["logisticsNo"] == "UNKNOWN1"
    assert bytes(first.sha256) != bytes(second.sha256)


def test_a_silent_port_is_asked_again_with_the_same_bytes(customs_port: Sandbox) -> None:
    made = services.tell_delivery(came=came("UNKNOWN2"), actor="li", now=clock.now())
    customs_port.control("customs", next=["down"])
    with pytest.raises(services.PortSilent):
        services.send_delivery(delivery_id=made, now=clock.now())
    row = models.Delivery.objects.get()
    assert row.sent_at is None and row.ask_at is not None
    assert services.remind_deliveries(now=row.ask_at) == 1
    assert services.remind_deliveries(now=row.ask_at) == 0
    drain()
    assert models.DeliveryMessage.objects.get().attempts == 3  # while it was down, by the first job, by the reminder
    answered(customs_port)
    assert models.Delivery.objects.get().ask_at is None


def _said(number: str, status: int, minute: int) -> bytes:
    moment = minutes(minute).astimezone(CHINA)
    inside = f"<ceb:guid>{'0' * 36}</ceb:guid><ceb:copNo>{number}</ceb:copNo>"
    rkd = "<ceb:rkdNo>RK1</ceb:rkdNo>" if status == 120 else ""
    tail = f"<ceb:returnStatus>{status}</ceb:returnStatus><ceb:returnTime>{moment:%Y%m%d%H%M%S}000</ceb:returnTime>"
    return signed(f"<ceb:DeliveryReturn>{inside}{rkd}{tail}</ceb:DeliveryReturn>", "712")


@pytest.mark.usefixtures("port_key")
@pytest.mark.parametrize(("last", "accepted"), [(120, True), (100, False)])
def test_answers_in_any_order_and_number_end_in_the_same_row(last: int, accepted: bool) -> None:
    for n, order in enumerate(permutations([(1, 1), (2, 2), (last, 3)])):
        row = models.Delivery.objects.create(number=f"RK{n}", said={}, bill="B", made_at=minutes(0), ask_at=minutes(2))
        models.DeliveryMessage.objects.create(
            delivery_id=row.id, version=1, xml_sealed=b"", sha256=b"", made_at=minutes(0)
        )
        bodies = {status: _said(row.number, status, minute) for status, minute in order}
        for status, _minute in [*order, *order[::-1]]:
            assert services.take_receipt(body=bodies[status], headers={}, now=minutes(60)) == 1
        after = read(row.id)
        assert (after.accepted, after.status) == (accepted, last)
        assert after.site_number == ("RK1" if accepted else "")
        assert [one.status for one in after.answers] == [1, 2, last]
        row.refresh_from_db()
        assert row.ask_at is None
    with pytest.raises(services.UnknownDocument):
        services.take_receipt(body=_said("STRANGE", 120, 1), headers={}, now=minutes(60))


@pytest.mark.usefixtures("port_key")
def test_an_answer_by_a_clock_that_is_behind_ours_is_heard() -> None:
    """Declarations hear such a receipt, too."""
    row = models.Delivery.objects.create(number="RK7", said={}, bill="B", made_at=minutes(5))
    models.DeliveryMessage.objects.create(delivery_id=row.id, version=1, xml_sealed=b"", sha256=b"", made_at=minutes(5))
    assert services.take_receipt(body=_said("RK7", 120, 4), headers={}, now=minutes(6)) == 1
    assert read(row.id).accepted is True


def _raised() -> list[tuple[str, str, int]]:
    rows = models.Escalation.objects.filter(ended_at__isnull=True).order_by("level")
    return [(row.order_number, row.state, row.level) for row in rows]


@pytest.mark.usefixtures("port_key")
def test_one_that_customs_does_not_take_in_is_raised_until_it_moves() -> None:
    row = models.Delivery.objects.create(number="RK9", said={}, bill="B", made_at=minutes(0))
    made = {"delivery_id": row.id, "xml_sealed": b"", "sha256": b""}
    models.DeliveryMessage.objects.create(version=1, made_at=minutes(0), **made)
    assert services.escalate(now=minutes(6 * 60 - 1)) == 0
    services.escalate(now=minutes(24 * 60))
    assert _raised() == [("RK9", "told", 1), ("RK9", "told", 2)]
    services.take_receipt(body=_said("RK9", 100, 1), headers={}, now=minutes(24 * 60))
    services.escalate(now=minutes(24 * 60))
    assert _raised() == []
    services.escalate(now=minutes(48 * 60))
    assert [state for _, state, _ in _raised()] == ["held", "held"]
    models.DeliveryMessage.objects.create(version=2, made_at=minutes(48 * 60), **made)
    models.Delivery.objects.update(version=2, verdict="", mark="")
    services.escalate(now=minutes(48 * 60))
    assert _raised() == []
    services.take_receipt(body=_said("RK9", 120, 48 * 60 + 1), headers={}, now=minutes(48 * 60))
    services.escalate(now=minutes(96 * 60))
    assert _raised() == []


def test_what_cannot_be_an_account_is_refused() -> None:
    for wrong in ((), ("A", "A"), tuple(str(n) for n in range(100))):
        with pytest.raises(services.DeliveryInvalid):
            services.tell_delivery(came=came(*wrong), actor="li", now=clock.now())
