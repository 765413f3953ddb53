"""Access keys for the API: shown once, kept as a hash, limited by scopes and time."""

from __future__ import annotations

import hashlib
import secrets as chance
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from entrepot.audit.services import record
from entrepot.identity import models, rules
from entrepot.identity.types import Caller, IssuedKey, KeyDraft, Role, Scope
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal

keys_max = 10  # in force, a person
days_max = 365
name_length_max = 60
secret_length_max = 100
used_every = timedelta(minutes=5)  # "last used" is written at most this often


class BadKey(Refusal):
    code = "bad_key"
    status = 401
    zh = "访问密钥无效、已过期或已吊销"
    en = "The access key is unknown, expired or revoked"


class InvalidKeyWish(Invalid):
    code = "invalid_key_wish"
    zh = "密钥须有名称（最多 60 字）、至少一项权限，有效期 1 至 {days_max} 天"
    en = "A key has a name of at most 60 characters, at least one scope, and is valid for 1 to {days_max} days"


class TooManyKeys(Refusal):
    code = "too_many_keys"
    zh = "最多同时有 {keys_max} 个有效密钥，请先吊销不用的"
    en = "You can have at most {keys_max} keys in force: revoke one first"


class NoKey(NotFound):
    zh = "没有找到这个密钥"
    en = "There is no such key"


def _digest(secret: str) -> bytes:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).digest()


@transaction.atomic
def issue_key(*, person_id: UUID, draft: KeyDraft, now: datetime, actor: str = "") -> IssuedKey:
    """A new key with its secret, shown this once. `actor`: who does it where it is not the person themselves.
    Refuses InvalidKeyWish (with `field`), TooManyKeys, NotFound."""
    name = rules.plain_text(draft.name, length_max=name_length_max)
    known = {scope.value for scope in Scope}
    if name is None:
        raise InvalidKeyWish(field="name", days_max=days_max)
    if not draft.scopes or not set(draft.scopes) <= known:
        raise InvalidKeyWish(field="scopes", days_max=days_max)
    if not 1 <= draft.days <= days_max:
        raise InvalidKeyWish(field="days", days_max=days_max)
    if not models.Person.objects.select_for_update(no_key=True).filter(id=person_id, is_active=True).exists():
        raise NotFound(what="person")
    in_force = models.AccessKey.objects.filter(person_id=person_id, revoked_at__isnull=True, expires_at__gt=now)
    if in_force.count() >= keys_max:
        raise TooManyKeys(keys_max=keys_max)
    prefix = f"ek_{chance.token_hex(4)}"
    secret = f"{prefix}_{chance.token_urlsafe(32)}"
    row = models.AccessKey(
        id=new_id(),
        person_id=person_id,
        name=name,
        prefix=prefix,
        secret_hash=_digest(secret),
        scopes=sorted(draft.scopes),
        created_at=now,
        expires_at=now + timedelta(days=draft.days),
    )
    row.save(force_insert=True)
    _log(row, "identity.key_issued", f"{prefix}: {', '.join(row.scopes)}", actor, now)
    return IssuedKey(id=row.id, secret=secret, prefix=prefix, expires_at=row.expires_at)


@transaction.atomic
def revoke_key(*, key_id: UUID, person_id: UUID, now: datetime, actor: str = "") -> None:
    """Put a key out of force at once; a second time changes nothing. `actor` as for `issue_key`. Refuses NotFound, also
    for somebody else's."""
    row = models.AccessKey.objects.filter(id=key_id, person_id=person_id).first()
    if row is None:
        raise NoKey()
    _revoke(row, actor, now)


@transaction.atomic
def revoke_keys(*, person_id: UUID, now: datetime) -> None:
    """Put all keys of a person out of force at once."""
    for row in models.AccessKey.objects.filter(person_id=person_id, revoked_at__isnull=True, expires_at__gt=now):
        _revoke(row, "", now)


def _revoke(row: models.AccessKey, actor: str, now: datetime) -> None:
    if models.AccessKey.objects.filter(id=row.id, revoked_at__isnull=True).update(revoked_at=now):
        _log(row, "identity.key_revoked", row.prefix, actor, now)


def check_key(*, secret: str, now: datetime) -> Caller:
    """Who calls with this key, and what for. Refuses BadKey. One statement; a second every five minutes of use."""
    found = check_keys(secrets={secret}, now=now)[secret]
    if found is None:
        raise BadKey()
    return found


def check_keys(*, secrets: Collection[str], now: datetime) -> dict[str, Caller | None]:
    """Who calls with each of these keys; None for one that is not in force, or of the demo's people when the demo
    is over. Statements as `check_key`, however many."""
    hashes = {_digest(one): one for one in secrets if one.startswith("ek_") and len(one) <= secret_length_max}
    params = {"hashes": list(hashes), "now": now, "used_before": now - used_every, "demo": settings.DEMO}
    rows = sql.hot_rows(sql.load("identity", "keys"), params) if hashes else []
    if stale := [row["id"] for row in rows if row["stale"]]:
        since = Q(last_used_at__isnull=True) | Q(last_used_at__lte=params["used_before"])
        models.AccessKey.objects.filter(since, id__in=stale).update(last_used_at=now)
    found: dict[str, Caller | None] = dict.fromkeys(secrets)
    for row in rows:
        roles = Role if row["is_superuser"] else map(Role, sql.json_value(row["roles"]))
        scopes = frozenset(sql.json_value(row["scopes"]))
        found[hashes[bytes(row["secret_hash"])]] = Caller(row["person_id"], frozenset(roles), scopes)
    return found


def _log(row: models.AccessKey, action: str, reason: str, actor: str, now: datetime) -> None:
    record(
        actor=actor or str(row.person_id),
        action=action,
        subject_kind="access_key",
        subject_id=row.id,
        buyer_id=row.person_id,
        reason=reason,
        at=now,
    )
