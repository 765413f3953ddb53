"""Rackets, balls, goggles, mats; toys and gear for small children."""

from __future__ import annotations

from math import cos, pi, sin

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, WHITE, darker, fall, ink_on, lighter, luminance, matt, metal, tube
from entrepot.demo.art.forms.vessels import FLOOR, INK, PAPER, STEEL, top_ellipse
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import Outline, Point, path
from entrepot.demo.art.studio import Cut, Stage

_WOOD: RGB = (206, 164, 116)


def ball_light(colour: RGB) -> tuple[tuple[float, RGB], ...]:
    return ((0.0, lighter(colour, 0.3)), (0.3, lighter(colour, 0.12)), (0.6, colour), (1.0, darker(colour, 0.4)))


def strings(s: Stage, about: Point, radii: tuple[float, float], tilt: float, counts: tuple[int, int]) -> None:
    (cx, cy), (rx, ry) = about, radii
    s.many(
        [
            shapes.turn(shapes.stroke([(cx + x, cy - high), (cx + x, cy + high)], 2.4), tilt, about)
            for i in range(counts[0])
            for x in [-rx + 2 * rx * (i + 1) / (counts[0] + 1)]
            for high in [ry * (1 - (x / rx) ** 2) ** 0.5]
        ],
        (236, 234, 226),
        alpha=0.9,
    )
    s.many(
        [
            shapes.turn(shapes.stroke([(cx - wide, cy + y), (cx + wide, cy + y)], 2.4), tilt, about)
            for i in range(counts[1])
            for y in [-ry + 2 * ry * (i + 1) / (counts[1] + 1)]
            for wide in [rx * (1 - (y / ry) ** 2) ** 0.5]
        ],
        (222, 220, 212),
        alpha=0.9,
    )


def ring(cx: float, cy: float, outer: tuple[float, float], inner: tuple[float, float]) -> Outline:
    return [*shapes.arc(cx, cy, *outer, -90, 270), *shapes.arc(cx, cy, *inner, 270, -90)]


@form("tennis", focus=(560, 340), box=None)
def tennis_racket(s: Stage, look: Look) -> None:
    cx, cy, tilt = 540.0, 350.0, 28.0
    about = (cx, cy)
    frame = shapes.turn(ring(cx, cy, (152, 206), (130, 184)), tilt, about)
    shaft = [
        shapes.turn(shapes.stroke(shapes.smooth(points, steps=8), 25), tilt, about)
        for points in (
            [(cx - 108, cy + 136), (cx - 50, cy + 236), (cx - 14, cy + 300)],
            [(cx + 108, cy + 136), (cx + 50, cy + 236), (cx + 14, cy + 300)],
        )
    ]
    grip = shapes.turn(shapes.rrect(cx - 25, cy + 290, cx + 25, cy + 540, 10), tilt, about)
    for outline in (shapes.turn(shapes.ellipse(cx, cy, 152, 206), tilt, about), grip):
        s.cast(outline, strength=0.26)
    strings(s, about, (134, 188), tilt, (16, 19))
    for outline in shaft:
        s.shape(outline, tube(look.body, 0.5))
    cut = s.shape(frame, tube(look.body, 0.5))
    for a in (-40, 140):
        s.shape(
            shapes.turn(shapes.stroke(shapes.arc(cx, cy, 141, 195, a, a + 70), 23), tilt, about),
            look.accent,
            clip=cut,
        )
    s.shape(
        shapes.turn(shapes.stroke([(cx - 90, cy + 160), (cx, cy + 178), (cx + 90, cy + 160)], 18), tilt, about),
        tube(look.body, 0.4),
    )
    handle = s.shape(grip, matt(INK))
    s.many(
        [
            shapes.turn(shapes.stroke([(cx - 26, y + 10), (cx + 26, y)], 3), tilt, about)
            for i in range(12)
            for y in [cy + 300 + i * 21]
        ],
        lighter(INK, 0.3),
        clip=handle,
        alpha=0.7,
    )
    x, y = shapes.turn([(cx, cy)], tilt, about)[0]
    s.text((x, y), look.words, 92, look.accent, alpha=0.75)
    felt(s, (690, 760), 66)


def felt(s: Stage, at: Point, r: float) -> None:
    """A tennis ball."""
    (x, y), colour = at, (208, 222, 74)
    s.shadow(x, y + r - 4, r * 0.8, 14)
    cut = s.shape(shapes.ellipse(x, y, r, r), ball_light(colour), down=True)
    for side in (-1, 1):
        start = 90 if side > 0 else -90
        seam = shapes.arc(x + side * r * 1.1, y + r * 0.1, r * 0.86, r * 0.9, start, start + 180)
        s.shape(shapes.stroke(seam, r * 0.09), (244, 246, 226), clip=cut)
    s.many(
        [shapes.ellipse(x - r + i * 37 % int(2 * r), y - r + i * 59 % int(2 * r), 4, 3) for i in range(60)],
        lighter(colour, 0.4),
        clip=cut,
        alpha=0.28,
    )
    s.glow(shapes.ellipse(x - r * 0.3, y - r * 0.42, r * 0.3, r * 0.2), clip=cut, alpha=0.4, blur=9)


@form("tennisballs", focus=(430, 560), box=None)
def tennis_balls(s: Stage, look: Look) -> None:
    for cx, lift in ((520, -30), (400, 0)):
        foot = FLOOR + lift
        s.shadow(cx, foot, 84)
        for i in range(3):
            felt(s, (cx, foot - 74 - i * 132), 66)
        body = s.shape(
            shapes.band(cx, 80, 360 + lift, foot - 8, 9),
            ((0, (210, 220, 226)), (0.2, (255, 255, 255)), (0.5, (226, 234, 238)), (1, (170, 182, 190))),
            alpha=0.28,
        )
        cut = s.shape(shapes.band(cx, 80, 560 + lift, foot - 60, 9), tube(look.accent, 0.3), alpha=0.94)
        s.text((cx, 670 + lift), look.words, 64, WHITE, clip=cut)
        s.bars((cx, 730 + lift), (90, 60), WHITE, alpha=0.6, high=5, gap=16)
        s.round_body([(82, 334 + lift), (84, 346 + lift), (84, 372 + lift)], cx, tube(darker(look.accent, 0.1), 0.4))
        top_ellipse(s, cx, 334 + lift, 82, look.accent)
        s.round_body([(83, foot - 16), (82, foot)], cx, metal(STEEL))
        s.glow(shapes.rrect(cx - 56, 390 + lift, cx - 44, foot - 30, 6), clip=body, alpha=0.7, blur=3)
    felt(s, (690, 772), 62)


@form("badminton", focus=(570, 300), box=None)
def badminton_racket(s: Stage, look: Look) -> None:
    cx, cy, tilt = 600.0, 300.0, 30.0
    about = (cx, cy)
    s.cast(shapes.turn(shapes.ellipse(cx, cy, 112, 138), tilt, about), strength=0.22)
    strings(s, about, (100, 126), tilt, (18, 20))
    s.shape(shapes.turn(ring(cx, cy, (112, 138), (99, 125)), tilt, about), tube(look.body, 0.5))
    s.shape(shapes.turn(shapes.stroke(shapes.arc(cx, cy, 106, 132, -160, -80), 13), tilt, about), look.accent)
    shaft = shapes.turn(shapes.rect(cx - 6, cy + 132, cx + 6, cy + 420), tilt, about)
    s.cast(shaft, strength=0.3)
    s.shape(shaft, tube(look.body, 0.6))
    s.shape(shapes.turn(shapes.rect(cx - 6, cy + 220, cx + 6, cy + 300), tilt, about), look.accent)
    s.shape(
        shapes.turn([(cx - 9, cy + 400), (cx + 9, cy + 400), (cx + 20, cy + 450), (cx - 20, cy + 450)], tilt, about),
        tube(darker(look.body, 0.3), 0.4),
    )
    grip = shapes.turn(shapes.rrect(cx - 20, cy + 444, cx + 20, cy + 640, 8), tilt, about)
    s.cast(grip, strength=0.3)
    handle = s.shape(grip, matt(PAPER if luminance(look.body) < 0.5 else INK))
    s.many(
        [
            shapes.turn(shapes.stroke([(cx - 21, cy + 464 + i * 18), (cx + 21, cy + 456 + i * 18)], 3), tilt, about)
            for i in range(11)
        ],
        (120, 118, 112),
        clip=handle,
        alpha=0.5,
    )
    x, y = shapes.turn([(cx, cy)], tilt, about)[0]
    s.text((x, y), look.words, 66, look.accent, alpha=0.75)
    shuttle(s, (700, 740))


def shuttle(s: Stage, at: Point) -> None:
    x, y = at
    s.shadow(x, y + 92, 66, 14)
    for i in range(9):
        k = (i - 4) / 4
        feather = [
            (x + k * 22 - 6, y + 40),
            (x + k * 22 + 6, y + 40),
            (x + k * 76 + 16, y - 96),
            (x + k * 76 - 16, y - 96),
        ]
        s.shape(feather, ((0, (228, 228, 224)), (0.5, (252, 251, 248)), (1, (214, 213, 208))), alpha=0.96)
        s.shape(shapes.stroke([(x + k * 22, y + 40), (x + k * 76, y - 96)], 3), (204, 202, 196))
    for t in (0.3, 0.6):
        s.shape(
            shapes.stroke([(x - 28 - 46 * t, y + 40 - 130 * t), (x + 28 + 46 * t, y + 40 - 130 * t)], 4),
            (120, 168, 120),
        )
    s.shape([*shapes.arc(x, y + 48, 38, 44, 0, 180)], tube((240, 234, 220), 0.4))
    s.shape(shapes.rect(x - 38, y + 36, x + 38, y + 50), (60, 130, 90))


@form("volleyball", focus=(470, 540), box=None)
def volleyball(s: Stage, look: Look) -> None:
    cx, cy, r = 500.0, 570.0, 262.0
    s.shadow(cx, cy + r - 8, 190, 34)
    body = s.shape(shapes.ellipse(cx, cy, r, r), ball_light(look.body), down=True)
    for i in range(6):
        a = i * pi / 3 + 0.3
        swirl = [(cx + r * k * cos(a + k * 1.1), cy + r * k * sin(a + k * 1.1)) for k in (j / 12 for j in range(14))]
        if i % 2:
            wide = [
                (cx + r * k * cos(a + 0.55 + k * 1.1), cy + r * k * sin(a + 0.55 + k * 1.1))
                for k in (j / 12 for j in range(14))
            ]
            s.shape([*swirl, *reversed(wide)], ball_light(look.accent), clip=body, down=True)
        s.shape(shapes.stroke(swirl, 5), darker(look.body, 0.55), clip=body, alpha=0.7)
    s.many(
        [
            shapes.ellipse(x, y, 3, 3)
            for i in range(260)
            for x, y in [(cx - r + i * 67 % int(2 * r), cy - r + i * 113 % int(2 * r))]
        ],
        darker(look.body, 0.4),
        clip=body,
        alpha=0.13,
    )
    shine(s, body, (cx, cy), r)
    s.text((cx + 40, cy - 116), look.words, 54, ink_on(look.body), clip=body)


def shine(s: Stage, body: Cut, at: Point, r: float) -> None:
    (x, y) = at
    s.glow(shapes.ellipse(x - r * 0.34, y - r * 0.44, r * 0.34, r * 0.24), clip=body, alpha=0.42, blur=30)
    crescent = [*shapes.arc(x, y, r, r, -20, 160), *shapes.arc(x - r * 0.2, y - r * 0.24, r, r, 160, -20)]
    s.shade(crescent, clip=body, alpha=0.34, blur=26)


@form("basketball", focus=(470, 540), box=None)
def basketball(s: Stage, look: Look) -> None:
    cx, cy, r = 500.0, 570.0, 264.0
    s.shadow(cx, cy + r - 8, 190, 34)
    body = s.shape(shapes.ellipse(cx, cy, r, r), ball_light(look.body), down=True)
    left = [*shapes.arc(cx - r * 1.18, cy, r * 0.86, r * 1.16, -70, 70)]
    right = [*shapes.arc(cx + r * 1.18, cy, r * 0.86, r * 1.16, 110, 250)]
    s.shape([*left, (cx - 2 * r, cy + r), (cx - 2 * r, cy - r)], ball_light(look.accent), clip=body, down=True)
    s.shape([*right, (cx + 2 * r, cy - r), (cx + 2 * r, cy + r)], ball_light(look.accent), clip=body, down=True)
    s.many(
        [
            shapes.rect(x - 2, y - 2, x + 2, y + 2)
            for i in range(700)
            for x, y in [(cx - r + i * 61 % int(2 * r), cy - r + i * 127 % int(2 * r))]
        ],
        darker(look.body, 0.45),
        clip=body,
        alpha=0.16,
    )
    for seam in (
        left,
        right,
        shapes.smooth([(cx - r, cy + 20), (cx, cy + 54), (cx + r, cy + 20)], steps=14),
        shapes.smooth([(cx - 30, cy - r), (cx - 8, cy), (cx - 30, cy + r)], steps=14),
    ):
        s.shape(shapes.stroke(seam, 9), (44, 30, 24), clip=body)
    shine(s, body, (cx, cy), r)
    s.text((cx + 90, cy - 70), look.words, 58, (44, 30, 24), clip=body)


@form("goggles", focus=(360, 540), box=(330, 180))
def goggles(s: Stage, look: Look) -> None:
    s.shadow(500, 690, 270, 26, strength=0.6)
    for side in (-1, 1):
        for off in (0, 34):
            strap = shapes.smooth(
                [
                    (500 + side * 250, 540),
                    (500 + side * 320, 500 - off),
                    (500 + side * 250, 420 - off),
                    (500, 388 - off),
                ],
                steps=9,
            )
            s.shape(shapes.stroke(strap, 15), matt(darker(look.body, 0.2)))
    s.shape(
        shapes.stroke(shapes.smooth(path("460,556 500,540 540,556"), steps=8), 22),
        tube(look.accent, 0.4),
        down=True,
    )
    for side in (-1, 1):
        points = [
            (500 + side * x, y)
            for x, y in ((42, 560), (70, 510), (150, 490), (226, 506), (256, 560), (226, 622), (150, 650), (76, 630))
        ]
        rim = s.shape(shapes.smooth(points, closed=True, steps=8), tube(look.body, 0.45))
        inner = shapes.smooth(
            [(500 + side * (150 + (abs(x - 500) - 150) * 0.82), 568 + (y - 568) * 0.78) for x, y in points],
            closed=True,
            steps=8,
        )
        s.shape(
            shapes.smooth(
                [(500 + side * (150 + (abs(x - 500) - 150) * 0.9), 568 + (y - 568) * 0.88) for x, y in points],
                closed=True,
                steps=8,
            ),
            look.accent,
            clip=rim,
        )
        lens = s.shape(inner, ((0, (30, 54, 84)), (0.5, (70, 120, 160)), (1, (150, 200, 214))), down=True)
        s.glow(
            [
                (500 + side * 150 - 70, 480),
                (500 + side * 150 - 20, 480),
                (500 + side * 150 - 90, 660),
                (500 + side * 150 - 140, 660),
            ],
            clip=lens,
            alpha=0.35,
            blur=5,
        )
    s.text((650, 506), look.words, 20, WHITE, alpha=0.8)


@form("mat", focus=(420, 620), box=None)
def yoga_mat(s: Stage, look: Look) -> None:
    s.shadow(520, 800, 330, 34, strength=0.8)
    sheet = path("360,730 860,690 900,800 420,846")
    s.cast(sheet, dx=4, dy=10, blur=10, strength=0.3)
    flat_ = s.shape(sheet, ((0, darker(look.body, 0.06)), (0.5, lighter(look.body, 0.1)), (1, look.body)))
    s.many(
        [shapes.stroke([(350 + i * 16, 726 - i * 1.3), (412 + i * 15, 850 - i * 1.4)], 2) for i in range(34)],
        darker(look.body, 0.3),
        clip=flat_,
        alpha=0.3,
    )
    roll = path("180,560 640,520 680,640 660,740 230,800 170,700")
    body = s.shape(shapes.smooth(roll, closed=True, steps=9), fall(look.body, 0.34, 0.32), down=True)
    s.glow(shapes.smooth(path("230,590 420,566 620,552 420,600"), closed=True), clip=body, alpha=0.2, blur=14)
    cx, cy = 208.0, 680.0
    s.shape(shapes.ellipse(cx, cy, 62, 122), darker(look.body, 0.14))
    s.many(
        [ring(cx, cy, (60 * k, 118 * k), (60 * k - 5, 118 * k - 9)) for i in range(6) for k in [1 - i * 0.16]],
        darker(look.body, 0.5),
        alpha=0.8,
    )
    for x in (330, 560):
        strap = shapes.smooth(
            [(x - 16, 540 - (x - 330) * 0.08), (x + 20, 640), (x + 4, 776 - (x - 330) * 0.1)], steps=9
        )
        s.shape(shapes.stroke(strap, 27), matt((196, 186, 168)), clip=body)
    s.text(
        (450, 660),
        look.words,
        58,
        lighter(look.body, 0.5) if luminance(look.body) < 0.5 else darker(look.body, 0.5),
        clip=body,
        alpha=0.8,
    )
