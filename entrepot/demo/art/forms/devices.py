"""Sound, sight, time, and appliances for the body."""

from __future__ import annotations

from math import cos, pi, sin

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
    metal,
    mix,
    tube,
)
from entrepot.demo.art.forms.vessels import FLOOR, INK, PAPER, STEEL
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage

_SCREEN: RGB = (18, 24, 34)


@form("headphones", focus=(360, 620), box=(330, 360))
def headphones(s: Stage, look: Look) -> None:
    for x in (290, 710):
        s.shadow(x, 792, 66, 20)
    colour = look.body
    bow = shapes.arc(500, 500, 206, 262, 190, 350)
    s.shape(shapes.stroke(bow, 46), fall(darker(colour, 0.12), 0.2, 0.2), down=True)
    s.shape(
        shapes.stroke(shapes.arc(500, 500, 206, 262, 200, 340), 30),
        fall(lighter(colour, 0.12), 0.3, 0.1),
        down=True,
    )
    s.shape(shapes.stroke(shapes.arc(500, 506, 186, 236, 226, 314), 22), matt(darker(colour, 0.3)))
    for side in (-1, 1):
        x = 500 + side * 196
        s.shape(shapes.rrect(x - 15, 430, x + 15, 560, 12), metal(look.accent))
        inner = shapes.ellipse(x - side * 46, 656, 52, 118)
        s.shape(inner, matt(darker(colour, 0.34)))
        outer = s.shape(shapes.ellipse(x + side * 6, 656, 84, 136), tube(colour, 0.3))
        s.shape(
            shapes.ellipse(x + side * 18, 656, 62, 110), fall(lighter(colour, 0.06), 0.12, 0.14), down=True, clip=outer
        )
        s.text(
            (x + side * 18, 656),
            look.words,
            min(40, 84 / max(len(look.words), 2)),
            ink_on(colour),
            clip=outer,
            alpha=0.7,
        )
        s.glow(
            shapes.smooth([(x - 40, 590), (x - 10, 540), (x + 30, 546), (x - 4, 574), (x - 30, 620)], closed=True),
            clip=outer,
            alpha=0.3,
            blur=9,
        )
    if look.has("wired"):
        s.line(shapes.smooth(path("310,786 330,850 430,858 560,846 700,862"), steps=9), 8, INK)


@form("earbuds", focus=(500, 620), box=(260, 280))
def earbuds(s: Stage, look: Look) -> None:
    colour = look.body
    s.shadow(500, FLOOR, 200, 34)
    lid = s.shape(shapes.rrect(318, 400, 682, 610, 96), fall(lighter(colour, 0.06), 0.2, 0.16), down=True)
    s.shape(shapes.rrect(346, 424, 654, 600, 70), fall(darker(colour, 0.34), 0.0, 0.2), down=True, clip=lid)
    for cx in (428, 572):
        s.shape(shapes.ellipse(cx, 610, 62, 44), matt(darker(colour, 0.45)))
    case = s.shape(shapes.rrect(306, 612, 694, 838, 104), fall(colour, 0.2, 0.26), down=True)
    s.shape(shapes.rect(306, 612, 694, 624), darker(colour, 0.3), clip=case, alpha=0.6)
    s.glow(shapes.rrect(350, 640, 520, 668, 14), clip=case, alpha=0.4, blur=10)
    s.text((500, 744), look.words, 44, ink_on(colour), clip=case, alpha=0.75)
    s.shape(shapes.ellipse(500, 796, 7, 7), (120, 220, 150), clip=case)
    for side in (-1, 1):
        cx = 500 + side * 74
        s.shape(shapes.turn(shapes.rrect(cx - 20, 520, cx + 20, 624, 18), side * -8, (cx, 560)), tube(colour, 0.4))
        bud = s.shape(shapes.ellipse(cx, 506, 52, 46), tube(colour, 0.5))
        s.shape(shapes.ellipse(cx - side * 44, 520, 26, 24), matt(darker(colour, 0.25)))
        s.glow(shapes.ellipse(cx - 14, 488, 18, 12), clip=bud, alpha=0.6, blur=5)


@form("speaker", focus=(500, 560), box=(330, 330))
def round_speaker(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 190, 34)
    strap = shapes.smooth(path("604,500 720,560 748,660 700,720"), steps=9)
    s.shape(shapes.stroke(strap, 20), matt(look.accent))
    body = s.shape(
        shapes.smooth(
            path("300,640 320,520 400,460 500,446 600,460 680,520 700,640 684,760 620,824 500,838 380,824 316,760"),
            closed=True,
            steps=8,
        ),
        metal(look.body),
    )
    s.shape(shapes.ellipse(500, 642, 176, 176), fall(darker(look.body, 0.2), 0.1, 0.1), down=True, clip=body)
    for ring in range(7):
        r = 24 + ring * 23
        s.many(
            [
                shapes.dot(500 + r * cos(a), 642 + r * sin(a), 5)
                for i in range(6 + ring * 6)
                for a in [2 * pi * i / (6 + ring * 6)]
            ],
            darker(look.body, 0.55),
            clip=body,
        )
    s.shape(shapes.ellipse(500, 642, 22, 22), metal(look.body))
    s.glow(
        shapes.smooth(path("350,520 440,474 540,470 430,510 356,590"), closed=True),
        clip=body,
        alpha=0.4,
        blur=12,
    )


@form("speakerbar", focus=(450, 600), box=(420, 220))
def bar_speaker(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR - 60, 290, 34)
    body = s.shape(shapes.rrect(220, 520, 780, 770, 112), fall(look.body, 0.24, 0.34), down=True)
    for row in range(10):
        s.many(
            [
                shapes.rect(x, 540 + row * 22, x + 7, 549 + row * 22)
                for col in range(26)
                for x in [262 + col * 19 + row % 2 * 9]
            ],
            darker(look.body, 0.4),
            clip=body,
            alpha=0.5,
        )
    for x in (224, 744):
        s.shape(shapes.ellipse(x + 16, 645, 26, 104), metal(mix(look.body, STEEL, 0.5)))
    plate = s.shape(shapes.rrect(420, 596, 580, 694, 10), look.accent)
    s.text((500, 645), look.words, 64, WHITE, clip=plate)
    s.glow(shapes.rrect(280, 536, 720, 562, 14), clip=body, alpha=0.34, blur=10)


@form("speakeramp", focus=(450, 620), box=(380, 300))
def amp_speaker(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 250, 32)
    body = s.shape(shapes.rrect(250, 480, 750, 836, 22), fall(look.body, 0.14, 0.24), down=True)
    s.shape(shapes.rrect(272, 540, 728, 818, 10), look.accent)
    cloth = s.shape(
        shapes.rrect(280, 548, 720, 810, 6),
        fall(darker(look.body, 0.1) if luminance(look.body) < 0.5 else (196, 180, 150), 0.1, 0.14),
        down=True,
    )
    s.many(
        [shapes.rect(280 + i * 10, 548, 283 + i * 10, 810) for i in range(44)],
        darker(look.body, 0.4),
        clip=cloth,
        alpha=0.25,
    )
    s.many(
        [shapes.rect(280, 548 + i * 10, 720, 551 + i * 10) for i in range(26)],
        darker(look.body, 0.4),
        clip=cloth,
        alpha=0.25,
    )
    s.text((500, 680), look.words, 120, look.accent, clip=cloth)
    s.shape(shapes.rrect(266, 494, 734, 530, 8), metal(look.accent), clip=body)
    for x in (330, 400, 600, 670):
        s.shape(shapes.ellipse(x, 512, 13, 13), tube(INK, 0.4))


@form("camera", focus=(500, 620), box=(380, 300))
def camera(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR - 10, 260, 30)
    skin = look.body
    top = s.shape(
        [
            (250, 500),
            *shapes.smooth(path("250,500 256,470 300,462"), steps=5),
            (404, 462),
            *shapes.smooth(path("404,462 430,396 500,384 570,396 596,462"), steps=6),
            (700, 462),
            *shapes.smooth(path("700,462 744,470 750,500"), steps=5),
            (750, 560),
            (250, 560),
        ],
        fall(lighter(skin, 0.08), 0.22, 0.06),
        down=True,
    )
    s.shape(shapes.rrect(244, 540, 756, 820, 30), fall(skin, 0.05, 0.3), down=True)
    s.shape(shapes.rect(250, 548, 750, 756), matt(darker(skin, 0.2) if luminance(skin) < 0.5 else (70, 68, 66)))
    s.shape(shapes.rrect(250, 560, 320, 800, 24), matt(darker(skin, 0.34)), alpha=0.8)
    for cx, r in ((310, 30), (676, 36)):
        s.round_body([(r, 432), (r, 464)], cx, metal(STEEL if luminance(skin) > 0.5 else darker(STEEL, 0.6)), sag=0.2)
        s.shape(
            shapes.ellipse(cx, 432, r, r * 0.24), lighter(STEEL, 0.2) if luminance(skin) > 0.5 else darker(STEEL, 0.5)
        )
    s.text((500, 438), look.words, 40, ink_on(skin), clip=top)
    for r, colour in (
        (156, darker(STEEL, 0.5)),
        (142, (34, 34, 37)),
        (118, (22, 22, 24)),
        (104, (44, 44, 48)),
        (84, (14, 16, 20)),
    ):
        s.shape(
            shapes.ellipse(510, 664, r, r),
            metal(colour) if r in {156, 104} else fall(colour, 0.14, 0.1),
            down=r not in {156, 104},
        )
    lens = s.shape(
        shapes.ellipse(510, 664, 70, 70), ((0, (30, 54, 92)), (0.45, (70, 52, 108)), (1, (14, 18, 30))), down=True
    )
    s.glow(shapes.ellipse(484, 632, 26, 18), clip=lens, alpha=0.85, blur=6)
    s.glow(shapes.ellipse(540, 706, 18, 8), clip=lens, alpha=0.4, blur=5)
    s.shape(shapes.arc(510, 664, 149, 149, 0, 360)[0:4], look.accent)
    s.shape(shapes.ellipse(690, 520, 9, 9), look.accent)


@form("instax", focus=(460, 600), box=(320, 320))
def instant_camera(s: Stage, look: Look) -> None:
    s.shadow(500, FLOOR, 230, 34)
    photo = shapes.turn(shapes.rrect(592, 300, 720, 480, 4), 8, (656, 390))
    s.cast(photo, strength=0.3)
    s.shape(photo, (250, 248, 244))
    s.shape(
        shapes.turn(shapes.rect(604, 314, 708, 430), 8, (656, 390)),
        ((0, (132, 178, 206)), (0.6, (226, 206, 176)), (1, (120, 150, 104))),
        down=True,
    )
    body = s.shape(
        shapes.smooth(
            path("290,520 330,450 440,430 600,432 690,460 724,540 732,700 700,800 600,838 400,838 300,800 272,690"),
            closed=True,
            steps=8,
        ),
        fall(look.body, 0.34, 0.2),
        down=True,
    )
    s.shape(shapes.rect(260, 470, 740, 486), darker(look.body, 0.2), clip=body, alpha=0.4)
    s.shape(shapes.rrect(560, 500, 680, 566, 18), tube(lighter(look.body, 0.2), 0.4))
    s.shape(shapes.rrect(576, 514, 664, 552, 10), ((0, (60, 70, 84)), (1, (20, 24, 32))), down=True)
    s.shape(shapes.rrect(340, 496, 400, 540, 10), ((0, (250, 244, 220)), (1, (214, 200, 160))), down=True)
    for r, colour in (
        (146, lighter(look.body, 0.42)),
        (124, darker(look.body, 0.06)),
        (96, (60, 62, 66)),
        (74, (24, 26, 30)),
    ):
        s.shape(shapes.ellipse(476, 668, r, r), fall(colour, 0.26, 0.14), down=True)
    lens = s.shape(shapes.ellipse(476, 668, 46, 46), ((0, (44, 70, 104)), (1, (12, 16, 24))), down=True)
    s.glow(shapes.ellipse(460, 650, 16, 11), clip=lens, alpha=0.85, blur=4)
    s.text((656, 770), look.words, 36, darker(look.body, 0.5), clip=body)


@form("console", focus=(420, 600), box=(420, 260))
def console(s: Stage, look: Look) -> None:
    s.shadow(500, 746, 330, 24)
    left, right = (look.body, look.body) if luminance(look.body) > 0.6 else ((52, 156, 206), (222, 74, 62))
    s.shape(shapes.rrect(290, 440, 710, 740, 10), fall((42, 42, 46), 0.1, 0.2), down=True)
    screen = s.shape(
        shapes.rrect(306, 456, 694, 724, 6),
        ((0, (36, 92, 150)), (0.5, (92, 164, 190)), (1, (240, 196, 120))),
        down=True,
    )
    for x, y, r, colour in (
        (380, 700, 90, (70, 132, 92)),
        (520, 720, 120, (92, 156, 96)),
        (640, 706, 80, (58, 116, 84)),
    ):
        s.shape(shapes.ellipse(x, y, r, r * 0.6), colour, clip=screen)
    s.shape(shapes.ellipse(610, 516, 30, 30), (255, 238, 190), clip=screen)
    s.glow(path("320,456 470,456 360,724 306,724"), clip=screen, alpha=0.14, blur=3)
    for side, colour in ((-1, left), (1, right)):
        x0, x1 = (176, 292) if side < 0 else (708, 824)
        pad = s.shape(
            [*shapes.rrect(x0, 436, x1, 744, 54)], ((0, lighter(colour, 0.2)), (0.5, colour), (1, darker(colour, 0.2)))
        )
        s.shape(
            shapes.rect(286 if side < 0 else 704, 436, 296 if side < 0 else 714, 744),
            darker(colour, 0.3),
            clip=pad,
            alpha=0.5,
        )
        cx, stick, keys = (x0 + x1) / 2, (520 if side < 0 else 630), (630 if side < 0 else 520)
        s.shape(shapes.ellipse(cx, stick, 34, 34), tube(INK, 0.3))
        s.shape(shapes.ellipse(cx, stick - 3, 25, 25), fall((66, 66, 70), 0.2, 0.1), down=True)
        for dx, dy in ((0, -26), (0, 26), (-26, 0), (26, 0)):
            s.shape(shapes.ellipse(cx + dx, keys + dy, 13, 13), tube(INK, 0.4))


@form("watch", focus=(500, 520), zoom=1.9, box=(260, 260))
def watch(s: Stage, look: Look) -> None:
    strap = look.more.get("strap", "leather")
    colour: RGB = {"steel": STEEL, "rubber": look.body}.get(strap, (74, 48, 34))
    paint = metal(colour) if strap == "steel" else matt(colour)
    band = path("424,160 576,160 590,380 590,640 566,880 434,880 410,640 410,380")
    s.cast(band, strength=0.36)
    cut = s.shape(band, paint)
    for i in range(22):
        y = 172 + i * 33
        if strap == "steel":
            s.shape(shapes.rect(400, y, 600, y + 4), darker(colour, 0.5), clip=cut, alpha=0.6)
            s.shape(shapes.rect(462, y - 16, 466, y + 16), darker(colour, 0.4), clip=cut, alpha=0.4)
            s.shape(shapes.rect(534, y - 16, 538, y + 16), darker(colour, 0.4), clip=cut, alpha=0.4)
        elif strap == "leather":
            for x in (428, 566):
                s.shape(shapes.rrect(x, y, x + 5, y + 17, 2), lighter(colour, 0.5), clip=cut, alpha=0.7)
    case = STEEL if strap != "rubber" else look.body
    dial = look.body
    s.shape(shapes.rrect(668, 500, 700, 540, 6), metal(case))
    s.cast(shapes.ellipse(500, 520, 182, 182), dx=8, dy=10, blur=12, strength=0.4)
    for r, part in ((182, 0.0), (172, 0.2)):
        s.shape(shapes.ellipse(500, 520, r, r), metal(darker(case, part)))
    face = s.shape(
        shapes.ellipse(500, 520, 156, 156), ((0, lighter(dial, 0.34)), (0.5, dial), (1, darker(dial, 0.36))), down=True
    )
    ink = ink_on(dial)
    s.many(
        [
            shapes.stroke([(500 + r0 * sin(a), 520 - r0 * cos(a)), (500 + 148 * sin(a), 520 - 148 * cos(a))], width)
            for i in range(60)
            for a in [pi * i / 30]
            for r0 in [140 if i % 5 else 120]
            for width in [2 if i % 5 else 7]
        ],
        ink,
        clip=face,
        alpha=0.9,
    )
    s.text((500, 458), look.words, min(34, 110 / max(len(look.words), 2)), ink, clip=face)
    s.shape(shapes.rrect(580, 506, 618, 534, 3), PAPER, clip=face)
    s.text((599, 520), "21", 20, INK, clip=face)
    for angle, length, width in ((305, 84, 11), (52, 122, 8)):
        a = angle * pi / 180
        tip, tail = (500 + length * sin(a), 520 - length * cos(a)), (500 - 22 * sin(a), 520 + 22 * cos(a))
        s.shape(
            shapes.stroke([(tail[0] + 3, tail[1] + 5), (tip[0] + 3, tip[1] + 5)], width),
            darker(dial, 0.6),
            clip=face,
            alpha=0.4,
        )
        s.shape(shapes.stroke([tail, tip], width), metal(lighter(STEEL, 0.4)), clip=face)
    s.shape(
        shapes.stroke([(484, 568), (548, 400)], 3),
        look.accent if luminance(look.accent) > 0.1 else (180, 40, 40),
        clip=face,
    )
    s.shape(shapes.ellipse(500, 520, 9, 9), metal(STEEL))
    s.glow(path("372,470 520,364 580,372 380,560"), clip=face, alpha=0.13, blur=6)


@form("gshock", focus=(500, 520), zoom=1.9, box=(230, 230))
def digital_watch(s: Stage, look: Look) -> None:
    colour = look.body
    band = path("420,160 580,160 606,360 606,680 576,880 424,880 394,680 394,360")
    s.cast(band, strength=0.36)
    cut = s.shape(band, matt(colour))
    for y in (190, 230, 270, 790, 830):
        s.shape(shapes.rrect(484, y, 516, y + 14, 6), darker(colour, 0.6), clip=cut, alpha=0.7)
    body = path("380,360 430,330 570,330 620,360 656,420 656,620 620,680 570,712 430,712 380,680 344,620 344,420")
    s.cast(body, dx=8, dy=12, blur=12, strength=0.45)
    case = s.shape(body, fall(colour, 0.2, 0.26), down=True)
    s.shape(shapes.rrect(388, 392, 612, 650, 30), fall(darker(colour, 0.3), 0.1, 0.1), down=True, clip=case)
    s.shape(shapes.rrect(404, 410, 596, 634, 18), darker(look.accent, 0.3))
    lcd = s.shape(shapes.rrect(420, 470, 580, 596, 8), fall((176, 186, 168), 0.12, 0.08), down=True)
    s.text((500, 548), "10:08", 60, (38, 44, 40), clip=lcd)
    s.text((470, 494), "SA", 22, (38, 44, 40), clip=lcd)
    s.text((540, 494), "11-21", 22, (38, 44, 40), clip=lcd)
    s.text((500, 440), look.words, 24, WHITE)
    s.bars((500, 610), (70,), WHITE, alpha=0.6)
    for x, y in ((350, 440), (350, 600), (650, 440), (650, 600)):
        s.shape(shapes.ellipse(x, y, 15, 15), metal(STEEL))


@form("smartwatch", focus=(500, 520), zoom=1.9, box=(240, 240))
def smart_watch(s: Stage, look: Look) -> None:
    band = path("430,170 570,170 584,380 584,650 560,880 440,880 416,650 416,380")
    s.cast(band, strength=0.36)
    cut = s.shape(band, matt(look.body))
    s.many([shapes.ellipse(500, 720 + i * 26, 7, 8) for i in range(6)], darker(look.body, 0.6), clip=cut, alpha=0.8)
    s.shape(shapes.rrect(660, 470, 692, 506, 8), metal(darker(STEEL, 0.2)))
    s.shape(shapes.rrect(660, 546, 688, 582, 8), metal(darker(STEEL, 0.2)))
    s.cast(shapes.ellipse(500, 520, 176, 176), dx=8, dy=10, blur=12, strength=0.4)
    s.shape(shapes.ellipse(500, 520, 176, 176), metal(mix(look.body, STEEL, 0.4)))
    s.shape(shapes.ellipse(500, 520, 160, 160), (12, 13, 16))
    face = s.shape(shapes.ellipse(500, 520, 148, 148), ((0, (26, 34, 52)), (1, (10, 12, 18))), down=True)
    for r, colour, end in ((136, (236, 92, 76), 230), (118, (236, 190, 70), 160), (100, (86, 190, 130), 280)):
        s.shape(shapes.stroke(shapes.arc(500, 520, r, r, -90, -90 + end), 11), colour, clip=face)
    s.text((500, 506), "10:08", 62, WHITE, clip=face)
    s.text((500, 560), "12.4 km", 26, (150, 200, 230), clip=face)
    s.glow(path("380,470 500,380 560,384 390,560"), clip=face, alpha=0.1, blur=6)
