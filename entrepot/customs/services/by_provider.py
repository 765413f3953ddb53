"""The payment document where the provider tells customs himself: he is asked instead of the port."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from entrepot.customs import keys, models, reading
from entrepot.customs.port import Sent
from entrepot.customs.rules.papers import Facts
from entrepot.customs.rules.standing import Verdict, mark
from entrepot.customs.rules.words import PAYMENT
from entrepot.customs.services.telling import Follow, Touch, take
from entrepot.customs.types import DocumentKind
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import defer
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.types import DeclaredShare, ShareState, ShareWish

ASK = "customs.ask_provider"
FIRST_PAUSE, PAUSE_MAX = timedelta(minutes=1), timedelta(hours=1)
asks_max = 40  # about a day and a half; after that the declaration's own reminders go on
_TAKEN, _REFUSED = 120, 100  # what customs itself would answer to a payment document


@dataclass(frozen=True, slots=True)
class ByProvider:
    """A payment document that stands for a share the provider declares; `ask` him how it stands."""

    payment_id: UUID
    number: str
    declaration_id: UUID
    buyer_id: UUID
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What came of handing one document over: the exchange, the news of it, and why it did not arrive."""

    sent: Sent
    touch: Touch
    refusal: Refusal | None = None


def asked(facts: Facts, now: datetime, *, again: bool = False) -> Facts:
    """The facts with what the provider answers, where he declares by himself; the same facts where he does not.

    Refuses keys.NotSetUp and what `payments.declare_share` refuses. Calls outside.
    """
    if not payments.declarer():
        return facts
    platform, person = keys.parties().platform, facts.real_name
    wish = ShareWish(
        payment_id=facts.payment.id,
        buyer_id=facts.buyer_id,
        number=facts.split.number,
        amount_minor=facts.split.amount_minor,
        freight_minor=facts.parcel.freight_minor,
        tax_minor=facts.parcel.tax_minor,
        customs_code=facts.warehouse.customs_code,
        merchant=(platform.code, platform.name),
        payer=(person.name, person.id_number),
    )
    return facts.told_by_provider(payment_verbs.declare_share(wish=wish, now=now, again=again))


def follow(document_id: UUID, share: DeclaredShare, xml: bytes) -> Told:
    """What a share's state means for the document that stands for it."""
    answer = f"{share.declarer} {share.state} {share.customs_number}".encode()
    sent = Sent(document_id, b"", hashlib.sha256(xml).digest(), 200, answer)
    touch = Touch(DocumentKind.PAYMENT, [document_id])
    if share.state is ShareState.DONE:
        touch = replace(touch, mark=mark(_TAKEN, share.changed_at), status=_TAKEN, verdict=Verdict.TAKEN.value)
    elif share.state is not ShareState.ACCEPTED:
        touch = replace(touch, mark=mark(_REFUSED, share.changed_at), status=_REFUSED, verdict=Verdict.REFUSED.value)
        touch = replace(touch, code=PAYMENT)
    return Told(sent, touch)


def hand_over(*, document_id: UUID, xml: bytes, by: ByProvider, now: datetime) -> Told:
    """What became of a payment document: as stored, or (`ask`) as the provider says now. What is still on its way is
    asked about by a job."""
    key = {"payment_id": by.payment_id, "buyer_id": by.buyer_id}
    share = next((one for one in payments.declared_shares(**key) if one.number == by.number), None)
    if by.ask or share is None:
        try:
            share = payment_verbs.query_share(**key, number=by.number, now=now)
        except Refusal as refusal:
            lost = Sent(document_id, b"", hashlib.sha256(xml).digest(), None, refusal.code.encode())
            return Told(lost, Touch(DocumentKind.PAYMENT, [document_id], sent=False), refusal)
    if share.state is ShareState.ACCEPTED and share.asks < asks_max:
        _ask_later(by, now + min(FIRST_PAUSE * 2 ** max(share.asks - 1, 0), PAUSE_MAX))
    return follow(document_id, share, xml)


def _ask_later(by: ByProvider, at: datetime) -> None:
    args = {"declaration_id": str(by.declaration_id), "buyer_id": str(by.buyer_id)}
    with transaction.atomic():
        defer(job=ASK, lock=f"customs:{by.declaration_id}", args=args, run_at=at)


def ask_provider(*, declaration_id: UUID, buyer_id: UUID, now: datetime, then: Follow | None = None) -> bool:
    """Ask what became of a declaration's payment document and follow it. True when it is decided, or nobody's to ask.

    Repeatable. Calls outside, so not inside a transaction. Refuses what `payments.query_share` refuses.
    """
    row = models.Declaration.objects.filter(buyer_id=buyer_id, id=declaration_id).first()
    if row is None:
        return True
    standing = reading.standings_of(row.standing).get(DocumentKind.PAYMENT)
    if standing is None or standing.payment is None or standing.verdict is not None:
        return True
    stored = models.Document.objects.get(buyer_id=buyer_id, id=standing.document)
    told = hand_over(
        document_id=standing.document,
        xml=reading.open_document(stored.xml_sealed, stored.id),
        by=ByProvider(standing.payment, row.order_number, declaration_id, buyer_id, ask=True),
        now=now,
    )
    take([told.touch], then=then, now=now)
    if told.refusal is not None:
        raise told.refusal
    return bool(told.touch.verdict)
