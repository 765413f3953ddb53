"""Small articles for everybody's tests."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from PIL import Image

from entrepot.catalogue import selectors, services
from entrepot.catalogue.types import (
    BrandDraft,
    ClassificationDraft,
    Product,
    ProductDraft,
    ProductTypeDraft,
    Sku,
    SkuDraft,
)

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def make_product(slug: str = "down-jacket", *, sizes: Sequence[str] = ("M",), origin: str = "IT") -> Product:
    """A product of brand "moncler", one SKU a size with code `<slug>-<size>`, weights known, not classified."""
    services.put_brands(drafts=[BrandDraft("moncler", {"zh-hans": "盟可睐", "en": "Moncler"}, "IT")])
    services.put_product_types(drafts=[ProductTypeDraft("clothes", {"zh-hans": "服装", "en": "Clothes"})])
    skus = tuple(
        SkuDraft(
            code=f"{slug}-{size}",
            axes={"size": {"zh-hans": size, "en": size}},
            origin=origin,
            net_weight_g=800,
            gross_weight_g=1000,
        )
        for size in sizes
    )
    draft = ProductDraft(slug, "moncler", {"zh-hans": "羽绒服", "en": "Down jacket"}, "clothes", skus=skus)
    services.put_products(drafts=[draft], now=NOW)
    found = selectors.product(slug=slug)
    assert found is not None
    return found


def make_classified(
    sku_ids: Sequence[UUID], *, hs_code: str = "6201401000", valid_from: date = date(2026, 1, 1)
) -> None:
    """Classify SKUs for China: one piece each, 0.8 kg as the second legal quantity."""
    drafts = [classification(sku_id, hs_code=hs_code, valid_from=valid_from) for sku_id in sku_ids]
    services.classify(drafts=drafts, decided_by="tests", reason="makers", now=NOW)


def classification(sku_id: UUID, **changes: object) -> ClassificationDraft:
    values: dict[str, object] = {
        "sku_id": sku_id,
        "hs_code": "6201401000",
        "sales_unit": "011",
        "unit1": "011",
        "quantity1": Decimal(1),
        "unit2": "035",
        "quantity2": Decimal("0.8"),
        "declared_name": "男式羽绒服",
        "model": "面料:100%锦纶|填充物:90%白鸭绒|品牌:Moncler",
        "valid_from": date(2026, 1, 1),
    }
    return ClassificationDraft(**{**values, **changes})  # type: ignore[arg-type]


def make_sku(slug: str = "down-jacket", *, origin: str = "IT") -> Sku:
    """One SKU that can be sold into China."""
    sku = make_product(slug, origin=origin).skus[0]
    make_classified([sku.id])
    return sku


def picture(*, size: tuple[int, int] = (400, 300), kind: str = "PNG", colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def make_import_run(content: str = "code,title,brand\nA1,果汁,Bravo\nA 2,坏,Bravo\n") -> UUID:
    """A file that was uploaded; its columns are guessed."""
    return services.open_import(name="goods.csv", content=content.encode(), actor="tests", now=NOW)
