"""Text messages: a port with two adapters, one that writes files and one that posts to an operator's gateway.

Codes and numbers are personal: neither adapter logs them, and the file adapter is for the demo and the tests only.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from entrepot.kit import outside
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal

text_length_max = 500
ANSWER_BYTES_MAX = 64 * 1024


class SmsUnavailable(Refusal):
    code = "sms_unavailable"
    status = 503
    zh = "短信暂时无法发送，请稍后再试或改用邮箱"
    en = "Text messages cannot be sent right now: try again later or use e-mail"


class Sms(Protocol):
    def send(self, *, phone: str, text: str) -> None:
        """Hand one message over. `phone` is E.164. Refuses SmsUnavailable."""


class FileSms:
    """Writes each message to `<mail directory>/<id>.sms`: first line the number, then the text."""

    def send(self, *, phone: str, text: str) -> None:
        directory = Path(settings.EMAIL_FILE_PATH)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{new_id()}.sms").write_text(f"{phone}\n{text}\n", encoding="utf-8")


class GatewaySms:
    """POSTs {"id", "phone", "text"} with a bearer token to ENTREPOT_SMS_URL; any 2xx answer takes the message."""

    def send(self, *, phone: str, text: str) -> None:
        if not settings.SMS_URL:
            raise SmsUnavailable()
        message = {"id": str(new_id()), "phone": phone, "text": text[:text_length_max]}
        headers = {"Authorization": f"Bearer {settings.SMS_TOKEN}", "Content-Type": "application/json"}
        try:
            answer = outside.post(
                settings.SMS_URL,
                json.dumps(message, ensure_ascii=False).encode(),
                headers,
                timeout_s=settings.OUTSIDE_TIMEOUT_S,
                bytes_max=ANSWER_BYTES_MAX,
            )
        except outside.NoReply as failed:
            raise SmsUnavailable() from failed
        if not 200 <= answer.status < 300:
            raise SmsUnavailable()


@cache
def _adapter(path: str) -> Sms:
    made: Sms = import_string(path)()
    return made


def send(*, phone: str, text: str) -> None:
    """Send by the adapter of the settings. Outside any transaction. Refuses SmsUnavailable."""
    _adapter(settings.SMS_ADAPTER).send(phone=phone, text=text)
