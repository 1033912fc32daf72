"""The guide's provider, run as the guide says."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from cli.ingest import ingest as command
from overround.adapters.feeds import providers

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/add-a-provider.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def pipes(tmp_path: Path) -> ModuleType:
    path = tmp_path / "pipes.py"
    path.write_text(block("python"))
    spec = importlib.util.spec_from_file_location("pipes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_guides_file_alone_makes_a_provider(
    pipes: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = pipes.PROVIDER
    monkeypatch.setitem(providers.FORMATS, provider.format, provider)
    monkeypatch.setitem(providers.PROVIDERS, provider.name, provider)
    monkeypatch.setattr(command.ingest.params[0].type, "choices", ("pipes",))
    recording = tmp_path / "pipes.txt"
    recording.write_text(block("text"))
    done = CliRunner().invoke(command.ingest, ["pipes", "--file", str(recording), "--summary"])
    assert done.exit_code == 0, done.output
    shown = block("console").splitlines()[1]
    assert json.loads(done.stdout) == json.loads(shown)


def test_every_adapter_is_found_by_its_file() -> None:
    assert list(providers.PROVIDERS) == ["betfair", "football-data", "partner", "uof"]
    assert len(providers.FORMATS) == len(providers.PROVIDERS)
