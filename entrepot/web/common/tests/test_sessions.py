"""Sessions, throttles and passwords tell nothing to who reads the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from entrepot.identity import tasks
from entrepot.identity.hashers import PasswordHasher
from entrepot.web.common.sessions import SessionStore

pytestmark = pytest.mark.django_db


def saved(**data: Any) -> SessionStore:
    store = SessionStore()
    store.update(data)
    store.save()
    return store


def test_a_session_comes_back_and_lies_sealed() -> None:
    store = saved(phone="+8613700007777")
    assert SessionStore(store.session_key)["phone"] == "+8613700007777"
    row = Session.objects.get(session_key=store.session_key)
    assert "13700007777" not in row.session_data


@pytest.mark.parametrize("spoilt", ["", "x", "not base64 §", "AAAA" * 30])
def test_a_spoilt_session_is_an_empty_one(spoilt: str) -> None:
    store = saved(phone="x")
    Session.objects.filter(session_key=store.session_key).update(session_data=spoilt)
    assert dict(SessionStore(store.session_key).items()) == {}


def test_ended_sessions_are_forgotten() -> None:
    store = saved(a=1)
    fresh = saved(a=2)
    Session.objects.filter(session_key=store.session_key).update(expire_date=timezone.now() - timedelta(days=1))
    tasks.forget_ended_sessions()
    assert [row.session_key for row in Session.objects.all()] == [fresh.session_key]


def test_keys_of_the_shared_cache_are_hashed() -> None:
    cache.set("login:anna@example.com", 1)
    assert cache.get("login:anna@example.com") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache_entry")
        assert all("anna" not in key and len(key) == 64 for (key,) in cursor.fetchall())


def test_passwords_are_hashed_by_argon2_within_the_memory_we_have() -> None:
    hasher = PasswordHasher()
    encoded = hasher.encode("a passphrase", hasher.salt())
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.verify("a passphrase", encoded)
    assert not hasher.verify("another", encoded)
    assert not hasher.must_update(encoded)
