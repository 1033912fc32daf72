"""Football: two goal rates and the state of play become the price of every selection."""

from overround.domain.pricing.football.board import shares
from overround.domain.pricing.football.catalogue import OFFERS
from overround.domain.pricing.football.decide import observe
from overround.domain.pricing.football.model import DEFAULTS, Match
from overround.domain.pricing.sport import Sport

SPORT = Sport("football", OFFERS, Match(), DEFAULTS, observe, shares)
"""Football as the registry of sports finds it."""
