"""Kitchen machines."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import WHITE, darker, fall, ink_on, lighter, luminance, metal, tube
from entrepot.demo.art.forms.vessels import FLOOR, INK, PAPER, STEEL
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage


@form("ricecooker", focus=(500, 620), box=(420, 330))
def rice_cooker(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 230, 40)
    colour = look.body
    body = s.shape(
        shapes.smooth(
            path(
                "270,560 300,470 400,420 500,412 600,420 700,470 730,560 742,680 722,790 640,836 360,836 "
                "278,790 258,680"
            ),
            closed=True,
            steps=8,
        ),
        tube(colour, 0.42),
    )
    lid = s.shape(
        shapes.smooth(
            path("280,552 310,476 400,426 500,416 600,426 690,476 720,552 600,578 500,582 400,578"),
            closed=True,
            steps=8,
        ),
        fall(lighter(colour, 0.1), 0.3, 0.04),
        clip=body,
        down=True,
    )
    s.shade(
        shapes.stroke(shapes.smooth(path("262,560 400,588 500,592 600,588 738,560"), steps=8), 9),
        clip=body,
        alpha=0.6,
        blur=2,
    )
    s.shape(shapes.rrect(440, 424, 560, 470, 18), fall(STEEL, 0.3, 0.1), down=True, clip=lid)
    s.many([shapes.rrect(456 + i * 20, 436, 464 + i * 20, 458, 3) for i in range(5)], darker(STEEL, 0.6), clip=lid)
    panel = s.shape(shapes.rrect(390, 616, 610, 780, 26), fall((34, 35, 38), 0.1, 0.1), down=True)
    lcd = s.shape(shapes.rrect(416, 634, 584, 694, 8), fall((196, 206, 196), 0.1, 0.1), down=True, clip=panel)
    s.text((500, 666), "18:30", 44, (36, 44, 40), clip=lcd)
    for i, tone in enumerate(((206, 120, 60), (150, 156, 160), (150, 156, 160))):
        s.shape(shapes.rrect(416 + i * 60, 714, 464 + i * 60, 740, 9), tone)
    s.text((500, 760), look.words, 22, WHITE, alpha=0.8)
    handle = shapes.smooth(path("286,520 330,400 500,360 670,400 714,520"), steps=9)
    s.shape(shapes.stroke(handle, 15), tube(darker(colour, 0.3), 0.4), down=True)
    s.glow(
        shapes.smooth(path("320,520 390,456 470,440 400,480 340,560"), closed=True),
        clip=body,
        alpha=0.4,
        blur=12,
    )


@form("espresso", focus=(480, 560), box=(300, 420))
def espresso_machine(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 170, 34)
    shell = metal(look.body) if luminance(look.body) > 0.5 else tube(look.body, 0.45)
    s.shape(shapes.rrect(360, 400, 640, FLOOR - 10, 14), darker(look.body, 0.5))
    top = s.shape(shapes.rrect(340, 290, 660, 520, 22), shell)
    s.shape(shapes.rect(340, 496, 660, 520), darker(look.body, 0.3), clip=top, alpha=0.5)
    s.shape(shapes.rrect(330, 776, 670, FLOOR + 4, 14), shell)
    s.many([shapes.rect(352 + i * 25, 770, 368 + i * 25, 780) for i in range(12)], INK, alpha=0.8)
    s.shape(shapes.rrect(388, 520, 612, 770, 4), fall((36, 36, 38), 0.0, 0.2), down=True)
    for i in range(3):
        s.shape(shapes.ellipse(430 + i * 70, 400, 24, 24), metal(STEEL))
        s.shape(shapes.ellipse(430 + i * 70, 400, 14, 14), (120, 190, 214) if i == 1 else (54, 56, 60))
    s.text((500, 340), look.words, 34, ink_on(look.body), clip=top)
    s.shape(shapes.rrect(446, 516, 554, 566, 8), metal(STEEL))
    s.shape(shapes.rrect(438, 560, 562, 592, 10), metal(darker(STEEL, 0.2)))
    s.shape(shapes.turn(shapes.rrect(330, 566, 446, 592, 12), -6, (440, 578)), tube(INK, 0.4), down=True)
    for x in (484, 516):
        s.shape(shapes.rect(x - 3, 590, x + 3, 690), (92, 52, 26), alpha=0.9)
    cup(s, 500, 770, 54)
    s.shape(shapes.stroke(shapes.smooth(path("628,520 646,600 640,690"), steps=6), 12), metal(STEEL))


def cup(s: Stage, cx: float, foot: float, half: float) -> None:
    """A small white cup, full."""
    ear = shapes.smooth(
        [
            (cx + half * 0.9, foot - 64),
            (cx + half * 1.44, foot - 60),
            (cx + half * 1.3, foot - 24),
            (cx + half * 0.8, foot - 18),
        ],
        steps=6,
    )
    s.shape(shapes.stroke(ear, 10), fall(PAPER, 0.1, 0.2), down=True)
    s.round_body(
        [
            (half, foot - 78),
            *shapes.smooth([(half * 0.97, foot - 40), (half * 0.8, foot - 12), (half * 0.6, foot)], steps=5),
        ],
        cx,
        tube(PAPER, 0.3),
    )
    s.shape(shapes.ellipse(cx, foot - 78, half, half * 0.16), lighter(PAPER, 0.5))
    s.shape(shapes.ellipse(cx, foot - 76, half * 0.88, half * 0.12), (126, 78, 42))


@form("capsule", focus=(480, 560), box=(300, 380))
def capsule_machine(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 150, 34)
    body = s.shape(
        shapes.smooth(
            path(
                "400,400 430,320 520,296 610,316 640,400 636,640 640,800 600,836 520,838 500,800 506,600 "
                "420,590 398,520"
            ),
            closed=True,
            steps=8,
        ),
        tube(look.body, 0.5),
    )
    s.shape(
        shapes.smooth(path("420,330 450,270 560,250 640,300 620,330 520,310"), closed=True, steps=7),
        fall(lighter(look.body, 0.1), 0.3, 0.2),
        down=True,
    )
    s.shape(shapes.rrect(356, 430, 440, 520, 20), metal(STEEL))
    s.shape(shapes.rrect(376, 516, 420, 566, 8), fall(INK, 0.2, 0.1), down=True)
    s.shape(
        shapes.rrect(330, 780, 560, FLOOR + 6, 16),
        fall(darker(look.body, 0.3) if luminance(look.body) > 0.2 else (52, 52, 56), 0.2, 0.2),
        down=True,
    )
    s.many([shapes.rect(346 + i * 22, 776, 360 + i * 22, 786) for i in range(8)], INK, alpha=0.8)
    cup(s, 404, 782, 44)
    s.shape(shapes.rect(398, 566, 406, 704), (92, 52, 26))
    s.text((570, 560), look.words, 36, ink_on(look.body), clip=body, alpha=0.8)
    for x, colour in ((706, (176, 60, 50)), (752, (196, 160, 80)), (728, (70, 96, 130))):
        s.shadow(x, FLOOR, 22, 8, strength=0.6)
        s.round_body([(15, FLOOR - 40), (22, FLOOR - 4), (24, FLOOR)], x, metal(colour))
