"""What follows the calendar, and letters."""

from __future__ import annotations

from uuid import UUID

from entrepot.kit.clock import now
from entrepot.outbox.services import every, job, on
from entrepot.outbox.types import Event
from entrepot.procurement import services
from entrepot.procurement.landing.working import WORK


@every("3 16 * * *")  # three past midnight in China, before the shelf's new day
def new_day() -> None:
    services.new_day(now=now())


@every("15 23 * * *")  # a quarter past seven in the morning in China
def dues() -> None:
    services.reckon_missing()
    services.warn_of_dues(now=now())


@every("11,41 * * * *")
def keep_progress() -> None:
    services.keep_progress(now=now())


@on("procurement.payments_due")
def write_of_dues(event: Event) -> None:
    services.write_of_dues(now=now())


@on("procurement.authorisation_ends")
def warn_of_end(event: Event) -> None:
    services.warn_of_end(authorisation_id=event.aggregate_id, days=event.payload["days"])


@on("procurement.landing_changed")
def run_again(event: Event) -> None:
    services.run_again(landing_id=event.aggregate_id, now=now())


@every("29 * * * *")
def run_waiting() -> None:
    services.run_waiting(now=now())


@on("procurement.sent")
def send_by_mail(event: Event) -> None:
    services.send_by_mail(order_id=event.aggregate_id, version=event.payload["version"])


@job(WORK)
def make_run(landing_id: str) -> None:
    services.make_run(landing_id=UUID(landing_id), now=now())
