"""The clock: ask silent providers about payments and refunds, compare books with statements."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import every, job
from entrepot.payments import providers, selectors, services

statement_ready = timedelta(hours=2)  # after midnight in China
silences_max = 3  # a provider that is down is not asked about all the rest in this round

_log = logging.getLogger(__name__)


@every("* * * * *")
def ask_about_payments() -> None:
    """Notices get lost: open payments are asked about after 2, 4, 8 … minutes, then hourly until they end. Those
    that nobody went to the cashier for are given up when their time is over: their provider never heard of them."""
    at, silences = now(), 0
    services.give_up_unbegun(now=at)
    for payment_id, buyer_id in selectors.payments_to_ask(now=at):
        services.put_off(payment_id=payment_id, buyer_id=buyer_id, now=now())
        try:
            services.query(payment_id=payment_id, buyer_id=buyer_id, now=now())
        except Refusal as refusal:
            _log.warning("payment %s: %s", payment_id, refusal.code)
            silences += isinstance(refusal, services.ProviderSilent)
        if silences >= silences_max:
            return


@every("* * * * *")
def ask_about_refunds() -> None:
    """Refunds that a provider has not said done to are said again, with the same id."""
    silences = 0
    for refund_id, buyer_id in selectors.refunds_to_ask(now=now()):
        services.put_refund_off(refund_id=refund_id, buyer_id=buyer_id, now=now())
        try:
            services.ask_refund_again(refund_id=refund_id, buyer_id=buyer_id, now=now())
        except Refusal as refusal:
            _log.warning("refund %s: %s", refund_id, refusal.code)
            silences += isinstance(refusal, services.ProviderSilent)
        if silences >= silences_max:
            return


@job("payments.give_back")
def give_back(payment_id: str, buyer_id: str, amount_minor: int, key: str) -> None:
    services.give_back(
        payment_id=UUID(payment_id), buyer_id=UUID(buyer_id), amount_minor=amount_minor, key=key, now=now()
    )


@job("payments.close", soon=True)
def close(payment_id: str, buyer_id: str) -> None:
    services.close(payment_id=UUID(payment_id), buyer_id=UUID(buyer_id), now=now())


@every("10 * * * *")
def compare_books() -> None:
    """Each hour: the days whose statement is out and was not compared. One that could not be had is asked for again."""
    until = day_in(CHINA, now() - statement_ready) - timedelta(days=1)
    for provider in providers.names():
        silences = 0
        for day in selectors.days_to_compare(provider=provider, until=until):
            try:
                services.reconcile(provider=provider, day=day, now=now())
            except Refusal as refusal:
                _log.warning("statement of %s: %s", provider, refusal.code)
                silences += 1
            if silences >= silences_max:
                break
