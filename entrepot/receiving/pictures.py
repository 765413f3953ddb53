"""Codes on a picture, for phones whose browser reads none itself. zxing-cpp finds them (Apache-2.0)."""

from __future__ import annotations

from io import BytesIO

import zxingcpp
from PIL import Image

from entrepot.kit.refusals import Invalid

BYTES_MAX = 400_000
SIDE_MAX = 2_000  # pixels
CODES_MAX = 4
_FORMATS = zxingcpp.BarcodeFormats([
    zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.EAN8, zxingcpp.BarcodeFormat.UPCA, zxingcpp.BarcodeFormat.UPCE,
    zxingcpp.BarcodeFormat.ITF, zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataMatrix,
    zxingcpp.BarcodeFormat.QRCode,
])  # fmt: skip


class NoPicture(Invalid):
    code = "no_picture"
    zh = "这不是可读取的照片（JPEG，每边不超过 {side} 像素）"
    en = "This is no picture that can be read (JPEG, at most {side} pixels a side)"


def codes_on(content: bytes) -> list[str]:
    """The codes on a JPEG, as `rules.read_code` takes them; empty where there is none. Refuses NoPicture."""
    if not 0 < len(content) <= BYTES_MAX:
        raise NoPicture(field="picture", side=SIDE_MAX)
    try:
        picture = Image.open(BytesIO(content), formats=["JPEG"])
        if max(picture.size) > SIDE_MAX:
            raise NoPicture(field="picture", side=SIDE_MAX)
        grey = picture.convert("L")
    except (OSError, SyntaxError, ValueError) as wrong:
        raise NoPicture(field="picture", side=SIDE_MAX) from wrong
    return [one.text for one in zxingcpp.read_barcodes(grey, formats=_FORMATS) if one.text][:CODES_MAX]
