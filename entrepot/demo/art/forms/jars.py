"""Jars, tins, candles, flasks."""

from __future__ import annotations

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import (
    WHITE,
    darker,
    fall,
    glass,
    ink_on,
    lighter,
    luminance,
    matt,
    metal,
    mix,
    rgb,
    tube,
)
from entrepot.demo.art.forms.vessels import FLOOR, INK, PAPER, STEEL, label, print_on, straight, streaks, top_ellipse
from entrepot.demo.art.look import Look, form
from entrepot.demo.art.shapes import path
from entrepot.demo.art.studio import Stage


@form("jar", focus=(500, 640), box=(330, 300))
def jar(s: Stage, look: Look) -> None:
    cx, half = 500, 205
    top, lid_top, foot = 590, 480, FLOOR
    if look.has("small"):
        half, top, lid_top = 165, 630, 540
    clear = look.has("glass")
    lid = look.colour("cap", lighter(look.body, 0.35) if luminance(look.body) < 0.8 else PAPER)
    s.shadow(cx, foot, half, 32)
    body = s.round_body(
        [
            *shapes.smooth([(half * 0.9, top - 14), (half * 0.97, top), (half, top + 26)], steps=5),
            (half, foot - 30),
            (half * 0.97, foot - 8),
            (half * 0.93, foot),
        ],
        cx,
        glass(look.body) if clear else tube(look.body, 0.5),
        sag=0.1,
    )
    print_on(s, body, (cx, (top + foot) / 2 - 12), half * 0.72, look, look.body)
    s.round_body([(half * 0.97, lid_top), (half, lid_top + 14), (half, top - 6)], cx, tube(lid, 0.4), sag=0.1)
    top_ellipse(s, cx, lid_top, half * 0.97, lid, 0.12)
    streaks(s, body, cx, half, (top + 30, foot - 26), alpha=0.4)


@form("tinround", focus=(500, 560), box=None)
def tin_round(s: Stage, look: Look) -> None:
    """A flat tin standing up, its lid to the viewer."""
    cx, cy, r = 500, 560, 255
    s.shadow(cx, cy + r - 6, r * 0.7, 22)
    s.shape(shapes.ellipse(cx + 26, cy + 4, r, r), metal(STEEL))
    s.shape(shapes.ellipse(cx + 14, cy + 2, r, r), metal(lighter(STEEL, 0.2)))
    face = s.shape(shapes.ellipse(cx, cy, r, r), fall(look.body, 0.1, 0.22), down=True)
    s.shape(shapes.ellipse(cx, cy, r * 0.9, r * 0.9), fall(lighter(look.body, 0.05), 0.12, 0.18), down=True)
    s.text((cx, cy), look.words, r * 0.62, ink_on(look.body))
    s.bars((cx, cy + r * 0.42), (r * 0.8, r * 0.56), ink_on(look.body), alpha=0.5, high=5)
    s.glow(
        shapes.smooth(path("300,480 400,340 560,310 420,380 330,500"), closed=True),
        clip=face,
        alpha=0.28,
        blur=16,
    )


@form("candle", focus=(500, 640), box=(320, 330))
def candle(s: Stage, look: Look) -> None:
    cx, half, top = 500, 168, 470
    s.shadow(cx, FLOOR, half)
    back = shapes.ellipse(cx, top, half, half * 0.14)
    s.shape(back, lighter(look.body, 0.2))
    body = s.round_body([(half, top), (half, FLOOR - 10), (half * 0.96, FLOOR)], cx, glass(look.body))
    wax = s.shape(
        shapes.band(cx, half * 0.93, top + 46, FLOOR - 26, half * 0.11),
        matt(mix(look.body, WHITE, 0.45)),
        clip=body,
        alpha=0.9,
    )
    s.shape(
        shapes.ellipse(cx, top + 46, half * 0.93, half * 0.12),
        ((0, (255, 236, 196)), (0.5, (255, 250, 238)), (1, lighter(look.body, 0.4))),
    )
    s.line([(cx, top + 44), (cx + 2, top + 8)], 6, INK)
    s.glow(shapes.ellipse(cx, top - 26, 60, 80), alpha=0.4, blur=26)
    flame = shapes.smooth(
        [(cx, top - 84), (cx + 18, top - 30), (cx + 14, top), (cx, top + 10), (cx - 14, top), (cx - 16, top - 30)],
        closed=True,
    )
    s.shape(flame, (255, 196, 92), blur=2)
    s.shape(shapes.moved(flame, cx * 0.45, (top - 14) * 0.45, 0.55), (255, 244, 206), blur=2)
    label(s, wax, (cx, 600, 750), half * 0.72, look, paper=PAPER)
    s.shape(
        [
            *shapes.arc(cx, top, half, half * 0.14, 0, 180),
            *shapes.arc(cx, top + 5, half * 0.97, half * 0.13, 180, 0),
        ],
        WHITE,
        alpha=0.7,
    )
    streaks(s, body, cx, half, (top + 40, FLOOR - 26))


@form("candlejar", focus=(500, 600), box=None)
def candle_jar(s: Stage, look: Look) -> None:
    cx, half = 500, 150
    s.shadow(cx, FLOOR, half)
    profile = [
        *shapes.smooth([(112, 380), (128, 396), (half, 450), (half, 500)], steps=7),
        (half, FLOOR - 20),
        (half * 0.94, FLOOR),
    ]
    body = s.round_body(profile, cx, glass(look.body))
    s.shape(shapes.band(cx, half, 420, 452, 12), lighter(look.body, 0.5), clip=body, alpha=0.5)
    label(s, body, (cx, 530, 740), half * 0.92, look)
    s.round_body([(118, 350), (122, 384)], cx, glass((226, 230, 232)))
    s.round_body(
        shapes.smooth(path("30,256 52,268 48,296 40,312 110,336 118,352"), steps=6),
        cx,
        glass((228, 232, 234)),
    )
    streaks(s, body, cx, half, (460, FLOOR - 30))


@form("can", focus=(500, 560), box=None)
def powder_can(s: Stage, look: Look) -> None:
    """A tin of milk powder or coffee."""
    cx, half, top = 500, 190, 300
    s.shadow(cx, FLOOR, half, 34)
    body = s.round_body([(half, top), (half, FLOOR)], cx, tube(look.body, 0.42), sag=0.1)
    s.shape(shapes.band(cx, half, 640, FLOOR - 8, half * 0.1), tube(look.accent, 0.35), clip=body)
    wave = [
        *shapes.smooth([(cx - half, 600), (cx - 70, 566), (cx + 60, 620), (cx + half, 570)], steps=12),
        (cx + half, 668),
        *shapes.arc(cx, 650, half, 19, 0, 180),
    ]
    s.shape(wave, tube(look.accent, 0.35), clip=body)
    s.shape(shapes.ellipse(cx, 470, 96, 96), matt(PAPER), clip=body)
    s.shape(shapes.ellipse(cx, 470, 88, 88), matt(look.accent), clip=body)
    s.text((cx, 470), look.words, min(70, 150 / max(len(look.words), 2)), PAPER, clip=body)
    s.bars((cx, 700), (150, 110), lighter(look.accent, 0.75), alpha=0.8, high=6, gap=18)
    s.round_body([(half + 2, FLOOR - 16), (half, FLOOR)], cx, metal(STEEL), sag=0.1)
    lid = look.colour("cap", look.accent)
    s.round_body([(half + 4, top - 26), (half + 6, top + 22)], cx, tube(lid, 0.4), sag=0.1)
    top_ellipse(s, cx, top - 26, half + 4, lid, 0.12)
    top_ellipse(s, cx, top - 24, half * 0.86, darker(lid, 0.06), 0.11)
    streaks(s, body, cx, half, (top + 60, FLOOR - 40), alpha=0.34)


@form("vitamins", focus=(500, 580), box=(290, 440))
def vitamins(s: Stage, look: Look) -> None:
    cx, half, top = 500, 150, 400
    s.shadow(cx, FLOOR, half, 30)
    clear = look.has("glass")
    body = s.round_body(
        straight(half, top - 20, FLOOR, shoulder=52, neck=112), cx, glass(look.body) if clear else tube(look.body, 0.35)
    )
    cut = s.shape(shapes.band(cx, half, 500, 770, half * 0.09), tube(PAPER, 0.25), clip=body)
    s.shape(shapes.band(cx, half, 500, 580, half * 0.09), tube(look.accent, 0.3), clip=body)
    s.text((cx, 552), look.words, min(64, 190 / max(len(look.words), 2)), ink_on(look.accent), clip=cut)
    s.bars((cx, 640), (150, 120), darker(look.accent, 0.3), high=8, gap=22, alpha=0.7)
    for i, x in enumerate((cx - 46, cx, cx + 46)):
        s.shape(
            shapes.ellipse(x, 722, 17, 17), ((0, lighter(look.accent, 0.5)), (1, look.accent)), alpha=0.9 - i * 0.16
        )
    lid = look.colour("cap", PAPER if luminance(look.body) < 0.6 or clear else look.accent)
    s.round_body(path("116,288 120,300 120,392"), cx, tube(lid, 0.3))
    s.many(
        [shapes.rect(x, 306, x + 3, 388) for i in range(15) for x in [cx - 112 + i * 16]], darker(lid, 0.3), alpha=0.22
    )
    top_ellipse(s, cx, 288, 116, lid)
    streaks(s, body, cx, half, (top + 50, FLOOR - 30), alpha=0.36)


@form("honey", focus=(500, 600), box=None)
def honey(s: Stage, look: Look) -> None:
    cx, half, top = 500, 168, 440
    s.shadow(cx, FLOOR, half, 30)
    amber = look.body
    body = s.round_body(
        [
            *shapes.smooth([(130, top - 10), (150, top + 10), (half, top + 56)], steps=6),
            (half, FLOOR - 26),
            (half * 0.95, FLOOR),
        ],
        cx,
        (
            (0, darker(amber, 0.5)),
            (0.06, lighter(amber, 0.35)),
            (0.2, lighter(amber, 0.42)),
            (0.5, lighter(amber, 0.2)),
            (0.75, amber),
            (0.93, darker(amber, 0.25)),
            (0.97, lighter(amber, 0.4)),
            (1, darker(amber, 0.4)),
        ),
    )
    s.glow(shapes.ellipse(cx + 40, FLOOR - 70, 90, 44), clip=body, alpha=0.3, blur=22)
    label(s, body, (cx, 560, 750), half * 0.9, look, paper=(250, 244, 226))
    lid = look.colour("cap", rgb("#2b211a"))
    s.round_body(path("138,330 142,342 142,432"), cx, tube(lid, 0.4))
    top_ellipse(s, cx, 330, 138, lid)
    streaks(s, body, cx, half, (top + 60, FLOOR - 36), alpha=0.6)


@form("thermos", focus=(500, 560), box=(190, 560))
def thermos(s: Stage, look: Look) -> None:
    cx, half = 500, 88
    s.shadow(cx, FLOOR, half)
    body = s.round_body(
        [*shapes.smooth([(66, 340), (78, 356), (half, 392)], steps=5), (half, FLOOR - 14), (half * 0.94, FLOOR)],
        cx,
        tube(look.body, 0.4),
    )
    s.round_body([(half * 0.97, FLOOR - 30), (half * 0.94, FLOOR)], cx, matt(INK))
    s.round_body([(68, 318), (68, 346)], cx, metal(STEEL))
    lid = darker(look.body, 0.25)
    s.round_body([*shapes.smooth(path("48,196 66,204 72,230"), steps=5), (72, 318)], cx, tube(lid, 0.35))
    s.shape(shapes.rrect(cx - 16, 262, cx + 16, 322, 8), metal(STEEL))
    s.text((cx, 560), look.words, 34, ink_on(look.body), clip=body, alpha=0.8)
    streaks(s, body, cx, half, (400, FLOOR - 50), alpha=0.42)


@form("tumbler", focus=(500, 480), box=None)
def tumbler(s: Stage, look: Look) -> None:
    cx = 490
    s.shadow(cx, FLOOR, 92)
    handle = shapes.smooth(path("610,400 700,404 724,470 716,560 690,600 602,600"), steps=8)
    s.shape(shapes.stroke(handle, 34), tube(darker(look.body, 0.06), 0.3), down=True)
    profile = [(136, 300), (134, 420), (130, 560), (96, 610), (92, FLOOR - 10), (88, FLOOR)]
    body = s.round_body(
        [(140, 300), *shapes.smooth(path("134,420 130,572 100,616 93,650"), steps=7), *profile[-2:]],
        cx,
        tube(look.body, 0.36),
    )
    s.shape(shapes.ellipse(cx, 470, 46, 46), metal(STEEL), clip=body, alpha=0.9)
    s.text((cx, 470), look.words, 40, INK, clip=body)
    s.round_body([(146, 268), (146, 304)], cx, metal(STEEL))
    s.round_body([(140, 240), (144, 274)], cx, tube(mix(look.body, WHITE, 0.2), 0.3))
    top_ellipse(s, cx, 240, 140, mix(look.body, WHITE, 0.3), 0.12)
    s.shape(shapes.turn(shapes.rrect(520, 70, 540, 246, 8), 7, (530, 240)), tube((232, 236, 238), 0.6))
    streaks(s, body, cx, 130, (330, 560), alpha=0.42)
