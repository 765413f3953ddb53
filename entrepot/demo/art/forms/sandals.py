"""Sandals and sheepskin boots."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import darker, fall, lighter, metal, mix, tube
from entrepot.demo.art.forms.shoes import _LINING, pair
from entrepot.demo.art.forms.vessels import STEEL
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage


@form("uggboot", focus=(500, 560), box=None)
def sheepskin_boot(s: Stage, look: Look) -> None:
    pair(_ugg, s, look)


def _ugg(s: Stage, look: Look) -> None:
    s.shadow(520, 806, 270, 24, strength=0.9)
    s.shape(
        shapes.smooth(
            path("240,768 246,806 300,812 560,810 760,812 780,800 780,762 520,770"),
            closed=True,
            steps=8,
        ),
        fall((96, 84, 72), 0.2, 0.2),
        down=True,
    )
    upper = [
        (244, 772),
        *shapes.smooth(path("244,772 238,710 280,644 380,612 476,570 504,470 506,350"), steps=8),
        (776, 350),
        *shapes.smooth(path("776,350 772,470 766,620 778,768"), steps=7),
        (520, 778),
    ]
    body = s.shape(
        upper,
        (
            (0, lighter(look.body, 0.1)),
            (0.36, lighter(look.body, 0.24)),
            (0.7, look.body),
            (1, darker(look.body, 0.26)),
        ),
    )
    for points in (path("420,600 470,680 480,776"), path("640,350 646,560 640,776")):
        line = shapes.smooth(points, steps=8)
        s.shape(shapes.stroke(line, 6), darker(look.body, 0.3), clip=body, alpha=0.7)
        s.shape(shapes.stroke(shapes.moved(line, 7, 0), 3), lighter(look.body, 0.3), clip=body, alpha=0.5)
    for i in range(22):
        x = 498 + i * 13.4
        r = 17 + (i * 5) % 7
        s.shape(shapes.ellipse(x, 348 + (i % 3) * 4, r, r), mix(_LINING, look.body, 0.12 * (i % 3)), blur=2)
    label = s.shape(shapes.rrect(706, 640, 772, 690, 5), darker(look.body, 0.4), clip=body)
    s.text((739, 665), look.short(3), 22, _LINING, clip=label)


@form("birkenstock", focus=(480, 680), box=None)
def strap_sandal(s: Stage, look: Look) -> None:
    pair(_strap, s, look)


def _strap(s: Stage, look: Look) -> None:
    s.shadow(500, 806, 300, 24, strength=0.9)
    s.shape(
        shapes.smooth(
            path("196,770 200,802 260,812 500,808 760,812 812,796 816,756 500,776"),
            closed=True,
            steps=8,
        ),
        fall((84, 74, 66), 0.2, 0.2),
        down=True,
    )
    cork = s.shape(
        shapes.smooth(
            path("194,742 196,778 260,790 500,782 760,784 816,766 828,690 780,690 640,736 440,746 280,728"),
            closed=True,
            steps=8,
        ),
        fall((190, 150, 104), 0.2, 0.16),
        down=True,
    )
    s.many(
        [shapes.ellipse(x, y, 5, 2) for i in range(70) for x, y in [(210 + i * 97 % 600, 726 + i * 31 % 56)]],
        (140, 104, 66),
        clip=cork,
        alpha=0.5,
    )
    s.shape(
        shapes.smooth(
            path("198,742 280,716 440,730 640,720 780,676 828,682 780,704 640,746 440,752 280,738"),
            closed=True,
            steps=8,
        ),
        fall((206, 184, 150), 0.2, 0.1),
        down=True,
    )
    for x0, x1, high in ((238, 428, 622), (444, 650, 590)):
        strap = [
            (x0, 760),
            *shapes.smooth([(x0, 760), (x0 + 10, 660), (x0 + 60, high + 14), ((x0 + x1) / 2, high)], steps=8),
            *shapes.smooth([((x0 + x1) / 2, high), (x1 - 30, high + 20), (x1 - 6, 660), (x1 + 10, 752)], steps=8),
        ]
        cut = s.shape(
            strap,
            (
                (0, darker(look.body, 0.1)),
                (0.34, lighter(look.body, 0.28)),
                (0.7, look.body),
                (1, darker(look.body, 0.26)),
            ),
        )
        s.shape(shapes.stroke(shapes.moved(strap[1:-1], 0, 9), 2), lighter(look.body, 0.4), clip=cut, alpha=0.6)
        cx, cy = (x0 + x1) / 2 + 6, high + 62
        s.shape(shapes.rrect(cx - 30, cy - 34, cx + 30, cy + 34, 9), metal((206, 176, 112)))
        s.shape(shapes.rrect(cx - 17, cy - 22, cx + 17, cy + 22, 5), look.body)
        s.shape(shapes.rrect(cx - 22, cy - 5, cx + 24, cy + 5, 3), metal((206, 176, 112)))


@form("flipflop", focus=(420, 480), box=None)
def flip_flops(s: Stage, look: Look) -> None:
    """Two soles lying flat, seen from above."""
    for side, cx in ((-1, 400.0), (1, 610.0)):
        right = [
            (cx + 66, 250),
            (cx + 96, 340),
            (cx + 86, 480),
            (cx + 66, 600),
            (cx + 70, 720),
            (cx + 40, 810),
            (cx, 826),
        ]
        left = [
            (cx - 40, 810),
            (cx - 66, 720),
            (cx - 62, 600),
            (cx - 76, 480),
            (cx - 92, 340),
            (cx - 70, 240),
            (cx, 206),
        ]
        points = shapes.smooth(
            [*right, *left] if side < 0 else [(2 * cx - x, y) for x, y in [*right, *left]], closed=True, steps=8
        )
        outline = shapes.turn(points, side * 7, (cx, 520))
        s.cast(outline, dx=12, dy=16, blur=14, strength=0.45)
        s.shape(shapes.moved(outline, 6, 10), darker(look.body, 0.4))
        cut = s.shape(outline, ((0, lighter(look.body, 0.2)), (0.5, look.body), (1, darker(look.body, 0.16))))
        s.many(
            [
                shapes.turn(shapes.ellipse(x, y, 6, 2), 30, (x, y))
                for i in range(90)
                for x, y in [(cx - 90 + i * 53 % 180, 230 + i * 71 % 580)]
            ],
            darker(look.body, 0.3),
            clip=cut,
            alpha=0.3,
        )
        toe, out, in_ = (cx - side * 8, 300.0), (cx + 84, 500.0), (cx - 82, 500.0)
        for end in (out, in_):
            strap = shapes.smooth([toe, ((toe[0] + end[0]) / 2 + (26 if end[0] > cx else -26), 366), end], steps=10)
            turned = shapes.turn(strap, side * 7, (cx, 520))
            s.cast(shapes.stroke(turned, 22), dx=8, dy=14, blur=8, strength=0.5)
            s.shape(
                shapes.stroke(turned, [16 + 14 * i / len(turned) for i in range(len(turned))]), tube(look.accent, 0.4)
            )
        x, y = shapes.turn([toe], side * 7, (cx, 520))[0]
        s.shape(shapes.ellipse(x, y, 12, 12), metal(STEEL))
