"""Porcelain, boards, towels, pillows."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import WHITE, darker, fall, lighter, mix, tube
from entrepot.demo.art.forms.vessels import FLOOR
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage


@form("plates", focus=(480, 600), box=(420, 300))
def porcelain(s: Stage, look: Look) -> None:
    s.shadow(440, FLOOR - 16, 260, 60)
    white = look.body
    for i in range(6):
        y = 780 - i * 13
        s.shape(shapes.ellipse(440, y + 10, 262, 74), fall(darker(white, 0.22), 0.0, 0.1), down=True)
        s.shape(shapes.ellipse(440, y, 262, 74), fall(white, 0.5, 0.08), down=True)
    s.shape(shapes.ellipse(440, 720, 190, 50), fall(darker(white, 0.09), 0.0, 0.0), down=True)
    s.shape(shapes.ellipse(440, 724, 184, 47), fall(white, 0.4, 0.05), down=True)
    for i, half in enumerate((150, 150, 150)):
        y = 690 - i * 34
        s.round_body(
            [
                (half, y - 50),
                *shapes.smooth([(half * 0.94, y - 10), (half * 0.7, y + 22), (half * 0.42, y + 34)], steps=6),
            ],
            440,
            tube(white, 0.3),
            sag=0.14,
        )
        s.shape(shapes.ellipse(440, y - 50, half, half * 0.22), fall(lighter(white, 0.4), 0.3, 0.06), down=True)
        s.shape(shapes.ellipse(440, y - 46, half * 0.92, half * 0.18), fall(darker(white, 0.1), 0.0, -0.1), down=True)
    s.shadow(772, FLOOR, 76, 20)
    s.round_body([(84, 700), *shapes.smooth([(80, 770), (64, 816), (46, FLOOR)], steps=5)], 772, tube(white, 0.3))
    s.shape(shapes.ellipse(772, 700, 84, 15), lighter(white, 0.5))
    s.shape(shapes.ellipse(772, 703, 75, 11), darker(white, 0.16))


@form("boards", focus=(440, 560), box=None)
def cutting_boards(s: Stage, look: Look) -> None:
    s.shadow(490, FLOOR, 220, 34)
    for i, colour in enumerate(((206, 74, 66), (84, 150, 96), (70, 130, 190), (236, 236, 232))):
        x = 330 + i * 46
        y = 330 + i * 22
        s.shape(shapes.rrect(x, y, x + 260, FLOOR - 20, 20), fall(colour, 0.16, 0.16), down=True)
        s.shape(shapes.rrect(x + 16, y + 16, x + 76, y + 44, 12), darker(colour, 0.34))
        s.shade(shapes.rect(x + 248, y + 10, x + 262, FLOOR - 20), alpha=0.3, blur=6)
    case = s.shape(shapes.rrect(300, 640, 690, FLOOR, 24), fall(look.body, 0.3, 0.2), down=True, alpha=0.97)
    s.shape(shapes.rrect(330, 668, 660, 802, 12), fall(lighter(look.body, 0.3), 0.2, 0.0), down=True, clip=case)
    s.text((495, 734), look.words, 64, look.accent, clip=case)


@form("towels", focus=(460, 620), box=None)
def towels(s: Stage, look: Look) -> None:
    s.shadow(490, FLOOR, 250, 38)
    for i, part in enumerate((0.0, 0.08, 0.16)):
        y = FLOOR - i * 126
        x0, x1 = 260 + i * 10, 730 - i * 10
        colour = mix(look.body, WHITE, part)
        cut = s.shape(
            shapes.smooth(
                [
                    (x0, y - 60),
                    (x0 + 20, y - 112),
                    (x0 + 100, y - 122),
                    (x1 - 60, y - 120),
                    (x1, y - 100),
                    (x1 + 6, y - 20),
                    (x1 - 30, y),
                    (x0 + 60, y + 2),
                    (x0, y - 16),
                ],
                closed=True,
                steps=7,
            ),
            fall(colour, 0.2, 0.22),
            down=True,
        )
        for k in (0.34, 0.64):
            fold = shapes.smooth(
                [(x0 + 6, y - 124 * (1 - k)), ((x0 + x1) / 2, y - 124 * (1 - k) + 7), (x1, y - 124 * (1 - k) - 3)],
                steps=8,
            )
            s.shade(shapes.stroke(fold, 7), clip=cut, alpha=0.4, blur=3)
            s.glow(shapes.moved(shapes.stroke(fold, 8), 0, 10), clip=cut, alpha=0.35, blur=4)
        s.shape(shapes.rect(x1 - 84, y - 130, x1 - 74, y + 6), darker(colour, 0.14), clip=cut, alpha=0.6)
        s.shape(shapes.rect(x1 - 66, y - 130, x1 - 60, y + 6), darker(colour, 0.14), clip=cut, alpha=0.6)
    tag = s.shape(shapes.rect(300, FLOOR - 66, 352, FLOOR - 30), look.accent)
    s.text((326, FLOOR - 48), look.short(3), 20, WHITE, clip=tag)


@form("pillow", focus=(500, 620), box=(420, 240))
def pillow(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR - 20, 290, 44)
    outline = shapes.smooth(
        path(
            "190,760 204,650 270,610 380,640 500,662 620,640 700,596 780,620 812,720 800,796 700,816 "
            "500,822 300,818 208,806"
        ),
        closed=True,
        steps=9,
    )
    body = s.shape(outline, fall(look.body, 0.34, 0.2), down=True)
    s.shade(
        shapes.smooth(path("200,790 500,800 806,780 800,840 200,840"), closed=True),
        clip=body,
        alpha=0.26,
        blur=18,
    )
    seam = shapes.smooth(path("192,742 350,762 500,768 650,762 810,736"), steps=9)
    s.shape(shapes.stroke(seam, 5), look.accent, clip=body, alpha=0.8)
    s.glow(
        shapes.smooth(path("230,660 300,634 400,660 320,690 250,710"), closed=True),
        clip=body,
        alpha=0.6,
        blur=18,
    )
    s.glow(shapes.smooth(path("640,650 710,618 770,650 700,690"), closed=True), clip=body, alpha=0.5, blur=18)
    tag = s.shape(shapes.rect(690, 776, 760, 812), look.accent, clip=body)
    s.text((725, 794), look.short(3), 22, WHITE, clip=tag)
