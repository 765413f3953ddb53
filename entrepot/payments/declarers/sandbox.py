"""The sandbox provider declares by himself, as the wallets do; signed like everything said with it (`kit.signed`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entrepot.kit import signed
from entrepot.payments.declarers.port import UNKNOWN_SHARE, Declared, Known, Refused, Request
from entrepot.payments.providers.port import Said
from entrepot.payments.types import PayerCheck, ShareState


@dataclass(frozen=True, slots=True)
class SandboxDeclarer:
    party: signed.Party

    def declare(self, request: Request, now: datetime) -> tuple[Said, Declared | Refused | None]:
        name, id_number = request.payer
        wish = {
            "request_id": request.request_id,
            "mode": request.mode.value,
            "payment_request_id": str(request.payment_id),
            "number": request.number,
            "amount_minor": request.amount_minor,
            "place": request.place,
            "merchant": {"code": request.merchant[0], "name": request.merchant[1]},
            "payer": {"name": name, "id_number": id_number},
        }
        return self._ask("/v1/customs/declarations", wish, now)

    def query(self, known: Known, now: datetime) -> tuple[Said, Declared | Refused | None]:
        said, answer = self._ask("/v1/customs/declarations/query", {"request_id": known.request_id}, now)
        return said, Refused(UNKNOWN_SHARE) if answer == Refused("unknown_declaration") else answer

    def _ask(self, path: str, wish: Mapping[str, Any], now: datetime) -> tuple[Said, Declared | Refused | None]:
        answer = self.party.ask(path, wish, now)
        said = Said(answer.request, answer.response, answer.status)
        if answer.refused:
            return said, Refused(answer.refused)
        if answer.content is None:
            return said, None
        try:
            return said, _declared(answer.content)
        except (KeyError, ValueError, TypeError):
            return said, None


def _declared(view: Mapping[str, Any]) -> Declared:
    at = datetime.fromisoformat(view["at"])
    if at.tzinfo is None or not isinstance(view["amount_minor"], int):
        raise ValueError("a time without its zone, or no amount")
    return Declared(
        state=ShareState(view["state"]),
        customs_number=str(view["customs_number"])[:60],
        customs_order=str(view["customs_order"])[:60],
        company_code=str(view["company_code"])[:18],
        amount_minor=view["amount_minor"],
        payer_check=PayerCheck(view["payer_check"]),
        verifying_department=str(view["verifying_department"])[:1],
        verifying_transaction=str(view["verifying_transaction"])[:64],
        at=at,
        words=str(view.get("words", ""))[:300],
    )
