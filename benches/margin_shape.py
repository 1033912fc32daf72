"""How bookmakers lay their margin over the three outcomes of 1X2: which method and shape is theirs.

    python -m benches.margin_shape          about 10 s; reads ../shared/data/football_odds

Claim: the power method (shape 0), which prices are made with, reproduces books from a sharp book's
prices within 1 % of the best shape's error on the average of all books, and nothing known to it
takes a margin off so that results become likelier by more than 0.0001 nats a match.

Method: matches with a result and prices of Pinnacle (2.5 % margin) and of another book, read at
the same time. Forward: Pinnacle's margin comes off by a method, the other book's goes on by the
same one; the error is the root mean square of log(made / quoted) over all prices, and the bias its
mean over outsiders (quoted above 8): above 0 too much margin was put on them. Backward: the mean
log loss of results by the book's own probabilities. All methods see the same matches: those where
every one of them has an answer, which drops favourites that the multiplicative method would
quote below 1. The standard error of a difference in log loss is over matches, against power.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benches.report import Report, table
from overround.domain.pricing.margin import Method, apply, remove

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "football_odds"
SHARP = "PS"
BOOKS = {
    "Bet365": "B365",
    "William Hill": "WH",
    "Ladbrokes": "LB",
    "BetVictor": "VC",
    "average": "BbAv",
}
SHAPES = (-8.0, -4.0, -2.0, -1.0, -0.5, -0.25, 0.0, 0.1, 0.2, 0.3, 0.5)
CLOSED_FORM = (Method.MULTIPLICATIVE, Method.ADDITIVE, Method.SHIN)
ERROR_RATIO_MAX, LOSS_GAIN_MAX = 1.01, 1e-4

Floats = NDArray[np.float64]


def prices() -> tuple[dict[str, Floats], NDArray[np.intp]]:
    """Decimal 1X2 prices by book, NaN where there are none, and which outcome won."""
    columns: dict[str, list[list[float]]] = {book: [] for book in (SHARP, *BOOKS.values())}
    won = []
    for path in sorted(FOLDER.glob("*.csv")):
        for row in csv.DictReader(io.StringIO(path.read_text("latin-1"))):
            if row.get("FTR") not in ("H", "D", "A"):
                continue
            won.append("HDA".index(row["FTR"]))
            for book, rows in columns.items():
                rows.append([float(row.get(f"{book}{outcome}") or "nan") for outcome in "HDA"])
    return {book: np.array(rows) for book, rows in columns.items()}, np.array(won)


def comparable(sharp: Floats, book: Floats) -> NDArray[np.bool_]:
    """Which matches every method can take from one book to the other."""
    both = np.concatenate([sharp, book], axis=1)
    usable: NDArray[np.bool_] = (both > 1.0).all(axis=1)  # NaN is above nothing
    with np.errstate(divide="ignore"):
        fair, quoted = 1.0 / sharp, 1.0 / book
    total = quoted.sum(axis=1)
    usable &= (fair.sum(axis=1) > 1.0) & (total > 1.0) & (total < 1.2)
    usable &= quoted.min(axis=1) > (total - 1.0) / 3 * 1.5  # additive, and shape 0.5
    usable &= fair.max(axis=1) / fair.sum(axis=1) * total < 0.999
    return usable


def measured(
    method: Method | float, fair: Floats, quoted: Floats, won: NDArray[np.intp]
) -> tuple[float, float, Floats]:
    """The forward error, its bias on outsiders, and each match's log loss."""
    made = apply(remove(fair, method), quoted.sum(axis=1) - 1.0, method)
    error = np.log(made / quoted)
    outsiders = quoted < 1.0 / 8.0
    loss = -np.log(remove(quoted, method)[np.arange(len(won)), won])
    return float(np.sqrt(np.mean(error**2))), float(error[outsiders].mean()), loss


def main() -> None:
    """Measure, print, write."""
    report = Report("margin_shape", "How bookmakers lay their margin over 1X2.")
    quotes, won = prices()
    ratios, gains, best = {}, {}, {}
    for name, column in BOOKS.items():
        usable = comparable(quotes[SHARP], quotes[column])
        fair, quoted = 1.0 / quotes[SHARP][usable], 1.0 / quotes[column][usable]
        results = {
            method: measured(method, fair, quoted, won[usable])
            for method in (*SHAPES, *CLOSED_FORM)
        }
        power = results[0.0]
        rows = []
        for method, (error, bias, loss) in results.items():
            difference = loss - power[2]
            spread = difference.std() / np.sqrt(len(loss)) * 1e4
            label = method.value if isinstance(method, Method) else f"shape {method:g}"
            gain = f"{difference.mean() * 1e4:+.2f} ± {spread:.2f}"
            rows.append((label, f"{error:.5f}", f"{bias:+.4f}", f"{loss.mean():.5f}", gain))
        least = min(SHAPES, key=lambda shape: results[shape][0])
        best[name] = least
        ratios[name] = power[0] / min(result[0] for result in results.values())
        gains[name] = float(max((power[2] - result[2]).mean() for result in results.values()))
        margin = f"{quoted.sum(axis=1).mean() - 1.0:.2%}"
        title = f"{name}: {usable.sum():,} matches, margin {margin}, best shape {least:g}"
        header = ("method", "error", "bias on outsiders", "log loss", "against power, 1e-4")
        report.add(title, table(header, rows))
    report.figures = {"best_shape": best, "error_ratio": ratios, "log_loss_gain": gains}
    report.targets(
        {
            f"power within {ERROR_RATIO_MAX - 1:.0%} of the best on the average of books": ratios[
                "average"
            ]
            < ERROR_RATIO_MAX,
            f"no method gains more than {LOSS_GAIN_MAX} nats a match on power": max(gains.values())
            < LOSS_GAIN_MAX,
        }
    )
    report.write()


if __name__ == "__main__":
    main()
