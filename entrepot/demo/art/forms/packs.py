"""Cartons, bags, bars, tins."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import (
    RGB,
    WHITE,
    darker,
    fall,
    ink_on,
    lighter,
    luminance,
    mix,
    tube,
)
from entrepot.demo.art.forms.vessels import FLOOR, INK
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import Point, path
from entrepot.demo.art.studio import Cut, Stage

Size = tuple[float, float]


def box(s: Stage, foot: Point, size: Size, colour: RGB, *, depth: float = 0.34) -> Cut:
    """A carton seen from the front left and a little from above; its front. `foot` is the front's lower left."""
    (x, y), (width, height) = foot, size
    dx, dy = width * depth, -width * depth * 0.42
    s.shadow(x + width / 2 + dx * 0.5, y - 4, (width + dx) / 2, 26, strength=0.9)
    s.shape(
        [(x + width - 1, y - height), (x + width + dx, y - height + dy), (x + width + dx, y + dy), (x + width - 1, y)],
        ((0, darker(colour, 0.2)), (1, darker(colour, 0.36))),
    )
    s.shape(
        [
            (x, y - height + 1),
            (x + width, y - height + 1),
            (x + width + dx, y - height + dy),
            (x + dx, y - height + dy),
        ],
        ((0, lighter(colour, 0.26)), (1, lighter(colour, 0.1))),
    )
    front = s.shape(
        shapes.rect(x, y - height, x + width, y), ((0, lighter(colour, 0.12)), (0.5, colour), (1, darker(colour, 0.1)))
    )
    s.shape(shapes.rect(x, y - height, x + width, y - height + 3), lighter(colour, 0.4), alpha=0.6)
    return front


def front_print(s: Stage, front: Cut, at: Point, size: Size, look: Look, colour: RGB) -> None:
    """What a carton says: initials, a rule, small print, a band at the foot."""
    (x, y), (width, height) = at, size
    ink = ink_on(colour)
    accent = look.accent if abs(luminance(look.accent) - luminance(colour)) > 0.2 else ink
    cx, top = x + width / 2, y - height
    letters = min(width * 0.62 / max(len(look.words) * 0.62, 1), height * 0.3, 96)
    s.text((cx, top + height * 0.3), look.words, letters, accent, clip=front)
    s.shape(
        shapes.rect(
            cx - width * 0.2,
            top + height * 0.3 + letters * 0.72,
            cx + width * 0.2,
            top + height * 0.3 + letters * 0.72 + 3,
        ),
        accent,
        clip=front,
    )
    if height > 200:
        s.bars((cx, top + height * 0.62), (width * 0.5, width * 0.36, width * 0.44), ink, alpha=0.4, gap=15)


@form("carton", focus=(480, 620), box=None)
def carton(s: Stage, look: Look) -> None:
    """A flat gift box or a packet of sweets."""
    x, y, width, height = 236.0, FLOOR, 430.0, 330.0
    front = box(s, (x, y), (width, height), look.body, depth=0.24)
    if look.has("plaid"):
        plaid(s, front, (x, y - height, x + width, y), look.accent)
    band = look.accent if luminance(look.accent) != luminance(look.body) else lighter(look.body, 0.3)
    s.shape(shapes.rect(x, y - 96, x + width, y - 40), fall(band), clip=front, down=True)
    s.shape(
        shapes.ellipse(x + width / 2, y - 196, 106, 78),
        fall(mix(look.body, WHITE, 0.9) if luminance(look.body) < 0.7 else darker(look.accent, 0.05), 0.05, 0.06),
        clip=front,
        down=True,
    )
    plate = mix(look.body, WHITE, 0.9) if luminance(look.body) < 0.7 else darker(look.accent, 0.05)
    ink = look.body if luminance(look.body) < 0.5 and luminance(plate) > 0.5 else ink_on(plate)
    s.text((x + width / 2, y - 196), look.words, min(74, 170 / max(len(look.words), 2)), ink, clip=front)
    s.bars((x + width / 2, y - 76), (180, 130), ink_on(band), alpha=0.55, high=5, gap=15)
    if look.has("treat"):
        treats(s, look.colour("treat", look.accent), square=look.has("cube"))


def treats(s: Stage, colour: RGB, *, square: bool) -> None:
    """Three pieces of what is in the box, before it on the right."""
    for x, y in ((664, 820), (748, 838), (704, 764)):
        s.shadow(x, y + 30, 40, 12, strength=0.7)
        outline = shapes.rrect(x - 38, y - 32, x + 38, y + 34, 9) if square else shapes.ellipse(x, y, 41, 38)
        cut = s.shape(outline, fall(colour, 0.24, 0.36), down=True)
        if square:
            s.shape(
                shapes.rrect(x - 27, y - 22, x + 27, y + 24, 6),
                fall(lighter(colour, 0.1), 0.2, 0.2),
                down=True,
                clip=cut,
            )
        else:
            swirl = shapes.smooth([(x - 22, y + 6), (x - 4, y - 16), (x + 18, y - 4), (x + 6, y + 14)], steps=6)
            s.shape(shapes.stroke(swirl, 5), lighter(colour, 0.3), clip=cut, alpha=0.6)
        s.glow(shapes.ellipse(x - 12, y - 16, 13, 8), clip=cut, alpha=0.5, blur=5)


def plaid(s: Stage, front: Cut, box_: tuple[float, float, float, float], ink: RGB) -> None:
    x0, y0, x1, y1 = box_
    for i in range(9):
        x = x0 + (x1 - x0) * (i + 0.5) / 9
        s.shape(
            shapes.rect(x - (9 if i % 2 else 3), y0, x + (9 if i % 2 else 3), y1),
            INK if i % 2 else ink,
            clip=front,
            alpha=0.28,
        )
    for i in range(7):
        y = y0 + (y1 - y0) * (i + 0.5) / 7
        s.shape(
            shapes.rect(x0, y - (9 if i % 2 else 3), x1, y + (9 if i % 2 else 3)),
            INK if i % 2 else ink,
            clip=front,
            alpha=0.28,
        )


@form("toybox", focus=(470, 600), box=None)
def toy_box(s: Stage, look: Look) -> None:
    x, y, width, height = 220.0, FLOOR - 30, 430.0, 390.0
    front = box(s, (x, y), (width, height), look.body, depth=0.22)
    s.shape(shapes.rrect(x + 28, y - height + 28, x + 168, y - height + 168, 14), look.accent, clip=front)
    s.text((x + 98, y - height + 98), look.words, min(64, 130 / max(len(look.words), 2)), WHITE, clip=front)
    bricks = (
        ((x + 210, y - 60), (150, 64), (216, 62, 50)),
        ((x + 120, y - 124), (150, 64), (58, 120, 190)),
        ((x + 250, y - 188), (110, 64), (74, 150, 90)),
    )
    for (bx, by), size, colour in bricks:
        brick(s, (bx, by), size, colour)
    brick(s, (610, FLOOR + 14), (150, 66), (218, 180, 50))
    brick(s, (520, FLOOR + 34), (112, 60), (210, 70, 60))


def brick(s: Stage, at: Point, size: Size, colour: RGB) -> None:
    (x, y), (width, height) = at, size
    s.shadow(x + width / 2, y, width / 2, 12, strength=0.6)
    for i in range(int(width // 38)):
        cx = x + 21 + i * 37
        s.round_body([(13, y - height - 14), (13, y - height + 2)], cx, tube(colour, 0.3), sag=0.3)
        s.shape(shapes.ellipse(cx, y - height - 14, 13, 4), lighter(colour, 0.3))
    s.shape(shapes.rrect(x, y - height, x + width, y, 4), fall(colour, 0.16, 0.2), down=True)


@form("teabox", focus=(470, 600), box=None)
def tea_box(s: Stage, look: Look) -> None:
    x, y, width, height = 270.0, FLOOR, 380.0, 300.0
    front = box(s, (x, y), (width, height), look.body, depth=0.36)
    inner = shapes.rect(x + 16, y - height + 16, x + width - 16, y - 16)
    s.shape(
        [*inner, inner[0], *reversed(shapes.rect(x + 20, y - height + 20, x + width - 20, y - 20))],
        look.accent,
        clip=front,
        alpha=0.8,
    )
    s.shape(shapes.ellipse(x + width / 2, y - height * 0.56, 104, 74), fall(look.accent), clip=front, down=True)
    s.text(
        (x + width / 2, y - height * 0.56),
        look.words,
        min(72, 160 / max(len(look.words), 2)),
        ink_on(look.accent),
        clip=front,
    )
    for side in (-1, 1):
        leaf = shapes.turn(shapes.smooth(path("-40,0 0,-16 44,0 0,16"), closed=True), side * 24, (0, 0))
        s.shape(shapes.moved(leaf, x + width / 2 + side * 46, y - 52), (96, 132, 74), clip=front)
    s.bars((x + width / 2, y - 30), (120,), ink_on(look.body), alpha=0.5)


@form("tin", focus=(500, 600), box=None)
def biscuit_tin(s: Stage, look: Look) -> None:
    cx, half, top = 500, 270, 560
    s.shadow(cx, FLOOR, half, 44)
    body = s.round_body([(half, top), (half, FLOOR)], cx, tube(look.body, 0.4), sag=0.17)
    s.shape(shapes.band(cx, half, 690, 780, half * 0.17), tube(look.accent, 0.3), clip=body)
    s.bars((cx, 776), (200, 150), look.body, alpha=0.7, high=7, gap=20)
    s.round_body([(half + 8, top - 50), (half + 8, top + 26)], cx, tube(lighter(look.body, 0.06), 0.45), sag=0.17)
    lid = s.shape(
        shapes.ellipse(cx, top - 50, half + 8, (half + 8) * 0.36), fall(lighter(look.body, 0.1), 0.2, 0.1), down=True
    )
    s.shape(shapes.ellipse(cx, top - 52, half - 22, (half - 22) * 0.35), fall(look.body, 0.2, 0.1), down=True, clip=lid)
    s.shape(shapes.ellipse(cx, top - 52, half * 0.56, half * 0.19), fall(look.accent), down=True, clip=lid)
    s.text((cx, top - 54), look.words, min(60, 190 / max(len(look.words), 2)), look.body, clip=lid)
    s.many(
        [
            shapes.ellipse(x, top - 52 + (i // 2 - 1.5) * 22, 15, 7)
            for i in range(8)
            for x in [cx + half * 0.72 * (1 if i % 2 else -1) * (0.5 + 0.16 * (i // 2))]
        ],
        (226, 178, 106),
        clip=lid,
    )


@form("toothpaste", focus=(440, 560), box=None)
def toothpaste(s: Stage, look: Look) -> None:
    """Carton behind, tube lying before it."""
    front = box(s, (210, 640), (540, 130), look.accent, depth=0.1)
    s.text((420, 576), look.words, 60, WHITE, clip=front)
    s.bars((640, 560), (130, 90, 110), WHITE, alpha=0.6, gap=16, high=5)
    outline = [
        (236, 706),
        *shapes.smooth(path("420,690 640,690 690,716 700,760 690,800 640,824 420,826"), steps=6),
        (236, 812),
    ]
    s.shadow(470, 822, 250, 20)
    body = s.shape(outline, fall(look.body, 0.2, 0.3), down=True)
    s.shape(shapes.rect(226, 702, 250, 816), darker(look.body, 0.12))
    s.shape(shapes.rect(560, 680, 600, 830), look.accent, clip=body)
    s.text((410, 762), look.words, 58, look.accent, clip=body)
    s.shape(shapes.rrect(690, 722, 772, 796, 10), fall(look.accent, 0.3, 0.3), down=True)
    s.many([shapes.rect(700 + i * 12, 724, 703 + i * 12, 794) for i in range(6)], darker(look.accent, 0.3), alpha=0.4)
    s.glow(shapes.rrect(270, 714, 660, 728, 7), clip=body, alpha=0.6, blur=5)
