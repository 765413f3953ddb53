"""Line icons drawn for this shop on a 24-unit grid; inline, so that they take the text's colour."""

from __future__ import annotations

from importlib.resources import files

from markupsafe import Markup


def _drawn() -> dict[str, dict[str, Markup]]:
    """`data/icons.txt` has one icon a line: its name, a blank, what stands inside the svg element."""
    lines = files("entrepot.web.common").joinpath("data", "icons.txt").read_text(encoding="utf-8").splitlines()
    return {
        name: {
            size: Markup(f'<svg class="icon{size}" viewBox="0 0 24 24" aria-hidden="true">{paths}</svg>')  # noqa: S704
            for size in ("", " s")
        }
        for name, paths in (line.split(" ", 1) for line in lines)
    }


_DRAWN = _drawn()


def icon(name: str, small: bool = False) -> Markup:
    """The icon `name`, hidden from screen readers: the text beside it says what it means."""
    return _DRAWN[name][" s" if small else ""]
