"""A whole purchase with SM2 on both sides: our documents and the port's receipts, in both ways to write it; and what
does not fit: a port that signs otherwise than the certificate we have of it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from entrepot.customs import selectors, services
from entrepot.customs.tests.makers import answered, declared, parcel
from entrepot.customs.tests.paper_makers import SM2_CERTIFICATE, SM2_KEY
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit import clock
from entrepot.outbox.testing import drain
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_story import Story, kinds, story  # noqa: F401

pytestmark = pytest.mark.django_db

SPACES = {"signers": "http://www.w3.org/2000/09/xmldsig#", "annex": "http://www.chinaport.gov.cn/2022/04/xmldsig#"}
SWITCH = {"signers": "sm2", "annex": "sm2_annex"}
METHOD = re.compile(r'SignatureMethod Algorithm="([^"]+)"')


def both_sign_with_sm2(port: Sandbox, settings: Any, place: Path, manner: str) -> None:
    """Our key is SM2, the port is told to sign with SM2, and certificates change hands anew."""
    ours = place / "sm2.pem"
    ours.write_text(SM2_KEY + SM2_CERTIFICATE)
    settings.CUSTOMS_KEY_FILE, settings.CUSTOMS_SM2 = str(ours), manner
    port.control("customs", signs=SWITCH[manner])
    services.set_up(now=clock.now())


@pytest.mark.parametrize("manner", ["signers", "annex"])
def test_a_parcel_goes_through_with_sm2_on_both_sides(
    story: Story,  # noqa: F811
    settings: Any,
    tmp_path: Path,
    manner: str,
) -> None:
    both_sign_with_sm2(story.port, settings, tmp_path, manner)
    number = story.order({"coat": 1})
    story.pay(number)
    used: set[str] = set()
    while (said := story.port.collect("customs")) or drain():
        used |= {found for message in said for found in METHOD.findall(message["body"])}
        assert set(story.port.deliver(story.client, said)) <= {204}
    assert used == {f"{SPACES[manner]}sm2-sm3"}
    order = story.read(number)
    found = selectors.declaration(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    assert found is not None and found.state is DeclarationState.RELEASED
    (listed,) = [one for one in found.documents if one.kind is DocumentKind.LIST]
    sent = selectors.document_xml(
        document_id=listed.id, buyer_id=order.buyer_id, reader="li", reason="looked at", now=clock.now()
    )
    assert METHOD.findall(sent.decode()) == [f"{SPACES[manner]}sm2-sm3"]
    story.hear("carrier")
    drain()
    assert kinds(story.read(number))[-1] == "delivered"


def test_a_receipt_by_another_key_than_the_ports_changes_nothing(
    customs_port: Sandbox,  # noqa: F811
    settings: Any,
    tmp_path: Path,
) -> None:
    both_sign_with_sm2(customs_port, settings, tmp_path, "signers")
    ready = parcel()
    before = declared(ready)
    customs_port.control("customs", signs="")  # RSA, and we have its SM2 certificate
    (first, *_) = customs_port.collect("customs")
    with pytest.raises(services.ForgedReceipt):
        services.take_receipt(body=first["body"].encode(), headers=first["headers"], now=clock.now())
    assert declared(ready) == before


def test_a_receipt_changed_after_it_was_signed_with_sm2_changes_nothing(
    customs_port: Sandbox,  # noqa: F811
    settings: Any,
    tmp_path: Path,
) -> None:
    both_sign_with_sm2(customs_port, settings, tmp_path, "annex")
    ready = parcel()
    before = declared(ready)
    customs_port.control("customs", wrong_signature=True)
    (first, *_) = customs_port.collect("customs")
    with pytest.raises(services.ForgedReceipt):
        services.take_receipt(body=first["body"].encode(), headers=first["headers"], now=clock.now())
    assert declared(ready) == before
    customs_port.control("customs", wrong_signature=False)
    services.send_again(declaration_id=before.id, buyer_id=before.buyer_id, now=clock.now())
    assert answered(customs_port)


def test_a_list_signed_with_sm2_by_another_key_is_refused_by_the_port(
    customs_port: Sandbox,  # noqa: F811
    settings: Any,
    tmp_path: Path,
) -> None:
    both_sign_with_sm2(customs_port, settings, tmp_path, "signers")
    settings.CUSTOMS_KEY_FILE = str(customs_port.state / "our-customs.pem")  # RSA, unknown to the port by now
    ready = parcel()
    one = declared(ready)
    answered(customs_port)
    services.send_list(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    answered(customs_port)
    assert declared(ready).state is DeclarationState.HELD
