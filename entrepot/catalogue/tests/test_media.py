from __future__ import annotations

import hashlib
import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from entrepot.catalogue import selectors, services
from entrepot.catalogue.models import Medium
from entrepot.catalogue.services import media
from entrepot.catalogue.tests.makers import NOW, make_product, picture
from entrepot.catalogue.types import ImageDraft, sized
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal
from tests.examples import many

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media_root(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]
    return tmp_path


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_made_anew_in_two_widths(kind: str) -> None:
    product = make_product(sizes=("S", "M"))
    content = picture(size=(1600, 1200), kind=kind)
    path = services.add_image(product_id=product.id, content=content, now=NOW, sku_ids=[product.skus[1].id])
    assert hashlib.sha256(content).hexdigest() in path
    for width, size in ((800, (800, 600)), (320, (320, 240))):
        stored = selectors.media_file(path=sized(path, width))
        assert stored is not None
        with Image.open(stored) as found:
            assert (found.format, found.size) == ("WEBP", size)
    found = selectors.product(slug=product.slug)
    assert found is not None
    assert found.images == (path,)
    assert [sku.image for sku in found.skus] == [path, path]


def test_skus_show_their_own_picture_else_the_cover() -> None:
    product = make_product(sizes=("S", "M"))
    red, blue = services.add_images(
        drafts=[
            ImageDraft(product.id, picture(colour="red")),
            ImageDraft(product.id, picture(colour="blue"), (product.skus[1].id,)),
        ],
        now=NOW,
    )
    found = selectors.products(ids=[product.id])[product.id]
    assert [sku.image for sku in found.skus] == [red, blue]


def test_the_same_picture_again_stays_one() -> None:
    product = make_product()
    for _ in range(2):
        services.add_images(drafts=[ImageDraft(product.id, picture())] * 2, now=NOW)
    assert Medium.objects.count() == 1
    assert len(selectors.products(ids=[product.id])[product.id].images) == 1


def test_a_lost_file_is_made_again(media_root: Path) -> None:
    product = make_product()
    path = services.add_image(product_id=product.id, content=picture(), now=NOW)
    (media_root / path).unlink()
    services.add_image(product_id=product.id, content=picture(), now=NOW)
    assert selectors.media_file(path=path)


def test_private_data_in_the_upload_is_gone() -> None:
    product = make_product()
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    exif[0x0112] = 6  # turned by a quarter
    out = io.BytesIO()
    Image.new("RGB", (400, 200)).save(out, "JPEG", exif=exif)
    path = services.add_image(product_id=product.id, content=out.getvalue(), now=NOW)
    stored = selectors.media_file(path=path)
    assert stored is not None
    assert b"where I live" not in stored.read_bytes()
    with Image.open(stored) as found:
        assert found.size == (200, 400)


def bomb() -> bytes:
    """A small PNG that says it is 50,000 x 50,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", media.NotAPicture), (b"<svg/>", media.NotAPicture), (picture(kind="GIF"), media.NotAPicture),
        (picture()[:200], media.NotAPicture), (b"\x89PNG\r\n\x1a\n" + b"x" * 500, media.NotAPicture),
        (b"x" * (10 * 1024 * 1024 + 1), media.PictureTooLarge), (bomb(), media.PictureTooLarge),
        (picture(size=(10, 400)), media.PictureTooSmall),
    ],
)  # fmt: skip
def test_what_is_no_good_picture_is_refused(content: bytes, refusal: type[Refusal], media_root: Path) -> None:
    product = make_product()
    with pytest.raises(refusal) as refused:
        services.add_image(product_id=product.id, content=content, now=NOW)
    assert refused.value.field == "image"
    assert not Medium.objects.exists()
    assert not any(media_root.rglob("*.webp*"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=many(200))
@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.data())
def test_broken_pictures_are_pictures_or_refused(kind: str, data: st.DataObject) -> None:
    content = bytearray(picture(size=(60, 60), kind=kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        media._open(bytes(content))
    except Refusal as refused:
        assert refused.field == "image"


def test_pictures_of_nothing_are_refused() -> None:
    product, other = make_product(), make_product("other")
    with pytest.raises(NotFound):
        services.add_image(product_id=new_id(), content=picture(), now=NOW)
    with pytest.raises(NotFound):
        services.add_image(product_id=product.id, content=picture(), now=NOW, sku_ids=[other.skus[0].id])
    assert selectors.products(ids=[product.id])[product.id].images == ()


def test_a_product_has_so_many_pictures_and_no_more() -> None:
    product = make_product()
    drafts = [ImageDraft(product.id, picture(size=(50 + n, 50))) for n in range(21)]
    with pytest.raises(media.TooManyPictures):
        services.add_images(drafts=drafts, now=NOW)


@pytest.mark.parametrize("path", ["", "../../etc/passwd", "ab/cd-800.webp", f"ab/{'a' * 64}-800.webp", "\0"])
def test_no_other_file_is_served(path: str) -> None:
    assert selectors.media_file(path=path) is None


def test_one_picture_uploaded_by_many_at_once_is_stored_for_each_of_them(media_root: Path) -> None:
    target, content = media_root / "ab" / "one.webp", b"x" * 200_000

    def write() -> None:
        for _ in range(40):
            media._write(target, content)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write) for _ in range(8)]:
            done.result()
    assert [(one.name, one.read_bytes()) for one in target.parent.iterdir()] == [("one.webp", content)]
