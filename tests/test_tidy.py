"""The house rules that no linter has: sizes, names, purity, and what may lie where."""

from __future__ import annotations

import ast
import configparser
import fnmatch
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

FILE_LINES_MAX = 300
TEST_FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

PACKAGES = ("overround", "agents", "tables", "topologies", "cli", "gateway")
PURE = ("overround/domain", "agents")
MONEY = tuple(
    f"overround/domain/{room}"
    for room in ("kernel/money.py", "ledger", "betting", "settlement", "payments")
)

# Words that say nothing of what a module holds.
EMPTY_WORDS = {"data", "info", "manager", "managers", "util", "utils", "helper", "helpers"}

# State is a function of the log: a clock, a die or the environment would give a replay
# another outcome; a log line or a task would be an effect that the log does not have.
IMPURE_MODULES = {"asyncio", "logging", "random", "secrets", "socket", "subprocess", "threading"}
IMPURE_NAMES = {
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "date.today",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.time",
    "time.time_ns",
    "os.environ",
    "os.getenv",
    "uuid.uuid1",
    "uuid.uuid4",
}

# Brackets keep these patterns from finding themselves.
FORBIDDEN_TEXT = {
    "a path of one workplace": r"/[w]ork/",
    "a package index's host": r"(?i)pypi[.]org|pythonhosted[.]org|repo1?[.]maven|[-]index-url",
    "an unfinished thought": r"\b(?:TO[D]O|FIX[M]E)\b",
}


def _ignored() -> list[str]:
    lines = (REPOSITORY / ".gitignore").read_text().split()
    return [".git", *(line.rstrip("/") for line in lines)]


def _files() -> Iterator[Path]:
    ignored = _ignored()
    for folder, folders, names in os.walk(REPOSITORY):
        kept = [f for f in folders if not any(fnmatch.fnmatch(f, i) for i in ignored)]
        folders[:] = sorted(kept)
        for name in sorted(names):
            if not any(fnmatch.fnmatch(name, i) for i in ignored):
                yield Path(folder, name).relative_to(REPOSITORY)


FILES = tuple(_files())
MODULES = tuple(path for path in FILES if path.suffix == ".py")
OURS = tuple(path for path in MODULES if path.parts[0] in PACKAGES)


def _text(path: Path) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8", errors="replace")


def _within(path: Path, rooms: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(room) for room in rooms)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The dotted names a module imports, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def impurities(source: str) -> list[str]:
    """What in a module depends on anything but its arguments."""
    tree = ast.parse(source)
    found = [
        f"{line}: {name}"
        for line, name in _imports(tree)
        if name.split(".")[0] in IMPURE_MODULES or name in IMPURE_NAMES
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = ".".join(_dotted(node).split(".")[-2:])
            if name in IMPURE_NAMES or name.startswith("random."):
                found.append(f"{node.lineno}: {name}")
    return found


def float_calls(source: str) -> list[str]:
    """Where a module turns something into a float."""
    return [
        f"{node.lineno}: float("
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and _dotted(node.func) == "float"
    ]


def swallowed_exceptions(source: str) -> list[str]:
    """Handlers that do nothing, and suppressions of everything."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler) and all(_does_nothing(s) for s in node.body):
            found.append(f"{node.lineno}: an except that does nothing")
        if isinstance(node, ast.Call) and _dotted(node.func).split(".")[-1] == "suppress":
            wide = {_dotted(a) for a in node.args} & {"Exception", "BaseException"}
            found += [f"{node.lineno}: suppress({name})" for name in sorted(wide)]
    return found


def _does_nothing(statement: ast.stmt) -> bool:
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass | ast.Continue) or constant


def long_functions(source: str) -> list[str]:
    """Functions that do not fit on a screen."""
    return [
        f"{node.lineno}: {node.name} has {lines} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]


def _findings(check: object, paths: tuple[Path, ...]) -> list[str]:
    assert callable(check)
    return [f"{path}:{found}" for path in paths for found in check(_text(path))]


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (impurities, "from datetime import datetime\nat = datetime.now()"),
        (impurities, "import datetime\nat = datetime.datetime.now(datetime.UTC)"),
        (impurities, "import time\nat = time.time()"),
        (impurities, "from time import monotonic"),
        (impurities, "import random"),
        (impurities, "import numpy as np\nrng = np.random.default_rng()"),
        (impurities, "from uuid import uuid4"),
        (impurities, "import os\nlimit = os.environ['LIMIT']"),
        (impurities, "import logging"),
        (impurities, "from asyncio import sleep"),
        (float_calls, "stake = float(text)"),
        (swallowed_exceptions, "try:\n    f()\nexcept ValueError:\n    pass"),
        (
            swallowed_exceptions,
            "for x in y:\n    try:\n        f()\n    except E:\n        continue",
        ),
        (swallowed_exceptions, "with contextlib.suppress(Exception):\n    f()"),
        (long_functions, "def f():\n" + "    g()\n" * FUNCTION_LINES_MAX),
    ],
)
def test_each_rule_finds_what_it_forbids(check: object, source: str) -> None:
    assert callable(check)
    assert len(check(source)) >= 1


def test_no_file_is_longer_than_a_sitting() -> None:
    long = [
        f"{path}: {lines} lines"
        for path in MODULES
        if (lines := _text(path).count("\n"))
        > (TEST_FILE_LINES_MAX if path.parts[0] == "tests" else FILE_LINES_MAX)
    ]
    assert long == []


@pytest.mark.slow
def test_no_function_is_longer_than_a_screen() -> None:
    assert _findings(long_functions, MODULES) == []


def test_the_domain_and_the_agents_depend_on_their_arguments_only() -> None:
    pure = tuple(path for path in OURS if _within(path, PURE))
    assert len(pure) > 10
    assert _findings(impurities, pure) == []


def test_the_domain_imports_the_standard_library_numpy_and_itself() -> None:
    foreign = [
        f"{path}:{line}: {name}"
        for path in OURS
        if _within(path, ("overround/domain",))
        for line, name in _imports(ast.parse(_text(path)))
        if name.split(".")[0] not in {*sys.stdlib_module_names, "numpy"}
        and not name.startswith("overround.domain.")
    ]
    assert foreign == []


def test_money_never_becomes_a_float() -> None:
    assert _findings(float_calls, tuple(p for p in OURS if _within(p, MONEY))) == []


@pytest.mark.slow
def test_no_exception_is_swallowed() -> None:
    assert _findings(swallowed_exceptions, MODULES) == []


def test_module_names_say_what_a_module_holds() -> None:
    empty = [
        str(path)
        for path in MODULES
        if any(EMPTY_WORDS & set(part.lower().split("_")) for part in path.with_suffix("").parts)
    ]
    assert empty == []


@pytest.mark.slow
def test_every_public_module_says_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in MODULES
        if path.parts[0] in (*PACKAGES, "benches", "examples")
        and (not path.name.startswith("_") or path.name == "__init__.py")
        and not ast.get_docstring(ast.parse(_text(path)))
    ]
    assert silent == []


@pytest.mark.parametrize("reason", FORBIDDEN_TEXT)
def test_no_file_holds(reason: str) -> None:
    pattern = re.compile(FORBIDDEN_TEXT[reason])
    found = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path in FILES
        if path.name != "LICENSE"
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("package", [p for p in PACKAGES if (REPOSITORY / p).is_dir()])
def test_a_package_of_this_name_is_ours(package: str) -> None:
    """`tables` is also PyTables' import name, and `agents` that of an SDK."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin == str(REPOSITORY / package / "__init__.py")


def test_docker_is_a_folder_and_not_a_package() -> None:
    """A package here would hide the Docker SDK's."""
    assert [path for path in MODULES if path.parts[0] == "docker"] == []


def test_only_schemas_and_their_lock_lie_under_avro() -> None:
    schemas = [path for path in FILES if path.parts[0] == "avro"]
    strange = [p for p in schemas if p.suffix != ".avsc" and p != Path("avro/registry.lock")]
    assert strange == []


def test_every_package_at_the_top_is_under_the_import_contract() -> None:
    contract = configparser.ConfigParser()
    contract.read(REPOSITORY / ".importlinter")
    roots = set(contract["importlinter"]["root_packages"].split())
    packages = {p.parts[0] for p in MODULES if len(p.parts) == 2 and p.name == "__init__.py"}
    assert packages - {"tests", "benches", "examples"} == roots


def test_imports_go_one_way() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
