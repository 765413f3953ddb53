"""Pots, pans, knives, appliances, textiles for the home."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, WHITE, darker, fall, lighter, metal, tube
from entrepot.demo.art.forms.vessels import FLOOR, GOLD, INK, STEEL
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage

_WOOD: RGB = (176, 128, 84)


@form("cocotte", focus=(500, 560), box=(400, 320))
def casserole(s: Stage, look: Look) -> None:
    cx, half, top = 500, 236, 560
    s.shadow(cx, FLOOR, half * 0.92, 42)
    for side in (-1, 1):
        ear = shapes.smooth(
            [
                (cx + side * 226, 600),
                (cx + side * 300, 606),
                (cx + side * 312, 640),
                (cx + side * 290, 668),
                (cx + side * 226, 672),
            ],
            steps=8,
        )
        s.shape(shapes.stroke(ear, 26), tube(darker(look.body, 0.1), 0.4), down=True)
    profile = [
        (half, top),
        (half, 700),
        *shapes.smooth([(half * 0.99, 740), (half * 0.95, 796), (half * 0.88, FLOOR - 6)], steps=6),
        (half * 0.86, FLOOR),
    ]
    body = s.round_body(profile, cx, tube(look.body, 0.55), sag=0.15)
    s.shade(
        [(cx - 260, FLOOR - 60), (cx + 260, FLOOR - 60), (cx + 260, FLOOR + 60), (cx - 260, FLOOR + 60)],
        clip=body,
        alpha=0.3,
        blur=26,
    )
    s.round_body([(half + 8, top - 8), (half + 6, top + 12)], cx, tube(darker(look.body, 0.12), 0.5), sag=0.15)
    lid = s.shape(
        [
            *shapes.arc(cx, top - 12, half + 4, 36, 180, 0)[:1],
            *shapes.smooth(
                [
                    (cx - half, top - 14),
                    (cx - half * 0.8, top - 66),
                    (cx - half * 0.3, top - 96),
                    (cx + half * 0.3, top - 96),
                    (cx + half * 0.8, top - 66),
                    (cx + half, top - 14),
                ],
                steps=8,
            ),
            *shapes.arc(cx, top - 14, half + 2, 36, 0, 180),
        ],
        tube(lighter(look.body, 0.04), 0.5),
    )
    for k in (0.74, 0.5):
        ring = [
            *shapes.arc(cx, top - 48, half * k, half * k * 0.17, 0, 360),
            *shapes.arc(cx, top - 48, half * k - 5, half * k * 0.17 - 2, 360, 0),
        ]
        s.shape(ring, darker(look.body, 0.3), clip=lid, alpha=0.35)
    s.round_body([(15, top - 112), (18, top - 78)], cx, metal(look.accent))
    s.round_body(
        shapes.smooth([(26, top - 148), (38, top - 138), (36, top - 118), (24, top - 108)], steps=6),
        cx,
        metal(look.accent),
    )
    s.shape(shapes.ellipse(cx, top - 146, 27, 6), lighter(look.accent, 0.5))
    s.glow(
        shapes.smooth(path("330,520 400,480 470,470 400,500 340,540"), closed=True),
        clip=lid,
        alpha=0.6,
        blur=9,
    )
    s.glow(shapes.rrect(cx - 190, top + 30, cx - 160, 780, 14), clip=body, alpha=0.4, blur=9)
    s.text((cx, 690), look.words, min(44, 120 / max(len(look.words), 2)), darker(look.body, 0.4), clip=body, alpha=0.6)


@form("pan", focus=(420, 600), box=(430, 200))
def frying_pan(s: Stage, look: Look) -> None:
    cx, cy = 420, 640
    steel = look.has("steel")
    s.shadow(cx, cy + 100, 240, 70, strength=0.8)
    grip = shapes.turn(path("640,606 900,596 906,618 904,642 640,646"), -14, (640, 626))
    s.cast(grip, strength=0.3)
    s.shape(grip, metal(STEEL) if steel else fall(INK, 0.3, 0.1), down=not steel)
    outer = look.body if not steel else STEEL
    s.shape(shapes.ellipse(cx, cy + 26, 250, 150), fall(darker(outer, 0.2), 0.1, 0.3), down=True)
    s.shape(shapes.ellipse(cx, cy, 258, 156), metal(lighter(outer, 0.1)) if steel else tube(lighter(outer, 0.1), 0.4))
    s.shape(shapes.ellipse(cx, cy + 6, 244, 144), fall(darker(outer, 0.3 if steel else 0.5), 0.0, 0.3), down=True)
    inner: RGB = (176, 180, 186) if steel else (48, 46, 48)
    base = s.shape(
        shapes.ellipse(cx, cy + 28, 206, 112), ((0, lighter(inner, 0.2)), (0.5, inner), (1, darker(inner, 0.25)))
    )
    if steel:
        s.many(
            [
                [
                    *shapes.arc(cx, cy + 28, 190 - k * 21, (190 - k * 21) * 0.54, 0, 360),
                    *shapes.arc(cx, cy + 28, 186 - k * 21, (186 - k * 21) * 0.54, 360, 0),
                ]
                for k in range(9)
            ],
            darker(inner, 0.25),
            clip=base,
            alpha=0.3,
        )
    else:
        s.shape(shapes.ellipse(cx, cy + 28, 52, 28), (190, 44, 44), clip=base, alpha=0.9)
        s.shape(shapes.ellipse(cx, cy + 28, 36, 19), inner, clip=base, alpha=0.5)
    s.glow(
        shapes.smooth(path("230,640 300,580 420,560 330,600 256,680"), closed=True),
        clip=base,
        alpha=0.3,
        blur=14,
    )
    s.shape(shapes.ellipse(660, 616, 9, 9), metal(STEEL))
    s.shape(shapes.ellipse(672, 640, 9, 9), metal(STEEL))


@form("potset", focus=(430, 600), box=None)
def pot_set(s: Stage, look: Look) -> None:
    for cx, foot, half, high in ((648, 770, 150, 190), (350, 790, 132, 240), (470, 850, 120, 130)):
        top = foot - high
        s.shadow(cx, foot, half, 26)
        for side in (-1, 1):
            ear = shapes.smooth(
                [
                    (cx + side * half * 0.96, top + 30),
                    (cx + side * (half + 46), top + 34),
                    (cx + side * (half + 46), top + 62),
                    (cx + side * half * 0.96, top + 66),
                ],
                steps=7,
            )
            s.shape(shapes.stroke(ear, 14), metal(STEEL), down=True)
        s.round_body([(half, top), (half, foot - 12), (half * 0.97, foot)], cx, metal(look.body), sag=0.12)
        s.round_body([(half + 5, top - 6), (half + 5, top + 6)], cx, metal(STEEL), sag=0.12)
        s.shape(shapes.ellipse(cx, top - 6, half + 5, (half + 5) * 0.16), metal(lighter(STEEL, 0.2)))
        s.shape(
            shapes.ellipse(cx, top - 9, half * 0.86, half * 0.13),
            ((0, (178, 192, 202)), (0.4, (240, 244, 247)), (1, (160, 172, 182))),
        )
        s.round_body([(10, top - 46), (12, top - 12)], cx, metal(STEEL))
        s.shape(shapes.ellipse(cx, top - 46, 24, 10), fall(INK, 0.3, 0.1), down=True)


@form("knife", focus=(560, 420), box=(480, 110))
def kitchen_knife(s: Stage, look: Look) -> None:
    board = shapes.turn(shapes.rrect(210, 330, 800, 760, 30), -8, (500, 545))
    s.cast(board, strength=0.42)
    wood = s.shape(board, fall(_WOOD, 0.2, 0.12), down=True)
    s.many(
        [
            shapes.turn(shapes.stroke(grain, 3 + i % 3), -8, (500, 545))
            for i in range(10)
            for grain in [
                shapes.smooth(
                    [(190, 370 + i * 42), (380, 362 + i * 43), (600, 380 + i * 41), (820, 366 + i * 42)], steps=6
                )
            ]
        ],
        darker(_WOOD, 0.2),
        clip=wood,
        alpha=0.35,
    )
    blade = shapes.turn(
        [
            (250, 520),
            *shapes.smooth(path("250,520 300,556 420,590 600,600"), steps=8),
            (600, 486),
            *shapes.smooth(path("600,486 430,488 300,502 250,520"), steps=8),
        ],
        -16,
        (500, 545),
    )
    s.cast(blade, dx=8, dy=14, blur=12, strength=0.5)
    cut = s.shape(
        blade,
        ((0, (238, 241, 244)), (0.4, look.body), (0.7, lighter(look.body, 0.5)), (1, darker(look.body, 0.2))),
        down=True,
    )
    edge = shapes.turn(
        [
            *shapes.smooth(path("250,520 300,556 420,590 600,600"), steps=8),
            (600, 584),
            *shapes.smooth(path("600,584 420,574 304,544 250,520"), steps=8),
        ],
        -16,
        (500, 545),
    )
    s.shape(edge, (246, 248, 250), clip=cut, alpha=0.9)
    if look.has("damask"):
        waves = [
            shapes.smooth(
                [(x, 520 + (k % 2) * 8 - 4 + i * 9) for k, x in enumerate((270, 350, 430, 510, 600))], steps=7
            )
            for i in range(7)
        ]
        ribbons = [shapes.turn(shapes.stroke(wave, 3), -16, (500, 545)) for wave in waves]
        s.many(ribbons, darker(look.body, 0.4), clip=cut, alpha=0.4)
    s.shape(shapes.turn(shapes.rrect(594, 488, 640, 586, 8), -16, (500, 545)), metal(STEEL))
    grip = shapes.turn(
        shapes.smooth(
            path("636,496 700,488 790,500 812,530 800,562 760,566 700,552 636,562"),
            closed=True,
            steps=7,
        ),
        -16,
        (500, 545),
    )
    handle = s.shape(grip, fall(look.accent, 0.3, 0.3), down=True)
    for x in (668, 716, 764):
        s.shape(shapes.turn(shapes.ellipse(x, 526, 8, 8), -16, (500, 545)), metal(STEEL), clip=handle)
    s.text((470, 560), look.words, 26, darker(look.body, 0.5), clip=cut, alpha=0.7)


@form("moka", focus=(480, 560), box=(280, 420))
def moka_pot(s: Stage, look: Look) -> None:
    cx = 480
    s.shadow(cx, FLOOR, 124, 28)
    ear = shapes.smooth([(cx + 90, 400), (cx + 190, 396), (cx + 204, 470), (cx + 176, 600)], steps=8)
    s.shape(shapes.stroke(ear, 30), tube(INK, 0.4), down=True)
    for outline in (
        [(cx - 112, 640), (cx + 112, 640), (cx + 132, FLOOR), (cx - 132, FLOOR)],
        [(cx - 128, 372), (cx + 112, 372), (cx + 84, 606), (cx - 84, 606)],
    ):
        left, right = outline[0][0], outline[1][0]
        cut = s.shape(outline, metal(look.body))
        for k in (0.2, 0.44, 0.7):
            x = left + (right - left) * k
            x2 = outline[3][0] + (outline[2][0] - outline[3][0]) * k
            s.shape(
                [(x, outline[0][1]), (x + 5, outline[0][1]), (x2 + 5, outline[2][1]), (x2, outline[2][1])],
                darker(look.body, 0.4),
                clip=cut,
                alpha=0.4,
            )
            s.shape(
                [(x + 5, outline[0][1]), (x + 12, outline[0][1]), (x2 + 12, outline[2][1]), (x2 + 5, outline[2][1])],
                WHITE,
                clip=cut,
                alpha=0.4,
            )
    s.shape([(cx - 124, 376), (cx - 168, 392), (cx - 122, 452)], metal(darker(look.body, 0.1)))
    s.round_body(path("92,600 100,612 100,644"), cx, metal(darker(look.body, 0.1)))
    s.shape([(cx - 132, 374), (cx - 60, 326), (cx + 60, 326), (cx + 116, 374)], metal(lighter(look.body, 0.1)))
    s.round_body([(11, 288), (13, 330)], cx, tube(INK, 0.4))
    s.shape(shapes.ellipse(cx, 282, 24, 18), tube(INK, 0.5))
    s.shape(shapes.ellipse(cx - 6, 716, 12, 12), metal(GOLD))
    s.text((cx, 500), look.words, 44, darker(look.body, 0.55), alpha=0.7)
