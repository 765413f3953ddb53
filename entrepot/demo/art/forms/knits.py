"""Small clothes: socks, scarves, hats, swimwear, for babies."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import darker, ink_on, lighter, metal, mix
from entrepot.demo.art.forms.vessels import STEEL
from entrepot.demo.art.forms.wear import CX, both, cloth, hang
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage


@form("socks", focus=(480, 420))
def socks(s: Stage, look: Look) -> None:
    for dx, dy, part in ((120, -40, 0.12), (0, 0, 0.0)):
        colour = darker(look.body, part)
        outline = shapes.moved(
            [
                (400, 210),
                (536, 210),
                *shapes.smooth(
                    path(
                        "540,320 532,500 546,600 610,680 690,740 700,800 640,836 540,812 440,736 402,640 410,500 "
                        "402,320"
                    ),
                    steps=8,
                ),
            ],
            dx - 60,
            dy,
        )
        hang(s, outline)
        body = s.shape(outline, cloth(colour))
        s.many(
            [shapes.rect(x, 206 + dy, x + 3, 300 + dy) for i in range(18) for x in [400 + dx - 60 + i * 8]],
            darker(colour, 0.4),
            clip=body,
            alpha=0.3,
        )
        s.shade(shapes.stroke(shapes.moved([(400, 300), (540, 300)], dx - 60, dy), 4), clip=body, alpha=0.5, blur=1)
        s.shape(
            shapes.moved(
                shapes.smooth(path("640,700 720,740 720,830 600,846 612,760"), closed=True, steps=7),
                dx - 60,
                dy,
            ),
            lighter(colour, 0.1),
            clip=body,
            alpha=0.5,
        )
        s.shape(
            shapes.moved(
                shapes.smooth(path("396,600 450,620 470,700 440,760 396,700"), closed=True, steps=7),
                dx - 60,
                dy,
            ),
            lighter(colour, 0.1),
            clip=body,
            alpha=0.5,
        )
        s.text((468 + dx - 60, 360 + dy), look.words, 22, ink_on(colour), clip=body, alpha=0.6)


@form("scarf", focus=(480, 420))
def scarf(s: Stage, look: Look) -> None:
    loop = shapes.smooth(path("420,330 400,240 500,196 600,240 580,330 500,370"), steps=9)
    for points, wide in (
        (shapes.smooth(path("560,320 590,480 570,660 600,800"), steps=8), 116),
        (loop, 92),
        (shapes.smooth(path("450,320 430,480 450,640 420,760"), steps=8), 124),
    ):
        outline = shapes.stroke(points, wide)
        s.cast(outline, strength=0.32)
        body = s.shape(outline, cloth(look.body))
        light, dark = lighter(look.body, 0.42), darker(look.body, 0.4)
        n = len(points)
        for k in (-0.3, 0.0, 0.3):
            shifted = [(x + k * wide, y) for x, y in points]
            s.shape(shapes.stroke(shifted, 15 if k else 6), dark if k else light, clip=body, alpha=0.5)
        for i in range(2, n, 5):
            x, y = points[i]
            s.shape(
                shapes.stroke([(x - wide, y + 4), (x + wide, y - 4)], 15 if i % 2 else 7),
                dark if i % 2 else light,
                clip=body,
                alpha=0.45,
            )
    for cx, cy in ((600, 800), (420, 760)):
        for i in range(15):
            x = cx - 60 + i * 8.4
            s.shape(shapes.stroke([(x, cy - 6), (x + (i % 3 - 1) * 3, cy + 58)], 4), darker(look.body, 0.1 * (i % 3)))


@form("beanie", focus=(500, 520))
def beanie(s: Stage, look: Look) -> None:
    s.shadow(500, 760, 170, 34)
    crown = both(shapes.smooth([(CX, 300), (CX + 110, 330), (CX + 178, 440), (CX + 190, 640)], steps=8))
    body = s.shape(crown, cloth(look.body))
    for i in range(27):
        k = (i - 13) / 13
        line = shapes.smooth([(CX + k * 40, 304), (CX + k * 150, 430), (CX + k * 190, 620)], steps=7)
        s.shade(shapes.stroke(line, 5), clip=body, alpha=0.28, blur=2)
    brim = s.shape(
        shapes.smooth(
            [
                (CX - 196, 590),
                (CX, 612),
                (CX + 196, 590),
                (CX + 202, 700),
                (CX + 190, 748),
                (CX, 772),
                (CX - 190, 748),
                (CX - 202, 700),
            ],
            closed=True,
            steps=8,
        ),
        cloth(darker(look.body, 0.05)),
    )
    s.many(
        [shapes.rect(x, 590, x + 4, 780) for i in range(34) for x in [CX - 196 + i * 12]],
        darker(look.body, 0.4),
        clip=brim,
        alpha=0.25,
    )
    patch = s.shape(shapes.rrect(CX + 40, 640, CX + 112, 712, 6), (176, 128, 84), clip=brim)
    s.text((CX + 76, 676), look.short(2), 34, (70, 44, 26), clip=patch)


@form("bodysuit", focus=(500, 400))
def bodysuit(s: Stage, look: Look) -> None:
    for dx, dy, part in ((86, -34, 0.5), (0, 0, 0.0)):
        colour = mix(look.body, look.accent, part * 0.35)
        right = [
            *shapes.smooth([(CX + 62, 250), (CX + 112, 262), (CX + 182, 360)], steps=6),
            (CX + 132, 398),
            (CX + 112, 372),
            *shapes.smooth([(CX + 112, 380), (CX + 116, 500), (CX + 122, 620)], steps=7),
            *shapes.smooth([(CX + 122, 622), (CX + 70, 676), (CX + 44, 752), (CX, 758)], steps=7),
        ]
        outline = shapes.moved(both(right), dx, dy)
        hang(s, outline)
        body = s.shape(outline, cloth(colour))
        s.shape(shapes.moved(shapes.arc(CX, 250, 62, 40, 0, 180), dx, dy), darker(colour, 0.26))
        for side in (-1, 1):
            lap = shapes.smooth(
                [(CX + side * 62, 250), (CX + side * 30, 300), (CX - side * 40, 312), (CX - side * 110, 290)], steps=7
            )
            s.shape(shapes.moved(shapes.stroke(lap, 12), dx, dy), lighter(look.accent, 0.3), clip=body)
        for k in (-1, 0, 1):
            s.shape(shapes.moved(shapes.ellipse(CX + k * 26, 736, 6, 6), dx, dy), metal(STEEL), clip=body)
        for i in range(7):
            s.many(
                [
                    shapes.moved(shapes.ellipse(x, y, 6, 6), dx, dy)
                    for j in range(6)
                    for x, y in [(CX - 96 + j * 38 + i % 2 * 18, 380 + i * 50)]
                ],
                look.accent,
                clip=body,
                alpha=0.55 - part * 0.3,
            )


@form("swimsuit", focus=(500, 380))
def swimsuit(s: Stage, look: Look) -> None:
    right = [
        (CX + 62, 220),
        (CX + 98, 222),
        *shapes.smooth([(CX + 96, 300), (CX + 128, 390), (CX + 118, 500), (CX + 134, 610), (CX + 144, 660)], steps=8),
        *shapes.smooth([(CX + 144, 664), (CX + 90, 740), (CX + 36, 806), (CX, 812)], steps=7),
    ]
    neck = shapes.smooth([(CX + 62, 220), (CX + 52, 310), (CX, 352)], steps=8)
    half = [*right]
    outline = [
        *neck[::-1][:1],
        *reversed(neck),
        *half,
        *((2 * CX - x, y) for x, y in reversed(half)),
        *((2 * CX - x, y) for x, y in neck),
    ]
    hang(s, outline)
    s.shape(
        both(
            [
                *shapes.smooth([(CX + 66, 226), (CX + 40, 290), (CX, 310)], steps=6),
                (CX, 356),
                *shapes.smooth([(CX, 356), (CX + 56, 316), (CX + 70, 240)], steps=6),
            ]
        ),
        darker(look.body, 0.5),
    )
    body = s.shape(outline, cloth(look.body))
    for side in (-1, 1):
        panel = shapes.smooth(
            [
                (CX + side * 118, 396),
                (CX + side * 84, 500),
                (CX + side * 104, 640),
                (CX + side * 150, 662),
                (CX + side * 124, 520),
                (CX + side * 132, 400),
            ],
            closed=True,
            steps=7,
        )
        s.shape(panel, look.accent, clip=body, alpha=0.92)
    s.glow(shapes.ellipse(CX - 40, 430, 34, 90), clip=body, alpha=0.16, blur=18)
    s.shade(shapes.ellipse(CX + 70, 600, 40, 140), clip=body, alpha=0.16, blur=22)
    s.text((CX, 410), look.words, 32, ink_on(look.body), clip=body)
