"""Appliances and instruments for the body."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, WHITE, darker, fall, ink_on, lighter, luminance, matt, metal, mix, tube
from entrepot.demo.art.forms.vessels import FLOOR, GOLD, INK, STEEL, top_ellipse
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage

_CASE: RGB = (240, 241, 243)
_LCD: RGB = (186, 200, 192)


@form("hairdryer", focus=(420, 420), box=(330, 300))
def hair_dryer(s: Stage, look: Look) -> None:
    s.shadow(520, FLOOR + 6, 120, 26, strength=0.8)
    cord = shapes.smooth(path("540,800 556,840 640,850 740,836 800,850"), steps=9)
    s.shape(shapes.stroke(cord, 12), matt(INK))
    grip = s.shape(path("494,470 594,470 584,806 504,806"), tube(mix(look.body, STEEL, 0.25), 0.45))
    s.shape(shapes.rrect(500, 776, 588, 824, 14), tube(INK, 0.3))
    for y, colour in ((560, look.accent), (604, STEEL)):
        s.shape(shapes.rrect(528, y, 560, y + 26, 9), tube(colour, 0.4), clip=grip)
    barrel = s.shape(
        [
            (330, 300),
            *shapes.smooth(
                path("330,300 560,286 640,300 690,350 700,400 690,450 640,500 560,514 330,500"),
                steps=8,
            ),
        ],
        fall(look.body, 0.34, 0.36),
        down=True,
    )
    s.shape(path("252,326 336,300 336,500 252,474"), fall(darker(STEEL, 0.1), 0.3, 0.4), down=True)
    s.shape(shapes.ellipse(252, 400, 18, 75), fall(INK, 0.2, 0.1), down=True)
    s.shape(shapes.rect(330, 296, 352, 504), fall(look.accent, 0.2, 0.3), down=True, clip=barrel)
    s.shape(shapes.ellipse(688, 400, 22, 78), fall(darker(look.body, 0.2), 0.2, 0.2), down=True)
    s.many([shapes.rrect(682, 344 + i * 17, 698, 350 + i * 17, 3) for i in range(7)], INK, alpha=0.7)
    s.glow(shapes.rrect(370, 312, 640, 336, 10), clip=barrel, alpha=0.5, blur=8)
    s.text((510, 420), look.words, 48, ink_on(look.body), clip=barrel, alpha=0.8)


@form("shaver", focus=(500, 380), box=(230, 420))
def shaver(s: Stage, look: Look) -> None:
    cx = 500
    s.shadow(cx, FLOOR, 90, 22)
    body = s.shape(
        shapes.mirror(
            [
                *shapes.smooth(
                    [(cx + 92, 340), (cx + 84, 440), (cx + 74, 560), (cx + 84, 700), (cx + 78, 800), (cx + 50, FLOOR)],
                    steps=8,
                )
            ],
            cx,
        ),
        tube(look.body, 0.5),
    )
    s.shape(
        shapes.rrect(cx - 44, 470, cx + 44, 690, 40),
        fall(darker(look.body, 0.3) if luminance(look.body) > 0.3 else (20, 20, 22), 0.1, 0.1),
        down=True,
        clip=body,
    )
    s.shape(shapes.ellipse(cx, 512, 22, 22), metal(look.accent))
    s.text((cx, 600), look.words, 30, WHITE, clip=body, alpha=0.8)
    s.many([shapes.rrect(cx - 18 + i * 11, 644, cx - 12 + i * 11, 660, 2) for i in range(4)], (120, 210, 150))
    head = s.shape([(cx - 108, 240), (cx + 108, 240), (cx + 94, 352), (cx - 94, 352)], metal(STEEL))
    s.shape(shapes.rrect(cx - 112, 196, cx + 112, 250, 16), metal(darker(STEEL, 0.2)))
    for i in range(5):
        s.shape(
            shapes.rrect(cx - 100 + i * 42, 184, cx - 70 + i * 42, 240, 10),
            ((0, lighter(STEEL, 0.5)), (1, darker(STEEL, 0.3))),
            down=True,
        )
    s.shape(shapes.rect(cx - 110, 300, cx + 110, 310), look.accent, clip=head)
    s.glow(shapes.rrect(cx - 72, 400, cx - 60, 780, 6), clip=body, alpha=0.5, blur=4)


@form("epilator", focus=(500, 420), box=(240, 360))
def epilator(s: Stage, look: Look) -> None:
    cx = 500
    s.shadow(cx, FLOOR, 84, 22)
    half = shapes.smooth(
        [(cx + 88, 380), (cx + 96, 480), (cx + 78, 600), (cx + 72, 700), (cx + 78, 790), (cx + 44, FLOOR)], steps=8
    )
    body = s.shape(shapes.mirror(half, cx), tube(look.body, 0.45))
    s.shape(
        shapes.mirror([*shapes.smooth([(cx + 30, 440), (cx + 44, 540), (cx + 30, 700), (cx + 12, 780)], steps=8)], cx),
        tube(look.accent, 0.4),
        clip=body,
    )
    s.shape(shapes.ellipse(cx, 520, 18, 18), metal(STEEL))
    s.text((cx, 610), look.words, 26, WHITE, clip=body)
    s.shape(shapes.rrect(cx - 98, 300, cx + 98, 392, 26), fall(look.body, 0.1, 0.2), down=True)
    s.shape(shapes.rrect(cx - 86, 258, cx + 86, 330, 30), metal(STEEL))
    s.many(
        [shapes.rect(cx - 78 + i * 11, 264, cx - 74 + i * 11, 324) for i in range(15)], darker(STEEL, 0.5), alpha=0.6
    )


@form("ebrush", focus=(500, 640), box=(210, 440))
def electric_brush(s: Stage, look: Look) -> None:
    cx = 470
    s.shadow(cx, FLOOR, 74, 22)
    s.shadow(690, FLOOR, 90, 24, strength=0.7)
    s.round_body([*shapes.smooth(path("60,776 78,784 84,800"), steps=4), (84, FLOOR)], 690, tube(_CASE, 0.3))
    s.round_body([(16, 748), (16, 782)], 690, tube(_CASE, 0.3))
    s.round_body(path("11,250 12,330 15,420"), cx, tube(_CASE, 0.4))
    head = s.shape(shapes.rrect(cx - 40, 176, cx + 16, 256, 26), tube(_CASE, 0.4))
    for i in range(6):
        colour = look.accent if i in {0, 5} else (216, 232, 240)
        s.shape(shapes.rrect(cx - 66, 184 + i * 11, cx - 34, 192 + i * 11, 3), colour)
    s.shade(shapes.rect(cx - 40, 176, cx - 32, 256), clip=head, alpha=0.3, blur=3)
    s.round_body([(24, 408), (26, 430)], cx, tube(look.accent, 0.4))
    body = s.round_body(
        [*shapes.smooth(path("26,430 44,462 58,540 58,660 54,780"), steps=8), (52, FLOOR)],
        cx,
        tube(look.body, 0.45),
    )
    s.shape(shapes.rrect(cx - 20, 500, cx + 20, 640, 20), fall(darker(look.body, 0.14), 0.1, 0.1), down=True, clip=body)
    s.shape(shapes.ellipse(cx, 528, 13, 13), metal(STEEL))
    s.shape(shapes.ellipse(cx, 590, 9, 9), look.accent)
    s.text((cx, 720), look.words, 28, ink_on(look.body), clip=body, alpha=0.8)
    s.glow(shapes.rrect(cx - 42, 480, cx - 32, 790, 5), clip=body, alpha=0.55, blur=3)


@form("toothbrush", focus=(500, 380), box=None)
def toothbrushes(s: Stage, look: Look) -> None:
    pairs = (((214, 44, 124), (60, 190, 178)), ((60, 150, 214), (244, 196, 60)), ((238, 122, 60), (120, 190, 84)))
    for i, (grip, hair) in enumerate(pairs):
        cx, tilt = 400 + i * 100, -10 + i * 10
        about = (cx, 830.0)
        handle = shapes.turn(
            [
                (cx - 13, 330),
                (cx + 13, 330),
                *shapes.smooth(
                    [(cx + 14, 430), (cx + 10, 470), (cx + 22, 560), (cx + 24, 700), (cx + 16, 836)], steps=7
                ),
                *reversed(
                    shapes.smooth(
                        [(cx - 14, 430), (cx - 10, 470), (cx - 22, 560), (cx - 24, 700), (cx - 16, 836)], steps=7
                    )
                ),
            ],
            tilt,
            about,
        )
        s.cast(handle, strength=0.34)
        cut = s.shape(handle, tube(grip, 0.45))
        s.shape(
            shapes.turn(shapes.rrect(cx - 9, 540, cx + 9, 740, 9), tilt, about),
            lighter(grip, 0.35),
            clip=cut,
            alpha=0.7,
        )
        head = shapes.turn(shapes.rrect(cx - 24, 212, cx + 24, 346, 22), tilt, about)
        s.shape(head, tube(grip, 0.4))
        s.shape(shapes.turn(shapes.rrect(cx - 19, 222, cx + 19, 330, 12), tilt, about), fall(hair, 0.2, 0.1), down=True)
        for row in range(7):
            s.many(
                [
                    shapes.turn(shapes.ellipse(x, y, 4, 4), tilt, about)
                    for col in range(3)
                    for x, y in [(cx - 12 + col * 12, 232 + row * 14)]
                ],
                lighter(hair, 0.5),
                alpha=0.8,
            )


@form("bpmonitor", focus=(420, 620), box=(380, 260))
def pressure_monitor(s: Stage, look: Look) -> None:
    s.shadow(440, FLOOR, 220, 30)
    s.shadow(740, FLOOR - 20, 110, 26, strength=0.7)
    hose = shapes.smooth(path("620,640 690,560 740,600 744,660"), steps=9)
    s.shape(shapes.stroke(hose, 16), matt((74, 78, 84)))
    s.round_body([(104, 560), (108, 700), (104, FLOOR - 20)], 740, matt((70, 82, 98)), sag=0.16)
    top_ellipse(s, 740, 560, 104, (70, 82, 98), 0.2)
    s.shape(shapes.ellipse(740, 560, 82, 14), darker((70, 82, 98), 0.5))
    s.shape(shapes.rect(700, 640, 780, 690), look.accent)
    body = s.shape(shapes.rrect(228, 480, 640, 838, 54), fall(look.body, 0.2, 0.2), down=True)
    s.shape(shapes.rrect(256, 508, 612, 740, 26), fall(darker(_LCD, 0.5), 0.0, 0.1), down=True, clip=body)
    lcd = s.shape(shapes.rrect(268, 520, 600, 728, 16), fall(_LCD, 0.2, 0.06), down=True)
    for y, figure in ((564, "118"), (634, "76"), (696, "64")):
        s.text((486, y), figure, 66 if y < 690 else 46, (34, 42, 40), clip=lcd)
    s.bars((332, 560), (70, 50), (34, 42, 40), alpha=0.6, gap=72, high=7)
    s.shape(shapes.ellipse(434, 790, 62, 26), fall(look.accent, 0.3, 0.2), down=True)
    s.shape(shapes.ellipse(316, 790, 28, 18), fall((206, 210, 216), 0.2, 0.2), down=True)
    s.shape(shapes.ellipse(552, 790, 28, 18), fall((206, 210, 216), 0.2, 0.2), down=True)
    s.text((434, 791), look.words, 24, WHITE)


@form("thermometer", focus=(480, 420), box=(230, 330))
def ear_thermometer(s: Stage, look: Look) -> None:
    s.shadow(520, FLOOR, 110, 24)
    half = shapes.smooth([(590, 430), (606, 540), (590, 680), (572, 790), (520, FLOOR)], steps=8)
    left = shapes.smooth([(440, 450), (430, 540), (444, 680), (462, 790), (520, FLOOR)], steps=8)
    body = s.shape([*half, *reversed(left)], tube(look.body, 0.45))
    head = s.shape(
        shapes.smooth(path("430,340 520,300 600,330 620,410 590,470 480,480 424,430"), closed=True, steps=8),
        tube(look.body, 0.45),
    )
    s.shape(
        shapes.smooth(path("440,350 380,330 330,336 310,356 318,380 380,400 436,420"), closed=True, steps=8),
        fall((214, 226, 234), 0.4, 0.2),
        down=True,
    )
    s.shape(shapes.ellipse(316, 362, 14, 26), (150, 164, 176))
    screen = s.shape(shapes.rrect(466, 500, 574, 610, 18), fall((150, 214, 170), 0.2, 0.1), down=True, clip=body)
    s.text((520, 556), "36.6", 46, (26, 54, 40), clip=screen)
    s.shape(shapes.ellipse(520, 676, 36, 36), metal(STEEL))
    s.shape(shapes.ellipse(520, 676, 28, 28), fall(look.accent, 0.2, 0.1), down=True)
    s.text((520, 756), look.words, 26, look.accent, clip=body)
    s.glow(shapes.smooth(path("470,330 530,318 560,330 500,350"), closed=True), clip=head, alpha=0.6, blur=8)


@form("massager", focus=(500, 560), box=(360, 320))
def massager(s: Stage, look: Look) -> None:
    for x in (326, 674):
        s.shadow(x, 842, 60, 18)
    collar = shapes.smooth(path("330,800 286,640 320,480 500,420 680,480 714,640 670,800"), steps=9)
    s.shape(
        shapes.stroke(
            collar,
            [96, 116, 126, 130, 134, 134, 130, *([130] * (len(collar) - 14)), 134, 134, 130, 126, 116, 96, 96][
                : len(collar)
            ],
        ),
        matt(look.body),
    )
    s.shape(shapes.stroke(collar, 80), fall(lighter(look.body, 0.1), 0.2, 0.16), down=True)
    for x, y in ((360, 560), (430, 486), (570, 486), (640, 560)):
        s.shape(shapes.ellipse(x, y, 42, 42), fall((196, 190, 182), 0.2, 0.2), down=True)
        s.shape(shapes.ellipse(x, y, 26, 26), ((0, (238, 160, 130)), (1, (206, 110, 80))), down=True)
        s.glow(shapes.ellipse(x - 8, y - 10, 12, 9), alpha=0.5, blur=5)
    for x in (326, 674):
        strap = s.shape(shapes.rrect(x - 46, 700, x + 46, 846, 26), fall(darker(look.body, 0.25), 0.1, 0.2), down=True)
        s.shape(shapes.rect(x - 46, 730, x + 46, 738), lighter(look.body, 0.3), clip=strap, alpha=0.5)
    s.shape(shapes.rrect(636, 760, 712, 812, 10), fall(INK, 0.2, 0.1), down=True)
    s.text((674, 786), look.short(2), 28, WHITE)


@form("vacuum", focus=(480, 340), box=(300, 560))
def vacuum(s: Stage, look: Look) -> None:
    s.shadow(430, FLOOR + 6, 150, 26)
    tube_ = shapes.stroke([(560, 400), (446, 800)], 34)
    s.shape(tube_, metal(look.body))
    s.shape(
        shapes.smooth(path("300,800 330,770 520,770 560,800 556,836 306,836"), closed=True, steps=7),
        fall((84, 88, 94), 0.3, 0.3),
        down=True,
    )
    s.shape(shapes.rect(312, 812, 548, 832), ((0, (70, 200, 120)), (1, (40, 140, 90))), alpha=0.8)
    bin_ = s.shape(
        shapes.turn(shapes.rrect(430, 250, 580, 420, 26), 16, (520, 330)),
        ((0, (150, 160, 168)), (0.3, (226, 232, 236)), (1, (120, 130, 138))),
        alpha=0.9,
    )
    s.shape(
        shapes.turn(shapes.rrect(470, 280, 560, 400, 18), 16, (520, 330)),
        fall(look.accent, 0.3, 0.2),
        down=True,
        clip=bin_,
    )
    s.shape(shapes.turn(shapes.rrect(548, 190, 690, 340, 60), 16, (620, 264)), metal(look.body))
    s.shape(shapes.turn(shapes.ellipse(622, 256, 52, 52), 16, (620, 264)), fall(look.accent, 0.2, 0.1), down=True)
    s.shape(shapes.turn(shapes.ellipse(622, 256, 38, 38), 16, (620, 264)), (16, 20, 26))
    s.text((624, 258), "89", 28, (150, 220, 190))
    s.shape(
        shapes.stroke(shapes.smooth(path("650,320 720,380 716,470 650,500 590,440"), steps=9), 34),
        tube(darker(look.body, 0.4), 0.4),
    )
    s.shape(shapes.rrect(640, 470, 724, 560, 16), fall(darker(look.body, 0.5), 0.2, 0.1), down=True)
    s.shape(shapes.rrect(600, 420, 622, 470, 8), (190, 50, 40))


@form("hrstrap", focus=(500, 520), box=(240, 240))
def chest_strap(s: Stage, look: Look) -> None:
    loop = shapes.smooth(path("260,560 300,430 420,380 580,380 700,430 740,560 680,680 540,730"), steps=9)
    s.cast(shapes.stroke(loop, 54), strength=0.3)
    s.shape(shapes.stroke(loop, 54), fall(look.body, 0.2, 0.3), down=True)
    s.shape(shapes.stroke(loop, 6), lighter(look.body, 0.4), alpha=0.4)
    front = shapes.smooth(path("258,556 300,660 400,726 540,730"), steps=9)
    s.shape(shapes.stroke(front, 62), matt(lighter(look.body, 0.06)))
    pod = shapes.rrect(330, 620, 510, 740, 52)
    s.cast(pod, dx=6, dy=10, blur=10, strength=0.5)
    cut = s.shape(pod, fall(darker(look.body, 0.2), 0.3, 0.1), down=True)
    s.shape(shapes.rrect(340, 630, 500, 730, 44), fall(look.body, 0.2, 0.1), down=True, clip=cut)
    s.text((420, 682), look.words, 40, WHITE, clip=cut)
    s.shape(shapes.ellipse(480, 654, 6, 6), look.accent)
    s.shape(shapes.rrect(640, 660, 700, 716, 8), metal(GOLD if luminance(look.body) > 0.5 else STEEL))
