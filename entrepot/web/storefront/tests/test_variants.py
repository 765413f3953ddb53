"""Variants as links: each keeps as much of the present choice as there is."""

from __future__ import annotations

from uuid import UUID

from django.utils import translation

from entrepot.catalogue.types import Sku
from entrepot.kit.ids import new_id
from entrepot.web.storefront.variants import Axis, axes, axis_name


def sku(code: str, image: str | None = None, **values: str) -> Sku:
    return Sku(
        id=new_id(),
        product_id=UUID(int=1),
        product_slug="coat",
        code=code,
        gtin=None,
        titles={"en": code},
        axes={axis: {"en": value} for axis, value in values.items()},
        brand_id=UUID(int=2),
        origin="IT",
        net_weight_g=1,
        gross_weight_g=1,
        image=image,
        product_type="clothes",
        active=True,
    )


def shown(found: tuple[Axis, ...]) -> dict[str, list[str]]:
    return {axis.label: [f"{one.label}>{one.address}" for one in axis.values] for axis in found}


def test_a_colour_keeps_the_size_and_falls_back_where_the_size_is_missing() -> None:
    red_s, red_m, blue_m = (
        sku("red-s", colour="Red", size="S"),
        sku("red-m", colour="Red", size="M"),
        sku("blue-m", colour="Blue", size="M"),
    )
    everything = [red_s, red_m, blue_m]
    left = {one.id: 1 for one in everything}
    with translation.override("en"):
        assert shown(axes(everything, red_s, left, "/p/coat/")) == {
            "Colour": ["Red>/p/coat/?sku=red-s", "Blue>/p/coat/?sku=blue-m"],
            "Size": ["S>/p/coat/?sku=red-s", "M>/p/coat/?sku=red-m"],
        }


def test_sold_out_values_are_marked_and_pictures_only_where_they_differ_by_value() -> None:
    one, two = sku("a", "a.webp", colour="Red", size="S"), sku("b", "b.webp", colour="Blue", size="S")
    with translation.override("en"):
        colour, size = axes([one, two], one, {one.id: 3}, "/p/coat/")
    assert [(value.label, value.left, value.image) for value in colour.values] == [
        ("Red", 3, "a.webp"),
        ("Blue", 0, "b.webp"),
    ]
    assert [value.image for value in size.values] == [None]


def test_an_axis_nobody_named_is_shown_by_its_own_word() -> None:
    with translation.override("zh-hans"):
        assert (axis_name("colour"), axis_name("frame_width")) == ("颜色", "Frame width")


def test_one_sku_without_axes_has_none() -> None:
    only = sku("a")
    assert axes([only], only, {}, "/p/coat/") == ()
