"""Goods released as general trade instead of their list: typed in by a clerk, and nothing that still comes moves it."""

from __future__ import annotations

import pytest

from entrepot.customs import services
from entrepot.customs.models import Declaration
from entrepot.customs.rules.standing import THREE, outcome
from entrepot.customs.tests.receipts import T0, declaration, document, minutes, receipt, topics
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("port_key")]
LIST, NUMBER = DocumentKind.LIST, "310120261234567890"


def held() -> Declaration:
    made = declaration((*THREE, LIST))
    take(made, LIST, -621018, 1)
    return made


def take(made: Declaration, kind: DocumentKind, status: int, minute: int) -> None:
    body = receipt(kind, document(made, kind).number, status, minutes(minute), invt="31052026I000000001")
    assert services.take_receipt(body=body, headers={}, now=clock.now()) == 1


def released(made: Declaration, number: str = NUMBER) -> DeclarationState:
    key = {"parcel_id": made.parcel_id, "buyer_id": made.buyer_id}
    return services.release_general(**key, number=number, actor="li", now=T0).state


def test_it_is_released_once_and_stays_so_whatever_receipts_come() -> None:
    made = held()
    assert released(made, f" {NUMBER} ") is DeclarationState.RELEASED
    told = topics(made.parcel_id)
    for minute, (kind, status) in enumerate([(LIST, 100), (LIST, 500), (LIST, 800), (THREE[0], 100), (LIST, -621018)]):
        take(made, kind, status, minute + 2)
    row = Declaration.objects.get(id=made.id)
    assert (row.state, row.held_code, row.general_number, row.ask_at) == ("released", "", NUMBER, None)
    assert topics(made.parcel_id) == told
    assert outcome({}, differing=True, cancelled=False, general=True) == (DeclarationState.RELEASED, "")
    with pytest.raises(services.NotHeld):
        released(made)


@pytest.mark.parametrize(
    "wrong", ["", "31012026123456789", "31012026123456789x", "３１０１２０２６１２３４５６７８９０"]
)
def test_a_number_that_is_none_is_refused_and_changes_nothing(wrong: str) -> None:
    made = held()
    with pytest.raises(services.GeneralNumberInvalid) as refused:
        released(made, wrong)
    assert refused.value.field == "number"
    assert Declaration.objects.get(id=made.id).state == "held"


def test_only_what_is_held_can_be_released_so() -> None:
    made = declaration()
    with pytest.raises(services.NotHeld):
        released(made)
    made.parcel_id = made.order_id
    with pytest.raises(services.NoDeclaration):
        released(made)
