"""One picture from one job: the article in front, a close look, or the article beside its carton."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from entrepot.demo.art import forms
from entrepot.demo.art.colour import RGB, darker, luminance, mix, rgb
from entrepot.demo.art.forms.packs import box, front_print
from entrepot.demo.art.look import FORMS, Look, initials
from entrepot.demo.art.studio import Stage, View

KINDS = ("front", "detail", "boxed")
# The backdrop's tint by department: the shop's own bone colour, leaning a little each its own way.
TINTS = {
    "beauty": "#e3c8c0",
    "baby": "#bfd4e0",
    "food": "#e4cda6",
    "health": "#c6dac8",
    "electronics": "#c6ced8",
    "home": "#dccdb8",
    "fashion": "#d6cdc4",
    "sports": "#c4d6ce",
}
QUALITY = 92
FURTHER = (720, 720)  # px: closer looks need no more, and a fifth less time
_PALE = 0.8  # articles lighter than this stand before a deeper backdrop


@dataclass(frozen=True, slots=True)
class Job:
    """What to draw. Colours are hex texts; `brand` is a Latin name, `more` what the form itself understands."""

    form: str
    kind: str
    department: str
    brand: str
    body: str
    accent: str
    more: Mapping[str, str] = field(default_factory=dict)


def kinds_of(form: str) -> tuple[str, ...]:
    """The pictures an article of this form gets."""
    return KINDS if FORMS[form].box else KINDS[:2]


def draw(job: Job) -> bytes:
    """The picture as JPEG, 800 px a side, further ones 720. Raises KeyError for an unknown form, kind or department."""
    known = FORMS[job.form]
    look = Look(rgb(job.body), rgb(job.accent), initials(job.brand), {**job.more, "form": job.form})
    tint = _tint(job.department, look.body)
    if job.kind == "detail":
        x, y = known.focus
        stage = Stage(tint, View(known.zoom, x, y), FURTHER)
        known.draw(stage, look)
    elif job.kind == "boxed":
        stage = Stage(tint, size=FURTHER)
        width, height = known.box or (300, 400)
        _beside_carton(stage, look, (width, height))
        with stage.placed((628, 838), 0.86):
            known.draw(stage, look)
    else:
        stage = Stage(tint)
        known.draw(stage, look)
    out = io.BytesIO()
    stage.image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _beside_carton(stage: Stage, look: Look, size: tuple[float, float]) -> None:
    """The carton stands behind on the left, in the brand's colour or, where the article has that, in paper white."""
    close = sum(abs(a - b) for a, b in zip(look.accent, look.body, strict=True)) < 90
    colour: RGB = (236, 232, 224) if close or luminance(look.accent) > 0.9 else look.accent
    if luminance(colour) < 0.04:
        colour = mix(colour, (90, 90, 96), 0.35)
    width, height = size
    scale = min(1.0, 420 / width, 600 / height)
    width, height = width * scale, height * scale
    foot = (430 - width * 0.72, 752.0)
    front = box(stage, foot, (width, height), colour, depth=0.26)
    label = Look(look.body, darker(look.body, 0.1) if colour != look.accent else look.accent, look.words)
    # The article hides the carton's right side: what is printed stays clear of it.
    front_print(stage, front, foot, (width * (0.62 if width > height else 0.8), height), label, colour)


def _tint(department: str, body: RGB) -> RGB:
    tint = rgb(TINTS[department])
    return mix(tint, (110, 98, 88), 0.36) if luminance(body) > _PALE else tint


__all__ = ["KINDS", "TINTS", "Job", "draw", "forms", "kinds_of"]
