"""Quotes down a pipe: requests come in as JSON, one a line or one over several lines, and each is answered for itself.

`entrepot quote` runs it. Pure but for the streams it is handed: it works without Django and without a database.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import BinaryIO, TextIO

import msgspec

from entrepot.kit.refusals import Invalid, Refusal
from entrepot.tariff import engine
from entrepot.tariff.book import Books
from entrepot.tariff.regimes import REGIMES
from entrepot.tariff.types import wire

REQUESTS_MAX = 1_000_000  # in one run
TOLD_EVERY_S = 1.0
_NOT_CLOSED = re.compile(rb'"(?:[^"\\]|\\.)*"?')  # a text, to its end or to the end of the line
_BEGINS = re.compile(rb'\{.*"destination"\s*:')  # a line that is a request, or was to be one
_encode = msgspec.json.Encoder().encode


class NotUtf8(Invalid):
    code = "not_utf8"
    zh = "不是 UTF-8 编码"
    en = "The request is not UTF-8"


class RequestTooLong(Invalid):
    code = "request_too_long"
    zh = "请求超过 {most} 字节"
    en = "The request is longer than {most} bytes"


class TooManyRequests(Invalid):
    code = "too_many_requests"
    zh = "一次最多 {most} 个请求：其余请另行提交"
    en = "At most {most} requests in one run: send the rest in another"


@dataclass(frozen=True, slots=True)
class Block:
    """One request as it came, and the line it begins in. `text` is None where it is longer than a request may be."""

    line: int
    text: bytes | None


def run(books: Callable[[str], Books]) -> int:
    """Standard input to standard output; the exit code says whether any was refused. Progress where somebody looks."""
    progress = sys.stderr if sys.stderr.isatty() else None
    try:
        return 1 if answer_all(sys.stdin.buffer, sys.stdout.buffer, books, progress=progress) else 0
    except BrokenPipeError:  # whoever read the answers has had enough; nothing more can be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def answer_all(
    source: BinaryIO, sink: BinaryIO, books: Callable[[str], Books], *, progress: TextIO | None = None
) -> int:
    """Answer every request of `source` with one line of JSON in `sink`; returns how many were refused.

    `books` gives those that speak for a destination. With `progress` the counts are told there every second.
    """
    answered = refused = 0
    told = monotonic()
    for block in blocks(source):
        if answered + refused >= REQUESTS_MAX:
            refused += 1
            sink.write(_encode(_refusal(TooManyRequests(field="-", most=REQUESTS_MAX), block.line)) + b"\n")
            break
        line, is_answer = answer(block, books)
        answered, refused = answered + is_answer, refused + (not is_answer)
        sink.write(line + b"\n")
        sink.flush()
        if progress is not None and monotonic() - told >= TOLD_EVERY_S:
            told = monotonic()
            progress.write(f"\r{answered:,} answered, {refused:,} refused")
            progress.flush()
    if progress is not None:
        progress.write(f"\r{answered:,} answered, {refused:,} refused\n")
    return refused


def answer(block: Block, books: Callable[[str], Books]) -> tuple[bytes, bool]:
    """One line of JSON, and whether it is an answer rather than a refusal."""
    try:
        request = wire.parse(_text(block))
        found = engine.quote(request, books(request.destination), REGIMES.values())
    except Refusal as refusal:
        return _encode(_refusal(refusal, block.line)), False
    return _encode(wire.render(found)), True


def _text(block: Block) -> str:
    if block.text is None:
        raise RequestTooLong(field="-", most=wire.BODY_BYTES_MAX)
    try:
        return block.text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUtf8(field="-") from error


def _refusal(refusal: Refusal, line: int) -> dict[str, object]:
    return {"refused": wire.refused(refusal), "line": line}


def blocks(source: BinaryIO) -> Iterator[Block]:
    """The requests of a stream. Blank lines between them are passed over.

    A request ends with the line that closes its last bracket. A line that begins another request while one is open
    ends the open one: what was cut short is refused for itself and takes nothing with it.
    """
    held: list[bytes] = []
    first = depth = size = 0
    for number, line in _lines(source):
        if held and (line is None or _BEGINS.match(line)):
            yield _block(first, held, size)
            held = []
        if line is None:
            yield Block(number, None)
            continue
        if not held:
            if not line.strip():
                continue
            first, depth, size = number, 0, 0
        depth += _opened(line)
        size += len(line)
        if size <= wire.BODY_BYTES_MAX or not held:
            held.append(line)
        if depth <= 0:
            yield _block(first, held, size)
            held = []
    if held:
        yield _block(first, held, size)


def _block(first: int, held: list[bytes], size: int) -> Block:
    return Block(first, b"".join(held) if size <= wire.BODY_BYTES_MAX else None)


def _opened(line: bytes) -> int:
    """Brackets opened less brackets closed, texts left out."""
    bare = _NOT_CLOSED.sub(b"", line)
    return bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")


def _lines(source: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers; None for one that is longer than a request may be, of which nothing is kept."""
    number = 0
    most = wire.BODY_BYTES_MAX + 1
    while line := source.readline(most):
        number += 1
        if len(line) == most and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = source.readline(most)
            yield number, None
            continue
        yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
