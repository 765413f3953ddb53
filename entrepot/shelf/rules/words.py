"""Texts to search lexemes, in Chinese and English alike. Pure.

A text is folded, then cut into runs. A run of Chinese gives its words (jieba), all its pairs of characters and its
last character, so that what is written together is found, whatever the segmenter thought of it. A Latin word gives
itself without its plural; one with joints ("l'oréal", "t-shirt", "spf50") gives its parts and itself written as one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import rjieba

TEXT_MAX = 100  # characters of a query that are looked at
WORDS_MAX = 10  # words of a query that are looked at
LEXEME_MAX = 40  # characters; longer ones are cut
LEXEMES_MAX = 400  # of one product

_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff"
_RUNS = re.compile(rf"[{_CHINESE}]+|[^\W_{_CHINESE}]+(?:['’.&+-][^\W_{_CHINESE}]+)*")
_CHINESE_RUN = re.compile(rf"[{_CHINESE}]+")
_JOINTS = re.compile(r"['’.&+-]")
_PARTS = re.compile(r"[0-9]+(?:\.[0-9]+)*|\d+|[^\W\d_]+")
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'"})
_STOP = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"})
_STOP_CHINESE = frozenset("的和与及或了之")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query. `forms` are its readings: a product has the word if it has all lexemes of one of them."""

    text: str
    forms: tuple[tuple[str, ...], ...]

    @property
    def chinese(self) -> bool:
        return _CHINESE_RUN.match(self.text) is not None


@lru_cache(maxsize=8_192)
def fold(text: str) -> str:
    """Lower case, half width, Latin letters without their marks: "Ｌ'Oréal" is "l'oreal". Twice is as once."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    if plain.isascii():
        return plain
    kept: list[str] = []
    for char in unicodedata.normalize("NFD", plain):
        if not (unicodedata.combining(char) and kept and kept[-1].isascii()):
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def stem(word: str) -> str:
    """An English word without its plural ending; anything else as it is. The same word always gives the same stem."""
    if len(word) < 4 or not (word.isascii() and word.isalpha()) or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("oes"):
        return word[:-2] if len(word) > 5 else word[:-1]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def lexemes(text: str) -> list[str]:
    """Everything a text can be found by, in order, each once."""
    found: dict[str, None] = {}
    for run in _RUNS.findall(fold(text)):
        for lexeme in _of_chinese(run) if _CHINESE_RUN.match(run) else _of_latin(run):
            found[lexeme[:LEXEME_MAX]] = None
    return list(found)


def terms(text: str) -> Iterator[tuple[str, str]]:
    """The words of a text as a person would type them, for spelling: (term as searched, folded form as written)."""
    for run in _RUNS.findall(fold(text)):
        if _CHINESE_RUN.match(run):
            yield from ((word, word) for word in _segments(run) if 2 <= len(word) <= LEXEME_MAX)
            continue
        parts = _PARTS.findall(run)
        for word in dict.fromkeys(["".join(parts), *parts]):
            if word.isalpha() and 3 <= len(word) <= LEXEME_MAX and word not in _STOP:
                yield stem(word), word


def query(text: str) -> tuple[Word, ...]:
    """The words of a query. Little words ("for", "的") count only where there is nothing else."""
    words: dict[str, Word] = {}
    for run in _RUNS.findall(fold(text[:TEXT_MAX])):
        for word in _query_words(run):
            words.setdefault(word.text, word)
    telling = [word for word in words.values() if word.text not in _STOP and word.text not in _STOP_CHINESE]
    return tuple((telling or list(words.values()))[:WORDS_MAX])


def key(text: str) -> str:
    """A text by which equal titles meet: folded words without their joints, one space between."""
    return " ".join(_JOINTS.sub("", run) for run in _RUNS.findall(fold(text)))


def in_dictionary(word: str) -> bool:
    """Whether the segmenter knows a Chinese word."""
    return bool(rjieba.has_word(word))


def together(words: Sequence[Word]) -> str:
    """Words as one writes them: a space between, none between Chinese ones."""
    text = ""
    for i, word in enumerate(words):
        joined = i > 0 and not (word.chinese and words[i - 1].chinese)
        text += (" " if joined else "") + word.text
    return text


def _query_words(run: str) -> Iterator[Word]:
    if not _CHINESE_RUN.match(run):
        parts = [stem(part)[:LEXEME_MAX] for part in _PARTS.findall(run)]
        whole = _whole(run)[:LEXEME_MAX]
        yield Word(run, ((whole,), tuple(parts)) if len(parts) > 1 else ((whole,),))
        return
    for word in _segments(run):
        pairs = tuple(_pairs(word))
        yield Word(word, ((word,), pairs) if len(word) > 2 else ((word,),))


def _of_chinese(run: str) -> Iterator[str]:
    yield from (word for word in rjieba.cut_for_search(run) if len(word) > 1)
    yield from (word for word in _segments(run) if len(word) > 1)
    yield from _pairs(run)
    yield run[-1]


def _of_latin(run: str) -> Iterator[str]:
    parts = _PARTS.findall(run)
    yield _whole(run)
    if len(parts) > 1:
        yield from (stem(part) for part in parts)


def _whole(run: str) -> str:
    """A Latin run as one word. A number keeps its points: 3.5 is not 35."""
    return stem("".join(_PARTS.findall(run)))


def _pairs(run: str) -> Iterable[str]:
    return (run[i : i + 2] for i in range(len(run) - 1))


@lru_cache(maxsize=8_192)
def _segments(run: str) -> tuple[str, ...]:
    """A Chinese run as words. Characters that the dictionary leaves alone ("爱 他 美") are put together again."""
    words: list[str] = []
    loose = ""
    for word in rjieba.cut(run):
        if len(word) == 1 and word not in _STOP_CHINESE:
            loose += word
            continue
        words += [loose] if loose else []
        loose = ""
        words.append(word)
    return tuple(words + ([loose] if loose else []))
