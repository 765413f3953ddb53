"""Footwear, seen from the side, toe to the left."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, darker, fall, ink_on, lighter, luminance
from entrepot.demo.art.look import Draw, Look, form
from entrepot.demo.art.shapes import Point, path
from entrepot.demo.art.studio import Cut, Stage

_RUBBER: RGB = (240, 238, 232)
_CREPE: RGB = (196, 164, 112)
_LINING: RGB = (226, 206, 172)


def pair(draw: Draw, s: Stage, look: Look) -> None:
    """The other shoe behind, a little up and to the right."""
    for at in ((556.0, 740.0), (472.0, 832.0)):
        with s.placed(at, 0.94):
            draw(s, look)


def laces(s: Stage, points: list[Point], colour: RGB, *, wide: float = 9) -> None:
    for x, y in points:
        s.shape(shapes.stroke([(x - 26, y + 12), (x + 28, y - 10)], wide), darker(colour, 0.3), alpha=0.5)
        s.shape(shapes.stroke([(x - 26, y + 8), (x + 28, y - 14)], wide), colour)


@form("runner", focus=(430, 660), box=None)
def runner(s: Stage, look: Look) -> None:
    pair(_runner, s, look)


def _runner(s: Stage, look: Look) -> None:
    s.shadow(500, 806, 310, 26, strength=0.9)
    sole_colour = _RUBBER if luminance(look.body) < 0.85 else (230, 228, 222)
    sole = shapes.smooth(
        path("190,742 196,784 240,806 420,800 640,806 790,806 836,770 846,706 820,690 640,716 420,730 240,722"),
        closed=True,
        steps=8,
    )
    cut = s.shape(sole, fall(sole_colour, 0.3, 0.18), down=True)
    s.shape(
        shapes.smooth(
            path("196,790 240,806 420,800 640,806 790,806 824,790 820,816 640,818 420,812 240,818"),
            closed=True,
            steps=8,
        ),
        (52, 52, 54),
        clip=cut,
    )
    if look.has("lugs"):
        s.many(
            [[(x, 796), (x + 28, 796), (x + 22, 824), (x + 6, 824)] for i in range(15) for x in [214 + i * 40]],
            (44, 44, 46),
        )
    if look.has("pods"):
        s.many(
            [shapes.rrect(240 + i * 64, 744 - i * 3, 290 + i * 64, 780 - i * 2, 15) for i in range(9)],
            darker(sole_colour, 0.5),
            clip=cut,
            alpha=0.8,
        )
    else:
        groove = shapes.smooth(path("220,760 420,762 640,752 830,728"), steps=8)
        s.shape(
            shapes.stroke(groove, 6),
            look.accent if luminance(look.accent) < 0.85 else darker(sole_colour, 0.2),
            clip=cut,
            alpha=0.9,
        )
    _running_upper(s, look)


def _running_upper(s: Stage, look: Look) -> None:
    upper = [
        (206, 738),
        *shapes.smooth(path("206,738 196,690 230,640 320,604 430,556 500,500 560,478"), steps=8),
        *shapes.smooth(path("560,478 590,520 640,534 700,516"), steps=7),
        *shapes.smooth(path("700,516 760,470 800,462 818,480 816,560 830,640 838,704"), steps=8),
        *shapes.smooth(path("838,708 640,726 420,740 206,740"), steps=7),
    ]
    body = s.shape(
        upper,
        ((0, lighter(look.body, 0.1)), (0.35, lighter(look.body, 0.16)), (0.7, look.body), (1, darker(look.body, 0.2))),
    )
    s.shape(
        shapes.smooth(
            path("560,482 590,520 640,534 700,516 690,540 620,556 566,530"),
            closed=True,
            steps=7,
        ),
        darker(look.body, 0.55),
        clip=body,
    )
    mesh(s, body, look)
    toe = shapes.smooth(path("200,740 196,690 232,644 300,620 330,660 320,744"), closed=True, steps=8)
    s.shape(toe, darker(look.body, 0.16) if not look.has("retro") else lighter(look.body, 0.25), clip=body, alpha=0.7)
    heel = shapes.smooth(path("740,490 800,460 826,500 820,600 840,720 730,730 752,600"), closed=True, steps=8)
    s.shape(heel, look.accent if not look.has("retro") else darker(look.body, 0.2), clip=body, alpha=0.92)
    saddle = shapes.smooth(path("430,742 470,640 520,560 560,548 640,566 620,640 600,742"), closed=True, steps=8)
    contrast = abs(luminance(look.accent) - luminance(look.body)) > 0.12
    s.shape(saddle, look.accent if contrast else darker(look.body, 0.2), clip=body, alpha=0.9)
    seam = shapes.smooth(path("520,742 556,640 590,562"), steps=8)
    s.shape(shapes.stroke(seam, 7), look.body, clip=body, alpha=0.8)
    tongue = shapes.smooth(path("470,520 510,440 556,420 578,440 568,490 540,520"), closed=True, steps=7)
    s.shape(tongue, fall(lighter(look.body, 0.1), 0.1, 0.2), down=True)
    s.text((532, 462), look.short(3), 22, ink_on(look.body))
    laces(
        s,
        [(372 + i * 36, 596 - i * 25) for i in range(5)],
        _RUBBER if luminance(look.body) < 0.6 else look.accent if luminance(look.accent) < 0.6 else (120, 120, 124),
    )


def mesh(s: Stage, body: Cut, look: Look) -> None:
    for i in range(9):
        s.many(
            [shapes.ellipse(x, y, 5, 4) for j in range(5) for x, y in [(250 + i * 28 + j * 6, 700 - i * 10 - j * 16)]],
            darker(look.body, 0.4),
            clip=body,
            alpha=0.3,
        )


@form("lowsneaker", focus=(430, 660), box=None)
def low_sneaker(s: Stage, look: Look) -> None:
    pair(_low, s, look)


def _low(s: Stage, look: Look) -> None:
    s.shadow(500, 806, 300, 24, strength=0.9)
    soft = look.has("soft")
    sole = shapes.smooth(
        path("196,752 200,792 250,808 500,806 780,808 826,788 832,740 640,742 400,750"),
        closed=True,
        steps=8,
    )
    s.shape(sole, fall(_RUBBER if not soft else darker(look.body, 0.3), 0.2, 0.2), down=True)
    upper = [
        (204, 752),
        *shapes.smooth(path("204,752 198,700 240,650 340,622 440,578 520,522 566,496"), steps=8),
        *shapes.smooth(path("566,496 620,530 700,528 776,500"), steps=7),
        *shapes.smooth(path("776,500 812,510 814,600 828,744"), steps=7),
        (640, 750),
        (400, 758),
    ]
    body = s.shape(
        upper,
        (
            (0, lighter(look.body, 0.08)),
            (0.3, lighter(look.body, 0.24)),
            (0.66, look.body),
            (1, darker(look.body, 0.22)),
        ),
    )
    s.shape(
        shapes.smooth(
            path("566,500 620,534 700,532 776,504 740,546 640,560 580,536"),
            closed=True,
            steps=7,
        ),
        _LINING,
        clip=body,
    )
    for points in (
        path("330,752 350,690 420,640 470,628"),
        path("470,628 520,690 540,752"),
        path("640,750 660,640 720,560 790,530"),
    ):
        line = shapes.smooth(points, steps=8)
        s.shape(shapes.stroke(line, 3), darker(look.body, 0.4), clip=body, alpha=0.6)
        s.shape(shapes.stroke(shapes.moved(line, 6, 4), 2), lighter(look.body, 0.3), clip=body, alpha=0.5)
    s.shape(shapes.rrect(748, 560, 822, 640, 12), look.accent, clip=body, alpha=0.85)
    s.glow(
        shapes.smooth(path("240,700 300,660 380,640 320,680 250,730"), closed=True),
        clip=body,
        alpha=0.35,
        blur=10,
    )
    cord = _RUBBER if luminance(look.body) < 0.6 else (214, 212, 206)
    laces(s, [(404 + i * 38, 606 - i * 26) for i in range(4)], cord if not soft else look.accent)


@form("boot", focus=(430, 620), box=None)
def boot(s: Stage, look: Look) -> None:
    pair(_boot, s, look)


def _boot(s: Stage, look: Look) -> None:
    s.shadow(500, 806, 290, 24, strength=0.9)
    sole_colour = _CREPE if look.has("crepe") else (60, 56, 52)
    s.shape(
        shapes.smooth(
            path("206,760 208,800 260,810 500,808 780,810 806,800 808,756 500,766"),
            closed=True,
            steps=8,
        ),
        fall(sole_colour, 0.2, 0.2),
        down=True,
    )
    upper = [
        (210, 762),
        *shapes.smooth(path("210,762 206,716 250,662 350,632 450,596 520,520 548,430 560,372"), steps=8),
        *shapes.smooth(path("560,372 660,388 770,366"), steps=6),
        *shapes.smooth(path("770,366 778,460 784,600 802,760"), steps=8),
        (500, 772),
    ]
    body = s.shape(
        upper,
        (
            (0, lighter(look.body, 0.08)),
            (0.34, lighter(look.body, 0.2)),
            (0.7, look.body),
            (1, darker(look.body, 0.24)),
        ),
    )
    s.shape(shapes.ellipse(665, 376, 104, 18), darker(look.body, 0.5))
    for points in (path("420,612 470,680 500,770"), path("600,770 620,640 690,520 782,500")):
        line = shapes.smooth(points, steps=8)
        s.shape(shapes.stroke(line, 4), darker(look.body, 0.45), clip=body, alpha=0.7)
        s.shape(shapes.stroke(shapes.moved(line, 7, 3), 2), lighter(look.body, 0.4), clip=body, alpha=0.6)
    s.many(
        [shapes.ellipse(x, y, 7, 3) for i in range(70) for x, y in [(240 + i * 83 % 540, 420 + i * 47 % 330)]],
        lighter(look.body, 0.3),
        clip=body,
        alpha=0.1,
    )
    for i in range(2):
        x, y = 520 + i * 22, 560 - i * 62
        for k in (0, 52):
            s.shape(shapes.ellipse(x + k, y - k * 0.2, 7, 7), darker(look.body, 0.6))
        s.shape(
            shapes.stroke([(x, y), (x + 52, y - 10)], 9),
            lighter(look.body, 0.16) if luminance(look.body) < 0.3 else darker(look.body, 0.4),
        )
