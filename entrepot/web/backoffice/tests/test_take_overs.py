"""Deliveries of another system on the pages: looked at, taken over with a bar, found again among ours."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook

from entrepot.consignments import selectors as consignments
from entrepot.histories.tests.makers import NOW, SOURCE, content, line, place, rates
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role
from entrepot.outbox.testing import drain
from entrepot.web.backoffice.tests.test_replenishment import within_budget
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db
LIST = "/office/taken-over/"
ROWS = [
    line(1, "DN-1", "90.00"),
    line(2, "DN-1", "See DN-1 (ID#:1)", article="Coffee"),
    line(3, "DN-2", "Invoiced Separately", order="PO-2"),
    line(4, "DN-3", "5.00", order="PO-3", delivered="2-Feb-08"),
]


def staff(*roles: Role, language: str = "en") -> Client:
    client = Client()
    client.cookies["django_language"] = language
    return log_in(client, people.clerk(*roles, is_demo=False), second_factor=True)


def upload(client: Client, *files: bytes, **fields: str) -> HttpResponse:
    named = [SimpleUploadedFile(f"{n}.csv", one) for n, one in enumerate(files)]
    return client.post(LIST, {"files": named, "source": SOURCE, "warehouse": str(place()), **fields})  # type: ignore[return-value]


def test_files_are_looked_at_then_taken_over_and_stand_among_ours() -> None:
    rates()
    client = staff(Role.PURCHASING)
    address = upload(client, content(ROWS[:2]), content(ROWS[2:]))["Location"]
    page = within_budget(client, address)
    for words in ("Take 3 consignments over", "The freight is on an invoice", "No exchange rate on the day", "$95.00"):
        assert words in page
    assert consignments.consignments(today=NOW.date())[0] == []
    assert client.post(f"{address}act/", {"act": "begin"})["Location"] == address
    assert "<progress" in within_budget(client, address)
    assert "0 of 3 consignments" in within_budget(client, f"{address}progress/")
    drain()
    assert client.get(f"{address}progress/")["HX-Refresh"] == "true"
    assert "Taken over" in within_budget(client, address)
    (ours,) = consignments.consignments(today=NOW.date(), text="DN-1")[0]
    assert "Cipla, Goa, India" in within_budget(client, f"/office/consignments/{ours.id}/")
    assert "$90.00" in within_budget(client, f"/office/consignments/{ours.id}/landed/")
    told = within_budget(client, f"/office/replenishment/consignments/one/?source={SOURCE}&number=DN-1")
    assert f"/office/consignments/{ours.id}/" in told
    answer = client.get("/office/replenishment/consignments/export/", {"form": "csv", "unresolved": "1"})
    found = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [(row[2], bool(row[-2]), bool(row[-1])) for row in found[1:]] == [("3", True, False), ("4", False, True)]


def test_what_a_take_over_shows_is_of_its_own_system() -> None:
    rates()
    client = staff(Role.PURCHASING)
    for source, number in ((SOURCE, "DN-1"), ("Another house", "DN-9")):
        address = upload(client, content([line(1, number, "Invoiced Separately")]), source=source)["Location"]
        client.post(f"{address}act/", {"act": "begin"})
        drain()
    links = re.findall(r'href="(/office/replenishment/consignments/[^"]+)"', within_budget(client, address))
    assert len(links) == 4
    for link in map(html.unescape, links):
        answer = client.get(link)
        told = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        if link.endswith("xlsx"):
            rows = load_workbook(io.BytesIO(told)).active.values  # type: ignore[union-attr]
            told = repr(list(rows)).encode()
        assert b"DN-9" in told and b"DN-1" not in told, link


def test_what_cannot_be_read_is_refused_on_the_page() -> None:
    client = staff(Role.PURCHASING)
    assert upload(client, b"a,b\n1,2\n").status_code == 422
    assert "The file has no column for" in upload(client, b"a,b\n1,2\n").content.decode()
    assert upload(client).status_code == 422
    assert upload(client, content(ROWS), warehouse="x").status_code == 422
    assert upload(client, content(ROWS), source=" ").status_code == 422
    assert "Nothing was taken over yet" in within_budget(client, LIST)


def test_who_may_not_order_may_only_look() -> None:
    rates()
    address = upload(staff(Role.PURCHASING), content(ROWS))["Location"]
    reader = staff(Role.FINANCE)
    assert 'type="file"' not in within_budget(reader, LIST)
    assert upload(reader, content(ROWS)).status_code == 200
    assert "act/" not in within_budget(reader, address)
    assert reader.post(f"{address}act/", {"act": "begin"}).status_code == 403
    client = staff(Role.PURCHASING)
    assert "Dropped" in client.post(f"{address}act/", {"act": "drop"}, follow=True).content.decode()
    again = client.post(f"{address}act/", {"act": "begin"}, follow=True).content.decode()
    assert "in a state in which this cannot be done" in again
    assert staff(Role.CATALOGUE).get(LIST).status_code == 403


def test_a_picture_of_the_dock_is_read_and_junk_refused() -> None:
    from entrepot.receiving.tests.test_pictures import EAN13, taken

    client, address = staff(Role.WAREHOUSE), f"/office/receipts/{people.clerk(Role.CATALOGUE)}/read/"
    answer = client.post(address, taken("4006381333931", EAN13), content_type="image/jpeg")
    assert answer.json() == {"codes": ["4006381333931"]}
    assert client.post(address, b"junk", content_type="image/jpeg").status_code == 422
    assert client.post(address, bytes(500_000), content_type="image/jpeg").status_code == 422
    worker = client.get("/office/receipts/worker.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "fetch" in worker.content.decode()
