"""What `POST /api/v1/landed-cost/quotes` takes and gives, as JSON Schema. `tariff.types.wire` reads and writes it."""

from __future__ import annotations

from typing import Any

from entrepot.tariff.types import wire

_PATTERN = r"^-?\d{1,12}(\.\d{1,6})?$"


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _amount(description: str, **more: Any) -> dict[str, Any]:
    return _text(description, pattern=_PATTERN, **more)


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": ["string", "null"], "default": None}


def _one_of(values: tuple[str, ...], description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "enum": [*values, None], "default": None, "description": description}


def _taken(properties: dict[str, Any], required: tuple[str, ...] = (), description: str = "") -> dict[str, Any]:
    """An object of a request: unknown fields are refused."""
    whole = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**whole, **({"required": list(required)} if required else {}), "description": description}


def _given(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    """An object of an answer: every field is always there."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": description}


_COUNTRY = r"^[A-Z]{2}$"
_RATES = {
    "duty": _maybe(_amount("Instead of the book's duty: 0.05 is 5 %.")),
    "excise": _maybe(_amount("Instead of the book's consumption tax.")),
    "vat": _maybe(_amount("Instead of the book's VAT or GST.")),
}
LINE = _taken(
    {
        "id": _text("Your name for the line; the answer uses it.", minLength=1, maxLength=40),
        "hs_code": _text("Eight or ten digits under a heading of the Harmonized System.", minLength=1, maxLength=14),
        "origin": _text("Where the goods were made: ISO 3166-1 alpha-2.", pattern=_COUNTRY),
        "quantity": _amount("How many of `unit`, above 0."),
        "unit": _text("What is counted: piece, box, kg …", minLength=1, maxLength=20),
        "unit_price": _amount("Price of one, in `currency`, tax not included."),
        "discount": _amount("Taken off the whole line, open to all buyers.", default="0"),
        "measures": {
            "type": "object",
            "description": "Legal quantities of the WHOLE line by unit, where a rate depends on them: "
            + ", ".join(wire.MEASURES),
            "properties": {name: _amount(f"The whole line in {name}.") for name in wire.MEASURES},
            "additionalProperties": False,
        },
        "table_value": _maybe(_amount("Value of the whole line by the customs value table, for postal articles.")),
        "rates": _taken(_RATES, description="A what-if: each rate given replaces the book's."),
        "proof_of_origin": {
            "type": "boolean",
            "default": False,
            "description": "A preference is asked for and can be proven.",
        },
    },
    ("id", "hs_code", "origin", "quantity", "unit", "unit_price"),
    "One line of goods.",
)
REQUEST = _taken(
    {
        "destination": _text("Where the goods go: ISO 3166-1 alpha-2.", pattern=_COUNTRY),
        "channel": _one_of(wire.CHANNELS, "The way in; null lets the engine rank all that are open, cheapest first."),
        "date": _text("The day whose law is asked for.", format="date"),
        "currency": _text("Of all amounts of the request: ISO 4217.", pattern=r"^[A-Z]{3}$"),
        "freight": _amount("To the border, of the whole parcel.", default="0"),
        "insurance": _amount("Of the whole parcel.", default="0"),
        "incoterm": _one_of(wire.INCOTERMS, "Who pays at the border: DDP the seller, DAP the buyer."),
        "registered_seller": {
            "type": "boolean",
            "default": True,
            "description": "The seller is registered in the destination's scheme (IOSS, low value goods …).",
        },
        "buyer": _taken(
            {
                "used_this_year": _amount("What the buyer used of a yearly limit.", default="0"),
                "origin_region": _maybe(_text("Where the parcel is sent from: HK, US …", maxLength=40)),
                "region": _maybe(_text("Province or state it goes to: ON, BC …", maxLength=40)),
            },
            description="What the law asks about the buyer; no name, no number.",
        ),
        "exchange_rate": _maybe(_amount("Units of the destination's currency for one of `currency`.")),
        "transport": _one_of(wire.TRANSPORTS, "How the parcel travels, where the law asks."),
        "lines": {
            **_list(LINE, "The parcel's goods; each `id` once."),
            "minItems": 1,
            "maxItems": wire.LINES_MAX,
        },
    },
    ("destination", "date", "currency", "lines"),
    "Goods, where they go, by which way and when.",
)

_REASON = _given(
    "One step: a name programs may rely on, the sentence in both languages, its figures and the source of the rule.",
    {
        "code": _text("For programs."),
        "zh": _text("For people, in Chinese."),
        "en": _text("For people, in English."),
        "source": _text("The law, or the row, this rests on; empty for arithmetic."),
        "figures": {"type": "object", "additionalProperties": {"type": "string"}, "description": "The figures."},
    },
)
_TAXES = {
    "customs_value": _amount("What the taxes are computed from."),
    "duty": _amount("Customs duty with all additional duties."),
    "excise": _amount("Consumption tax."),
    "vat": _amount("VAT or GST on import."),
    "fees": _amount("Fees of customs and carrier."),
    "total_tax": _amount("duty + excise + vat + fees."),
}
_DEMANDS = _list(_REASON, "What this way in asks of buyer and seller.")
_OPTION = _given(
    "One way in, as it was compared.",
    {
        "channel": _text("The way in."),
        "regime": _text("The rules that answered."),
        "decision": _text("As below, or `refused`: it could not be computed, and `why` says so."),
        "total_tax": _maybe(_amount("Null where nothing could be computed.")),
        "open": {"type": "boolean", "description": "Whether the goods may come in this way, whole or in `parts`."},
        "demands": _DEMANDS,
        "why": {"anyOf": [_REASON, {"type": "null"}], "description": "Why it is not open."},
    },
)
_ANSWER_LINE = _given(
    "One line's part; lines and parcel fees sum to the totals.",
    {
        "id": _text("As in the request."),
        **_TAXES,
        "rates": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "The rates applied: duty, excise, vat, relief …",
        },
        "explanation": _list(_REASON, "How the line was computed, step by step."),
    },
)
_PART = _given(
    "One order of a split.",
    {
        "units": {"type": "object", "additionalProperties": _amount("Units."), "description": "Units by line id."},
        "customs_value": _amount("Of this order."),
        "fits": {"type": "boolean", "description": "Inside the limit; false for a unit that is above it by itself."},
    },
)
ANSWER = _given(
    "What is owed, to the cent, and why.",
    {
        "regime": _text("The rules that answered."),
        "channel": {**_text("The way in that was asked or chosen."), "type": ["string", "null"]},
        "decision": _text(
            "clear, split, full_tax_single_item: open; general_trade, not_admitted, return_or_declare: it may "
            "not come in this way; rates_not_verified: the tax is not computed because no verified rate is known."
        ),
        "currency": _text("Of all amounts of the answer: the destination's own."),
        **_TAXES,
        "collector": _text("Who collects: seller, platform, carrier, importer, customs; or none."),
        "lines": _list(_ANSWER_LINE, "In the order of the request."),
        "parts": _list(_PART, "Where the decision is `split`: orders that clear one by one."),
        "parts_proven": {"type": "boolean", "description": "No fewer orders would do."},
        "options": _list(_OPTION, "Where the engine chose: all ways in, the cheapest open one first."),
        "demands": _DEMANDS,
        "books": _list(_text("Name and version."), "The rate books asked, so that the answer can be checked for ever."),
        "explanation": _list(_REASON, "Why this decision."),
        "warnings": _list(_REASON, "What was not confirmed, not checked or not computed."),
    },
)
