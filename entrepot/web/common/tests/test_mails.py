"""Every mail that the log-in pages can send is written, in both languages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import allauth
import pytest
from django.utils import translation

from entrepot.kit.clock import CHINA
from entrepot.web.common import mails

TEMPLATES = Path(allauth.__file__).parent / "templates"
# Switched off: log-in by code, links instead of codes, security keys.
NOT_SENT = {"account/email/login_code", "account/email/password_reset_key"}
VALUES = {
    "code": "123456",
    "password_reset_url": "https://shop/reset/",
    "signup_url": "https://shop/signup/",
    "ip": "192.0.2.1",
    "user_agent": "a browser",
    "timestamp": datetime(2026, 11, 21, 12, 0, tzinfo=CHINA),
}


def sendable() -> list[str]:
    found = [file for folder in ("account", "mfa") for file in TEMPLATES.glob(f"{folder}/email/*_subject.txt")]
    names = {str(file.relative_to(TEMPLATES)).removesuffix("_subject.txt") for file in found}
    return sorted(name for name in names - NOT_SENT if "webauthn" not in name)


def test_there_are_mails_to_look_at() -> None:
    assert len(sendable()) >= 14


@pytest.mark.parametrize("name", sendable())
def test_it_is_written_in_both_languages(name: str) -> None:
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            subject, text = mails.written(name, "Koala Lane", "https://shop", VALUES)
        assert "Koala Lane" in subject
        assert "%(" not in subject + text
        assert "\n" not in subject
        assert text.endswith("Koala Lane\nhttps://shop\n")
        said.append(subject + text)
    assert said[0] != said[1]
