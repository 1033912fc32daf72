from __future__ import annotations

import ast

import pytest
from click.testing import CliRunner

from cli.bench import BENCHES, bench, checkout


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_is_a_module_that_says_its_claim_and_runs_without_arguments(name: str) -> None:
    tree = ast.parse((checkout() / "benches" / f"{name}.py").read_text())
    assert f"benches.{name}" in (ast.get_docstring(tree) or "")
    main = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "main")
    assert len(main.args.defaults) == len(main.args.args)


def test_help_lists_every_bench() -> None:
    told = CliRunner().invoke(bench, ["--help"]).output
    assert all(f"  {name} " in told for name in BENCHES)


def test_an_unknown_bench_is_the_words_being_off() -> None:
    assert CliRunner().invoke(bench, ["nope"]).exit_code == 2
