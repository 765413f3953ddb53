"""Pictures: every form draws, twice the same, and what is asked for is seen in them."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image, ImageChops, ImageStat

from entrepot.demo import content, pictures
from entrepot.demo.art import shapes, stills
from entrepot.demo.art.colour import darker, ink_on, lighter, luminance, mix, rgb
from entrepot.demo.art.look import FORMS, initials
from entrepot.demo.art.render import TINTS, Job, draw, kinds_of
from entrepot.demo.art.studio import Stage, View, backdrop

BY_FORM = {item.form: item for item in content.items()}


def a_job(form: str, kind: str = "front", **changes: str) -> Job:
    item = BY_FORM[form]
    name, colour = content.brand_looks()[item.brand]
    body = changes.get("body", item.look.get("body", colour))
    return Job(form, kind, content.parents()[item.category], name, body, colour, dict(item.look))


def opened(job: Job) -> Image.Image:
    return Image.open(io.BytesIO(draw(job))).convert("RGB")


def test_every_form_of_the_catalogue_is_known_and_every_known_form_is_used() -> None:
    assert set(BY_FORM) == set(FORMS)
    assert len(FORMS) >= 25


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_form_shows_something_in_the_middle_of_the_table(form: str) -> None:
    job = a_job(form)
    picture = opened(job)
    assert picture.size == (800, 800)
    empty = backdrop(rgb(TINTS[job.department]))
    seen = ImageChops.difference(picture, empty).convert("L").point([0 if v < 40 else 255 for v in range(256)])
    box = seen.getbbox()
    assert box is not None and box[2] - box[0] > 150 and box[3] - box[1] > 120, "too small to sell"
    share = ImageStat.Stat(seen).mean[0] / 255
    assert 0.02 < share < 0.6
    corners = [seen.getpixel(at) for at in ((4, 4), (795, 4), (4, 795), (795, 795))]
    assert corners == [0, 0, 0, 0], "it runs out of the corners"


@pytest.mark.parametrize("form", ["pump", "runner", "watch", "carton", "tshirt", "wineglass"])
def test_pictures_are_the_same_every_time(form: str) -> None:
    for kind in kinds_of(form):
        assert draw(a_job(form, kind)) == draw(a_job(form, kind))


def test_the_colour_of_a_variant_is_seen() -> None:
    red = opened(a_job("headphones", body="#bb2b2f")).getpixel((270, 560))
    blue = opened(a_job("headphones", body="#3d6ea8")).getpixel((270, 560))
    assert red[0] > red[2] + 30 and blue[2] > blue[0] + 30  # type: ignore[index]


def test_the_group_pictures_are_there_for_every_department() -> None:
    folder = Path(stills.__file__).parents[2] / "web" / "storefront" / "static" / "shop" / "front"
    names = {f"tile-{department}.webp" for department in content.SHELVES} | {"hero.webp", "hero-phone.webp"}
    assert set(stills.TILES) == set(content.SHELVES)
    assert {path.name for path in folder.iterdir()} == names
    assert all(path.stat().st_size < 60_000 for path in folder.iterdir())
    drawn = stills.group(stills.TILES["home"], rgb(TINTS["home"]), (480, 480), View(1.0, 520, 500))
    kept = Image.open(folder / "tile-home.webp").convert("RGB")
    assert max(ImageStat.Stat(ImageChops.difference(drawn, kept)).mean) < 3, "run `python -m entrepot.demo.art.stills`"


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(KeyError):
        draw(Job("spaceship", "front", "food", "X", "#000000", "#000000"))
    with pytest.raises(KeyError):
        draw(Job("jar", "front", "nowhere", "X", "#000000", "#000000"))


@pytest.mark.parametrize(
    ("name", "words"),
    [("SK-II", "SK"), ("Curél", "C"), ("La Roche-Posay", "LRP"), ("L'Occitane en Provence", "LEP"), ("DHC", "DHC"),
     ("Bang & Olufsen", "BO"), ("Møllers", "M"), ("a2 Milk", "AM"), ("Shiseido", "S"), ("Stella & Co", "SC")],
)  # fmt: skip
def test_initials_fit_a_label(name: str, words: str) -> None:
    assert initials(name) == words


def test_every_brand_has_initials_the_font_can_print() -> None:
    for name, colour in content.brand_looks().values():
        assert initials(name).isascii() and 1 <= len(initials(name)) <= 3
        assert len(rgb(colour)) == 3


def test_colours() -> None:
    red = rgb("#bb2b2f")
    assert luminance(darker(red, 0.5)) < luminance(red) < luminance(lighter(red, 0.5))
    assert mix(red, (0, 0, 0), 0) == red and mix(red, (1, 2, 3), 1) == (1, 2, 3)
    assert luminance(ink_on((250, 250, 250))) < 0.4 < 0.7 < luminance(ink_on((20, 20, 20)))


def test_shapes() -> None:
    assert shapes.path("1,2 3.5,-4") == [(1, 2), (3.5, -4)]
    assert shapes.turn([(1.0, 0.0)], 90, (0, 0))[0] == pytest.approx((0, 1))
    assert len(shapes.smooth(shapes.path("0,0 1,1 2,0"), closed=True, steps=4)) == 12
    half = shapes.stroke([(0.0, 0.0), (10.0, 0.0)], 4)
    assert {y for _, y in half} == {2.0, -2.0}


def test_what_is_outside_the_picture_costs_nothing_and_harms_nothing() -> None:
    stage = Stage(rgb("#c6ced8"), View(4.0, 100, 100))
    before = stage.image.tobytes()
    stage.shape(shapes.ellipse(5000, 5000, 50, 50), (0, 0, 0))
    stage.text((5000, 5000), "X", 50, (0, 0, 0))
    stage.shadow(5000, 5000, 50)
    assert stage.image.tobytes() == before


def test_the_drawing_process_answers_in_order() -> None:
    jobs = [a_job("jar"), a_job("wine"), a_job("jar", "detail")]
    with pictures.drawn(jobs) as found:
        assert list(found) == [draw(job) for job in jobs]


def test_a_drawing_process_that_dies_is_told() -> None:
    with pytest.raises(pictures.DrawingFailed), pictures.drawn([a_job("jar"), Job("x", "y", "z", "", "", "")]) as found:
        list(found)


def test_drawing_needs_nothing_of_the_house() -> None:
    code = "import sys, entrepot.demo.art.work; print({m.split('.')[0] for m in sys.modules} & {'django', 'psycopg'})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_plan_of_a_product() -> None:
    item = BY_FORM["cocotte"]
    ids = {variant.code: uuid4() for variant in item.variants}
    plan = pictures.plan(item, uuid4(), ids)
    fronts = [job for job in plan.jobs if job.kind == "front"]
    assert len(fronts) == min(pictures.COLOURS_MAX, len({variant.colour for variant in item.variants}))
    assert len(plan.jobs) == len(plan.sku_ids) and plan.jobs[-1].kind == "boxed"
    assert all(plan.sku_ids[: len(fronts)]) and not any(plan.sku_ids[len(fronts) :])
