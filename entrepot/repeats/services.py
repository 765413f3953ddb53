"""Run a verb once per key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.kit.sealing import sealer
from entrepot.repeats.models import Answer

key_length_min, key_length_max = 8, 80
kept_days = 30
purge_max = 10_000


class KeyMissing(Invalid):
    code = "idempotency_key_missing"
    status = 400
    zh = "请求头 Idempotency-Key 必填：{least}至{most}个可见字符，每次新操作换一个，重试时不变"
    en = (
        "The header Idempotency-Key is needed: {least} to {most} visible characters, new for each act, same for retries"
    )


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    status = 422
    zh = "该幂等键已用于另一个请求"
    en = "This idempotency key was used for another request"


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: HTTP status and JSON body; `replayed` when it had been given before."""

    status: int
    body: Any
    replayed: bool


def checked_key(*, key: str | None) -> str:
    """The key, if it is one. Refuses KeyMissing."""
    if key is None or not key_length_min <= len(key) <= key_length_max or not (key.isascii() and key.isprintable()):
        raise KeyMissing(field="Idempotency-Key", least=key_length_min, most=key_length_max)
    return key


def once(
    *, buyer_id: UUID, key: str | None, request: bytes, now: datetime, run: Callable[[], tuple[int, Any]]
) -> Given:
    """Run `run` and keep its answer (status, JSON body) in one transaction, or give the kept answer again.

    A refusal of `run` keeps nothing: the key may be used again. Refuses KeyMissing, KeyReused.
    """
    key = checked_key(key=key)
    digest = sealer().blind_index(request, "repeats")  # a body may hold an ID number
    with transaction.atomic():
        # A second request with the key waits here for the first one's commit, then finds its answer.
        taken = sql.hot_run(
            "INSERT INTO repeats_answer (id, buyer_id, key, request_hash, at)"
            " VALUES (%(id)s, %(buyer_id)s, %(key)s, %(digest)s, %(now)s) ON CONFLICT (buyer_id, key) DO NOTHING",
            {"id": new_id(), "buyer_id": buyer_id, "key": key, "digest": digest, "now": now},
        )
        if not taken:
            known = Answer.objects.get(buyer_id=buyer_id, key=key)
            if bytes(known.request_hash) != digest or known.status is None:
                raise KeyReused(field="Idempotency-Key")
            return Given(status=known.status, body=known.body, replayed=True)
        status, body = run()
        sql.hot_run(
            "UPDATE repeats_answer SET status = %(status)s, body = %(body)s"
            " WHERE buyer_id = %(buyer_id)s AND key = %(key)s",
            {"status": status, "body": json.dumps(body), "buyer_id": buyer_id, "key": key},
        )
    return Given(status=status, body=body, replayed=False)


def purge(*, now: datetime) -> int:
    """Forget answers older than `kept_days`, at most `purge_max` a call; returns how many."""
    return sql.run(
        "DELETE FROM repeats_answer WHERE id IN (SELECT id FROM repeats_answer WHERE at < %s ORDER BY at LIMIT %s)",
        (now - timedelta(days=kept_days), purge_max),
    )
