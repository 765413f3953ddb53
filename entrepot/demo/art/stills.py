"""Group pictures for the front page, written by `python -m entrepot.demo.art.stills FOLDER`: wide, for phones, tiles.

The files under `entrepot/web/storefront/static/shop/front/` are made by this program; run it again after a form has
changed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from entrepot.demo.art import forms
from entrepot.demo.art.colour import RGB, rgb
from entrepot.demo.art.look import FORMS, Look
from entrepot.demo.art.render import TINTS
from entrepot.demo.art.shapes import Point
from entrepot.demo.art.studio import Stage, View

QUALITY = 86
BONE: RGB = (222, 210, 192)


@dataclass(frozen=True, slots=True)
class Piece:
    """One article of a group: where its foot stands (design units), how large, and its colours."""

    form: str
    at: Point
    scale: float
    body: str
    accent: str
    words: str = "K"
    more: dict[str, str] = field(default_factory=dict)


# Back to front: what stands nearer covers what stands behind.
HERO = (
    Piece("suitcase", (1010, 760), 0.86, "#22304f", "#c9a45c", "K"),
    Piece("wine", (1240, 748), 0.84, "#1c1a1d", "#7a1f2a", "KL", {"label": "#f2ede2"}),
    Piece("coffeebag", (1400, 752), 0.72, "#c9a24a", "#14305c", "KL"),
    Piece("trekpack", (1752, 768), 0.84, "#2f7c82", "#e9c13f", "KL"),
    Piece("headphones", (1600, 792), 0.74, "#e6d9c3", "#b08d57", "KL"),
    Piece("can", (1130, 826), 0.6, "#e9edf3", "#1d4f91", "K"),
    Piece("cocotte", (1430, 846), 0.68, "#d9502a", "#c9a45c", "KL"),
    Piece("dropper", (1250, 866), 0.62, "#6b3f1d", "#8a4f22", "KL", {"cap": "#b98b4a", "glass": "1"}),
    Piece("giraffe", (1690, 880), 0.52, "#ead2a0", "#8a5636"),
    Piece("jar", (1080, 890), 0.42, "#f3f5f8", "#2e5aa8", "K"),
    Piece("perfume", (1560, 900), 0.46, "#efe0d8", "#b06a7a", "KL", {"cap": "#c9a45c"}),
)
TILES = {
    "beauty": (
        Piece("pump", (330, 800), 0.86, "#a3142b", "#b3001e", "K", {"cap": "#1d1d1f"}),
        Piece("perfume", (680, 806), 0.8, "#efe0d8", "#b06a7a", "KL", {"cap": "#c9a45c"}),
        Piece("dropper", (500, 850), 0.8, "#6b3f1d", "#8a4f22", "KL", {"cap": "#b98b4a", "glass": "1"}),
        Piece("lipstick", (760, 900), 0.5, "#bb2b2f", "#c9a45c", "K", {"cap": "#1d1d1f", "band": "#c9a45c"}),
    ),
    "baby": (
        Piece("can", (330, 800), 0.86, "#e9edf3", "#1d4f91", "K"),
        Piece("giraffe", (690, 820), 0.92, "#ead2a0", "#8a5636"),
        Piece("babybottle", (480, 870), 0.72, "#9dc1dd", "#3f6fb0", "K"),
    ),
    "food": (
        Piece("wine", (300, 800), 0.92, "#1c1a1d", "#7a1f2a", "KL", {"label": "#f2ede2"}),
        Piece("coffeebag", (560, 806), 0.88, "#2a6b4f", "#efe3c4", "KL"),
        Piece("honey", (760, 850), 0.66, "#a8620f", "#7a5a14", "KL"),
        Piece("bar", (430, 930), 0.46, "#3a2620", "#c9a45c", "K"),
    ),
    "health": (
        Piece("vitamins", (350, 810), 0.96, "#f4f4f4", "#2f8f4f", "KL"),
        Piece("oilbottle", (640, 806), 0.92, "#2c5a2f", "#e9c93f", "K", {"cap": "#d9b13b"}),
        Piece("toothbrush", (820, 880), 0.56, "#d0207f", "#2fb0a0"),
    ),
    "electronics": (
        Piece("headphones", (390, 800), 0.94, "#26282b", "#8a8a8a", "KL"),
        Piece("camera", (690, 850), 0.72, "#3a3c40", "#b01f1f", "KL"),
    ),
    "home": (
        Piece("espresso", (300, 800), 0.94, "#c3c7cc", "#1f3f6f", "KL"),
        Piece("cocotte", (640, 856), 0.92, "#d9502a", "#c9a45c", "KL"),
    ),
    "fashion": (
        Piece("tote", (340, 800), 0.9, "#22304f", "#7f4f2f", "KL"),
        Piece("lowsneaker", (640, 850), 0.8, "#f4f2ee", "#2c4a3a", "K"),
        Piece("sunglasses", (420, 1000), 0.5, "#26282b", "#c9a45c", "K"),
    ),
    "sports": (
        Piece("tennis", (330, 800), 0.92, "#3f5a46", "#c9a45c", "K"),
        Piece("basketball", (690, 820), 0.72, "#c8672e", "#efe0c8", "K"),
        Piece("runner", (470, 920), 0.66, "#2f7c82", "#f4f4f4", "K"),
    ),
}


def group(pieces: tuple[Piece, ...], tint: RGB, size: tuple[int, int], view: View) -> Image.Image:
    """The pieces on one table, back to front."""
    stage = Stage(tint, view, size)
    for piece in pieces:
        with stage.placed(piece.at, piece.scale):
            look = Look(rgb(piece.body), rgb(piece.accent), piece.words, {**piece.more, "form": piece.form})
            FORMS[piece.form].draw(stage, look)
    return stage.image


def stills() -> dict[str, Image.Image]:
    """All group pictures by file name."""
    found = {
        "hero.webp": group(HERO, BONE, (1600, 800), View(1.0, 1000, 500)),
        "hero-phone.webp": group(HERO, BONE, (900, 720), View(0.98, 1400, 520)),
    }
    for department, pieces in TILES.items():
        found[f"tile-{department}.webp"] = group(pieces, rgb(TINTS[department]), (480, 480), View(1.0, 520, 500))
    return found


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in stills().items():
        picture.save(folder / name, "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

__all__ = ["HERO", "TILES", "forms", "group", "stills"]
