"""What every verb of procurement asks of its input."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from entrepot.audit.services import record
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.procurement import models
from entrepot.procurement.rules.sums import RATE_PLACES
from entrepot.procurement.types import PaperDraft
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import ExchangeRate

PAPER_BYTES_MAX = 10 * 1024 * 1024
TERRITORY_MAX = 60
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,29}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class BadText(Invalid):
    code = "bad_purchase_text"
    zh = "请填写“{name}”，最多 {most} 个字"
    en = "Give {name}, at most {most} characters"


class BadCode(Invalid):
    code = "bad_party_code"
    zh = "代码只含大写字母、数字和连字符，最多 30 位"
    en = "A code has capital letters, figures and hyphens, at most 30"


class BadCountry(Invalid):
    code = "bad_country"
    zh = "国家代码不正确：{country}"
    en = "{country} is no country code"


class BadCurrency(Invalid):
    code = "bad_currency"
    zh = "币种代码不正确：{currency}"
    en = "{currency} is no currency code"


class BadPeriod(Invalid):
    code = "bad_period"
    zh = "起始日须早于截止日"
    en = "The first day is to be before the last"


class BadAmount(Invalid):
    code = "bad_purchase_amount"
    zh = "金额或数量不能为负，也不能过大"
    en = "An amount or quantity is not negative, and not too large"


class NoRateOnTheDay(Refusal):
    code = "no_rate_on_the_day"
    status = 422
    zh = "{day} 没有 {currency} 对人民币的汇率：请先在税率簿中导入 fx.{currency}"
    en = "There is no exchange rate of {currency} to yuan on {day}: import fx.{currency} into a rate book first"


class NotADocument(Invalid):
    code = "not_a_document"
    zh = "请上传不超过 10 MB 的 PDF、PNG 或 JPEG 文件"
    en = "Upload a PDF, PNG or JPEG of at most 10 MB"


class UnknownParty(NotFound):
    code = "unknown_party"
    zh = "没有找到：{what}"
    en = "Not found: {what}"


class AlreadyThere(Refusal):
    code = "already_there"
    zh = "“{name}”已经存在"
    en = "{name} is there already"


def plain(text: str, *, field: str, most: int, required: bool = True) -> str:
    """One line without what no page shows. Refuses BadText."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    bad = any(unicodedata.category(letter)[0] == "C" for letter in line)
    if bad or len(line) > most or (required and not line):
        raise BadText(field=field, name=field, most=most)
    return line


def code(text: str) -> str:
    found = text.strip().upper()
    if not _CODE.fullmatch(found):
        raise BadCode(field="code")
    return found


def country(text: str, *, field: str = "country") -> str:
    found = text.strip().upper()
    if not _COUNTRY.fullmatch(found) or found not in tariff.countries():
        raise BadCountry(field=field, country=text[:20])
    return found


def territory(codes: Iterable[str]) -> list[str]:
    found = sorted({country(one, field="territory") for one in codes})
    if len(found) > TERRITORY_MAX:
        raise BadCountry(field="territory", country=found[-1])
    return found


def currency(text: str) -> str:
    found = text.strip().upper()
    if not _CURRENCY.fullmatch(found):
        raise BadCurrency(field="currency", currency=text[:20])
    return found


def period(valid_from: date, valid_to: date, *, field: str = "valid_to") -> None:
    if not valid_from < valid_to:
        raise BadPeriod(field=field)


def whole(number: int, *, field: str, most: int = 10**15) -> int:
    if not 0 <= number <= most:
        raise BadAmount(field=field)
    return number


def rate_on(of_currency: str, day: date) -> tuple[Decimal, str]:
    """Yuan for one, and who says so. Refuses NoRateOnTheDay."""
    found: ExchangeRate | None = tariff.exchange_rates(currencies={of_currency}, on=day).get(of_currency)
    if found is None:
        raise NoRateOnTheDay(field="currency", currency=of_currency, day=day.isoformat())
    return found.rate.quantize(RATE_PLACES), found.source


def keep_paper(*, draft: PaperDraft | None, actor: str, now: datetime) -> UUID | None:
    """The document, stored once for its content. Refuses NotADocument."""
    if draft is None:
        return None
    kind = next((kind for begin, kind in _KINDS.items() if draft.content.startswith(begin)), None)
    if kind is None or len(draft.content) > PAPER_BYTES_MAX:
        raise NotADocument(field="paper")
    columns = {
        "name": plain(draft.name or "document", field="paper", most=160),
        "media_type": kind,
        "content": draft.content,
        "added_by": actor,
        "added_at": now,
    }
    digest = hashlib.sha256(draft.content).hexdigest()
    return models.Paper.objects.get_or_create(digest=digest, defaults=columns)[0].id


def trace(kind: str, subject_id: UUID, *, action: str, actor: str, now: datetime, reason: str = "") -> None:
    record(
        actor=actor,
        action=f"procurement.{action}",
        subject_kind=kind,
        subject_id=subject_id,
        buyer_id=None,
        reason=reason,
        at=now,
    )
