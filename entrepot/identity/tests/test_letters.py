"""Letters to staff: one address that is not taken keeps nobody else from theirs."""

from __future__ import annotations

from collections.abc import Sequence
from smtplib import SMTP, SMTPRecipientsRefused, SMTPSenderRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.mail.backends.smtp import EmailBackend as Smtp

from entrepot.identity import services
from entrepot.identity.models import Person
from entrepot.identity.services import Letter
from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role

pytestmark = pytest.mark.django_db
LETTER = Letter("税款", "请缴纳", "Tax", "Please pay")


class Picky(EmailBackend):
    """Takes no letter to an address that begins with "no"."""

    def send_messages(self, messages: Sequence[Any]) -> int:
        for one in messages:
            if one.to[0].startswith("no"):
                raise SMTPRecipientsRefused({one.to[0]: (550, b"unknown")})
        return super().send_messages(messages)


class HangsUp(SMTP):
    """A server that takes one letter a call, and for the next one has gone, with or without a word."""

    goes: Exception
    taken: list[str]

    def __init__(self, *_: Any, **__: Any) -> None:
        self.tired = False

    def sendmail(self, sender: str, to: Any, *_: Any, **__: Any) -> dict[str, tuple[int, bytes]]:
        if self.tired:
            raise self.goes
        self.tired = True
        self.taken.extend(to)
        return {}

    def quit(self) -> tuple[int, bytes]:
        return 221, b""


class Hasty(Smtp):
    connection_class = HangsUp


@pytest.fixture(autouse=True)
def picky(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Picky"


def test_each_letter_is_sent_for_itself_and_only_where_none_was_taken_it_is_told() -> None:
    first, second, third = (clerk(Role.FINANCE) for _ in range(3))
    Person.objects.filter(id=second).update(email="no@example.com")
    mail.outbox.clear()
    assert services.write_to_staff(roles={Role.FINANCE}, letter=LETTER) == 2
    assert len(mail.outbox) == 2
    Person.objects.filter(id=first).update(email="no1@example.com")
    Person.objects.filter(id=third).update(email="no3@example.com")
    with pytest.raises(SMTPRecipientsRefused):
        services.write_to_staff(roles={Role.FINANCE}, letter=LETTER)


@pytest.mark.parametrize("goes", [SMTPServerDisconnected(), SMTPSenderRefused(421, b"too many", "shop@localhost")])
def test_a_server_that_hangs_up_between_two_letters_is_called_again(settings: Any, goes: Exception) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Hasty"
    HangsUp.goes, HangsUp.taken = goes, []
    staff = [clerk(Role.FINANCE) for _ in range(3)]
    assert services.write_to_staff(roles={Role.FINANCE}, letter=LETTER) == 3
    assert len(set(HangsUp.taken)) == len(HangsUp.taken) == len(staff)
