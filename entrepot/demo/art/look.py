"""What a form is told about the article it draws, and the register of forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from entrepot.demo.art.colour import RGB, rgb
from entrepot.demo.art.shapes import Point
from entrepot.demo.art.studio import Stage


@dataclass(frozen=True, slots=True)
class Look:
    """`body` is the article's main colour, `accent` the brand's; `words` are the initials on the label."""

    body: RGB
    accent: RGB
    words: str
    more: Mapping[str, str] = field(default_factory=dict)

    def colour(self, name: str, default: RGB) -> RGB:
        text = self.more.get(name, "")
        return rgb(text) if text.startswith("#") else default

    def short(self, letters: int) -> str:
        """The initials if they fit, else the first letter."""
        return self.words if len(self.words) <= letters else self.words[:1]

    def has(self, name: str) -> bool:
        return name in self.more


Draw = Callable[[Stage, Look], None]


@dataclass(frozen=True, slots=True)
class Form:
    """`focus` is where a close look goes; `box` is the carton it is sold in (width, height), if it is."""

    draw: Draw
    focus: Point
    zoom: float
    box: tuple[float, float] | None


_PLAIN = str.maketrans({"ø": "o", "Ø": "O", "å": "a"})  # the font has plain Latin letters only
FORMS: dict[str, Form] = {}


def form(
    *names: str, focus: Point = (500, 480), zoom: float = 2.0, box: tuple[float, float] | None = None
) -> Callable[[Draw], Draw]:
    """Register a drawing under its names."""

    def register(draw: Draw) -> Draw:
        for name in names:
            FORMS[name] = Form(draw, focus, zoom, box)
        return draw

    return register


def initials(name: str) -> str:
    """What a label prints: the first letters of a name's words, at most three; names of three letters are kept."""
    plain = unicodedata.normalize("NFKD", name.translate(_PLAIN)).encode("ascii", "ignore").decode()
    words = [word for word in re.split(r"[^A-Za-z0-9]+", plain.replace("'", "")) if word]
    if len(words[0]) <= 3 and words[0].isupper():
        return words[0]
    capitals = [word[0].upper() for word in words if word[0].isalpha()]
    return "".join(capitals[:3])
