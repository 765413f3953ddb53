"""Colours: hex text to RGB, lighter and darker, and the gradients that make a flat shape look round."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from PIL import Image

RGB = tuple[int, int, int]
Stops = tuple[tuple[float, RGB], ...]
WHITE: RGB = (255, 255, 255)
_DARK: RGB = (24, 22, 26)  # shadows are never pure black
_STEPS = 96  # enough for the eye: the strip is stretched smoothly


@lru_cache(maxsize=512)
def rgb(text: str) -> RGB:
    """ "#a3142b" as numbers."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mix(one: RGB, other: RGB, part: float) -> RGB:
    """`part` of the way from one colour to the other."""
    return (
        round(one[0] + (other[0] - one[0]) * part),
        round(one[1] + (other[1] - one[1]) * part),
        round(one[2] + (other[2] - one[2]) * part),
    )


def lighter(colour: RGB, part: float) -> RGB:
    return mix(colour, WHITE, part)


def darker(colour: RGB, part: float) -> RGB:
    """Towards a shadow that keeps some of the colour itself."""
    deep = mix(_DARK, (colour[0] // 4, colour[1] // 4, colour[2] // 4), 0.6)
    return mix(colour, deep, part)


def luminance(colour: RGB) -> float:
    """0 black to 1 white."""
    return (0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]) / 255


def ink_on(colour: RGB) -> RGB:
    """A print colour that reads well on `colour`."""
    return darker(colour, 0.78) if luminance(colour) > 0.55 else lighter(colour, 0.86)


def tube(colour: RGB, gloss: float = 0.5) -> Stops:
    """Across a round body lit from the upper left: dark edge, highlight, body, shade, light bounced from the right."""
    bright = 0.16 + 0.42 * gloss
    return (
        (0.0, darker(colour, 0.42)),
        (0.05, darker(colour, 0.24)),
        (0.15, lighter(colour, bright * 0.45)),
        (0.26, lighter(colour, bright)),
        (0.36, lighter(colour, bright * 0.3)),
        (0.56, colour),
        (0.8, darker(colour, 0.2)),
        (0.93, darker(colour, 0.36)),
        (0.975, darker(colour, 0.24)),
        (1.0, darker(colour, 0.34)),
    )


def metal(colour: RGB) -> Stops:
    """Across polished metal: hard bands."""
    return (
        (0.0, darker(colour, 0.45)),
        (0.08, darker(colour, 0.12)),
        (0.18, lighter(colour, 0.55)),
        (0.3, lighter(colour, 0.86)),
        (0.38, lighter(colour, 0.25)),
        (0.52, darker(colour, 0.2)),
        (0.66, lighter(colour, 0.12)),
        (0.8, lighter(colour, 0.4)),
        (0.9, darker(colour, 0.18)),
        (1.0, darker(colour, 0.42)),
    )


def matt(colour: RGB) -> Stops:
    """Across a soft round body: cloth, rubber, paper."""
    return (
        (0.0, darker(colour, 0.26)),
        (0.12, darker(colour, 0.06)),
        (0.3, lighter(colour, 0.14)),
        (0.6, colour),
        (0.88, darker(colour, 0.16)),
        (1.0, darker(colour, 0.28)),
    )


def glass(colour: RGB) -> Stops:
    """Across a filled transparent body: bright rims, clear middle."""
    return (
        (0.0, darker(colour, 0.3)),
        (0.035, lighter(colour, 0.5)),
        (0.09, darker(colour, 0.14)),
        (0.2, lighter(colour, 0.34)),
        (0.28, lighter(colour, 0.6)),
        (0.36, lighter(colour, 0.16)),
        (0.62, lighter(colour, 0.05)),
        (0.86, darker(colour, 0.16)),
        (0.955, lighter(colour, 0.36)),
        (1.0, darker(colour, 0.26)),
    )


def fall(colour: RGB, top: float = 0.14, bottom: float = 0.16) -> Stops:
    """Down a flat face: a little lighter above, a little darker below."""
    return ((0.0, lighter(colour, top)), (0.55, colour), (1.0, darker(colour, bottom)))


def flat(colour: RGB) -> Stops:
    return ((0.0, colour), (1.0, colour))


@lru_cache(maxsize=1024)
def ramp(stops: Stops) -> Image.Image:
    """The gradient as a strip of `_STEPS` by 1 pixels."""
    strip = Image.new("RGB", (_STEPS, 1))
    strip.putdata([_at(stops, i / (_STEPS - 1)) for i in range(_STEPS)])
    return strip


def _at(stops: Sequence[tuple[float, RGB]], where: float) -> RGB:
    for (a, one), (b, other) in zip(stops, stops[1:], strict=False):
        if where <= b:
            part = 0.0 if b == a else (where - a) / (b - a)
            return mix(one, other, part * part * (3 - 2 * part))
    return stops[-1][1]
