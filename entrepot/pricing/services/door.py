"""Numbers of a sale's line: given out in blocks, so that many visitors cost one statement."""

from __future__ import annotations

import secrets
from uuid import UUID

from entrepot.kit import sql
from entrepot.kit.refusals import Invalid
from entrepot.pricing.services.sales import NoSuchSale
from entrepot.pricing.types import Numbers

NUMBERS_MAX = 10_000  # in one block


class TooManyNumbers(Invalid):
    code = "too_many_numbers"
    zh = "一次最多取 {most} 个排队号"
    en = "At most {most} numbers in one block"


def take_numbers(*, sale_id: UUID, count: int, begun: bool, lowest: int = 0) -> Numbers:
    """Take the next `count` numbers of the line, none below `lowest`. With `begun`, the first call draws how those who
    came before the start stand: it fixes how many they are and a seed that nobody knew before. Refuses NoSuchSale,
    TooManyNumbers."""
    if not 0 <= count <= NUMBERS_MAX:
        raise TooManyNumbers(field="count", most=NUMBERS_MAX)
    params = {"sale_id": sale_id, "count": count, "begun": begun, "lowest": lowest}
    rows = sql.rows(sql.load("pricing", "numbers"), params | {"seed": secrets.token_bytes(32)})
    if not rows:
        raise NoSuchSale(field="sale_id", name=str(sale_id))
    return Numbers(rows[0]["first"], rows[0]["early"], bytes(rows[0]["seed"] or b""))
