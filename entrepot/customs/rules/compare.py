"""The documents of one parcel side by side, as the match reads them: personal values masked, differences marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from entrepot.customs.rules.match import AMOUNTS, LINE_SAME, SAME, Texts
from entrepot.customs.types import Compared, ComparedLine, DocumentKind

KINDS = {
    "order": DocumentKind.ORDER,
    "payment": DocumentKind.PAYMENT,
    "waybill": DocumentKind.WAYBILL,
    "listed": DocumentKind.LIST,
}
LISTING = (DocumentKind.ORDER, DocumentKind.LIST)  # the documents that have lines
# What one document alone says and a clerk wants to see beside the rest.
_ALONE = (
    ("商品价格", "goods value", "order.goodsValue"),
    ("抵扣", "discount", "order.discount"),
    ("税款", "tax", "order.taxTotal"),
    ("支付时间", "time of payment", "payment.payTime"),
    ("货物信息", "goods", "waybill.goodsInfo"),
    ("净重", "net weight", "listed.netWeight"),
    ("监管方式", "supervision mode", "listed.tradeMode"),
    ("账册编号", "account book", "listed.emsNo"),
    ("担保编号", "guarantee", "listed.assureCode"),
)
_LINE_WORDS: Mapping[str, tuple[str, str]] = {
    "itemNo": ("货号", "article number"),
    "itemName": ("商品名称", "name"),
    "gmodel": ("规格型号", "model"),
    "barCode": ("条形码", "barcode"),
    "country": ("原产国", "origin"),
    "unit": ("计量单位", "unit"),
    "qty": ("数量", "quantity"),
    "price": ("单价", "price"),
    "totalPrice": ("总价", "total"),
}
Heads = Mapping[DocumentKind, Texts]
Lines = Mapping[DocumentKind, Sequence[Texts]]


def heads(found: Heads) -> tuple[Compared, ...]:
    """Each thing that several documents say, by document, then what one says alone. Only documents that exist count."""
    return (*_same(found), *_alone(found))


def lines(found: Lines) -> tuple[ComparedLine, ...]:
    """Order and list by line number, with what both say of it."""
    listed = {line.get("gnum", ""): line for line in found.get(DocumentKind.LIST, ())}
    ordered = {line.get("gnum", ""): line for line in found.get(DocumentKind.ORDER, ())}
    numbers = sorted(listed.keys() | ordered.keys(), key=lambda number: (len(number), number))
    return tuple(
        _line(number, ordered.get(number), listed.get(number), bool(found.get(DocumentKind.LIST))) for number in numbers
    )


def _line(number: str, ordered: Texts | None, listed: Texts | None, is_listed: bool) -> ComparedLine:
    said = {DocumentKind.ORDER: ordered or {}, DocumentKind.LIST: listed or {}}
    name = said[DocumentKind.ORDER].get("itemName") or said[DocumentKind.LIST].get("gname", "")
    rows = []
    for element in LINE_SAME:
        zh, en = _LINE_WORDS[element]
        values = {kind: texts[element] for kind, texts in said.items() if texts.get(element)}
        agrees = not is_listed or _agree([texts.get(element, "") for texts in said.values()], element in AMOUNTS)
        if values:
            rows.append(Compared(element, zh, en, values, agrees))
    return ComparedLine(number, name, said[DocumentKind.LIST].get("gcode", ""), tuple(rows))


def _same(found: Heads) -> Iterator[Compared]:
    for rule in SAME:
        said = {
            KINDS[paper]: found[KINDS[paper]].get(name, "")
            for paper, name in _paths(rule.first, *rule.others)
            if KINDS[paper] in found
        }
        if any(said.values()):
            agrees = _agree(list(said.values()), rule.amount)
            yield Compared(rule.rule, rule.zh, rule.en, {kind: rule.shown(text) for kind, text in said.items()}, agrees)


def _alone(found: Heads) -> Iterator[Compared]:
    for zh, en, path in _ALONE:
        [(paper, name)] = _paths(path)
        text = found.get(KINDS[paper], {}).get(name, "")
        if text:
            yield Compared(name, zh, en, {KINDS[paper]: text}, True)


def _paths(*paths: str) -> Iterator[tuple[str, str]]:
    for path in paths:
        paper, _, name = path.partition(".")
        yield paper, name


def _agree(texts: Sequence[str], amount: bool) -> bool:
    if not amount:
        return len(set(texts)) <= 1
    try:
        return len({Decimal(text or 0) for text in texts}) <= 1
    except InvalidOperation:
        return False
