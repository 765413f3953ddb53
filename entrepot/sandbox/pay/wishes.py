"""What merchants ask for, checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from entrepot.sandbox.wire import Refused, Request

SPLITS_MAX = 50


def text(wish: Mapping[str, Any], name: str, length_max: int = 500) -> str:
    value = wish.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= length_max:
        raise Refused(400, "bad_field", f"{name} is a text of 1 to {length_max} characters")
    return value


def amount(wish: Mapping[str, Any], name: str) -> int:
    value = wish.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**12:
        raise Refused(400, "bad_field", f"{name} is a positive whole number of minor units")
    return value


def wish(request: Request) -> dict[str, Any]:
    """The fields of a payment to be made, checked. Splits must add up to the amount."""
    raw = request.json()
    found = {name: text(raw, name) for name in ("request_id", "merchant_order", "currency", "return_url", "notify_url")}
    splits: Any = raw.get("splits", [])
    if not isinstance(splits, list) or len(splits) > SPLITS_MAX or any(not isinstance(part, dict) for part in splits):
        raise Refused(400, "bad_field", f"splits is a list of at most {SPLITS_MAX} objects")
    parts: list[dict[str, Any]] = [
        {"number": text(part, "number", 60), "amount_minor": amount(part, "amount_minor")} for part in splits
    ]
    amount_minor = amount(raw, "amount_minor")
    if parts and sum(int(part["amount_minor"]) for part in parts) != amount_minor:
        raise Refused(400, "splits_differ", "the splits do not add up to the amount")
    if not found["return_url"].startswith(("http://", "https://")):
        raise Refused(400, "bad_field", "return_url is an absolute address")
    payer = raw.get("payer") or {}
    return {
        **found,
        "amount_minor": amount_minor,
        "splits": parts,
        "payer": payer if isinstance(payer, dict) else {},
        "attach": str(raw.get("attach", ""))[:128],
        "language": str(raw.get("language", "zh"))[:10],
        "authorise_first": raw.get("authorise_first") is True,
        "expires_at": _expiry(raw.get("expires_at")),
    }


def masked(name: str) -> str:
    """What the cashier shows; more of a payer is not kept here, nor the ID number."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else "***"


def fingerprint(wish: Mapping[str, Any]) -> str:
    """Of what makes two payments the same one: who pays what for what. Addresses and language may change."""
    names = ("merchant_order", "currency", "amount_minor", "splits", "payer", "attach")
    return hashlib.sha256(json.dumps([wish[name] for name in names], sort_keys=True).encode()).hexdigest()


def _expiry(value: Any) -> float | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError as wrong:
        raise Refused(400, "bad_field", "expires_at is an ISO 8601 time") from wrong
