"""What is wrapped in foil, film or paper."""

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
    matt,
    mix,
    tube,
)
from entrepot.demo.art.forms.vessels import FLOOR, GOLD, PAPER, STEEL
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import Point, path
from entrepot.demo.art.studio import Stage


@form("sachet", focus=(470, 520), box=(330, 430))
def sachet(s: Stage, look: Look) -> None:
    """Flat foil packs, one before the other."""
    for dx, dy, turn, part in ((96, -26, 7, 0.16), (0, 0, -3, 0.0)):
        outline = shapes.turn(shapes.rrect(330 + dx, 270 + dy, 600 + dx, 780 + dy, 8), turn, (465 + dx, 525 + dy))
        colour = darker(look.body, part)
        s.cast(outline, strength=0.4)
        cut = s.shape(
            outline,
            (
                (0, lighter(colour, 0.3)),
                (0.3, lighter(colour, 0.06)),
                (0.55, lighter(colour, 0.34)),
                (0.8, colour),
                (1, darker(colour, 0.12)),
            ),
        )
        for y0 in (274, 752):
            strip = shapes.turn(shapes.rect(330 + dx, y0 + dy, 600 + dx, y0 + 24 + dy), turn, (465 + dx, 525 + dy))
            s.shape(strip, darker(colour, 0.12), clip=cut, alpha=0.6)
        band = shapes.turn(shapes.rect(330 + dx, 620 + dy, 600 + dx, 690 + dy), turn, (465 + dx, 525 + dy))
        s.shape(band, look.accent, clip=cut)
    ink = ink_on(look.body)
    accent = look.accent if abs(luminance(look.accent) - luminance(look.body)) > 0.2 else ink
    s.text((460, 430), look.words, min(76, 200 / max(len(look.words), 2)), accent)
    s.bars((462, 510), (150, 110, 130), ink, alpha=0.4, gap=17)


@form("pouch", focus=(500, 560), box=None)
def pouch(s: Stage, look: Look) -> None:
    """A standing pouch with a cap."""
    s.shadow(500, FLOOR, 150, 30)
    half = [
        (500 + 120, 330),
        *shapes.smooth([(500 + 126, 440), (500 + 134, 620), (500 + 150, 780), (500 + 146, 826)], steps=6),
    ]
    outline = [*shapes.mirror(half, 500)]
    s.round_body(path("30,258 34,266 34,318"), 500, tube(look.accent, 0.35))
    body = s.shape(
        outline,
        (
            (0, darker(look.body, 0.2)),
            (0.12, lighter(look.body, 0.1)),
            (0.3, lighter(look.body, 0.4)),
            (0.5, look.body),
            (0.78, lighter(look.body, 0.16)),
            (1, darker(look.body, 0.26)),
        ),
    )
    s.shape(shapes.rect(380, 330, 620, 352), darker(look.body, 0.16), clip=body, alpha=0.5)
    s.shape(
        shapes.smooth(path("360,800 430,770 500,764 570,770 640,800 640,840 360,840"), closed=True),
        darker(look.body, 0.3),
        clip=body,
        alpha=0.35,
    )
    s.shape(shapes.ellipse(500, 500, 92, 92), PAPER, clip=body)
    s.text((500, 500), look.words, min(70, 150 / max(len(look.words), 2)), look.accent, clip=body)
    s.bars((500, 640), (150, 110, 130), ink_on(look.body), alpha=0.45, gap=18, high=6)


@form("coffeebag", focus=(500, 560), box=None)
def coffee_bag(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 160, 32)
    right = [(640, 250), *shapes.smooth(path("652,380 662,560 668,720 662,830"), steps=6)]
    body = s.shape(
        [(360, 250), *right, *[(1000 - x, y) for x, y in reversed(right[1:])]],
        (
            (0, darker(look.body, 0.3)),
            (0.1, darker(look.body, 0.06)),
            (0.26, lighter(look.body, 0.3)),
            (0.46, look.body),
            (0.9, darker(look.body, 0.12)),
            (1, darker(look.body, 0.34)),
        ),
    )
    fold = s.shape(path("352,236 648,236 640,300 360,300"), fall(darker(look.body, 0.12), 0.2, 0.1), down=True)
    s.shape(shapes.rect(352, 262, 648, 270), GOLD, clip=fold, alpha=0.9)
    for x in (430, 560):
        s.shade(
            shapes.smooth(
                [
                    (x, 310),
                    (x + 14, 480),
                    (x - 10, 660),
                    (x + 6, 830),
                    (x + 30, 830),
                    (x + 20, 620),
                    (x + 34, 470),
                    (x + 18, 310),
                ],
                closed=True,
            ),
            clip=body,
            alpha=0.1,
            blur=12,
        )
    cut = s.shape(shapes.rrect(404, 410, 596, 720, 6), matt(look.accent), clip=body)
    ink = ink_on(look.accent)
    s.text((500, 486), look.words, min(78, 160 / max(len(look.words), 2)), ink, clip=cut)
    s.shape(shapes.rect(440, 540, 560, 544), ink, clip=cut, alpha=0.7)
    for dx, dy, angle in ((-26, 0, 20), (26, 10, -24), (0, 44, 4)):
        bean = shapes.turn(shapes.ellipse(0, 0, 26, 18), angle, (0, 0))
        s.shape(shapes.moved(bean, 500 + dx, 600 + dy), (84, 50, 30), clip=cut)
        line = shapes.turn(shapes.smooth(path("-22,0 -6,-6 6,5 22,0")), angle, (0, 0))
        s.shape(shapes.stroke(shapes.moved(line, 500 + dx, 600 + dy), 4), (50, 28, 16), clip=cut)
    s.bars((500, 680), (110, 80), ink, alpha=0.5)
    s.round_body([(11, 336), (11, 350)], 600, matt(darker(look.body, 0.3)))


@form("snackbag", "pasta", focus=(500, 560), box=None)
def snack_bag(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 176, 30)
    sides = [(664, 240), *shapes.smooth(path("682,340 690,540 684,730 668,832"), steps=7)]
    outline = [(336, 240), *sides, *[(1000 - x, y) for x, y in reversed(sides[1:])]]
    colour = look.body
    body = s.shape(
        outline,
        (
            (0, darker(colour, 0.26)),
            (0.08, lighter(colour, 0.12)),
            (0.24, lighter(colour, 0.34)),
            (0.42, colour),
            (0.7, lighter(colour, 0.08)),
            (0.92, darker(colour, 0.2)),
            (1, darker(colour, 0.34)),
        ),
    )
    for y in (240, 800):
        s.shape(shapes.rect(330, y, 670, y + 34), darker(colour, 0.16), clip=body, alpha=0.5)
        s.many(
            [shapes.rect(334 + i * 14, y, 338 + i * 14, y + 34) for i in range(24)],
            lighter(colour, 0.3),
            clip=body,
            alpha=0.3,
        )
    s.shape(shapes.rrect(372, 330, 628, 470, 20), fall(look.accent, 0.08, 0.1), clip=body, down=True)
    s.text(
        (500, 400),
        look.words,
        min(96, 210 / max(len(look.words), 2)),
        ink_on(look.accent) if luminance(look.accent) > 0.3 else WHITE,
        clip=body,
    )
    s.shape(shapes.ellipse(500, 640, 130, 92), darker(colour, 0.3), clip=body, alpha=0.5)
    for i in range(11):
        wave = shapes.smooth(
            [
                (388 + i * 4, 612 + i * 8),
                (440, 600 + i * 7),
                (500, 622 + i * 7),
                (560, 604 + i * 7),
                (614 - i * 3, 616 + i * 7),
            ],
            steps=6,
        )
        s.shape(shapes.stroke(wave, 9), (238, 200, 116) if i % 2 else (226, 182, 92), clip=body)
    s.glow(
        shapes.smooth(path("372,300 398,480 388,700 366,760 360,500"), closed=True),
        clip=body,
        alpha=0.3,
        blur=10,
    )


@form("nappies", focus=(500, 580), box=None)
def nappy_pack(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 236, 34)
    outline = shapes.smooth(
        path("270,420 300,372 400,350 600,350 704,372 734,424 744,620 736,790 700,832 500,840 300,832 266,790 258,620"),
        closed=True,
        steps=7,
    )
    colour = look.body
    handle = shapes.smooth(path("420,356 440,300 500,286 560,300 580,356"), steps=8)
    s.shape(shapes.stroke(handle, 30), fall(lighter(colour, 0.2)), down=True)
    body = s.shape(
        outline,
        (
            (0, darker(colour, 0.2)),
            (0.1, lighter(colour, 0.2)),
            (0.28, lighter(colour, 0.5)),
            (0.5, colour),
            (0.85, darker(colour, 0.06)),
            (1, darker(colour, 0.22)),
        ),
    )
    wave = [
        *shapes.smooth(path("240,700 360,650 500,690 640,640 760,690"), steps=9),
        (760, 860),
        (240, 860),
    ]
    s.shape(wave, tube(look.accent, 0.2), clip=body)
    s.shape(shapes.ellipse(500, 520, 130, 92), PAPER, clip=body)
    s.text((500, 520), look.words, min(84, 190 / max(len(look.words), 2)), look.accent, clip=body)
    for i, r in enumerate((26, 34, 26)):
        cx = 420 + i * 80
        s.shape(shapes.ellipse(cx, 756, r, r), lighter(look.accent, 0.72), clip=body)
        for ear in (-0.72, 0.72):
            s.shape(
                shapes.ellipse(cx + ear * r, 756 - r * 0.72, r * 0.4, r * 0.4), lighter(look.accent, 0.72), clip=body
            )
    s.glow(
        shapes.smooth(path("300,410 340,390 330,600 310,780 286,700"), closed=True),
        clip=body,
        alpha=0.45,
        blur=12,
    )
    for x in (330, 470, 600):
        s.shade(
            shapes.smooth([(x, 352), (x + 20, 420), (x + 8, 470), (x + 34, 352)], closed=True),
            clip=body,
            alpha=0.14,
            blur=9,
        )


@form("bar", focus=(500, 500), box=None)
def chocolate_bar(s: Stage, look: Look) -> None:
    outline = shapes.turn(shapes.rrect(350, 220, 640, 800, 8), 8, (495, 510))
    s.cast(outline, strength=0.5, blur=20)
    body = s.shape(outline, ((0, lighter(look.body, 0.22)), (0.4, look.body), (1, darker(look.body, 0.26))))
    s.shape(shapes.turn(shapes.rect(340, 560, 650, 620), 8, (495, 510)), look.accent, clip=body)
    for y in (222, 780):
        s.shape(
            shapes.turn(shapes.rect(350, y, 640, y + 20), 8, (495, 510)), mix(STEEL, WHITE, 0.4), clip=body, alpha=0.8
        )
    s.text(
        (510, 400),
        look.words,
        min(110, 240 / max(len(look.words), 2)),
        lighter(look.accent, 0.2) if luminance(look.body) < 0.5 else look.accent,
        clip=body,
    )
    s.bars((504, 492), (150, 110), ink_on(look.body), alpha=0.4, gap=17, high=5)
    squares(s, (548, 640), look)
    s.glow(shapes.turn(shapes.rrect(372, 250, 400, 770, 10), 8, (495, 510)), clip=body, alpha=0.16, blur=8)


def squares(s: Stage, at: Point, look: Look) -> None:
    """Pieces of the chocolate itself beside the wrapped bar."""
    colour: RGB = (74, 44, 32) if luminance(look.body) < 0.24 else (122, 76, 48)
    x0, y0 = at
    for row in range(2):
        for col in range(2 if row else 3):
            x, y = x0 + col * 70, y0 + row * 70 + 60
            outline = shapes.turn(shapes.rrect(x, y, x + 66, y + 66, 7), -6, (x0, y0))
            s.cast(outline, dx=8, dy=10, blur=10, strength=0.36)
            cut = s.shape(outline, fall(colour, 0.16, 0.2), down=True)
            s.shape(
                shapes.turn(shapes.rrect(x + 9, y + 9, x + 57, y + 57, 5), -6, (x0, y0)),
                fall(lighter(colour, 0.08), 0.14, 0.16),
                down=True,
                clip=cut,
            )


@form("barsquare", focus=(480, 500), box=None)
def square_bar(s: Stage, look: Look) -> None:
    outline = shapes.turn(shapes.rrect(280, 300, 680, 700, 10), -7, (480, 500))
    s.cast(outline, strength=0.5)
    body = s.shape(outline, ((0, lighter(look.body, 0.3)), (0.45, look.body), (1, darker(look.body, 0.16))))
    for y in (302, 676):
        s.shape(
            shapes.turn(shapes.rect(280, y, 680, y + 22), -7, (480, 500)), darker(look.body, 0.16), clip=body, alpha=0.5
        )
    ink = ink_on(look.body)
    s.text((480, 470), look.words, min(120, 260 / max(len(look.words), 2)), ink, clip=body)
    s.bars((484, 560), (200, 150), ink, alpha=0.4, gap=18, high=6)
    squares(s, (560, 600), look)
