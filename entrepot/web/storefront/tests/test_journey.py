"""What a code on a package opens, without a log-in."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalogue.tests.makers import make_sku
from entrepot.kit import sql
from entrepot.kit.clock import now
from entrepot.provenance import selectors, services
from entrepot.provenance.types import Code
from entrepot.recalls import services as recalls
from entrepot.recalls.types import RecallDraft, Remedy
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.web.storefront import tracing

pytestmark = pytest.mark.django_db


@pytest.fixture
def code() -> Code:
    cache.clear()
    sku = make_sku()
    stocked(sku.id, warehouse(), 2, lot="B-1")
    (lot,) = stock.lots_of(sku_ids=[sku.id])
    made = services.issue(sku_id=sku.id, lot_id=lot.id, units=1, actor="clerk", now=now())
    return selectors.codes(ids=made)[0]


def opened(code: Code, prefix: str = "", address: str = "203.0.113.1") -> str:
    answer = Client(REMOTE_ADDR=address).get(f"{prefix}/t/{code.code.lower()}/")
    assert answer.status_code == 200
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    return answer.content.decode()


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("", ("溯源码有效", "点收入库", "澳大利亚")),
        ("/en", ("This code is ours", "Counted into our warehouse", "Australia")),
    ],
)
def test_the_journey_is_told_on_a_map_and_in_words(code: Code, prefix: str, words: tuple[str, ...]) -> None:
    page = opened(code, prefix)
    assert all(word in page for word in words)
    assert "B-1" in page and 'class="arcs"' in page


def test_a_code_that_many_opened_warns_and_a_broken_chain_says_so(code: Code) -> None:
    assert "You are the first" in opened(code, "/en")
    assert "First opened on" in opened(code, "/en")
    for n in range(2, 6):
        page = opened(code, "/en", f"203.0.113.{n}")
    assert "may have been copied" in page
    sql.run("DELETE FROM provenance_scan")
    sql.run("UPDATE provenance_event SET country = 'NZ'")
    assert "Entry 1 was changed" in opened(code, "/en")


@pytest.mark.parametrize(("prefix", "warning"), [("", "请勿使用"), ("/en", "please do not use them")])
def test_goods_that_were_called_back_warn_until_they_are_cleared(code: Code, prefix: str, warning: str) -> None:
    lots, key = ((code.sku_id, code.lot_id),), "k"
    draft = RecallDraft(lots, ("密封不良", "Not sealed"), ("停止食用", "Stop eating it"), Remedy.RETURN, key)
    recall_id = recalls.open_recall(draft=draft, actor="clerk", now=now())
    recalls.work(recall_id=recall_id, now=now())
    assert warning in opened(code, prefix)
    recalls.close_recall(recall_id=recall_id, reason="all are back", actor="clerk", now=now())
    assert warning in opened(code, prefix)
    recalls.lift_stop(recall_id=recall_id, reason="sound after all", actor="clerk", now=now())
    assert warning not in opened(code, prefix)


def test_what_is_no_code_of_ours_is_said_and_counted_nowhere() -> None:
    cache.clear()
    answer = Client().get("/en/t/00000-nothing/")
    assert (answer.status_code, "not from us" in answer.content.decode()) == (404, True)
    assert sql.rows("SELECT id FROM provenance_scan") == []


def test_who_opens_too_many_waits(code: Code) -> None:
    client = Client(REMOTE_ADDR="203.0.113.9")
    statuses = {client.get(f"/t/{code.code}/").status_code for _ in range(70)}  # a minute may begin in between
    assert statuses == {200, 429}


def test_a_map_holds_the_way_once_and_none_without_places() -> None:
    found = tracing.drawn(["AU", "AU", "CN", "XX", "CN"])
    assert found is not None
    assert [spot.code for spot in found.spots] == ["AU", "CN"]
    assert len(found.arcs) == 1
    assert tracing.drawn(["XX", ""]) is None


@given(st.lists(st.sampled_from(sorted(tracing.PLACES)), min_size=1, max_size=4), st.sampled_from(["en", "zh-hans"]))
def test_names_on_the_map_stand_apart_and_inside_it(way: list[str], language: str) -> None:
    with translation.override(language):
        found = tracing.drawn(way)
    assert found is not None
    left, _top, wide, _high = map(int, found.view.split())
    size = tracing.SIZES[found.unit]
    boxes = []
    for spot in found.spots:
        if spot.at is not None:
            half = sum(1.0 if ord(sign) > 0x2E80 else 0.58 for sign in spot.name) * size / 2
            boxes.append((spot.at[0] - half, spot.at[1] - size, spot.at[0] + half, spot.at[1]))
    assert len(boxes) == len({spot.code for spot in found.spots})
    for n, one in enumerate(boxes):
        assert left - 1 <= one[0] and one[2] <= left + wide + 1
        for other in boxes[:n]:
            apart = one[2] <= other[0] + 1 or other[2] <= one[0] + 1 or one[3] <= other[1] + 1 or other[3] <= one[1] + 1
            assert apart, (way, one, other)
