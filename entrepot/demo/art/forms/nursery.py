"""Toys and gear for small children."""

from __future__ import annotations

from math import cos, pi, sin

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import WHITE, darker, fall, ink_on, lighter, matt, metal, mix, tube
from entrepot.demo.art.forms.play import _WOOD
from entrepot.demo.art.forms.vessels import FLOOR, INK, STEEL
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import Point, path
from entrepot.demo.art.studio import Stage


@form("giraffe", focus=(440, 380), box=(260, 420))
def giraffe(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 170, 30)
    hide = look.body
    for x0, x1 in ((440, 424), (600, 616)):
        s.shape(shapes.stroke([(x0, 660), (x1, 826)], 44), tube(darker(hide, 0.14), 0.3))
    torso = s.shape(
        shapes.smooth(
            path("380,600 420,540 520,540 630,580 664,650 640,720 540,740 420,726 372,670"),
            closed=True,
            steps=8,
        ),
        tube(hide, 0.4),
    )
    neck = s.shape(
        shapes.smooth(
            path("392,640 386,480 398,330 440,270 486,290 480,400 496,520 540,620 470,690"),
            closed=True,
            steps=8,
        ),
        tube(hide, 0.4),
    )
    for x0, x1 in ((404, 372), (576, 588)):
        s.shape(shapes.stroke([(x0, 660), (x1, 830)], 50), tube(hide, 0.4))
        s.shape(shapes.ellipse(x1, 826, 29, 14), darker(look.accent, 0.2))
    tail = shapes.smooth(path("650,620 690,660 694,710"), steps=8)
    s.shape(shapes.stroke(tail, 12), darker(hide, 0.1))
    s.shape(shapes.ellipse(694, 720, 13, 20), look.accent)
    head = s.shape(
        shapes.smooth(
            path("330,290 360,240 430,214 490,232 504,280 470,320 400,336 340,328"),
            closed=True,
            steps=8,
        ),
        tube(hide, 0.45),
    )
    for x, y in ((430, 150), (478, 156)):
        s.shape(shapes.stroke([(x, y), (x + 4, 226)], 13), tube(hide, 0.3))
        s.shape(shapes.ellipse(x, y, 15, 15), tube(look.accent, 0.4))
    s.shape(
        shapes.smooth(path("488,214 540,190 560,206 536,240 496,250"), closed=True, steps=7),
        tube(hide, 0.3),
    )
    for clip, spots in (
        (neck, ((430, 380, 26), (450, 470, 24), (420, 540, 26), (470, 600, 28))),
        (torso, ((560, 610, 30), (610, 660, 26), (500, 680, 28), (440, 650, 24), (545, 700, 18))),
    ):
        for x, y, r in spots:
            s.shape(
                shapes.smooth(
                    [
                        (x - r, y),
                        (x - r * 0.4, y - r * 0.8),
                        (x + r * 0.7, y - r * 0.6),
                        (x + r, y + r * 0.3),
                        (x, y + r * 0.8),
                    ],
                    closed=True,
                    steps=6,
                ),
                look.accent,
                clip=clip,
                alpha=0.9,
            )
    s.shape(shapes.ellipse(412, 262, 15, 18), WHITE)
    s.shape(shapes.ellipse(410, 264, 9, 12), INK)
    s.shape(shapes.ellipse(407, 259, 3, 4), WHITE)
    s.shape(shapes.ellipse(350, 288, 5, 6), darker(look.accent, 0.3))
    s.shape(shapes.stroke(shapes.smooth(path("340,312 370,320 400,312"), steps=7), 4), darker(look.accent, 0.2))
    s.shape(shapes.ellipse(440, 300, 17, 12), (226, 130, 110), clip=head, alpha=0.6, blur=3)


@form("carrier", focus=(500, 420), box=(360, 300))
def baby_carrier(s: Stage, look: Look) -> None:
    cloth = look.body
    for side in (-1, 1):
        strap = shapes.smooth(
            [
                (500 + side * 100, 330),
                (500 + side * 190, 240),
                (500 + side * 250, 330),
                (500 + side * 226, 520),
                (500 + side * 150, 620),
            ],
            steps=9,
        )
        s.cast(shapes.stroke(strap, 62), strength=0.3)
        s.shape(shapes.stroke(strap, 62), matt(darker(cloth, 0.1)))
        s.shape(shapes.stroke(strap, 4), lighter(cloth, 0.4), alpha=0.5)
        s.shape(shapes.rrect(500 + side * 236 - 30, 440, 500 + side * 236 + 30, 486, 8), tube(INK, 0.3))
    belt = shapes.smooth(
        path("180,720 340,690 500,684 660,690 820,720 826,790 660,806 500,812 340,806 174,790"),
        closed=True,
        steps=8,
    )
    s.cast(belt, strength=0.36)
    waist = s.shape(belt, fall(darker(cloth, 0.16), 0.2, 0.16), down=True)
    s.shape(
        shapes.stroke(shapes.smooth(path("190,770 500,790 810,770"), steps=8), 4),
        lighter(cloth, 0.4),
        clip=waist,
        alpha=0.6,
    )
    panel = shapes.smooth(
        path("372,300 500,276 628,300 654,420 630,560 690,700 500,736 310,700 370,560 346,420"),
        closed=True,
        steps=8,
    )
    s.cast(panel, dx=6, dy=14, blur=12, strength=0.36)
    front = s.shape(panel, tube(cloth, 0.16))
    mesh = s.shape(
        shapes.smooth(path("410,400 500,384 590,400 600,560 500,590 400,560"), closed=True, steps=8),
        darker(cloth, 0.24),
        clip=front,
    )
    for i in range(11):
        s.many(
            [shapes.ellipse(404 + j * 22 + i % 2 * 11, 398 + i * 18, 5, 4) for j in range(10)],
            darker(cloth, 0.55),
            clip=mesh,
            alpha=0.5,
        )
    s.shade(shapes.stroke(shapes.smooth(path("352,620 500,650 648,620"), steps=8), 8), clip=front, alpha=0.4, blur=4)
    tag = s.shape(shapes.rrect(452, 640, 548, 684, 6), look.accent, clip=front)
    s.text((500, 662), look.short(4), 30, WHITE, clip=tag)


def wheel(s: Stage, at: Point, r: float) -> None:
    (x, y) = at
    s.shape(shapes.ellipse(x, y, r, r), fall((58, 58, 62), 0.2, 0.2), down=True)
    s.shape(shapes.ellipse(x, y, r * 0.68, r * 0.68), fall((196, 198, 202), 0.3, 0.2), down=True)
    s.many(
        [
            shapes.stroke([(x, y), (x + r * 0.66 * cos(a), y + r * 0.66 * sin(a))], r * 0.16)
            for i in range(5)
            for a in [i * 2 * pi / 5]
        ],
        (90, 92, 98),
    )
    s.shape(shapes.ellipse(x, y, r * 0.2, r * 0.2), (40, 40, 44))


@form("stroller", focus=(480, 420), box=None)
def stroller(s: Stage, look: Look) -> None:
    s.shadow(490, 836, 250, 26)
    cloth, frame = look.body, (74, 76, 80)
    for points in (
        path("330,790 450,600 690,250"),
        path("690,790 560,600 430,520"),
        [(690, 250), (752, 236)],
    ):
        s.shape(shapes.stroke(shapes.smooth(points, steps=9), 19), metal(frame))
    wheel(s, (690, 778), 58)
    wheel(s, (326, 778), 58)
    seat = s.shape(
        shapes.smooth(
            path("396,560 420,520 520,520 600,420 640,400 650,450 600,590 520,640 420,630"),
            closed=True,
            steps=8,
        ),
        tube(cloth, 0.2),
    )
    s.shape(
        shapes.smooth(path("420,560 520,556 600,450 620,460 570,580 500,616 430,606"), closed=True, steps=8),
        darker(cloth, 0.3),
        clip=seat,
    )
    for x in (520, 560):
        s.shape(shapes.stroke([(x, 600), (x + 40, 480)], 12), look.accent, clip=seat)
    hood = s.shape([(640, 440), *shapes.arc(560, 440, 190, 210, 0, -150), (520, 430)], tube(lighter(cloth, 0.05), 0.25))
    for k in (0.5, 0.78):
        rib = [(600, 440), *shapes.arc(560, 440, 190, 210, -150 * k + 4, -150 * k)]
        s.shade(shapes.stroke([rib[0], rib[-1]], 7), clip=hood, alpha=0.4, blur=3)
    s.text((500, 330), look.short(4), 36, ink_on(cloth), clip=hood, alpha=0.7)
    leg = s.shape(
        shapes.smooth(path("400,600 440,620 420,690 380,700 370,660"), closed=True, steps=7),
        darker(cloth, 0.14),
    )
    s.shade(shapes.rect(360, 660, 440, 710), clip=leg, alpha=0.2, blur=8)
    s.shape(shapes.stroke(path("404,520 330,490 336,470"), 20), tube((120, 84, 56), 0.3))
    s.shape(shapes.rrect(690, 216, 800, 256, 18), tube((120, 84, 56), 0.3), down=True)
    basket = s.shape(path("420,660 620,660 590,740 440,740"), darker(cloth, 0.4), alpha=0.9)
    s.shape(shapes.stroke([(420, 662), (620, 662)], 8), frame, clip=basket)


@form("highchair", focus=(500, 480), box=None)
def high_chair(s: Stage, look: Look) -> None:
    wood = look.body if look.has("stained") else mix(look.body, _WOOD, 0.2)
    s.shadow(500, 846, 220, 28)
    for side in (-1, 1):
        x = 500 + side * 132
        s.shape(
            [(x - side * 60, 200), (x - side * 22, 196), (x + side * 74, 840), (x + side * 22, 846)],
            ((0, lighter(wood, 0.14)), (0.5, wood), (1, darker(wood, 0.2))),
        )
        s.shape(shapes.stroke([(x + side * 40, 836), (x - side * 150, 842)], 30), fall(wood, 0.1, 0.2), down=True)
    for y, high in ((220, 84), (330, 66)):
        half = 96 + (y - 200) * 0.15
        s.shape(
            shapes.smooth(
                [
                    (500 - half, y),
                    (500, y + 22),
                    (500 + half, y),
                    (500 + half, y + high),
                    (500, y + high + 24),
                    (500 - half, y + high),
                ],
                closed=True,
                steps=8,
            ),
            fall(wood, 0.24, 0.12),
            down=True,
        )
    for y, half, deep in ((520, 150, 50), (700, 178, 44)):
        s.shade(shapes.ellipse(500, y + deep + 20, half, 26), alpha=0.25, blur=12)
        s.shape(
            [(500 - half + 26, y), (500 + half - 26, y), (500 + half, y + deep), (500 - half, y + deep)],
            fall(wood, 0.34, 0.06),
            down=True,
        )
        s.shape(shapes.rect(500 - half, y + deep, 500 + half, y + deep + 20), darker(wood, 0.26))
    s.text((500, 274), look.short(1), 30, darker(wood, 0.5), alpha=0.5)
    for side in (-1, 1):
        for y in (520, 640):
            s.shape(shapes.ellipse(500 + side * (142 + (y - 520) * 0.16), y, 6, 6), metal(STEEL))


@form("babyset", focus=(460, 620), box=(330, 260))
def dinner_set(s: Stage, look: Look) -> None:
    colour = look.body
    s.shadow(450, 800, 230, 40)
    s.shape(shapes.ellipse(440, 760, 236, 92), fall(darker(colour, 0.2), 0.0, 0.1), down=True)
    plate = s.shape(shapes.ellipse(440, 744, 236, 92), fall(colour, 0.3, 0.08), down=True)
    s.shape(shapes.ellipse(440, 748, 192, 68), fall(darker(colour, 0.1), 0.0, -0.1), down=True, clip=plate)
    for x in (-1, 1):
        s.shape(shapes.ellipse(440 + x * 104, 666, 46, 36), fall(colour, 0.3, 0.1), down=True)
        s.shape(shapes.ellipse(440 + x * 104, 668, 30, 22), lighter(colour, 0.3))
    s.round_body(
        [(124, 600), *shapes.smooth(path("118,660 96,708 64,726"), steps=6)],
        440,
        tube(lighter(colour, 0.12), 0.2),
        sag=0.16,
    )
    s.shape(shapes.ellipse(440, 600, 124, 26), lighter(colour, 0.4))
    s.shape(shapes.ellipse(440, 604, 112, 20), darker(colour, 0.16))
    for k in (-1, 1):
        s.shape(shapes.ellipse(440 + k * 26, 660, 8, 9), darker(colour, 0.6))
    s.shape(shapes.stroke(shapes.smooth(path("416,682 440,694 464,682"), steps=7), 5), darker(colour, 0.6))
    s.shadow(742, FLOOR, 84, 22)
    s.round_body(
        [(86, 610), *shapes.smooth([(84, 720), (76, 800), (66, FLOOR)], steps=6)],
        742,
        tube(mix(colour, look.accent, 0.4), 0.2),
    )
    s.shape(shapes.ellipse(742, 610, 86, 15), lighter(colour, 0.4))
    s.shape(shapes.ellipse(742, 613, 77, 11), darker(colour, 0.2))
    for side in (-1, 1):
        ear = shapes.smooth(
            [(742 + side * 80, 660), (742 + side * 128, 664), (742 + side * 126, 730), (742 + side * 76, 740)], steps=8
        )
        s.shape(shapes.stroke(ear, 16), tube(mix(colour, look.accent, 0.4), 0.2))
    s.text((742, 720), look.short(1), 40, WHITE, alpha=0.7)
