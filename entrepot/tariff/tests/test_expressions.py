"""Duty expressions: read, written again, and compared with the columns of a real tariff."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.tariff import measures
from entrepot.tariff.expressions import REASONS, UnparsableDuty, params, parse, printed
from entrepot.tariff.measures import Levy, Specific, charge
from tests.tidy import ROOT

DATA = Path(os.environ.get("ENTREPOT_DATA") or ROOT.parent / "shared" / "data")
REAL = DATA / "us-tariff" / "usitc_tariff_database_2017_hts8.csv.gz"


def specific(per: str, amount: str) -> Specific:
    return Specific(per, Fraction(amount))


@pytest.mark.parametrize(
    ("text", "rate", "parts"),
    [
        ("Free", "0", []),
        ("20%", "0.2", []),
        ("3 percent", "0.03", []),
        ("6.5% on the entire set", "0.065", []),
        ("$1.035/kg + 14.9%", "0.149", [("kg", "1.035")]),
        ("$1.035/kg +13.6%", "0.136", [("kg", "1.035")]),
        ("3.5¢/kg", "0", [("kg", "0.035")]),
        ("0.9¢ each", "0", [("piece", "0.009")]),
        ("68 cents/head", "0", [("piece", "0.68")]),
        ("$1.40/t", "0", [("t", "1.4")]),
        ("31¢/pr. + 9%", "0.09", [("pair", "0.31")]),
        ("76 cents/prs. + 32%", "0.32", [("pair", "0.76")]),
        ("4.5 cents/ liter", "0", [("l", "0.045")]),
        ("18.9 cents/pf.liter", "0", [("proof_l", "0.189")]),
        ("4.4 cents/liter + 31.4 cents/pf. liter", "0", [("l", "0.044"), ("proof_l", "0.314")]),
        ("96 cents/doz. + 1.4%", "0.014", [("dozen", "0.96")]),
        ("14 cents/gross + 4.3%", "0.043", [("gross", "0.14")]),
        ("$1.34/1000", "0", [("thousand", "1.34")]),
        ("20 cents/thousand + 3.5%", "0.035", [("thousand", "0.2")]),
        ("18.7 cents/m²", "0", [("m2", "0.187")]),
        ("$1,130.50/m3", "0", [("m3", "1130.5")]),
        ("2¢/carat", "0", [("carat", "0.02")]),
        ("13.5 cents/kg + 6.3% + 1.9 cents/article", "0.063", [("kg", "0.135"), ("piece", "0.019")]),
    ],
)
def test_what_tariffs_print(text: str, rate: str, parts: list[tuple[str, str]]) -> None:
    levy = parse(text)
    assert levy == Levy(Fraction(rate), tuple(specific(*part) for part in parts), expression=text)
    assert measures.levy(params(levy)) == levy


def test_bounds() -> None:
    levy = parse("1.5¢/kg but not less than 5% but not more than $2/kg + 1%")
    assert levy.least == Levy(Fraction("0.05"))
    assert levy.most == Levy(Fraction("0.01"), (specific("kg", "2"),))
    assert measures.levy(params(levy)) == levy
    kilo = {"kg": Decimal(1)}
    assert charge(levy, 10_000, kilo) == 300  # 1.5 cents, at least 5.00, at most 2.00 + 1.00
    assert charge(levy, 1_000, kilo) == 50
    assert charge(levy, 10, kilo) == Fraction(3, 2)


def test_a_gross_is_twelve_dozen() -> None:
    assert charge(parse("14 cents/gross"), 0, {"piece": Decimal(288)}) == 28
    assert charge(parse("14 cents/gross"), 0, {"dozen": Decimal(6)}) == 7


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("The duty provided for the article of which it is a part", "reference"),
        ("See additional U.S. note 1", "reference"),
        ("The rate applicable to each garment in the ensemble if separately entered", "reference"),
        ("No additional duty", "reference"),
        ("Free, under bond, as prescribed in U.S. note 2 to this subchapter", "condition"),
        ("3.7 cents/kg on drained weight", "content"),
        ("1.7 cents/kg on lead content", "content"),
        ("16.9 cents/kg of total sugars + 5.1%", "content"),
        ("18.7 cents/clean kg", "content"),
        ("17 cents each + 2.5% + 1 cents/jewel", "part"),
        ("44 cents each + 6% on the case + 14% on the strap, band or bracelet", "part"),
        ("0.3 cents/line/ gross + 4.6%", "part"),
        ("10 cents/1,000 pins + 3.5%", "part"),
        ("3.6606 cents/kg less 0.02 cents/kg for each degree under 100 degrees", "degree"),
        ("3 percent of the fair retail value", "base"),
        ("5.25 cents/bbl", "unit"),
        ("0.022", "form"),
        ("€5/kg", "form"),
        ("5% + 6%", "form"),
        ("5% +", "form"),
        ("+ 5%", "form"),
        ("5% 6%", "form"),
        ("5% but not less than", "form"),
        ("5% but not less than 1% but not less than 2%", "form"),
        ("5% but not less than (1% but not more than 2%", "form"),
        ("5%)", "form"),
        ("-5%", "form"),
        ("5% but not less than " + "(" * 50 + "1%", "form"),
        ("1% + " * 30 + "1%", "form"),
    ],
)
def test_what_is_not_read_says_why(text: str, reason: str) -> None:
    with pytest.raises(UnparsableDuty) as refused:
        parse(text)
    assert refused.value.data["reason"] == reason
    assert reason in REASONS
    assert refused.value.message("zh") and refused.value.message("en")


PER = ("kg", "g", "t", "l", "proof_l", "piece", "pair", "dozen", "gross", "thousand", "m", "m2", "m3", "carat")
amounts = st.decimals(0, 9_999, places=4).map(Fraction)
rates = st.decimals(0, 9, places=6).map(Fraction)
terms = st.lists(st.builds(Specific, st.sampled_from(PER), amounts), max_size=2).map(tuple)
sums = st.builds(Levy, rates, terms)
bounded = st.builds(Levy, rates, terms, least=st.none() | sums, most=st.none() | sums)
levies = st.builds(Levy, rates, terms, least=st.none() | bounded, most=st.none() | sums)


@given(levies)
def test_what_is_printed_is_read_again(levy: Levy) -> None:
    text = printed(levy)
    if len(text) <= 100:
        assert parse(text) == replace(levy, expression=text)
    assert measures.levy(params(levy)) == levy


@given(st.text(alphabet="0123456789.$¢%+()/ kgeachbutnolsr,", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        levy = parse(text)
    except UnparsableDuty:
        return
    assert parse(printed(levy)) == replace(levy, expression=printed(levy))


def test_what_no_expression_can_say() -> None:
    for part in (Specific("kg", Fraction(1, 3)), Specific("l_alcohol", Fraction(1))):
        with pytest.raises(ValueError, match="no "):
            printed(Levy(specific=(part,)))


# Units of the tariff's own quantity columns, for the units that expressions name.
_QUANTITIES = {
    "NO": "piece", "PCS": "piece", "KG": "kg", "CKG": "kg", "L": "l", "PFL": "proof_l", "PRS": "pair", "DOZ": "dozen",
    "GRS": "gross",
    "T": "t", "M2": "m2", "M3": "m3", "THS": "thousand",
}  # fmt: skip
# The file contradicts itself in one line: "14¢/liter" beside a column of 0.014.
_CONTRADICTION = {"22042260": (Fraction(0), [Fraction("0.014")])}


@pytest.mark.data
@pytest.mark.skipif(not REAL.exists(), reason="the tariff of the United States is not beside this checkout")
def test_every_line_of_a_real_tariff() -> None:
    """12,861 lines: read in agreement with the columns, or refused with a reason that the counts are pinned for."""
    with gzip.open(REAL, "rt", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    counts: Counter[str] = Counter()
    contradictions = {}
    for row in rows:
        try:
            levy = parse(row["mfn_text_rate"])
        except UnparsableDuty as refused:
            counts[refused.data["reason"]] += 1
            continue
        counts["read"] += 1
        if _columns(levy, row) != _given(row):
            contradictions[row["hts8"]] = _given(row)
        assert parse(printed(levy)) == replace(levy, expression=printed(levy))
        assert measures.levy(params(levy)) == levy
    assert counts == {
        "read": 11_539, "empty": 917, "reference": 172, "part": 102, "content": 71, "unit": 25, "condition": 19,
        "degree": 12, "base": 3, "form": 1,
    }  # fmt: skip
    assert sum(counts.values()) == len(rows) == 12_861
    assert contradictions == _CONTRADICTION


def _columns(levy: Levy, row: Mapping[str, str]) -> tuple[Fraction, list[Fraction]]:
    """What the columns should hold for a levy. Goods counted in pieces have amounts per 1000 as amounts per piece."""
    counted = row["quantity_1_code"] == "NO"
    parts = [part.amount / 1000 if counted and part.per == "thousand" else part.amount for part in levy.specific]
    reported = {_QUANTITIES.get(row[name]) for name in ("quantity_1_code", "quantity_2_code") if row[name]}
    for part in levy.specific if reported else ():
        assert part.per in reported or (counted and part.per == "thousand"), row["hts8"]
    return levy.rate, sorted(part for part in parts if part)


def _given(row: Mapping[str, str]) -> tuple[Fraction, list[Fraction]]:
    parts = [Fraction(row[name]) for name in ("mfn_specific_rate", "mfn_other_rate")]
    return Fraction(row["mfn_ad_val_rate"]), sorted(part for part in parts if part)
