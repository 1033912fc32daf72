"""penaltyblog's price of a match, for `benches.reprice`; run it by a Python that has penaltyblog.

    PYTHON benches/penaltyblog_peer.py < rates.json

Reads pairs of expected goals and prints how long each match took, in nanoseconds: a Dixon-Coles
grid of 16 by 16 goals and 112 of the traded selections, each by penaltyblog's own method for it.
Its grid is loaded by its path: the package itself wants two dozen others, which prices do not.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter_ns
from typing import Any

RHO = -0.03


def grids() -> Any:
    """The module of penaltyblog that has the grid."""
    package = find_spec("penaltyblog")
    if package is None or package.origin is None:
        raise SystemExit("penaltyblog is not installed here: see benches/reprice.py")
    path = Path(package.origin).parent / "models" / "football_probability_grid.py"
    spec = spec_from_file_location("football_probability_grid", path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def price(module: Any, home: float, away: float) -> list[float]:
    """The 112 selections; a market's two sides are one call where it gives both."""
    grid = module.create_dixon_coles_grid(home, away, RHO, max_goals=15)
    chances = [*grid.home_draw_away, grid.draw_no_bet_home, grid.draw_no_bet_away]
    chances += [grid.double_chance_1x, grid.double_chance_12, grid.double_chance_x2]
    chances += [grid.btts_yes, grid.btts_no]
    for quarters in range(2, 23):
        chances += grid.totals(quarters / 4)
    for quarters in range(-8, 9):
        chances += grid.asian_handicap_probs("home", quarters / 4).values()
    chances += [grid.exact_score(h, a) for h in range(5) for a in range(5)]
    return chances


def main() -> None:
    module = grids()
    rates = json.load(sys.stdin)
    for home, away in rates[:20]:
        price(module, home, away)
    took_ns = []
    for home, away in rates:
        began_ns = perf_counter_ns()
        price(module, home, away)
        took_ns.append(perf_counter_ns() - began_ns)
    json.dump(took_ns, sys.stdout)


if __name__ == "__main__":
    main()
