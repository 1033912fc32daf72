"""The guide's sport is followed, quoted and bet on, and all of it is in its folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from overround.contracts.schemas import AVRO_ROOT
from tests.kit.kafka import REPOSITORY

GUIDE = (REPOSITORY / "docs/guides/add-a-sport.md").read_text("utf-8")
HOUSE = (
    "import sys; from overround.domain import pricing; pricing.__path__.append(sys.argv[1]);"
    "from tests.kit.invented_sport import main; main(sys.argv[2])"
)


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def played(folder: Path, messages: str) -> str:
    """What the quotes of a match were, in a house that has the guide's sport."""
    (folder / "sports" / "darts").mkdir(parents=True)
    (folder / "sports" / "darts" / "__init__.py").write_text(block("python"))
    copytree(AVRO_ROOT, folder / "avro")
    done = subprocess.run(
        [sys.executable, "-c", HOUSE, str(folder / "sports"), str(folder / "avro")],
        cwd=REPOSITORY,
        input=messages,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_guides_sport_is_quoted_as_the_guide_shows(tmp_path: Path) -> None:
    assert played(tmp_path, block("jsonl")) == block("text")
    generated = sorted(
        str(path.relative_to(tmp_path / "avro"))
        for path in (tmp_path / "avro").rglob("*.avsc")
        if not (AVRO_ROOT / path.relative_to(tmp_path / "avro")).exists()
    )
    assert generated == [
        "darts/leg_taken_back.avsc",
        "darts/leg_won.avsc",
        "tables/darts_match.avsc",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("sport", ["curling", "Darts"])
def test_a_sport_that_nobody_has_written_is_refused(sport: str, tmp_path: Path) -> None:
    told = played(tmp_path, block("jsonl").replace('"sport": "darts"', f'"sport": "{sport}"'))
    assert set(told.splitlines()) == {"refused unknown_sport", "refused unknown_event"}
