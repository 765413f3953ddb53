from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.shelf.rules import spelling, words
from entrepot.shelf.rules.words import fold, key, lexemes, query, stem, terms

chinese = st.text(alphabet="爱他美婴儿配方奶粉的咖啡机面霜保湿和小米手机", min_size=1, max_size=20)
latin = st.text(alphabet="abcdeéßøsxyz0123'-.& ", max_size=30)


def has(text: str, wanted: str) -> bool:
    """Whether a text is found by a query: each word by all lexemes of one of its forms."""
    found = set(lexemes(text))

    def holds(lexeme: str, goes_on: bool) -> bool:
        return lexeme in found or (goes_on and any(one.startswith(lexeme) for one in found))

    return all(
        any(all(holds(lexeme, word.chinese and len(word.text) == 1) for lexeme in form) for form in word.forms)
        for word in query(wanted)
    )


@given(st.text(max_size=60))
def test_any_text_folds_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(lexeme == fold(lexeme) for lexeme in lexemes(text) if lexeme.isascii())


@given(st.text(alphabet="aeiouhscxz", max_size=12))
def test_a_stem_is_its_own_stem(word: str) -> None:
    assert stem(stem(word)) == stem(word)
    assert word.startswith(stem(word)[:-1])


@given(st.text(max_size=200))
def test_any_text_is_read_within_the_limits(text: str) -> None:
    assert len(query(text)) <= words.WORDS_MAX
    assert all(0 < len(lexeme) <= words.LEXEME_MAX for lexeme in lexemes(text))
    assert all(form and all(form) for word in query(text) for form in word.forms)
    assert len(set(lexemes(text))) == len(lexemes(text))


@given(st.lists(chinese | latin, max_size=4).map(" ".join))
def test_a_text_is_found_by_itself(text: str) -> None:
    if len(query(text)) < words.WORDS_MAX and len(text) <= words.TEXT_MAX:
        assert has(text, text)


@given(chinese, st.data())
def test_chinese_is_found_by_every_part_of_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert has(text, text[start:end])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("L’ORÉAL Paris", "loreal"),
        ("L’ORÉAL Paris", "l'oreal"),
        ("L’ORÉAL Paris", "oréal"),
        ("Men's T-Shirts", "mens tshirt"),
        ("Men's T-Shirts", "t shirt"),
        ("Summer dresses", "dress"),
        ("Sun cream SPF50+ 30ml", "spf 50"),
        ("Sun cream SPF 50", "spf50"),
        ("Ｎｉｋｅ Air-Max 270", "nike airmax"),
        ("Čokolada Ožujsko đumbir", "cokolada ozujsko dumbir"),
        ("H&M 3.5 L", "h&m 3.5"),
        ("爱他美白金版婴儿配方奶粉3段900g", "爱他美奶粉"),
        ("爱他美白金版婴儿配方奶粉3段900g", "奶粉 3段 900g"),
        ("纯牛奶", "奶"),
        ("Straße", "strasse"),
    ],
)
def test_texts_are_found_as_people_type_them(text: str, wanted: str) -> None:
    assert has(text, wanted)


@pytest.mark.parametrize(("text", "wanted"), [("3.5 l", "35"), ("奶粉", "粉奶"), ("dress", "dressing"), ("a b", "ab")])
def test_other_words_are_other_words(text: str, wanted: str) -> None:
    assert not has(text, wanted)


def test_little_words_count_only_alone() -> None:
    assert [word.text for word in query("the shoes for a run")] == ["shoes", "run"]
    assert [word.text for word in query("on")] == ["on"]
    assert [word.text for word in query("妈妈的包")] == ["妈妈", "包"]


def test_a_text_without_words_asks_for_nothing() -> None:
    assert query(" !?… ") == () == query("")


def test_a_title_is_known_by_its_folded_words() -> None:
    assert key("  Crème,  BRÛLÉE! ") == "creme brulee"


def test_spelling_knows_words_and_no_numbers() -> None:
    assert dict(terms("Wireless Headphones X5 爱他美奶粉 250")) == {
        "wireless": "wireless",
        "headphone": "headphones",
        "爱他美": "爱他美",
        "奶粉": "奶粉",
    }


@given(st.text(alphabet="abcdefgh", min_size=3, max_size=14), st.data())
def test_one_slip_leaves_a_near_form_in_common(term: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(term) - 1))
    letter = data.draw(st.sampled_from("abcdefghxyz"))
    slips = [
        term[:at] + term[at + 1 :],
        term[:at] + letter + term[at:],
        term[:at] + letter + term[at + 1 :],
        term[:at] + term[at : at + 2][::-1] + term[at + 2 :],
    ]
    for slip in slips:
        assert set(spelling.near_forms(term)) & set(spelling.near_forms(slip))


@given(st.text(alphabet="abcdefgh", min_size=6, max_size=14), st.data())
def test_two_substitutions_in_a_long_word_leave_a_near_form_in_common(term: str, data: st.DataObject) -> None:
    letters = list(term)
    for _ in range(2):
        letters[data.draw(st.integers(0, len(letters) - 1))] = data.draw(st.sampled_from("xyz"))
    assert set(spelling.near_forms(term)) & set(spelling.near_forms("".join(letters)))


def test_the_nearest_term_wins_then_the_same_first_letter_then_the_commonest() -> None:
    def term(text: str, products: int = 1) -> spelling.Candidate:
        return spelling.Candidate(text, text, products)

    assert spelling.best("cofee", [term("coffee"), term("toffee", 9)]).term == "coffee"
    assert spelling.best("shoo", [term("shoe", 2), term("shot", 5)]).term == "shot"
    assert spelling.best("xat", [term("cat", 9), term("xaz", 1)]).term == "xaz"
    assert spelling.best("head", [term("heart")]) is None or spelling.distance_max("head") == 1
    assert spelling.best("ab", [term("abc")]) is None
    assert spelling.best("x250", [term("x255")]) is None
    assert spelling.best("奶份", [term("奶粉", 3), term("牛奶", 9)]).term == "奶粉"
