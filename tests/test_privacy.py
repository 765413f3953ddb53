"""Personal data stays where it was put: not in logs, addresses, events, sessions, throttles or refusals.

One buyer goes through everything that identity offers, with names and numbers found nowhere else; then every output
is searched for them.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from entrepot.identity import selectors, services
from entrepot.identity.tests.makers import ADDRESS, NOW, PASSWORD, id_number, key, real_name
from entrepot.server.logs import Discreet

EMAIL, PHONE, NAME, STREET = "zhenzhu.ouyang@example.com", "13911112222", "欧阳珍珠", "翡翠胡同十七号"
NUMBER = id_number(region="510104", sequence=777)
SECRETS = (EMAIL, "zhenzhu", PHONE, NAME, STREET, NUMBER, NUMBER[6:14] + NUMBER[14:])


class Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(Discreet("{name}: {message}", style="{"))

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("django.db.backends"):  # statements with their values; never on in production
            self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Any:
    keeper, root = Keeper(), logging.getLogger()
    before = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield keeper.lines
    root.removeHandler(keeper)
    root.setLevel(before)


def story(client: Client, tmp_path: Path) -> list[str]:
    """Sign up by phone, add a mail address, log in rightly and wrongly, fill in everything; returns all addresses."""
    addresses: list[str] = []

    def post(path: str, **form: str) -> Any:
        answer = client.post(path, form)
        addresses.extend([answer.request["PATH_INFO"], answer.headers.get("Location", "")])
        return answer

    post("/accounts/signup/", login=PHONE, password1=PASSWORD)
    [text] = tmp_path.glob("*.sms")
    code = re.search(r"\d{6}", text.read_text(encoding="utf-8").split("\n", 1)[1])
    assert code is not None
    post("/accounts/phone/verify/", code=code[0], action="verify")
    person = selectors.id_by_phone(phone=PHONE)
    assert person is not None
    post("/accounts/email/", email=EMAIL, action_add="1")
    post("/accounts/logout/")
    post("/accounts/login/", login=PHONE, password="wrong")
    post("/accounts/login/", login=EMAIL, password="wrong")
    post("/accounts/password/reset/", login=EMAIL)
    post("/accounts/signup/", login=EMAIL, password1=PASSWORD)
    post("/accounts/login/", login=PHONE, password=PASSWORD)
    services.add_address(
        buyer_id=person, draft=type(ADDRESS)(**{**_fields(ADDRESS), "recipient": NAME, "detail": STREET}), now=NOW
    )
    record_id = real_name(person, name=NAME, number=NUMBER)
    services.reveal_real_name(record_id=record_id, buyer_id=person, reader="system:test", reason="a test", now=NOW)
    key(person)
    return addresses


def _fields(draft: Any) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in draft.__slots__}


def _rows() -> dict[str, str]:
    """Every table's rows as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found[table] = "\n".join(row for (row,) in cursor.fetchall())
    return found


# The log-in e-mail address is the one thing kept in the clear, and only where logging in needs it.
EMAIL_MAY_STAND_IN = {"identity_person", "account_emailaddress"}


@pytest.mark.django_db
def test_nothing_personal_leaves_its_place(client: Client, lines: list[str], settings: Any, tmp_path: Path) -> None:
    settings.SMS_ADAPTER, settings.EMAIL_FILE_PATH = "entrepot.identity.sms.FileSms", str(tmp_path)
    addresses = story(client, tmp_path)
    assert mail.outbox
    places = {"logs": "\n".join(lines), "addresses": "\n".join(addresses), **_rows()}
    found = [
        f"{secret} in {place}"
        for place, text in places.items()
        for secret in SECRETS
        if secret in text or secret.encode().hex() in text
        if not (place in EMAIL_MAY_STAND_IN and secret in {EMAIL, "zhenzhu"})
    ]
    assert found == []


@pytest.mark.django_db
def test_the_search_would_find_it(client: Client, lines: list[str], settings: Any, tmp_path: Path) -> None:
    """The control: a table, an address and a line that do hold such data are noticed."""
    settings.SMS_ADAPTER, settings.EMAIL_FILE_PATH = "entrepot.identity.sms.FileSms", str(tmp_path)
    story(client, tmp_path)
    logging.getLogger("careless").warning("delivering to %s", NAME)
    assert EMAIL in _rows()["identity_person"]
    assert NAME in "\n".join(lines)
