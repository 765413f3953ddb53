"""What roles may do, and how people's data looks when it is masked or checked. Pure."""

from __future__ import annotations

from collections.abc import Collection

from entrepot.identity.types import Role

# The records (Django app labels) that a role may look at and the ones it may change in the back office. The operator
# sees everything but changes only people and settings: money, stock and declarations move through their own verbs.
SEES: dict[Role, frozenset[str]] = {
    Role.OPERATOR: frozenset({"*"}),
    Role.CATALOGUE: frozenset({"catalogue", "pricing", "storefronts", "stock", "tariff", "shelf"}),
    Role.WAREHOUSE: frozenset({"stock", "catalogue", "shipping", "orders"}),
    Role.CUSTOMS: frozenset({"customs", "orders", "payments", "shipping", "catalogue", "tariff"}),
    Role.SERVICE: frozenset({"orders", "payments", "shipping", "customs", "identity", "catalogue", "basket"}),
    Role.FINANCE: frozenset({"payments", "orders", "pricing", "tariff", "storefronts"}),
}
CHANGES: dict[Role, frozenset[str]] = {
    Role.OPERATOR: frozenset({"identity", "storefronts", "outbox", "account", "mfa"}),
    Role.CATALOGUE: frozenset({"catalogue", "pricing"}),
    Role.WAREHOUSE: frozenset({"stock"}),
    Role.CUSTOMS: frozenset({"customs", "tariff"}),
    Role.SERVICE: frozenset({"orders"}),
    Role.FINANCE: frozenset({"payments", "pricing"}),
}


def permits(*, roles: Collection[Role], app_label: str, action: str) -> bool:
    """Whether one of `roles` may do `action` (Django's view, add, change, delete) with the records of `app_label`."""
    table = SEES if action == "view" else CHANGES
    wanted = {app_label, "*"}
    return any(table[role] & wanted for role in roles)
