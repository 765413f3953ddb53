"""Bags, suitcases, glasses, wallets."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, darker, fall, lighter, luminance, matt, metal, mix, tube
from entrepot.demo.art.forms.vessels import FLOOR, GOLD, INK, STEEL
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage

_LEATHER: RGB = (122, 80, 50)


@form("tote", focus=(500, 560), box=None)
def tote(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 240, 34)
    for off, part in ((-14, 0.3), (0, 0.0)):
        handle = shapes.smooth(
            [
                (410, 500 + off),
                (414, 380 + off),
                (450, 290 + off),
                (500, 270 + off),
                (550, 290 + off),
                (586, 380 + off),
                (590, 500 + off),
            ],
            steps=9,
        )
        s.shape(shapes.stroke(handle, 17), tube(darker(_LEATHER, part), 0.3), down=True)
    outline = [
        *shapes.smooth(path("236,470 380,492 500,496 620,492 764,470"), steps=7),
        *shapes.smooth(path("764,470 730,640 714,800"), steps=7),
        *shapes.smooth(path("714,804 690,832 500,838 310,832 286,804"), steps=7),
        *shapes.smooth(path("286,800 270,640 236,470"), steps=7),
    ]
    body = s.shape(
        outline,
        (
            (0, darker(look.body, 0.24)),
            (0.16, lighter(look.body, 0.12)),
            (0.36, lighter(look.body, 0.2)),
            (0.6, look.body),
            (1, darker(look.body, 0.3)),
        ),
    )
    for x, x2 in ((350, 400), (440, 430), (580, 600), (664, 640)):
        s.shade(
            shapes.stroke(shapes.smooth([(x, 500), ((x + x2) / 2 + 12, 640), (x2, 820)], steps=7), 14),
            clip=body,
            alpha=0.2,
            blur=9,
        )
    for side in (-1, 1):
        s.shape([(500 + side * 262, 468), (500 + side * 214, 480), (500 + side * 236, 540)], _LEATHER, clip=body)
        s.shape(
            shapes.rrect(500 + side * 90 - 13, 486, 500 + side * 90 + 13, 560, 5), fall(_LEATHER, 0.2, 0.1), down=True
        )
    flap = shapes.smooth(path("432,488 568,488 572,560 540,624 500,634 460,624 428,560"), closed=True, steps=6)
    s.cast(flap, dx=5, dy=10, blur=9, strength=0.4)
    cut = s.shape(flap, fall(_LEATHER, 0.22, 0.12), down=True)
    s.shape(shapes.ellipse(500, 596, 13, 13), metal(GOLD))
    s.text((500, 540), look.words, 34, lighter(_LEATHER, 0.5), clip=cut)
    s.shade(shapes.rect(280, 796, 720, 840), clip=body, alpha=0.26, blur=10)


def _straps(s: Stage, colour: RGB) -> None:
    loop = shapes.smooth(path("456,268 462,222 500,206 538,222 544,268"), steps=8)
    s.shape(shapes.stroke(loop, 15), tube(darker(colour, 0.2), 0.3), down=True)
    for side in (-1, 1):
        strap = shapes.smooth(
            [(500 + side * 150, 330), (500 + side * 226, 440), (500 + side * 236, 620), (500 + side * 190, 760)],
            steps=8,
        )
        s.shape(shapes.stroke(strap, 34), matt(darker(colour, 0.34)))


@form("rucksack", focus=(500, 560), box=None)
def rucksack(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 190, 32)
    _straps(s, look.body)
    body = s.shape(
        shapes.smooth(
            path("340,400 370,300 500,262 630,300 660,400 678,620 672,780 620,836 380,836 328,780 322,620"),
            closed=True,
            steps=8,
        ),
        tube(look.body, 0.2),
    )
    pocket = s.shape(
        shapes.rrect(372, 600, 628, 806, 34), fall(lighter(look.body, 0.05), 0.12, 0.16), down=True, clip=body
    )
    s.shade(shapes.stroke(shapes.smooth(path("376,606 500,612 624,606"), steps=7), 6), clip=pocket, alpha=0.5, blur=2)
    flap = shapes.smooth(
        path("338,420 372,300 500,264 628,300 662,420 648,540 500,566 352,540"),
        closed=True,
        steps=8,
    )
    s.cast(flap, dx=4, dy=12, blur=10, strength=0.4)
    top = s.shape(flap, fall(lighter(look.body, 0.08), 0.22, 0.1), down=True)
    for x in (420, 580):
        s.shape(shapes.rrect(x - 15, 470, x + 15, 700, 5), fall(look.accent, 0.16, 0.16), down=True)
        s.shape(shapes.rrect(x - 21, 560, x + 21, 606, 6), metal(GOLD if luminance(look.body) < 0.6 else STEEL))
        s.shape(shapes.rrect(x - 12, 568, x + 12, 598, 4), look.accent)
    tag = s.shape(shapes.rrect(446, 390, 554, 446, 5), (244, 240, 232), clip=top)
    s.text((500, 418), look.words, 32, INK, clip=tag)


@form("kanken", focus=(500, 520), box=None)
def school_bag(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 180, 32)
    for x in (452, 548):
        loop = shapes.smooth([(x - 30, 330), (x - 26, 246), (x, 226), (x + 26, 246), (x + 30, 330)], steps=8)
        s.shape(shapes.stroke(loop, 20), matt(darker(look.accent, 0.1)))
    body = s.shape(shapes.rrect(330, 300, 670, 836, 60), fall(look.body, 0.18, 0.2), down=True)
    s.shade(shapes.rect(620, 320, 690, 836), clip=body, alpha=0.18, blur=22)
    for outline in (shapes.smooth(path("352,560 350,400 390,332 500,322 610,332 650,400 648,560"), steps=8),):
        s.shape(shapes.stroke(outline, 9), darker(look.body, 0.35), clip=body)
        s.shape(shapes.stroke(outline, 3), lighter(look.body, 0.2), clip=body)
    pocket = s.shape(
        shapes.rrect(368, 580, 632, 800, 18), fall(lighter(look.body, 0.03), 0.12, 0.12), down=True, clip=body
    )
    s.shade(shapes.stroke([(372, 616), (628, 616)], 6), clip=pocket, alpha=0.5, blur=1)
    s.shape(shapes.stroke(shapes.rrect(368, 580, 632, 800, 18), 3), darker(look.body, 0.3), clip=body, alpha=0.6)
    s.shape(shapes.ellipse(500, 440, 54, 54), (238, 234, 226), clip=body)
    s.shape(shapes.ellipse(500, 440, 48, 48), look.accent, clip=body)
    s.text((500, 440), look.short(2), 50, (246, 240, 228), clip=body)
    for x in (340, 660):
        s.shape(shapes.rrect(x - 20, 520, x + 20, 640, 8), matt(darker(look.body, 0.2)))


@form("trekpack", focus=(500, 520), box=None)
def trekking_pack(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 180, 32)
    _straps(s, look.body)
    body = s.shape(
        shapes.smooth(
            path("372,330 410,258 500,238 590,258 630,330 664,520 660,760 610,836 390,836 338,760 336,520"),
            closed=True,
            steps=8,
        ),
        tube(look.body, 0.25),
    )
    lid = s.shape(
        shapes.smooth(
            path("366,380 392,272 500,240 608,272 634,380 590,410 500,416 410,410"),
            closed=True,
            steps=8,
        ),
        fall(darker(look.body, 0.12), 0.24, 0.1),
        down=True,
    )
    s.shape(shapes.stroke(shapes.smooth(path("398,360 500,372 602,360"), steps=7), 8), look.accent, clip=lid)
    front = s.shape(
        shapes.smooth(
            path("404,470 500,450 596,470 612,640 590,790 500,806 410,790 388,640"),
            closed=True,
            steps=8,
        ),
        fall(darker(look.body, 0.22), 0.16, 0.1),
        down=True,
        clip=body,
    )
    s.shape(shapes.stroke(shapes.smooth(path("420,500 500,484 580,500"), steps=7), 7), look.accent, clip=front)
    for side in (-1, 1):
        mesh = s.shape(
            shapes.smooth(
                [(500 + side * 112, 620), (500 + side * 164, 600), (500 + side * 166, 780), (500 + side * 120, 810)],
                closed=True,
                steps=6,
            ),
            darker(look.body, 0.5),
            clip=body,
            alpha=0.7,
        )
        s.many(
            [shapes.stroke([(500 + side * 104, 620 + i * 28), (500 + side * 170, 606 + i * 28)], 3) for i in range(7)],
            lighter(look.body, 0.2),
            clip=mesh,
            alpha=0.5,
        )
        s.shape(
            shapes.stroke([(500 + side * 122, 440), (500 + side * 150, 560)], 12), darker(look.body, 0.4), clip=body
        )
        s.shape(shapes.rrect(500 + side * 138 - 15, 500, 500 + side * 138 + 15, 536, 6), tube(INK, 0.3))
    s.text(
        (500, 600),
        look.words,
        44,
        lighter(look.body, 0.5) if luminance(look.body) < 0.5 else darker(look.body, 0.6),
        clip=front,
    )
    for i, y in enumerate((680, 720, 760)):
        s.shape(
            shapes.stroke([(440, y), (560, y)], 5),
            look.accent if i == 1 else darker(look.body, 0.5),
            clip=front,
            alpha=0.8,
        )


@form("suitcase", focus=(500, 520), box=None)
def suitcase(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR + 6, 200, 30)
    for x in (450, 550):
        s.shape(shapes.rect(x - 7, 130, x + 7, 330), metal(STEEL))
    s.shape(shapes.rrect(436, 112, 564, 146, 14), tube(INK, 0.4), down=True)
    for x in (350, 640):
        s.shape(shapes.rrect(x - 24, 800, x + 24, 838, 8), fall((70, 72, 76), 0.2, 0.2), down=True)
        s.shape(shapes.ellipse(x, 836, 24, 22), tube(INK, 0.3))
        s.shape(shapes.ellipse(x, 836, 9, 9), metal(STEEL))
    shell = metal(look.body) if 0.5 < luminance(look.body) < 0.72 else tube(look.body, 0.5)
    body = s.shape(shapes.rrect(318, 280, 682, 816, 52), shell)
    if look.has("grooves"):
        for i in range(11):
            x = 344 + i * 31
            s.shade(shapes.rect(x, 284, x + 9, 812), clip=body, alpha=0.26, blur=2)
            s.glow(shapes.rect(x + 11, 284, x + 16, 812), clip=body, alpha=0.3, blur=1.5)
    else:
        for i in range(6):
            r = 60 + i * 74
            curve = shapes.arc(318, 816, r, r * 1.2, -90, 0)
            s.shade(shapes.stroke(curve, 9), clip=body, alpha=0.2, blur=3)
            s.glow(shapes.moved(shapes.stroke(curve, 7), 7, -7), clip=body, alpha=0.25, blur=2)
    for y in (300, 790):
        for x in (332, 668):
            s.shape(
                shapes.ellipse(x + (10 if x < 500 else -10), y, 30, 26), darker(look.body, 0.3), clip=body, alpha=0.5
            )
    s.shape(shapes.rrect(674, 470, 700, 610, 10), tube(INK, 0.3))
    s.shape(shapes.rrect(462, 262, 538, 292, 10), tube(INK, 0.3), down=True)
    badge = s.shape(shapes.rrect(436, 346, 564, 400, 6), metal(mix(STEEL, look.accent, 0.1)), clip=body)
    s.text((500, 373), look.words, 32, INK, clip=badge)
    s.glow(shapes.rrect(344, 310, 366, 780, 10), clip=body, alpha=0.4, blur=6)


@form("wallet", focus=(480, 560), box=(300, 200))
def wallet(s: Stage, look: Look) -> None:
    s.shadow(500, 790, 260, 44)
    back = shapes.turn(shapes.rrect(260, 420, 720, 780, 22), -6, (490, 600))
    s.shape(back, fall(darker(look.body, 0.3), 0.1, 0.1), down=True)
    for i, colour in enumerate(((176, 150, 110), (90, 110, 130), (206, 206, 202))):
        s.shape(
            shapes.turn(shapes.rrect(300, 424 + i * 15, 690, 520 + i * 15, 12), -6, (490, 600)),
            fall(colour, 0.2, 0.1),
            down=True,
        )
    front = shapes.turn(shapes.rrect(254, 486, 726, 806, 24), -6, (490, 640))
    s.cast(front, dx=4, dy=-6, blur=8, strength=0.3)
    body = s.shape(front, ((0, lighter(look.body, 0.18)), (0.4, lighter(look.body, 0.08)), (1, darker(look.body, 0.2))))
    for odd, tone in ((0, lighter(look.body, 0.24)), (1, darker(look.body, 0.4))):
        grain = [
            shapes.rect(250 + (i * 131) % 480, 470 + (i * 71) % 360, 258 + (i * 131) % 480, 477 + (i * 71) % 360)
            for i in range(odd, 420, 2)
        ]
        s.many(grain, tone, clip=body, alpha=0.16)
    stitch = shapes.turn(shapes.rrect(270, 502, 710, 790, 16), -6, (490, 640))
    for i in range(len(stitch) - 1):
        (x0, y0), (x1, y1) = stitch[i], stitch[i + 1]
        steps = max(1, int(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 // 18))
        s.many(
            [
                shapes.stroke([(ax, ay), (bx, by)], 4)
                for k in range(steps)
                for ax, ay in [(x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps)]
                for bx, by in [(x0 + (x1 - x0) * (k + 0.55) / steps, y0 + (y1 - y0) * (k + 0.55) / steps)]
            ],
            lighter(look.body, 0.4),
            clip=body,
            alpha=0.6,
        )
    s.text((600, 740), look.words, 40, GOLD, clip=body)


@form("sunglasses", focus=(360, 520), box=(360, 200))
def sunglasses(s: Stage, look: Look) -> None:
    s.shadow(500, 690, 300, 26, strength=0.7)
    for side in (-1, 1):
        arm = shapes.smooth(
            [(500 + side * 262, 440), (500 + side * 300, 430), (500 + side * 276, 356), (500 + side * 236, 300)],
            steps=8,
        )
        s.shape(shapes.stroke(arm, 22), fall(darker(look.body, 0.2), 0.2, 0.1), down=True)
    frame: list[tuple[float, float]] = path(
        "232,430 300,408 420,414 486,448 500,458 514,448 580,414 700,408 768,430 770,470 744,560 "
        "700,640 620,656 556,620 526,540 500,510 474,540 444,620 380,656 300,640 256,560 230,470"
    )
    body = s.shape(shapes.smooth(frame, closed=True, steps=7), tube(look.body, 0.5))
    for side in (-1, 1):
        points = [
            (500 + side * x, y)
            for x, y in (
                (32, 468),
                (90, 440),
                (190, 434),
                (246, 452),
                (240, 500),
                (214, 584),
                (180, 624),
                (120, 632),
                (72, 596),
                (44, 530),
            )
        ]
        lens = s.shape(
            shapes.smooth(points, closed=True, steps=7),
            ((0, (30, 40, 36)), (0.5, (58, 74, 64)), (1, (120, 134, 116))),
            down=True,
        )
        s.glow(
            [
                (500 + side * 140 - 60, 430),
                (500 + side * 140 - 10, 430),
                (500 + side * 140 - 70, 640),
                (500 + side * 140 - 130, 640),
            ],
            clip=lens,
            alpha=0.22,
            blur=5,
        )
        s.shape(shapes.ellipse(500 + side * 250, 440, 8, 6), metal(look.accent))
    s.glow(shapes.smooth(path("250,430 320,414 420,420 320,424"), closed=True), clip=body, alpha=0.6, blur=4)
    s.text((640, 470), look.words, 16, (230, 230, 226))
    s.shape(shapes.rrect(470, 470, 478, 500, 4), lighter(look.body, 0.3), alpha=0.6)
    s.shape(shapes.rrect(522, 470, 530, 500, 4), lighter(look.body, 0.3), alpha=0.6)
