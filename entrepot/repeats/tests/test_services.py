"""A key is answered once, also when two requests bring it at the same moment."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import at_once, until_waiting
from entrepot.repeats import services, tasks
from entrepot.repeats.models import Answer

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BUYER = new_id()


def ask(run: Any, key: str | None = "a-good-key", request: bytes = b"{}") -> services.Given:
    return services.once(buyer_id=BUYER, key=key, request=request, now=NOW, run=run)


@pytest.mark.django_db
def test_the_second_request_gets_the_first_answer() -> None:
    runs: list[int] = []

    def run() -> tuple[int, Any]:
        runs.append(1)
        return 201, {"made": len(runs)}

    assert ask(run) == services.Given(201, {"made": 1}, replayed=False)
    assert ask(run) == services.Given(201, {"made": 1}, replayed=True)
    assert runs == [1]


@pytest.mark.django_db
def test_the_same_key_for_another_request_is_refused() -> None:
    ask(lambda: (200, None))
    with pytest.raises(services.KeyReused):
        ask(lambda: (200, None), request=b'{"other": 1}')


@pytest.mark.django_db
def test_who_sees_the_table_cannot_find_out_what_was_asked_by_trying() -> None:
    """A body may hold an ID number, of which there are few enough to try them all."""
    body = b'{"id_number": "110101199001010007"}'
    ask(lambda: (200, None), request=body)
    assert bytes(Answer.objects.get().request_hash) != hashlib.sha256(body).digest()


@pytest.mark.django_db
@pytest.mark.parametrize("key", [None, "", "short", "x" * 81, "with\nline break", "钥匙钥匙钥匙钥匙"])
def test_bad_keys_are_refused(key: str | None) -> None:
    with pytest.raises(services.KeyMissing):
        ask(lambda: (200, None), key=key)


@pytest.mark.django_db
def test_a_refused_act_leaves_the_key_free() -> None:
    def refuse() -> tuple[int, Any]:
        raise services.KeyReused()

    with pytest.raises(services.KeyReused):
        ask(refuse)
    assert ask(lambda: (200, "done")).replayed is False


@pytest.mark.django_db
def test_old_answers_are_purged() -> None:
    ask(lambda: (200, None))
    assert services.purge(now=NOW + timedelta(days=29)) == 0
    assert services.purge(now=NOW + timedelta(days=31)) == 1


@pytest.mark.django_db
def test_a_call_forgets_a_part_and_each_hour_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a table to which more is added than a call takes away would grow for ever."""
    monkeypatch.setattr(services, "purge_max", 2)
    monkeypatch.setattr(tasks, "now", lambda: NOW + timedelta(days=31))
    for n in range(5):
        ask(lambda: (200, None), key=f"a-good-key-{n}")
    assert services.purge(now=NOW + timedelta(days=31)) == 2
    tasks.purge()
    assert not Answer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_run_once() -> None:
    """The second one waits until the first has answered."""
    runs: list[int] = []

    def run() -> tuple[int, Any]:
        runs.append(1)
        until_waiting(1)
        return 200, {"by": "the first"}

    answers = at_once([lambda: ask(run)] * 2)
    assert len(runs) == 1
    assert [answer.body for answer in answers] == [{"by": "the first"}] * 2
    assert sorted(answer.replayed for answer in answers) == [False, True]
