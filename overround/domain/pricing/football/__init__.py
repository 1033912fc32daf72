"""Football: two goal rates and the state of play become the price of every selection."""

from overround.domain.kernel.market import CATALOGUE
from overround.domain.pricing.football.decide import observe, probabilities
from overround.domain.pricing.football.model import DEFAULTS, Match
from overround.domain.pricing.sport import Offer, Sport

SPORT = Sport(
    "football",
    tuple(Offer(selection.market.id, selection.outcome) for selection in CATALOGUE),
    Match(),
    DEFAULTS,
    observe,
    probabilities,
)
"""Football as the registry of sports finds it."""
