from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from entrepot.customs import services
from entrepot.customs.models import Document, Receipt
from entrepot.customs.tests.makers import answered, declared, parcel
from entrepot.customs.tests.paper_makers import ID_NUMBER
from entrepot.customs.tests.receipts import T0, declaration, document, port_key, receipt  # noqa: F401
from entrepot.customs.types import DocumentKind
from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


def test_records_are_read_without_what_is_sealed_and_never_changed(
    client: Client, settings: Any, customs_port: Sandbox
) -> None:
    settings.DEMO = True  # demo staff need no second factor
    person = get_user_model().objects.get(id=clerk(Role.CUSTOMS, is_demo=True))
    client.force_login(person, backend="entrepot.web.common.backend.Backend")
    ready = parcel(id_number=ID_NUMBER)
    made = declared(ready)
    answered(customs_port)
    for model, key in (
        ("declaration", made.id),
        ("document", Document.objects.filter(declaration_id=made.id).first()),
        ("receipt", Receipt.objects.filter(declaration_id=made.id).first()),
        ("arrival", Receipt.objects.filter(declaration_id=made.id).values_list("arrival_id", flat=True).first()),
        ("exchange", None),
        ("number", None),
    ):
        listed = client.get(reverse(f"admin:customs_{model}_changelist"), {"q": ready.parcel.number})
        assert listed.status_code == 200, model
        if key is not None:
            address = reverse(f"admin:customs_{model}_change", args=[getattr(key, "id", key)])
            shown = client.get(address).content.decode()
            assert ID_NUMBER not in shown
            assert "xml_sealed" not in shown
            assert "raw_sealed" not in shown
            removing = reverse(f"admin:customs_{model}_delete", args=[getattr(key, "id", key)])
            assert client.post(removing).status_code == 403


@pytest.mark.usefixtures("port_key")
@pytest.mark.parametrize("role", [Role.CUSTOMS, Role.SERVICE])
def test_what_a_person_has_used_of_a_year_is_read_for_a_reason_only(client: Client, settings: Any, role: Role) -> None:
    settings.DEMO = True
    person = get_user_model().objects.get(id=clerk(role, is_demo=True))
    client.force_login(person, backend="entrepot.web.common.backend.Backend")
    made = declaration()
    said = "超过个人年度交易限值26000元，本年度已使用24680.00元，本次3000元"
    body = receipt(DocumentKind.LIST, document(made, DocumentKind.LIST).number, -621018, info=said)
    services.take_receipt(body=body, headers={}, now=T0)
    row = Receipt.objects.get(declaration_id=made.id)
    for address in (
        reverse("admin:customs_receipt_changelist"),
        reverse("admin:customs_receipt_change", args=[row.id]),
        reverse("admin:customs_declaration_change", args=[made.id]),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "24680" not in answer.content.decode(), address
    assert client.get(f"{reverse('admin:customs_receipt_changelist')}?info__contains=24680").status_code == 400
