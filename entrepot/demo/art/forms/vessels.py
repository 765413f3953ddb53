"""Turned bodies: bottles, jars, tubes, tins, glasses."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import (
    RGB,
    WHITE,
    darker,
    fall,
    glass,
    ink_on,
    lighter,
    luminance,
    matt,
    metal,
    tube,
)
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import Point, path
from entrepot.demo.art.studio import Cut, Stage

FLOOR = 830.0
INK: RGB = (29, 29, 31)
PAPER: RGB = (247, 244, 238)
STEEL: RGB = (190, 194, 199)
GOLD: RGB = (203, 164, 92)


def straight(half: float, top: float, bottom: float, *, shoulder: float = 0, neck: float | None = None) -> list[Point]:
    """The profile of a bottle: straight sides below round shoulders that end in a neck."""
    if neck is None:
        return [(half, top), (half, bottom)]
    curve = [
        (neck, top),
        (neck + (half - neck) * 0.3, top + shoulder * 0.12),
        (neck + (half - neck) * 0.82, top + shoulder * 0.5),
    ]
    return [*shapes.smooth([*curve, (half, top + shoulder), (half, top + shoulder * 1.25)], steps=8), (half, bottom)]


def top_ellipse(s: Stage, cx: float, y: float, half: float, colour: RGB, sag: float = 0.09) -> Cut:
    """The upper face of something round, seen a little from above."""
    return s.shape(shapes.ellipse(cx, y, half, half * sag), ((0, lighter(colour, 0.3)), (1, darker(colour, 0.1))))


def cap(s: Stage, cx: float, half: float, y: tuple[float, float], colour: RGB, *, shiny: bool = False) -> None:
    """A lid between two heights."""
    top, bottom = y
    paint = metal(colour) if shiny else tube(colour, 0.35)
    s.round_body([(half * 0.985, top), (half, top + 8), (half, bottom)], cx, paint)
    top_ellipse(s, cx, top, half * 0.985, colour)


def label(s: Stage, body: Cut, at: tuple[float, float, float], half: float, look: Look, *, paper: RGB = PAPER) -> None:
    """A paper label around a body, `at` (middle, top, bottom): initials, a line in the brand's colour, small print."""
    cx, y0, y1 = at
    sag = half * 0.09
    cut = s.shape(shapes.band(cx, half, y0, y1, sag), matt(paper), clip=body)
    ink = ink_on(paper)
    high = y1 - y0
    accent = look.accent if abs(luminance(look.accent) - luminance(paper)) > 0.12 else ink
    size = min(high * 0.3, half * 1.5 / max(len(look.words), 1.6))
    middle = y0 + sag
    s.text((cx, middle + high * 0.34), look.words, size, accent, clip=cut)
    rule = middle + high * 0.58
    s.shape(shapes.rect(cx - half * 0.46, rule, cx + half * 0.46, rule + 4), accent, clip=cut)
    if high > 90:
        s.bars((cx, middle + high * 0.68), (half, half * 0.74), ink, alpha=0.4)


def print_on(s: Stage, body: Cut, at: Point, half: float, look: Look, colour: RGB) -> None:
    """A print straight on the body."""
    cx, y = at
    ink = ink_on(colour)
    accent = look.accent if abs(luminance(look.accent) - luminance(colour)) > 0.25 else ink
    s.text((cx, y), look.words, min(half * 0.62, half * 1.5 / max(len(look.words), 1.6)), accent, clip=body)
    s.bars((cx, y + half * 0.5), (half * 0.95, half * 0.7, half * 0.8), ink, alpha=0.38, gap=14)


def streaks(s: Stage, body: Cut, cx: float, half: float, y: tuple[float, float], *, alpha: float = 0.5) -> None:
    """Window light on something shiny."""
    y0, y1 = y
    s.glow(shapes.rrect(cx - half * 0.66, y0, cx - half * 0.5, y1, half * 0.08), clip=body, alpha=alpha, blur=3)
    s.glow(
        shapes.rrect(cx + half * 0.74, y0 + 20, cx + half * 0.79, y1 - 20, half * 0.03),
        clip=body,
        alpha=alpha * 0.5,
        blur=3,
    )


@form("bottle", "oilbottle", focus=(500, 520), box=(270, 560))
def bottle(s: Stage, look: Look) -> None:
    cx, half, top = 500, 122, 330
    clear = look.has("glass")
    s.shadow(cx, FLOOR, half)
    colour = look.body
    lid = look.colour("cap", look.accent)
    cap_top = 205
    s.round_body([(50, top - 24), (50, top + 10)], cx, tube(darker(colour, 0.1), 0.4))
    body = s.round_body(
        straight(half, top, FLOOR, shoulder=70, neck=54), cx, glass(colour) if clear else tube(colour, 0.5)
    )
    if clear:
        s.shade(shapes.band(cx, half * 0.86, FLOOR - 40, FLOOR - 6, 10), clip=body, alpha=0.18)
    cap(s, cx, 62, (cap_top, top - 8), lid, shiny=luminance(lid) > 0.75)
    if clear:
        label(s, body, (cx, 500, 700), half * 0.86, look)
    else:
        print_on(s, body, (cx, 560), half, look, colour)
    streaks(s, body, cx, half, (top + 80, FLOOR - 40), alpha=0.42)


@form("pump", focus=(500, 560), box=(280, 520))
def pump(s: Stage, look: Look) -> None:
    cx, half, top = 500, 118, 400
    clear = look.has("glass")
    lid = look.colour("cap", WHITE)
    s.shadow(cx, FLOOR, half)
    s.round_body([(13, 240), (13, 330)], cx, metal(STEEL) if luminance(lid) < 0.3 else tube(lid, 0.4))
    nozzle = shapes.smooth(path("500,214 430,212 372,222 356,250 372,254 392,244 440,246 500,248"), steps=6)
    s.shape([*nozzle, (552, 248), (556, 220), (540, 208)], tube(lid, 0.5), down=True)
    s.round_body([(52, 206), (54, 250)], cx, tube(lid, 0.5), sag=0.12)
    top_ellipse(s, cx, 206, 52, lid, 0.14)
    cap(s, cx, 62, (322, 392), lid)
    body = s.round_body(
        straight(half, top - 10, FLOOR, shoulder=44, neck=64), cx, glass(look.body) if clear else tube(look.body, 0.45)
    )
    if clear:
        label(s, body, (cx, 530, 720), half * 0.84, look)
    else:
        print_on(s, body, (cx, 590), half, look, look.body)
    streaks(s, body, cx, half, (top + 60, FLOOR - 40), alpha=0.4)


@form("dropper", focus=(500, 600), box=(250, 520))
def dropper(s: Stage, look: Look) -> None:
    cx, half, top = 500, 118, 470
    lid = look.colour("cap", INK)
    s.shadow(cx, FLOOR, half)
    bulb = path("15,215 30,222 37,250 38,300 34,350 44,372 44,380")
    s.round_body(
        shapes.smooth(bulb, steps=6), cx, matt(darker(lid, 0.2) if luminance(lid) > 0.5 else lighter(lid, 0.06))
    )
    shiny = luminance(lid) > 0.3
    s.round_body([(58, 372), (58, 452)], cx, metal(lid) if shiny else tube(lid, 0.5))
    top_ellipse(s, cx, 372, 58, lid)
    body = s.round_body(straight(half, top - 22, FLOOR, shoulder=66, neck=52), cx, glass(look.body))
    s.shade(shapes.band(cx, half * 0.9, FLOOR - 34, FLOOR - 4, 10), clip=body, alpha=0.2)
    label(s, body, (cx, 590, 760), half * 0.88, look)
    streaks(s, body, cx, half, (top + 40, FLOOR - 30), alpha=0.55)


@form("tube", focus=(500, 520), box=(230, 590))
def squeeze_tube(s: Stage, look: Look) -> None:
    """A tube standing on its cap."""
    cx, foot, half = 500, FLOOR, 100
    lid = look.colour("cap", darker(look.body, 0.02) if luminance(look.body) > 0.5 else INK)
    s.shadow(cx, foot, 74)
    paint = metal(look.body) if look.has("metal") and luminance(look.body) > 0.7 else tube(look.body, 0.45)
    crimp = shapes.rect(cx - 132, 190, cx + 132, 226)
    outline = [
        (cx - 130, 222),
        (cx + 130, 222),
        *shapes.smooth([(cx + 122, 360), (cx + 108, 560), (cx + 96, 690), (cx + 74, 722)], steps=6),
        *shapes.smooth([(cx - 74, 722), (cx - 96, 690), (cx - 108, 560), (cx - 122, 360)], steps=6),
    ]
    body = s.shape(outline, paint)
    s.shape(crimp, fall(darker(look.body, 0.04), 0.2, 0.1), down=True)
    s.many(
        [shapes.rect(cx - 126 + i * 17, 194, cx - 121 + i * 17, 222) for i in range(16)],
        darker(look.body, 0.2),
        alpha=0.35,
    )
    s.shape(shapes.rect(cx - 140, 600, cx + 140, 636), tube(look.accent, 0.4), clip=body)
    ink = ink_on(look.body)
    s.text((cx, 360), look.words, min(74, 250 / max(len(look.words), 2)), ink, clip=body)
    s.bars((cx, 430), (130, 96, 116), ink, alpha=0.36, gap=15)
    cap(s, cx, 78, (716, foot), lid)
    s.glow(shapes.rrect(cx - half * 0.86, 250, cx - half * 0.6, 680, 12), clip=body, alpha=0.4, blur=7)


@form("mist", focus=(500, 560), box=(200, 620))
def mist(s: Stage, look: Look) -> None:
    """An aerosol can with a clear or coloured hood."""
    cx, half = 500, 96
    s.shadow(cx, FLOOR, half)
    body = s.round_body(
        [*shapes.smooth([(70, 330), (88, 348), (half, 380)], steps=5), (half, FLOOR - 12), (half * 0.95, FLOOR)],
        cx,
        tube(look.body, 0.55),
    )
    s.shape(shapes.band(cx, half, 640, 690, 8), tube(look.accent, 0.45), clip=body)
    print_on(s, body, (cx, 490), half, look, look.body)
    lid = look.colour("cap", PAPER)
    s.round_body([*shapes.smooth(path("58,190 70,196 76,212"), steps=4), (78, 336)], cx, tube(lid, 0.4))
    top_ellipse(s, cx, 192, 60, lid)
    streaks(s, body, cx, half, (400, FLOOR - 30), alpha=0.5)


@form("perfume", focus=(500, 600), box=(330, 420))
def perfume(s: Stage, look: Look) -> None:
    cx = 500
    lid = look.colour("cap", GOLD)
    s.shadow(cx, FLOOR, 170, 24)
    s.round_body([(26, 372), (26, 430)], cx, metal(GOLD))
    if look.more.get("shape") == "round":
        body = s.round_body(
            [*shapes.smooth(path("40,420 96,432 136,470"), steps=7), (140, FLOOR - 16), (134, FLOOR)],
            cx,
            glass(look.body),
        )
        cap(s, cx, 62, (250, 380), lid)
        label(s, body, (cx, 560, 720), 140 * 0.86, look)
        streaks(s, body, cx, 140, (480, FLOOR - 30))
        return
    outer = shapes.rrect(330, 420, 670, FLOOR, 26)
    body = s.shape(outer, glass(lighter(look.body, 0.35)))
    inner = s.shape(
        shapes.rrect(356, 452, 644, FLOOR - 44, 12),
        ((0, darker(look.body, 0.1)), (0.25, lighter(look.body, 0.3)), (0.6, look.body), (1, darker(look.body, 0.22))),
    )
    s.shape(shapes.rrect(414, 560, 586, 690, 4), fall(PAPER), down=True)
    s.text((cx, 610), look.words, min(54, 150 / max(len(look.words), 2)), INK)
    s.bars((cx, 646), (110, 80), INK, alpha=0.4)
    s.shape(shapes.rrect(432, 268, 568, 404, 8), metal(lid))
    s.shape(shapes.ellipse(cx, 270, 67, 6), lighter(lid, 0.5))
    s.glow([(362, 460), (420, 460), (372, FLOOR - 60), (362, FLOOR - 60)], clip=inner, alpha=0.5, blur=4)
    s.glow(shapes.rect(336, 440, 344, FLOOR - 20), clip=body, alpha=0.7, blur=2)


@form("lipstick", focus=(500, 420), zoom=1.9, box=(150, 420))
def lipstick(s: Stage, look: Look) -> None:
    cx, half = 420, 66
    lid, ring = look.colour("cap", INK), look.colour("band", GOLD)
    s.shadow(cx, FLOOR, half, 20)
    s.shadow(626, FLOOR, 70, 20)
    bullet = s.shape(
        [
            (cx - 44, 470),
            (cx - 44, 300),
            *shapes.smooth([(cx - 44, 300), (cx - 30, 246), (cx + 10, 212), (cx + 44, 204)], steps=8),
            (cx + 44, 470),
        ],
        tube(look.body, 0.62),
    )
    s.shape(
        shapes.smooth(
            [(cx - 44, 302), (cx - 28, 250), (cx + 10, 214), (cx + 44, 204), (cx + 38, 250), (cx, 300)],
            closed=True,
            steps=8,
        ),
        lighter(look.body, 0.22),
        clip=bullet,
        alpha=0.7,
    )
    s.round_body([(50, 440), (50, 560)], cx, metal(ring))
    s.round_body([(half, 548), (half, FLOOR)], cx, tube(lid, 0.5))
    top_ellipse(s, cx, 548, half, ring)
    s.round_body([(half, 600), (half, 624)], cx, metal(ring))
    s.text((cx, 720), look.words, min(40, 100 / max(len(look.words), 1)), ring)
    s.round_body([(70, 420), (70, FLOOR)], 626, tube(lid, 0.5))
    top_ellipse(s, 626, 420, 70, lid)
    s.text((626, 620), look.words, min(52, 110 / max(len(look.words), 1)), ring)


@form("mascara", focus=(560, 420), box=(150, 520))
def mascara(s: Stage, look: Look) -> None:
    s.shadow(420, FLOOR, 48, 16)
    body = s.round_body([(46, 380), (46, FLOOR)], 420, tube(look.body, 0.6))
    s.round_body([(38, 340), (38, 384)], 420, metal(look.accent))
    s.text((420, 620), look.words, 40, lighter(look.accent, 0.5), clip=body)
    s.shape(shapes.band(420, 46, 700, 716, 4), metal(look.accent), clip=body)
    wand = shapes.turn(shapes.rrect(592, 470, 612, 640, 6), 14, (602, 560))
    s.cast(shapes.turn(shapes.rrect(560, 240, 640, 800, 30), 14, (602, 560)), strength=0.3)
    s.shape(wand, tube(INK, 0.3))
    for i in range(22):
        y = 236 + i * 11
        wide = 24 + 10 * (1 - abs(i - 11) / 11)
        s.line(shapes.turn([(602 - wide, y + 4), (602 + wide, y - 4)], 14, (602, 560)), 6, darker(INK, 0.2))
    s.shape(shapes.turn(shapes.rrect(594, 230, 610, 480, 6), 14, (602, 560)), lighter(INK, 0.12))
    s.shape(shapes.turn(shapes.rrect(560, 610, 644, 860, 12), 14, (602, 560)), tube(look.body, 0.6))
    s.shape(shapes.turn(shapes.rrect(560, 610, 644, 632, 4), 14, (602, 560)), metal(look.accent))
