"""The table on which articles are drawn: backdrop, soft shadows, shapes with smooth edges, labels.

Colours are composed at the size of the picture; the edge of each shape is drawn four times as large and reduced, which
costs a tenth of drawing everything large. Light comes from the upper left. Deterministic: no clock, no chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from entrepot.demo.art import shapes
from entrepot.demo.art.colour import RGB, WHITE, Stops, flat, lighter, mix, ramp
from entrepot.demo.art.shapes import Outline, Point

SIDE = 800  # px: the widest copy the shop stores
UNITS = 1000
_FINE = 4  # edges are drawn this many times larger
_COARSE = 4  # shadows are drawn this many times smaller
_SHADE: RGB = (58, 48, 44)
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class View:
    """What part of the table the picture shows: `scale` 1 is all of it; (x, y) comes to the picture's middle."""

    scale: float = 1.13
    x: float = UNITS / 2
    y: float = 535.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A drawn shape: where it is and what it covers. Later shapes can be kept inside it."""

    box: Box
    mask: Image.Image


@lru_cache(maxsize=32)
def backdrop(tint: RGB, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    """A paper sweep: light from the upper left, a floor that comes towards the viewer, no line between."""
    wall, floor_, glow = mix((243, 240, 235), tint, 0.42), mix((229, 224, 216), tint, 0.42), lighter(tint, 0.8)
    small = Image.new("RGB", (64, 64), wall)
    down = ramp(((0.0, mix(wall, WHITE, 0.35)), (0.5, wall), (0.74, mix(wall, floor_, 0.55)), (1.0, floor_)))
    small.paste(down.rotate(-90, expand=True).resize((64, 64)), (0, 0))
    light = ImageChops.invert(Image.radial_gradient("L").resize((110, 110)))
    light = light.point([min(255, int(v * 0.9)) for v in range(256)])
    mask = Image.new("L", (64, 64), 0)
    mask.paste(light, (-34, -40))
    small = Image.composite(Image.new("RGB", (64, 64), mix(glow, WHITE, 0.5)), small, mask)
    return small.resize(size, Image.Resampling.BICUBIC)


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font: the same on every machine."""
    found = ImageFont.load_default(size)
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType")
    return found


class Stage:
    """One picture being drawn. Coordinates are design units of the whole table."""

    def __init__(self, tint: RGB, view: View | None = None, size: tuple[int, int] = (SIDE, SIDE)) -> None:
        view = view or View()
        self.size = size
        self.k = size[1] / UNITS * view.scale
        self.dx = size[0] / 2 - view.x * self.k
        self.dy = size[1] / 2 - view.y * self.k
        self.image = backdrop(tint, size).copy()

    @contextmanager
    def placed(self, at: Point, scale: float, foot: Point = (500.0, 830.0)) -> Iterator[None]:
        """Meanwhile everything is drawn `scale` times as large, with `foot` of the drawing standing at `at`."""
        kept = self.k, self.dx, self.dy
        x, y = at[0] * self.k + self.dx, at[1] * self.k + self.dy
        self.k *= scale
        self.dx, self.dy = x - foot[0] * self.k, y - foot[1] * self.k
        yield
        self.k, self.dx, self.dy = kept

    # -- shapes ------------------------------------------------------------------------------------------------------

    def shape(
        self, outline: Sequence[Point], fill: Stops | RGB, *, down: bool = False, clip: Cut | None = None,
        alpha: float = 1.0, blur: float = 0.0,
    ) -> Cut:  # fmt: skip
        """Fill an outline with a colour or a gradient (across, or down). `blur` in units softens the edge."""
        cut = self._inside(self._cut(outline, blur), clip)
        stops = flat(fill) if isinstance(fill[0], int) else fill
        self._paste(cut, self._gradient(cut.box, stops, down=down), alpha)
        return cut

    def round_body(self, profile: Sequence[Point], cx: float, paint: Stops, *, sag: float = 0.09) -> Cut:
        """A turned body: (half width, y) from top to bottom; each height is lit over its own width.

        The foot is seen a little from above: it ends in a flat ellipse of `sag` times its width.
        """
        foot_half, foot_y = profile[-1]
        right = [(cx + half, y) for half, y in profile]
        bottom = shapes.arc(cx, foot_y, foot_half, foot_half * sag, 0, 180)
        left = [(cx - half, y) for half, y in reversed(profile)]
        cut = self._cut([*right, *bottom, *left], 0.0)
        picture = self._gradient(cut.box, paint, down=False)
        widest = max(half for half, _ in profile)
        if any(abs(half - widest) > widest * 0.04 for half, _ in profile):
            self._light_by_row(picture, cut.box, (profile, cx), paint)
        self._paste(cut, picture, 1.0)
        return cut

    def _light_by_row(self, picture: Image.Image, box: Box, body: tuple[Sequence[Point], float], paint: Stops) -> None:
        profile, cx = body
        strip = ramp(paint)
        middle = cx * self.k + self.dx - box[0]
        step = 2
        for row in range(0, box[3] - box[1], step):
            half = _width_at(profile, (box[1] + row - self.dy) / self.k) * self.k
            width = max(2, round(half * 2))
            picture.paste(strip.resize((width, step), Image.Resampling.BILINEAR), (round(middle - half), row))

    def many(
        self, outlines: Sequence[Sequence[Point]], colour: RGB, *, clip: Cut | None = None, alpha: float = 1.0
    ) -> Cut | None:
        """Many small shapes of one colour at once: dots, stitches, ribs."""
        if not outlines:
            return None
        cut = self._inside(self._cut_all(outlines, 0.0), clip)
        self._paste(cut, Image.new("RGB", cut.mask.size, colour), alpha)
        return cut

    def line(
        self, points: Sequence[Point], width: float, colour: RGB, *, clip: Cut | None = None, alpha: float = 1.0
    ) -> Cut:
        """A stroke with round ends."""
        cut = self.shape(shapes.stroke(points, width), colour, clip=clip, alpha=alpha)
        for x, y in (points[0], points[-1]):
            self.shape(shapes.ellipse(x, y, width / 2, width / 2), colour, clip=clip, alpha=alpha)
        return cut

    # -- light -------------------------------------------------------------------------------------------------------

    def shadow(self, cx: float, y: float, half: float, depth: float = 26, *, strength: float = 1.0) -> None:
        """What stands at (cx, y) darkens the floor: a tight dark edge and a wide soft one, drawn to the right."""
        size = (self.size[0] // _COARSE, self.size[1] // _COARSE)
        k, dx, dy = self.k / _COARSE, self.dx / _COARSE, self.dy / _COARSE
        mask = Image.new("L", size, 0)
        for grow, move, dark, blur in ((1.34, 0.24, 58, 36), (1.08, 0.06, 70, 17), (0.95, 0.0, 84, 9)):
            layer = Image.new("L", size, 0)
            rx, ry, ox = half * grow * k, depth * (1 + 0.6 * (grow - 1)) * k, (cx + half * move) * k + dx
            oy = (y + depth * 0.1) * k + dy
            ImageDraw.Draw(layer).ellipse((ox - rx, oy - ry, ox + rx, oy + ry), fill=round(dark * strength))
            layer = layer.filter(ImageFilter.GaussianBlur(max(blur * k, 0.6)))
            mask = ImageChops.add(mask, layer)
        self._darken(mask)

    def cast(
        self, outline: Sequence[Point], *, dx: float = 16, dy: float = 22, blur: float = 22, strength: float = 0.42
    ) -> None:
        """The soft shadow of something lying flat or hanging before the wall."""
        k = self.k / _COARSE
        points = [((x + dx) * k + self.dx / _COARSE, (y + dy) * k + self.dy / _COARSE) for x, y in outline]
        mask = Image.new("L", (self.size[0] // _COARSE, self.size[1] // _COARSE), 0)
        ImageDraw.Draw(mask).polygon(points, fill=round(255 * strength))
        self._darken(mask.filter(ImageFilter.GaussianBlur(blur * k)))

    def _darken(self, small: Image.Image) -> None:
        box = small.getbbox()
        if box is None:
            return
        big = (box[0] * _COARSE, box[1] * _COARSE, box[2] * _COARSE, box[3] * _COARSE)
        mask = small.crop(box).resize((big[2] - big[0], big[3] - big[1]), Image.Resampling.BICUBIC)
        self.image.paste(_SHADE, big, mask)

    def glow(self, outline: Sequence[Point], *, clip: Cut | None = None, alpha: float = 0.5, blur: float = 8) -> None:
        """A soft light on a surface."""
        self.shape(outline, WHITE, clip=clip, alpha=alpha, blur=blur)

    def shade(self, outline: Sequence[Point], *, clip: Cut | None = None, alpha: float = 0.3, blur: float = 10) -> None:
        """A soft dark on a surface."""
        self.shape(outline, _SHADE, clip=clip, alpha=alpha, blur=blur)

    # -- print -------------------------------------------------------------------------------------------------------

    def text(
        self, at: Point, words: str, size: float, colour: RGB, *, clip: Cut | None = None,
        alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """Words around a middle, letters a little apart; figures stand as they are."""
        px = round(size * self.k)
        if px < 4 or not words:
            return
        face = font(px)
        gap = 0.0 if any(letter.isdigit() for letter in words) else 0.06 * px
        widths = [face.getlength(letter) for letter in words]
        total = sum(widths) + gap * (len(words) - 1)
        x, y = at[0] * self.k + self.dx, at[1] * self.k + self.dy
        box = (floor(x - total / 2) - 2, floor(y - px), ceil(x + total / 2) + 2, ceil(y + px))
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
        pen = ImageDraw.Draw(mask)
        left = x - total / 2 - box[0]
        for letter, width in zip(words, widths, strict=True):
            pen.text((left, y - box[1]), letter, fill=255, font=face, anchor="lm")
            left += width + gap
        self._paste(self._inside(Cut(box, mask), clip), Image.new("RGB", mask.size, colour), alpha)

    def bars(
        self, at: Point, widths: Sequence[float], colour: RGB, *, gap: float = 13, high: float = 4, alpha: float = 0.5
    ) -> None:
        """Small print: lines too fine to read, centred."""
        cx, y = at
        for i, width in enumerate(widths):
            top = y + i * gap
            self.shape(shapes.rect(cx - width / 2, top, cx + width / 2, top + high), colour, alpha=alpha)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _cut(self, outline: Sequence[Point], blur: float) -> Cut:
        return self._cut_all((outline,), blur)

    def _cut_all(self, outlines: Sequence[Sequence[Point]], blur: float) -> Cut:
        xs = [x * self.k + self.dx for outline in outlines for x, _ in outline]
        ys = [y * self.k + self.dy for outline in outlines for _, y in outline]
        radius = blur * self.k
        pad = ceil(radius * 2.2) + 1
        # What lies outside the picture is cut away first: a close view of a large shape stays cheap.
        box = (
            max(floor(min(xs)) - pad, -pad), max(floor(min(ys)) - pad, -pad),
            min(ceil(max(xs)) + pad, self.size[0] + pad), min(ceil(max(ys)) + pad, self.size[1] + pad),
        )  # fmt: skip
        width, height = max(box[2] - box[0], 1), max(box[3] - box[1], 1)
        # A soft edge needs no fine pixels: the softer, the coarser it is drawn.
        scale = _FINE if not radius else 1 / max(1, int(radius / 2.5))
        big = Image.new("L", (max(1, ceil(width * scale)), max(1, ceil(height * scale))), 0)
        pen = ImageDraw.Draw(big)
        fx, fy, f = (self.dx - box[0]) * scale, (self.dy - box[1]) * scale, self.k * scale
        for outline in outlines:
            pen.polygon([(x * f + fx, y * f + fy) for x, y in outline], fill=255)
        if not radius:
            mask = big.reduce(_FINE)
        else:
            mask = big.filter(ImageFilter.GaussianBlur(radius * scale))
            if scale < 1:
                part = (0, 0, width * scale, height * scale)
                mask = mask.resize((width, height), Image.Resampling.BILINEAR, part)
        return Cut((box[0], box[1], box[0] + width, box[1] + height), mask)

    def _gradient(self, box: Box, stops: Stops, *, down: bool) -> Image.Image:
        size = (box[2] - box[0], box[3] - box[1])
        if len(stops) == 2 and stops[0][1] == stops[1][1]:
            return Image.new("RGB", size, stops[0][1])
        # Stretched along the gradient with care, across it by copying: a third of the time of both at once.
        strip = ramp(stops).resize((size[1] if down else size[0], 1), Image.Resampling.BILINEAR)
        if down:
            strip = strip.transpose(Image.Transpose.ROTATE_270)
        return strip.resize(size, Image.Resampling.NEAREST)

    def _inside(self, cut: Cut, clip: Cut | None) -> Cut:
        """What of `cut` lies inside `clip`."""
        if clip is None:
            return cut
        inside = Image.new("L", cut.mask.size, 0)
        inside.paste(clip.mask, (clip.box[0] - cut.box[0], clip.box[1] - cut.box[1]))
        return Cut(cut.box, ImageChops.multiply(cut.mask, inside))

    def _paste(self, cut: Cut, picture: Image.Image, alpha: float) -> None:
        mask = cut.mask if alpha >= 1 else cut.mask.point([round(v * alpha) for v in range(256)])
        self.image.paste(picture, cut.box[:2], mask)


def _width_at(profile: Sequence[Point], y: float) -> float:
    """Half the width of a turned body at a height."""
    if y <= profile[0][1]:
        return profile[0][0]
    for (a, ya), (b, yb) in zip(profile, profile[1:], strict=False):
        if y <= yb:
            return a if yb == ya else a + (b - a) * (y - ya) / (yb - ya)
    return profile[-1][0]


__all__ = ["SIDE", "Cut", "Outline", "Stage", "View", "backdrop", "font"]
