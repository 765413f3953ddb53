"""Questions to the catalogue: ids in, types out."""

from entrepot.catalogue.selectors.articles import (
    brands,
    categories,
    classification_history,
    classifications,
    media_file,
    product,
    product_ids,
    product_types,
    products,
    sellability,
    sku_by_code,
    skus,
)

__all__ = [
    "brands",
    "categories",
    "classification_history",
    "classifications",
    "media_file",
    "product",
    "product_ids",
    "product_types",
    "products",
    "sellability",
    "sku_by_code",
    "skus",
]
