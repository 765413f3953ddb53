"""What the clock does to stock."""

from __future__ import annotations

from entrepot.kit import clock
from entrepot.outbox.services import every, job
from entrepot.stock import services


@every("5 16 * * *")  # five past midnight in China
def tell_what_expired() -> None:
    services.tell_expired(now=clock.now())


@job(services.TURNED)
def tell_turned(least: int, most: int) -> None:
    services.tell_turned(least=least, most=most, now=clock.now())


@every("40 18 * * *")  # twenty to three in the morning in China
def check_account_books() -> None:
    services.check_books(now=clock.now())


@every("20 17 * * *")  # twenty past one in the morning in China
def close_stock_days() -> None:
    services.close_days(now=clock.now())


@every("*/5 * * * *")
def sum_up_today() -> None:
    services.sum_up_today(now=clock.now())


@every("0 19 * * *")  # three in the morning in China
def audit_all_stock() -> None:
    services.audit_stock(now=clock.now())
