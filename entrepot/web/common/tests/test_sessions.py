"""Sessions and throttles tell nothing to who reads the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection

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


def test_keys_of_the_shared_cache_are_hashed() -> None:
    cache.set("login:anna@example.com", 1)
    assert cache.get("login:anna@example.com") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache_entry")
        assert all("anna" not in key and len(key) == 64 for (key,) in cursor.fetchall())


def test_a_count_outlives_many_others() -> None:
    """Each lasts as long as it was made for: by Django's own limit a third of all is let go where there are 300."""
    cache.set("login:anna@example.com", 5, 300)
    others = [f"login:{n}" for n in range(400)]
    cache.set_many(dict.fromkeys(others, 1), 300)
    assert cache.get("login:anna@example.com") == 5
    assert len(cache.get_many(others)) == 400
