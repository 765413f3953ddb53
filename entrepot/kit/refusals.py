"""Expected failures. Each verb defines its own refusals beside it; the edges turn them into answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):
    """A named "no". Subclasses set `code`, `status` and a sentence in both languages.

    The sentences are `str.format` templates over the keyword data given to the constructor, which must hold no
    personal data: it is shown, logged and sent to clients. `field` names the offending input where there is one.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    retry_after_s: ClassVar[int | None] = None  # when the same may work
    in_doubt: ClassVar[bool] = False  # whether it was done is not known: who orders or pays is to look first
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, *, field: str | None = None, **data: Any) -> None:
        self.field = field
        self.data: Mapping[str, Any] = data
        super().__init__(f"{self.code}: {self.en.format(**data)}")

    def message(self, language: str) -> str:
        """The sentence in Chinese for any `zh…` language, else in English."""
        template = self.zh if language.lower().startswith("zh") else self.en
        return template.format(**self.data)


class NotFound(Refusal):
    """What was asked for does not exist, or is not the caller's to see (the two are not told apart)."""

    code = "not_found"
    status = 404
    zh = "没有找到：{what}"
    en = "Not found: {what}"


class Invalid(Refusal):
    """Input that cannot be right; subclasses say what and name the field."""

    code = "invalid"
    status = 422
    zh = "输入有误"
    en = "The input is not valid"


def plain(value: object) -> object:
    """A refusal's data as JSON has it; ids, amounts and days as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int) else str(value)
