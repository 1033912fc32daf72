"""Sports are found by their folders."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from overround.domain import pricing
from overround.domain.pricing.sport import sports

HOUSE = ("football", "tennis", "basketball")

COIN = '''
"""An invented sport: the side that calls a toss right wins."""

from dataclasses import dataclass, replace

import numpy as np

from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.sport import Offer, Sport


@dataclass(frozen=True)
class Toss:
    landed: str = ""


def observe(state, incident):
    if state.landed:
        raise Refusal("coin_has_landed")
    return replace(state, landed=incident)


def price(state, heads):
    if state.landed:
        return np.array([state.landed == "heads", state.landed == "tails"], float), np.zeros(2)
    return np.array([heads, 1.0 - heads]), np.zeros(2)


SPORT = Sport(
    "coin", (Offer("toss", "heads"), Offer("toss", "tails")), Toss(), 0.5, observe, price
)
'''


def test_every_sport_of_the_house_prices_its_start_and_offers_each_selection_once() -> None:
    found = sports()
    assert set(HOUSE) <= set(found)
    for sport in found.values():
        won, refunded = sport.price(sport.start, sport.parameters)
        assert won.shape == refunded.shape == (len(sport.catalogue),)
        assert np.isfinite(won).all()
        assert len({offer.id for offer in sport.catalogue}) == len(sport.catalogue)


def test_a_new_sport_is_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(sports())
    (tmp_path / "coin").mkdir()
    (tmp_path / "coin" / "__init__.py").write_text(COIN)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "__init__.py").write_text("")
    monkeypatch.setattr(pricing, "__path__", [*pricing.__path__, str(tmp_path)])
    try:
        found = sports()
        assert set(found) - before == {"coin"}
        coin = found["coin"]
        assert [offer.id for offer in coin.catalogue] == ["toss/heads", "toss/tails"]
        assert coin.price(coin.start, coin.parameters)[0].tolist() == [0.5, 0.5]
        landed = coin.observe(coin.start, "tails")
        assert coin.price(landed, coin.parameters)[0].tolist() == [0.0, 1.0]
    finally:
        for name in ("coin", "notes"):
            sys.modules.pop(f"{pricing.__name__}.{name}", None)
            vars(pricing).pop(name, None)
