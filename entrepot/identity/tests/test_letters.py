"""Letters to staff: one address that is not taken keeps nobody else from theirs."""

from __future__ import annotations

from collections.abc import Sequence
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

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
