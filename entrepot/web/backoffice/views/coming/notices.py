"""What the forms of a consignment hold, read or refused by name."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest, QueryDict

from entrepot.catalogue import selectors as catalogue
from entrepot.consignments import selectors as consignments
from entrepot.consignments.types import ConsignmentDraft, LegDraft, LineDraft, Mode, PaperFiled, PaperKind, Stage
from entrepot.kit.refusals import Invalid
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import Incoterm, OpenLine
from entrepot.web.backoffice.views.buying import asked

legs_max = 12


class BadNoticeText(Invalid):
    code = "bad_notice_text"
    zh = "第 {row} 行应为：采购单号 货号 数量 批号 到期日 生产日 原产国，如 PO26… COAT-M 120 L1 2028-06-30"
    en = (
        "Line {row} is to be: order, SKU, units, lot, best before, made on, origin, as in "
        "PO26… COAT-M 120 L1 2028-06-30 2026-06-01 IT"
    )


class BadLegText(Invalid):
    code = "bad_leg_text"
    zh = "第 {row} 段应为：before|main|after sea|air|rail|road|post 出发日 到达日 起点 > 终点 | 承运人 | 班次"
    en = (
        "Leg {row} is to be: before, main or after; sea, air, rail, road or post; two days; from > to | carrier | "
        "voyage or flight"
    )


def awaited(supplier_id: UUID) -> str:
    """The lines of a notice of all that is awaited of a supplier and not announced; lot and days are for him to say."""
    lines = procurement.awaited_lines(supplier_id=supplier_id)
    held = consignments.announced(order_line_ids=[line.id for line in lines])
    left = [(line, line.awaited - held.get(line.id, 0)) for line in lines]
    open_ones = [(line, units) for line, units in left if units > 0][: asked.lines_max]
    skus = catalogue.skus(ids={line.sku_id for line, _units in open_ones})
    known = [(line, units, skus[line.sku_id].code) for line, units in open_ones if line.sku_id in skus]
    return "\n".join(f"{line.order_number} {code} {units} " for line, units, code in known)


def draft(request: HttpRequest) -> ConsignmentDraft:
    """Refuses ChooseOne, BadNoticeText, BadLegText, NotADay."""
    post = request.POST
    supplier_id = asked.identity(post, "supplier")
    terms = {one.value: one for one in Incoterm}
    if post.get("incoterm", "") not in terms:
        raise asked.ChooseOne(field="incoterm")
    return ConsignmentDraft(
        supplier_id=supplier_id,
        asn=_line(post, "asn"),
        warehouse_id=asked.identity(post, "warehouse"),
        incoterm=terms[post["incoterm"]],
        place=_line(post, "place"),
        lines=_lines(post, supplier_id),
        legs=_legs(post),
        bill=_line(post, "bill"),
        containers=tuple(post.get("containers", "")[:2_000].replace(",", " ").split()),
    )


def _line(post: QueryDict, name: str) -> str:
    return " ".join(post.get(name, "").split())[:200]


def _lines(post: QueryDict, supplier_id: UUID) -> tuple[LineDraft, ...]:
    found = asked.rows(post.get("lines", ""))
    skus = catalogue.sku_by_code(codes={words[1] for _n, words in found if len(words) > 1})
    awaited_of = {(line.order_number, line.sku_id): line for line in procurement.awaited_lines(supplier_id=supplier_id)}
    made = []
    for n, words in found:
        sku = skus.get(words[1]) if len(words) > 1 else None
        line = awaited_of.get((words[0].upper(), sku.id)) if sku else None
        if line is None or not 4 <= len(words) <= 7:
            raise BadNoticeText(field="lines", row=n)
        made.append(_one(line, words, n))
    return tuple(made)


def _one(line: OpenLine, words: list[str], n: int) -> LineDraft:
    units = words[2]
    if not (units.isascii() and units.isdigit() and len(units) < 10):
        raise BadNoticeText(field="lines", row=n)
    days = [_day(text, n) for text in words[4:6]] + [None, None]
    return LineDraft(line.id, int(units), words[3], days[1], days[0], words[6].upper() if len(words) > 6 else "")


def _day(text: str, n: int) -> date | None:
    try:
        return None if text == "-" else date.fromisoformat(text)
    except ValueError as wrong:
        raise BadNoticeText(field="lines", row=n) from wrong


def _legs(post: QueryDict) -> tuple[LegDraft, ...]:
    written = [one for one in post.get("legs", "")[:4_000].splitlines() if one.strip()]
    return tuple(_leg(text, n) for n, text in enumerate(written[: legs_max + 1], 1))


def _leg(text: str, n: int) -> LegDraft:
    way, *more = (part.strip() for part in text.split("|"))
    words = way.split(maxsplit=4)
    places = words[4].split(">") if len(words) == 5 else []
    try:
        stage, mode, begins, ends = Stage(words[0]), Mode(words[1]), *map(date.fromisoformat, words[2:4])
        start, end = (one.strip() for one in places)
    except (ValueError, IndexError) as wrong:
        raise BadLegText(field="legs", row=n) from wrong
    return LegDraft(stage, mode, start, end, begins, ends, *more[:2])


def paper(request: HttpRequest) -> PaperFiled:
    """Refuses ChooseOne where no document or no kind was chosen."""
    kinds = {one.value: one for one in PaperKind}
    file, kind = asked.paper(request), kinds.get(request.POST.get("kind", ""))
    if file is None or kind is None:
        raise asked.ChooseOne(field="paper")
    return PaperFiled(kind, file)
