"""Small things that lie on the table."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import (
    RGB,
    WHITE,
    darker,
    fall,
    flat,
    lighter,
    metal,
    mix,
)
from entrepot.demo.art.forms.vessels import FLOOR, GOLD, INK, STEEL
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage


@form("soap", focus=(500, 600), box=(330, 210))
def soap(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR - 20, 210, 40)
    for dx, dy, part in ((-36, 0, 0.08), (30, -96, 0.0), (-10, -188, 0.04)):
        base = shapes.smooth(
            [
                (320 + dx, 740 + dy),
                (350 + dx, 690 + dy),
                (500 + dx, 676 + dy),
                (650 + dx, 690 + dy),
                (684 + dx, 742 + dy),
                (680 + dx, 786 + dy),
                (640 + dx, 822 + dy),
                (500 + dx, 832 + dy),
                (360 + dx, 822 + dy),
                (322 + dx, 786 + dy),
            ],
            closed=True,
            steps=8,
        )
        colour = mix(darker(look.body, part), WHITE, part)
        cut = s.shape(base, fall(darker(colour, 0.08), 0.06, 0.22), down=True)
        top = shapes.smooth(
            [
                (330 + dx, 738 + dy),
                (360 + dx, 694 + dy),
                (500 + dx, 682 + dy),
                (640 + dx, 694 + dy),
                (676 + dx, 738 + dy),
                (640 + dx, 774 + dy),
                (500 + dx, 784 + dy),
                (362 + dx, 774 + dy),
            ],
            closed=True,
            steps=8,
        )
        face = s.shape(top, ((0, lighter(colour, 0.34)), (0.6, lighter(colour, 0.12)), (1, colour)), clip=cut)
        s.text((500 + dx, 734 + dy), look.words, 52, darker(colour, 0.26), clip=face, alpha=0.8)
        s.shade(shapes.rect(300 + dx, 812 + dy, 700 + dx, 840 + dy), clip=cut, alpha=0.2, blur=8)


@form("sdcard", focus=(480, 500), box=None)
def sd_card(s: Stage, look: Look) -> None:
    outline = shapes.turn(path("350,250 590,250 660,330 660,760 350,760"), -6, (505, 505))
    s.cast(outline, strength=0.5)
    body = s.shape(outline, ((0, lighter(look.body, 0.2)), (0.5, look.body), (1, darker(look.body, 0.3))))
    s.shape(
        shapes.turn(shapes.rect(374, 380, 640, 700), -6, (505, 505)),
        ((0, lighter(look.accent, 0.12)), (1, darker(look.accent, 0.16))),
        clip=body,
    )
    s.shape(shapes.turn(shapes.rect(374, 560, 640, 700), -6, (505, 505)), GOLD, clip=body)
    s.text((502, 470), look.words, 84, WHITE, clip=body)
    s.bars((516, 610), (150, 110), INK, alpha=0.7, high=8, gap=24)
    for i in range(7):
        s.shape(
            shapes.turn(shapes.rrect(380 + i * 30, 272, 398 + i * 30, 340, 4), -6, (505, 505)),
            GOLD if i < 6 else STEEL,
            clip=body,
            alpha=0.9,
        )
    s.shape(shapes.turn(shapes.rrect(336, 420, 356, 480, 4), -6, (505, 505)), flat(STEEL))


@form("cushion", focus=(470, 560), box=(260, 260))
def cushion(s: Stage, look: Look) -> None:
    """A compact standing open: mirror behind, cushion before."""
    s.shadow(500, FLOOR - 10, 200, 40)
    lid = s.shape(shapes.ellipse(500, 420, 196, 196), metal(look.body))
    s.shape(
        shapes.ellipse(500, 420, 172, 172),
        ((0, (206, 220, 230)), (0.4, (244, 248, 250)), (1, (178, 194, 206))),
        clip=lid,
    )
    s.glow(path("390,520 560,260 600,280 430,550"), clip=lid, alpha=0.6, blur=6)
    s.shape(shapes.rrect(440, 600, 560, 640, 8), metal(look.body))
    s.shape(shapes.ellipse(500, 752, 206, 84), metal(darker(look.body, 0.1)))
    s.shape(shapes.ellipse(500, 734, 204, 82), fall(look.body, 0.3, 0.1), down=True)
    s.shape(shapes.ellipse(500, 734, 168, 64), fall((226, 188, 158), 0.1, 0.16), down=True)
    s.many(
        [shapes.ellipse(420 + i * 40, 722 + i % 2 * 20, 7, 4) for i in range(5)],
        darker((226, 188, 158), 0.2),
        alpha=0.5,
    )
    puff = s.shape(shapes.ellipse(612, 778, 84, 44), fall(darker(look.accent, 0.02), 0.5, 0.1), down=True)
    s.shape(shapes.rect(540, 770, 700, 784), lighter(look.accent, 0.7), clip=puff)
    s.text((612, 778), look.words, 15, look.accent, clip=puff)


@form("palette", focus=(500, 560), box=(300, 300))
def palette(s: Stage, look: Look) -> None:
    outline = shapes.rrect(270, 250, 730, 520, 14)
    s.shadow(500, FLOOR - 10, 240, 30)
    lid = s.shape(outline, fall(look.body, 0.2, 0.1), down=True)
    mirror = s.shape(
        shapes.rrect(290, 268, 710, 504, 8),
        ((0, (204, 216, 224)), (0.45, (246, 249, 250)), (1, (184, 198, 208))),
        clip=lid,
    )
    s.glow(path("420,504 540,268 620,268 500,504"), clip=mirror, alpha=0.5, blur=8)
    s.shape(path("262,522 738,522 764,826 236,826"), fall(lighter(look.body, 0.1), 0.1, 0.2), down=True)
    s.shape(path("236,822 764,822 762,846 238,846"), darker(look.body, 0.3))
    pans: tuple[RGB, ...] = (
        (236, 214, 196),
        (214, 170, 146),
        (188, 132, 110),
        (226, 184, 178),
        (198, 130, 124),
        (150, 88, 84),
        (206, 176, 130),
        (150, 112, 84),
        (92, 60, 52),
    )
    for i, colour in enumerate(pans):
        row, col = divmod(i, 3)
        y0, grow = 546 + row * 90, 1 + row * 0.05
        x0 = 500 + (col - 1.5) * 150 * grow + 12
        s.shape(shapes.rrect(x0, y0, x0 + 128 * grow, y0 + 74, 8), darker(look.body, 0.5))
        pan = s.shape(shapes.rrect(x0 + 3, y0 + 4, x0 + 125 * grow, y0 + 72, 7), fall(colour, 0.12, 0.08), down=True)
        if i % 2:
            s.glow(shapes.ellipse(x0 + 46, y0 + 26, 40, 16), clip=pan, alpha=0.4, blur=9)
