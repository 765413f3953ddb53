"""What a misspelt word may have meant. Pure.

A term is kept with its near forms: its first letters as they are and with one of them left out, in long words two.
Words that are so many insertions, deletions, substitutions or swaps apart share a near form (Garbe's symmetric
deletion), so candidates are found by one index look-up; the true distance is measured afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rapidfuzz.distance import OSA

from entrepot.shelf.rules.words import Word, in_dictionary, query

HEAD_MAX = 7  # letters that near forms are made of
LONG_MIN = 6  # letters of a word in which two slips are forgiven
SPAN_WORDS_MAX = 3  # Chinese words that are looked at as one
SPAN_LENGTH_MAX = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known term: as searched, as written, and how many products have it."""

    term: str
    surface: str
    products: int


@dataclass(frozen=True, slots=True)
class Span:
    """One or several neighbouring words of a query, from `start` to before `end`, as one text to be looked up."""

    start: int
    end: int
    text: str


def near_forms(term: str) -> list[str]:
    """The head of a term and the head without each one of its letters, in long words without each two."""
    head = term[:HEAD_MAX]
    forms = {head, *("".join(kept) for kept in combinations(head, len(head) - 1))}
    if distance_max(term) > 1:
        forms.update("".join(kept) for kept in combinations(head, len(head) - 2))
    return sorted(forms)


def spans(words: Sequence[Word]) -> list[Span]:
    """What may be misspelt: each word, and neighbouring Chinese words together, for one wrong character makes the
    segmenter cut elsewhere. Longer ones first."""
    found = []
    for start in range(len(words)):
        for end in range(min(start + SPAN_WORDS_MAX, len(words)), start, -1):
            chosen = words[start:end]
            text = "".join(word.text for word in chosen) if len(chosen) > 1 else chosen[0].forms[0][0]
            alone = len(chosen) == 1 or (all(word.chinese for word in chosen) and len(text) <= SPAN_LENGTH_MAX)
            if alone and distance_max(text):
                found.append(Span(start, end, text))
    return found


def corrected(words: tuple[Word, ...], known: Mapping[Span, Collection[Candidate]]) -> tuple[Word, ...]:
    """The words with misspelt ones replaced by the nearest of the terms known near them. Known words stay."""
    result: list[Word] = []
    position = 0
    while position < len(words):
        word, width = words[position], 1
        for span in sorted((one for one in known if one.start == position), key=lambda one: -one.end):
            if any(candidate.term == span.text for candidate in known[span]):
                width = span.end - span.start
                result.extend(words[position : position + width])
                break
            meant = best(span.text, known[span])
            if meant is not None:
                width = span.end - span.start
                result.append(replace(query(meant.surface)[0], text=meant.surface, forms=((meant.term,),)))
                break
        else:
            result.append(word)
        position += width
    return tuple(result)


def distance_max(word: str) -> int:
    """How many slips are forgiven: none in numbers and the shortest words, one in short ones, two in long ones.

    A Chinese word of two characters is half another word after one slip: it is left alone if the dictionary has it.
    """
    if not word.isalpha():
        return 0
    if not word.isascii():
        return 0 if len(word) < 2 or (len(word) == 2 and in_dictionary(word)) else 1
    return 0 if len(word) < 3 else 1 if len(word) < LONG_MIN else 2


def best(word: str, candidates: Iterable[Candidate]) -> Candidate | None:
    """The nearest candidate; of equally near ones that with the same first letter, then the commonest."""
    allowed = distance_max(word)
    ranked: list[tuple[int, bool, int, str, Candidate]] = []
    for candidate in candidates:
        apart = min(OSA.distance(word, form, score_cutoff=allowed) for form in (candidate.term, candidate.surface))
        other_first = candidate.term[:1] != word[:1]
        if not 0 < apart <= allowed or (other_first and len(word) == 2):
            continue
        ranked.append((apart, other_first, -candidate.products, candidate.term, candidate))
    return min(ranked)[-1] if ranked else None
