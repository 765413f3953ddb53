"""What happens by itself, and how passwords are kept."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from entrepot.identity import selectors, services, tasks
from entrepot.identity.hashers import PasswordHasher
from entrepot.identity.models import RealName
from entrepot.identity.tests.makers import buyer, real_name
from entrepot.kit.clock import now
from entrepot.kit.refusals import NotFound

pytestmark = pytest.mark.django_db


def test_dropped_real_names_are_emptied_by_night() -> None:
    person = buyer()
    record_id = real_name(person)
    services.drop_real_name(record_id=record_id, buyer_id=person, now=now() - timedelta(days=91))
    tasks.purge_dropped_real_names()
    with pytest.raises(NotFound):
        services.reveal_real_name(record_id=record_id, buyer_id=person, reader="x", reason="x", now=now())
    assert selectors.masked_real_names(buyer_id=person) == []


def test_a_night_empties_all_that_is_due_however_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.identity.services.real_names.purge_batch_max", 2)
    people = [buyer() for _ in range(5)]
    records = [real_name(person) for person in people]
    for record_id, person in zip(records, people, strict=True):
        services.drop_real_name(record_id=record_id, buyer_id=person, now=now() - timedelta(days=91))
    tasks.purge_dropped_real_names()
    assert RealName.objects.filter(purged_at__isnull=True).count() == 0


def test_ended_sessions_are_forgotten() -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    ended, fresh = store(), store()
    for session in (ended, fresh):
        session["a"] = 1
        session.save()
    Session.objects.filter(session_key=ended.session_key).update(expire_date=timezone.now() - timedelta(days=1))
    tasks.forget_ended_sessions()
    assert [row.session_key for row in Session.objects.all()] == [fresh.session_key]


def test_counts_that_ran_out_are_forgotten() -> None:
    cache.set("ended", 1, -1)
    cache.set("running", 1, 300)
    tasks.forget_old_counts()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache_entry")
        assert cursor.fetchone() == (1,)
    assert cache.get("running") == 1


def test_passwords_are_hashed_by_argon2_within_the_memory_we_have() -> None:
    hasher = PasswordHasher()
    encoded = hasher.encode("a passphrase", hasher.salt())
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.verify("a passphrase", encoded)
    assert not hasher.verify("another", encoded)
    assert not hasher.must_update(encoded)
