"""Codes read off pictures as a phone takes them: askew, soft and compressed; and what is no picture."""

from __future__ import annotations

import csv
import gzip
import os
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from entrepot.receiving import pictures, rules

DATA = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
GOODS = DATA / "products-ean-croatia" / "products.csv.gz"
EAN8, EAN13 = zxingcpp.BarcodeFormat.EAN8, zxingcpp.BarcodeFormat.EAN13


def taken(code: str, kind: zxingcpp.BarcodeFormat, *, askew: float = 6, kind_of_file: str = "JPEG") -> bytes:
    bars = Image.fromarray(zxingcpp.create_barcode(code, kind).to_image(scale=3)).convert("L")
    carton = bars.rotate(askew, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    picture = Image.new("L", (960, 540), 140)
    picture.paste(carton, ((960 - carton.width) // 2, (540 - carton.height) // 2))
    out = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(0.8)).save(out, kind_of_file, quality=70)
    return out.getvalue()


@pytest.mark.parametrize("askew", [0, 9, 90, 180])
def test_a_barcode_is_read_whichever_way_the_phone_is_held(askew: float) -> None:
    assert pictures.codes_on(taken("4006381333931", EAN13, askew=askew)) == ["4006381333931"]
    assert pictures.codes_on(taken("96385074", EAN8, askew=askew)) == ["96385074"]


def test_what_stands_in_an_element_string_is_understood() -> None:
    told = "(01)04006381333931(17)280630(10)L7"
    options = {"scale": 4}
    square = zxingcpp.create_barcode(told, zxingcpp.BarcodeFormat.DataMatrix, options="gs1").to_image(**options)
    picture = Image.new("L", (640, 480), 255)
    picture.paste(Image.fromarray(square).convert("L"), (200, 150))
    out = BytesIO()
    picture.save(out, "JPEG")
    (code,) = pictures.codes_on(out.getvalue())
    read = rules.read_code(code)
    assert read is not None
    assert (read.gtin, read.lot) == ("04006381333931", "L7")


def test_an_empty_wall_has_no_code_and_junk_is_no_picture() -> None:
    out = BytesIO()
    Image.new("L", (640, 480), 128).save(out, "JPEG")
    assert pictures.codes_on(out.getvalue()) == []
    large = BytesIO()
    Image.new("L", (2_001, 10)).save(large, "JPEG")
    good = taken("4006381333931", EAN13)
    png = taken("4006381333931", EAN13, kind_of_file="PNG")
    for bad in (b"", b"x", png, large.getvalue(), good[:200], good + bytes(pictures.BYTES_MAX)):
        with pytest.raises(pictures.NoPicture):
            pictures.codes_on(bad)


@pytest.mark.data
@pytest.mark.skipif(not GOODS.exists(), reason=f"the data set products-ean-croatia is not at {DATA}")
def test_real_barcodes_are_read_as_they_are_printed() -> None:
    with gzip.open(GOODS, "rt", encoding="utf-8") as told:
        codes = [row["barcode"] for row in csv.DictReader(told) if rules.is_gtin(row["barcode"])]
    wanted = [code for code in codes if len(code) in (8, 13)][:: max(len(codes) // 300, 1)]
    assert len(wanted) > 200
    read = {code: pictures.codes_on(taken(code, EAN13 if len(code) == 13 else EAN8)) for code in wanted}
    assert {code: found for code, found in read.items() if found != [code]} == {}
