"""The clock and the queue: send what is due, remind a silent port."""

from __future__ import annotations

from uuid import UUID

from entrepot.customs import services
from entrepot.kit import clock
from entrepot.outbox.services import every, job


@job("customs.send")
def send(declaration_id: str, buyer_id: str) -> None:
    services.send(declaration_id=UUID(declaration_id), buyer_id=UUID(buyer_id), now=clock.now(), last=True)


@job("customs.remind")
def remind(declaration_id: str, buyer_id: str) -> None:
    services.send_again(declaration_id=UUID(declaration_id), buyer_id=UUID(buyer_id), now=clock.now())


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


@every("* * * * *")
def remind_silent_port() -> None:
    services.remind(now=clock.now())
    services.remind_returns(now=clock.now())


@every("* * * * *")
def collect_from_the_folder() -> None:
    services.collect(now=clock.now())


@every("17 3 * * *")
def forget_what_was_refused_long_ago() -> None:
    services.purge(now=clock.now())
