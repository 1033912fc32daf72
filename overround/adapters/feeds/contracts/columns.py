"""Rows of CSV against their contract: a Table Schema whose columns may be absent unless required.

Source: Data Package (v2), Table Schema: https://datapackage.org/standard/table-schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overround.adapters.feeds.contracts import FOLDER
from overround.domain.kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    is_required: bool
    chars_max: int
    pattern: re.Pattern[str]

    def check(self, text: str, words: Mapping[str, str]) -> None:
        if not text:
            if self.is_required:
                raise Refusal("field_empty", self.name)
            return
        if len(text) > self.chars_max or not text.isprintable():
            raise Refusal(words.get(self.name, "bad_text"), self.name)
        if not self.pattern.search(text):
            raise Refusal(words.get(self.name, "bad_text"), f"{self.name} {text}")


class Columns:
    """The columns of one version of a layout; `names` are all that are known."""

    def __init__(self, path: Path) -> None:
        fields = json.loads(path.read_text("utf-8"))["fields"]
        self.names = frozenset(field["name"] for field in fields)
        self._checked = [
            _Column(
                field["name"],
                rules.get("required", False),
                rules["maxLength"],
                re.compile(rules.get("pattern", "")),
            )
            for field in fields
            if (rules := field.get("constraints"))
        ]
        self._required = [column.name for column in self._checked if column.is_required]

    def check_header(self, header: Sequence[str]) -> None:
        """Check that a row can be read at all; columns that are not known may come.

        Raises:
            Refusal: columns_missing, column_repeated.
        """
        missing = [name for name in self._required if name not in header]
        if missing:
            raise Refusal("columns_missing", ", ".join(missing))
        repeated = [column.name for column in self._checked if header.count(column.name) > 1]
        if repeated:
            raise Refusal("column_repeated", ", ".join(repeated))

    def check(self, row: Mapping[str, str], words: Mapping[str, str]) -> None:
        """Check a row's cells; `words` are the reasons of columns that have their own.

        Raises:
            Refusal: field_empty, bad_text, or what `words` says.
        """
        for column in self._checked:
            column.check(row.get(column.name, ""), words)


FOOTBALL_DATA = Columns(FOLDER / "football-data-1.json")
