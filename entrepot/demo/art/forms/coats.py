"""Jackets and coats."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, WHITE, darker, fall, ink_on, lighter, metal
from entrepot.demo.art.forms.vessels import GOLD, STEEL
from entrepot.demo.art.forms.wear import CX, both, cloth, folds, hang, torso
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.studio import Stage


def zipper(s: Stage, top: float, bottom: float, colour: RGB) -> None:
    s.shape(shapes.rrect(CX - 8, top, CX + 8, bottom, 3), darker(colour, 0.45))
    s.many(
        [shapes.rect(CX - 5, top + i * 9, CX + 5, top + 4 + i * 9) for i in range(int((bottom - top) // 9))],
        STEEL,
        alpha=0.9,
    )
    s.shape(shapes.rrect(CX - 8, top + 16, CX + 8, top + 58, 6), metal(STEEL))


def hood(s: Stage, colour: RGB, top: float) -> None:
    outline = both(
        shapes.smooth(
            [(CX, top - 142), (CX + 76, top - 118), (CX + 112, top - 40), (CX + 104, top + 30), (CX + 40, top + 58)],
            steps=7,
        )
    )
    hang(s, outline)
    s.shape(outline, cloth(colour))
    s.shape(
        both(shapes.smooth([(CX, top - 104), (CX + 54, top - 84), (CX + 76, top - 20), (CX + 56, top + 44)], steps=7)),
        fall(darker(colour, 0.5), 0.0, 0.1),
        down=True,
    )


@form("shell", "jacket", "fleece", focus=(500, 360))
def jacket(s: Stage, look: Look) -> None:
    top = 262.0
    outline = both(torso(70, top, sleeve=320, hem=816, wide=196))
    hang(s, outline)
    if look.has("hood"):
        hood(s, look.body, top)
    body = s.shape(outline, cloth(look.body))
    folds(s, body, top, arms=266)
    waxed, fleece = look.has("collar"), not look.has("hood") and not look.has("collar")
    trim = look.colour("collar", lighter(look.body, 0.12))
    for side in (-1, 1):
        pocket = [(CX + side * 74, 620), (CX + side * 150, 590), (CX + side * 156, 640), (CX + side * 92, 740)]
        if waxed:
            flap = [(CX + side * 50, 612), (CX + side * 158, 612), (CX + side * 158, 662), (CX + side * 50, 662)]
            s.shape(
                [(CX + side * 50, 640), (CX + side * 158, 640), (CX + side * 158, 770), (CX + side * 50, 770)],
                darker(look.body, 0.1),
                clip=body,
                alpha=0.6,
            )
            s.cast(flap, dx=3, dy=7, blur=6, strength=0.4)
            s.shape(flap, fall(look.body, 0.16, 0.06), down=True, clip=body)
            s.shape(shapes.ellipse(CX + side * 104, 640, 7, 7), metal(GOLD))
        else:
            s.shade(shapes.stroke(pocket[:1] + pocket[-1:], 6), clip=body, alpha=0.5, blur=2)
            s.shape(
                shapes.stroke([(CX + side * 126, 560), (CX + side * 108, 700)], 6),
                look.accent if not fleece else darker(look.body, 0.3),
                clip=body,
            )
        yoke = shapes.smooth([(CX, top + 122), (CX + side * 100, top + 108), (CX + side * 190, top + 130)], steps=7)
        s.shade(shapes.stroke(yoke, 4), clip=body, alpha=0.34, blur=1)
    if fleece:
        for odd, tone in ((0, darker(look.body, 0.16)), (1, lighter(look.body, 0.3))):
            tufts = [shapes.dot(CX - 290 + i * 137 % 580, top + 10 + i * 89 % 560, 6) for i in range(odd, 260, 2)]
            s.many(tufts, tone, clip=body, alpha=0.22)
    collar = both(
        [
            (CX + 12, top + 30),
            (CX + 20, top - 40),
            *shapes.smooth(
                [(CX + 60, top - 48), (CX + 86, top - 16), (CX + 78, top + 20), (CX + 40, top + 52)], steps=6
            ),
        ]
    )
    if not look.has("hood"):
        s.shape(shapes.ellipse(CX, top - 34, 68, 22), darker(look.body, 0.5))
    s.shape(collar, fall(trim, 0.14, 0.1), down=True)
    zipper(s, top + 4, 812, look.body)
    patch = s.shape(shapes.rrect(CX + 64, top + 140, CX + 132, top + 176, 6), look.accent, clip=body)
    s.text((CX + 98, top + 158), look.short(4), 20, ink_on(look.accent), clip=patch)


@form("puffer", focus=(500, 420))
def puffer(s: Stage, look: Look) -> None:
    top = 316.0
    outline = both(torso(72, top, sleeve=290, hem=864, wide=208))
    hang(s, outline)
    hood(s, look.body, top)
    fur = shapes.smooth(
        [
            (CX - 96, top + 46),
            (CX - 126, top - 40),
            (CX - 90, top - 132),
            (CX, top - 164),
            (CX + 90, top - 132),
            (CX + 126, top - 40),
            (CX + 96, top + 46),
        ],
        steps=9,
    )
    for i, (x, y) in enumerate(fur):
        r = 25 + (i * 7) % 11
        s.shape(shapes.ellipse(x, y, r, r), (150, 128, 104) if i % 2 else (178, 156, 128), blur=3)
    body = s.shape(outline, cloth(look.body))
    for i in range(8):
        y = top + 74 + i * 68
        for x0, x1 in ((CX - 330, CX - 6), (CX + 6, CX + 330)):
            line = shapes.smooth([(x0, y + 8), ((x0 + x1) / 2, y + 18), (x1, y + 8)], steps=8)
            s.shade(shapes.stroke(line, 12), clip=body, alpha=0.5, blur=5)
            s.glow(shapes.moved(shapes.stroke(line, 16), 0, -26), clip=body, alpha=0.16, blur=9)
    folds(s, body, top, arms=266)
    zipper(s, top + 30, 862, look.body)
    s.shape(shapes.ellipse(CX + 262, top + 236, 34, 34), WHITE, clip=body)
    s.shape(shapes.ellipse(CX + 262, top + 236, 28, 28), look.accent, clip=body)
    s.text((CX + 262, top + 236), look.words, 22, WHITE, clip=body)
