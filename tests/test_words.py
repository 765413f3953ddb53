"""What the documents name is there: paths, modules, commands, targets of make, settings; and the map is the code's.

Decisions (docs/adr) are history and may name what has gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser

from django.core.management import get_commands

from entrepot.server import cli
from tests.tidy import PACKAGE, ROOT

OF_OTHERS = {"docs/TIGER_STYLE.md", "server/polar/order/amounts.py", "server/polar/exceptions.py"}  # examples of style
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "GLOSSARY.md", "docs/ARCHITECTURE.md", "docs/MEASURED.md")),
    *(ROOT / "docs" / "algorithms").glob("*.md"),
    *PACKAGE.rglob("README.md"),
]
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
MAP = re.compile(r"```\nentrepot/\n(.*?)```", re.DOTALL)
LAYERS = re.compile(r"### 2\.1 .*?```\n(.*?)```", re.DOTALL)


def named(pattern: str, *, in_code: bool = True) -> Iterator[tuple[str, str]]:
    """(document, what it names), in code alone or anywhere."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for piece in CODE.findall(text) if in_code else [text]:
            for found in re.findall(pattern, piece, re.MULTILINE):
                yield str(document.relative_to(ROOT)), found


def test_every_path_is_there() -> None:
    """From the root, from `entrepot/`, or from the context whose document names it."""
    folders = [ROOT / name for name in ("entrepot", "docs", "tests", "bench", "scripts")]
    files = [f"/{path.relative_to(ROOT)}" for folder in folders for path in folder.rglob("*.*")]
    files += [f"/{path.name}" for path in ROOT.iterdir()]
    ours = {path.name for path in (*folders, *PACKAGE.iterdir())}
    lost = [
        (document, path)
        for document, path in named(r"(?<![\w/.-])[\w/-]+\.(?:py|md|sql|html|sh)\b(?!\.\w)", in_code=False)
        if path not in OF_OTHERS and ("/" not in path or path.split("/")[0] in ours)
        if not any(one.endswith(f"/{path}") for one in files)
    ]
    assert not lost, lost


def test_every_module_that_is_run_is_there() -> None:
    lost = [
        (document, module)
        for document, module in named(r"python -m ((?:entrepot|bench)[a-z_.]*)")
        if not (file := ROOT / module.replace(".", "/")).with_suffix(".py").exists()
        and not (file / "__main__.py").exists()
    ]
    assert not lost, lost


def test_every_target_of_make_is_there() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lost = [one for one in named(r"(?:^|`)(?:\w+=\S+ )?make ([a-z][a-z-]*)") if one[1] not in targets]
    assert not lost, lost


def test_every_command_is_there() -> None:
    told = set(re.findall(r"^  ([a-z_]+)", cli.usage, re.MULTILINE)) | {"web", "intake", "worker", "scheduler"}
    lost = [one for one in named(r"(?<![\w/.])entrepot ([a-z][a-z_]*)") if one[1] not in told | set(get_commands())]
    assert not lost, lost


def test_every_setting_is_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*PACKAGE.rglob("*.py"), ROOT / "Makefile"])
    lost = [
        (document, name)
        for document, name in named(r"\b(ENTREPOT_[A-Z][A-Z_0-9]*)", in_code=False)
        if not any(f'"{one}"' in text for one in (name, name.removeprefix("ENTREPOT_")))
    ]
    assert not lost, lost


def test_the_map_is_that_of_the_code() -> None:
    drawn = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    (on_the_map,) = MAP.findall(drawn)
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert set(re.findall(r"^  ([a-z]+)/", on_the_map, re.MULTILINE)) == rooms
    (layers,) = LAYERS.findall(drawn)
    written = [set(re.findall(r"[a-z]+", line.split("  ")[0])) for line in layers.splitlines()]
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    kept = contracts["importlinter:contract:layers"]["layers"].split("\n")
    assert written == [set(re.findall(r"[a-z]+", line)) for line in kept if line]
