"""How a parcel's tax came to be, told again from the question and the books that are stored with it.

An order at flash-sale speed cannot pay for some hundred sentences that nobody may read; it stores what was asked and of
which books, and the sums. The sentences are written when somebody looks, and for good when the parcel is declared.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from entrepot.kit.money import to_minor
from entrepot.kit.refusals import Refusal
from entrepot.orders.types import OrderParcel
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import wire

log = logging.getLogger(__name__)


def told_again(parcel: OrderParcel) -> Mapping[str, Any] | None:
    """The landed-cost answer, JSON-ready; None where it cannot be told, or would not be what was agreed (logged).

    A later release may reckon otherwise: what was agreed stands, and another explanation of it would be false.
    """
    if not parcel.asked:
        return None
    try:
        answer = tariff.again(question=parcel.asked["question"], book_codes=parcel.asked["books"])
    except Refusal as refusal:
        log.error("the tax of parcel %s cannot be explained any more: %s", parcel.number, refusal.code)
        return None
    taxes = (answer.duty + answer.excise + answer.vat, answer.currency)
    if to_minor(*taxes) != parcel.tax_minor:
        log.error("the tax of parcel %s would be explained otherwise than it was agreed", parcel.number)
        return None
    return wire.render(answer)
