"""What is set wrongly is told in one sentence, by `check` and by whatever is started; nobody reads a traceback."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from entrepot.server import check, prepare
from entrepot.server.tests.test_prepare_check import PRODUCTION, entrepot, fatal, production
from tests.house import ROOT

__all__ = ["production"]
NOBODY = "postgresql://127.0.0.1:1/none"


@pytest.mark.parametrize("forgotten", ["ENTREPOT_FIELD_KEYS", "ENTREPOT_INDEX_KEY", "ENTREPOT_PAYMENT_SECRET"])
def test_a_laptops_keys_do_not_stand_in_for_one_that_was_forgotten(tmp_path: Path, forgotten: str) -> None:
    """The house would open as a demo, and seal what it sells with keys that lie about on its disk."""
    prepare.laptop_environment(tmp_path)
    given = {name: value for name, value in PRODUCTION.items() if name != forgotten}
    done = entrepot("serve", ENTREPOT_HOME=str(tmp_path), **{**given, "DATABASE_URL": NOBODY})
    assert done.returncode == 1
    assert f"{forgotten} is not set" in done.stderr
    assert "does not answer" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://us:secret@db.example:abc/x"),
        ("ENTREPOT_FIELD_KEYS", "secret"),
        ("ENTREPOT_FIELD_KEYS", "1:c2VjcmV0"),
        ("ENTREPOT_INDEX_KEY", "c2VjcmV0"),
        ("ENTREPOT_WEB_WORKERS", "two"),
        ("ENTREPOT_WEB_WORKERS", "0"),
        ("ENTREPOT_INTAKE_PORT", "http"),
        ("ENTREPOT_PROXIES", "-1"),
        ("ENTREPOT_FOUR_EYES_FROM_FEN", "1e5"),
        ("ENTREPOT_LIMIT_ANSWER_DAYS", "a week"),
        ("ENTREPOT_LOG", "loud"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = entrepot("migrate", **{**PRODUCTION, "ENTREPOT_HOME": str(tmp_path), name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"entrepot: {name}"), done.stderr[-400:]
    assert "secret" not in done.stderr


@pytest.mark.parametrize("command", ["migrate", "createcachetable", "serve", "worker", "scheduler"])
def test_a_database_that_does_not_answer_is_told_in_one_sentence(tmp_path: Path, command: str) -> None:
    done = entrepot(command, **{**PRODUCTION, "ENTREPOT_HOME": str(tmp_path), "DATABASE_URL": NOBODY})
    assert done.returncode == 1
    assert "the database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_a_database_without_our_tables_is_told_by_those_who_work_on_it(tmp_path: Path, command: str) -> None:
    has = connection.settings_dict
    blank = f"postgresql://{has['USER']}:{has['PASSWORD']}@/postgres?host={has['HOST']}&port={has['PORT']}"
    done = entrepot(command, **{**PRODUCTION, "ENTREPOT_HOME": str(tmp_path), "DATABASE_URL": blank})
    assert done.returncode == 1
    assert done.stderr == "entrepot: the database is not up to date: run `entrepot migrate` first\n"


def test_an_option_of_the_database_that_there_is_not_is_told_when_served(tmp_path: Path) -> None:
    done = entrepot("serve", **{**PRODUCTION, "DATABASE_URL": f"{NOBODY}?sslmod=require"})
    assert done.returncode == 1
    assert "DATABASE_URL cannot be right" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("run",), ("database", "start")])
def test_a_home_that_cannot_be_made_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    done = entrepot(*command, ENTREPOT_HOME=str(tmp_path / "file" / "home"), PORT="8497", SANDBOX_PORT="8498")
    assert done.returncode == 1
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
def test_a_server_older_than_ours_is_refused_by_every_command() -> None:
    assert connection.features.minimum_database_version == (check.oldest_server,)


@pytest.mark.parametrize("name", ["ENTREPOT_PAYMENT_URL", "ENTREPOT_CARRIER_URL", "ENTREPOT_CUSTOMS_URL"])
@pytest.mark.parametrize("value", ["pay.example", "pay.example:443", "https://", "https://pay.example:x"])
def test_an_address_of_the_outside_world_that_leads_nowhere_is_named(
    production: pytest.MonkeyPatch, name: str, value: str
) -> None:
    production.setenv(name, value)
    assert [said.split(": ")[0] for said in fatal()] == [f"{name} cannot be right"]


def test_an_address_of_ours_without_its_scheme_is_named(production: pytest.MonkeyPatch) -> None:
    production.setenv("ENTREPOT_URL", "shop.example")
    assert "ENTREPOT_URL cannot be right" in [said.split(": ")[0] for said in fatal()]


@pytest.mark.parametrize("value", ["mail.example", "mail.example:587", "tls://mail.example", "smtp://"])
def test_mails_that_would_go_into_a_file_or_without_tls_are_told(production: pytest.MonkeyPatch, value: str) -> None:
    production.setenv("ENTREPOT_SMTP", value)
    assert [said.split(": ")[0] for said in fatal()] == ["ENTREPOT_SMTP cannot be right"]


def test_an_https_address_that_would_lead_to_itself_for_ever_is_told(production: pytest.MonkeyPatch) -> None:
    """We speak plain HTTP; without a proxy that is believed each page is sent to where it is asked for."""
    production.delenv("ENTREPOT_BEHIND_PROXY")
    assert [said.split()[0] for said in fatal()] == ["ENTREPOT_BEHIND_PROXY"]


@pytest.mark.django_db
def test_who_asks_the_machine_whether_it_lives_is_not_sent_to_the_proxy(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/en/").status_code == 301
    assert Client().get("/healthz").status_code == 200


def test_a_setting_with_a_letter_wrong_is_told(production: pytest.MonkeyPatch) -> None:
    production.setenv("ENTREPOT_PAYMENT_DECLARE", "alipay")
    (said,) = [finding.what for finding in check.environment_findings() if "ENTREPOT_PAYMENT_DECLARE " in finding.what]
    assert said == "ENTREPOT_PAYMENT_DECLARE is not a setting: was ENTREPOT_PAYMENT_DECLARER meant?"
    assert fatal() == []


def test_every_setting_that_is_read_is_known() -> None:
    read = set[str]()
    for file in (ROOT / "entrepot").rglob("*.py"):
        if "tests" not in file.parts and file.name != "check.py":
            text = file.read_text(encoding="utf-8")
            read |= set(re.findall(r"\bENTREPOT_[A-Z0-9_]*[A-Z0-9]\b", text))
            if file.name == "declaring.py":
                read |= {f"ENTREPOT_{name}" for name in re.findall(r'_text\(\s*"(\w+)"', text)}
    assert read == {name for name in check.known if name.startswith("ENTREPOT_")}
    assert os.environ.keys() & read
