"""Wine, spirits, beer, oil; cups and glasses."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, WHITE, darker, fall, glass, ink_on, lighter, matt, metal, mix, tube
from entrepot.demo.art.forms.vessels import FLOOR, GOLD, INK, PAPER, STEEL, label, streaks, top_ellipse
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import Point, path
from entrepot.demo.art.studio import Cut, Stage

_CLEAR: RGB = (224, 232, 234)


def necked(half: float, neck: float, heights: tuple[float, float, float], *, soft: float = 0.5) -> list[Point]:
    """A bottle with a long neck: (top of the neck, where the shoulder begins, where it ends)."""
    top, begins, ends = heights
    curve = shapes.smooth(
        [
            (neck, begins),
            (neck + (half - neck) * 0.16, begins + (ends - begins) * 0.34),
            (neck + (half - neck) * (0.4 + soft * 0.5), begins + (ends - begins) * 0.66),
            (half, ends),
        ],
        steps=9,
    )
    return [(neck, top), *curve, (half, FLOOR - 14), (half * 0.96, FLOOR)]


@form("wine", focus=(500, 620), box=None)
def wine(s: Stage, look: Look) -> None:
    cx, half = 500, 102
    s.shadow(cx, FLOOR, half)
    body = s.round_body(necked(half, 34, (140, 330, 470), soft=0.6), cx, glass(look.body))
    s.round_body(path("36,122 37,130 38,300"), cx, tube(look.accent, 0.5))
    s.round_body([(39, 136), (39, 152)], cx, tube(darker(look.accent, 0.2), 0.5))
    top_ellipse(s, cx, 122, 36, look.accent, 0.14)
    s.shape(shapes.rect(cx - 38, 284, cx + 38, 292), metal(GOLD))
    paper = look.colour("label", PAPER)
    label(s, body, (cx, 540, 742), half * 0.93, look, paper=paper)
    s.shape(shapes.band(cx, half * 0.93, 556, 560, 8), GOLD, clip=body, alpha=0.9)
    s.shape(shapes.band(cx, half * 0.93, 726, 730, 8), GOLD, clip=body, alpha=0.9)
    streaks(s, body, cx, half, (480, FLOOR - 30), alpha=0.5)
    s.glow(shapes.rrect(cx - 20, 310, cx - 13, 420, 3), clip=body, alpha=0.5, blur=2)


@form("whisky", focus=(500, 620), box=(260, 620))
def whisky(s: Stage, look: Look) -> None:
    cx = 500
    shape = look.more.get("shape", "round")
    paper = look.colour("label", PAPER)
    s.shadow(cx, FLOOR, 130)
    s.round_body([(36, 236), (36, 330)], cx, glass(look.body))
    if shape == "round":
        body = s.round_body(necked(116, 38, (240, 330, 430), soft=0.9), cx, glass(look.body))
        label(s, body, (cx, 530, 730), 116 * 0.92, look, paper=paper)
        half = 116.0
    else:
        half = 136.0
        slope = [(500 + 38, 300), (500 + 42, 330), (500 + half * 0.8, 372), (500 + half, 412)]
        outline = shapes.mirror([*shapes.smooth(slope, steps=8), (cx + half, FLOOR - 20), (cx + half - 18, FLOOR)], cx)
        body = s.shape(outline, glass(look.body))
        if shape == "square":
            for row in range(8):
                s.many(
                    [
                        [(x, y - 22), (x + 20, y), (x, y + 22), (x - 20, y)]
                        for col in range(6)
                        for x, y in [(cx - half + 24 + col * 45 + row % 2 * 22, 440 + row * 48)]
                    ],
                    WHITE,
                    clip=body,
                    alpha=0.12,
                )
        else:
            s.shape(
                [(cx, 392), (cx + half, 430), (cx + half, FLOOR), (cx, FLOOR)],
                darker(look.body, 0.4),
                clip=body,
                alpha=0.3,
            )
        cut = s.shape(shapes.rrect(cx - 98, 540, cx + 98, 730, 6), fall(paper, 0.1, 0.08), down=True, clip=body)
        s.text(
            (cx, 606),
            look.words,
            min(62, 150 / max(len(look.words), 2)),
            look.accent if sum(look.accent) < 480 else INK,
            clip=cut,
        )
        s.shape(shapes.rect(cx - 60, 650, cx + 60, 654), GOLD, clip=cut)
        s.bars((cx, 672), (120, 90), INK, alpha=0.4)
    s.round_body(path("44,176 46,184 46,262"), cx, tube(darker(look.accent, 0.3), 0.4))
    s.round_body([(47, 250), (47, 268)], cx, metal(GOLD))
    top_ellipse(s, cx, 176, 44, darker(look.accent, 0.3), 0.14)
    streaks(s, body, cx, half, (450, FLOOR - 30), alpha=0.5)


@form("oil", focus=(500, 620), box=None)
def oil(s: Stage, look: Look) -> None:
    cx, half = 500, 104
    s.shadow(cx, FLOOR, half)
    body = s.round_body(necked(half, 32, (190, 300, 430), soft=0.75), cx, glass(look.body))
    s.round_body(path("38,150 40,160 40,226"), cx, tube(INK, 0.4))
    s.round_body([(41, 214), (41, 232)], cx, metal(GOLD))
    top_ellipse(s, cx, 150, 38, INK, 0.14)
    label(s, body, (cx, 500, 740), half * 0.94, look, paper=(246, 240, 222))
    leaf = shapes.smooth(path("452,690 480,668 520,672 548,692 512,702 478,702"), closed=True)
    s.shape(leaf, look.accent, clip=body, alpha=0.8)
    streaks(s, body, cx, half, (440, FLOOR - 30), alpha=0.55)


@form("beerbottle", focus=(500, 600), box=None)
def beer_bottles(s: Stage, look: Look) -> None:
    for cx, lift in ((372, -26), (628, -26), (500, 0)):
        _beer(s, look, cx, lift)


def _beer(s: Stage, look: Look, cx: float, lift: float) -> None:
    half = 76
    s.shadow(cx, FLOOR + lift, half)
    profile = [(x, y + lift) for x, y in necked(half, 27, (250, 380, 500), soft=0.5)]
    body = s.round_body(profile, cx, glass(look.body))
    s.round_body([(30, 228 + lift), (34, 252 + lift)], cx, metal(STEEL))
    cut = s.shape(shapes.ellipse(cx, 640 + lift, 60, 84), fall(look.colour("label", PAPER)), clip=body, down=True)
    s.shape(shapes.ellipse(cx, 640 + lift, 50, 72), look.accent, clip=cut)
    s.text((cx, 640 + lift), look.words, 46, ink_on(look.accent), clip=cut)
    s.shape(shapes.band(cx, 32, 300 + lift, 350 + lift, 4), look.accent, clip=body)
    streaks(s, body, cx, half, (520 + lift, FLOOR - 30 + lift), alpha=0.5)


@form("beercan", focus=(500, 560), box=None)
def beer_cans(s: Stage, look: Look) -> None:
    for cx, lift in ((366, -34), (634, -34), (500, 0)):
        half, top = 96, 388 + lift
        foot = FLOOR + lift
        s.shadow(cx, foot, half * 0.86)
        profile = [
            *shapes.smooth([(78, top), (88, top + 14), (half, top + 34)], steps=5),
            (half, foot - 26),
            (half * 0.86, foot),
        ]
        body = s.round_body(profile, cx, tube(look.body, 0.55))
        s.shape(shapes.band(cx, half, 560 + lift, 690 + lift, 9), tube(look.accent, 0.4), clip=body, alpha=0.95)
        s.shape(shapes.ellipse(cx, 626 + lift, 70, 44), tube(look.body, 0.3), clip=body)
        s.text((cx, 628 + lift), look.words, min(54, 112 / max(len(look.words), 2)), WHITE, clip=body)
        s.round_body([(80, top - 10), (80, top + 4)], cx, metal(STEEL))
        top_ellipse(s, cx, top - 10, 80, STEEL, 0.14)
        s.shape(shapes.ellipse(cx, top - 9, 66, 8), darker(STEEL, 0.25))
        s.shape(shapes.rrect(cx - 12, top - 16, cx + 26, top - 6, 5), lighter(STEEL, 0.3))
        streaks(s, body, cx, half, (top + 60, foot - 40), alpha=0.5)


@form("wineglass", focus=(450, 420), box=(330, 420))
def wine_glasses(s: Stage, look: Look) -> None:
    for cx, full in ((620, 0.0), (400, 1.0)):
        s.shadow(cx, FLOOR, 84, 20)
        rim, deep = 96, 118
        bowl = shapes.smooth([(rim, 240), (deep - 4, 330), (deep, 410), (92, 500), (40, 548), (9, 566)], steps=8)
        s.shape(shapes.ellipse(cx, 240, rim, 11), _CLEAR, alpha=0.4)
        s.round_body([(84, FLOOR - 10), (88, FLOOR - 4), (88, FLOOR)], cx, glass(_CLEAR), sag=0.18)
        s.round_body(path("9,560 7,640 7,770 16,806 60,818"), cx, glass(_CLEAR), sag=0.02)
        outline = shapes.mirror([(cx + x, y) for x, y in bowl], cx)
        body = s.shape(outline, glass(_CLEAR), alpha=0.5)
        if full:
            wine_ = darker(look.accent, 0.15)
            s.shape(
                [(cx - 130, 400), (cx + 130, 400), (cx + 130, 600), (cx - 130, 600)],
                glass(wine_),
                clip=body,
                alpha=0.94,
            )
            s.shape(shapes.ellipse(cx, 400, deep - 3, 14), lighter(wine_, 0.16), clip=body)
        s.glow(
            shapes.smooth(
                [(cx - 84, 290), (cx - 98, 380), (cx - 88, 460), (cx - 76, 460), (cx - 84, 380), (cx - 72, 290)],
                closed=True,
            ),
            clip=body,
            alpha=0.7,
            blur=4,
        )
        s.glow(shapes.rrect(cx + 82, 320, cx + 88, 450, 3), clip=body, alpha=0.5, blur=2)
        ring = [*shapes.arc(cx, 240, rim, 11, 0, 360), *shapes.arc(cx, 240, rim - 4, 8, 360, 0)]
        s.shape(ring, WHITE, alpha=0.85)


@form("mug", focus=(470, 560), box=(300, 300))
def mug(s: Stage, look: Look) -> None:
    cx, half, top = 470, 158, 470
    base: RGB = (245, 242, 236)
    s.shadow(cx, FLOOR, half * 0.92)
    ear = shapes.smooth([(cx + 140, 540), (cx + 240, 530), (cx + 262, 620), (cx + 226, 710), (cx + 140, 730)], steps=9)
    s.shape(shapes.stroke(ear, 34), fall(darker(base, 0.16), 0.1, 0.3), down=True)
    s.shape(shapes.ellipse(cx, top, half, half * 0.14), darker(base, 0.2))
    body = s.round_body(
        [(half, top), (half * 0.99, FLOOR - 60), (half * 0.9, FLOOR - 10), (half * 0.84, FLOOR)], cx, tube(base, 0.4)
    )
    for x, y, r in ((cx - 70, 610, 92), (cx + 86, 560, 66), (cx + 70, 760, 78), (cx - 90, 800, 60)):
        poppy(s, (x, y), r, look.body, body)
    s.shape(
        [
            *shapes.arc(cx, top, half, half * 0.14, 0, 180),
            *shapes.arc(cx, top + 7, half * 0.96, half * 0.12, 180, 0),
        ],
        lighter(base, 0.6),
    )
    s.shape(shapes.ellipse(cx, top + 2, half * 0.95, half * 0.115), fall(darker(base, 0.1), 0.0, 0.2), down=True)
    s.shade([(cx + 60, top), (cx + half, top), (cx + half, FLOOR), (cx + 90, FLOOR)], clip=body, alpha=0.22, blur=26)
    streaks(s, body, cx, half, (top + 50, FLOOR - 60), alpha=0.5)


def poppy(s: Stage, at: Point, r: float, colour: RGB, clip: Cut) -> None:
    """A large printed flower."""
    x, y = at
    petals = [
        (x + r * (1 + 0.16 * (i % 2)) * c, y + r * (1 + 0.14 * ((i + 1) % 2)) * d)
        for i, (c, d) in enumerate(
            ((0, -1), (0.78, -0.72), (1.02, 0.1), (0.6, 0.84), (-0.14, 1.0), (-0.86, 0.6), (-1.0, -0.2), (-0.66, -0.8))
        )
    ]
    cut = s.shape(shapes.smooth(petals, closed=True, steps=8), colour, clip=clip)
    s.shape(
        shapes.smooth(shapes.moved([(px - x, py - y) for px, py in petals], x, y, 0.62), closed=True, steps=8),
        darker(colour, 0.16),
        clip=clip,
        alpha=0.5,
    )
    s.shape(shapes.ellipse(x, y, r * 0.24, r * 0.22), darker(colour, 0.75), clip=cut)
    s.shape(shapes.ellipse(x, y, r * 0.12, r * 0.1), (232, 190, 70), clip=cut)


@form("frenchpress", focus=(480, 560), box=(320, 480))
def french_press(s: Stage, look: Look) -> None:
    cx, half, top = 480, 126, 370
    s.shadow(cx, FLOOR, half)
    ear = shapes.smooth([(cx + 120, 420), (cx + 240, 430), (cx + 250, 560), (cx + 236, 690), (cx + 120, 700)], steps=9)
    s.shape(shapes.stroke(ear, 30), tube(INK, 0.4), down=True)
    s.round_body([(7, 196), (7, 330)], cx, metal(STEEL))
    s.shape(shapes.ellipse(cx, 190, 26, 26), tube(INK, 0.6))
    body = s.round_body([(half, top), (half, FLOOR - 14), (half * 0.96, FLOOR - 4)], cx, glass(_CLEAR))
    s.shape(shapes.band(cx, half * 0.95, 560, FLOOR - 16, 10), glass((62, 36, 22)), clip=body, alpha=0.96)
    s.shape(shapes.ellipse(cx, 560, half * 0.95, 12), (150, 104, 66), clip=body)
    s.round_body([(half * 0.93, 520), (half * 0.93, 534)], cx, metal(STEEL))
    for x in (-0.98, -0.34, 0.34, 0.98):
        s.shape(shapes.rrect(cx + half * x - 8, top - 6, cx + half * x + 8, FLOOR + 4, 4), metal(STEEL))
    for y in (top + 4, FLOOR - 34):
        s.round_body([(half + 6, y), (half + 6, y + 16)], cx, metal(STEEL))
    s.round_body(
        [*shapes.smooth([(30, 316), (90, 326), (half + 4, 350)], steps=6), (half + 4, top + 2)], cx, metal(STEEL)
    )
    streaks(s, body, cx, half, (top + 40, FLOOR - 50), alpha=0.55)


@form("vase", focus=(500, 560), box=(300, 360))
def vase(s: Stage, look: Look) -> None:
    """A wavy free form of blown glass."""
    s.shadow(500, FLOOR, 190, 34)
    top = shapes.smooth(
        path("300,430 380,396 460,424 540,388 640,412 706,440 640,476 560,458 470,486 380,462"),
        closed=True,
        steps=9,
    )
    colour = look.body
    left = shapes.smooth(path("300,430 306,560 330,700 344,806"), steps=8)
    right = shapes.smooth(path("700,440 694,560 672,700 660,806"), steps=8)
    foot = shapes.smooth(path("344,806 420,834 500,826 590,838 660,806"), steps=8)
    body = s.shape([*left, *foot, *reversed(right)], glass(colour), alpha=0.82)
    s.shape(top, fall(lighter(colour, 0.4), 0.3, 0.1), down=True, alpha=0.9)
    s.shape(shapes.moved(top, 500 * 0.08, 436 * 0.08, 0.92), darker(colour, 0.16), alpha=0.5)
    for x, width in ((392, 26), (470, 10), (560, 30), (636, 14)):
        s.glow(shapes.rrect(x, 480, x + width, 800, 10), clip=body, alpha=0.34, blur=9)
    for x in (432, 520, 604):
        s.shade(shapes.rrect(x, 480, x + 22, 812, 10), clip=body, alpha=0.22, blur=9)
    s.shape(
        shapes.smooth(
            path("344,786 420,812 500,804 590,816 660,786 660,812 590,842 500,830 420,838 344,812"),
            closed=True,
            steps=8,
        ),
        lighter(colour, 0.5),
        clip=body,
        alpha=0.5,
    )


@form("babybottle", focus=(500, 560), box=(200, 480))
def baby_bottle(s: Stage, look: Look) -> None:
    cx, half = 500, 100
    s.shadow(cx, FLOOR, half)
    soft = look.has("soft")
    plastic = mix(look.body, (244, 240, 232), 0.35) if soft else mix(look.body, (240, 238, 232), 0.55)
    teat = shapes.smooth(path("9,214 22,226 27,262 44,300 78,330 84,346"), steps=8)
    s.round_body(teat, cx, glass((240, 226, 200)))
    ring = look.body if soft else look.accent
    s.round_body(path("90,340 94,350 94,408"), cx, tube(ring, 0.3))
    profile = [
        *shapes.smooth(path("84,400 96,430 108,480 98,600 104,720"), steps=7),
        (106, FLOOR - 30),
        (96, FLOOR),
    ]
    body = s.round_body(profile, cx, matt(plastic) if soft else glass(plastic))
    s.shape(shapes.band(cx, 96, 590, FLOOR - 14, 9), glass((250, 247, 240)), clip=body, alpha=0.75)
    s.many(
        [shapes.rect(cx + 26, 520 + i * 52, cx + (58 if i % 2 else 46), 524 + i * 52) for i in range(5)],
        darker(look.accent, 0.2),
        clip=body,
        alpha=0.7,
    )
    s.text((cx - 34, 660), look.words, 40, darker(look.accent, 0.2), clip=body)
    streaks(s, body, cx, half, (470, FLOOR - 40), alpha=0.55)
