"""What the access matrix puts into addresses: one line for each argument a URL pattern or an API path takes.

A line says whose the thing is and makes one. `BUYERS`: made for a buyer, and not found by anybody else.
`SHARED`: the same for all callers. Where one argument name means different things, write "url_name/argument".
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import cached_property
from secrets import token_bytes
from typing import Any
from uuid import UUID

from django.test import Client

from entrepot.catalogue.tests.makers import make_import_run, make_sku
from entrepot.identity import selectors, services
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role, Scope
from entrepot.kit.clock import now
from entrepot.orders.tests import makers as orders
from entrepot.pricing.tests.makers import on_sale, promoted
from entrepot.procurement.tests import makers as buying
from entrepot.returns.tests.makers import applied, bought
from entrepot.tariff.tests.makers import make_draft
from entrepot.web.common.tests.makers import log_in

NOBODY = UUID(int=0)


class Kind(Enum):
    BUYERS = "belongs to a buyer"
    SHARED = "the same for everybody"


def _key_id(buyer_id: UUID) -> UUID:
    from entrepot.identity.types import KeyDraft

    draft = KeyDraft(name="matrix", scopes=frozenset(Scope))
    return services.issue_key(person_id=buyer_id, draft=draft, now=now()).id


# argument (or "url_name/argument"): (whose, made from the buyer's id)
OBJECTS: dict[str, tuple[Kind, Callable[[UUID], Any]]] = {
    "address_id": (Kind.BUYERS, people.address),
    "real_name_id": (Kind.BUYERS, people.real_name),
    "key_id": (Kind.BUYERS, _key_id),
    "number": (Kind.BUYERS, lambda buyer_id: orders.placed(buyer_id=buyer_id, id_hash=token_bytes(32)).number),
    "return_number": (Kind.BUYERS, lambda buyer_id: applied(bought(1, buyer_id=buyer_id)).number),
    "slug": (Kind.SHARED, lambda _: "nothing"),
    "sku": (Kind.SHARED, lambda _: "NOTHING-1"),
    "code": (Kind.SHARED, lambda _: "it"),
    "trace_code": (Kind.SHARED, lambda _: "0000000000000"),
    "lot_id": (Kind.SHARED, lambda _: NOBODY),
    "topic": (Kind.SHARED, lambda _: "tax"),
    "path": (Kind.SHARED, lambda _: "nothing.webp"),
    # the back office names buyer and thing: staff see everybody's
    "buyer_id": (Kind.SHARED, lambda _: NOBODY),
    "order_id": (Kind.SHARED, lambda _: NOBODY),
    "return_id": (Kind.SHARED, lambda _: NOBODY),
    "parcel_id": (Kind.SHARED, lambda _: NOBODY),
    "document_id": (Kind.SHARED, lambda _: NOBODY),
    "difference_id": (Kind.SHARED, lambda _: NOBODY),
    "book_id": (Kind.SHARED, lambda _: NOBODY),
    "inbound_id": (Kind.SHARED, lambda _: NOBODY),
    "delivery_id": (Kind.SHARED, lambda _: NOBODY),
    "pass_id": (Kind.SHARED, lambda _: NOBODY),
    "disposal_id": (Kind.SHARED, lambda _: NOBODY),
    "payment_id": (Kind.SHARED, lambda _: NOBODY),
    "transfer_id": (Kind.SHARED, lambda _: NOBODY),
    "count_id": (Kind.SHARED, lambda _: NOBODY),
    "landing_id": (Kind.SHARED, lambda _: NOBODY),
    "bill_id": (Kind.SHARED, lambda _: NOBODY),
    "exchange_id": (Kind.SHARED, lambda _: NOBODY),
    "escalation_id": (Kind.SHARED, lambda _: NOBODY),
    "request_id": (Kind.SHARED, lambda _: NOBODY),
    "supplier_id": (Kind.SHARED, lambda _: buying.supplier()),
    "authorisation_id": (Kind.SHARED, lambda _: NOBODY),
    "paper_id": (Kind.SHARED, lambda _: NOBODY),
    "consignment_id": (Kind.SHARED, lambda _: NOBODY),
    "receipt_id": (Kind.SHARED, lambda _: NOBODY),
    "programme_id": (Kind.SHARED, lambda _: NOBODY),
    "version": (Kind.SHARED, lambda _: 1),
    "form": (Kind.SHARED, lambda _: "csv"),
    "recall_id": (Kind.SHARED, lambda _: NOBODY),
    "take_over_id": (Kind.SHARED, lambda _: NOBODY),
    "proposal_id": (Kind.SHARED, lambda _: NOBODY),
    "job_id": (Kind.SHARED, lambda _: 1),
    "draft_id": (Kind.SHARED, lambda _: make_draft()),
    "promotion_id": (Kind.SHARED, lambda _: promoted(now=now())),
    "sale_id": (Kind.SHARED, lambda _: on_sale([make_sku().id], now=now()).id),
    "run_id": (Kind.SHARED, lambda _: make_import_run()),
    # the records of the back office (Django admin); which of them a role sees is its own test
    "app_label": (Kind.SHARED, lambda _: "identity"),
    "object_id": (Kind.SHARED, lambda _: NOBODY),
    "content_type_id": (Kind.SHARED, lambda _: 1),
    "url": (Kind.SHARED, lambda _: "nothing/"),
}

# Addresses that are not called, and why.
UNCALLED: dict[str, str] = {}


class World:
    """People of every kind and, on demand, one object of each kind for each buyer."""

    def __init__(self) -> None:
        self.buyer_a, self.buyer_b = people.buyer(), people.buyer()
        self.clerks = {role: people.clerk(role, is_demo=False) for role in Role}
        self.half_proved = self._session(people.clerk(*Role, is_demo=False), second_factor=False)
        self.made: dict[tuple[str, UUID], Any] = {}

    @staticmethod
    def _session(person_id: UUID, *, second_factor: bool = True) -> str:
        return log_in(Client(), person_id, second_factor=second_factor).cookies["sessionid"].value

    @cached_property
    def sessions(self) -> dict[str, str]:
        """Session by caller; the anonymous one has none."""
        callers = {"anonymous": "", "buyer A": self._session(self.buyer_a), "buyer B": self._session(self.buyer_b)}
        return callers | {role.value: self._session(person_id) for role, person_id in self.clerks.items()}

    def owner(self, caller: str) -> UUID:
        """Whose objects a caller is shown first: their own, if they are a buyer."""
        return self.buyer_b if caller == "buyer B" else self.buyer_a

    def arguments(self, url_name: str, names: tuple[str, ...], owner: UUID) -> dict[str, Any]:
        found = {}
        for name in names:
            key = f"{url_name}/{name}" if f"{url_name}/{name}" in OBJECTS else name
            kind, make = OBJECTS[key]
            whose = owner if kind is Kind.BUYERS else NOBODY
            if (key, whose) not in self.made:
                self.made[key, whose] = make(whose)
            found[name] = self.made[key, whose]
        return found

    def keys(self, scope: Scope) -> dict[str, str]:
        """Secrets of buyer A's: one with the scope, one with all others, one revoked."""
        for card in selectors.keys(person_id=self.buyer_a):
            if card.revoked_at is None:
                services.revoke_key(key_id=card.id, person_id=self.buyer_a, now=now())
        revoked = people.key(self.buyer_a)
        key_id = revoked_id(self.buyer_a)
        services.revoke_key(key_id=key_id, person_id=self.buyer_a, now=now())
        return {
            "with the scope": people.key(self.buyer_a, [scope]),
            "without it": people.key(self.buyer_a, [other for other in Scope if other is not scope]),
            "revoked": revoked,
        }


def revoked_id(person_id: UUID) -> UUID:
    """The newest key of a person."""
    return selectors.keys(person_id=person_id)[0].id


def belongs_to_a_buyer(url_name: str, names: tuple[str, ...]) -> bool:
    kinds = [OBJECTS.get(f"{url_name}/{name}", OBJECTS.get(name, (Kind.SHARED, None)))[0] for name in names]
    return Kind.BUYERS in kinds
