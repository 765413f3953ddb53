"""Clothes, drawn hanging before the wall without a body in them."""

from __future__ import annotations

from collections.abc import Sequence

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, darker, fall, ink_on, lighter, luminance, metal
from entrepot.demo.art.forms.drinks import poppy
from entrepot.demo.art.forms.vessels import INK
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import Outline, Point, path
from entrepot.demo.art.studio import Cut, Stage

CX = 500.0


def both(half: Sequence[Point]) -> Outline:
    """The whole outline from its right half, given clockwise from the neck to the hem's middle."""
    return [*half, *((2 * CX - x, y) for x, y in reversed(half))]


def cloth(colour: RGB) -> tuple[tuple[float, RGB], ...]:
    return (
        (0.0, darker(colour, 0.2)),
        (0.2, lighter(colour, 0.08)),
        (0.4, lighter(colour, 0.13)),
        (0.62, colour),
        (0.84, darker(colour, 0.07)),
        (1.0, darker(colour, 0.24)),
    )


def torso(neck: float, top: float, *, hem: float = 800, wide: float = 176, sleeve: float = 0) -> Outline:
    """A T-shirt's right half: neck, shoulder, short sleeve, side, hem. `sleeve` lengthens the arm by that much."""
    if sleeve:
        arm = [
            (CX + 222, top + 62),
            (CX + 262, top + 150),
            (CX + 282 + sleeve * 0.1, top + 210 + sleeve * 0.8),
            (CX + 288 + sleeve * 0.1, top + 250 + sleeve),
            (CX + 236 + sleeve * 0.1, top + 258 + sleeve),
            (CX + 222, top + 220 + sleeve * 0.5),
            (CX + wide + 8, top + 190),
        ]
        start: list[Point] = [(CX + neck, top), (CX + 150, top + 22)]
        path = shapes.smooth([*start, *arm[:4]], steps=7) + shapes.smooth(arm[4:], steps=6)
    else:
        path = [
            *shapes.smooth(
                [(CX + neck, top), (CX + 150, top + 24), (CX + 214, top + 60), (CX + 284, top + 176)], steps=7
            ),
            (CX + 212, top + 224),
            (CX + wide, top + 176),
        ]
    side = shapes.smooth([(CX + wide, top + 200), (CX + wide - 6, top + 330), (CX + wide, hem)], steps=7)
    return [*path, *side, *shapes.smooth([(CX + wide - 40, hem + 8), (CX, hem + 12)], steps=4)]


def neckline(s: Stage, body: Cut, top: float, half: float, deep: float, colour: RGB) -> None:
    """The inside of the back and a ribbed collar before it."""
    s.shape([*shapes.arc(CX, top - 2, half + 2, deep, 0, 180)], darker(colour, 0.34))
    s.shape([*shapes.arc(CX, top - 4, half, deep * 0.34, 0, 180)], darker(colour, 0.2))
    rib = [
        *shapes.arc(CX, top - 2, half + 3, deep + 2, 0, 180),
        *shapes.arc(CX, top - 4, half + 24, deep + 22, 180, 0),
    ]
    s.shape(rib, fall(darker(colour, 0.08), 0.12, 0.1), down=True)


def folds(s: Stage, body: Cut, top: float, *, arms: float = 232) -> None:
    """Soft folds: under the arms, down the front, and where sleeves meet the body."""
    for side in (-1, 1):
        seam = shapes.smooth(
            [(CX + side * 152, top + 22), (CX + side * 166, top + 90), (CX + side * 178, top + 186)], steps=7
        )
        s.shade(shapes.stroke(seam, 5), clip=body, alpha=0.34, blur=2)
        under = shapes.smooth(
            [(CX + side * 170, top + 190), (CX + side * 120, top + 240), (CX + side * 90, top + 330)], steps=7
        )
        s.shade(shapes.stroke(under, 15), clip=body, alpha=0.2, blur=9)
        waist = shapes.smooth(
            [(CX + side * 172, top + 330), (CX + side * 120, top + 380), (CX + side * 128, top + 520)], steps=7
        )
        s.shade(shapes.stroke(waist, 18), clip=body, alpha=0.13, blur=11)
        s.shade(shapes.ellipse(CX + side * arms, top + 190, 26, 60), clip=body, alpha=0.14, blur=14)
    s.glow(shapes.ellipse(CX - 60, top + 190, 70, 120), clip=body, alpha=0.1, blur=36)


def hem(s: Stage, body: Cut, y: float, wide: float) -> None:
    line = shapes.smooth([(CX - wide, y), (CX, y + 10), (CX + wide, y)], steps=8)
    s.shade(shapes.stroke(line, 3), clip=body, alpha=0.35, blur=1)


def hang(s: Stage, outline: Outline) -> None:
    s.cast(outline, dx=14, dy=18, blur=20, strength=0.34)


@form("tshirt", focus=(500, 330))
def t_shirt(s: Stage, look: Look) -> None:
    outline = both(torso(70, 250))
    hang(s, outline)
    body = s.shape(outline, cloth(look.body))
    folds(s, body, 250)
    neckline(s, body, 250, 70, 54, look.body)
    hem(s, body, 782, 180)
    for side in (-1, 1):
        edge = [(CX + side * 200, 468), (CX + side * 274, 418)]
        s.shade(shapes.stroke(edge, 3), clip=body, alpha=0.35, blur=1)
        if look.has("sleeves"):
            panel = [(CX + side * 160, 268), (CX + side * 196, 276), (CX + side * 262, 440), (CX + side * 222, 458)]
            s.shape(panel, look.accent, clip=body, alpha=0.85)
    s.text((CX + 66, 392), look.words, 24, ink_on(look.body), clip=body, alpha=0.8)


@form("longsleeve", focus=(500, 340))
def long_sleeve(s: Stage, look: Look) -> None:
    outline = both(torso(86, 240, sleeve=330, hem=790))
    hang(s, outline)
    body = s.shape(outline, cloth(look.body))
    if look.has("stripe"):
        ink = look.colour("stripe", INK)
        s.many(
            [
                shapes.stroke(shapes.smooth([(CX - 190, y), (CX, y + 9), (CX + 190, y)], steps=8), 11)
                for i in range(15)
                for y in [334 + i * 30]
            ],
            ink,
            clip=body,
            alpha=0.95,
        )
        for side in (-1, 1):
            s.many(
                [
                    shapes.stroke([(CX + side * 200, y + 8), (CX + side * 330, y - 16)], 11)
                    for i in range(15)
                    for y in [352 + i * 30]
                ],
                ink,
                clip=body,
                alpha=0.95,
            )
        for side in (-1, 1):
            gap = shapes.smooth([(CX + side * 166, 262), (CX + side * 182, 350), (CX + side * 192, 440)], steps=7)
            s.shade(shapes.stroke(gap, 4), clip=body, alpha=0.4, blur=1)
    folds(s, body, 240, arms=262)
    neckline(s, body, 240, 86, 40, look.body)
    hem(s, body, 774, 180)
    if not look.has("stripe"):
        s.text((CX + 66, 380), look.words, 24, ink_on(look.body), clip=body, alpha=0.8)


@form("polo", focus=(500, 320))
def polo(s: Stage, look: Look) -> None:
    outline = both(torso(74, 252))
    hang(s, outline)
    body = s.shape(outline, cloth(look.body))
    folds(s, body, 252)
    s.shape([*shapes.arc(CX, 248, 72, 30, 0, 180)], darker(look.body, 0.34))
    s.shape(shapes.rrect(CX - 22, 268, CX + 22, 420, 5), fall(darker(look.body, 0.05), 0.1, 0.06), down=True, clip=body)
    for y in (318, 366):
        s.shape(shapes.ellipse(CX, y, 7, 7), lighter(look.body, 0.6) if luminance(look.body) < 0.6 else (226, 220, 208))
    for side in (-1, 1):
        wing = shapes.smooth(
            [
                (CX + side * 78, 244),
                (CX + side * 96, 262),
                (CX + side * 66, 334),
                (CX + side * 10, 288),
                (CX + side * 20, 280),
                (CX + side * 60, 262),
            ],
            closed=True,
            steps=5,
        )
        s.shape(wing, fall(lighter(look.body, 0.04), 0.14, 0.12), down=True)
        s.shade(shapes.stroke([(CX + side * 200, 470), (CX + side * 274, 420)], 9), clip=body, alpha=0.2, blur=2)
    s.shape(shapes.smooth(path("562,384 590,376 612,386 596,394 572,396"), closed=True), look.accent, clip=body)
    hem(s, body, 784, 180)


@form("sweater", focus=(500, 360))
def sweater(s: Stage, look: Look) -> None:
    outline = both(torso(76, 236, sleeve=320, hem=770, wide=186))
    hang(s, outline)
    body = s.shape(outline, cloth(look.body))
    s.many(
        [shapes.rect(x, 230, x + 3, 860) for i in range(60) for x in [CX - 320 + i * 11]],
        darker(look.body, 0.3),
        clip=body,
        alpha=0.1,
    )
    folds(s, body, 236, arms=262)
    neckline(s, body, 236, 76, 42, look.body)
    s.shade(
        shapes.stroke(shapes.smooth([(CX - 196, 724), (CX, 734), (CX + 196, 724)], steps=8), 5),
        clip=body,
        alpha=0.4,
        blur=1,
    )
    s.many(
        [shapes.rect(x, 730, x + 4, 800) for i in range(36) for x in [CX - 186 + i * 10.5]],
        darker(look.body, 0.4),
        clip=body,
        alpha=0.24,
    )


@form("jeans", "leggings", focus=(500, 300))
def trousers(s: Stage, look: Look) -> None:
    wide = 1.0 if look.has("wide") else 0.0
    out = 40 * wide
    right = [
        (CX + 118, 170),
        *shapes.smooth(
            [(CX + 132, 240), (CX + 160, 360), (CX + 158 + out * 0.6, 560), (CX + 142 + out * 1.6, 880)], steps=8
        ),
        (CX + 46 - out * 0.2, 886),
        *shapes.smooth([(CX + 46 - out * 0.2, 880), (CX + 30, 620), (CX + 4, 400)], steps=8),
    ]
    outline = both(right)
    hang(s, outline)
    body = s.shape(outline, cloth(look.body))
    denim = look.more.get("form") != "leggings"
    s.shape(both([(CX + 112, 176), (CX + 70, 196), (CX, 204)]), darker(look.body, 0.5))
    waist = both([(CX + 118, 170), (CX + 124, 212), (CX + 60, 232), (CX, 238), (CX, 198), (CX + 60, 192)])
    s.shape(waist, fall(darker(look.body, 0.06), 0.14, 0.1), down=True)
    thread = (206, 160, 96) if denim else lighter(look.body, 0.2)
    for side in (-1, 1):
        s.shade(
            shapes.stroke(
                shapes.smooth([(CX + side * 8, 420), (CX + side * 60, 470), (CX + side * 120, 480)], steps=7), 16
            ),
            clip=body,
            alpha=0.2,
            blur=8,
        )
        s.glow(shapes.ellipse(CX + side * 94, 600, 26, 190), clip=body, alpha=0.16 if denim else 0.1, blur=20)
        s.shade(
            shapes.stroke(
                shapes.smooth([(CX + side * 60, 640), (CX + side * 110, 660), (CX + side * 150, 640)], steps=7), 12
            ),
            clip=body,
            alpha=0.13,
            blur=7,
        )
        if denim:
            pocket = shapes.smooth([(CX + side * 62, 234), (CX + side * 84, 290), (CX + side * 136, 300)], steps=7)
            s.shape(shapes.stroke(pocket, 3), thread, clip=body)
            s.shape(shapes.stroke([(x, y + 9) for x, y in pocket], 3), thread, clip=body, alpha=0.7)
            s.shape(shapes.ellipse(CX + side * 70, 246, 5, 5), metal((190, 120, 70)))
            for x in (52, 100):
                s.shape(
                    shapes.rrect(CX + side * x - 7, 186, CX + side * x + 7, 246, 3),
                    fall(look.body, 0.16, 0.1),
                    down=True,
                )
        s.shade(
            shapes.stroke([(CX + side * (144 + out * 1.6), 862), (CX + side * 44, 868)], 4),
            clip=body,
            alpha=0.4,
            blur=1,
        )
    if denim:
        s.shape(
            shapes.stroke(shapes.smooth([(CX + 4, 238), (CX + 30, 300), (CX + 24, 360), (CX + 2, 396)], steps=7), 3),
            thread,
            clip=body,
        )
        s.shape(shapes.ellipse(CX, 216, 12, 12), metal((196, 140, 84)))
        s.shape(shapes.rrect(CX + 84, 196, CX + 116, 222, 2), (150, 96, 60))
    else:
        s.text((CX + 76, 214), look.short(2), 18, ink_on(look.body), alpha=0.7)


@form("dress", focus=(500, 420))
def dress(s: Stage, look: Look) -> None:
    right = [
        *shapes.smooth([(CX + 66, 190), (CX + 112, 202), (CX + 170, 300)], steps=6),
        (CX + 106, 330),
        *shapes.smooth([(CX + 106, 340), (CX + 96, 430), (CX + 150, 620), (CX + 226, 860)], steps=8),
        *shapes.smooth([(CX + 120, 888), (CX, 896)], steps=5),
    ]
    outline = both(right)
    hang(s, outline)
    ground: RGB = (244, 240, 232)
    body = s.shape(outline, cloth(ground))
    for x, y, r in (
        (430, 300, 62),
        (556, 400, 74),
        (420, 520, 84),
        (590, 600, 88),
        (460, 720, 96),
        (660, 800, 84),
        (330, 820, 76),
        (540, 860, 62),
        (340, 640, 52),
        (560, 250, 42),
    ):
        poppy(s, (x, y), r, look.body, body)
    for x in (430, 500, 570):
        line = shapes.smooth([(CX + (x - CX) * 0.4, 460), (x, 640), (CX + (x - CX) * 1.8, 880)], steps=8)
        s.shade(shapes.stroke(line, 16), clip=body, alpha=0.16, blur=10)
    s.shade(
        shapes.stroke(shapes.smooth([(CX - 110, 440), (CX, 452), (CX + 110, 440)], steps=7), 8),
        clip=body,
        alpha=0.3,
        blur=4,
    )
    s.shape([*shapes.arc(CX, 190, 66, 44, 0, 180)], darker(ground, 0.3))
    rim = [*shapes.arc(CX, 190, 66, 44, 0, 180), *shapes.arc(CX, 190, 76, 56, 180, 0)]
    s.shape(rim, lighter(ground, 0.5))
