from __future__ import annotations

import pytest

from entrepot.kit import kept as module
from entrepot.kit.kept import Kept, forget_all


def test_a_value_is_made_once_until_it_is_forgotten() -> None:
    made: list[int] = []
    kept: Kept[int] = Kept(keep_s=60)

    def make() -> int:
        made.append(1)
        return len(made)

    assert [kept.get("a", make), kept.get("a", make)] == [1, 1]
    kept.forget()
    assert kept.get("a", make) == 2
    forget_all()
    assert kept.get("a", make) == 3


def test_a_value_that_is_too_old_is_made_again(monkeypatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    kept: Kept[float] = Kept(keep_s=5)
    assert kept.get("a", lambda: clock[0]) == 100.0
    clock[0] = 104.9
    assert kept.get("a", lambda: clock[0]) == 100.0
    clock[0] = 105.0
    assert kept.get("a", lambda: clock[0]) == 105.0


def test_while_one_makes_a_new_value_others_get_the_old_one(monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    kept: Kept[str] = Kept(keep_s=5)
    kept.get("a", lambda: "old")
    clock[0] = 6.0
    assert kept.get("a", lambda: kept.get("a", lambda: "made twice") and "new") == "new"
    assert kept.get("a", lambda: "again") == "new"


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    kept: Kept[str] = Kept(keep_s=60)
    assert kept.get("a", lambda: kept.forget() or "before") == "before"
    assert kept.get("a", lambda: "after") == "after"


def test_it_never_holds_more_than_its_limit() -> None:
    kept: Kept[int] = Kept(keep_s=60, entries_max=10)
    for i in range(100):
        assert kept.get(i, lambda i=i: i) == i
        assert len(kept._values) <= 10
    assert kept.get(99, lambda: -1) == 99


def test_an_old_value_is_lent_for_a_short_while_only(monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    kept: Kept[str] = Kept(keep_s=5, aged_s=1)
    for waited, others_get in ((5.5, "old"), (6.0, "another")):
        kept.forget()
        clock[0] = 0.0
        kept.get("a", lambda: "old")
        clock[0] = waited
        lent: list[str] = []
        assert kept.get("a", lambda lent=lent: lent.append(kept.get("a", lambda: "another")) or "new") == "new"
        assert lent == [others_get]


def test_where_a_new_value_cannot_be_made_the_old_one_goes(monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    kept: Kept[int] = Kept(keep_s=5, size=lambda value: value, size_max=100)
    kept.get("a", lambda: 10)
    clock[0] = 5.0
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 20) == 20
    assert kept._held == 20


def test_all_values_together_stay_below_the_size_allowed() -> None:
    kept: Kept[bytes] = Kept(keep_s=60, entries_max=1_000, size=len, size_max=1_000)
    for i in range(100):
        kept.get(i, lambda i=i: b"x" * (i * 7 % 300))
        held = sum(len(value) for _, value in kept._values.values())
        assert kept._held == held <= 1_000
    assert kept.get(99, lambda: b"") == b"x" * (99 * 7 % 300)
