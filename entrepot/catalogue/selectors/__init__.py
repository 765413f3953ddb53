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
from entrepot.catalogue.selectors.imports import (
    error_report,
    field_label,
    import_fields,
    import_rows,
    import_run,
    import_runs,
    problem_counts,
    unfinished_import,
)
from entrepot.catalogue.selectors.unsellable import UNSELLABLE_PAGE, unsellable, unsellable_counts

__all__ = [
    "UNSELLABLE_PAGE",
    "brands",
    "categories",
    "classification_history",
    "classifications",
    "error_report",
    "field_label",
    "import_fields",
    "import_rows",
    "import_run",
    "import_runs",
    "media_file",
    "problem_counts",
    "product",
    "product_ids",
    "product_types",
    "products",
    "sellability",
    "sku_by_code",
    "skus",
    "unfinished_import",
    "unsellable",
    "unsellable_counts",
]
