"""An order as a PDF to send. Labels in English and Chinese; the same version gives the same bytes.

Fonts are named, not embedded (docs/adr/0032): what no named font holds is told at the foot, never dropped quietly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, Table

from entrepot.kit.money import exponent, to_decimal
from entrepot.procurement.types import DocLine, Document, PaymentTerms, Version, VersionState

LATIN, BOLD, CHINESE, KOREAN = "Helvetica", "Helvetica-Bold", "STSong-Light", "HYSMyeongJo-Medium"
for _name in (CHINESE, KOREAN):
    registerFont(UnicodeCIDFont(_name))
# Letters with a stroke, which Unicode does not take apart.
PLAIN = str.maketrans("łŁđĐıħĦŧŦ", "lLdDihHtT")
AFTER = {
    PaymentTerms.ADVANCE: "{0} days, in advance 预付，{0} 天",
    PaymentTerms.SHIPMENT: "{0} days after shipment 发运后 {0} 天",
    PaymentTerms.RECEIPT: "{0} days after receipt 收货后 {0} 天",
    PaymentTerms.INVOICE: "{0} days after the invoice 开票后 {0} 天",
}
CHANGED = "{0} letters are written plainly here; the XML has them. 有 {0} 个字母以近似字母书写，原文见 XML。"
NOT_YET = {
    VersionState.DRAFT: "DRAFT, not an order 草稿，非正式订单",
    VersionState.DROPPED: "DROPPED, not an order 已放弃，非正式订单",
}
WIDTHS = (9 * mm, 80 * mm, 18 * mm, 27 * mm, 36 * mm)
GREY = colors.HexColor("#5a6673")
RULE = colors.HexColor("#c8d0d8")
TEXT = ParagraphStyle("text", fontName=LATIN, fontSize=9, leading=12)
SMALL = ParagraphStyle("small", TEXT, fontSize=7.5, leading=10, textColor=GREY)
HEAD = ParagraphStyle("head", TEXT, fontName=BOLD, fontSize=17, leading=22)
STRONG = ParagraphStyle("strong", TEXT, fontName=BOLD)
RIGHT = ParagraphStyle("right", TEXT, alignment=TA_RIGHT)
RIGHT_STRONG = ParagraphStyle("right-strong", STRONG, alignment=TA_RIGHT)


def order(*, number: str, version: Version, buyer: str) -> bytes:
    """The document of one version. `buyer` is our name."""
    file = BytesIO()
    name = f"{number} v{version.number}"
    sheet = SimpleDocTemplate(
        file, pagesize=A4, title=name, author=buyer, invariant=1,
        leftMargin=20 * mm, rightMargin=20 * mm, topMargin=16 * mm, bottomMargin=20 * mm,
    )  # fmt: skip
    written = _Written()
    parts = [*_head(written, number, version, buyer), _lines(written, version.document), _sums(version.document)]
    if version.document.note:
        parts += [Spacer(1, 5 * mm), written.text(version.document.note)]
    parts += [Spacer(1, 12 * mm), _signatures(written, version, buyer)]
    if written.changed:
        parts.append(Spacer(1, 4 * mm))
        parts.append(written.text(CHANGED.format(written.changed), SMALL))
    parts.append(_Count())

    def foot(canvas: Canvas, page: SimpleDocTemplate) -> None:
        canvas.setFont(LATIN, 8)
        canvas.drawString(20 * mm, 11 * mm, name)
        canvas.drawRightString(A4[0] - 26 * mm, 11 * mm, f"{page.page} /")
        canvas.doForm("pages")

    sheet.build(parts, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


class _Count(Flowable):  # type: ignore[misc]
    """The last thing on the last page: how many pages there are, for the foot of each."""

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        pages = self.canv.getPageNumber()
        self.canv.beginForm("pages")
        self.canv.setFont(LATIN, 8)
        self.canv.drawString(A4[0] - 25 * mm, 11 * mm, str(pages))
        self.canv.endForm()


class _Written:
    """Texts as paragraphs, each letter in a font that holds it. `changed`: how many letters none holds."""

    def __init__(self) -> None:
        self.changed = 0

    def text(self, text: str, style: ParagraphStyle = TEXT) -> Paragraph:
        return self._paragraph(self.runs(text, style.fontName), style)

    def under(self, text: str, small: str, style: ParagraphStyle = TEXT) -> Paragraph:
        """A line with a small one below it."""
        below = f'<br/><font size="7.5" color="#5a6673">{self.runs(small, LATIN)}</font>' if small else ""
        return self._paragraph(self.runs(text, style.fontName) + below, style)

    def runs(self, text: str, font: str) -> str:
        letters = [self._letter(letter, font) for letter in unicodedata.normalize("NFC", text)]
        return "".join(
            f'<font name="{name}">{escape("".join(letter for letter, _ in run))}</font>'
            for name, run in groupby(letters, key=lambda one: one[1])
        )

    def _letter(self, letter: str, font: str) -> tuple[str, str]:
        if not letter.isprintable():
            return " ", font
        if fits(letter, "cp1252"):
            return letter, font
        if fits(letter, "gbk"):
            return letter, CHINESE
        if "\uac00" <= letter <= "\ud7a3":
            return letter, KOREAN
        self.changed += 1
        return unicodedata.normalize("NFKD", letter.translate(PLAIN)).encode("ascii", "ignore").decode() or "?", font

    @staticmethod
    def _paragraph(markup: str, style: ParagraphStyle) -> Paragraph:
        """Chinese and Korean break anywhere, other words at their spaces."""
        if CHINESE in markup or KOREAN in markup:
            style = ParagraphStyle(style.name, style, wordWrap="CJK")
        return Paragraph(markup, style)


def fits(letter: str, encoding: str) -> bool:
    """Whether a font of that encoding has the letter."""
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _head(written: _Written, number: str, version: Version, buyer: str) -> Iterator[Any]:
    paper = version.document
    yield written.text(f"Purchase order 采购订单 {number}", HEAD)
    state = NOT_YET.get(version.state)
    yield written.text(f"Version 版本 {version.number} · {paper.day.isoformat()}" + (f" · {state}" if state else ""))
    yield Spacer(1, 5 * mm)
    facts = [
        ("Buyer 买方", buyer, ""),
        ("Supplier 供应商", paper.supplier_name, f"{paper.supplier_code} · {paper.supplier_country}"),
        ("Contract 合同", paper.contract_number, ""),
        ("Delivery 交货", f"{paper.incoterm.value} {paper.place}", "Incoterms 2020"),
        ("Payment 付款", AFTER[paper.payment].format(paper.payment_days), ""),
        ("Expected 预计到货", paper.expected_on.isoformat(), f"destination 目的国 {paper.destination}"),
        ("Currency 币种", paper.currency, ""),
    ]
    rows = [[written.text(label, SMALL), written.under(text, small)] for label, text, small in facts]
    yield Table(
        rows,
        colWidths=(36 * mm, 134 * mm),
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("PADDING", (0, 0), (-1, -1), 1.5)],
    )
    yield Spacer(1, 5 * mm)


def _lines(written: _Written, paper: Document) -> LongTable:
    """The goods; the headings stand on every page."""
    heads = [
        written.text("#", SMALL),
        written.text("Article 商品", SMALL),
        *(_right(written, words) for words in ("Units 数量", "Unit price 单价", "Amount 金额")),
    ]
    return LongTable(
        [heads, *(_line(written, line, paper.currency) for line in paper.lines)],
        colWidths=WIDTHS,
        repeatRows=1,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, RULE),
            ("ALIGN", (2, 1), (-1, -1), "RIGHT"),
            ("FONT", (0, 1), (-1, -1), LATIN, 9, 12),
        ],
    )


def _line(written: _Written, line: DocLine, currency: str) -> list[Any]:
    codes = " · ".join(one for one in (line.sku_code, line.gtin, line.origin) if one)
    amount = to_decimal(line.amount_minor, currency)
    return [
        str(line.number),
        written.under(line.name, codes),
        f"{line.units:,}",
        _price(line.unit_price, currency),
        f"{amount:,}",
    ]


def _sums(paper: Document) -> Table:
    written = _Written()
    rows = []
    if paper.discount_minor:
        words = f"Volume discount, in the amounts {_plain(paper.discount * 100)} % 数量折扣（已计入金额）"
        rows.append([written.text(words, SMALL), f"{to_decimal(-paper.discount_minor, paper.currency):,}"])
    total = f"{to_decimal(paper.total_minor, paper.currency):,} {paper.currency}"
    rows.append([written.text("Total 合计", STRONG), Paragraph(total, RIGHT_STRONG)])
    return Table(
        rows,
        colWidths=(107 * mm, 63 * mm),
        style=[("ALIGN", (1, 0), (1, -1), "RIGHT"), ("FONT", (0, 0), (-1, -1), LATIN, 9, 12)],
    )


def _signatures(written: _Written, version: Version, buyer: str) -> Table:
    approved = f"approved 审批 {version.approved_at:%Y-%m-%d}" if version.approved_at else ""
    sides = [written.under(buyer, approved), "", written.under(version.document.supplier_name, "")]
    return Table([sides], colWidths=(75 * mm, 20 * mm, 75 * mm), style=[
        ("LINEABOVE", (0, 0), (0, 0), 0.5, colors.black), ("LINEABOVE", (2, 0), (2, 0), 0.5, colors.black),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ])  # fmt: skip


def _right(written: _Written, words: str) -> Paragraph:
    return written.text(words, ParagraphStyle("small-right", SMALL, alignment=TA_RIGHT))


def _price(price: Decimal, currency: str) -> str:
    """With the currency's places at least."""
    plain = price.normalize()
    places = max(exponent(currency), -int(plain.as_tuple().exponent))
    return f"{plain:,.{places}f}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():,f}"
