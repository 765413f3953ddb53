"""Checkers of the house rules (docs/ARCHITECTURE.md §2.1, §3, §6): each takes a path and its source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "entrepot"
NOT_CONTEXTS = {"kit", "server", "web", "sandbox", "demo"}

lines_max, test_lines_max, function_lines_max, parameters_max, nesting_max = 400, 600, 70, 6, 3
context_readme_lines_max, readme_lines_max = 20, 80

Checker = Callable[[Path, str], Iterator[str]]


def sources() -> list[Path]:
    """Every Python file of ours that people write; migrations are generated."""
    found = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


def is_test(path: Path) -> bool:
    return "tests" in path.parts


def context_of(path: Path) -> str | None:
    """The context a file belongs to, None for entry points, kit and the house's own processes."""
    if "entrepot" not in path.parts:
        return None
    after = path.parts[len(path.parts) - path.parts[::-1].index("entrepot") :]
    return after[0] if len(after) > 1 and after[0] not in NOT_CONTEXTS else None


def file_length(path: Path, source: str) -> Iterator[str]:
    limit = test_lines_max if is_test(path) else lines_max
    if (count := source.count("\n")) > limit:
        yield f"{count} lines, at most {limit}"


def function_length(path: Path, source: str) -> Iterator[str]:
    for node in _functions(source):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > function_lines_max:
            yield f"{node.name} has {length} lines, at most {function_lines_max}"


def parameters(path: Path, source: str) -> Iterator[str]:
    """At most six, except for what a library's signature prescribes (`record` of the log names its columns)."""
    if is_test(path):
        return
    for node in _functions(source):
        names = [arg.arg for arg in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
        counted = [name for name in names if name not in ("self", "cls", "now")]
        if len(counted) > parameters_max and node.name not in ("record", "__init__"):
            yield f"{node.name} takes {len(counted)} parameters, at most {parameters_max}: make it a dataclass"


def keyword_only(path: Path, source: str) -> Iterator[str]:
    """Public verbs and questions of a context are called with names."""
    if context_of(path) is None or is_test(path):
        return
    if path.stem not in ("services", "selectors") and not {"services", "selectors"} & set(path.parts):
        return
    for node in _tree(source).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _is_exported(path, node.name):
            positional = [*node.args.posonlyargs, *node.args.args]
            if positional and not _is_decorator(node):
                yield f"{node.name} takes {positional[0].arg} without its name: put a * first"


def nesting(path: Path, source: str) -> Iterator[str]:
    if is_test(path):
        return
    for node in _functions(source):
        if (depth := _depth(node)) > nesting_max:
            yield f"{node.name} nests {depth} deep, at most {nesting_max}"


def borders(path: Path, source: str) -> Iterator[str]:
    """Of another context only services, selectors and types are imported (and its makers and testing by tests)."""
    own = context_of(path)
    if "bench" in path.parts:
        return  # measurements reach inside on purpose
    for module in _imports(source):
        parts = module.split(".")
        if parts[0] != "entrepot" or len(parts) < 3 or parts[1] in NOT_CONTEXTS or parts[1] == own:
            continue
        allowed = {"services", "selectors", "types"} | ({"tests", "testing"} if is_test(path) else set())
        if parts[2] not in allowed and not (is_test(path) and parts[2] == "models" and "entrepot" not in path.parts):
            yield f"imports {module}: of another context only services, selectors and types are open"


def pure_rules(path: Path, source: str) -> Iterator[str]:
    """`rules.py` knows no ORM, clock, chance or settings."""
    if path.stem != "rules" and "rules" not in path.parts[:-1]:
        return
    for module in _imports(source):
        if module.split(".")[0] in ("django", "random", "secrets", "time", "os", "psycopg") or module.endswith(
            ".models"
        ):
            yield f"imports {module}"
        if module == "entrepot.kit.clock.now":
            yield "asks the clock: take the time as an argument"
    for node in _nodes(source):
        if isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow"):
            yield f"line {node.lineno} asks the clock: take the time as an argument"


def no_floats(path: Path, source: str) -> Iterator[str]:
    """Money, quantities and rates are integers and Decimal. Seconds may be floats: their names end in `_s`."""
    if context_of(path) is None and "kit" not in path.parts or is_test(path):
        return
    for node in _nodes(source):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield f"line {node.lineno} makes a float"


def no_blind_except(path: Path, source: str) -> Iterator[str]:
    """Unexpected errors are not caught, except where everything must be answered (web), kept (outbox) or restarted."""
    if {"web", "outbox", "server", "sandbox"} & set(path.parts) or is_test(path):
        return
    for node in _nodes(source):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type
            if caught is None or (isinstance(caught, ast.Name) and caught.id in ("Exception", "BaseException")):
                yield f"line {node.lineno} catches everything"


def no_sleep_in_tests(path: Path, source: str) -> Iterator[str]:
    if not is_test(path):
        return
    for node in _nodes(source):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep", "asyncio.sleep"):
            yield f"line {node.lineno} sleeps: wait for the condition"


def typed_reading(path: Path, source: str) -> Iterator[str]:
    """What is read into types of ours is read by `kit/shapes.py`, made before there are threads."""
    if context_of(path) is None or is_test(path):
        return
    for node in _nodes(source):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        typed = any(given.arg == "type" for given in node.keywords)
        if ast.unparse(node.func) == "msgspec.convert" or (node.func.attr == "decode" and typed):
            yield f"line {node.lineno}: {ast.unparse(node.func)}; make a reader of kit.shapes while modules are loaded"


def foreign_keys(path: Path, source: str) -> Iterator[str]:
    """Keys are PROTECT, by string label across contexts, without a way back, so that no ORM path crosses a border."""
    if "models" not in (path.stem, path.parent.name) or context_of(path) is None:
        return
    for node in _nodes(source):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("ForeignKey", "OneToOneField")):
            told = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if not told.get("on_delete", "").endswith("PROTECT"):
                yield f"line {node.lineno}: on_delete is not PROTECT"
            if told.get("related_name") != "'+'":
                yield f"line {node.lineno}: related_name is not '+'"


def no_magic_models(path: Path, source: str) -> Iterator[str]:
    """No save() override, no signals: what happens is in the verb that does it."""
    if context_of(path) is None:
        return
    for module in _imports(source):
        if module.startswith(("django.db.models.signals", "django.dispatch")):
            yield f"imports {module}"
    for node in _functions(source):
        if "models" in (path.stem, path.parent.name) and node.name == "save":
            yield "overrides save()"


CHECKERS: list[Checker] = [
    file_length, function_length, parameters, keyword_only, nesting, borders, pure_rules, no_floats, no_blind_except,
    no_sleep_in_tests, foreign_keys, no_magic_models, typed_reading,
]  # fmt: skip


@lru_cache(maxsize=2)
def _tree(source: str) -> ast.Module:
    return ast.parse(source)


@lru_cache(maxsize=2)
def _nodes(source: str) -> list[ast.AST]:
    """Of one file after the other, since all checkers look at the same."""
    return list(ast.walk(_tree(source)))


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in _nodes(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _imports(source: str) -> Iterator[str]:
    for node in _nodes(source):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_exported(path: Path, name: str) -> bool:
    """In a package of services the verbs are what its `__init__` hands on; the rest are helpers of its files."""
    front = path.parent / "__init__.py"
    if path.stem in ("services", "selectors") or not front.exists():
        return True
    return any(module.endswith(f".{name}") for module in _imports(front.read_text(encoding="utf-8")))


def _is_decorator(node: ast.FunctionDef) -> bool:
    return node.returns is not None and ast.unparse(node.returns).startswith("Callable")


def _depth(function: ast.AST) -> int:
    blocks = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)

    def walk(node: ast.AST, depth: int) -> int:
        deepest = depth
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
            deepest = max(deepest, walk(child, depth + (isinstance(child, blocks) and not is_elif)))
        return deepest

    return walk(function, 0)
