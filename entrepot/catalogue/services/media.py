"""Pictures: checked by content, made anew as WebP in fixed widths, stored under the hash of what was uploaded."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from entrepot.catalogue.models import Medium, Product, Sku
from entrepot.catalogue.services.changes import products_changed
from entrepot.catalogue.types import WIDTHS, ImageDraft, sized
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound

IMAGE_MAX_BYTES = 10 * 1024 * 1024
IMAGE_MAX_PIXELS = 40_000_000
IMAGE_SIDE_MIN_PX = 50
IMAGES_PER_PRODUCT_MAX = 20
IMAGES_PER_CALL_MAX = 1_000
_FORMATS = ("WEBP", "JPEG", "PNG")
_QUALITY = 82
_EFFORT = 2  # of 6: half the time of the default for 3 % more bytes
_GAP = 1.2  # a copy is halved quickly first where it stays this much larger than wanted
_CORES = min(4, os.cpu_count() or 1)


class NotAPicture(Invalid):
    code = "not_a_picture"
    zh = "文件不是可用的 WebP、JPEG 或 PNG 图片"
    en = "The file is not a readable WebP, JPEG or PNG picture"


class PictureTooLarge(Invalid):
    code = "picture_too_large"
    zh = "图片过大：最多 {bytes_max} 字节、{pixels_max} 像素"
    en = "The picture is too large: {bytes_max} bytes and {pixels_max} pixels at most"


class PictureTooSmall(Invalid):
    code = "picture_too_small"
    zh = "图片过小：每边至少 {side_min} 像素"
    en = "The picture is too small: {side_min} pixels a side at least"


class TooManyPictures(Invalid):
    code = "too_many_pictures"
    zh = "每个商品最多 {pictures_max} 张图片"
    en = "A product has {pictures_max} pictures at most"


@dataclass(frozen=True, slots=True)
class _Stored:
    path: str
    width: int
    height: int
    size_bytes: int


def _open(content: bytes) -> Image.Image:
    """The decoded picture, upright, in RGB or RGBA, size checked before a pixel is decoded. Raises the refusals."""
    too_large = PictureTooLarge(field="image", bytes_max=IMAGE_MAX_BYTES, pixels_max=IMAGE_MAX_PIXELS)
    if len(content) > IMAGE_MAX_BYTES:
        raise too_large
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower and refuses
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
            if picture.width * picture.height > IMAGE_MAX_PIXELS:
                raise too_large
            if min(picture.size) < IMAGE_SIDE_MIN_PX:
                raise PictureTooSmall(field="image", side_min=IMAGE_SIDE_MIN_PX)
            picture.draft("RGB", (max(WIDTHS), max(WIDTHS)))  # lets JPEG decode straight to a smaller size
            upright = ImageOps.exif_transpose(picture)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except Image.DecompressionBombError as bomb:
        raise too_large from bomb
    # Pillow's decoders answer broken files with any of these; nothing of ours runs inside the block.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError,
            TypeError, KeyError, IndexError, AttributeError, RuntimeError) as broken:  # fmt: skip
        raise NotAPicture(field="image") from broken


def _write(target: Path, content: bytes) -> None:
    """Whole or not at all: readers never see half a file, two writers of one hash write the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.{new_id()}.new")
    fresh.write_bytes(content)
    fresh.replace(target)


def _store(content: bytes, digest: str) -> _Stored:
    picture = _open(content)
    path = f"{digest[:2]}/{digest}-{max(WIDTHS)}.webp"
    total = 0
    for width in WIDTHS:
        copy = picture
        if max(picture.size) > width:
            copy = picture.copy()
            copy.thumbnail((width, width), Image.Resampling.LANCZOS, reducing_gap=_GAP)
        out = io.BytesIO()
        copy.save(out, "WEBP", quality=_QUALITY, method=_EFFORT)
        _write(Path(settings.MEDIA_ROOT) / sized(path, width), out.getvalue())
        total += len(out.getvalue())
    return _Stored(path, picture.width, picture.height, total)


def _stored(contents: Mapping[str, bytes], now: datetime) -> dict[str, str]:
    """Paths by digest; what is stored already is not made again. The files come first, then the rows."""
    known = dict(Medium.objects.filter(digest__in=list(contents)).values_list("digest", "path"))
    missing = {
        digest: content
        for digest, content in contents.items()
        if digest not in known or not (Path(settings.MEDIA_ROOT) / known[digest]).exists()
    }
    with ThreadPoolExecutor(_CORES) as pool:  # decoding, scaling and encoding leave Python's lock
        stored = dict(zip(missing, pool.map(_store, missing.values(), missing), strict=True))
    Medium.objects.bulk_create(
        [
            Medium(digest=digest, path=found.path, width=found.width, height=found.height,
                   size_bytes=found.size_bytes, created_at=now)
            for digest, found in stored.items()
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return known | {digest: found.path for digest, found in stored.items()}


def add_images(*, drafts: Sequence[ImageDraft], now: datetime) -> list[str]:
    """Store pictures and hang them on products, after those they have; media paths in the order of the drafts.

    The same picture twice on one product stays one. The named SKUs get the picture as their own.
    Raises NotAPicture, PictureTooLarge, PictureTooSmall, TooManyPictures, NotFound (product or SKU).
    """
    if len(drafts) > IMAGES_PER_CALL_MAX:
        raise TooManyPictures(field="image", pictures_max=IMAGES_PER_CALL_MAX)
    digests = [hashlib.sha256(draft.content).hexdigest() for draft in drafts]
    # Decoding and encoding happen outside the transaction: they take tens of milliseconds a picture.
    paths = _stored({digest: draft.content for digest, draft in zip(digests, drafts, strict=True)}, now)
    with transaction.atomic():
        products = Product.objects.select_for_update().order_by("id").in_bulk({draft.product_id for draft in drafts})
        changed: set[UUID] = set()
        for digest, draft in zip(digests, drafts, strict=True):
            product = products.get(draft.product_id)
            if product is None:
                raise NotFound(field="product_id", what=str(draft.product_id))
            if paths[digest] not in product.images:
                product.images.append(paths[digest])
                product.changed_at = now
                changed.add(product.id)
            if len(product.images) > IMAGES_PER_PRODUCT_MAX:
                raise TooManyPictures(field="image", pictures_max=IMAGES_PER_PRODUCT_MAX)
        changed |= _show_on_skus({sku_id: (draft.product_id, paths[digest])
                                  for digest, draft in zip(digests, drafts, strict=True)
                                  for sku_id in draft.sku_ids}, now)  # fmt: skip
        Product.objects.bulk_update([products[product_id] for product_id in sorted(changed)], ["images", "changed_at"])
        products_changed(changed)
    return [paths[digest] for digest in digests]


def _show_on_skus(wanted: Mapping[UUID, tuple[UUID, str]], now: datetime) -> set[UUID]:
    skus = Sku.objects.select_for_update().order_by("id").in_bulk(list(wanted)) if wanted else {}
    changed = []
    for sku_id, (product_id, path) in wanted.items():
        sku = skus.get(sku_id)
        if sku is None or sku.product_id != product_id:
            raise NotFound(field="sku_ids", what=str(sku_id))
        if sku.image != path:
            sku.image, sku.changed_at = path, now
            changed.append(sku)
    Sku.objects.bulk_update(changed, ["image", "changed_at"])
    return {sku.product_id for sku in changed}


def add_image(*, product_id: UUID, content: bytes, now: datetime, sku_ids: Sequence[UUID] = ()) -> str:
    return add_images(drafts=[ImageDraft(product_id, content, tuple(sku_ids))], now=now)[0]
