"""The customs desk: figures of days, declarations as files, the documents side by side."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.utils import translation
from openpyxl import load_workbook

from entrepot.customs import services
from entrepot.customs.selectors import undeclared
from entrepot.customs.services.putting_off import TRIES_MAX, put_off
from entrepot.customs.tests import makers as customs_made
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.orders.tests.makers import CONSIGNEE
from entrepot.payments.types import PayerCheck
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.templatetags.office import bad_receipt
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import JUNK, shown, staff, within_budget
from entrepot.web.backoffice.words import duration, receipt_word
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db
QUEUE, FIGURES, EXPORT = "/office/declarations/", "/office/declarations/figures/", "/office/declarations/export/"


@pytest.mark.parametrize(
    ("status", "zh", "en"),
    [
        (2, "申报中", "Being declared"), (120, "海关入库", "Taken in by customs"),
        (501, "扣留移送通关", "Held: handed to clearance"),
        (502, "扣留移送缉私", "Held: handed to the anti-smuggling bureau"),
        (503, "扣留移送法规", "Held: handed to the law office"), (599, "扣留", "Held"), (700, "退运", "Sent back"),
        (899, "结关", "Closed"),
    ],
)  # fmt: skip
def test_a_status_of_customs_is_told_as_customs_means_it(status: int, zh: str, en: str) -> None:
    """What the law office holds is not sent back, and what is sent back is not merely over."""
    for language, told in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            assert str(receipt_word(status)) == told
    assert bad_receipt(status) is (status in (501, 502, 503, 599, 700))


@pytest.mark.parametrize("address", [FIGURES, EXPORT])
def test_only_the_desk_and_service_get_in(address: str) -> None:
    got = {role: staff(role).get(address).status_code for role in Role}
    assert got == {role: 200 if role in (Role.CUSTOMS, Role.SERVICE) else 403 for role in Role}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_figures_without_declarations_say_so(language: str) -> None:
    page = within_budget(staff(Role.CUSTOMS, language=language), FIGURES)
    assert ("Nothing was released" in page, "这些天没有放行" in page) == (language == "en", language != "en")


def test_what_was_released_and_refused_is_drawn(customs_port: Sandbox) -> None:  # noqa: F811
    one = customs_made.declared(customs_made.parcel())
    while customs_made.answered(customs_port):
        pass
    services.send(declaration_id=one.id, buyer_id=one.buyer_id, now=now())
    while customs_made.answered(customs_port):
        pass
    page = within_budget(staff(Role.CUSTOMS), FIGURES)
    assert "<polyline" in page
    assert re.search(r"<b>1</b><span>declared in 14 days", page)
    assert one.order_number not in page


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_queue_as_a_file(form: str, customs_port: Sandbox) -> None:  # noqa: F811
    held = customs_made.declared(customs_made.parcel(payer_check=PayerCheck.DIFFERENT))
    fine = customs_made.declared(customs_made.parcel())
    answer = staff(Role.CUSTOMS).get(EXPORT, {"form": form})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    if form == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        rows = [list(row) for row in load_workbook(io.BytesIO(content)).active.values]
    assert [row[0] for row in rows[1:]] == [held.order_number, fine.order_number]
    assert [row[1] for row in rows[1:]] == ["Held", "Three documents at customs"]
    assert CONSIGNEE.name.encode() not in content
    only = staff(Role.SERVICE).get(EXPORT, {"state": "held", "form": "csv"})
    assert b"".join(only.streaming_content).decode().count("\n") == 2  # type: ignore[attr-defined]


def test_junk_in_the_address_is_no_fault() -> None:
    client = staff(Role.CUSTOMS)
    for name in ("q", "state", "age", "oldest", "form", "page"):
        for text in JUNK:
            for address in (QUEUE, FIGURES, EXPORT):
                assert client.get(address, {name: text}).status_code == 200, (address, name, text)


def test_the_old_ones_are_found(customs_port: Sandbox) -> None:  # noqa: F811
    one = customs_made.declared(customs_made.parcel())
    client = staff(Role.CUSTOMS)
    assert one.order_number in shown(client, QUEUE)
    assert one.order_number not in shown(client, f"{QUEUE}?age=1h&oldest=1")


def test_texts_that_a_spreadsheet_would_reckon_stay_texts() -> None:
    rows = [["=1+1", "+86 138", "-621005", "@x", "-1.5", "-x", "plain", 7, now() - timedelta(days=1)]]
    answer = table(rows=rows, name="x", form=Form.CSV)
    told = next(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert told[:8] == ["'=1+1", "'+86 138", "-621005", "'@x", "-1.5", "'-x", "plain", "7"]


def test_differences_stand_open_and_what_agrees_is_folded(customs_port: Sandbox) -> None:  # noqa: F811
    other = CONSIGNEE.__class__(
        **{**{name: getattr(CONSIGNEE, name) for name in CONSIGNEE.__slots__}, "name": "别的人"}
    )
    spoilt = customs_made.declared(customs_made.parcel(waybill_to=other))
    fine = customs_made.declared(customs_made.parcel())
    client = staff(Role.CUSTOMS)
    page = within_budget(client, f"{QUEUE}{spoilt.buyer_id}/{spoilt.parcel_id}/")
    assert "1 difference ·" in page
    assert page.count('class="differs"') == 1
    assert "别的人" not in page
    page = within_budget(client, f"{QUEUE}{fine.buyer_id}/{fine.parcel_id}/")
    assert "everything agrees" in page
    assert "differs" not in page


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0.4, "0 s"),
        (119, "119 s"),
        (150, "2.5 min"),
        (7_199, "120 min"),
        (7_200, "2 h"),
        (200_000, "2.3 d"),
    ],
)
def test_durations_read_well(seconds: float | None, text: str) -> None:
    with translation.override("en"):
        assert duration(seconds) == text


STUCK = "/office/declarations/stuck/"


def test_a_parcel_that_cannot_be_declared_is_shown_with_its_reason_and_tried_again(
    customs_port: Sandbox,  # noqa: F811
) -> None:
    one = customs_made.parcel(carry=False)
    desk = staff(Role.CUSTOMS)
    assert "Not declared" not in shown(desk, STUCK)
    refused, whose = {one.parcel.id: services.NoWaybill()}, {one.parcel.id: (one.buyer_id, one.order_id)}
    put_off(refused=refused, whose=whose, now=now())
    page = within_budget(desk, STUCK)
    assert "no waybill number" in page and "not by itself" not in page
    assert one.parcel.number in page
    for _ in range(TRIES_MAX - 1):
        put_off(refused=refused, whose=whose, now=now())
    assert "not by itself" in shown(desk, STUCK)
    chinese = shown(staff(Role.CUSTOMS, language="zh-hans"), STUCK)
    assert "不再自动尝试" in chinese and "包裹还没有运单号" in chinese and "no waybill number" not in chinese
    again = f"/office/declarations/put-off/{one.buyer_id}/{one.parcel.id}/"
    assert again not in shown(staff(Role.SERVICE), STUCK)
    assert staff(Role.SERVICE).post(again).status_code == 403
    assert "It is declared with the next parcels" in posted(desk, again)
    (row,) = undeclared.put_off()
    assert row.next_at is not None and row.tries == 0
    assert "No declaration of this parcel is put off" in posted(
        desk, again.replace(str(one.buyer_id), str(one.order_id))
    )
