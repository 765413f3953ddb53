"""The clock and the queue: send what is due, remind a silent port."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.customs import services
from entrepot.kit import clock
from entrepot.outbox.services import every, job, on
from entrepot.outbox.types import Event


@job("customs.send")
def send(declaration_id: str, buyer_id: str, due_at: str = "") -> None:
    due = datetime.fromisoformat(due_at) if due_at else None
    services.send_along(declaration_id=UUID(declaration_id), buyer_id=UUID(buyer_id), now=clock.now(), due_at=due)


@job("customs.halve")
def halve(batch_id: str) -> None:
    services.halve_refused(batch_id=UUID(batch_id), now=clock.now())


@job("customs.remind")
def remind(declaration_id: str, buyer_id: str) -> None:
    services.send_again(declaration_id=UUID(declaration_id), buyer_id=UUID(buyer_id), now=clock.now())


@job("customs.withdraw")
def withdraw(declaration_id: str, buyer_id: str) -> None:
    services.withdraw(declaration_id=UUID(declaration_id), buyer_id=UUID(buyer_id), now=clock.now())


@job("customs.ask_provider")
def ask_provider(declaration_id: str, buyer_id: str) -> None:
    services.ask_provider(declaration_id=UUID(declaration_id), buyer_id=UUID(buyer_id), now=clock.now())


@job("customs.upload_data")
def upload_data(request_id: str, buyer_id: str) -> None:
    services.upload_data(request_id=UUID(request_id), buyer_id=UUID(buyer_id), now=clock.now())


@every("* * * * *")
def upload_what_is_due() -> None:
    services.upload_due(now=clock.now())


@job("customs.send_return")
def send_return(return_id: str, buyer_id: str) -> None:
    services.send_return(return_id=UUID(return_id), buyer_id=UUID(buyer_id), now=clock.now(), again=True)


@job("customs.take_list_back")
def take_list_back(parcel_id: str, buyer_id: str) -> None:
    services.take_list_back(parcel_id=UUID(parcel_id), buyer_id=UUID(buyer_id), now=clock.now())


@job("customs.send_delivery")
def send_delivery(delivery_id: str, again: bool) -> None:
    services.send_delivery(delivery_id=UUID(delivery_id), now=clock.now(), again=again)


@job("customs.reckon_tax")
def reckon_tax(return_id: str, buyer_id: str) -> None:
    services.reckon_tax(return_id=UUID(return_id), buyer_id=UUID(buyer_id))


@every("* * * * *")
def put_tax_bills_to_their_lists() -> None:
    services.match_bills(now=clock.now())


@every("7 0 * * *")
def call_to_tax_that_falls_due() -> None:
    services.call_to_tax(now=clock.now())


@every("* * * * *")
def remind_silent_port() -> None:
    services.remind(now=clock.now())
    services.remind_returns(now=clock.now())
    services.remind_deliveries(now=clock.now())


@every("* * * * *")
def call_to_what_stands_still() -> None:
    services.escalate(now=clock.now())


@on("customs.escalated")
def call_staff(event: Event) -> None:
    told = event.payload
    ids = [UUID(one) for one in told["ids"]]
    services.call_staff(level=told["level"], ids=ids, count=told["count"], again=told["again"])


@every("* * * * *")
def collect_from_the_folder() -> None:
    services.collect(now=clock.now())


@every("9 * * * *")
def write_down_the_days() -> None:
    services.close_days(now=clock.now())


@every("17 3 * * *")
def forget_what_was_refused_long_ago() -> None:
    services.purge(now=clock.now())
    services.forget_put_off()
    services.purge_bills(now=clock.now())
