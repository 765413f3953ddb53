"""What forms of buying hold, read or refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.money import to_decimal, to_minor
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.procurement.types import ArticleTerms, LineDraft, PaperDraft
from entrepot.web.backoffice.fields import said
from entrepot.web.backoffice.page import office_page
from entrepot.web.backoffice.typed import BadSum, UnknownSku, number_of
from entrepot.web.backoffice.views.what_if import NotADay

lines_max, articles_max, text_max = 500, 2_000, 60_000
paper_bytes_max = 10 * 1024 * 1024


class BadLine(Invalid):
    code = "bad_purchase_line"
    zh = "第 {row} 行应为：货号 数量 单价，如 COAT-M 120 35.50"
    en = "Line {row} is to be: SKU units price, as in COAT-M 120 35.50"


class BadArticle(Invalid):
    code = "bad_article_terms"
    zh = "第 {row} 行应为：货号 单价 [最低数量 [装箱数 [单件体积 cm³]]]，如 COAT-M 35.50 60 12 1800"
    en = "Line {row} is to be: SKU price [least units [pack [cm³ of one]]], as in COAT-M 35.50 60 12 1800"


class ChooseOne(Invalid):
    code = "choose_one"
    zh = "请选择"
    en = "Choose one"


def day(post: QueryDict, name: str) -> date:
    try:
        return date.fromisoformat(post.get(name, ""))
    except ValueError as wrong:
        raise NotADay(field=name) from wrong


def last_day(post: QueryDict, name: str) -> date:
    """The first day after the last one, which is what people write. Refuses NotADay."""
    last = day(post, name)
    if last == date.max:
        raise NotADay(field=name)
    return last + timedelta(days=1)


def number(post: QueryDict, name: str) -> int:
    """A whole number; nothing written is none. Refuses BadNumber."""
    return number_of(post.get(name, "").strip() or "0", name)


def decimal(text: str, name: str) -> Decimal:
    """A figure as it is written, nothing being 0. Refuses BadSum."""
    try:
        found = Decimal(text.strip() or "0")
    except InvalidOperation as wrong:
        raise BadSum(field=name) from wrong
    if not found.is_finite() or abs(found) > Decimal("1e15"):
        raise BadSum(field=name)
    return found


def minor(post: QueryDict, name: str, currency: str) -> int:
    """A sum in minor units, without more places than the currency has. Refuses BadSum."""
    amount = decimal(post.get(name, ""), name)
    try:
        found = to_minor(amount, currency)
    except (InvalidOperation, ValueError) as wrong:
        raise BadSum(field=name) from wrong
    if to_decimal(found, currency) != amount:
        raise BadSum(field=name)
    return found


def percent(post: QueryDict, name: str) -> Decimal:
    return decimal(post.get(name, ""), name) / 100


def identity(post: QueryDict, name: str) -> UUID:
    """Refuses ChooseOne."""
    try:
        return UUID(post.get(name, ""))
    except ValueError as wrong:
        raise ChooseOne(field=name) from wrong


def identity_or_none(post: QueryDict, name: str) -> UUID | None:
    return identity(post, name) if post.get(name, "") else None


def codes(post: QueryDict, name: str) -> frozenset[str]:
    """Codes with spaces or commas between them."""
    return frozenset(post.get(name, "")[:text_max].upper().replace(",", " ").split())


def rows(text: str, most: int = lines_max) -> list[tuple[int, list[str]]]:
    """The words of each line that is not empty, with its number; of more than `most` one more, to be refused."""
    lines = text.splitlines()
    return [(n, line.split()) for n, line in enumerate(lines, 1) if line.strip()][: most + 1]


def lines(post: QueryDict) -> tuple[LineDraft, ...]:
    """One article a line. Refuses BadLine, UnknownSku."""
    found = rows(post.get("lines", ""))
    known = catalogue.sku_by_code(codes=[words[0] for _n, words in found])
    made = []
    for n, words in found:
        if len(words) != 3 or not (words[1].isascii() and words[1].isdigit() and len(words[1]) < 10):
            raise BadLine(field="lines", row=n)
        if words[0] not in known:
            raise UnknownSku(field="lines", sku=words[0])
        try:
            price = Decimal(words[2])
        except InvalidOperation as wrong:
            raise BadLine(field="lines", row=n) from wrong
        made.append(LineDraft(known[words[0]].id, int(words[1]), price))
    return tuple(made)


def articles(post: QueryDict) -> tuple[ArticleTerms, ...]:
    """One article a line; least units, carton and room may be left out. Refuses BadArticle, UnknownSku."""
    found = rows(post.get("articles", ""), articles_max)
    known = catalogue.sku_by_code(codes=[words[0] for _n, words in found])
    made = []
    for n, words in found:
        if not 2 <= len(words) <= 5 or not all(map(_is_number, words[2:])):
            raise BadArticle(field="articles", row=n)
        if words[0] not in known:
            raise UnknownSku(field="articles", sku=words[0])
        try:
            price = Decimal(words[1])
        except InvalidOperation as wrong:
            raise BadArticle(field="articles", row=n) from wrong
        made.append(ArticleTerms(known[words[0]].id, price, *map(int, words[2:])))
    return tuple(made)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def paper(request: HttpRequest) -> PaperDraft | None:
    """The uploaded document, if there is one."""
    file = request.FILES.get("paper")
    return None if file is None else PaperDraft(file.name or "", file.read(paper_bytes_max + 1))


def answered(
    request: HttpRequest, template: str, title: str, refusal: Refusal | None, context: Mapping[str, Any]
) -> HttpResponse:
    """A page with its form as it was sent, and what was refused beside it."""
    told = {
        "form": request.POST,
        "refusal": said(refusal) if refusal else "",
        "refused": (refusal.field or "") if refusal else "",
    }
    answer = office_page(request, template, title, **{**told, **context})
    answer.status_code = refusal.status if refusal else 200
    return answer
