"""How the API reads a request: within limits, as JSON, without characters that a database cannot hold."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from entrepot.kit.refusals import Invalid

body_bytes_max = 256 * 1024
json_types = ("application/json", "application/problem+json")


class BodyTooLarge(Invalid):
    code = "body_too_large"
    status = 413
    zh = "请求内容过大，最多{most}字节"
    en = "The request is too large: at most {most} bytes"


class NotJson(Invalid):
    code = "not_json"
    status = 415
    zh = "请求内容须为 JSON，请求头 Content-Type 应为 application/json"
    en = "The request must be JSON, with the header Content-Type: application/json"


class BrokenJson(Invalid):
    code = "broken_json"
    status = 400
    zh = "请求内容不是有效的 JSON（UTF-8）"
    en = "The request is not valid JSON in UTF-8"


class NulCharacter(Invalid):
    code = "nul_character"
    zh = "内容含有空字符（U+0000）：{where}"
    en = "There is a NUL character (U+0000) in {where}"


def body_of(request: HttpRequest) -> bytes:
    """The body of a JSON request, empty where there is none. Refuses BodyTooLarge, NotJson.

    Beyond what Django itself takes it raises RequestDataTooBig, which the API answers as BodyTooLarge.
    """
    body = request.body
    if len(body) > body_bytes_max:
        raise BodyTooLarge(field="body", most=body_bytes_max)
    if body and request.content_type not in json_types:
        raise NotJson(field="Content-Type")
    return body


def decoded(body: bytes) -> Any:
    """The JSON in a body. Refuses BrokenJson (also for nesting beyond all measure), NulCharacter."""
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError) as broken:
        raise BrokenJson(field="body") from broken
    if b"\\u0000" in body:
        _refuse_nul(found)
    return found


def _refuse_nul(found: Any) -> None:
    waiting: list[tuple[str, Any]] = [("", found)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            raise NulCharacter(field=place or "body", where=place or "body")
        if isinstance(value, dict):
            if any("\0" in name for name in value):
                raise NulCharacter(field=place or "body", where=place or "body")
            waiting += [(f"{place}.{name}".lstrip("."), inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}.{position}".lstrip("."), inner) for position, inner in enumerate(value)]


class Reader(Parser):
    """What django-ninja asks for bodies and queries."""

    def parse_body(self, request: HttpRequest) -> Any:
        return decoded(body_of(request))

    def parse_querydict(
        self, data: MultiValueDict[str, str], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        for name, values in data.lists():
            if any("\0" in value for value in values):
                raise NulCharacter(field=name[:60].replace("\0", ""), where=name[:60].replace("\0", ""))
        read: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        return read
