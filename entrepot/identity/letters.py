"""Write to people by mail, in their own language: that there is something to look at, never what is in it."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from smtplib import SMTPException, SMTPServerDisconnected
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q

from entrepot.identity import models
from entrepot.identity.types import Role

readers_max = 200
CLOSES = 421  # "service not available, closing transmission channel" (RFC 5321)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and text in both languages."""

    zh_subject: str
    zh: str
    en_subject: str
    en: str


def write_to(*, person_id: UUID, letter: Letter) -> bool:
    """Send a letter to somebody; False where they have no mail address or their account is closed. Calls outside, so
    not inside a transaction."""
    found = models.Person.objects.filter(id=person_id, is_active=True, email__isnull=False)
    return _send(list(found[:1]), letter) == 1


def write_to_staff(*, roles: Collection[Role], letter: Letter) -> int:
    """Send a letter to all staff with one of the roles; returns how many it went to. Calls outside, so not inside a
    transaction."""
    holds = Q(is_superuser=True)
    for role in roles:
        holds |= Q(roles__contains=[role.value])
    found = models.Person.objects.filter(holds, is_active=True, email__isnull=False).order_by("date_joined", "id")
    return _send(list(found[:readers_max]), letter)


def _send(people: list[models.Person], letter: Letter) -> int:
    mails = []
    for one in people:
        chinese = one.language.lower().startswith("zh")
        subject, text = (letter.zh_subject, letter.zh) if chinese else (letter.en_subject, letter.en)
        text = f"{text}\n\n{settings.SHOP_NAME}\n{settings.PUBLIC_URL}\n"
        mails.append(EmailMessage(f"[{settings.SHOP_NAME}] {subject}", text, to=[one.email or ""]))
    return _sent(mails) if mails else 0


def _sent(mails: list[EmailMessage]) -> int:
    """Each for itself: whoever tries again because of one that was not taken must not write to the others again. Raises
    what was wrong where nobody got it."""
    post = get_connection()
    post.open()
    sent, failed = 0, None
    try:
        for mail in mails:
            try:
                sent += _taken(post, mail)
            except OSError as wrong:  # smtplib's errors are
                _log.error("a letter was not taken: %s", type(wrong).__name__)
                failed = wrong
    finally:
        post.close()
    if failed and not sent:
        raise failed
    return sent


def _taken(post: BaseEmailBackend, mail: EmailMessage) -> int:
    """How many were. A server that has hung up, as many do after so many letters, is called again."""
    try:
        return post.send_messages([mail]) or 0
    except SMTPException as gone:
        if not isinstance(gone, SMTPServerDisconnected) and getattr(gone, "smtp_code", 0) != CLOSES:
            raise
        post.close()
        return post.send_messages([mail]) or 0
