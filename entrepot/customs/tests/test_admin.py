from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from entrepot.customs.models import Document, Receipt
from entrepot.customs.tests.makers import answered, declared, parcel
from entrepot.customs.tests.paper_makers import ID_NUMBER
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
