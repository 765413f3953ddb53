"""A query's words as PostgreSQL text search asks for them, and a product's lexemes as it keeps them. Pure.

Weights: A title, B brand, C category, D attributes, codes and variants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from entrepot.shelf.rules.words import LEXEMES_MAX, Word, lexemes

TITLE, BRAND, CATEGORY, ATTRIBUTE = "A", "B", "C", "D"
ANYWHERE = ""
_POSITIONS = {TITLE: "1A", BRAND: "2B", CATEGORY: "3C", ATTRIBUTE: "4D"}
RELAXED_WORDS_MAX = 6
ALONE_BEGUN_MIN = 3  # letters


def document(texts: Mapping[str, Iterable[str]]) -> str:
    """The lexemes of texts by weight as a tsvector literal, titles first where there are too many."""
    places: dict[str, list[str]] = {}
    for weight, position in _POSITIONS.items():
        for lexeme in dict.fromkeys(one for text in texts.get(weight, ()) for one in lexemes(text)):
            if lexeme in places or len(places) < LEXEMES_MAX:
                places.setdefault(lexeme, []).append(position)
    return " ".join(f"{_quoted(lexeme)}:{','.join(positions)}" for lexeme, positions in places.items())


def all_of(words: Sequence[Word], *, weights: str = ANYWHERE, prefix: bool = False) -> str:
    """A tsquery for products that have every word at one of the weights; with `prefix` the last one may go on."""
    last = len(words) - 1
    return " & ".join(_word(word, weights, prefix and i == last) for i, word in enumerate(words))


def may_be_begun(words: Sequence[Word]) -> bool:
    """Whether the last word may go on. One or two letters alone are meant as they are: half the shop begins so."""
    return len(words) > 1 or words[0].chinese or len(words[0].text) >= ALONE_BEGUN_MIN


def most_of(words: Sequence[Word]) -> str:
    """A tsquery for products that have at least half of the words (of the first six)."""
    counted = words[:RELAXED_WORDS_MAX]
    enough = -(-len(counted) // 2)
    return " | ".join(f"({all_of(some)})" for some in combinations(counted, enough))


def _word(word: Word, weights: str, prefix: bool) -> str:
    """One word in any of its forms. A single Chinese character stands for all words that begin with it."""
    goes_on = prefix or (word.chinese and len(word.text) == 1)
    forms = []
    for form in word.forms:
        ends = [_lexeme(lexeme, weights, goes_on and i == len(form) - 1) for i, lexeme in enumerate(form)]
        forms.append(ends[0] if len(ends) == 1 else f"({' & '.join(ends)})")
    # A word that is still being typed is no stem yet: "dresse" must find "dresses", "dress" its stem.
    if goes_on and word.text.isalnum() and word.text not in {form[0] for form in word.forms}:
        forms.append(_lexeme(word.text, weights, True))
    return forms[0] if len(forms) == 1 else f"({' | '.join(forms)})"


def _lexeme(lexeme: str, weights: str, prefix: bool) -> str:
    flags = ("*" if prefix else "") + weights
    return f"{_quoted(lexeme)}:{flags}" if flags else _quoted(lexeme)


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
