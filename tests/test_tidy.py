"""The house rules hold, and each rule's checker is shown a sample that breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from tests import tidy
from tests.tidy import ROOT, Checker

SOURCES = [(path, path.read_text(encoding="utf-8")) for path in tidy.sources()]
STOCK = Path("entrepot/stock")

BROKEN: list[tuple[Checker, Path, str]] = [
    (tidy.file_length, STOCK / "services.py", "x = 1\n" * 401),
    (tidy.file_length, STOCK / "tests" / "test_it.py", "x = 1\n" * 601),
    (tidy.function_length, STOCK / "rules.py", "def f():\n" + "    x = 1\n" * 70),
    (tidy.parameters, STOCK / "services.py", "def f(*, a, b, c, d, e, f, g): ..."),
    (tidy.keyword_only, STOCK / "services.py", "def claim(sku_id): ..."),
    (tidy.keyword_only, STOCK / "services" / "claim.py", "def claim(sku_id): ..."),
    (tidy.nesting, STOCK / "rules.py", "def f():\n if a:\n  for b in c:\n   if d:\n    if e: pass"),
    (tidy.borders, STOCK / "services.py", "from entrepot.orders.models import Order"),
    (tidy.borders, Path("entrepot/web/rest/views.py"), "import entrepot.orders.rules"),
    (tidy.borders, STOCK / "services.py", "from entrepot.orders import models"),
    (tidy.pure_rules, STOCK / "rules.py", "from django.conf import settings"),
    (tidy.pure_rules, STOCK / "rules.py", "import datetime\nx = datetime.datetime.now()"),
    (tidy.pure_rules, STOCK / "rules.py", "from entrepot.kit.clock import now"),
    (tidy.no_floats, STOCK / "rules.py", "x = float('0.1')"),
    (tidy.no_blind_except, STOCK / "services.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (tidy.no_sleep_in_tests, Path("tests/test_x.py"), "import time\ntime.sleep(1)"),
    (tidy.typed_reading, STOCK / "rules.py", "msgspec.convert(raw, Level)"),
    (tidy.typed_reading, STOCK / "rules.py", "msgspec.json.decode(raw, type=Level)"),
    (tidy.foreign_keys, STOCK / "models.py", "models.ForeignKey('x.Y', on_delete=models.CASCADE, related_name='+')"),
    (tidy.foreign_keys, STOCK / "models.py", "models.ForeignKey('x.Y', on_delete=models.PROTECT)"),
    (tidy.foreign_keys, STOCK / "models" / "lots.py", "models.ForeignKey('x.Y', on_delete=models.PROTECT)"),
    (tidy.no_magic_models, STOCK / "models" / "lots.py", "class A:\n    def save(self): ..."),
    (tidy.no_magic_models, STOCK / "models.py", "class A:\n    def save(self): ..."),
    (tidy.no_magic_models, STOCK / "apps.py", "from django.db.models.signals import post_save"),
]


@pytest.fixture(scope="module")
def complaints() -> dict[Checker, list[str]]:
    """File by file, each read into a tree once."""
    found: dict[Checker, list[str]] = {checker: [] for checker in tidy.CHECKERS}
    for path, source in SOURCES:
        for checker, said in found.items():
            said += (f"{path.relative_to(ROOT)}: {wrong}" for wrong in checker(path, source))
    return found


@pytest.mark.parametrize("checker", tidy.CHECKERS, ids=lambda checker: checker.__name__)
def test_rule_holds(complaints: dict[Checker, list[str]], checker: Checker) -> None:
    assert not complaints[checker], "\n".join(complaints[checker])


@pytest.mark.parametrize(("checker", "path", "sample"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_checker_finds_the_broken_sample(checker: Checker, path: Path, sample: str) -> None:
    assert list(checker(path, sample)), f"{checker.__name__} lets this pass:\n{sample}"


def test_every_checker_has_a_sample() -> None:
    assert {checker for checker, _, _ in BROKEN} == set(tidy.CHECKERS)


def test_readmes_are_short() -> None:
    long = [
        f"{readme.relative_to(ROOT)} has {count} lines, at most {limit}"
        for readme, limit in [
            *((path, tidy.context_readme_lines_max) for path in tidy.PACKAGE.glob("*/README.md")),
            (ROOT / "README.md", tidy.readme_lines_max),
        ]
        if (count := len(readme.read_text(encoding="utf-8").splitlines())) > limit
    ]
    assert not long, "\n".join(long)


def test_every_context_says_what_it_is() -> None:
    silent = [
        config.label
        for config in apps.get_app_configs()
        if config.name.startswith("entrepot.") and config.name.count(".") == 1
        if not (Path(config.path) / "README.md").exists()
    ]
    assert not silent, f"no README.md in {silent}"


def our_models() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if config.name.startswith("entrepot."):
            yield from config.get_models()


def test_keys_are_uuids_made_by_the_application() -> None:
    """No identity or serial keys: they cannot be distributed."""
    wrong = [model.__name__ for model in our_models() if not isinstance(model._meta.pk, models.UUIDField)]
    assert not wrong, f"keys of {wrong} are not UUIDs"


def family_key(model: type[models.Model]) -> str | None:
    """sku_id in the contexts of articles, buyer_id in those of buyers; None for small tables that belong to neither."""
    name = "sku_id" if model._meta.app_label in article_contexts else "buyer_id"
    field = next((field for field in model._meta.concrete_fields if field.attname == name), None)
    return name if field is not None and not field.null else None


def test_unique_constraints_include_the_family_key() -> None:
    """On a cluster a unique constraint needs the distribution column."""
    wrong = []
    for model in our_models():
        key = family_key(model)
        for constraint in model._meta.constraints:
            if key and isinstance(constraint, models.UniqueConstraint):
                named = {model._meta.get_field(name).attname for name in constraint.fields}
                if key not in named and model._meta.app_label not in reference_contexts:
                    wrong.append(f"{model.__name__}: {constraint.name} lacks {key}")
    assert not wrong, "\n".join(wrong)


# Small, read-mostly tables that a cluster copies to every node: their keys need no family.
article_contexts = {"stock", "pricing"}
reference_contexts = {"catalogue", "identity", "storefronts", "tariff"}


def test_no_database_key_between_the_families() -> None:
    """Buyer and article live on different nodes of a cluster; a line carries the id and what it needs, copied."""
    wrong = []
    for model in our_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.db_constraint:
                mine, theirs = family_key(model), family_key(field.related_model)  # type: ignore[arg-type]
                if mine and theirs and mine != theirs:
                    wrong.append(f"{model.__name__}.{field.name}")
    assert not wrong, f"foreign keys between families: {wrong}"


def test_nothing_names_the_place_it_was_made_in() -> None:
    """No machine paths and no package registry addresses in what is committed."""
    told = ["/work" + "/", "pypi" + ".org", "/tmp" + "/wt", "registry.npmjs" + ".org"]
    suffixes = {".py", ".md", ".toml", ".lock", ".sh", ".cfg", ".html", ".sql", ""}
    wrong = []
    for folder in ("entrepot", "tests", "docs", "bench", "scripts", ".ci"):
        for path in (ROOT / folder).rglob("*"):
            if (
                path.is_file()
                and path.suffix in suffixes
                and path != Path(__file__)
                and "__pycache__" not in path.parts
            ):
                text = path.read_text(encoding="utf-8", errors="ignore")
                wrong += [f"{path.relative_to(ROOT)}: {word}" for word in told if word in text]
    assert not wrong, "\n".join(wrong)
