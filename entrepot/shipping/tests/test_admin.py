from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from entrepot.shipping.tests.makers import CONSIGNEE, booked
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


def test_waybills_are_read_without_the_consignee(client: Client, settings: object, sandbox: Sandbox) -> None:
    settings.DEMO = True  # type: ignore[attr-defined] demo staff need no second factor
    person = get_user_model().objects.get(id=clerk(Role.WAREHOUSE, is_demo=True))
    client.force_login(person, backend="entrepot.web.common.backend.Backend")
    waybill = booked()
    listed = client.get(reverse("admin:shipping_waybill_changelist"), {"q": waybill.number}).content.decode()
    record = client.get(reverse("admin:shipping_waybill_change", args=[waybill.id])).content.decode()
    assert str(waybill.number) in listed and str(waybill.number) in record
    assert CONSIGNEE.name not in record and "13812345678" not in record and "sealed" not in record
    assert client.post(reverse("admin:shipping_waybill_delete", args=[waybill.id])).status_code == 403
