"""Staff read payments; what was said with a provider opens with a reason, which is written down."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from entrepot.audit import selectors as audit
from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from entrepot.payments import selectors
from entrepot.payments.models import Difference, Refund, Statement
from entrepot.payments.tests.makers import PAYER, captured, opened
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client: Client, settings: object) -> Client:
    settings.DEMO = True  # type: ignore[attr-defined] demo staff need no second factor
    return as_role(client, Role.FINANCE)


def as_role(client: Client, role: Role) -> Client:
    person = get_user_model().objects.get(id=clerk(role, is_demo=True))
    client.force_login(person, backend="entrepot.web.common.backend.Backend")
    return client


def test_every_record_can_be_listed_and_read(finance: Client, sandbox: Sandbox) -> None:
    payment = captured().payment
    now = payment.captured_at
    Refund.objects.create(
        buyer_id=payment.buyer_id, payment_id=payment.id, key="a", amount_minor=1, state="pending", requested_at=now,
        ask_at=now,
    )  # fmt: skip
    run = Statement.objects.create(provider="sandbox", day=now.date(), at=now, matched=1, healed=0, difference_count=1)
    Difference.objects.create(statement=run, kind="amount", movement="capture", request_id="x", ours_minor=1)
    for name, key in (("payment", payment.id), ("refund", Refund.objects.get().id), ("statement", run.id)):
        assert finance.get(reverse(f"admin:payments_{name}_changelist")).status_code == 200
        assert finance.get(reverse(f"admin:payments_{name}_change", args=[key])).status_code == 200
        assert finance.post(reverse(f"admin:payments_{name}_delete", args=[key])).status_code == 403
    page = finance.get(reverse("admin:payments_payment_changelist"), {"q": payment.order_number[:6]}).content.decode()
    assert payment.order_number in page and "130.00 CNY" in page


def test_amounts_are_shown_in_their_currency(finance: Client, sandbox: Sandbox) -> None:
    payment = captured().payment
    now = payment.captured_at
    Refund.objects.create(
        buyer_id=payment.buyer_id, payment_id=payment.id, key="a", amount_minor=4_321, state="pending",
        requested_at=now, ask_at=now,
    )  # fmt: skip
    run = Statement.objects.create(provider="sandbox", day=now.date(), at=now, matched=1, healed=0, difference_count=2)
    for n, currency in enumerate(("JPY", "")):
        Difference.objects.create(
            statement=run, kind="amount", movement="capture", request_id=str(n), ours_minor=765 + n, currency=currency
        )
    of_payment = finance.get(reverse("admin:payments_payment_change", args=[payment.id])).content.decode()
    assert of_payment.count("130.00 CNY") == 2 and "43.21 CNY" in of_payment  # its shares of one, its events
    assert "43.21 CNY" in finance.get(reverse("admin:payments_refund_changelist")).content.decode()
    differences = finance.get(reverse("admin:payments_statement_change", args=[run.id])).content.decode()
    assert "765 JPY" in differences and "766" in differences


def test_a_text_opens_with_a_reason_only(finance: Client, sandbox: Sandbox) -> None:
    payment_id, buyer_id, _ = opened()
    [kept] = selectors.raw_exchange(payment_id=payment_id, buyer_id=buyer_id)
    address = reverse("admin:payments_rawexchange_open", args=[kept.id])
    listed = finance.get(reverse("admin:payments_rawexchange_changelist")).content.decode()
    record = finance.get(reverse("admin:payments_rawexchange_change", args=[kept.id])).content.decode()
    shown = finance.get(reverse("admin:payments_payment_change", args=[payment_id])).content.decode()
    asked = finance.get(address).content.decode()
    refused = finance.post(address, {"reason": " "}).content.decode()
    for page in (listed, record, shown, asked, refused):
        assert PAYER[1] not in page and PAYER[0] not in page
    assert address in record and address in shown and "请写明理由（至少" in refused
    assert "请写明理由（至少" in finance.post(address, {"reason": "a\0\0\0"}).content.decode()
    assert audit.of_subject(subject_id=kept.id) == []
    answer = finance.post(address, {"reason": "customs asks for\0 the 179 data"})
    assert PAYER[1] in answer.content.decode() and "no-store" in answer["Cache-Control"]
    [entry] = audit.of_subject(subject_id=kept.id)
    assert entry.reason == "customs asks for the 179 data"


def test_who_has_no_business_with_payments_is_refused(client: Client, settings: object, sandbox: Sandbox) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    payment_id, buyer_id, _ = opened()
    [kept] = selectors.raw_exchange(payment_id=payment_id, buyer_id=buyer_id)
    address = reverse("admin:payments_rawexchange_open", args=[kept.id])
    as_role(client, Role.WAREHOUSE)
    assert client.get(address).status_code == 403
    assert client.post(address, {"reason": "curious"}).status_code == 403
    assert client.get(reverse("admin:payments_payment_changelist")).status_code == 403
    assert audit.of_subject(subject_id=kept.id) == []
