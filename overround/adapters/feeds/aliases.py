"""What providers call competitions, teams and players, where their names alone do not tell.

A file `alias_tables/<provider>.csv` is a provider's table, with the columns kind (competition,
team or player), name (as the provider writes it), country, and canonical (the house's name). A
competition's row gives the country of all its fixtures; a player's row has that of his team.
Without a row, a name stands for itself.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FOLDER = Path(__file__).parent / "alias_tables"
_COLUMNS = ["kind", "name", "country", "canonical"]


@dataclass(frozen=True, slots=True)
class AliasTable:
    """One provider's table: country and canonical name by name, or name by country and name."""

    competitions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    teams: Mapping[tuple[str, str], str] = field(default_factory=dict)
    players: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def competition(self, name: str, country: str) -> tuple[str, str]:
        """The country and the canonical name of a competition; a country that is told stands."""
        known_country, canonical = self.competitions.get(name, ("", name))
        return country or known_country, canonical

    def team(self, country: str, name: str) -> str:
        """The canonical name of a team."""
        return self.teams.get((country, name), name)

    def player(self, country: str, name: str) -> str:
        """The canonical name of a player of a team of that country."""
        return self.players.get((country, name), name)


def read_table(path: Path) -> AliasTable:
    """Read a provider's table.

    Raises:
        ValueError: a row or the header is not of the layout, or a name has two rows.
    """
    competitions: dict[str, tuple[str, str]] = {}
    named: dict[str, dict[tuple[str, str], str]] = {"team": {}, "player": {}}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        if rows.fieldnames != _COLUMNS:
            raise ValueError(f"{path}: the columns are not {', '.join(_COLUMNS)}")
        for row in rows:
            kind, name, country, canonical = (row[column] for column in _COLUMNS)
            place = f"{path}, line {rows.line_num}"
            if not (name and country and canonical):
                raise ValueError(f"{place}: an empty cell")
            if kind != "competition" and kind not in named:
                raise ValueError(
                    f"{place}: {kind} is neither competition nor {' nor '.join(named)}"
                )
            if name in competitions if kind == "competition" else (country, name) in named[kind]:
                raise ValueError(f"{place}: {name} has a row already")
            if kind == "competition":
                competitions[name] = (country, canonical)
            else:
                named[kind][country, name] = canonical
    return AliasTable(competitions, named["team"], named["player"])


ALIASES: Mapping[str, AliasTable] = {
    path.stem: read_table(path) for path in sorted(_FOLDER.glob("*.csv"))
}
"""By the provider's name."""

_NO_ALIASES = AliasTable()


def aliases_of(provider: str) -> AliasTable:
    """A provider's table; one without a file has an empty one."""
    return ALIASES.get(provider, _NO_ALIASES)
