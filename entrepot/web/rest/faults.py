"""What a schema found wrong, told in the visitor's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from entrepot.kit.refusals import Invalid

told_max = 10  # a request with a thousand faults is answered with the first of them
_unknown = ("格式不正确", "not of the expected form")
_sentences = {
    "missing": ("必填", "is needed"),
    "extra_forbidden": ("没有这个字段", "there is no such field"),
    "string_type": ("应为文本", "must be text"),
    "string_too_short": ("至少{min_length}个字符", "at least {min_length} characters"),
    "string_too_long": ("最多{max_length}个字符", "at most {max_length} characters"),
    "string_pattern_mismatch": ("格式不正确", "not of the expected form"),
    "int_type": ("应为整数", "must be a whole number"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "int_parsing_size": ("数字过大", "the number is too large"),
    "int_from_float": ("应为整数", "must be a whole number"),
    "greater_than_equal": ("不小于{ge}", "at least {ge}"),
    "less_than_equal": ("不大于{le}", "at most {le}"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "uuid_type": ("应为 UUID", "must be a UUID"),
    "uuid_parsing": ("应为 UUID", "must be a UUID"),
    "list_type": ("应为数组", "must be a list"),
    "too_short": ("至少{min_length}项", "at least {min_length} items"),
    "too_long": ("最多{max_length}项", "at most {max_length} items"),
    "model_type": ("应为对象", "must be an object"),
    "model_attributes_type": ("应为对象", "must be an object"),
    "dict_type": ("应为对象", "must be an object"),
}
# Where the schema's parameter names stand in for the whole body or query.
_wholes = {"payload", "wanted"}


class InvalidRequest(Invalid):
    """What the schema does not allow; `errors` in `data` tells each field and why."""

    code = "invalid_request"
    zh = "请求内容有误：{where}"
    en = "The request is not valid: {where}"


def refusal(errors: Sequence[Mapping[str, Any]], *, chinese: bool) -> InvalidRequest:
    """From pydantic's list of errors to one refusal naming the first field, with the first `told_max` in its data."""
    told = [{"field": _field(error["loc"]), "reason": _reason(error, chinese)} for error in errors[:told_max]]
    between, after = ("：", "；") if chinese else (": ", "; ")
    where = after.join(f"{one['field']}{between}{one['reason']}" for one in told)
    return InvalidRequest(field=told[0]["field"], where=where, errors=told)


def fault(language: str) -> dict[str, Any]:
    """What is told of a fault of ours: nothing of it."""
    zh = language.startswith("zh")
    return {
        "type": "/problems/fault",
        "title": "系统出错了，我们已记录" if zh else "Something broke on our side; it has been recorded",
        "status": 500,
        "code": "fault",
        "field": None,
        "data": {},
    }


def _field(place: Sequence[object]) -> str:
    """`lines.0.sku`; names that a caller made up are cut short."""
    return ".".join(str(part)[:60] for part in place[1:] if part not in _wholes) or "body"


def _reason(error: Mapping[str, Any], chinese: bool) -> str:
    zh, en = _sentences.get(error["type"], _unknown)
    return (zh if chinese else en).format(**error.get("ctx", {}))
